"""Sources: what is read is what was written, and every fault is one line that says what, where, remedy."""

from __future__ import annotations

import io
import sys
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from certify.data import Dataset, LoadOptions, load
from certify.data.sources.table import system_errors
from certify.errors import InputError

DATA = Path(__file__).parent / "data"
X = np.array([[0.1, -2.0, 3.0], [1e-310, 0.0, 1e308], [1.0, 2.0, 3.0]])
Y = np.array([1.0, -1.0, 1.0])
HERE = Path()


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def fault(source: str, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        load(source, LoadOptions(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def table(separator: str) -> str:
    lines = [separator.join([*map(repr, row), repr(t)]) for row, t in zip(X.tolist(), Y.tolist(), strict=True)]
    return "\n".join([separator.join(["a", "b", "c", "t"]), *lines]) + "\n"


def test_all_kinds_of_file_give_the_same_data() -> None:
    write("f.csv", table(","))
    write("f.tsv", "\ufeff" + table("\t").replace("\n", "\r\n"))
    np.save("f.npy", np.column_stack([X, Y]))
    np.save("x.npy", np.asfortranarray(X))
    np.save("y.npy", Y.astype(">f4"))
    np.savez("f.npz", X=X, y=Y)
    np.savez_compressed("g.npz", A=X, t=Y[:, None])
    lines = [f"{t} " + " ".join(f"{j + 1}:{v!r}" for j, v in enumerate(r)) for r, t in zip(X.tolist(), Y, strict=True)]
    write("f.svm", "\n".join(lines))
    loaded = [
        load("f.csv", LoadOptions(target="t")),
        load("f.csv", LoadOptions(target=3)),
        load("f.tsv", LoadOptions(target="3")),
        load("f.npy", LoadOptions(target="3")),
        load("x.npy", LoadOptions(target="y.npy")),
        load("f.npz"),
        load("g.npz", LoadOptions(x_key="A", y_key="t")),
        load("g.npz", LoadOptions(x_key="A", target="t")),
        load("f.svm"),
    ]
    assert {data.sha256 for data in loaded} == {Dataset(X, Y).sha256}
    for data in (load("f.npy"), load("f.csv")):
        assert data.sha256 == Dataset(np.column_stack([X, Y])).sha256


def test_a_target_may_stand_in_any_column() -> None:
    write("f.csv", "a,b\n1,5\n2,6\n")
    data = load("f.csv", LoadOptions(target="a", labels="regression"))
    assert (data.X.tolist(), data.y.tolist()) == ([[5.0], [6.0]], [1.0, 2.0])  # type: ignore[union-attr]
    np.savez("f.npz", X=[[1, 5], [2, 6]])
    data = load("f.npz", LoadOptions(target=0, labels="regression"))
    assert (data.X.tolist(), data.y.tolist()) == ([[5.0], [6.0]], [1.0, 2.0])  # type: ignore[union-attr]


def test_decimal_cells_are_the_nearest_floats() -> None:
    cell = "0.1000000000000000055511151231257827021181583404541015625001"
    write("f.csv", f'{cell},"9007199254740993"\n')
    data = load("f.csv")
    assert data.X.tolist() == [[float(Fraction(cell)), float(Fraction(9007199254740993))]]
    assert data.notes == ("decimal cells are read to the nearest float64", "the first line is taken as data")


@pytest.mark.parametrize(
    ("text", "rows", "header"),
    [
        ("1,2\n3,4\n", 2, "data"),
        ("a,b\n3,4\n", 1, "the header"),
        ("0,1,species\n5,4,9\n5,1,8\n", 2, "the header"),
        (",0,species\n5,4,9\n5,1,8\n", 2, "the header"),
        ("5.1,3.5,setosa\n4.9,3.0,virginica\n", 2, "data"),
        ("\n\na,b\n\n3,4\n\n5,6\n,\n", 2, "the header"),
    ],
)
def test_a_header_is_known_by_its_words(text: str, rows: int, header: str) -> None:
    write("f.csv", text)
    data = load("f.csv", LoadOptions(target=2 if text.count(",") > 3 and "s" in text else None))
    assert data.n == rows
    assert f"the first line is taken as {header}" in data.notes


def test_words_are_classes() -> None:
    write("f.csv", "5.1,3.5,setosa\n4.9,3.0,virginica\n4.8,3.1,setosa\n")
    data = load("f.csv", LoadOptions(target="2"))
    assert data.y is not None
    assert data.y.tolist() == [-1, 1, -1]
    assert data.notes[-1] == "targets: class 'virginica' is +1 (1 rows), class 'setosa' is -1 (2 rows)"
    np.savez("f.npz", X=[[1.0], [2.0]], y=["no", "yes"])
    assert load("f.npz", LoadOptions(positive="no")).y.tolist() == [1, -1]  # type: ignore[union-attr]


def test_recorded_options_repeat_the_loading() -> None:
    options = LoadOptions(preprocess=("standardize", "bias", "unit"), positive="0", normalize=True, duplicates="drop")
    data = load("wine", options)
    again = load("wine", LoadOptions.from_json(data.options))
    assert (again.sha256, again.options, again.normalized) == (data.sha256, data.options, True)
    assert (data.n, data.d) == (178, 14)
    assert data.y is not None
    assert (data.y == np.load(DATA / "wine.npz")["y"]).all()


@pytest.mark.parametrize(
    ("name", "shape", "ones"),
    [
        ("iris", (150, 4), 50),
        ("wine", (178, 13), 48),
        ("breast_cancer", (569, 30), 357),
        ("digits", (1797, 64), 180),
    ],
)
def test_bundled_classes(name: str, shape: tuple[int, int], ones: int) -> None:
    data = load(name)
    assert data.y is not None
    assert data.X.shape == shape
    assert ((data.y == 1).sum(), (data.y == -1).sum()) == (ones, shape[0] - ones)


def test_bundled_regression_has_its_raw_columns() -> None:
    data = load("diabetes")
    assert data.y is not None
    assert (data.X[0, :4].tolist(), data.y[:2].tolist()) == ([59.0, 2.0, 32.1, 101.0], [151.0, 75.0])


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.npz")))
def test_calibration_data(name: str) -> None:
    data, stored = load(str(DATA / name)), np.load(DATA / name)
    assert data.sha256 == Dataset(stored["X"], stored["y"]).sha256


CSV_FAULTS = [
    ("", {}, "f.csv: the file is empty; name a file with data"),
    ("\n \n", {}, "f.csv: the file is empty; name a file with data"),
    ("a,b\n", {}, "f.csv: there are no rows below the header; add at least one row"),
    ("a\n1\n", {"target": "a"}, "f.csv: there are no columns besides the target; add a column"),
    ("a,b\n1,2\n3,x\n", {}, "f.csv, line 3, row 1, column 'b': the cell 'x' is not a number; "),
    ("1,2\n3,x\n", {}, "f.csv, line 2, row 1, column 1: the cell 'x' is not a number; "),
    ("1,x\n3,4\n", {}, "f.csv, line 1, row 0, column 1: the cell 'x' is not a number; "),
    ("1,1_0\n3,4\n", {}, "f.csv, line 1, row 0, column 1: the cell '1_0' is not a number; "),
    ("1,2\n3,\n", {}, "f.csv, line 2, row 1, column 1: the cell is empty; "),
    ("1,2\n3,nan\n", {}, "f.csv, line 2, row 1, column 1: the cell is NaN; "),
    ("1,2\n3,-Infinity\n", {}, "f.csv, line 2, row 1, column 1: the cell is an infinity; "),
    (
        "1,2\n3,1e400\n",
        {},
        "f.csv, line 2, row 1, column 1: the cell '1e400' is beyond the range of float64; ",
    ),
    ("a,b\n1,2\n\n3\n", {}, "f.csv, line 4, row 1: the row has 1 cells, the first line 2; "),
    (
        "a;b\n1;2\n",
        {},
        "f.csv, line 2, row 0, column 'a;b': the cell '1;2' is not a number; the separator seems",
    ),
    (
        "a,b\n1,2\n",
        {"target": "c"},
        "f.csv: the target 'c' names nothing; available: a, b, or columns 0 to 1",
    ),
    ("a,b\n1,2\n", {"target": 2}, "f.csv: the target 2 names nothing; available: a, b, or columns 0 to 1"),
    ("a,b\n1,2\n", {"target": "-1"}, "f.csv: the target '-1' names nothing; "),
    ("1,2\n3,4\n", {"target": "c"}, "f.csv: the target 'c' names nothing; available: columns 0 to 1"),
    ("a,a\n1,2\n", {"target": "a"}, "f.csv: the target 'a' names 2 columns; use the index"),
    ("a,b\n1,u\n2,3\n", {"target": "b"}, "f.csv, line 2, row 0, column 'b': the cell 'u' is not a number; "),
    ("a,b\n1,nan\n2,3\n", {"target": "b"}, "f.csv, line 2, row 0, column 'b': the cell is NaN; "),
    ("a,b\n1,u\n2,\n", {"target": "b"}, "f.csv, line 2, row 0, column 'b': the cell 'u' is not a number; "),
    ("a,b\n1,2\n0,-0.0\n", {}, "f.csv, row 1: the row is all zero; remove the row or use --preprocess bias"),
    (
        "a,b\n1,2\n3,4\n",
        {"labels": "pm1"},
        "f.csv: there is no target to find classes in; name it by --target",
    ),
    ("a,b\n1,2\n3,4\n", {"x_key": "A"}, "f.csv: only an .npz has keys; leave out --x-key and --y-key"),
    (b"a,b\n\xff,2\n", {}, "f.csv: byte 4 is not UTF-8; save the file as UTF-8"),
    ('a,b\n1,"2\n', {}, "f.csv: line 2 is malformed (unexpected end of data); mend the quoting"),
]


@pytest.mark.parametrize(("content", "options", "message"), CSV_FAULTS)
def test_faults_of_text(content: str | bytes, options: dict[str, Any], message: str) -> None:
    assert fault(write("f.csv", content), **options).startswith(message)


def test_faults_of_places() -> None:
    Path("d.csv").mkdir()
    Path("e").mkdir()
    accepted = "accepted: .csv .tsv .npy .npz .svm .parquet, iris wine breast_cancer diabetes digits, or sphere:"
    for kind in ("csv", "tsv", "npy", "npz", "svm", "parquet"):
        assert fault(f"none.{kind}") == f"none.{kind}: no such file; check the path"
        assert fault(write(f"empty.{kind}", "")) == f"empty.{kind}: the file is empty; name a file with data"
    assert fault("d.csv") == "d.csv: it is a directory; name a file in it"
    assert fault("e").startswith(f"e: it is a directory; {accepted}")
    assert fault("f.xlsx").startswith(f"f.xlsx: not a known source; {accepted}")
    assert fault("").startswith("'': not a known source; ")
    assert fault("iris", target="x").startswith("iris: the target 'x' names nothing; available: only the set's own")
    with (
        pytest.raises(InputError, match=r"^secret\.csv: no permission to read it; change its mode$"),
        system_errors(Path("secret.csv")),
    ):
        raise PermissionError(13, "Permission denied")
    with (
        pytest.raises(InputError, match=r"^f\.csv: cannot be read \(Input/output error\)$"),
        system_errors(Path("f.csv")),
    ):
        raise OSError(5, "Input/output error")


def test_pickles_are_refused_and_never_opened() -> None:
    trap = b"cos\nmkdir\n(S'exploded'\ntR."  # makes a directory in whoever unpickles it
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (3, 1)})
    objects = header.getvalue() + trap
    numbers = io.BytesIO()
    np.save(numbers, X)
    write("object.npy", objects)
    for name, x in (("object.npz", objects), ("target.npz", numbers.getvalue())):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("X.npy", x)
            archive.writestr("y.npy", objects)
    write("pickle.npy", trap)
    stored = "dtype object is stored as a pickle, which is never loaded; save a plain float64 array"
    assert fault("object.npy") == f"object.npy: {stored}"
    assert fault("object.npz") == f"object.npz, array 'X': {stored}"
    assert fault("target.npz") == f"target.npz, array 'y': {stored}"
    assert fault("pickle.npy").startswith("pickle.npy: no npy header (pickled or damaged: refused); ")
    assert not Path("exploded").exists()


def test_faults_of_npy() -> None:
    np.save("f.npy", X)
    whole = Path("f.npy").read_bytes()
    assert (
        fault(write("cut.npy", whole[:-9]))
        == "cut.npy: the file is truncated: 9 of 72 bytes are missing; write it again"
    )
    assert fault(write("cut.npy", whole[:50])).startswith("cut.npy: no npy header")
    choices = "available: columns 0 to 2, or a .npy file"
    assert fault("f.npy", target="t.npy") == f"f.npy: the target 't.npy' names nothing; {choices}"
    assert fault("f.npy", target="3") == "f.npy: the target '3' names nothing; available: columns 0 to 2"
    np.save("y.npy", Y[:2])
    assert fault("f.npy", target="y.npy") == "f.npy, target: X has 3 rows but y has 2; give one target a row"
    for array, message in (
        (X[0], "g.npy: X has shape (3,) where (n, d) is needed; reshape it"),
        (X[:0], "g.npy: there are no rows; name a source with data"),
        (X[:, :0], "g.npy: there are no columns besides the target; name a source with data"),
        (X * 1j, "g.npy: dtype complex128 has no exact float64 form; convert it to float64"),
        (
            np.array([[1, 2], [3, 2**53 + 1]]),
            "g.npy, row 1, column 1: float64 does not represent the integer 90071",
        ),
        (np.array([[1, np.nan]]), "g.npy, row 0, column 1: NaN among the numbers; "),
        (np.array([[1, 2], [np.inf, 2]]), "g.npy, row 1, column 0: an infinity among the numbers; "),
        (np.array([[1, 2], [0, 0]]), "g.npy, row 1: the row is all zero; "),
        (np.array([(1, 2)], dtype=[("a", "f8"), ("b", "f8")]), "g.npy: a structured dtype holds no matrix; "),
    ):
        np.save("g.npy", array)
        assert fault("g.npy").startswith(message)


def test_faults_of_npz() -> None:
    np.savez_compressed("f.npz", X=np.arange(1.0, 2001.0).reshape(-1, 2), y=np.ones(1000), z=np.ones(3))
    whole = Path("f.npz").read_bytes()
    assert fault(write("cut.npz", whole[: len(whole) // 2])) == (
        "cut.npz: not a complete npz archive (truncated?); write the file again"
    )
    damaged = bytearray(whole)
    damaged[200:260] = bytes(60)
    assert fault(write("bad.npz", bytes(damaged))).startswith("bad.npz, array 'X': ")
    assert fault("f.npz", x_key="W") == "f.npz: there is no array 'W'; choose by --x-key from: X, y, z"
    assert fault("f.npz", y_key="W") == "f.npz: there is no array 'W'; choose by --y-key from: X, y, z"
    assert fault("f.npz", y_key="z") == "f.npz, target: X has 1000 rows but y has 3; give one target a row"
    assert fault("f.npz", target="W") == (
        "f.npz: the target 'W' names nothing; available: arrays X, y, z, or columns 0 to 1 of X"
    )
    np.savez("g.npz", A=X)
    assert fault("g.npz") == "g.npz: there is no array 'X'; choose by --x-key from: A"
    for targets, message in (
        (np.ones((3, 0)), "g.npz, target: y has shape (3, 0) where (n,) or (n, q) is needed"),
        (np.float64(3), "g.npz, target: y has shape () where (n,) or (n, q) is needed"),
        (np.array([1, np.nan, 2]), "g.npz, array 'y', row 1: NaN among the numbers"),
    ):
        np.savez("g.npz", X=X, y=targets)
        assert fault("g.npz").startswith(message)


def test_faults_of_svmlight() -> None:
    write("f.svm", "# comment\n1 1:0.5 2:1\n-1 1:2\n\n1 1:oops\n1 1:3\n")
    assert fault("f.svm").startswith("f.svm, row 2: malformed svmlight (")
    assert fault("f.svm", target=0).startswith("f.svm: the target 0 names nothing; available: only the file's own")
    assert fault(write("f.svm", "# nothing\n")) == "f.svm: there are no rows; add at least one row"
    assert fault(write("f.svm", "1 1:1\n-1\n")).startswith("f.svm, row 1: the row is all zero")
    assert fault(write("f.svm", "1 1:1\n-1 1:nan\n")).startswith("f.svm, row 1, column 0: NaN")


def test_parquet_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    write("f.parquet", "PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert fault("f.parquet") == "f.parquet: reading it needs pyarrow; install certify-ntk[parquet]"


def test_parquet() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"a": [1, 2], "b": np.array([0.1, 3], dtype=np.float32), "t": ["u", "v"]}
    parquet.write_table(arrow.table(columns), "f.parquet")
    data = load("f.parquet", LoadOptions(target="t"))
    assert data.sha256 == Dataset([[1, float(np.float32(0.1))], [2, 3]], [-1, 1]).sha256
    assert fault("f.parquet").startswith("f.parquet, column 't': ")
    assert fault("f.parquet", target="s").startswith("f.parquet: the target 's' names nothing; available: a, b, t")
    parquet.write_table(arrow.table({"a": [1.0, None]}), "g.parquet")
    assert fault("g.parquet").startswith("g.parquet, column 'a', row 1: the cell is empty")
    assert fault(write("h.parquet", "PAR1 and nothing else")).startswith("h.parquet: not a readable parquet file")


@pytest.mark.parametrize("kind", ["csv", "npy", "npz", "svm"])
def test_damaged_files_never_end_in_another_error(kind: str) -> None:
    if kind == "npy":
        np.save("f.npy", X)
    elif kind == "npz":
        np.savez_compressed("f.npz", X=X, y=Y)
    else:
        write(f"f.{kind}", table(",") if kind == "csv" else "1 1:0.5 2:1\n-1 1:2\n1 2:3 # remark\n")
    whole = Path(f"f.{kind}").read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(150):
        damaged = bytearray(whole[: int(rng.integers(1, len(whole) + 1))])
        for place in rng.integers(0, len(damaged), size=int(rng.integers(0, 4))):
            damaged[place] = int(rng.integers(0, 256))
        write(f"g.{kind}", bytes(damaged))
        try:
            load(f"g.{kind}")
        except InputError as error:
            assert "\n" not in str(error)
