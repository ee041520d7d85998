"""What a template may not hold although each of its cells can be read: inputs at odds, tags where none are filled in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

from lxml import etree

from ..domain.fields import FIELD
from ..ooxml.refs import Box, address
from .blocks import Layout
from .expressions import THIS, Binding
from .parts.defined_names import OTHER_BOOK, pointing_at
from .template import R_ID, DrawnCell, S, SheetEntry, Source

Report = Callable[[int, int, str], None]
_ELSEWHERE = {
    "headerFooter": "ヘッダーとフッター", "dataValidations": "入力規則", "conditionalFormatting": "条件付き書式",
    "hyperlinks": "ハイパーリンク",
}  # fmt: skip
_NAMED = 5  # cells that a remark names
_TAG = re.compile(r"\{[{%#]")
_STRING = re.compile(r'"[^"]*"')
_OF_THE_BOOK = {
    "pivotTable": "ピボットテーブル", "slicer": "スライサー", "timeline": "タイムライン", "queryTable": "外部データ",
}  # fmt: skip


def check_reserved(drawn: Iterable[DrawnCell], merged: Iterable[Box], fault: Report) -> None:
    """Row 1 and column A are free: they hold the keys of what is sent."""
    for c in drawn:
        if c.row == 1 and (c.text or c.element.find(f"{S}v") is not None):
            fault(1, c.column, "1 行目は空けておいてください（送るときに列のキーが入り、隠れます）。")
    for m in merged:
        if m.top == 1 or m.left == 1:
            fault(
                m.top, m.left, f"セルの結合 {m.ref} が 1 行目または A 列にかかっています。B2 から右下に描いてください。"
            )


def check_merges(merged: Sequence[Box], layout: Layout, fault: Report) -> None:
    """Merged ranges keep clear of each other, and hold a block whole or lie within it."""
    for i, a in enumerate(merged):
        for b in merged[:i]:
            if a.top <= b.bottom and b.top <= a.bottom and a.left <= b.right and b.left <= a.right:
                fault(a.top, a.left, f"セルの結合 {a.ref} と {b.ref} が重なっています。")
        if a.top < 2:
            continue
        depth = layout.common_depth(a.top, a.bottom)
        if any(block.first != a.top for block in layout.chains[a.top][depth:]) or any(
            block.last != a.bottom for block in layout.chains[a.bottom][depth:]
        ):
            fault(
                a.top,
                a.left,
                f"セルの結合 {a.ref} が繰り返しの途中で切れています。繰り返しの最初の行から始めるか、最後の行で終えてください。",
            )


def check_bindings(cells: Sequence, layout: Layout, fault: Report, note: Report) -> None:
    """Each input is read from one cell, once; ``cells`` are those of the template, as compiled."""
    by_field: dict[str, list] = defaultdict(list)
    for c in cells:
        if isinstance(c.content, Binding):
            by_field[c.content.field].append(c)
            spec = FIELD[c.content.field]
            if c.unlocked and not spec.group:
                fault(c.row, c.column, f"「{spec.label}」は部署が書き換えられない項目です。セルをロックしてください。")
            if c.unlocked and _repeated_by_another(c, layout):
                fault(
                    c.row,
                    c.column,
                    f"「{spec.label}」の入力セルが、別の繰り返しの中で何度も出てしまいます。繰り返しを分けてください。",
                )
    idle = [c for c in cells if c.unlocked and not isinstance(c.content, Binding)]
    if idle:
        where = "、".join(address(c.row, c.column) for c in idle[:_NAMED]) + (
            f" ほか {len(idle) - _NAMED} か所" if len(idle) > _NAMED else ""
        )
        note(
            idle[0].row,
            idle[0].column,
            f"ロックを外したセル（{where}）に項目がありません。部署が書き込んでも読み取れないので、ロックしてください。",
        )
    for same in by_field.values():
        _check_field(same, fault, note)
    _check_spanning(cells, layout, fault)


def _check_field(same: list, fault: Report, note: Report) -> None:
    """The cells of one field: one input for each period, and at least one."""
    spec, inputs = FIELD[same[0].content.field], [c for c in same if c.unlocked]
    if spec.group and not inputs:
        note(same[0].row, same[0].column, f"「{spec.label}」のセルがロックされています。部署は書き込めません。")
    for i, c in enumerate(inputs):
        twins = [c, *(other for other in inputs[i + 1 :] if _meet(c.content, other.content))]
        if len(twins) > 1:
            where = "、".join(address(twin.row, twin.column) for twin in twins)
            fault(
                c.row,
                c.column,
                f"同じ項目の入力セルが 2 つ以上あります（{where}）。1 つを残して、ほかはロックしてください。",
            )
            return


def _meet(a: Binding, b: Binding) -> bool:
    """Whether two cells of a field can be the same text: the same period, or one that the round or a block says."""
    moving = THIS in (a.period, b.period) or a.period_slot or b.period_slot
    return bool(moving) or a.period == b.period


def _repeated_by_another(c, layout: Layout) -> bool:
    """Whether a block that has nothing to do with the cell's item repeats it."""
    blocks = layout.chains[c.row][: c.repeats]
    owners = {c.content.owner, c.content.period_slot} - {0}
    return any(block.loops and not owners & {loop.variable.slot for loop in block.loops} for block in blocks)


