"""Compile a template workbook into a :class:`Form`, reporting every fault with its place and what to write instead."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from lxml import etree

from ..domain.errors import PackageError, TemplateError
from ..domain.fields import BUILT_IN, Catalogue
from ..domain.needs import Need
from ..ooxml.package import Relationship
from ..ooxml.refs import Box, address, cell, column_letters
from ..ooxml.styles import CellFormat
from ..ooxml.text import TRUE
from . import template_checks as checks
from .bindings import FREE, Binding, content_of, legend_of
from .blocks import layout, measure_of
from .expressions import computed
from .faults import TemplateFaults, TextFault
from .lists import LIST_TAG, lists_of
from .parts.defined_names import printed_ranges, read_names
from .parts.drawings import read_attached
from .parts.formulas import Formula, parse_formula, shifted
from .parts.row_map import DrawnRange
from .parts.worksheet import compile_worksheet
from .parts.xml_templates import X14, TemplateBuilder
from .records import Form, TemplateCell, TemplateRow
from .sizes import Sizes, drawn_content, drawn_row
from .stamp import SHEET
from .template import R_ID, DrawnCell, S, SheetEntry, Source
from .used_area import used_area

__all__ = ["Form", "compile_form", "load_form"]

_FOR_ENTRY = ("sheetProtection", "protectedRanges", "dataValidations", "legacyDrawing")
_LOCKS = ("lockStructure", "lockWindows")


def load_form(path: Path, catalogue: Catalogue = BUILT_IN, *, published: bool = False) -> Form:
    """Compile the template at ``path``. Raise TemplateError as ``compile_form`` does, or OSError."""
    return compile_form(path.read_bytes(), path.name, catalogue, published=published)


def compile_form(
    data: bytes, name: str, catalogue: Catalogue = BUILT_IN, *, published: bool = False, issued: bool = False
) -> Form:
    """Compile a template workbook, to be filled in or ``published``. Raise TemplateError with all its faults.

    It may name the fields of ``catalogue``. Refusals are ignored if it was ``issued`` before and is only read.
    """
    form = _compiled(data, name, catalogue, published)
    if form.refusals and not issued:
        raise TemplateError(name, form.refusals)
    return replace(form, source=form.source.with_own_styles())


@lru_cache(maxsize=8)
def _compiled(data: bytes, name: str, catalogue: Catalogue, published: bool) -> Form:
    """Compile a template; cached for the next issue or return of the same form."""
    try:
        source = Source(data)
        sheets = source.form_sheets()
    except PackageError as error:
        raise TemplateError(name, (error.message,)) from None
    if len(sheets) != 1:
        seen = "、".join(s.name for s in sheets) or "ありません"
        raise TemplateError(name, (f"{{{{ … }}}} のあるシートは 1 枚だけにしてください（今は: {seen}）。",))
    digest = hashlib.sha256(data).hexdigest()[:12]
    return _Compiler(name, source, sheets[0], catalogue, published=published).form(digest)


class _Compiler:
    """One compilation; faults are collected on the way."""

    def __init__(self, name: str, source: Source, sheet: SheetEntry, catalogue: Catalogue, *, published: bool) -> None:
        """Read the sheet. Raise TemplateError if it is too large."""
        self.name, self.source, self.sheet, self.published = name, source, sheet, published
        self.catalogue = catalogue
        self.found = TemplateFaults(sheet.name)
        self.root = source.package.xml(sheet.part)
        relationships = source.package.relationships(sheet.part)
        removed = _remove_entry_aids(self.root, relationships) if published else ()
        kept = [r for r in relationships if r.id not in removed]
        measure = measure_of((c.text for c in source.cells(self.root) if c.column == 1), catalogue)
        self.attached = read_attached(source.package, kept, measure, self.found)
        printed = printed_ranges(source, sheet.name)
        try:
            used = used_area(source, sheet, self.root, anchored=self.attached.last_row, printed=printed)
        except TextFault as fault:
            raise TemplateError(name, (str(fault),)) from None
        self.drawn, self.merged, self.last = used
        self.shared: dict[str, tuple[str, str]] = {}  # shared formulas by index: text and first cell
        self.sizes = Sizes(self.root, source.styles)
        controls = {c.row: c.text for c in self.drawn if c.column == 1 and c.text}
        self.layout = layout(controls, self.last, self.found, measure)

    def form(self, digest: str) -> Form:
        """Compile everything. Raise TemplateError if there were faults."""
        found, source, sheet, published = self.found, self.source, self.sheet, self.published
        ours = (sheet.name.casefold(), SHEET)
        others = tuple(s for s in source.sheets if not (published or s.name.casefold() in ours or source.declares(s)))
        checks.reserved(self.drawn, self.merged, found)
        checks.merges(self.merged, self.layout, found)
        cells = self._cells()
        checks.bindings(cells, self.layout, found)
        self._check_around(others)
        spanning = {c.at: c.repeats for c in cells if c.repeats < len(self.layout.chains[c.row])}
        worksheet = compile_worksheet(self.root, self._builder(spanning), found, published=published)
        names = read_names(source, sheet.name, self.layout, found, published=published)
        printed = [area.box for area in names.print_area if area.box]
        checks.unprinted(cells, printed, found)
        refusals = found.sentences("refusal")
        if faults := found.sentences("fault"):
            raise TemplateError(self.name, faults + refusals)
        self._make_variants(cells)
        columns = {c.column for c in self.drawn}
        left, right = (printed[0].left, printed[0].right) if printed else (2, max(columns, default=2))
        columns |= {column for m in self.merged for column in range(m.left, m.right + 1)}
        return Form(
            name=self.name,
            digest=digest,
            source=source,
            sheet=sheet.name,
            part=sheet.part,
            layout=self.layout,
            rows=self._rows(cells),
            column_letters=tuple(column_letters(column) for column in sorted(columns) if column > 1),
            width=self.sizes.width(left, right),
            names=names,
            tall_merges=self._tall_merges(spanning),
            worksheet=worksheet,
            attached=self.attached,
            merge_columns={m[:2]: tuple(range(m.left + 1, m.right + 1)) for m in self.merged if m.right > m.left},
            default_height=self.sizes.default_height,
            bindings=_bindings(cells),
            published=published,
            notes=found.sentences("note"),
            refusals=refusals,
            others=others,
            place=sum(s in others for s in source.sheets[: source.sheets.index(sheet)]),
            catalogue=self.catalogue,
        )

    def _check_around(self, others: tuple[SheetEntry, ...]) -> None:
        """Check everything but the contents of the form's cells: its sheet, the ``others`` and the workbook."""
        found, source, sheet = self.found, self.source, self.sheet
        checks.formulas(source.drawn.xml(sheet.part), f"シート「{sheet.name}」", None, found)
        checks.links(source, sheet, self.root, found)
        checks.other_sheets(source, sheet.name, others, found)
        if not self.published:
            for what in source.removed:
                found.note(f"{what}は、送るファイルには付きません。", elsewhere=True)
            checks.lost(source, (sheet, *others), found)
            checks.unlocked_lines(self.root, source, (self.last, max(c.column for c in self.drawn)), found)
            protection = source.workbook.find(f"{S}workbookProtection")  # LibreOffice writes one for any workbook
            if protection is not None and any(protection.get(lock) in TRUE for lock in _LOCKS):
                found.note("ブックの保護は、送るファイルには付きません。", elsewhere=True)
        checks.tags_elsewhere(self.root, lambda text: bool(LIST_TAG.fullmatch(text)), found)
        self._check_lists()

    def _tall_merges(self, spanning: Mapping[tuple[int, int], int]) -> tuple[DrawnRange, ...]:
        """Return the merges over several rows, and the cells that become such merges because they span a block."""
        drawn = {m[:2]: m for m in self.merged}
        drawn |= {at: Box(*at, *at) for at in spanning if at not in drawn}
        return tuple(
            DrawnRange(m, spanning.get(at, self.layout.common_depth(m.top, m.bottom)))
            for at, m in drawn.items()
            if m.bottom > m.top or at in spanning
        )

    def _make_variants(self, cells: list[TemplateCell]) -> None:
        """Create all looks of every input and of the legend, so that styles.xml is complete."""
        inputs = {c.at: c.content.is_number for c in cells if c.unlocked and isinstance(c.content, Binding)}
        shown = {c.at: c.shows for c in cells if c.shows}
        styles = self.source.styles
        for c in cells:
            anchor = c.merged_into or c.at
            if anchor in inputs:
                for need in Need:
                    styles.variant(c.style, need, number=inputs[anchor])
                styles.variant(c.style, Need.CLOSED, number=inputs[anchor], struck=True)
            if anchor in shown:
                styles.sample(c.style, shown[anchor])

    def _cells(self) -> list[TemplateCell]:
        merge_of = {
            (r, c): m for m in self.merged for r in range(m.top, m.bottom + 1) for c in range(m.left, m.right + 1)
        }
        out = []
        for c in self.drawn:
            if c.column > 1 and c.row > 1:
                try:
                    out.append(self._cell(c, merge_of.get(c.at, Box(*c.at, *c.at))))
                except TextFault as fault:
                    self.found.fault(str(fault), c.at)
        return out

    def _cell(self, c: DrawnCell, box: Box) -> TemplateCell:
        """Compile a cell that fills ``box`` or is hidden in it. Raise TextFault if it cannot be used."""
        chain = self.layout.chains[c.row]
        cell = partial(TemplateCell, c.row, c.column, c.style)
        if box[:2] != c.at:
            return cell("", len(chain), merged_into=box[:2])
        look = self.source.styles.format(c.style)
        f = c.element.find(f"{S}f")
        if f is None and ("｛｛" in c.text or "｛％" in c.text):
            raise TextFault("全角の ｛｛ ｝｝ は使えません。半角の {{ }} で書いてください。")
        if f is not None or ("{{" not in c.text and "{%" not in c.text):
            drawn = drawn_content(c.element) if f is None else self._formula(c, f)
            return cell(drawn, len(chain), not look.locked)
        if c.text.strip() == FREE:
            if look.locked:
                raise TextFault(f"{FREE} は、部署が自由に書くセルに付けます。セルのロックを外してください。")
            return cell("", len(chain), unlocked=True, free=True)
        return self._filled_in(c, box, look)

    def _filled_in(self, c: DrawnCell, box: Box, look: CellFormat) -> TemplateCell:
        """Compile a cell with tags, which fills ``box``. Raise TextFault if it cannot be used."""
        chain = self.layout.chains[c.row]
        checks.rich_text(self.source, c, self.found)
        shows, text = legend_of(c.text)
        if shows and not look.locked:
            raise TextFault("記入のしかたの見本は、部署が書くセルではありません。セルをロックしてください。")
        if not look.locked and self.source.styles.is_checkbox(c.style):
            message = "チェックボックスのセルは読み取れません。チェックボックスを外し、▼の一覧（{{ lists.no_report }} など）にしてください。"
            self.found.refuse(message, c.at)
        content = content_of(text, self.layout.variables[c.row]) if shows is None else computed(text, {})
        repeats = self._repeats(content, c.row) if isinstance(content, Binding) else len(chain)
        if repeats < len(chain) and (box.top != chain[repeats].first or box.bottom != chain[repeats].last):
            raise TextFault(
                f"「{c.text.strip()}」は繰り返しに属さない項目です。繰り返しの全部の行を結合したセルに置いてください。"
            )
        if not isinstance(content, Binding) and not look.locked:
            raise TextFault(
                f"入力セル（ロックを外したセル）の「{c.text[:30]}」は読み戻せません。"
                "{{ activity.q1.plan }} のような項目 1 つだけを書くか、セルをロックしてください。"
            )
        space = self.sizes.space(box, look) if look.stacked or (look.wrap and look.upright) else None
        return TemplateCell(c.row, c.column, c.style, content, repeats, not look.locked, space, shows=shows)

    def _repeats(self, content: Binding, row: int) -> int:
        """Return how many of the blocks around the row repeat this cell.

        These are all blocks down to the one whose variable it shows, and conditions directly within that.
        """
        slots = {content.owner, content.period_slot}
        chain = self.layout.chains[row]
        owned = [i for i, block in enumerate(chain, 1) if any(loop.variable.slot in slots for loop in block.loops)]
        depth = max(owned, default=0)
        while depth < len(chain) and not chain[depth].loops:
            depth += 1
        return depth

    def _formula(self, c: DrawnCell, f: etree._Element) -> Formula:
        where, text = address(*c.at), f.text or ""
        if f.get("t") in ("array", "dataTable"):
            raise TextFault("配列数式は使えません。ふつうの数式に直してください。")
        if f.get("t") == "shared":
            if text:
                self.shared[f.get("si", "")] = (text, where)
            text = shifted(*self.shared[f.get("si", "")], where) or "#REF!"
        return parse_formula(text, c.row, self.sheet.name, self.layout)

    def _builder(self, spanning: Mapping[tuple[int, int], int]) -> TemplateBuilder:
        """Return a builder that knows the cells that span a block; single cells among them first become merges."""
        merged = {m[:2] for m in self.merged}
        for row, column in (at for at in spanning if at not in merged):
            holder = self.root.find(f"{S}mergeCells")
            if holder is None:
                holder = etree.SubElement(self.root, f"{S}mergeCells")
            etree.SubElement(holder, f"{S}mergeCell", ref=address(row, column))
        return TemplateBuilder(self.root, self.sheet.name, self.layout, spanning)

    def _check_lists(self) -> None:
        """Check that the lists that rules of the sheet name exist."""
        known = lists_of(self.catalogue)
        for rule in self.root.iter("{*}dataValidation", "{*}conditionalFormatting"):
            names = (match[1] for e in rule.iter() if (match := LIST_TAG.fullmatch(e.text or "")))
            for name in (name for name in names if name not in known):
                sqref = rule.get("sqref") or rule.findtext("{*}sqref") or ""
                self.found.fault(
                    f"{{{{ lists.{name} }}}} という一覧はありません。使えるのは {'、'.join(known)} です。"
                    "新しい一覧は、マスターの「項目」シートに、種類が「選択」の項目を足すと使えます。",
                    cell(sqref.split()[0].partition(":")[0]),
                )

    def _rows(self, cells: list[TemplateCell]) -> dict[int, TemplateRow]:
        by_row = defaultdict(list)
        for c in cells:
            by_row[c.row].append(c)
        drawn = {int(r.get("r", "0")): r for r in self.root.iterfind(f"{S}sheetData/{S}row")}
        return {n: drawn_row(n, drawn.get(n, etree.Element("row")), by_row[n]) for n in range(2, self.last + 1)}


