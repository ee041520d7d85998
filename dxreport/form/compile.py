"""Template workbook → :class:`Form`: read once, every fault reported with sheet, cell and what to write."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from pathlib import Path

from lxml import etree

from ..domain.errors import PackageError, TemplateError
from ..ooxml.refs import Box, address, column_letters
from .blocks import layout
from .expressions import Binding, Computed, Consequence, Fault, bind, computed, plain_path
from .parts.defined_names import Names, read_names
from .parts.drawings import Hangings
from .parts.formulas import Formula, formula, unshared
from .parts.worksheet import compile_tail
from .parts.xml_templates import Builder
from .published import without_entry_aids
from .records import LIST_MARK, LISTS, Cell, Form, Row
from .sizes import Sizes, drawn_row, static
from .stamp import SHEET
from .template import DrawnCell, S, Source, last_row, merges
from .template_checks import (
    check_bindings,
    check_formulas,
    check_links,
    check_merges,
    check_other_sheets,
    check_reserved,
    check_tags_elsewhere,
)

_LIST = re.compile(r'"?\s*\{\{\s*lists\.(\w+)\s*\}\}\s*"?')


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
    return _Compiler(
        source, found[0].name, found[0].part, name, hashlib.sha256(data).hexdigest()[:12], published
    ).form()


class _Compiler:
    """The work of one compilation; collects faults as it goes."""

    def __init__(self, source: Source, sheet: str, part: str, name: str, digest: str, published: bool) -> None:
        self.source, self.sheet, self.part, self.name, self.digest = source, sheet, part, name, digest
        self.published = published
        self.root = source.package.xml(part)
        self.gone = without_entry_aids(self.root, source.package.relationships(part)) if published else frozenset()
        self.drawn = list(source.cells(self.root))
        self.merged = merges(self.root)
        mine = () if published else (s for s in source.sheets if s.name != sheet and s.name.casefold() != SHEET)
        self.others = tuple(mine)
        self.sizes = Sizes(self.root, source.styles)
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
        check_reserved(self.drawn, self.merged, self.fault)
        check_merges(self.merged, self.layout, self.fault)
        cells = self._cells()
        check_bindings(cells, self.layout, self.fault, self._note)
        check_formulas(self.root, f"シート「{self.sheet}」", None, self.faults.append)
        check_links(self.source, self.sheet, self.part, self.root, self._tail_fault)
        check_other_sheets(self.source, self.sheet, self.others, self.faults.append)
        if not self.published and self.source.workbook.find(f"{S}workbookProtection") is not None:
            self.notes.append("ブックの保護は、送るファイルには付きません。")
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
            self._tall_merges(cells), tail, hung, self._beside(), self.sizes.default_height, self._bound(rows),
            self.published, tuple(self.notes), self.others,
        )  # fmt: skip

    def _letters(self) -> tuple[str, ...]:
        used = {c.column for c in self.drawn if c.column > 1} | {
            x for m in self.merged for x in range(m.left, m.right + 1)
        }
        return tuple(column_letters(column) for column in sorted(used))

    def _width(self, names: Names) -> int:
        areas = [box for _, box, _ in names.area if box is not None]
        left, right = (areas[0].left, areas[0].right) if areas else (2, max((c.column for c in self.drawn), default=2))
        return sum(self.sizes.widths.get(column, self.sizes.widths[0]) for column in range(left, right + 1))

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

    def _cells(self) -> list[Cell]:
        merge_at = {(m.top, m.left): m for m in self.merged}
        inside = {
            (r, c): m for m in self.merged for r in range(m.top, m.bottom + 1) for c in range(m.left, m.right + 1)
        }
        shared: dict[str, tuple[str, str]] = {}
        out = []
        for c in self.drawn:
            if c.column == 1 or c.row == 1:
                continue
            if (c.row, c.column) in inside and (c.row, c.column) not in merge_at:
                m = inside[c.row, c.column]
                out.append(
                    Cell(
                        c.row,
                        c.column,
                        c.style,
                        "",
                        repeats=len(self.layout.chains[c.row]),
                        merged_into=(m.top, m.left),
                    )
                )
                continue
            try:
                out.append(self._cell(c, merge_at.get((c.row, c.column)), shared))
            except Consequence:
                continue
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
            return Cell(c.row, c.column, c.style, static(c.element), not look.locked, repeats=depth)
        box = merge or Box(c.row, c.column, c.row, c.column)
        fitting = self.sizes.fitting(box, look) if look.stacked or (look.wrap and look.upright) else None
        content = self._content(c.text, self.layout.variables[c.row])
        repeats = self._repeats(content, c.row) if isinstance(content, Binding) else depth
        if repeats < depth and (box.top != chain[repeats].first or box.bottom != chain[repeats].last):
            raise Fault(
                f"「{c.text.strip()}」は繰り返しに属さない項目です。繰り返しの全部の行を結合したセルに置いてください。"
            )
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
            i
            for i, block in enumerate(self.layout.chains[row], 1)
            if any(loop.variable.slot in slots for loop in block.loops)
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
            self._tail_fault(
                f"入力規則の {{{{ lists.{match[1]} }}}} という一覧はありません。使えるのは {'、'.join(LISTS)} です。"
            )
        return LIST_MARK.format(match[1])

    def _rows(self, cells: list[Cell], last: int) -> dict[int, Row]:
        by_row: dict[int, list[Cell]] = defaultdict(list)
        for c in cells:
            by_row[c.row].append(c)
        drawn = {int(r.get("r", "0")): r for r in self.root.iterfind(f"{S}sheetData/{S}row")}
        return {n: drawn_row(n, drawn.get(n), by_row[n]) for n in range(2, last + 1)}
