"""Check a template for faults that no single cell reveals: one function per check."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

from lxml import etree

from ..ooxml.package import Package
from ..ooxml.refs import Box, address, column_letters
from ..ooxml.text import TRUE
from .bindings import FREE, Binding
from .blocks import Layout
from .faults import TemplateFaults
from .parts.defined_names import OTHER_BOOK, pointing_at
from .records import TemplateCell
from .template import R_ID, DrawnCell, S, SheetEntry, Source
from .variables import THIS

_ELSEWHERE = {
    "headerFooter": "ヘッダーとフッター", "dataValidations": "入力規則", "conditionalFormatting": "条件付き書式",
    "hyperlinks": "ハイパーリンク", "extLst": "入力規則または条件付き書式",
}  # fmt: skip
_TAG = re.compile(r"\{[{%#]")
_STRING = re.compile(r'"[^"]*"')
_BOOK_PARTS = {
    "pivotTable": "ピボットテーブル", "slicer": "スライサー", "timeline": "タイムライン", "queryTable": "外部データ",
}  # fmt: skip


def reserved(drawn: Iterable[DrawnCell], merged: Iterable[Box], found: TemplateFaults) -> None:
    """Report contents of row 1, and merges in row 1 or column A: the keys will go there."""
    for c in drawn:
        if c.row == 1 and (c.text or c.element.find(f"{S}v") is not None):
            found.fault("1 行目は空けておいてください（送るときに列のキーが入り、隠れます）。", c.at)
    for m in merged:
        if m.top == 1 or m.left == 1:
            found.fault(
                f"セルの結合 {m.ref} が 1 行目または A 列にかかっています。B2 から右下に描いてください。", m[:2]
            )


def merges(merged: Sequence[Box], layout: Layout, found: TemplateFaults) -> None:
    """Report merges that overlap, and merges that cut a block instead of containing it or lying within it."""
    for i, a in enumerate(merged):
        for b in merged[:i]:
            if a.overlaps(b):
                found.fault(f"セルの結合 {a.ref} と {b.ref} が重なっています。", a[:2])
        if a.top < 2:
            continue
        depth = layout.common_depth(a.top, a.bottom)
        above, below = layout.chains[a.top][depth:], layout.chains[a.bottom][depth:]
        if any(block.first != a.top for block in above) or any(block.last != a.bottom for block in below):
            message = f"セルの結合 {a.ref} が繰り返しの途中で切れています。繰り返しの最初の行から始めるか、最後の行で終えてください。"
            found.fault(message, a[:2])


def bindings(cells: Sequence[TemplateCell], layout: Layout, found: TemplateFaults) -> None:
    """Report inputs that cannot be read back from exactly one cell, or that departments may not fill in.

    Refuse unlocked cells without a field, and a list whose rows do not show the ID of their measure.
    """
    by_field: dict[str, list[TemplateCell]] = defaultdict(list)
    for c in cells:
        if isinstance(c.content, Binding):
            spec = c.content.spec
            by_field[spec.key].append(c)
            if c.unlocked and not spec.group:
                found.fault(f"「{spec.label}」は部署が書き換えられない項目です。セルをロックしてください。", c.at)
            if c.unlocked and _repeated_by_another(c, layout):
                message = (
                    f"「{spec.label}」の入力セルが、別の繰り返しの中で何度も出てしまいます。繰り返しを分けてください。"
                )
                found.fault(message, c.at)
        elif c.unlocked and not c.free:
            found.refuse(
                "ロックを外したセルに項目がありません。部署が書き込んでも読み取れないので、ロックしてください。"
                f"自由に書いてもらうセルなら {FREE} と書いてください（書かれた文字は指摘として残ります）。",
                c.at,
            )
    for same in by_field.values():
        _check_field(same, found)
    if layout.is_list and not any(layout.of_measure(c.row) for c in by_field["id"]):
        found.refuse(
            "施策の繰り返しの中に {{ measure.id }} のセルがありません。行が並べ替えられたときに、"
            "どの施策の行か確かめるのに使います。ロックしたセルに書いてください。"
        )
    _check_spanning(cells, layout, found)


def _check_field(same: Sequence[TemplateCell], found: TemplateFaults) -> None:
    """Report a field with two inputs for one period; note a field that departments fill in but that has no input."""
    first, inputs = same[0], [c for c in same if c.unlocked]
    spec = first.binding.spec
    if spec.group and not inputs:
        found.note(f"「{spec.label}」のセルがロックされています。部署は書き込めません。", first.at)
    for i, c in enumerate(inputs):
        twins = [c, *(other for other in inputs[i + 1 :] if _may_coincide(c.binding, other.binding))]
        if len(twins) > 1:
            where = "、".join(address(*twin.at) for twin in twins)
            found.fault(
                f"同じ項目の入力セルが 2 つ以上あります（{where}）。1 つを残して、ほかはロックしてください。", c.at
            )
            return


def _may_coincide(a: Binding, b: Binding) -> bool:
    """Return True if two cells of a field may show the same text: for one period, or if a round or block sets it."""
    return a.period == b.period or THIS in (a.period, b.period) or bool(a.period_slot or b.period_slot)


def _repeated_by_another(c: TemplateCell, layout: Layout) -> bool:
    """Return True if a block that has nothing to do with the cell's item repeats the cell."""
    owners = {c.binding.owner, c.binding.period_slot} - {0}
    return any(
        block.loops and not block.loops[0].over_measures and not owners & {loop.variable.slot for loop in block.loops}
        for block in layout.chains[c.row][: c.repeats]
    )


