"""What departments write into the workbooks that they were sent, and the formats in which they send them back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from lxml import etree
from python_calamine import CalamineWorkbook

from dxreport.ooxml.refs import address as cell_name
from dxreport.ooxml.refs import cell as cell_at
from tests.faults.expected import LABEL, Sent, item_of, parts, text_of
from tests.support.abstract import Choices
from tests.support.ods import ods
from tests.support.packages import S, edited, set_text
from tests.support.xls import xls

FINE, LATE, BAD = "予定通り", "進捗遅延・課題あり", "順調"
OFFICES = {"01-01": "産業振興課", "01-02": "産業振興課", "01-03": "総務課", "02-01": "職員課"}
ROUNDS = ("計画", "第1四半期", "第2四半期", "第3四半期", "第4四半期", "年度実績")
PEOPLE, ACTUALS = ("甲", "乙", "丙", "丁"), ("10件", "20件", "25件")
KINDS = ("whole",) * 4 + ("half",) * 2 + ("blank", "bad", "closed", "elsewhere", "erased", "nothing")
"""How a sheet is filled in."""
FIELDS: Mapping[str, Mapping[str, str]] = {
    "評価": {"種類": "選択", "選択肢": "A、B、C", "入力欄": "進捗", "場所": "施策"},
    "課題": {"入力欄": "進捗", "場所": "施策"},
    "リスク": {"場所": "取組", "期間": "四半期", "入力欄": "進捗"},
    "費目": {"場所": "費用", "入力欄": "進捗"},
}


def begin(id_: str, office: str) -> dict[str, str]:
    """Return the texts of a measure in April."""
    out = {
        "name": f"施策{id_}", "lead_department": office, "contact_person": "山田", "goal": "広げる",
        "related_flag": "無", "budgeted": "無", "support_flag": "無",
    }  # fmt: skip
    for k in ("K1", "K2"):
        out |= {f"activity.name/{k}": f"{id_}の取組{k}", f"activity.plan_label/{k}": "作業予定"}
        out |= {f"activity.plan/{k}/{q}": f"作業{q}" for q in (1, 2, 3, 4)}
    for y in (1, 2, 3, 4):
        out |= {f"outcome.indicator/O1/{y}": "件数", f"outcome.target/O1/{y}": "30件"}
    return out


def answer(sent: Sent, id_: str, year: int, choose: Choices, kind: str) -> dict[str, str]:
    """Return what a department writes on a sheet; a ``whole`` sheet has all that is asked for, and nothing wrong."""
    issued, (_, at) = sent.texts[id_], sent.cells[id_]
    asked = _asked(sent, id_, year, choose)
    texts: dict[str, str] = {}
    if kind in ("whole", "bad", "closed"):
        texts = dict(asked)
    elif kind == "half":
        texts = {a: t for a, t in asked.items() if choose.below(2)}
    free = _free(sent, id_, year)
    for _ in range(choose.below(4) if kind != "blank" else 0):
        address, words = free[choose.below(len(free))]
        texts[address] = choose.of(words)
    if kind == "whole" and choose.below(6) == 0:
        texts |= _new_item(sent, id_)
    if kind == "bad":
        closed = [a for a in at if parts(a)[0] == "activity.progress" and parts(a)[2] == f"/{sent.quarter}"]
        texts |= {choose.of(closed): BAD} if closed else {}
    elif kind == "closed":
        texts["name" if sent.round == "計画" else "goal"] = "書き換え"
    elif kind == "elsewhere" and sent.quarter:
        there = [a for a in at if parts(a)[0] == "activity.progress" and parts(a)[2] != f"/{sent.quarter}"]
        texts = {a: FINE for a in there if issued.get(a.replace("progress", "plan")) and choose.below(2)}
    elif kind == "nothing" and f"no_report/{sent.quarter}" in at:
        texts = {f"no_report/{sent.quarter}": "○"}
    elif kind == "erased":
        written = [a for a in at if issued.get(a) and parts(a)[0] not in ("id", LABEL)]
        texts |= {choose.of(written): ""} if written else {}
    for a in [a for a, t in texts.items() if t == LATE]:
        beside = a.replace("progress", "countermeasure")
        if kind == "whole" and beside in at:
            texts.setdefault(beside, choose.of(("協議する", "人を増やす")))
            texts[beside] = texts[beside] or "協議する"
    return texts


def _asked(sent: Sent, id_: str, year: int, choose: Choices) -> dict[str, str]:
    issued, (_, at) = sent.texts[id_], sent.cells[id_]
    out: dict[str, str] = {}
    for a in at:
        key, item, period = parts(a)
        n = int(period[1:] or 0)
        if sent.quarter and key == "activity.progress" and n <= sent.quarter:
            if issued.get(f"activity.plan/{item}/{n}") and not issued.get(a):
                out[a] = choose.of((FINE, FINE, LATE))
            elif issued.get(a) == LATE and not issued.get(f"activity.countermeasure/{item}/{n}"):
                out[f"activity.countermeasure/{item}/{n}"] = "協議する"
        elif sent.round == "年度実績" and key == "outcome.actual" and n == year:
            out[a] = choose.of(ACTUALS)
        elif sent.round == "計画":
            if key == "activity.name" and not issued.get(a) and any(item_of(x) == ("activity", item) for x in issued):
                out[a] = "名前を付けた取組"
            elif key == "goal" and not issued.get(a):
                out[a] = choose.of(("広める", "深める"))
            elif key == "activity.plan" and issued.get(f"activity.name/{item}") and not issued.get(a):
                out[a] = f"作業{n}"
    if sent.round == "計画" and not any(parts(a)[0] == "activity.name" for a in {**issued, **out}):
        out |= _new_item(sent, id_)
    return out


def _free(sent: Sent, id_: str, year: int) -> list[tuple[str, tuple[str, ...]]]:
    _, at = sent.cells[id_]
    out: list[tuple[str, tuple[str, ...]]] = [("contact_person", PEOPLE)] * 6
    for a in at:
        key, item, period = parts(a)
        n = int(period[1:] or 0)
        if key == "outcome.actual" and n == year and sent.round != "計画":
            out.append((a, ACTUALS))
        elif key == "activity.progress" and n == sent.quarter and n:
            if sent.texts[id_].get(f"activity.plan/{item}/{n}"):
                out += [(a, (FINE, LATE))] * 2
        elif key == "activity.plan" and sent.texts[id_].get(f"activity.name/{item}"):
            if n > sent.quarter > 0 or sent.round == "計画":
                out.append((a, ("準備", "試行", "本番")))
        elif key.rpartition(".")[2].rstrip("新") in FIELDS and sent.quarter and n in (0, sent.quarter):
            known = sent.texts[id_]
            if not item or any(parts(x)[:2] == ("activity.name", item) for x in known) or key.startswith("費用"):
                out.append((a, ("A", "B", "C") if "評価" in key else ("一", "二", "三")))
    return [(a, words) for a, words in out if a in at] or [("contact_person", PEOPLE)]


def _new_item(sent: Sent, id_: str) -> dict[str, str]:
    """Return an item written into a spare row, no texts if there is no such row."""
    issued, (_, at) = sent.texts[id_], sent.cells[id_]
    taken = {parts(a)[:2] for a in issued}
    if sent.round == "計画":
        spare = [a for a in at if parts(a)[0] == "activity.name" and (parts(a)[:2]) not in taken]
        if spare:
            item = parts(spare[0])[1]
            return {spare[0]: "足した取組", **{f"activity.plan/{item}/{q}": f"作業{q}" for q in (1, 2, 3, 4)}}
    spare = [a for a in at if parts(a)[0] == "support.content" and parts(a)[:2] not in taken]
    if spare and (sent.quarter or sent.round == "計画"):
        item = parts(spare[0])[1]
        return {"support_flag": "有", spare[0]: "仕様書の確認", f"support.period/{item}": "９月"}
    return {}


def typed(data: bytes, sheet: str, texts: Mapping[str, str]) -> bytes:
    """Return the workbook with these texts typed into cells of a sheet."""

    def change(root: etree._Element) -> None:
        for at, text in texts.items():
            type_in(root, cell_at(at), text)

    return edited(data, sheet, change) if texts else data


def type_in(root: etree._Element, at: tuple[int, int], text: str) -> None:
    """Type a text into a cell, which may not be there yet."""
    name = cell_name(*at)
    if not any(c.get("r") == name for c in root.iter(f"{S}c")):
        row = next((r for r in root.iter(f"{S}row") if r.get("r") == str(at[0])), None)
        if row is None:
            row = etree.Element(f"{S}row", r=str(at[0]))
            later = [r for r in root.iter(f"{S}row") if int(r.get("r")) > at[0]]
            later[0].addprevious(row) if later else root.find(f"{S}sheetData").append(row)
        c = etree.Element(f"{S}c", r=name)
        right = [x for x in row if cell_at(x.get("r"))[1] > at[1]]
        right[0].addprevious(c) if right else row.append(c)
    set_text(root, at, text)


def read_cells(data: bytes, sheet: str, cells: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of cells of a sheet, by address of the text."""
    grid = grids(data)[sheet]
    out = {}
    for address, where in cells.items():
        row, column = cell_at(where)
        out[address] = text_of(grid[row - 1][column - 1]) if row <= len(grid) and column <= len(grid[0]) else ""
    return out


def grids(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def as_xls(data: bytes) -> bytes:
    """Return the workbook saved as .xls."""
    return xls({
        name: {(r, c): v for r, row in enumerate(grid) for c, v in enumerate(row) if v != ""}  # type: ignore[misc]
        for name, grid in grids(data).items()
    })  # fmt: skip


def as_ods(data: bytes, sheet: str) -> bytes:
    """Return the sheet of a measure saved as .ods."""
    found = grids(data)
    name = sheet if sheet in found else next(iter(found))
    return ods(found[name], name)  # type: ignore[arg-type]


def mail_of(data: bytes, when: datetime) -> bytes:
    """Return a saved mail with the workbook attached."""
    message = EmailMessage()
    message["From"] = "係 <kakari@city.kisarazu.lg.jp>"
    message["Date"] = when.strftime("%a, %d %b %Y %H:%M:%S +0900")
    message["Subject"] = "回答"
    message.set_content("送ります。")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename="返送.xlsx")
    return message.as_bytes()
