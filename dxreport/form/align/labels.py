"""What a form prints: its labels by row and column, and how well a text fits each of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ...domain.fields import FieldKind
from ..expressions import Binding, Computed, plain_path
from ..records import Form, TemplateCell

_FLAGS = frozenset({"有", "無"})
_ID = re.compile(r"[0-9a-z]+(?:-[0-9a-z]+)+")
_YEAR = re.compile(r"(?:(?:令和|平成|r|h)(?:元|\d{1,2})|20\d\d)(?:年度?)?")
_TAG = re.compile(r"\{\{.*?\}\}", re.S)
_DASHES = str.maketrans({**dict.fromkeys("‐‑‒–—―−", "-"), "〜": "~"})
_LONG_ID = 12  # characters: anything longer is no 施策ID
_LITERAL = 2  # characters that a text with blanks in it must have at least to be a label


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Return ``text`` as labels are compared: without white space; width, case and kinds of dash made equal."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_DASHES).casefold()


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """What a sheet of the form is expected to hold in one cell.

    ``label`` is the folded text it prints, ``pattern`` a text with blanks that the measure fills in, ``field`` what
    is read there; with none of these its text is unpredictable. ``path`` names the one plain thing it shows
    (``years.y1``), or is ``round`` where it mentions that. ``repeats`` counts the blocks around it that repeat it.
    """

    column: int
    label: str = ""
    pattern: re.Pattern[str] | None = None
    field: Binding | None = None
    path: str = ""
    repeats: int = 0

    @property
    def printed(self) -> bool:
        """Whether its text is predictable."""
        return bool(self.label) or self.pattern is not None

    def prints(self, folded: str) -> bool:
        """Whether this is the text that the form prints here."""
        if self.label:
            return folded == self.label
        return self.pattern is not None and self.pattern.fullmatch(folded) is not None

    def fits(self, folded: str) -> float:
        """How well a text fits a cell that prints nothing: positive for it, negative against it."""
        if self.field is None:
            if not self.path.startswith(("fiscal_year", "years.")):
                return 0.0
            return 1.0 if _YEAR.fullmatch(folded) else -1.0
        if self.field.field == "activity.plan_label":
            return 2.0 if folded.endswith("予定") else -2.0
        if not folded:
            return 0.0
        kind = self.field.spec.kind
        if kind is FieldKind.FLAG:
            return 1.0 if folded in _FLAGS else -0.4
        if kind is FieldKind.MEASURE_ID:
            return 1.0 if _ID.fullmatch(folded) else -0.5 if len(folded) > _LONG_ID else 0.0
        return 0.0


@dataclass(frozen=True)
class FormLabels:
    """The expected cells of a form by template row, with all its labels and all its texts with blanks."""

    rows: Mapping[int, tuple[ExpectedCell, ...]]

    @cached_property
    def labels(self) -> frozenset[str]:
        """All folded labels."""
        return frozenset(cell.label for cells in self.rows.values() for cell in cells if cell.label)

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """All texts with blanks."""
        return tuple(cell.pattern for cells in self.rows.values() for cell in cells if cell.pattern is not None)

    @cached_property
    def columns(self) -> Mapping[int, tuple[ExpectedCell, ...]]:
        """The expected cells by column, in order."""
        out: dict[int, list[ExpectedCell]] = defaultdict(list)
        for cells in self.rows.values():
            for cell in cells:
                out[cell.column].append(cell)
        return {column: tuple(out[column]) for column in sorted(out)}

    def prints(self, folded: str) -> bool:
        """Whether the form prints this text anywhere."""
        return folded in self.labels or any(p.fullmatch(folded) for p in self.patterns)

    def share(self, folded: frozenset[str]) -> float:
        """The share of the labels, 0 to 1, that a sheet with these texts has."""
        return len(self.labels & folded) / len(self.labels) if self.labels else 0.0


@lru_cache(maxsize=16)
def form_labels(form: Form) -> FormLabels:
    """The expected cells of a form."""
    drawn = {c.at: c.text for c in form.source.cells(form.source.package.xml(form.part))}
    read = {c.at for cells in form.bindings.values() for c in cells}
    return FormLabels(
        {
            number: tuple(_expected(c, drawn.get(c.at, ""), is_read=c.at in read) for c in row.cells if c.content != "")
            for number, row in form.rows.items()
        }
    )


def _expected(c: TemplateCell, text: str, *, is_read: bool) -> ExpectedCell:
    content = c.content
    if isinstance(content, Binding):
        return ExpectedCell(c.column, field=content if is_read else None, repeats=c.repeats)
    if not isinstance(content, Computed):
        return ExpectedCell(c.column, fold(text) if isinstance(content, str) else "", repeats=c.repeats)
    if plain := plain_path(content.source):
        return ExpectedCell(c.column, path=".".join(plain), repeats=c.repeats)
    literals = [fold(literal) for literal in _TAG.split(content.source)]
    labelled = sum(map(len, literals)) >= _LITERAL
    pattern = re.compile(".*".join(map(re.escape, literals)), re.S) if labelled else None
    return ExpectedCell(c.column, pattern=pattern, path="round" if "round" in content.names else "", repeats=c.repeats)