def _check_spanning(cells: Iterable[TemplateCell], layout: Layout, found: TemplateFaults) -> None:
    """Report cells that begin in the same row but span blocks of different depth."""
    depths: dict[int, set[int]] = defaultdict(set)
    for c in cells:
        if c.repeats < len(layout.chains[c.row]):
            depths[c.row].add(c.repeats)
            if len(depths[c.row]) == 2:
                message = "外側と内側の繰り返しにかかる項目を同じ行から始めることはできません。どちらかを上の行から始めてください。"
                found.fault(message, c.at)


def unprinted(cells: Iterable[TemplateCell], areas: Sequence[Box], found: TemplateFaults) -> None:
    """Note fields outside the print area: departments would see them on the screen but not on paper."""
    for c in cells if areas else ():
        if isinstance(c.content, Binding) and not any(area.contains(*c.at) for area in areas):
            found.note("印刷範囲の外にあるので、印刷されません。ページ レイアウト → 印刷範囲 を広げてください。", c.at)


def formulas(root: etree._Element, where: str, points_here: re.Pattern[str] | None, found: TemplateFaults) -> None:
    """Report the first formula of a part that refers to another workbook or to the form (``points_here`` matches)."""
    for element in root.iter("{*}f", "{*}formula", "{*}formula1", "{*}formula2"):
        text, cell = _STRING.sub('""', element.text or ""), element.getparent().get("r", "")
        what = f"{where} {cell} の数式" if cell else f"{where}のグラフや入力規則・条件付き書式"
        if points_here and points_here.search(text):
            wrong = "が、様式のシートを指しています。送るときには様式が施策の数だけになるので、外してください。"
        elif OTHER_BOOK.search(text):
            wrong = "が、ほかのブックを参照しています。送るファイルからは参照できないので、値に置き換えてください。"
        else:
            continue
        found.fault(what + wrong, elsewhere=True)
        return


def other_sheets(source: Source, sheet: str, others: Iterable[SheetEntry], found: TemplateFaults) -> None:
    """Report other sheets that refer to the form, which is sent once per measure, under other names.

    Also report pivot tables and the like: they depend on parts of the workbook that are not sent.
    """
    points_here, package = pointing_at(sheet), source.package
    for other in others:
        where = f"シート「{other.name}」"
        tables = _targets(package, [other.part], "table")
        kinds = dict.fromkeys(r.kind for part in (other.part, *tables) for r in package.relationships(part))
        for what in (_BOOK_PARTS[kind] for kind in kinds if kind in _BOOK_PARTS):
            message = f"{where}に{what}があります。送るファイルには付けられないので、値に置き換えるか、シートを削除してください。"
            found.fault(message, elsewhere=True)
        drawings = _targets(package, [other.part], "drawing")
        for part in (other.part, *drawings, *_targets(package, drawings, "chart", "chartEx")):
            if part in package:
                formulas(source.drawn.xml(part), where, points_here, found)


