"""What a template may not hold although each of its cells can be read: inputs at odds, tags where none are filled in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from lxml import etree

from ..fields import FIELD
from ..ooxml.refs import address
from .blocks import Layout
from .expressions import THIS, Binding
from .names import pointing_at
from .source import S, Source

Report = Callable[[int, int, str], None]
_ELSEWHERE = {
    "headerFooter": "ヘッダーとフッター", "dataValidations": "入力規則", "conditionalFormatting": "条件付き書式",
    "hyperlinks": "ハイパーリンク",
}  # fmt: skip
_NAMED = 5  # cells that a remark names
_TAG = re.compile(r"\{[{%#]")


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


def check_other_sheets(source: Source, sheet: str, report: Callable[[str], None]) -> None:
    """No other sheet may calculate with the form: when sent, there are as many forms as measures, under other names."""
    points_here = pointing_at(sheet)
    for other in source.sheets:
        parts = [other.part]
        for part in parts:
            parts += [r.target for r in source.package.relationships(part) if r.kind in ("drawing", "chart")]
        for part in parts if other.name != sheet else ():
            for element in source.package.xml(part).iter("{*}f", "{*}formula", "{*}formula1", "{*}formula2"):
                if points_here.search(element.text or ""):
                    cell = element.getparent().get("r", "")
                    what = f" {cell} の数式" if cell else "のグラフや入力規則" if part == other.part else "のグラフ"
                    report(
                        f"シート「{other.name}」{what}が、様式のシート「{sheet}」を指しています。送るときには様式が施策の数だけになるので、外してください。"
                    )
                    break


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
