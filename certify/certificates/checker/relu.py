"""The entry of ``relu.gd``: action and change of the kernel derived again, from signs in ball arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.at_weights import BITS, AtWeightsEntry
from certify.certificates.checker.constants import holds
from certify.certificates.checker.definite import definite
from certify.certificates.checker.problem import FIRST_BITS, BallProblem
from certify.certificates.checker.report import NotCheckable, require
from certify.certificates.checker.spectral import decided
from certify.certificates.checker.tangent import Matrix, Tangent
from certify.theorems.statements import GIVEN, Theorem, constants

_FEW_ROWS = "of ReLU, the action and the kernel's change are checked in ball arithmetic: up to 200 rows, --exact: 600"


class ReluEntry(AtWeightsEntry):
    """The checks of an entry about a two-layer ReLU network, the first layer trained (`proofs/network.md`, 6)."""

    statements: ClassVar[Mapping[str, tuple[Theorem, ...]]] = {"relu.gd": GIVEN["relu.gd"]}
    variants: ClassVar[tuple[str, ...]] = ("action",)
    norm: ClassVar[str] = "kernel_norm"

    def _values(self) -> str:
        values, tangent = {name: Fraction(value) for name, value in self.point().values.items()}, self.tangent
        if tangent.activation != "relu" or tangent.trained != "first" or len(tangent.network.layers) != 1:
            raise NotCheckable("the theorem speaks of two-layer ReLU networks, the first layer trained")
        require(values["m"] == tangent.network.widths[-1], "the width is not the network's")
        used = ("sigma_squared", "residual", "jacobian_norm_squared", "kernel_norm", "distance", "action", "tau")
        require(all(values[name] >= 0 for name in (*used, "kernel_change")), "a number that cannot be negative is")
        sigma = arb(values["sigma_squared"])
        decided(self.smallest_at_least(sigma), "λ0 ≤ λ_min(K) is not reached")
        decided(tangent.kernel().at_most(arb(values["kernel_norm"])), "κ ≥ λ_max(K) is not reached")
        with precision(BITS):
            require(bool(arb(values["residual"]) >= tangent.norm(BITS)), "‖e‖ is not below the number used")
            S = tangent.norm_squared_everywhere(self.norm_x_squared())
            require(bool(arb(values["jacobian_norm_squared"]) >= S), "s²‖V‖²‖X‖² is not below the number used")
        if not values["sigma_squared"] > 0:
            return "λ0 > 0 is not claimed: no action, and no change of the kernel, is used"
        with precision(BITS):
            away = S.sqrt() * arb(values["distance"])
            self._action(arb(values["action"]), sigma, away)
        self._kernel_change(values["kernel_change"], values["tau"], values["distance"])
        return "the numbers used are on the proper side of what the checker derives from data and weights"

    def _action(self, claimed: flint.arb, sigma: flint.arb, away: flint.arb) -> None:
        """``T ≥ ‖e_0‖/λ0``, or ``T ≥ √(e_0ᵀK⁻¹e_0/λ0)``; ``‖e_0 − e‖ ≤ away``, ``K⁻¹ ≤ I/λ0``."""
        if claimed >= (self.tangent.norm(BITS) + away) / sigma:
            return
        kernel = self.tangent.kernel()
        if not isinstance(kernel, BallProblem):
            raise NotCheckable(_FEW_ROWS)
        e = flint.arb_mat([[value] for value in self.tangent.at(BITS).residual])
        try:
            x = kernel.matrix(BITS).solve(e)
        except ZeroDivisionError:
            raise NotCheckable("the kernel cannot be inverted in ball arithmetic") from None
        size = sum((value**2 for value in x.entries()), arb(0)).sqrt()
        form = (e.transpose() * x)[0, 0] + 2 * size * away + away**2 / sigma
        require(bool((form / sigma).sqrt() <= claimed), "the action is not below the number used")

    def _kernel_change(self, claimed: Fraction, tau: Fraction, distance: Fraction) -> None:
        """``ε·I − M`` definite, M the non-negative matrix of `change_of_signs`: its norm is its largest eigenvalue."""
        if not isinstance(self.tangent.kernel(), BallProblem):
            raise NotCheckable(_FEW_ROWS)
        with precision(FIRST_BITS):
            M = change_of_signs(self.tangent, tau, distance)
            if M is None:
                return
            rows = [[-entry for entry in row] for row in M]
            for i, row in enumerate(rows):
                row[i] += arb(claimed)
            least = definite(flint.arb_mat(rows)) is Verdict.PROVED
        require(least, "the kernel's change by signs that can change is not below the number used")

    def _constant(self, name: str) -> str:
        if name not in ("kernel_change", "beta"):
            return super()._constant(name)
        point = self.point()
        require(not point.verified(frozenset({"positive"})).failing(), "λ0 > 0 is not proved")
        found = constants(point.theorem, point.values)
        if name not in found:
            raise NotCheckable(f"the theorem has no constant {name!r}")
        return holds(self.entry.constants[name], found[name])


def change_of_signs(tangent: Tangent, tau: Fraction, distance: Fraction) -> Matrix | None:
    """Upper bounds of the norms of the blocks ``(J̄J'ᵀ − K)_ij`` (q, q), K of the signs P; None where none can change.

    Notes
    -----
    A slope that can change lies in [0, 1], another is P: always in ``[L, U]``, L = P and nothing that can change,
    U = P or what can. So ``Σ_r v_rv_rᵀ(φ̄_irφ'_jr − P_irP_jr)`` is at most ``Σ_r ‖v_r‖²(U_irU_jr − P_irP_jr)`` times I,
    at least ``Σ_r ‖v_r‖²(L_irL_jr − P_irP_jr)`` times I; it is multiplied by ``s²x_i·x_j``.
    A sign can change unless ``|w_r·x_i| > ‖x_i‖t + s‖v_r‖‖Xx_i‖τ`` is proved; one that is not certain counts as 0 in P.
    """
    network = tangent.network
    weights, bias = network.layers[0]
    W = weights if bias is None else np.column_stack([weights, bias])
    X = flint.arb_mat([[arb(x) for x in row] for row in tangent.inputs.tolist()])
    gram = (X * X.transpose()).tolist()
    before = [row[i].sqrt() * arb(distance) for i, row in enumerate(gram)]
    reach = [sum((g * g for g in row), arb(0)).sqrt() * arb(tau) for row in gram]
    scale, lengths = arb(network.squared_scale), tangent.outer_lengths()
    moved = [scale.sqrt() * v for v in lengths]
    Z = (X * flint.arb_mat([[arb(w) for w in row] for row in W.tolist()]).transpose()).tolist()
    can = [
        [not abs(z) > b + r * v for z, v in zip(row, moved, strict=True)]
        for row, b, r in zip(Z, before, reach, strict=True)
    ]
    used = [r for r in range(len(moved)) if any(row[r] for row in can)]
    if not used:
        return None
    on = [[bool(row[r] > 0) for r in used] for row in Z]
    can = [[row[r] for r in used] for row in can]
    sizes = [lengths[r] for r in used]
    least = [[p and not c for p, c in zip(*rows, strict=True)] for rows in zip(on, can, strict=True)]
    most = [[p or c for p, c in zip(*rows, strict=True)] for rows in zip(on, can, strict=True)]
    now, low, high = (_weighted(pattern, sizes) for pattern in (on, least, most))
    return [
        [scale * abs(g) * (h - p).max(p - q).max(arb(0)) for g, p, q, h in zip(*rows, strict=True)]
        for rows in zip(gram, now, low, high, strict=True)
    ]


def _weighted(pattern: list[list[bool]], sizes: list[flint.arb]) -> Matrix:
    """``Σ_r v_r² P_ir P_jr``."""
    zero = arb(0)
    rows = flint.arb_mat([[v if there else zero for there, v in zip(row, sizes, strict=True)] for row in pattern])
    found: Matrix = (rows * rows.transpose()).tolist()
    return found
