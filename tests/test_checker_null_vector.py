"""The checker's rule for null vectors: what the search finds is accepted, what is changed is not."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from certify.arithmetic.exact import Floats
from certify.certificates.checker.entries import kernel_family
from certify.certificates.checker.facts import Facts
from certify.certificates.checker.null_vector import require_null_vector
from certify.certificates.checker.report import NotConfirmed
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.series import series_family
from certify.data import find_rays
from certify.kernels import kernel_for
from certify.kernels.null_vector import null_vector

CIRCLE = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-3.0, 0.0], [0.0, -0.5], [-2.0, -2.0], [1.0, 7.0]])
RAYS = np.array([[1.0, 2.0], [5.0, 1.0], [3.0, 6.0], [0.25, 1e-300]])
OPPOSITE = np.array([[1.0, 2.0], [5.0, 1.0], [-1.0, -2.0]])
CASES = [
    ("relu", CIRCLE, False), ("relu", CIRCLE, True), ("leaky_relu", CIRCLE, False), ("relu", RAYS, False),
    ("relu", RAYS, True), ("erf", RAYS, True), ("erf", OPPOSITE, False), ("cos", OPPOSITE, False),
    ("sin(2*z)", OPPOSITE, True),
]  # fmt: skip


@pytest.mark.parametrize(("activation", "X", "normalized"), CASES)
def test_found_vectors_are_confirmed_and_changed_ones_are_not(activation: str, X: Floats, normalized: bool) -> None:
    found = null_vector(X, find_rays(X), kernel_for(activation), normalized)
    family = kernel_family(activation)
    assert found is not None and family is not None
    recorded, data = found.to_json(), PlainData.of(X)
    require_null_vector(data, recorded, family, normalized)
    for changed in mutations(recorded, len(X)):
        with pytest.raises(NotConfirmed):
            require_null_vector(data, changed, family, normalized)


def mutations(recorded: dict[str, Any], n: int) -> list[dict[str, Any]]:
    def with_(**members: Any) -> dict[str, Any]:
        return {**copy.deepcopy(recorded), **members}

    rows, coefficients = recorded["rows"], recorded["coefficients"]
    flipped = coefficients[0][1:] if coefficients[0].startswith("-") else "-" + coefficients[0]
    outside = next(i for i in range(n) if i not in rows)
    return [
        with_(coefficients=[flipped, *coefficients[1:]]),
        with_(coefficients=["10000000000000000001/10000000000000000000", *coefficients[1:]]),
        with_(coefficients=["0"] * len(rows)),
        with_(coefficients=coefficients[1:]),
        with_(coefficients=["1/0", *coefficients[1:]]),
        with_(coefficients=["1e3", *coefficients[1:]]),
        with_(coefficients=[1, *coefficients[1:]]),
        with_(rows=[outside, *rows[1:]]),
        with_(rows=[n, *rows[1:]]),
        with_(rows=[True, *rows[1:]]),
        with_(rows=[rows[0]] * len(rows)),
        with_(rows=[]),
        with_(times_length=not recorded["times_length"]) if len(rows) > 2 else with_(times_length=None),
    ]


PAIRS = np.vstack([CIRCLE[:3], -CIRCLE[:3], CIRCLE[6:]])


@pytest.mark.parametrize(("activation", "X", "normalized"), [
    ("softplus", PAIRS, False), ("silu", PAIRS, True), ("gelu", CIRCLE, True), ("z+cos(z)", PAIRS, False),
    ("softplus", np.array([[1.0, 2.0], [-1.0, -2.0], [2.0, 4.0], [-2.0, -4.0], [7.0, 1.0]]), False),
])  # fmt: skip
def test_vectors_where_slopes_add_up_to_a_constant(activation: str, X: Floats, normalized: bool) -> None:
    kernel, rays, family = kernel_for(activation), find_rays(X), series_family(activation)
    found, data = null_vector(X, rays, kernel, normalized), PlainData.of(X)
    assert found is not None and family is not None
    recorded = found.to_json()
    require_null_vector(data, recorded, family, normalized)
    for changed in mutations(recorded, len(X)):
        with pytest.raises(NotConfirmed):
            require_null_vector(data, changed, family, normalized)
    facts = Facts(data, normalized, exact=False)
    assert facts.null_dimension(activation) == kernel.null_dimension(X, rays, normalized) > 0


def test_rows_of_other_lengths_do_not_cancel() -> None:
    """What the rectifiers admit, and unit rows: not the rows as they are."""
    found = null_vector(CIRCLE, find_rays(CIRCLE), kernel_for("relu"), False)
    family, data = series_family("softplus"), PlainData.of(CIRCLE)
    assert found is not None and family is not None
    with pytest.raises(NotConfirmed):
        require_null_vector(data, found.to_json(), family, False)
    assert Facts(data, False, exact=False).null_dimension("softplus") == 0


def test_a_softplus_vector_needs_equal_rows() -> None:
    """Opposite rows cancel for odd and even activations alone; the search must not offer them for others."""
    assert null_vector(OPPOSITE, find_rays(OPPOSITE), kernel_for("softplus"), True) is None
