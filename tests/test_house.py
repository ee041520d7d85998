"""The rules of the test suite itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports, dotted: modules, and the names taken from them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def test_no_test_module_or_conftest_is_imported() -> None:
    """What tests share lives in tests/support."""
    found = {path.relative_to(TESTS).as_posix(): imported(path) for path in sorted(TESTS.rglob("*.py"))}
    wrong = {
        f"{path}: {name}"
        for path, names in found.items()
        for name in names
        if name.startswith(("tests.", "."))
        and not name.startswith("tests.form.")
        and any(p.startswith(("test_", "conftest")) for p in name.split("."))
    }
    assert wrong == set()
