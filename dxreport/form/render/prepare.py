"""Prepare a form for one round and one department: decide its inputs, and fill in its fixed texts.

Everything that is the same on every sheet of a workbook is worked out here once, so that rendering a sheet is little
more than joining strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

from ...domain.days import printed_day
from ...domain.errors import TemplateError
from ...domain.fields import QUARTERS, Access, FieldKind, access
from ...domain.model import Round, Settings
from ...domain.needs import Need, need, need_beside
from ...domain.quantities import number_for_cell
from ...ooxml.refs import address, column_letters, fitted_sheet_name
from ...ooxml.text import escape, utf16_length
from ..bindings import Binding
from ..blocks import Block
from ..expressions import Computed, reason
from ..lists import LIST_MARK, lists_of
from ..parts.formulas import Formula
from ..parts.row_map import Origin, RowMap
from ..records import Form, TemplateCell, TemplateRow
from ..stamp import SHEET
from ..variables import Scope, ThisPeriod
from .page_breaks import PagedRows

ROW = "\x01"  # placeholder for the row number in its cells; no text of the model contains a control character
TEXT_HEAD, TEXT_TAIL = ' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
_LONG = (FieldKind.TEXT, FieldKind.TARGET, FieldKind.ACTUAL)
_SHAPES = 512  # shapes of sheets that are remembered
_MAX_LIST = 255  # UTF-16 units that Excel allows for a list written into a rule


class CellXml(NamedTuple):
    """One rendering of a cell: the opening tag for a text, the cell if it is blank, and True if it is an input."""

    head: str
    blank: str
    is_input: bool = False


class Slot(NamedTuple):
    """A cell whose text comes from the measure, with all XML between the previous slot and it.

    ``get`` returns the text, or None past the end of a list, where the cell is rendered as ``void``. The text of a
    ``number`` is stored as a number if it is one. If the look depends on other texts, ``choose`` returns which of
    ``looks`` applies. ``grows`` marks a cell whose row Excel makes taller while somebody writes there.
    """

    get: Callable[[Scope], str | None] | Computed | Formula
    look: CellXml
    void: str
    cell: TemplateCell
    number: bool = False
    choose: Callable[[Scope], Need] | None = None
    looks: Mapping[Need, CellXml] = MappingProxyType({})
    grows: bool = False


class RowProgram(NamedTuple):
    """One template row, ready to be rendered: slots, then ``end``.

    If a cell of the row spans a block, ``depth`` blocks repeat that cell, and ``later`` is the program of the row in
    further copies. In a block over quarters or years, ``periods[path[period_at]]`` is the program for each of them,
    since a round does not open all.
    """

    row: TemplateRow
    slots: tuple[Slot, ...]
    end: str
    depth: int
    later: RowProgram | None = None
    periods: tuple[RowProgram, ...] = ()
    period_at: int = 0


class SheetShape:
    """What follows from the rows of a sheet alone, whatever their texts: most sheets share a few shapes.

    ``drawn`` are the template rows that they come from, ``numbers`` the numbers of those; ``after`` is the XML after
    the rows, with placeholders; ``frozen`` is the last frozen row.
    """

    def __init__(self, form: Form, origins: tuple[Origin, ...], lists: Mapping[str, str]) -> None:
        """Find the shape of a sheet with rows of these origins; ``lists`` are the formulas of lists by their marks."""
        self.rows, sheet = RowMap(form.layout, origins), form.worksheet
        self.drawn = tuple(form.rows[row] for row, _ in origins)
        self.numbers = frozenset(self.rows.rows)
        self.after = sheet.after_rows(self.rows)
        for mark, source in lists.items():
            self.after = self.after.replace(mark, source)
        self.paged = PagedRows(form, self.rows)
        self.frozen = max((own[-1] for row, own in self.rows.rows.items() if row <= sheet.frozen), default=1)


class PreparedForm:
    """A form for one round and department; :meth:`of` is the same for another department.

    ``names`` are the names of the workbook that computed texts may use, ``this`` the period of the round, ``programs``
    the rows by number, ``long_lists`` the lists that do not fit into a rule. ``shape`` returns the shape of a sheet with
    rows of these origins. ``fixed_values`` caches the expressions of the control column that are the same on every sheet
    of the round.
    """

    def __init__(
        self, form: Form, round_: Round, settings: Settings, department: str, *, secret: bytes = b""
    ) -> None:  # fmt: skip
        """Prepare ``form``; stamps are sealed with ``secret``, if any.

        Raise TemplateError if a fixed text fails with these settings.
        """
        self.secret = secret
        self.form, self.round, self.settings, self.department = form, round_, settings, department
        self.this = ThisPeriod(round_.quarter, settings.plan_year)
        years = SimpleNamespace(**{f"y{n}": year.label for n, year in enumerate(settings.plan_years, 1)})
        self.names: dict[str, Any] = {
            "fiscal_year": settings.fiscal_year.label, "years": years, "round": _printed(round_), "department": department,
        } | settings.names.for_papers(form.sheet)  # fmt: skip
        self.programs = _programs(self, form.rows.values())
        self._naming = [row for row in form.rows.values() if any(_names_department(c) for c in row.cells)]
        self.long_lists: list[tuple[str, ...]] = []
        lists = self._lists()
        self.shape = lru_cache(maxsize=_SHAPES)(lambda origins: SheetShape(form, origins, lists))
        self.fixed_values: dict[Computed, int | None] = {}

    def of(self, department: str) -> PreparedForm:
        """Return the form prepared for another department; only rows with fixed texts that name it are made again."""
        if department == self.department:
            return self
        found = copy(self)
        found.department, found.names = department, self.names | {"department": department}
        found.programs = self.programs | _programs(found, self._naming)
        return found

    def unsealed(self) -> PreparedForm:
        """Return a copy without a secret."""
        found = copy(self)
        found.secret = b""
        return found

    def sheet_name(self, measure: str) -> str:
        """Return the name of the sheet with this measure: its ID, or on a list the department."""
        if not self.form.layout.is_list:
            return measure
        return fitted_sheet_name(self.department) or self.form.sheet

    def possible_rows(self) -> frozenset[int]:
        """Return the template rows that a sheet can have: those under no condition that this round makes false."""
        return frozenset(row for row, chain in self.form.layout.chains.items() if all(map(self._is_possible, chain)))

    def _is_possible(self, block: Block) -> bool:
        condition = block.condition
        try:
            return condition is None or not condition.fixed or bool(condition.value(self.names))
        except Exception:  # an expression may raise anything; rendering reports it
            return True

    def _lists(self) -> dict[str, str]:
        """Return the formulas of the lists in rules, by their marks.

        Lists that are too long for a rule, or contain a comma or a quotation mark, go to the sheet of the stamp.
        """
        out = {}
        for name, words_of in lists_of(self.form.catalogue).items():
            words = words_of(self.settings)
            literal = ",".join(words)
            source = f'"{literal}"'
            if utf16_length(literal) > _MAX_LIST or any("," in w or '"' in w for w in words):
                self.long_lists.append(words)
                letters = column_letters(len(self.long_lists) + 3)
                source = f"{SHEET}!${letters}$1:${letters}${len(words)}"
            out[LIST_MARK.format(name)] = escape(source)
        return out


def _programs(prepared: PreparedForm, rows: Iterable[TemplateRow]) -> dict[int, RowProgram]:
    """Return the programs of rows, by row number."""
    whole, *periods = (_RowBuilder(prepared, n) for n in range(1 + max(len(QUARTERS), prepared.form.catalogue.years)))
    out = {}
    for row in rows:
        chain = prepared.form.layout.chains[row.number]
        at = next((i for i, block in enumerate(chain) if any(loop.variable.periods_of for loop in block.loops)), None)
        if at is None:
            out[row.number] = whole.program(row)
        else:
            programs = tuple(builder.program(row) for builder in periods)
            out[row.number] = programs[0]._replace(periods=programs, period_at=at)
    return out


@lru_cache(maxsize=16)
def _anchors(form: Form) -> Mapping[tuple[int, int], TemplateCell]:
    """Return by place the cells whose look the rest of their merge shares: bound ones and those of the legend."""
    cells = [c for row in form.rows.values() for c in row.cells]
    return {c.at: c for c in cells if isinstance(c.content, Binding) or c.shows}


class _InRound(NamedTuple):
    """A bound cell in a round: how to get its text (None: there is no such period), and what the round asks for.

    If the need depends on other texts, ``choose`` returns it for the scope.
    """

    get: Callable[[Scope], str | None] | None = None
    need: Need = Need.CLOSED
    choose: Callable[[Scope], Need] | None = None
    access: Access = Access.LOCKED


class _RowBuilder:
    """Builds the programs of rows; in a block over quarters or years, those of one ``period``."""

    def __init__(self, prepared: PreparedForm, period: int) -> None:
        self._prepared, self._form, self._period = prepared, prepared.form, period
        self._styles = prepared.form.source.styles
        self._anchors = _anchors(prepared.form)

    def program(self, row: TemplateRow) -> RowProgram:
        """Return the program of a row."""
        blocks = len(self._form.layout.chains[row.number])
        depth = min((c.repeats for c in row.cells), default=blocks)
        first = self._program(row, row.cells, depth)
        if depth == blocks:
            return first
        later = self._program(row, [c if c.repeats == blocks else _hidden(c) for c in row.cells], blocks)
        return first._replace(later=later)

    def _program(self, row: TemplateRow, cells: Iterable[TemplateCell], depth: int) -> RowProgram:
        slots, pending = [], ""
        for c in cells:
            made = self._cell(c, pending)
            if isinstance(made, Slot):
                slots.append(made)
                pending = ""
            else:
                pending += made
        return RowProgram(row, tuple(slots), pending, depth)

    def _cell(self, c: TemplateCell, before: str) -> Slot | str:
        """Return a cell as a slot that begins with ``before``, or as XML if its text is the same on every sheet."""
        place, content = f'<c r="{column_letters(c.column)}{ROW}"', c.content
        if isinstance(content, Binding):
            return self._bound(c, before, place)
        anchor = self._anchors.get(c.merged_into or c.at)
        if anchor is not None and anchor.unlocked:
            return self._beside(c, anchor, before, place)
        style = c.style if anchor is None or anchor.shows is None else self._styles.sample(c.style, anchor.shows)
        place += f' s="{style}"'
        if isinstance(content, Computed) and content.fixed:
            text = self._fixed(c, content)
            content = f"{TEXT_HEAD}{escape(text)}</t></is>" if text else ""
        if isinstance(content, str):
            return f"{place}{content}</c>" if content else f"{place}/>"
        blank = f"{before}{place}/>"
        head = before + place + ("><f>" if isinstance(content, Formula) else TEXT_HEAD)
        return Slot(content, CellXml(head, blank), blank, c, self._styles.is_numeric(c.style))

    def _bound(self, c: TemplateCell, before: str, place: str) -> Slot | str:
        cell, number = self._in_round(c), c.binding.is_number
        closed = self._styles.variant(c.style, Need.CLOSED, number=number) if c.unlocked else c.style
        void, get = f'{place} s="{closed}"/>', cell.get
        if get is None:
            return void
        if number and self._styles.is_percent(c.style):
            get = _in_percent(get, c.binding.spec.unit)
        number = number or (not c.unlocked and self._styles.is_numeric(c.style))
        needs = Need if cell.choose else (cell.need,)
        looks = {need: self._look(c, need, cell.access, before + place) for need in needs}
        return Slot(get, looks[cell.need], before + void, c, number, cell.choose, looks, self._grows(c))

    def _grows(self, c: TemplateCell) -> bool:
        """Return True if a cell is for texts of any length and not merged: Excel fits no row to merged cells."""
        if not c.unlocked or c.space is None or c.binding.spec.kind not in _LONG:
            return False
        single = c.space.bottom == c.row and c.at not in self._form.merge_columns
        return single and c.repeats == len(self._form.layout.chains[c.row])

    def _look(self, c: TemplateCell, need: Need, access: Access, place: str) -> CellXml:
        """Return the look of a bound cell that has this need."""
        if not c.unlocked:
            return CellXml(f'{place} s="{c.style}"{TEXT_HEAD}', f'{place} s="{c.style}"/>')
        number, is_input = c.binding.is_number, need is not Need.CLOSED
        blank = self._styles.variant(c.style, need, number=number, struck=not (is_input or self._form.published))
        stays = is_input and access is Access.OPEN
        filled = self._styles.variant(c.style, need if stays else Need.CLOSED, number=number)
        return CellXml(f'{place} s="{filled}"{TEXT_HEAD}', f'{place} s="{blank}"/>', is_input)

    def _beside(self, c: TemplateCell, anchor: TemplateCell, before: str, place: str) -> Slot | str:
        """Return a cell that is hidden in the merge of the input ``anchor``, and shares its borders."""
        get, asked, choose, how = self._in_round(anchor)
        styles = {n: self._styles.variant(c.style, n, number=anchor.binding.is_number) for n in Need}
        if get is None or (choose is None and how is not Access.IF_BLANK):
            return f'{place} s="{styles[asked]}"/>'
        looks = {n: CellXml("", f'{before}{place} s="{style}"/>') for n, style in styles.items()}

        def chosen(scope: Scope) -> Need:
            if how is Access.IF_BLANK and get(scope):
                return Need.CLOSED
            return choose(scope) if choose else asked

        void = looks[Need.CLOSED].blank
        return Slot(lambda scope: None if get(scope) is None else "", looks[asked], void, c, False, chosen, looks)

    def _in_round(self, c: TemplateCell) -> _InRound:
        binding = c.binding.in_round(self._prepared.this)
        if binding is None:
            return _InRound()
        if not c.unlocked:
            return _InRound(binding.getter())
        period, round_ = self._period if binding.period_slot else binding.period, self._prepared.round
        where = binding.spec, period, round_, self._prepared.settings
        beside, owner = need_beside(*where), binding.owner
        return _InRound(
            binding.getter(),
            need(*where),
            beside and (lambda scope: beside(scope[owner], scope[0])),
            access(binding.spec.key, *where[1:]),
        )

    def _fixed(self, c: TemplateCell, content: Computed) -> str:
        try:
            text: str = content.value(self._prepared.names)
            return text
        except Exception as error:
            where = f"シート「{self._form.sheet}」 {address(*c.at)}"
            fault = f"{where}: 「{content.source}」を表示できません（{reason(error)}）。"
            raise TemplateError(self._form.name, (fault,)) from None


def _printed(round_: Round) -> Round:
    """Return the round as texts of the form show it, with its deadline as people read it."""
    try:
        return replace(round_, deadline=printed_day(date.fromisoformat(round_.deadline)))
    except ValueError:  # no deadline
        return round_


def _names_department(c: TemplateCell) -> bool:
    """Return True if a cell has a fixed text with the name of the department."""
    return isinstance(c.content, Computed) and c.content.fixed and "department" in c.content.names


def _in_percent(get: Callable[[Scope], str | None], unit: str) -> Callable[[Scope], str | None]:
    """Return a getter that converts the number for a cell with a percent format."""

    def read(scope: Scope) -> str | None:
        text = get(scope)
        return text and number_for_cell(text, unit, percent=True)

    return read


def _hidden(c: TemplateCell) -> TemplateCell:
    """Return a cell that spans a block as it is in further copies: hidden in the merge that began in the first."""
    return replace(c, content="", unlocked=False, space=None, merged_into=c.at)
