"""The records of a compiled form: its rows and cells, and everything else on its sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.fields import Catalogue
from ..domain.needs import Need
from ..ooxml.text_metrics import FontWidths, height_of, stacked_height, wrapped
from .bindings import Binding
from .blocks import Layout
from .expressions import Computed
from .parts.defined_names import DefinedNames
from .parts.drawings import AttachedParts
from .parts.formulas import Formula
from .parts.row_map import DrawnRange
from .parts.worksheet import WorksheetParts
from .template import SheetEntry, Source


@dataclass(frozen=True, slots=True)
class TextSpace:
    """The space for text in a cell.

    ``width`` is in units of :mod:`~dxreport.ooxml.text_metrics` (0: the letters are stacked), ``pitch`` the line pitch in
    points, ``bottom`` the last row of its merge.
    """

    width: int
    pitch: float
    bottom: int
    font: FontWidths

    def needed(self, text: str) -> float:
        """Return the height in points that a text needs."""
        if not self.width:
            return stacked_height(text, self.pitch)
        return height_of(wrapped(text, self.width, self.font), self.pitch)


@dataclass(frozen=True, slots=True)
class TemplateCell:
    """A cell of the template. ``content`` is its XML as drawn, or the compiled source of its text.

    ``space`` is set if the text can make the row taller. ``repeats`` is the number of surrounding blocks that repeat
    the cell: one that belongs to the measure or to an outer block is repeated less often than its row, and spans the
    inner blocks. ``merged_into`` is the first cell of the merge that hides this cell. A ``free`` cell is for notes of
    the department, which never reach the master. ``shows`` marks a cell of the legend and says which need it
    illustrates.
    """

    row: int
    column: int
    style: int
    content: str | Binding | Computed | Formula
    repeats: int
    unlocked: bool = False
    space: TextSpace | None = None
    merged_into: tuple[int, int] | None = None
    free: bool = False
    shows: Need | None = None

    @property
    def at(self) -> tuple[int, int]:
        """Row and column."""
        return self.row, self.column

    @property
    def binding(self) -> Binding:
        """The binding; only a cell that is read back has one."""
        assert isinstance(self.content, Binding)
        return self.content


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A row of the template: its XML attributes, height in points (None: default), and cells in order of columns."""

    number: int
    attributes: str
    height: float | None
    hidden: bool
    cells: tuple[TemplateCell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A compiled form template, made by :func:`dxreport.form.compile.compile_form`.

    ``digest`` identifies the form in stamps. ``width`` is the printed width in pixels. ``tall_merges`` are the merges
    over several rows; ``merge_columns`` maps the first cell of a merge to its other columns. ``bindings`` are the cells
    that are read back, by row. ``notes`` do not keep the form from working; ``refusals`` only keep it from being sent.
    ``others`` are the other sheets of the template that are sent too, the first ``place`` of them left of the form. A
    ``published`` form is for reading only: its sheets have no stamp, no keys and no aids for filling in.
    """

    name: str
    digest: str
    source: Source
    sheet: str
    part: str
    layout: Layout
    rows: Mapping[int, TemplateRow]
    column_letters: tuple[str, ...]
    width: int
    names: DefinedNames
    tall_merges: tuple[DrawnRange, ...]
    worksheet: WorksheetParts
    attached: AttachedParts
    merge_columns: Mapping[tuple[int, int], tuple[int, ...]]
    default_height: float
    bindings: Mapping[int, tuple[TemplateCell, ...]]
    published: bool
    notes: tuple[str, ...]
    refusals: tuple[str, ...]
    others: tuple[SheetEntry, ...]
    place: int
    catalogue: Catalogue
