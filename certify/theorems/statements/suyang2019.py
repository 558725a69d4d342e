"""Su and Yang (2019): the ReLU kernel's integral operator on the uniform sphere, and the rate for polynomial targets.

Setting
-------
``(Kf)(x) = ∫ κ(x·s) f(s) dρ(s)``, ``κ(t) = t(π − arccos t)/(2π)``, ρ uniform on the unit sphere of ``R^d``; the
population's gradient flow at infinite width, ``∂_t f = −K(f − f*)``, first layer of a two-layer ReLU network trained,
α = 1, no bias.

Assumptions
-----------
``d ≥ 2``; f* − f_0 is (the restriction of) a polynomial of degree at most ℓ without components of odd degree ≥ 3:
for odd ℓ ≥ 3 the component of degree ℓ lies in the null space of K and is never learned.

Statement
---------
``L(t) ≤ e^{−2λt} L(0)``, ``L = ½∫(f − f*)²dρ``, with ``λ = min λ_k`` over k = 0, 1 and the even k ≤ ℓ, positive and
independent of the number of samples.

Reference
---------
Su, Yang (2019), Section 4; eigenvalues in closed form: `proofs/sphere.md`.

Arguments
---------
``d``, ``degree``.

Returns
-------
``lambda_least``, rate; ``lambda_k`` and ``multiplicity_k`` for the degrees up to ℓ (the first 64).

Example
-------
``d = 10, degree = 4``: ``λ = 4.0e-5``.
"""

from __future__ import annotations

import sympy

from certify.symbolic.sphere import LeastSphereEigenvalue
from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import Constant, Hypothesis, Quantity, Role, Source, Theorem

_degree = sympy.Symbol("degree", real=True)
_least = LeastSphereEigenvalue(s.d, _degree)

SUYANG2019 = Theorem(
    id="suyang2019",
    edition=1,
    variant="sphere",
    title="Polynomial targets on the uniform sphere are learned at a rate that does not depend on the sample",
    label="statement of the paper for the population; eigenvalues in closed form, proved here",
    sources=(Source("su2019", "Section 4", "the operator and its spectrum on the sphere"),),
    activations=("relu",),
    initialisation="independent",
    paired=False,
    setting=(
        "Inputs uniform on the unit sphere of R^d, two-layer ReLU network, first layer trained, α = 1, infinite width, "
        "gradient flow of the population loss; the target minus the initial function is a polynomial of degree ≤ ℓ."
    ),
    assumed=(
        "inputs are exactly uniform on the sphere, and the loss is the population's",
        "the target has no component of odd degree 3 or more (such components are never learned)",
    ),
    quantities=(
        Quantity(s.d, "d", "dimension of the inputs", Role.DATA, source="d"),
        Quantity(_degree, r"\ell", "degree of the target polynomial", Role.REQUEST),
    ),
    definitions=(),
    conditions=(),
    hypotheses=(
        Hypothesis("dimension", sympy.Ge(s.d, 2), "d ≥ 2", "a dimension of at least 2"),
        Hypothesis(
            "learnable",
            sympy.Gt(_least, 0),
            "every component is learned: ℓ is not odd and at least 3",
            "an even degree (components of odd degree 3, 5, … lie in the null space and are never learned)",
        ),
    ),
    constants=(Constant("lambda_least", _least, "least eigenvalue over the degrees 0, 1 and the even ones up to ℓ"),),
    rate=sympy.exp(-2 * _least),
    largest_step=None,
    conclusion="L(t) ≤ exp(−2λt) L(0) for all t ≥ 0",
    conclusion_relation=sympy.Le(s.L_t, sympy.exp(-2 * _least * s.t) * s.L_0),
    proof="sphere.md",
)
