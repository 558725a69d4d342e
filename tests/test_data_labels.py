"""What becomes of targets, and which rows may be dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from certify.data import Dataset, LoadOptions, load
from certify.data.duplicates import rows_to_drop
from certify.data.labels import fitted_targets
from certify.errors import InputError


def fitted(y: object, **options: object) -> tuple[list[float], str]:
    target = tuple(y) if isinstance(y, tuple) else np.array(y, dtype=float)
    values, (remark,) = fitted_targets(target, LoadOptions(**options), "d.csv")  # type: ignore[arg-type]
    return values.tolist(), remark


def test_two_classes_are_plus_and_minus_one() -> None:
    assert fitted([0, 1, 1])[0] == [-1, 1, 1]
    assert fitted([-1, 1, 1])[0] == [-1, 1, 1]
    assert fitted([7, 3]) == ([1, -1], "targets: class 7 is +1 (1 rows), class 3 is -1 (1 rows)")
    assert fitted([7, 3], positive=3)[0] == [-1, 1]


def test_more_classes_are_one_against_the_rest() -> None:
    assert fitted([0, 1, 2, 1]) == (
        [-1, -1, 1, -1],
        "targets: class 2 is +1 (1 rows), the rest is -1 (3 rows)",
    )
    assert fitted([0, 1, 2, 1], positive="1")[0] == [-1, 1, -1, 1]
    assert fitted(("b", "c", "a"), positive="b")[0] == [1, -1, -1]
    assert fitted(("b", "c", "a"))[1] == "targets: class 'c' is +1 (1 rows), the rest is -1 (2 rows)"


def test_the_border_between_classes_and_regression() -> None:
    twenty, more = [float(i % 20) for i in range(40)], [float(i % 21) for i in range(42)]
    assert fitted(twenty)[0] == [1.0 if v == 19 else -1.0 for v in twenty]
    assert fitted(more) == (more, "targets: taken as numbers to fit")
    assert fitted([0.0, 0.5])[0] == [0.0, 0.5]
    assert fitted([0, 1], labels="regression")[0] == [0, 1]
    assert fitted([0.0, 0.5], labels="pm1")[0] == [-1, 1]
    assert len(set(fitted(more, labels="pm1")[0])) == 2
    assert fitted([4, 4])[0] == [4, 4]


def test_several_outputs_stay_numbers() -> None:
    assert fitted([[0, 1], [1, 0]]) == ([[0, 1], [1, 0]], "targets: 2 outputs, taken as numbers to fit")


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (
            ("a", "b"),
            {"labels": "regression"},
            "^d.csv, target: words are no regression target; use --labels pm1$",
        ),
        (tuple(map(str, range(21))), {}, "21 distinct words, more than 20 classes"),
        (("a", "a"), {}, "only one class, 'a'"),
        ([3, 3], {"labels": "pm1"}, "only one class, 3"),
        ([0, 1], {"positive": "2"}, "^d.csv, --positive: there is no class '2'; choose from 0, 1$"),
        ([0.5, 1], {"positive": "1"}, "there are no classes, so none is '1'"),
        ([[0, 1], [1, 0]], {"labels": "pm1"}, "y has 2 columns, not classes"),
    ],
)
def test_targets_that_cannot_be_fitted(y: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fitted(y, **options)


def test_one_hot_columns_in_ascending_order() -> None:
    found, remark = fitted(("b", "a", "b"), labels="onehot")
    assert found == [[0, 1], [1, 0], [0, 1]] and "one-hot, 2 columns" in str(remark)
    assert fitted([3.0, -1.0, 7.0], labels="onehot")[0] == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    with pytest.raises(InputError, match=r"no classes|leave the option out"):
        fitted([0, 1], labels="onehot", positive="1")
    with pytest.raises(InputError, match="201 distinct values"):
        fitted(list(range(201)), labels="onehot")


def drop(X: object, y: object = None, normalized: bool = False) -> tuple[int, ...]:
    data = Dataset(X, y)  # type: ignore[arg-type]
    return rows_to_drop(data.X, data.y, normalized=normalized, where="d.npz")


def test_later_rows_of_a_ray_are_dropped() -> None:
    assert drop([[1, 2], [3, 3], [2, 4], [1, 2], [-1, -2]]) == (2, 3)
    assert drop([[1, 2], [1, 3]]) == ()


def test_targets_must_follow_the_rows() -> None:
    assert drop([[1, 2], [1, 2]], [5.0, 5.0]) == (1,)
    assert drop([[1, 2], [3, 6]], [0.5, 1.5]) == (1,)
    assert drop([[1, 2], [3, 6]], [0.5, 0.5], normalized=True) == (1,)
    assert drop([[1, 2], [3, 6]], [[0.5, 1], [1.5, 3]]) == (1,)
    assert drop([[1e-300, 2e-300], [2e300, 4e300]], [0, 0]) == (1,)


@pytest.mark.parametrize(
    ("X", "y", "normalized", "message"),
    [
        (
            [[1, 2], [9, 9], [1, 2]],
            [1, 0, -1],
            False,
            "rows 0 and 2 are equal but their targets 1.0 and -1.0 are not equal",
        ),
        (
            [[1, 2], [2, 4]],
            [1, 1],
            False,
            "rows 0 and 1 lie on one ray .* 1.0 and 1.0 are not in the rows' ratio",
        ),
        ([[1, 2], [2, 4]], [1, 2], True, "rows 0 and 1 lie on one ray .* 1.0 and 2.0 are not equal"),
        (
            [[1, 2], [3, 6]],
            [0.1, 3 * 0.1],
            False,
            "rows 0 and 1 lie on one ray .* not in the rows' ratio",
        ),  # 3·0.1 was rounded
        (
            [[1, 2], [1, 2]],
            [[1, 2], [1, 3]],
            False,
            r"rows 0 and 1 are equal but their targets \[1.0, 2.0\] and \[1.0, 3.0\] are not equal",
        ),
    ],
)
def test_conflicts_name_the_rows(X: object, y: object, normalized: bool, message: str) -> None:
    with pytest.raises(InputError, match=f"^d.npz: {message}; correct a target or use --duplicates keep$"):
        drop(X, y, normalized)


def test_the_loader_keeps_by_default_and_records_what_it_drops() -> None:
    kept, dropped = load("iris"), load("iris", LoadOptions(duplicates="drop"))
    assert (kept.n, dropped.n) == (150, 149)
    assert "dropped_rows" not in kept.options
    assert dropped.options["dropped_rows"] == [142]
    assert dropped.notes[-1] == "duplicates: 1 rows on the ray of an earlier row dropped (142)"
    assert np.array_equal(dropped.X, np.delete(kept.X, 142, axis=0))
    assert load("iris", LoadOptions.from_json(dropped.options)).sha256 == dropped.sha256


def test_the_loader_drops_target_with_row(tmp_path: Path) -> None:
    source = str(tmp_path / "d.npz")
    np.savez(source, X=[[1, 2], [2, 4], [1, 0], [0, 3]], y=[0.5, 1.0, 7.0, 8.0])
    data = load(source, LoadOptions(duplicates="drop"))
    assert data.X.tolist() == [[1, 2], [1, 0], [0, 3]]
    assert data.y is not None
    assert data.y.tolist() == [0.5, 7.0, 8.0]
    with pytest.raises(InputError, match=r"rows 0 and 1 lie on one ray but their targets 0\.5 and 1\.0 are not equal"):
        load(source, LoadOptions(duplicates="drop", normalize=True))


def test_rows_are_dropped_as_they_are_after_preprocessing(tmp_path: Path) -> None:
    source = str(tmp_path / "d.npy")
    np.save(source, [[1, 2], [2, 4]])
    assert load(source, LoadOptions(duplicates="drop", preprocess=("bias",))).n == 2
    assert load(source, LoadOptions(duplicates="drop", preprocess=("unit",))).n == 1
