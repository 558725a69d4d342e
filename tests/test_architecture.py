"""The house plan, enforced: which way imports go, how large a module may grow, what never occurs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "certify"

#: Each stage imports only itself and stages to its left; `errors` is free for all.
STAGES = (
    "arithmetic", "spectrum", "symbolic", "data", "kernels", "networks", "theorems", "certificates",
    "reports", "distributed", "coq", "workflows", "cli",
)  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports anywhere in it, as a dotted name; ``from a import b`` is ``a.b``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def stage_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_package_has_only_the_stages() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders <= set(STAGES)


def test_imports_go_one_way() -> None:
    faults = []
    for path in MODULES:
        stage = stage_of(path)
        if stage == "__init__":
            continue
        own = [name.split(".") for name in imports(path) if name.split(".")[0] == "certify"]
        reached = {parts[1] for parts in own if len(parts) > 1} - {"errors", "__version__"}
        if stage == "__main__":
            allowed = set(STAGES)
        else:
            allowed = set() if stage == "errors" else set(STAGES[: STAGES.index(stage) + 1])
        faults += [f"{name_of(path)} imports {found}" for found in sorted(reached - allowed)]
    assert not faults


def test_statements_stand_on_arithmetic_and_symbols_alone() -> None:
    """The independent checker imports the statements: they must not bring in what they are to check."""
    allowed = re.compile(r"certify\.(arithmetic|symbolic|errors|theorems\.statements)\b")
    faults = [
        f"{name_of(path)} imports {name}"
        for path in sorted((PACKAGE / "theorems" / "statements").rglob("*.py"))
        for name in imports(path)
        if name.startswith("certify.") and not allowed.match(name)
    ]
    assert not faults


def test_only_the_command_and_the_text_report_draw_on_terminals() -> None:
    faults = []
    for path in MODULES:
        drawing = {name.split(".")[0] for name in imports(path)} & {"typer", "rich", "click"}
        if path == PACKAGE / "reports" / "text.py":
            drawing -= {"rich"}
        if drawing and stage_of(path) != "cli":
            faults.append(f"{name_of(path)} imports {drawing}")
    assert not faults


def test_modules_are_small() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert not {name: size for name, size in sizes.items() if size > 400}


def test_every_module_says_what_it_is() -> None:
    assert not [name_of(path) for path in MODULES if not ast.get_docstring(tree(path))]
    assert not [name_of(path) for path in MODULES if not (path.parent / "__init__.py").is_file()]


def test_no_text_is_ever_executed() -> None:
    """Files and arguments come from strangers: nothing unpickles or evaluates them."""
    loaders = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    # SymPy's sympify and parse_expr evaluate the strings they are given.
    evaluators = {"eval", "exec", "compile", "sympify", "parse_expr"}
    faults = []
    for path in SOURCES:
        if path in MODULES and {name.split(".")[0] for name in imports(path)} & loaders:
            faults.append(name_of(path))
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            plain = node.func.id if isinstance(node.func, ast.Name) else ""
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            pickles = [k for k in node.keywords if k.arg == "allow_pickle"]
            if (
                plain in evaluators
                or method in evaluators - {"compile", "eval"}
                or any(not (isinstance(k.value, ast.Constant) and k.value.value is False) for k in pickles)
            ):
                faults.append(f"{name_of(path)}:{node.lineno}")
    assert not faults


def tracked_texts() -> Iterator[tuple[str, str]]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:  # an unpacked source archive
        paths = [p for top in ("certify", "tests", "docs", "proofs", "benchmarks") for p in (ROOT / top).rglob("*")]
    for path in paths:
        if path.is_file():
            raw = path.read_bytes()
            if b"\0" not in raw:
                yield str(path.relative_to(ROOT)), raw.decode("utf-8")


def test_nothing_names_a_place_on_some_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:" + "work/(?:main|shared)|tmp/|home/|root/|Users/|opt/" + ")")
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_texts()
        for match in places.finditer(text)
        if name != "tests/test_architecture.py"
    ]
    assert not found


def test_declared_dependencies_are_the_imported_ones() -> None:
    """Nothing is declared that no code uses, and nothing is used that is not declared."""
    module = {
        "crival": "ival", "python-flint": "flint", "scikit-learn": "sklearn",
    }  # fmt: skip
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def modules(requirements: list[str]) -> set[str]:
        bare = [re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0] for requirement in requirements]
        return {module.get(name, name).replace("-", "_").lower() for name in bare}

    required = modules(project["dependencies"])
    extras = project["optional-dependencies"]
    optional = modules([*extras["parquet"], *extras["dask"], *extras["sdp"]])
    used = {name.split(".")[0] for path in MODULES for name in imports(path)}
    used -= set(sys.stdlib_module_names) | {"certify"}
    assert used - required <= optional, "used, not declared"
    assert required <= used, "declared, not used"


def test_readme_draws_the_house_as_it_is() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    assert not {folder for folder in folders if f"      {folder}/ " not in text}
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    assert not [target for target in linked if not (ROOT / target).exists()]


def test_version_is_said_once() -> None:
    import certify

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == certify.__version__
    assert f"version: {certify.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {certify.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names_are_there() -> None:
    import certify

    assert all(getattr(certify, name) is not None for name in certify.__all__)
    with pytest.raises(AttributeError, match="no attribute 'certifi'"):
        _ = certify.certifi
