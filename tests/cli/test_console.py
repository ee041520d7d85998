"""Output to the screen."""

from __future__ import annotations

import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxreport.cli import console
from dxreport.cli.console import GAP, progress, table, width

CELLS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("施策", 4), ("ｶﾅ", 2), ("①", 2), ("か\u3099", 2), ("１", 2), ("", 0), ("𠮷", 2)]
)
def test_width(text, columns):
    assert width(text) == columns


def test_table():
    rows = [("01-01", "総務課", 3), ("02-01", "オーガニックシティ推進課", 12)]
    assert table(rows, ("施策", "部署", "件数"), right={2}).splitlines() == [
        "施策   部署                      件数",
        "-----  ------------------------  ----",
        "01-01  総務課                       3",
        "02-01  オーガニックシティ推進課    12",
    ]


@given(st.lists(st.tuples(CELLS, CELLS, st.just("|")), min_size=1, max_size=6))
def test_columns_begin_at_the_same_place(rows):
    lines = table(rows).split("\n")
    assert len({width(line[: line.rindex("|")]) for line in lines}) == 1
    for (first, second, _), line in zip(rows, lines, strict=True):
        assert line.startswith(first) and GAP + second in line


def test_a_line_break_in_a_cell_keeps_the_row_one_line():
    assert table([("a\nb", "c")]) == "a b  c"


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("patience", [0.0, 3600.0])
@pytest.mark.parametrize("items", [[], ["い"], list("いろは")])
@pytest.mark.parametrize("kind", [list, iter])
def test_progress_yields_every_item_once_and_in_order(patience, items, kind, monkeypatch):
    monkeypatch.setattr(console, "PATIENCE", patience)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert list(progress(kind(items), "読み取り")) == items
    assert ("読み取り" in sys.stderr.getvalue()) == (patience == 0 and bool(items))


def test_progress_is_silent_without_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(console, "PATIENCE", 0.0)
    assert list(progress(range(5), "読み取り")) == list(range(5))
    assert capsys.readouterr() == ("", "")


def test_width_counts_what_unicode_calls_wide():
    wide = [c for c in map(chr, range(0x3040, 0x30FF)) if unicodedata.east_asian_width(c) == "W"]
    assert width("".join(wide)) == 2 * len(wide) - 2 * sum(bool(unicodedata.combining(c)) for c in wide)
