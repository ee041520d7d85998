"""What a form prints: its labels by row and column, and how well a text fits each of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from ...domain.fields import Field, FieldKind
from ..bindings import Binding, plain_path
from ..expressions import Computed
from ..records import Form, TemplateCell

_FLAGS = frozenset({"有", "無"})
_ID = re.compile(r"[0-9a-z]+(?:-[0-9a-z]+)+")
_YEAR = re.compile(r"(?:(?:令和|平成|r|h)(?:元|\d{1,2})|20\d\d)(?:年度?)?")
_TAG = re.compile(r"\{\{.*?\}\}", re.S)
_DASHES = str.maketrans({**dict.fromkeys("‐‑‒–—―−", "-"), "〜": "~"})
_LONG_ID = 12  # characters: anything longer is no 施策ID
_LITERAL = 2  # a text with tags in it is a label if it has at least this many literal characters


@lru_cache(maxsize=4_096)
def as_label(text: str) -> str:
    """Return ``text`` in the form in which labels are compared: no white space; width, case and dashes made equal."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_DASHES).casefold()


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """What a sheet of the form is expected to hold in one cell.

    ``label`` is the folded text that it prints, ``pattern`` matches a text with tags in it, ``field`` is what is read
    there; with none of these its text is unpredictable. ``path`` is the one plain path it shows (``years.y1``), or
    ``round`` if its text mentions that. ``repeats`` is the number of surrounding blocks that repeat it.
    """

    column: int
    repeats: int
    label: str = ""
    pattern: re.Pattern[str] | None = None
    field: Field | None = None
    path: str = ""

    @property
    def printed(self) -> bool:
        """True if its text is predictable."""
        return bool(self.label) or self.pattern is not None

    def prints(self, folded: str) -> bool:
        """Return True if this is the text that the form prints here."""
        if self.label:
            return folded == self.label
        return self.pattern is not None and self.pattern.fullmatch(folded) is not None

    def fits(self, folded: str) -> float:
        """Return how well a text fits a cell that prints nothing; a negative score speaks against it."""
        if self.field is None:
            if not self.path.startswith(("fiscal_year", "years.")):
                return 0.0
            return 1.0 if _YEAR.fullmatch(folded) else -1.0
        if self.field.key == "activity.plan_label":
            return 2.0 if folded.endswith("予定") else -2.0
        if not folded:
            return 0.0
        match self.field.kind:
            case FieldKind.FLAG:
                return 1.0 if folded in _FLAGS else -0.4
            case FieldKind.MEASURE_ID:
                return 1.0 if _ID.fullmatch(folded) else -0.5 if len(folded) > _LONG_ID else 0.0
        return 0.0


class FormLabels:
    """The expected cells of a form: in ``rows`` by template row, in ``columns`` by column, in order."""

    def __init__(self, rows: Mapping[int, tuple[ExpectedCell, ...]]) -> None:
        self.rows = rows
        self.columns: dict[int, list[ExpectedCell]] = {}
        cells = sorted(chain.from_iterable(rows.values()), key=lambda cell: cell.column)
        for cell in cells:
            self.columns.setdefault(cell.column, []).append(cell)
        self._labels = {cell.label for cell in cells if cell.label}
        self._patterns = {cell.pattern for cell in cells if cell.pattern is not None}

    def prints(self, folded: str) -> bool:
        """Return True if the form prints this text anywhere."""
        return folded in self._labels or any(p.fullmatch(folded) for p in self._patterns)

    def share(self, folded: AbstractSet[str]) -> float:
        """Return the share of the labels, 0 to 1, that a sheet with these texts has."""
        return len(self._labels & folded) / len(self._labels) if self._labels else 0.0


@lru_cache(maxsize=16)
def form_labels(form: Form) -> FormLabels:
    """Return the expected cells of a form."""
    drawn = {c.at: c.text for c in form.source.cells(form.source.package.xml(form.part))}
    read = {c.at for cells in form.bindings.values() for c in cells}
    rows = {
        number: tuple(_expected(c, drawn.get(c.at, ""), is_read=c.at in read) for c in row.cells if c.content != "")
        for number, row in form.rows.items()
    }
    return FormLabels(rows)


def _expected(c: TemplateCell, text: str, *, is_read: bool) -> ExpectedCell:
    content = c.content
    cell = ExpectedCell(c.column, c.repeats)
    if isinstance(content, str):
        return replace(cell, label=as_label(text))
    if isinstance(content, Binding):
        return replace(cell, field=content.spec if is_read else None)
    if not isinstance(content, Computed):
        return cell
    if plain := plain_path(content.source):
        return replace(cell, path=".".join(plain))
    literals = [as_label(literal) for literal in _TAG.split(content.source)]
    labelled = sum(map(len, literals)) >= _LITERAL
    pattern = re.compile(".*".join(map(re.escape, literals)), re.S) if labelled else None
    return replace(cell, pattern=pattern, path="round" if "round" in content.names else "")
