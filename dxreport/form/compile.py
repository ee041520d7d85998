"""Template workbook → :class:`Form`: read once, every fault reported with sheet, cell and what to write."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lxml import etree

from ..errors import PackageError, TemplateError
from ..ooxml.refs import Box, address, column_letters
from ..ooxml.text import escape
from . import fit
from .blocks import Layout, layout
from .checks import check_bindings, check_other_sheets, check_tags_elsewhere
from .drawings import Hangings
from .expressions import Binding, Computed, Fault, bind, computed, plain_path
from .formulas import Formula, formula, unshared
from .names import Names, read_names
from .pieces import Builder
from .published import without_entry_aids
from .source import DrawnCell, S, Source, last_row, merges
from .tail import Tail, compile_tail

LIST_MARK = "\ue004{}\ue005"
_DECLARATION = re.compile(' xmlns(:[A-Za-z0-9]+)?="[^"]*"')
_LIST = re.compile(r'"?\s*\{\{\s*lists\.(\w+)\s*\}\}\s*"?')
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
    """A compiled form template; make one with :func:`compile_form`.

    ``digest`` identifies the form in stamps. ``width`` is the printed width in pixels,
    ``tall_merges`` the merges over several rows with the number of blocks that repeat them,
    ``merge_columns`` the further columns of a merge by its top left cell. ``notes`` are remarks
    that do not keep it from working; ``editions`` and ``shared`` are kept results. A ``published`` form
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
    editions: dict = field(default_factory=dict)
    shared: list = field(default_factory=list)


def load_form(path: Path, *, published: bool = False) -> Form:
    """The form drawn at ``path``; raises TemplateError with all its faults, or OSError."""
    return compile_form(path.read_bytes(), path.name, published=published)


def compile_form(data: bytes, name: str, *, published: bool = False) -> Form:
    """Compile a template workbook, to be filled in or to be ``published``; raises TemplateError with every fault found."""
    try:
        source = Source(data)
        found = source.form_sheets()
    except PackageError as error:
        raise TemplateError(name, (error.message,)) from None
    if len(found) != 1:
        seen = "、".join(s.name for s in found) or "ありません"
        raise TemplateError(name, (f"{{{{ … }}}} のあるシートは 1 枚だけにしてください（今は: {seen}）。",))
    return _Compiler(source, found[0].name, found[0].part, name, hashlib.sha256(data).hexdigest()[:12], published).form()