def _targets(package: Package, parts: Iterable[str], *kinds: str) -> list[str]:
    """Return the targets of the relationships of these kinds that ``parts`` have."""
    return [r.target for part in parts for r in package.relationships(part) if r.kind in kinds]


def lost(source: Source, sheets: Iterable[SheetEntry], found: TemplateFaults) -> None:
    """Refuse what would not arrive: pictures in cells, and the data types that Excel stores in the same way."""
    for sheet in sheets:
        for c in source.package.xml(sheet.part).iterfind(f"{S}sheetData/{S}row/{S}c[@vm]"):
            found.refuse(
                f"シート「{sheet.name}」 {c.get('r')}: セルの中の画像やデータ型（株価、地理など）は送れません。"
                "画像は右クリック →「セルの上に配置」、データ型は値にしてください。",
                elsewhere=True,
            )


def unlocked_lines(root: etree._Element, source: Source, last: tuple[int, int], found: TemplateFaults) -> None:
    """Refuse rows and columns that are unlocked as a whole; the form ends at ``last`` (row, column)."""
    hint = "の全体のロックが外れています。列や行ではなく、部署に書いてもらうセルだけロックを外してください。"
    for column in root.iterfind(f"{S}cols/{S}col"):
        first, end = int(column.get("min", "1")), min(int(column.get("max", "1")), last[1])
        if first <= end and not source.styles.format(int(column.get("style", "0"))).locked:
            names = "～".join(dict.fromkeys((column_letters(first), column_letters(end))))
            found.refuse(f"{names} 列{hint}", (1, first))
    for row in root.iterfind(f"{S}sheetData/{S}row"):
        if row.get("customFormat") in TRUE and not source.styles.format(int(row.get("s", "0"))).locked:
            found.refuse(f"{row.get('r')} 行目{hint}", (int(row.get("r", "1")), 1))


def rich_text(source: Source, c: DrawnCell, found: TemplateFaults) -> None:
    """Refuse mixed formatting within a text with tags: it is filled in as plain text."""
    if len(set(source.text_formats(c))) > 1:
        found.refuse(
            "セルの文字の一部だけに書式（太字、色、大きさなど）が付いています。{{ … }} のあるセルでは付けられないので、"
            "セル全体を同じ書式にするか、文字を別のセルに分けてください。",
            c.at,
        )


def links(source: Source, sheet: SheetEntry, root: etree._Element, found: TemplateFaults) -> None:
    """Report a link from the form to itself: its sheet is sent under another name."""
    drawings = _targets(source.package, [sheet.part], "drawing")
    places = [unquote(t).rpartition("#")[2] for t in _targets(source.package, drawings, "hyperlink") if "#" in t]
    places += [link.get("location", "") for link in root.iterfind(f"{S}hyperlinks/{S}hyperlink") if not link.get(R_ID)]
    points_here = pointing_at(sheet.name)
    if to_form := next(filter(points_here.match, places), None):
        message = (
            f"様式のシート自身へのリンク（{to_form}）があります。送るときにはシートの名前が変わるので、外してください。"
        )
        found.fault(message)


def tags_elsewhere(root: etree._Element, allowed: Callable[[str], bool], found: TemplateFaults) -> None:
    """Report tags outside cells and shapes, which are never filled in; ``allowed`` accepts texts that name a list."""
    for element in root.iterchildren(*(f"{S}{name}" for name in _ELSEWHERE)):
        texts = (text for e in element.iter(etree.Element) for text in (e.text, *e.attrib.values()) if text)
        tag = next((text for text in texts if _TAG.search(text) and not allowed(text)), None)
        if tag:
            where = _ELSEWHERE[etree.QName(element).localname]
            found.fault(f"{where}に「{tag[:40]}」とありますが、{{{{ }}}} は入れられません。セルに書いてください。")
