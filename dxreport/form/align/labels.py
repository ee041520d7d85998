"""What a form prints: its labels by row and column, and what a text in each cell says for or against it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ...domain.fields import FIELD, FieldKind
from ...domain.model import Settings
from ..expressions import Binding, Computed, plain_path
from ..records import Cell, Form

_FLAGS = frozenset(Settings.__dataclass_fields__["flags"].default)
_ID = re.compile(r"[0-9a-z]+(?:-[0-9a-z]+)+")
_YEAR = re.compile(r"(?:(?:令和|平成|r|h)(?:元|\d{1,2})|20\d\d)(?:年度?)?")
_TAG = re.compile(r"\{\{.*?\}\}", re.S)
_DASHES = str.maketrans({**dict.fromkeys("‐‑‒–—―−", "-"), "〜": "~"})
_LONG_ID = 12  # characters: what is longer is no 施策ID
_LITERAL = 2  # characters that a text with blanks in it must at least have to be a label


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """A text as labels are compared: white space left out, width, case and kinds of dash made one."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_DASHES).casefold()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a form has in one cell.

    ``label`` is the folded text it prints, ``pattern`` a text with blanks that the measure fills; ``field`` is
    what is read there. With none of these it shows something that cannot be foretold. ``path`` names it
    where it shows one plain thing (``years.y1``), ``round`` where it speaks of that. ``repeats`` is how many
    of the blocks around it repeat it.
    """

    column: int
    label: str = ""
    pattern: re.Pattern[str] | None = None
    field: Binding | None = None
    path: str = ""
    repeats: int = 0

    @property
    def printed(self) -> bool:
        """Whether the text can be foretold."""
        return bool(self.label) or self.pattern is not None

    def prints(self, folded: str) -> bool:
        """Whether this is the text that the form prints here."""
        return (
            folded == self.label
            if self.label
            else self.pattern is not None and self.pattern.fullmatch(folded) is not None
        )

    def fits(self, folded: str) -> float:
        """How well a text fits a cell that prints nothing: above 0 it speaks for it, below against it."""
        if self.field is None:
            if not self.path.startswith(("fiscal_year", "years.")):
                return 0.0
            return 1.0 if _YEAR.fullmatch(folded) else -1.0
        if self.field.field == "activity.plan_label":
            return 2.0 if folded.endswith("予定") else -2.0
        if not folded:
            return 0.0
        kind = FIELD[self.field.field].kind
        if kind is FieldKind.FLAG:
            return 1.0 if folded in _FLAGS else -0.4
        if kind is FieldKind.MEASURE_ID:
            return 1.0 if _ID.fullmatch(folded) else -0.5 if len(folded) > _LONG_ID else 0.0
        return 0.0


@dataclass(frozen=True, slots=True)
class Printed:
    """All marks of a form by template row, its label texts, and its texts with blanks."""

    rows: Mapping[int, tuple[Mark, ...]]
    labels: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def prints(self, folded: str) -> bool:
        """Whether the form prints this text anywhere."""
        return folded in self.labels or any(p.fullmatch(folded) for p in self.patterns)

    @property
    def columns(self) -> Mapping[int, tuple[Mark, ...]]:
        """The marks by column, those columns that hold any, in order."""
        out: dict[int, list[Mark]] = defaultdict(list)
        for marks in self.rows.values():
            for mark in marks:
                out[mark.column].append(mark)
        return {column: tuple(out[column]) for column in sorted(out)}

    def share(self, folded: frozenset[str]) -> float:
        """Which part of the form's labels a sheet with these texts has, 0 to 1."""
        return len(self.labels & folded) / len(self.labels) if self.labels else 0.0


def printed(form: Form) -> Printed:
    """The marks of a form; worked out once."""
    kept = form.editions.get("printed")
    if kept is None:
        kept = form.editions["printed"] = _printed(form)
    return kept


def _printed(form: Form) -> Printed:
    part = next(s.part for s in form.source.sheets if s.name == form.sheet)
    drawn = {(c.row, c.column): c.text for c in form.source.cells(form.source.package.xml(part))}
    read = {(c.row, c.column) for cells in form.bindings.values() for c in cells}
    rows = {}
    for number, row in form.rows.items():
        filled = (c for c in row.cells if c.content != "")
        rows[number] = tuple(_mark(c, drawn.get((c.row, c.column), ""), (c.row, c.column) in read) for c in filled)
    marks = [mark for row in rows.values() for mark in row]
    patterns = tuple(m.pattern for m in marks if m.pattern is not None)
    return Printed(rows, frozenset(m.label for m in marks if m.label), patterns)


def _mark(c: Cell, text: str, is_read: bool) -> Mark:
    if isinstance(c.content, Binding):
        return Mark(c.column, field=c.content if is_read else None, repeats=c.repeats)
    if isinstance(c.content, Computed):
        plain = plain_path(c.content.source)
        path = ".".join(plain) if plain else "round" if "round" in c.content.names else ""
        if plain:
            return Mark(c.column, path=path, repeats=c.repeats)
        literals = [fold(piece) for piece in _TAG.split(c.content.source)]
        if sum(map(len, literals)) >= _LITERAL:
            return Mark(
                c.column, pattern=re.compile(".*".join(map(re.escape, literals)), re.S), path=path, repeats=c.repeats
            )
        return Mark(c.column, path=path, repeats=c.repeats)
    label = fold(text) if isinstance(c.content, str) else ""
    return Mark(c.column, label, repeats=c.repeats)
