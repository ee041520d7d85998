"""A compiled form template: its rows and cells, and everything else on its sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.fields import Catalogue
from ..domain.needs import Need
from ..ooxml.text_metrics import FontWidths
from .blocks import Layout
from .expressions import Binding, Computed
from .parts.defined_names import DefinedNames
from .parts.drawings import AttachedParts
from .parts.formulas import Formula
from .parts.row_map import DrawnRange
from .parts.worksheet import WorksheetParts
from .template import SheetEntry, Source

LIST_MARK = "\ue004{}\ue005"  # replaced in the XML of a rule by a list of 設定


@dataclass(frozen=True, slots=True)
class TextSpace:
    """The space for text in a cell: width in em (0: letters stacked), line pitch in points, last row of its merge, font.

    ``repeats`` is as in :class:`TemplateCell`.
    """

    em: float
    pitch: float
    bottom: int
    font: FontWidths
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class TemplateCell:
    """A cell of the template. ``content`` is XML as drawn, or the source of its text.

    ``space`` is set where the text makes its row taller. ``repeats`` counts the blocks around the cell that repeat
    it; a cell of the measure within a block repeats less often than its row and spans the block instead.
    ``merged_into`` is the first cell of the merge that hides it. A ``free`` cell is for notes of the department,
    which are not read into the master; one with ``shows`` is of the legend and looks like such an input.
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
        """The binding of a cell that is read back; only such a cell has one."""
        assert isinstance(self.content, Binding)
        return self.content


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A row of the template: further attributes, drawn height in points (None: default), cells by column."""

    number: int
    attributes: str
    height: float | None
    hidden: bool
    cells: tuple[TemplateCell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A compiled form template, made by :func:`dxreport.form.compile.compile_form`.

    ``digest`` identifies the form in stamps. ``width`` is the printed width in pixels, ``tall_merges`` the merges
    over several rows, ``merge_columns`` the further columns of a merge by its first cell. ``bindings`` are the
    cells that are read back, by row. ``notes`` are remarks that do not keep the form from working; ``refusals``
    keep it only from being issued. ``before`` and ``after`` are the template's other sheets that are sent with it,
    as they stand beside the form. A ``published`` form is for reading only: its sheets carry no stamp, no keys and
    nothing that serves filling in.
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
    before: tuple[SheetEntry, ...]
    after: tuple[SheetEntry, ...]
    catalogue: Catalogue

    @property
    def others(self) -> tuple[SheetEntry, ...]:
        """The template's other sheets that are sent with it, in their order."""
        return self.before + self.after