def _check_spanning(cells: Iterable, layout: Layout, fault: Report) -> None:
    depths: dict[int, set[int]] = defaultdict(set)
    for c in cells:
        if c.repeats < len(layout.chains[c.row]):
            depths[c.row].add(c.repeats)
            if len(depths[c.row]) == 2:
                fault(
                    c.row,
                    c.column,
                    "外側と内側の繰り返しにかかる項目を同じ行から始めることはできません。どちらかを上の行から始めてください。",
                )


def check_formulas(
    root: etree._Element, where: str, points_here: re.Pattern[str] | None, report: Callable[[str], None]
) -> None:
    """No formula of a part may look into another workbook, nor at the form where ``points_here`` finds it."""
    for element in root.iter("{*}f", "{*}formula", "{*}formula1", "{*}formula2"):
        text, cell = _STRING.sub('""', element.text or ""), element.getparent().get("r", "")
        what = f"{where} {cell} の数式" if cell else f"{where}のグラフや入力規則・条件付き書式"
        if points_here and points_here.search(text):
            report(f"{what}が、様式のシートを指しています。送るときには様式が施策の数だけになるので、外してください。")
            return
        if OTHER_BOOK.search(text):
            report(
                f"{what}が、ほかのブックを参照しています。送るファイルからは参照できないので、値に置き換えてください。"
            )
            return


def check_other_sheets(source: Source, sheet: str, others: Iterable[SheetEntry], report: Callable[[str], None]) -> None:
    """No other sheet that goes out may calculate with the form: when sent, there are as many forms as measures, under
    other names. Nor may it hold what belongs to the workbook, which does not go out."""
    points_here, package = pointing_at(sheet), source.package
    for other in others:
        where = f"シート「{other.name}」"
        relationships = package.relationships(other.part)
        tables = [r.target for r in relationships if r.kind == "table"]
        kinds = [r.kind for r in [*relationships, *(r for part in tables for r in package.relationships(part))]]
        for what in dict.fromkeys(_OF_THE_BOOK[kind] for kind in kinds if kind in _OF_THE_BOOK):
            report(
                f"{where}に{what}があります。送るファイルには付けられないので、値に置き換えるか、シートを削除してください。"
            )
        drawings = [r.target for r in relationships if r.kind == "drawing"]
        charts = [r.target for part in drawings for r in package.relationships(part) if r.kind in ("chart", "chartEx")]
        for part in (other.part, *drawings, *charts):
            if part in package:
                check_formulas(package.xml(part), where, points_here, report)


def check_links(source: Source, sheet: str, part: str, root: etree._Element, report: Callable[[str], None]) -> None:
    """No link of the form may lead to the form: its sheet goes out under another name."""
    package = source.package
    drawings = [r.target for r in package.relationships(part) if r.kind == "drawing"]
    targets = [
        r.target for d in drawings for r in package.relationships(d) if r.kind == "hyperlink" and "#" in r.target
    ]
    places = [unquote(target).rpartition("#")[2] for target in targets]
    places += [link.get("location", "") for link in root.iterfind(f"{S}hyperlinks/{S}hyperlink") if not link.get(R_ID)]
    points_here = pointing_at(sheet)
    found = next((place for place in places if points_here.match(place)), None)
    if found:
        report(
            f"様式のシート自身へのリンク（{found}）があります。送るときにはシートの名前が変わるので、外してください。"
        )


def check_tags_elsewhere(root: etree._Element, known: Callable[[str], bool], report: Callable[[str], None]) -> None:
    """Tags are filled in in cells and shapes only; ``known`` are the texts of rules that name a list."""
    for element in root:
        where = _ELSEWHERE.get(etree.QName(element).localname) if isinstance(element.tag, str) else None
        if element.tag == f"{S}extLst":
            where = "入力規則または条件付き書式"
        texts = (
            (text for e in element.iter(etree.Element) for text in (e.text, *e.attrib.values()) if text)
            if where
            else ()
        )
        found = next((text for text in texts if _TAG.search(text) and not known(text)), None)
        if found:
            report(f"{where}に「{found[:40]}」とありますが、{{{{ }}}} は入れられません。セルに書いてください。")
