"""Render the measures of a sheet, one or a list, as XML: first the rows, then everything that depends on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from ...domain.errors import DxreportError
from ...domain.model import Item, Measure
from ...ooxml import text_metrics
from ...ooxml.refs import address
from ...ooxml.text import MAX_TEXT, escape, is_number, utf16_length
from ..blocks import Block, Loop
from ..expressions import Computed, ItemView, reason
from ..faults import CannotShow
from ..parts.formulas import Formula
from ..parts.row_map import Origin, Path, RowMap
from ..parts.worksheet import ACTIVE, BREAKS, FROZEN, IGNORED, PAGES, SELECTED
from ..records import Form
from ..row_key import NO_ITEM, RowKey
from ..stamp import Stamp, keys_digest
from .prepare import ROW, TEXT_HEAD, TEXT_TAIL, PreparedForm, RowProgram

_KEY = ' t="inlineStr"><is><t>'
_FORMULA = re.compile("\x02([0-9]+)\x03")
_LONG = MAX_TEXT // 2  # a text of at most this many characters cannot exceed the limit in UTF-16 units


class MeasureRows(NamedTuple):
    """The rows of a measure on a sheet: the first one, and the template rows that they come from."""

    first: int
    drawn: frozenset[int]


@dataclass(frozen=True, slots=True)
class RenderedSheet:
    """A sheet as XML, the map of its rows, and the cells whose text no row can hold (``B12`` …).

    ``measures`` maps each measure ID to the rows of the measure, ``keys`` is the :func:`keys_digest` of the sheet.
    ``text_of`` evaluates texts outside its rows, such as those of shapes.
    """

    name: str
    measures: Mapping[str, MeasureRows]
    keys: str
    xml: str
    rows: RowMap
    text_of: Callable[[Computed], str | None]
    too_tall: tuple[str, ...]


class _TallText(NamedTuple):
    """A text in a merge that ends in template row ``bottom``: its cell, and the height in points that it needs.

    ``path`` holds the copies of the blocks that repeat it.
    """

    bottom: int
    path: Path
    row: int
    column: int
    points: float


class SheetWriter:
    """Renders one sheet with ``measures``: a single one, or on a list those of a department.

    A published form has no ``issue``: its row 1 and column A stay blank. ``used`` holds, by measure, all ids that its
    items ever had, so that spare rows get new ones.
    """

    def __init__(
        self, prepared: PreparedForm, measures: Sequence[Measure], issue: str, used: Mapping[str, Iterable[str]]
    ) -> None:
        self.prepared, self.form, self.measures, self.used = prepared, prepared.form, tuple(measures), used
        self.is_list = self.form.layout.is_list
        named = "" if self.is_list else measures[0].id
        self.stamp = Stamp(issue, named, self.form.digest).sealed(prepared.secret) if issue else None
        self.scope: list[Any] = [None] * self.form.layout.slots
        self.names: dict[str, Any] = dict(prepared.names)
        self.origins: list[Origin] = []  # of the rows, from row 2 on, and so are the next two
        self.cells: list[str] = []
        self.keys: list[str] = []
        self.heights: list[float | None] = []  # in points, None: default
        self.free: set[int] = set()  # rows that Excel makes taller once somebody writes there
        self.own: dict[str, list[int]] = {m.id: [] for m in measures}  # on a list: the places of a measure in these
        self.tall: list[_TallText] = []
        self.too_tall: list[str] = []
        self.formulas: list[tuple[Formula, Path]] = []
        self.first_input: tuple[int, int] | None = None

    def sheet(self, *, first: bool) -> RenderedSheet:
        """Render everything; ``first`` is set for the sheet that is shown on opening.

        Raise DxreportError for a text that no cell can hold, and CannotShow, one too, for an expression that fails.
        """
        if not self.is_list:
            self._enter(self.measures[0], 0)
        self._nodes(self.form.layout.nodes, (), ())
        self.shape = self.prepared.shape(tuple(self.origins))
        heights = self._stretch()
        name = self.prepared.sheet_name(self.measures[0].id)
        return RenderedSheet(
            name, self._measures(), keys_digest((str(self.stamp), *_column_keys(self.form), *self.keys)),
            self._xml(heights, first=first), self.shape.rows, self._value, tuple(self.too_tall),
        )  # fmt: skip

    def _measures(self) -> dict[str, MeasureRows]:
        """Return the rows of each measure."""
        if not self.is_list:
            return {self.measures[0].id: MeasureRows(2, self.shape.numbers)}
        return {
            id_: MeasureRows(own[0] + 2 if own else 2, frozenset(self.origins[n][0] for n in own))
            for id_, own in self.own.items()
        }

    def _enter(self, measure: Measure | None, index: int) -> None:
        """Begin the rows of a measure, or, if it is None, rows that belong to no measure."""
        self.scope[0] = measure
        self._show("measure", measure, index)

    def _nodes(self, nodes: tuple[Block | int, ...], path: Path, blocks: tuple[str, ...]) -> None:
        for node in nodes:
            if isinstance(node, int):
                self._row(node, path, blocks)
            elif node.loops and node.loops[0].over_measures:
                for i, measure in enumerate(self.measures):
                    start = len(self.origins)
                    self._enter(measure, i)
                    self._nodes(node.children, (*path, i), (*blocks, measure.id))
                    self.own[measure.id] += range(start, len(self.origins))
                self._enter(None, 0)
            elif node.loops:
                self._loop(node, path, blocks)
            elif node.condition is None or self._control(node.condition):
                self._nodes(node.children, (*path, 0), blocks)

    def _loop(self, block: Block, path: Path, blocks: tuple[str, ...]) -> None:
        lists = [self._items(loop) for loop in block.loops]
        for i, items in enumerate(zip_longest(*lists)):
            own = []
            for loop, item in zip(block.loops, items, strict=True):
                self.scope[loop.variable.slot] = item
                self._show(loop.variable.name, item, i)
                own.append(NO_ITEM if item is None else getattr(item, "key", str(i + 1)))
            self._nodes(block.children, (*path, i), (*blocks, ",".join(own)))

    def _items(self, loop: Loop) -> tuple[Any, ...]:
        """Return the items that a loop runs over, with the blank ones that it adds."""
        owner = self.scope[loop.variable.owner]
        if owner is None:
            return ()
        items: tuple[Any, ...] = getattr(owner, loop.variable.attribute)
        part = loop.variable.part
        if loop.variable.periods_of or part is None:
            return items
        wanted = self._control(loop.at_least) or 0 if loop.at_least else 0
        if loop.spare and self.form.catalogue.list_group(part.prefix) in self.prepared.round.opens:
            wanted = max(wanted, len(items) + loop.spare)
        if wanted <= len(items):
            return items
        taken = [*self.used.get(self.scope[0].id, ()), *(item.key for item in items)]
        spare = part.next_keys(taken, wanted - len(items))
        return (*items, *(Item({}, self.form.catalogue, part.prefix, key) for key in spare))

    def _show(self, name: str, item: Any, index: int) -> None:
        """Let computed texts see an item under ``name``; None past the end of its list."""
        self.names[name] = None if item is None else ItemView(item, index, self.prepared.this)

    def _row(self, template_row: int, path: Path, blocks: tuple[str, ...]) -> None:
        program, later = self.prepared.programs[template_row], False
        if program.periods:
            program = program.periods[path[program.period_at]]
        if program.later is not None and any(path[program.depth :]):
            program, later = program.later, True
        self.origins.append((template_row, path))
        number, key = len(self.origins) + 1, str(RowKey(template_row, blocks, later))
        self.keys.append(key)
        out = [f'<c r="A{number}"{_KEY}{escape(key)}{TEXT_TAIL}'] if self.stamp else []
        height, grows = self._fill(program, out, number, path)
        out.append(program.end)
        self.cells.append("".join(out).replace(ROW, str(number)))
        drawn = program.row.height
        if height > (drawn or self.form.default_height):
            drawn = height
        elif grows:
            self.free.add(number)
        self.heights.append(drawn)

    def _fill(self, program: RowProgram, out: list[str], number: int, path: Path) -> tuple[float, bool]:
        """Add the cells of a row to ``out``.

        Return the height in points that their texts need, and True if a blank input could make the row grow.
        """
        height, growing, scope = 0.0, False, self.scope
        for get, look, void, cell, number_cell, choose, looks, grows in program.slots:
            if isinstance(get, Formula):  # rendered only once all rows are known
                out += (look.head, f"\x02{len(self.formulas)}\x03", "</f></c>")
                self.formulas.append((get, path))
                continue
            text = self._value(get) if isinstance(get, Computed) else get(scope)
            if text is None:
                out.append(void)
                continue
            head, blank, is_input = look if choose is None else looks[choose(scope)]
            if is_input and self.first_input is None:
                self.first_input = (number, cell.column)
            if not text:
                out.append(blank)
                growing = growing or (grows and is_input)
                continue
            if number_cell and is_number(text):
                out += (head.removesuffix(TEXT_HEAD), "><v>", text, "</v></c>")
                continue
            if len(text) > _LONG:
                self._check_length(text)
            out += (head, escape(text), TEXT_TAIL)
            space = cell.space
            if space is not None and (len(text) * text_metrics.EM > space.width or "\n" in text):
                points = space.needed(text)
                if space.bottom == program.row.number and cell.repeats == len(path):
                    if points > height:
                        height = self._limited(points, number, cell.column)
                else:
                    self.tall.append(_TallText(space.bottom, path[: cell.repeats], number, cell.column, points))
        return height, growing

    def _limited(self, height: float, row: int, column: int) -> float:
        """Return ``height``, at most what Excel allows; note a cell whose text needs more."""
        if height > text_metrics.MAX_HEIGHT:
            self.too_tall.append(address(row, column))
        return min(height, text_metrics.MAX_HEIGHT)

    def _control(self, expression: Computed) -> int | None:
        """Return the value of an expression of the control column as :meth:`_value` does."""
        known: dict[Computed, int | None] = self.prepared.fixed_values
        if expression in known:
            return known[expression]
        value: int | None = self._value(expression)
        if expression.fixed and "department" not in expression.names:
            known[expression] = value
        return value

    def _value(self, expression: Computed) -> Any:
        """Return the value of an expression, None past the end of a list it names. Raise CannotShow if it fails."""
        names = self.names
        for name in expression.names:
            if names.get(name) is None:
                return None
        try:
            return expression.value(names)
        except Exception as error:
            raise CannotShow(
                f"様式 {self.form.name} の「{expression.source}」を{self._where()}で表示できません（{reason(error)}）。",
                "様式のこの文字を直してください（`dxreport check` で確かめられます）。",
                expression.source,
            ) from None

    def _where(self) -> str:
        """Return what is being rendered, in Japanese."""
        return f"施策 {self.scope[0].id} " if self.scope[0] else f"シート「{self.form.sheet}」"

    def _check_length(self, text: str) -> None:
        if utf16_length(text) > MAX_TEXT:
            raise DxreportError(
                f"{self._where()}に Excel のセルに入らない長さの文字があります（{utf16_length(text):,} 字、上限 {MAX_TEXT:,} 字）: {text[:30]}…",
                "マスターでこの文字を短くしてください。",
            )

    def _stretch(self) -> list[float]:
        """Make the last row of each tall merge tall enough for its text; return the height of each row, 0 if hidden.

        Rows left for Excel to size could shrink, so they are fixed if the text needs their height.
        """
        default, free = self.form.default_height, self.free
        heights = [
            0.0 if row.hidden else default if points is None else points
            for row, points in zip(self.shape.drawn, self.heights, strict=True)
        ]
        for text in self.tall:
            found = self.shape.rows.locate(text.bottom, text.path)
            first, end = text.row - 2, found[1] - 1 if found else text.row - 1
            if free and text.points > sum(heights[n] for n in range(first, end) if n + 2 not in free):
                free.difference_update(range(first + 2, end + 2))
            lacking = text.points - sum(heights[first:end])
            if lacking > 0:
                needed = self._limited(heights[end - 1] + lacking, text.row, text.column)
                self.heights[end - 1] = needed
                heights[end - 1] = 0.0 if self.shape.drawn[end - 1].hidden else needed
        return heights

    def _xml(self, heights: Sequence[float], *, first: bool) -> str:
        out = [self._head(first=first), "<sheetData>", self._key_row()]
        for number, (row, points, cells) in enumerate(zip(self.shape.drawn, self.heights, self.cells, strict=True), 2):
            custom = "" if number in self.free else ' customHeight="1"'
            height = f' ht="{points:g}"{custom}' if points is not None else ""
            out += (f'<row r="{number}"{row.attributes}{height}>', cells, "</row>")
        out += ("</sheetData>", self._after(heights), "</worksheet>")
        xml = "".join(out)
        if not self.formulas:
            return xml
        texts = [escape(formula.text(self.shape.rows, path) or "#REF!") for formula, path in self.formulas]
        return _FORMULA.sub(lambda match: texts[int(match[1])], xml)

    def _head(self, *, first: bool) -> str:
        head = self.form.worksheet.head.replace(SELECTED, "1" if first else "0")
        head = head.replace(FROZEN, str(self.shape.frozen))
        return head.replace(ACTIVE, address(*(self.first_input or (2, 2))))

    def _key_row(self) -> str:
        if self.stamp is None:
            return '<row r="1" ht="6" customHeight="1"/>'
        columns = zip(self.form.column_letters, _column_keys(self.form), strict=True)
        keys = [f'<c r="{column}1"{_KEY}{key}{TEXT_TAIL}' for column, key in columns]
        return f'<row r="1" hidden="1"><c r="A1"{_KEY}{escape(str(self.stamp))}{TEXT_TAIL}{"".join(keys)}</row>'

    def _after(self, heights: Sequence[float]) -> str:
        """Return what follows the rows: page breaks, and no green triangles at digits stored as text."""
        paged, letters = self.shape.paged.pages(heights), self.form.column_letters
        marks = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in paged.breaks)
        count = len(paged.breaks)
        broken = f'<rowBreaks count="{count}" manualBreakCount="{count}">{marks}</rowBreaks>' if count else ""
        ignored = ""
        if letters and heights:
            area = f"{letters[0]}2:{letters[-1]}{len(heights) + 1}"
            ignored = f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'
        after = self.shape.after.replace(PAGES, "1" if paged.fitted else "0")
        return after.replace(BREAKS, broken).replace(IGNORED, ignored)


def _column_keys(form: Form) -> list[str]:
    return [f"c{column}" for column in form.column_letters]
