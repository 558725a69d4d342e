"""The entry of ``plstar.epsilon``: the cut of the spectrum, the residual below it, β and ‖J‖² on the ball."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.certificates.checker.at_weights import BITS, AtWeightsEntry
from certify.certificates.checker.constants import is_count
from certify.certificates.checker.cut import Cut
from certify.certificates.checker.problem import BallProblem
from certify.certificates.checker.report import NotCheckable, NotConfirmed, require
from certify.certificates.checker.spectral import decided
from certify.theorems.statements import GIVEN, Theorem, constants

FLOOR = "gradient descent from these weights brings the loss linearly below the floor that is named"


class FloorEntry(AtWeightsEntry):
    """The checks of an entry about the loss that descent reaches linearly."""

    statements: ClassVar[Mapping[str, tuple[Theorem, ...]]] = {"plstar.epsilon": GIVEN["plstar.epsilon"]}
    variants: ClassVar[tuple[str, ...]] = ("spectral",)

    def _values(self) -> str:
        values, tangent = {name: Fraction(value) for name, value in self.point().values.items()}, self.tangent
        require(values["m"] == tangent.network.widths[-1], "the width is not the network's")
        names = ("lambda_tail", "tail_residual", "residual", "beta", "jacobian_norm_squared", "ball")
        require(all(values[name] >= 0 for name in names), "a number that cannot be negative is")
        with precision(BITS):
            require(bool(arb(values["residual"]) >= tangent.norm(BITS)), "‖e‖ is not below the number used")
        self.lipschitz_at_most(values["beta"], values["ball"])
        self.norm_at_most(values["jacobian_norm_squared"], values["beta"] * values["ball"])
        self._cut(values["lambda_head"], values["lambda_tail"], values["tail_residual"])
        return "the numbers used are on the proper side of what the checker derives from data and weights"

    def lipschitz_at_most(self, claimed: Fraction, radius: Fraction) -> None:
        """Is β valid on the ball of that radius?"""
        with precision(BITS):
            beta = self._lipschitz(radius)
            if not arb(claimed) >= beta:
                fails = NotConfirmed if self.tangent.trained == "first" else NotCheckable
                raise fails(f"β: the checker's own bound is {float(beta.mid()):.6g}, above the number used")

    def norm_at_most(self, claimed: Fraction, way: Fraction) -> None:
        """Is ``(√λ_max + βR)²`` at most that number, ``βR`` being ``way``?"""
        with precision(BITS):
            rest = arb(claimed).sqrt() - arb(way)
            require(bool(rest >= 0), "‖J‖² on the ball is not below the number used")
            square = (rest * rest).lower()
        decided(self.tangent.kernel().at_most(square), "‖J‖² on the ball is not below the number used")

    def _cut(self, head: Fraction, tail: Fraction, residual: Fraction) -> None:
        require(head > tail, "the head of the spectrum is not above its tail")
        kernel = self.tangent.kernel()
        if not isinstance(kernel, BallProblem):
            raise NotCheckable("a cut of the spectrum is checked in ball arithmetic only: up to 200 rows, --exact: 600")
        cut = Cut(kernel, head, tail)
        own = cut.below(self._residual_vector())
        require(bool(own <= arb(residual)), "‖Qe‖ is not below the number used")

    def _residual_vector(self) -> list[flint.arb]:
        return self.tangent.at(BITS).residual

    def _constant(self, name: str) -> str:
        enclosure = self.entry.constants[name]
        if name != "steps_to_floor":
            return super()._constant(name)
        require(not self.verified().failing(), "the theorem's hypotheses are not proved at the recorded numbers")
        return self._steps(enclosure)

    def _steps(self, enclosure: Enclosure) -> str:
        point = self.point()
        most = constants(point.theorem, point.values)["steps_to_floor"].upper
        require(most is not None and is_count(enclosure, int(most)), "it is not the number of steps that follows")
        return "derived again from the witness"
