"""The entry of ``plstar.sgd``: the exact run's end lies near the final weights, and mini-batches go on from there."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

import flint

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.at_weights import BITS, AtWeightsEntry
from certify.certificates.checker.reading import number
from certify.certificates.checker.report import NotConfirmed, require
from certify.certificates.checker.run_entry import RunEntry
from certify.certificates.checker.spectral import decided
from certify.theorems.statements import GIVEN, Theorem

SGD = (
    "full-batch gradient descent from the initial weights, and from a step on that is named mini-batch SGD, "
    "converges to zero loss with the probability that is named"
)


class SgdEntry(RunEntry):
    """The theorem's start is the exact run's end, within the recorded distance t of the final weights c.

    Notes
    -----
    On ``B(c, r)``, straight lines give ``‖J‖ ≤ √λ_max(c) + βr`` and ``‖∇F_i‖ ≤ √K_ii(c) + βr``, as ``∇F_i`` is a row of
    J; ``σ_min(J)`` falls by at most βt (Weyl), ``‖e‖`` grows by at most ``t·sup‖J‖``. ``B(w(0), R)`` is within
    ``r = t + R``.
    """

    statements: ClassVar[Mapping[str, tuple[Theorem, ...]]] = {"plstar.sgd": GIVEN["plstar.sgd"]}
    variants: ClassVar[tuple[str, ...]] = ("replacement", "subset")

    def claimed_distance(self) -> Fraction:
        """See `RunEntry`: it is recorded among the constants."""
        shown = self.entry.constants.get("distance")
        upper = None if shown is None else shown.upper
        if shown is None or not isinstance(upper, float) or shown.exponent != 0:
            raise NotConfirmed("no distance of the exact run is recorded")
        require(upper >= 0, "a distance is not negative")
        return Fraction(upper)

    def _statement(self) -> str:
        found = AtWeightsEntry._statement(self)
        point = self.point()
        require(point.theorem.variant == self.asked.get("sampling"), "the sampling is not the one asked for")
        for name in ("batch", "delta"):
            asked = number(self.asked.get(name), name)
            require(Fraction(point.values[name]) == Fraction(asked), f"{name} is not the one asked for")
        return found

    def _values(self) -> str:
        values, tangent = {name: Fraction(value) for name, value in self.point().values.items()}, self.tangent
        distance = self.claimed_distance()
        require(values["m"] == tangent.network.widths[-1], "the width is not the network's")
        require(values["n"] == tangent.data.n, "n is not the number of rows")
        require(values["batch"].denominator == 1, "a batch is a number of samples")
        used = ("sigma_squared", "residual", "beta", "jacobian_norm_squared", "gradient_norm_squared", "ball")
        require(all(values[name] >= 0 for name in used), "a number that cannot be negative is")
        with precision(BITS):
            t, R, beta = arb(distance), arb(values["ball"]), arb(values["beta"])
            require(bool(beta >= self._lipschitz(values["ball"] + distance)), "β is not below the number used")
            if values["sigma_squared"] > 0:
                least = (arb(values["sigma_squared"]).sqrt() + beta * t) ** 2
                decided(self.smallest_at_least(least.upper()), "σ0² ≤ λ_min(K) at the run's end is not reached")
            everywhere = tangent.norm_squared_everywhere(self.norm_x_squared())
            top = self._largest().sqrt()
            grown = tangent.norm(BITS) + everywhere.min((top + beta * t) ** 2).sqrt() * t
            require(bool(arb(values["residual"]) >= grown), "‖e(0)‖ is not below the number used")
            near = everywhere.min((top + beta * (t + R)) ** 2)
            require(bool(near <= arb(values["jacobian_norm_squared"])), "‖J‖² on the ball is not below the number used")
            gradient = self._gradient(beta * (t + R))
            require(bool(gradient <= arb(values["gradient_norm_squared"])), "‖∇F_i‖² is not below the number used")
        return (
            "the numbers used are on the proper side of what the checker derives from data and weights; "
            + self.run.distance_at_most(distance, self)
        )

    def _gradient(self, way: flint.arb) -> flint.arb:
        """``max_i ‖∇F_i‖²`` on a ball of radius r, ``way = βr``, or everywhere: ``s B1 ‖v‖ ‖x_i‖``."""
        tangent, largest = self.tangent, arb(0)
        for i, row in enumerate(tangent.inputs.tolist()):
            everywhere = tangent.norm_squared_everywhere(sum((arb(x) ** 2 for x in row), arb(0)))
            largest = largest.max(everywhere.min((tangent.diagonal(i).sqrt() + way) ** 2))
        return largest
