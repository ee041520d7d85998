"""A compiled form template: its rows and cells, and all that hangs on its sheet."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ooxml.refs import Box
from .blocks import Layout
from .expressions import Binding, Computed
from .parts.defined_names import Names
from .parts.drawings import Hangings
from .parts.formulas import Formula
from .parts.worksheet import Tail
from .template import SheetEntry, Source

LIST_MARK = "\ue004{}\ue005"  # stands in the XML of a rule where a list of 設定 goes
LISTS = ("progress", "flags", "no_report")


@dataclass(frozen=True, slots=True)
class Fit:
    """How the text of a cell makes its row taller: width in em (0: letters stacked), line pitch in points, last row."""

    em: float
    pitch: float
    bottom: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the template. ``content`` is XML as drawn, or what makes its text.

    ``repeats`` is how many blocks around it repeat it; a cell of the measure within a block
    repeats less often than its row and spans the block instead.
    """

    row: int
    column: int
    style: int
    content: str | Binding | Computed | Formula
    unlocked: bool = False
    fit: Fit | None = None
    repeats: int = 0
    merged_into: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the template: further attributes, drawn height in points (None: default), its cells."""

    number: int
    attributes: str
    height: float | None
    hidden: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A compiled form template; make one with :func:`dxreport.form.compile.compile_form`.

    ``digest`` identifies the form in stamps. ``width`` is the printed width in pixels,
    ``tall_merges`` the merges over several rows with the number of blocks that repeat them,
    ``merge_columns`` the further columns of a merge by its top left cell. ``notes`` are remarks
    that do not keep it from working; ``others`` the template's other sheets, as far as they go out;
    ``editions`` and ``shared`` are kept results. A ``published`` form
    is one to be read only: sheets of it carry no stamp and no keys, nor anything that serves filling in.
    """

    name: str
    digest: str
    source: Source
    sheet: str
    layout: Layout
    rows: dict[int, Row]
    column_letters: tuple[str, ...]
    width: int
    names: Names
    tall_merges: tuple[tuple[Box, int], ...]
    tail: Tail
    hangings: Hangings
    merge_columns: dict[tuple[int, int], tuple[int, ...]]
    default_height: float
    bindings: dict[int, tuple[Cell, ...]]
    published: bool = False
    notes: tuple[str, ...] = ()
    others: tuple[SheetEntry, ...] = ()
    editions: dict = field(default_factory=dict)
    shared: list = field(default_factory=list)
