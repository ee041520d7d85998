"""Rules of the house that no linter checks."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "dxreport"
MOST_POSITIONAL = 5


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports, dotted: modules, and the names taken from them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


@pytest.mark.slow
def test_no_test_module_or_conftest_is_imported() -> None:
    """What tests share lives in tests/support."""
    found = {path.relative_to(TESTS).as_posix(): imported(path) for path in sorted(TESTS.rglob("*.py"))}
    wrong = {
        f"{path}: {name}"
        for path, names in found.items()
        for name in names
        if name.startswith(("tests.", ".")) and any(p.startswith(("test_", "conftest")) for p in name.split("."))
    }
    assert wrong == set()


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """Return the names of the parameters that may be given by position, without ``self`` and ``cls``."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@pytest.mark.slow
def test_no_function_has_more_than_five_positional_parameters() -> None:
    """Further ones are keyword-only, or a record."""
    wrong = {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and len(positional(node)) > MOST_POSITIONAL
    }
    assert wrong == set()


@pytest.mark.slow
def test_no_two_classes_have_the_same_name() -> None:
    """One meaning a word."""
    names = Counter(
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []
