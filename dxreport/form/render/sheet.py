"""One measure → the XML of one sheet: rows first, then everything that follows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any

from ...domain.errors import DxreportError
from ...domain.fields import list_group
from ...domain.model import Measure, next_keys
from ...ooxml import text_metrics
from ...ooxml.refs import Box
from ...ooxml.text import MAX_TEXT, escape, utf16_length
from ..blocks import Block, Loop
from ..expressions import Computed, Condition, Shown
from ..parts.formulas import Formula
from ..parts.row_map import Path, RowMap
from ..parts.worksheet import ACTIVE, BREAKS, FROZEN, IGNORED, SELECTED
from ..records import Fit
from ..stamp import Stamp
from .page_breaks import breaks
from .prepare import ROW, TEXT_TAIL, Edition, RowProgram

_FORMULA = re.compile("\x02([0-9]+)\x03")
_LONG = MAX_TEXT // 2  # below this no text can be over the limit


@dataclass(frozen=True, slots=True)
class RenderedSheet:
    """A sheet as XML, the map of its rows, and the cells whose text no row can hold (``B12`` …)."""

    measure: str
    xml: str
    rows: RowMap
    names: Mapping[str, Any]
    too_tall: tuple[str, ...]


@dataclass(slots=True)
class _Written:
    """A row on its way: its number, height in points, cells."""

    number: int
    program: RowProgram
    height: float | None
    cells: str


def render_sheet(
    edition: Edition, measure: Measure, stamp: Stamp | None, *, first: bool = True, used: Iterable[str] = ()
) -> RenderedSheet:
    """Write ``measure`` into the form. ``first`` is whether the sheet is the one shown on opening.

    A published form takes no ``stamp``: its row 1 and column A stay blank.

    ``used`` are ids that items of the measure ever had, so that spare rows get new ones.
    Raises DxreportError for a text that no cell can hold, or a mixed text that fails.
    """
    return _Writer(edition, measure, stamp, used).sheet(first)


class _Writer:
    def __init__(self, edition: Edition, measure: Measure, stamp: Stamp | None, used: Iterable[str]) -> None:
        self.edition, self.form, self.measure, self.stamp = edition, edition.form, measure, stamp
        self.used = tuple(used)
        self.scope: list[Any] = [None] * self.form.layout.slots
        self.scope[0] = measure
        self.rows = RowMap(self.form.layout)
        self.written: list[_Written] = []
        self.keys: list[str] = []
        self.tall: list[tuple[int, int, int, float, Path]] = []  # bottom template row, row, column, points, path
        self.formulas: list[tuple[Formula, Path]] = []
        self.first_input: tuple[int, int] | None = None
        self.too_tall: list[str] = []
        self.names: dict[str, Any] = dict(edition.names)
        self.this = edition.this

    def sheet(self, first: bool) -> RenderedSheet:
        """All of it."""
        self._show("measure", self.measure, 0)
        self._walk(self.form.layout.nodes, (), "")
        self._stretch()
        xml = self._xml(first)
        return RenderedSheet(self.measure.id, xml, self.rows, self.names, tuple(self.too_tall))

    def _walk(self, nodes: tuple[Block | int, ...], path: Path, key: str) -> None:
        for node in nodes:
            if isinstance(node, int):
                self._row(node, path, key)
            elif node.loops:
                self._loop(node, path, key)
            elif node.condition is None or self._value(node.condition, bool):
                self._walk(node.children, (*path, 0), key)

    def _loop(self, block: Block, path: Path, key: str) -> None:
        lists = [self._items(loop) for loop in block.loops]
        slots = [loop.variable.slot for loop in block.loops]
        for i in range(max(map(len, lists))):
            ids = []
            for loop, slot, items in zip(block.loops, slots, lists, strict=True):
                item = items[i] if i < len(items) else None
                self.scope[slot] = item
                self._show(loop.variable.name, item, i)
                ids.append("-" if item is None else getattr(item, "key", str(i + 1)))
            self._walk(block.children, (*path, i), f"{key}/{','.join(ids)}")

    def _items(self, loop: Loop) -> tuple:
        owner = self.scope[loop.source_slot]
        if owner is None:
            return ()
        items = getattr(owner, loop.attribute)
        part = loop.variable.part
        if loop.variable.periods_of or part is None:
            return items
        wanted = self._value(loop.at_least, int) if loop.at_least else 0
        if loop.spare and list_group(part.prefix) in self.edition.round.opens:
            wanted = max(wanted, len(items) + loop.spare)
        missing = wanted - len(items)
        if missing <= 0:
            return items
        taken = [*self.used, *(item.key for item in items)]
        return (*items, *(part.blank(k) for k in next_keys(part, taken, missing)))

    def _show(self, name: str, item: Any, index: int) -> None:
        """Let mixed texts see an item under its name; None where its list is at an end."""
        self.names[name] = None if item is None else Shown(item, index, self.this)

    def _row(self, template_row: int, path: Path, key: str) -> None:
        program = self.edition.programs[template_row]
        if program.periods:
            program = program.periods[path[program.period_at]]
        mark = ""
        if program.later is not None and any(path[program.depth :]):
            program, mark = program.later, "+"
        number = len(self.written) + 2
        self.rows.note(template_row, number, path)
        out: list[str] = []
        height = self._fill(program, out, template_row, number, path) if program.slots else 0.0
        out.append(program.end)
        cells = "".join(out).replace(ROW, str(number))
        self.keys.append(f"r{template_row}{key}{mark}")
        drawn = program.height or self.form.default_height
        self.written.append(_Written(number, program, height if height > drawn else program.height, cells))

    def _fill(self, program: RowProgram, out: list[str], template_row: int, number: int, path: Path) -> float:
        """Write the cells of a row to ``out``; gives the height in points that their texts need."""
        height, scope = 0.0, self.scope
        for get, head, blank, void, wanted, is_input, column in program.slots:
            if not isinstance(get, FunctionType):
                if isinstance(get, Formula):
                    out += (head, self._later(get, path), "</f></c>")
                    continue
                text = self._computed(get)
            else:
                text = get(scope)
            if text is None:
                out.append(void)
                continue
            if is_input and self.first_input is None:
                self.first_input = (column, number)
            if not text:
                out.append(blank)
                continue
            if len(text) > _LONG:
                self._check_length(text)
            out += (head, escape(text), TEXT_TAIL)
            if wanted is not None and (len(text) > wanted.em or "\n" in text):
                height = max(height, self._needed(text, wanted, template_row, number, column, path))
        return height

    def _needed(self, text: str, wanted: Fit, template_row: int, number: int, column: int, path: Path) -> float:
        points = (
            text_metrics.needed_height(text, wanted.em, wanted.pitch)
            if wanted.em
            else text_metrics.stacked_height(text, wanted.pitch)
        )
        if wanted.bottom == template_row:
            if points > text_metrics.MAX_HEIGHT:
                self.too_tall.append(Box(number, column, number, column).ref)
            return min(points, text_metrics.MAX_HEIGHT)
        self.tall.append((wanted.bottom, number, column, points, path))
        return 0.0

    def _later(self, formula: Formula, path: Path) -> str:
        """The mark of a formula, whose rows are known when all are written."""
        self.formulas.append((formula, path))
        return f"\x02{len(self.formulas) - 1}\x03"

    def _computed(self, computed: Computed) -> str | None:
        """The text of a cell that is shown only; None where its list is at an end."""
        return shown_text(computed, self.names, self.form.name, self.measure.id)

    def _value(self, condition: Condition, kind: type[int]) -> int:
        """What an expression of the control column is; nothing (0, false) where a list it speaks of is at an end."""
        if any(self.names.get(name) is None for name in condition.names):
            return 0
        try:
            return kind(condition.value(self.names))
        except Exception as error:
            raise _failed(condition.source, self.form.name, self.measure.id, error) from None

    def _check_length(self, text: str) -> None:
        if utf16_length(text) > MAX_TEXT:
            raise DxreportError(
                f"施策 {self.measure.id} に Excel のセルに入らない長さの文字があります（{utf16_length(text):,} 字、上限 {MAX_TEXT:,} 字）: {text[:30]}…",
                "マスターでこの文字を短くしてください。",
            )

    def _stretch(self) -> None:
        """Give what a text in a vertical merge lacks to the merge's last row."""
        for bottom, number, column, points, path in self.tall:
            found = self.rows.locate(bottom, path)
            last = found[1] if found else number
            lacking = points - sum(self._height(n) for n in range(number, last + 1))
            if lacking <= 0:
                continue
            row = self.written[last - 2]
            wanted = self._height(last) + lacking
            if wanted > text_metrics.MAX_HEIGHT:
                self.too_tall.append(Box(number, column, number, column).ref)
            row.height = min(wanted, text_metrics.MAX_HEIGHT)

    def _height(self, number: int) -> float:
        row = self.written[number - 2]
        if row.program.hidden:
            return 0.0
        return row.height if row.height is not None else self.form.default_height

    def _xml(self, first: bool) -> str:
        out = [self._head(first), "<sheetData>", self._key_row()]
        for row, key in zip(self.written, self.keys, strict=True):
            height = f' ht="{row.height:g}" customHeight="1"' if row.height is not None else ""
            keyed = f'<c r="A{row.number}"{_KEY}{key}{TEXT_TAIL}' if self.stamp else ""
            out.append(f'<row r="{row.number}"{row.program.attributes}{height}>{keyed}{row.cells}</row>')
        tail = self._tail().replace(BREAKS, self._breaks()).replace(IGNORED, self._ignored())
        out += ("</sheetData>", tail, "</worksheet>")
        xml = "".join(out)
        if self.formulas:
            xml = _FORMULA.sub(self._formula, xml)
        return xml

    def _tail(self) -> str:
        """What follows the rows; it depends on their shape alone, and sheets of one form have few shapes."""
        shape = self.rows.shape()
        tail = self.edition.tails.get(shape)
        if tail is None:
            tail = self.form.tail.render(self.rows)
            for mark, source in self.edition.lists:
                tail = tail.replace(mark, source)
            self.edition.tails[shape] = tail
        return tail

    def _formula(self, match: re.Match[str]) -> str:
        formula, path = self.formulas[int(match[1])]
        return escape(formula.text(self.rows, path) or "#REF!")

    def _head(self, first: bool) -> str:
        head = self.form.tail.head.replace(SELECTED, "1" if first else "0")
        column, row = self.first_input or (2, 2)
        frozen = self.form.tail.frozen
        if frozen:
            found = self.rows.rows.get(frozen)
            head = head.replace(FROZEN, str(found[-1] if found else frozen))
        return head.replace(ACTIVE, Box(row, column, row, column).ref)

    def _key_row(self) -> str:
        if self.stamp is None:
            return '<row r="1" ht="6" customHeight="1"/>'
        return f'<row r="1" hidden="1"><c r="A1"{_KEY}{escape(str(self.stamp))}{TEXT_TAIL}{_column_keys(self.form.column_letters)}</row>'

    def _ignored(self) -> str:
        """Text cells that hold digits are meant to: no green triangles."""
        letters = self.form.column_letters
        if not letters or not self.written:
            return ""
        area = f"{letters[0]}2:{letters[-1]}{len(self.written) + 1}"
        return f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'

    def _breaks(self) -> str:
        after = breaks(self.form, self.rows, [self._height(row.number) for row in self.written])
        if not after:
            return ""
        marks = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in after)
        return f'<rowBreaks count="{len(after)}" manualBreakCount="{len(after)}">{marks}</rowBreaks>'


def shown_text(computed: Computed, names: Mapping[str, Any], form: str, measure: str) -> str | None:
    """A mixed text as it reads; None where its list is at an end. Raises DxreportError where it fails."""
    if any(names.get(name) is None for name in computed.names):
        return None
    try:
        return computed.render(names)
    except Exception as error:
        raise _failed(computed.source, form, measure, error) from None


def _failed(source: str, form: str, measure: str, error: Exception) -> DxreportError:
    return DxreportError(
        f"様式 {form} の「{source}」を施策 {measure} で表示できません（{error}）。",
        "様式のこの文字を直してください（`dxreport check` で確かめられます）。",
    )


_KEY = ' t="inlineStr"><is><t>'


@lru_cache(maxsize=16)
def _column_keys(letters: tuple[str, ...]) -> str:
    return "".join(f'<c r="{column}1"{_KEY}c{column}{TEXT_TAIL}' for column in letters)
