"""The Lipschitz constant of the Jacobian where every parameter is trained: not derived by this checker yet."""

from __future__ import annotations

import flint

from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.tangent import Tangent


def lipschitz_on_ball(tangent: Tangent, radius: flint.arb) -> flint.arb:
    """A bound of ``‖J(w) − J(w')‖/‖w − w'‖`` on the ball of that radius around the weights."""
    raise NotCheckable("this checker has no Lipschitz constant for networks whose every parameter is trained")