class _Compiler:
    """The work of one compilation; collects faults as it goes."""

    def __init__(self, source: Source, sheet: str, part: str, name: str, digest: str, published: bool) -> None:
        self.source, self.sheet, self.part, self.name, self.digest = source, sheet, part, name, digest
        self.published = published
        self.root = source.package.xml(part)
        self.gone = without_entry_aids(self.root, source.package.relationships(part)) if published else frozenset()
        self.drawn = list(source.cells(self.root))
        self.merged = merges(self.root)
        self.faults: list[str] = []
        self.notes: list[str] = []

    def fault(self, row: int, column: int, message: str) -> None:
        """Note a fault at a cell; row 0 is the sheet as a whole."""
        self.faults.append(f"{self._place(row, column)}: {message}")

    def _note(self, row: int, column: int, message: str) -> None:
        self.notes.append(f"{self._place(row, column)}: {message}")

    def _place(self, row: int, column: int) -> str:
        return f"シート「{self.sheet}」 {address(row, column)}" if row else f"シート「{self.sheet}」"

    def form(self) -> Form:
        """Compile all; raise TemplateError if anything was found."""
        hung = Hangings.read(self.source, self.part, self.fault, self.gone)
        last = max(last_row(self.root, self.drawn, self.merged), hung.last_row)
        controls = {c.row: c.text for c in self.drawn if c.column == 1 and c.text}
        self.layout = layout(controls, last, lambda row, message: self.fault(row, 1, message))
        self._check_reserved()
        self._check_merges()
        cells = self._cells()
        check_bindings(cells, self.layout, self.fault, self._note)
        if not self.published:
            check_other_sheets(self.source, self.sheet, self.faults.append)
        check_tags_elsewhere(self.root, lambda text: bool(_LIST.fullmatch(text)), self._tail_fault)
        builder = self._builder(cells)
        tail = compile_tail(self.root, builder, self._tail_fault, self.notes.append, published=self.published)
        hung = hung.bound(self.layout, self.fault)
        names = read_names(self.source, self.sheet, self.layout, self._tail_fault, published=self.published)
        if self.faults:
            raise TemplateError(self.name, tuple(self.faults))
        rows = self._rows(cells, last)
        self._variants(cells)
        return Form(
            self.name, self.digest, self.source, self.sheet, self.layout, rows, self._letters(), self._width(names), names,
            self._tall_merges(cells), tail, hung, self._beside(), self.default_height, self._bound(rows),
            self.published, tuple(self.notes),
        )  # fmt: skip

    def _letters(self) -> tuple[str, ...]:
        used = {c.column for c in self.drawn if c.column > 1} | {x for m in self.merged for x in range(m.left, m.right + 1)}
        return tuple(column_letters(column) for column in sorted(used))

    def _width(self, names: Names) -> int:
        areas = [box for _, box, _ in names.area if box is not None]
        left, right = (areas[0].left, areas[0].right) if areas else (2, max((c.column for c in self.drawn), default=2))
        return sum(self.widths.get(column, self.widths[0]) for column in range(left, right + 1))

    def _tall_merges(self, cells: list[Cell]) -> tuple[tuple[Box, int], ...]:
        """Merges over several rows, and cells that become such because they span a block; each with its depth."""
        spanning = {(c.row, c.column): c.repeats for c in cells if c.repeats < len(self.layout.chains[c.row])}
        drawn = {(m.top, m.left): m for m in self.merged}
        single = {at: Box(*at, *at) for at in spanning if at not in drawn}
        return tuple(
            (m, spanning.get(at, self.layout.common_depth(m.top, m.bottom)))
            for at, m in (drawn | single).items()
            if m.bottom > m.top or at in spanning
        )

    def _beside(self) -> dict[tuple[int, int], tuple[int, ...]]:
        return {(m.top, m.left): tuple(range(m.left + 1, m.right + 1)) for m in self.merged if m.right > m.left}

    @staticmethod
    def _bound(rows: dict[int, Row]) -> dict[int, tuple[Cell, ...]]:
        """The cells that are read back, by row; of a field shown twice only one, the input if there is one."""
        best: dict[tuple, Cell] = {}
        for row in rows.values():
            for c in row.cells:
                if isinstance(c.content, Binding):
                    key = (c.content.field, c.content.owner, c.content.period, c.content.period_slot)
                    if key not in best or (c.unlocked and not best[key].unlocked):
                        best[key] = c
        out: dict[int, list[Cell]] = defaultdict(list)
        for c in best.values():
            out[c.row].append(c)
        return {row: tuple(cells) for row, cells in out.items()}

    def _variants(self, cells: list[Cell]) -> None:
        """Make both looks of every input, so that styles.xml is settled."""
        inputs = {(c.row, c.column) for c in cells if c.unlocked and isinstance(c.content, Binding)}
        for c in cells:
            if (c.row, c.column) in inputs or c.merged_into in inputs:
                for is_input in (True, False):
                    self.source.styles.variant(c.style, is_input)

    def _tail_fault(self, message: str) -> None:
        self.fault(0, 0, message)

    def _check_reserved(self) -> None:
        for c in self.drawn:
            if c.row == 1 and (c.text or c.element.find(f"{S}v") is not None):
                self.fault(1, c.column, "1 行目は空けておいてください（送るときに列のキーが入り、隠れます）。")
        for m in self.merged:
            if m.top == 1 or m.left == 1:
                self.fault(m.top, m.left, f"セルの結合 {m.ref} が 1 行目または A 列にかかっています。B2 から右下に描いてください。")

    def _check_merges(self) -> None:
        for i, a in enumerate(self.merged):
            for b in self.merged[:i]:
                if a.top <= b.bottom and b.top <= a.bottom and a.left <= b.right and b.left <= a.right:
                    self.fault(a.top, a.left, f"セルの結合 {a.ref} と {b.ref} が重なっています。")
            if a.top < 2:
                continue
            depth = self.layout.common_depth(a.top, a.bottom)
            if any(block.first != a.top for block in self.layout.chains[a.top][depth:]) or any(
                block.last != a.bottom for block in self.layout.chains[a.bottom][depth:]
            ):
                self.fault(a.top, a.left, f"セルの結合 {a.ref} が繰り返しの途中で切れています。繰り返しの最初の行から始めるか、最後の行で終えてください。")

    def _cells(self) -> list[Cell]:
        merge_at = {(m.top, m.left): m for m in self.merged}
        inside = {(r, c): m for m in self.merged for r in range(m.top, m.bottom + 1) for c in range(m.left, m.right + 1)}
        shared: dict[str, tuple[str, str]] = {}
        out = []
        for c in self.drawn:
            if c.column == 1 or c.row == 1:
                continue
            if (c.row, c.column) in inside and (c.row, c.column) not in merge_at:
                m = inside[c.row, c.column]
                out.append(Cell(c.row, c.column, c.style, "", repeats=len(self.layout.chains[c.row]), merged_into=(m.top, m.left)))
                continue
            try:
                out.append(self._cell(c, merge_at.get((c.row, c.column)), shared))
            except Fault as fault:
                self.fault(c.row, c.column, str(fault))
        return out

    def _cell(self, c: DrawnCell, merge: Box | None, shared: dict[str, tuple[str, str]]) -> Cell:
        chain = self.layout.chains[c.row]
        depth = len(chain)
        look = self.source.styles.format(c.style)
        f = c.element.find(f"{S}f")
        if f is not None:
            return Cell(c.row, c.column, c.style, self._formula(c, f, shared), not look.locked, repeats=depth)
        if "｛｛" in c.text or "｛％" in c.text:
            raise Fault("全角の ｛｛ ｝｝ は使えません。半角の {{ }} で書いてください。")
        if "{{" not in c.text and "{%" not in c.text:
            return Cell(c.row, c.column, c.style, _static(c.element), not look.locked, repeats=depth)
        box = merge or Box(c.row, c.column, c.row, c.column)
        fitting = self._fit(box, look) if look.stacked or (look.wrap and look.upright) else None
        content = self._content(c.text, self.layout.variables[c.row])
        repeats = self._repeats(content, c.row) if isinstance(content, Binding) else depth
        if repeats < depth and (box.top != chain[repeats].first or box.bottom != chain[repeats].last):
            raise Fault(f"「{c.text.strip()}」は繰り返しに属さない項目です。繰り返しの全部の行を結合したセルに置いてください。")
        if not isinstance(content, Binding) and not look.locked:
            raise Fault(
                f"入力セル（ロックを外したセル）の「{c.text[:30]}」は読み戻せません。"
                "{{ activity.q1.plan }} のような項目 1 つだけを書くか、セルをロックしてください。"
            )
        return Cell(c.row, c.column, c.style, content, not look.locked, fitting, repeats)

    @staticmethod
    def _content(text: str, variables) -> Binding | Computed:
        path = plain_path(text)
        bound = bind(path, variables) if path else None
        return bound or computed(text, variables)

    def _repeats(self, content: Binding, row: int) -> int:
        """How many of the blocks around the row repeat this cell: up to the one that its variable belongs to."""
        slots = {content.owner, content.period_slot}
        owned = [
            i for i, block in enumerate(self.layout.chains[row], 1) if any(loop.variable.slot in slots for loop in block.loops)
        ]
        conditions = [i for i, block in enumerate(self.layout.chains[row], 1) if not block.loops]
        depth = max(owned, default=0)
        while depth + 1 in conditions:
            depth += 1
        return depth

    def _formula(self, c: DrawnCell, f: etree._Element, shared: dict[str, tuple[str, str]]) -> Formula:
        where, text = address(c.row, c.column), f.text or ""
        if f.get("t") == "array" or f.get("t") == "dataTable":
            raise Fault("配列数式は使えません。ふつうの数式に直してください。")
        if f.get("t") == "shared":
            if text:
                shared[f.get("si", "")] = (text, where)
            source, origin = shared[f.get("si", "")]
            text = unshared(source, origin, where)
        return formula(text, c.row, self.sheet, self.layout)

    def _builder(self, cells: list[Cell]) -> Builder:
        depths = {(c.row, c.column): c.repeats for c in cells if c.repeats < len(self.layout.chains[c.row])}
        merged = {(m.top, m.left) for m in self.merged}
        for row, column in depths:
            if (row, column) not in merged:  # a single cell that spans a block of one row
                holder = self.root.find(f"{S}mergeCells")
                if holder is None:
                    holder = etree.SubElement(self.root, f"{S}mergeCells")
                etree.SubElement(holder, f"{S}mergeCell", ref=address(row, column))
        return Builder(self.sheet, self.layout, self._rewrite, dict(self.root.nsmap), depths)

    def _rewrite(self, text: str) -> str:
        match = _LIST.fullmatch(text)
        if not match:
            return text
        if match[1] not in LISTS:
            self._tail_fault(f"入力規則の {{{{ lists.{match[1]} }}}} という一覧はありません。使えるのは {'、'.join(LISTS)} です。")
        return LIST_MARK.format(match[1])

    def _rows(self, cells: list[Cell], last: int) -> dict[int, Row]:
        by_row: dict[int, list[Cell]] = defaultdict(list)
        for c in cells:
            by_row[c.row].append(c)
        drawn = {int(r.get("r", "0")): r for r in self.root.iterfind(f"{S}sheetData/{S}row")}
        return {n: _row(n, drawn.get(n), by_row[n]) for n in range(2, last + 1)}

    @cached_property
    def default_height(self) -> float:
        """Height in points of a row that says none."""
        given = self.root.find(f"{S}sheetFormatPr")
        return float(given.get("defaultRowHeight", "15")) if given is not None else 15.0

    @cached_property
    def widths(self) -> dict[int, int]:
        """Column widths in pixels as drawn, by column; 0 holds the default."""
        given = self.root.find(f"{S}sheetFormatPr")
        drawn = [
            (int(c.get("min")), min(int(c.get("max")), 256), float(c.get("width", "9")), c.get("hidden") in ("1", "true"))
            for c in self.root.iterfind(f"{S}cols/{S}col")
        ]
        digit = fit.max_digit_width([w for _, _, w, _ in drawn])
        default = float(given.get("defaultColWidth", "9.0")) if given is not None else 9.0
        out = {0: fit.column_px(default, digit)}
        for first, last, width, hidden in drawn:
            for column in range(first, last + 1):
                out[column] = 0 if hidden else fit.column_px(width, digit)
        return out

    def _fit(self, box: Box, look) -> Fit:
        px = sum(self.widths.get(column, self.widths[0]) for column in range(box.left, box.right + 1))
        given = self.root.find(f"{S}sheetFormatPr")
        custom = given is not None and given.get("customHeight") in ("1", "true")
        pitch = fit.line_pitch(
            look.font_size, look.font_name, None if custom else self.default_height, self.source.styles.normal_size
        )
        return Fit(0.0 if look.stacked else fit.usable_em(px, look.font_size, look.indent), pitch, box.bottom)


_ROW_KEPT = ("s", "customFormat", "hidden", "outlineLevel", "collapsed", "thickTop", "thickBot")


def _row(number: int, element: etree._Element | None, cells: list[Cell]) -> Row:
    if element is None:
        return Row(number, "", None, False, tuple(cells))
    kept = "".join(f' {name}="{element.get(name)}"' for name in _ROW_KEPT if element.get(name) is not None)
    height = float(element.get("ht")) if element.get("ht") else None
    return Row(number, kept, height, element.get("hidden") in ("1", "true"), tuple(sorted(cells, key=lambda c: c.column)))


def _static(c: etree._Element) -> str:
    """A drawn cell's inner XML behind its type, e.g. ``t="s"><v>3</v>``; "" for an empty cell."""
    value, inline = c.find(f"{S}v"), c.find(f"{S}is")
    kind = f' t="{c.get("t")}"' if c.get("t") else ""
    if inline is not None:
        xml = etree.tostring(inline, encoding="unicode", with_tail=False)
        return f"{kind}>{_DECLARATION.sub('', xml)}"
    if value is None or value.text is None:
        return ""
    return f"{kind}><v>{escape(value.text)}</v>"