def _remove_entry_aids(root: etree._Element, relationships: Iterable[Relationship]) -> set[str]:
    """Remove the aids for filling in a form's sheet: protection, dropdowns, prompts and notes.

    Return the ids of the relationships that go with them: those of notes and of the shapes they are drawn in.
    Header pictures are VML too, but stay.
    """
    gone = {r.id for r in relationships if r.kind == "comments"}
    for element in [e for name in _FOR_ENTRY for e in root.findall(f"{S}{name}")]:
        gone.add(element.get(R_ID, ""))
        root.remove(element)
    for extensions in root.findall(f"{S}extLst"):
        for extension in extensions.findall(f"{S}ext"):
            if extension.find(f"{{{X14}}}dataValidations") is not None:
                extensions.remove(extension)
        if not len(extensions):
            root.remove(extensions)
    return gone


def _bindings(cells: Iterable[TemplateCell]) -> dict[int, tuple[TemplateCell, ...]]:
    """Return the cells that are read back, by row; one cell per binding, preferably an input."""
    best: dict[Binding, TemplateCell] = {}
    for c in cells:
        if isinstance(c.content, Binding) and (c.content not in best or c.unlocked > best[c.content].unlocked):
            best[c.content] = c
    by_row: dict[int, tuple[TemplateCell, ...]] = {}
    for c in best.values():
        by_row[c.row] = (*by_row.get(c.row, ()), c)
    return by_row
