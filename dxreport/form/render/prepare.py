"""A form as it is sent in one round to one department: inputs decided, fixed texts filled in.

What is the same on every sheet of a workbook is worked out here once, so that a sheet is
little more than joining strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, NamedTuple

from ...domain.errors import TemplateError
from ...domain.fields import Access, access
from ...domain.model import QUARTERS, Round, Settings
from ...ooxml.refs import address, column_letters
from ...ooxml.text import escape, utf16_length
from ..expressions import THIS, Binding, Computed, Scope
from ..parts.formulas import Formula
from ..records import LIST_MARK, LISTS, Cell, Fit, Form, Row

ROW = "\x01"  # the number of the row, within its cells; no text of the model holds a control character
TEXT_HEAD, TEXT_TAIL = ' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"


class Slot(NamedTuple):
    """A cell whose text comes from the measure, with all that stands before it in its row.

    ``head`` opens the cell when it has a text, ``blank`` is the cell without, ``void`` the cell
    when its list has no item here (then it is no input). ``get`` gives the text, None for void.
    """

    get: Callable[[Scope], str | None] | Computed | Formula
    head: str
    blank: str
    void: str
    fit: Fit | None
    is_input: bool
    column: int


@dataclass(frozen=True, slots=True)
class RowProgram:
    """One template row, ready to be written: slots, then ``end``. ``later`` serves the further copies of
    the block when a cell of this row spans it (``depth`` blocks repeat that cell). In a block over
    quarters or years, the row of each is ``periods[path[period_at]]``: not all are open in a round."""

    number: int
    attributes: str
    height: float | None
    hidden: bool
    slots: tuple[Slot, ...]
    end: str
    depth: int
    later: RowProgram | None = None
    periods: tuple[RowProgram, ...] = ()
    period_at: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """A form for one round and department; ``names`` are those that mixed texts may use.

    ``tails`` keeps what follows the rows of a sheet, by the shape of its rows.
    """

    form: Form
    round: Round
    settings: Settings
    department: str
    names: Mapping[str, Any]
    programs: Mapping[int, RowProgram]
    lists: tuple[tuple[str, str], ...]
    long_lists: tuple[tuple[str, ...], ...]
    tails: dict[tuple, str] = field(default_factory=dict, compare=False)

    @property
    def this(self) -> tuple[int, int]:
        """The quarter and the plan year (1–4) that the round means; 0 for none."""
        years, year = self.settings.plan_years, self.settings.fiscal_year
        return self.round.quarter, years.index(year) + 1 if year in years else 0


def edition(form: Form, round_: Round, settings: Settings, department: str) -> Edition:
    """The form for this round and department; kept, since a workbook has many sheets.

    Raises TemplateError when a mixed text of the form fails on these settings.
    """
    key = (round_, id(settings), department)
    kept = form.editions.get(key)
    if kept is None or kept.settings is not settings:
        kept = form.editions[key] = _Maker(form, round_, settings, department).edition()
    return kept


class _Maker:
    def __init__(self, form: Form, round_: Round, settings: Settings, department: str) -> None:
        self.form, self.round, self.settings, self.department = form, round_, settings, department
        years = SimpleNamespace(**{f"y{n}": year.label for n, year in enumerate(settings.plan_years, 1)})
        self.names: dict[str, Any] = {
            "fiscal_year": settings.fiscal_year.label, "years": years, "round": round_, "department": department,
        }  # fmt: skip
        self.period = 0  # the quarter or year whose row is being made, in a block over them
        self.anchors = {
            (c.row, c.column): c for row in form.rows.values() for c in row.cells if isinstance(c.content, Binding)
        }

    def edition(self) -> Edition:
        programs = {n: self._programs(row) for n, row in self.form.rows.items()}
        lists, long_lists = self._lists()
        return Edition(self.form, self.round, self.settings, self.department, self.names, programs, lists, long_lists)

    def this(self, field: str) -> int:
        """The period that ``this_quarter`` (or ``this_year``) means in this round; 0 for none."""
        if field.startswith("outcome."):
            years = self.settings.plan_years
            return years.index(self.settings.fiscal_year) + 1 if self.settings.fiscal_year in years else 0
        return self.round.quarter

    def access(self, cell: Cell) -> Access:
        """Whether a bound cell is an input in this round."""
        content = cell.content
        if not cell.unlocked:
            return Access.LOCKED
        period = self.period if content.period_slot else content.period
        if period == THIS:
            period = self.this(content.field)
        if content.period and not period:
            return Access.LOCKED
        return access(content.field, period, self.round, self.settings)

    def _programs(self, row: Row) -> RowProgram:
        blocks = self.form.layout.chains[row.number]
        at = next((i for i, block in enumerate(blocks) if any(loop.variable.periods_of for loop in block.loops)), None)
        if at is None:
            return self._program(row)
        made = []
        for self.period in QUARTERS:
            made.append(self._program(row))
        self.period = 0
        return replace(made[0], periods=tuple(made), period_at=at)

    def _program(self, row: Row) -> RowProgram:
        blocks = len(self.form.layout.chains[row.number])
        depth = min((c.repeats for c in row.cells), default=blocks)
        later = self._row(row, blocks, spanning=False) if depth < blocks else None
        return self._row(row, depth, spanning=True, later=later)

    def _row(self, row: Row, depth: int, *, spanning: bool, later: RowProgram | None = None) -> RowProgram:
        blocks = len(self.form.layout.chains[row.number])
        slots, pending = [], ""
        for c in row.cells:
            kept = (
                c
                if spanning or c.repeats >= blocks
                else Cell(c.row, c.column, c.style, "", merged_into=(c.row, c.column))
            )
            made = self._cell(kept, pending)
            if isinstance(made, Slot):
                slots.append(made)
                pending = ""
            else:
                pending += made
        return RowProgram(row.number, row.attributes, row.height, row.hidden, tuple(slots), pending, depth, later)

    def _cell(self, c: Cell, before: str) -> Slot | str:
        place, content = f'<c r="{column_letters(c.column)}{ROW}"', c.content
        if isinstance(content, Binding):
            return self._bound(c, content, before, place)
        style = f' s="{self._follow(c)}"'
        if isinstance(content, str):
            return f"{place}{style}{content}</c>" if content else f"{place}{style}/>"
        if isinstance(content, Computed) and content.fixed:
            text = self._fixed(c, content)
            return f"{place}{style}{TEXT_HEAD}{escape(text)}{TEXT_TAIL}" if text else f"{place}{style}/>"
        blank = f"{place}{style}/>"
        head = f"{place}{style}><f>" if isinstance(content, Formula) else f"{place}{style}{TEXT_HEAD}"
        return Slot(content, before + head, before + blank, before + blank, c.fit, False, c.column)

    def _bound(self, c: Cell, content: Binding, before: str, place: str) -> Slot | str:
        how = self.access(c)
        closed = self._style(c, is_input=False)
        opened = self._style(c, is_input=True) if how is not Access.LOCKED else closed
        filled = opened if how is Access.OPEN else closed
        get = content.getter(self.this(content.field))
        void = f'{place} s="{closed}"/>'
        if get is None:
            return void
        return Slot(
            get, f'{before}{place} s="{filled}"{TEXT_HEAD}', f'{before}{place} s="{opened}"/>', before + void, c.fit,
            how is not Access.LOCKED, c.column,
        )  # fmt: skip

    def _style(self, c: Cell, *, is_input: bool) -> int:
        return self.form.source.styles.variant(c.style, is_input) if c.unlocked else c.style

    def _follow(self, c: Cell) -> int:
        """The style of a cell hidden by a merge: that of an input where the merge is one."""
        anchor = self.anchors.get(c.merged_into) if c.merged_into else None
        if anchor is None or not anchor.unlocked:
            return c.style
        return self.form.source.styles.variant(c.style, self.access(anchor) is not Access.LOCKED)

    def _fixed(self, c: Cell, content: Computed) -> str:
        try:
            return content.render(self.names)
        except Exception as error:
            where = f"シート「{self.form.sheet}」 {address(c.row, c.column)}"
            raise TemplateError(
                self.form.name, (f"{where}: 「{content.source}」を表示できません（{error}）。",)
            ) from None

    def _lists(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, ...], ...]]:
        """The marks of lists in rules and their formulas; lists too long for a rule stand on the stamp's sheet."""
        words = {
            "progress": tuple(w.word for w in self.settings.progress_words),
            "flags": self.settings.flags,
            "no_report": ("○",),
        }
        marks, long = [], []
        for name in LISTS:
            literal = ",".join(words[name])
            if utf16_length(literal) > 255 or any("," in w or '"' in w for w in words[name]):
                long.append(words[name])
                letters = column_letters(len(long) + 3)
                source = f"_dxreport!${letters}$1:${letters}${len(words[name])}"
            else:
                source = f'"{literal}"'
            marks.append((LIST_MARK.format(name), escape(source)))
        return tuple(marks), tuple(long)
