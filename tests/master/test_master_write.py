"""Editing a master in place: the edit is made, and nothing else changes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from lxml import etree

from dxreport.domain.days import printed
from dxreport.domain.errors import LockedError, MasterError
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, normalise
from dxreport.master.read import master_from, read_master
from dxreport.master.records import Change, Conflict, ConflictState, Day, Issue, Receipt, ReceiptState, timestamp
from dxreport.master.write import MasterEdit, save
from dxreport.ooxml.package import MAIN_NS, Package, serialise
from dxreport.ooxml.refs import box
from dxreport.ooxml.table import sheet_parts, tables
from dxreport.workspace.files import locked
from dxreport.workspace.paths import Workspace

N = f"{{{MAIN_NS}}}"
NOW = datetime(2022, 7, 11, 9, 30)
WHEN = timestamp(NOW)
PROGRESS = Ref("activity.progress", "K1", 1)

ISSUE = Issue("R04Q1-001", "第1四半期", "総務課", ("01-01", "01-02"), WHEN, "総務課.xlsx", "abc", "def")
RECEIPT = Receipt(
    "U0001", WHEN, "返送.xlsx", "00ff", "R04Q1-001", "総務課", "第1四半期", "01-01", ReceiptState.HELD, 2, "E101"
)
CHANGE = Change(
    WHEN, "01-01", PROGRESS, "第1四半期 進捗", "", "予定通り", "U0001", "R04Q1-001", "返送.xlsx", "01-01", "E21"
)
CONFLICT = Conflict("C0001", "U0001", "01-01", Ref("goal"), "到達目標", "旧\n旧", "新", "現在")


def with_values(measure: Measure, changes: dict[Ref, str]) -> Measure:
    return Measure(measure.values() | changes)


def edited(data: bytes, *changes: tuple[str, Ref, str]) -> bytes:
    edit = MasterEdit(master_from(data))
    edit.set_all(changes)
    return edit.data()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(normalise)


@pytest.mark.slow
@rules(max_examples=40, deadline=None)
@given(st.data())
def test_a_text_set_is_read_back_and_nothing_else_changes(small: bytes, data: st.DataObject) -> None:
    master = master_from(small)
    measure = data.draw(st.sampled_from(master.measures))
    refs = [ref for ref in measure.values() if ref.field not in ("id", "lead_department", "activity.plan_label")]
    changes = data.draw(st.dictionaries(st.sampled_from(refs), texts, min_size=1, max_size=6))
    after = master_from(edited(small, *((measure.id, ref, text) for ref, text in changes.items())))
    assert after.measure(measure.id) == with_values(measure, changes)
    assert [m for m in after.measures if m.id != measure.id] == [m for m in master.measures if m.id != measure.id]


def test_no_edit_gives_the_same_bytes(sample: bytes) -> None:
    assert MasterEdit(master_from(sample)).data() is sample


def test_the_same_edit_gives_the_same_bytes(sample: bytes) -> None:
    change = ("01-01", PROGRESS, "予定通り")
    assert edited(sample, change) == edited(sample, change)


def test_only_the_parts_concerned_change(decorated: bytes) -> None:
    before = Package(decorated)
    edit = MasterEdit(master_from(decorated))
    edit.set("01-01", PROGRESS, "予定通り")
    edit.set("01-01", Ref("activity.name", "K3"), "新しい取組")
    edit.add(RECEIPT, CHANGE)
    after = Package(edit.data())
    assert after.names == before.names
    parts = sheet_parts(before)
    touched = [parts[name] for name in ("取組", "受付簿", "変更履歴")]
    table = tables(before, parts["取組"])[0].part
    expected = {*touched, table, "xl/workbook.xml"}
    assert {name for name in before.names if before.read(name) != after.read(name)} == expected
    for name in set(before.names) - expected:
        assert after.member(name).data == before.member(name).data, name


def test_formulas_are_recalculated_when_the_workbook_is_opened(sample: bytes, decorated: bytes) -> None:
    def calc(data: bytes) -> str | None:
        return Package(data).xml("xl/workbook.xml").find(N + "calcPr").get("fullCalcOnLoad")

    assert calc(decorated) is None
    assert calc(edited(decorated, ("01-01", PROGRESS, "予定通り"))) == "1"


def test_a_new_row_extends_the_table_and_every_rule_that_reached_its_end(decorated: bytes) -> None:
    before, after = Package(decorated), Package(edited(decorated, ("01-02", Ref("activity.name", "K9"), "増えた取組")))
    part = sheet_parts(before)["取組"]
    old, new = tables(before, part)[0], tables(after, part)[0]
    assert new.box == old.box._replace(bottom=old.box.bottom + 1)
    assert after.xml(new.part).find(N + "autoFilter").get("ref") == new.box.ref
    root = after.xml(part)
    sqrefs = [v.get("sqref") for v in root.iter(N + "dataValidation")]
    sqrefs += [e.text for e in root.iter("{http://schemas.microsoft.com/office/excel/2006/main}sqref")]
    assert len(sqrefs) == 2
    assert {box(ref).bottom for sqref in sqrefs for ref in sqref.split()} == {new.box.bottom}
    assert box(root.find(N + "dimension").get("ref")).bottom >= new.box.bottom
    last, above = list(root.find(N + "sheetData"))[-1], list(root.find(N + "sheetData"))[-2]
    assert [c.get("s") for c in last] == [c.get("s") for c in above]
    assert [int(r.get("r")) for r in root.find(N + "sheetData")] == list(range(1, new.box.bottom + 1))


def test_a_new_item_gets_a_new_row_with_its_ids(small: bytes) -> None:
    new = {
        Ref("activity.plan", "K1", 2): "準備",
        Ref("outcome.target", "O2", 1): "3件",
        Ref("support.content", "S1"): "助言",
        Ref("related.id", "R1"): "01-01",
    }
    data = edited(small, *(("01-02", ref, text) for ref, text in new.items()))
    measure = master_from(data).measure("01-02")
    assert (measure.activities[0].plan_label, measure.activities[0].q2.plan) == ("作業予定", "準備")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["取組"]
    heads = [cell.value for cell in sheet[1]]
    assert sheet.cell(sheet.max_row, heads.index("予定の見出し") + 1).value == "作業予定"  # a blank would mean it too
    assert [o.key for o in measure.outcomes] == ["O1", "O2"]
    assert (measure.support_requests[0].content, measure.related_measures[0].id) == ("助言", "01-01")


def test_appended_records_are_read_back_equal(small: bytes) -> None:
    edit = MasterEdit(master_from(small))
    edit.add(ISSUE, RECEIPT, CHANGE, CONFLICT)
    master = master_from(edit.data())
    assert (master.issues, master.receipts, master.changes, master.conflicts) == (
        (ISSUE,),
        (RECEIPT,),
        (CHANGE,),
        (CONFLICT,),
    )
    again = MasterEdit(master)
    again.add(CHANGE)
    assert master_from(again.data()).changes == (CHANGE, CHANGE)


def test_records_are_updated_in_their_rows(small: bytes) -> None:
    other = replace(RECEIPT, measure="01-02")
    edit = MasterEdit(master_from(small))
    edit.add(RECEIPT, other, CONFLICT)
    edit.update(replace(other, note="同じ回に追加した行"))
    data = edit.data()
    merged = replace(RECEIPT, state=ReceiptState.MERGED, findings="", note="電話で確認")
    solved = replace(CONFLICT, state=ConflictState.RESOLVED, decision="新", reason="担当に確認", when=WHEN)
    edit = MasterEdit(master_from(data))
    edit.update(merged, solved)
    master = master_from(edit.data())
    assert master.receipts == (merged, replace(other, note="同じ回に追加した行"))
    assert master.conflicts == (solved,)
    with pytest.raises(KeyError):
        MasterEdit(master).update(replace(CONFLICT, id="C0099"))


def test_an_unknown_measure_and_an_id_cannot_be_set(small: bytes) -> None:
    edit = MasterEdit(master_from(small))
    for measure, ref in (("09-09", Ref("goal")), ("01-01", Ref("id"))):
        with pytest.raises(KeyError):
            edit.set(measure, ref, "x")


def change_sheet(data: bytes, name: str, change: Callable[[etree._Element], None]) -> bytes:
    package = Package(data)
    part = sheet_parts(package)[name]
    root = package.xml(part)
    change(root)
    return package.with_parts({part: serialise(root)})


def cell(root: etree._Element, ref: str) -> etree._Element:
    return next(c for c in root.iter(N + "c") if c.get("r") == ref)


def test_a_text_replaces_typed_numbers_and_formulas(decorated: bytes) -> None:
    def type_in(root: etree._Element) -> None:
        for ref, xml in (("F2", "<v>7</v>"), ("F3", '<f>"a"</f><v>a</v>')):
            c = cell(root, ref)
            c.attrib.pop("t", None)
            c[:] = list(etree.fromstring(f'<x xmlns="{MAIN_NS}">{xml}</x>'))
            if ref == "F3":
                c.set("t", "str")

    data = edited(change_sheet(decorated, "取組", type_in), ("01-01", PROGRESS, "予定通り"),
                  ("01-01", Ref("activity.progress", "K2", 1), "0123"))  # fmt: skip
    package = Package(data)
    root = package.xml(sheet_parts(package)["取組"])
    assert [(cell(root, r).get("t"), "".join(cell(root, r).itertext())) for r in ("F2", "F3")] == [
        ("inlineStr", "予定通り"),
        ("inlineStr", "0123"),
    ]
    assert root.find(f".//{N}f") is None
    assert "xl/calcChain.xml" not in package  # it would name a cell without a formula
    assert b"calcChain" not in package.read("[Content_Types].xml") + package.read("xl/_rels/workbook.xml.rels")


def test_a_formula_that_fills_several_cells_is_not_broken(small: bytes) -> None:
    def share(root: etree._Element) -> None:
        c = cell(root, "G2")
        c[:] = list(etree.fromstring(f'<x xmlns="{MAIN_NS}"><f t="shared" ref="G2:G3" si="0">B2</f><v>甲</v></x>'))
        c.set("t", "str")

    with pytest.raises(MasterError, match="「施策」シートの G2"):
        edited(change_sheet(small, "施策", share), ("01-01", Ref("goal"), "x"))


def add_note(root: etree._Element) -> None:
    last = list(root.find(N + "sheetData"))[-1]
    row = etree.SubElement(root.find(N + "sheetData"), N + "row", r=str(int(last.get("r")) + 1))
    c = etree.SubElement(row, N + "c", r=f"C{row.get('r')}", t="inlineStr")
    etree.SubElement(etree.SubElement(c, N + "is"), N + "t").text = "※ ここはメモ"


def test_a_cell_under_a_table_is_named_and_never_overwritten(small: bytes) -> None:
    noted = change_sheet(small, "取組", add_note)
    assert master_from(noted).measures == master_from(small).measures
    with pytest.raises(MasterError, match="C3") as caught:
        edited(noted, ("01-01", Ref("activity.name", "K2"), "x"))
    assert "A3 から下" in caught.value.fix
    assert master_from(edited(noted, ("01-01", PROGRESS, "済"))).measure("01-01").activities[0].q1.progress == "済"


def test_a_totals_row_is_left_alone(small: bytes) -> None:
    package = Package(change_sheet(small, "取組", add_note))
    part = sheet_parts(package)["取組"]
    table = tables(package, part)[0]
    root = package.xml(table.part)
    root.set("ref", table.box._replace(bottom=table.box.bottom + 1).ref)
    root.set("totalsRowCount", "1")
    data = package.with_parts({table.part: serialise(root)})
    assert master_from(data).measures == master_from(small).measures
    with pytest.raises(MasterError, match="集計行"):
        edited(data, ("01-01", Ref("activity.name", "K2"), "x"))


def test_an_automatic_row_height_is_dropped_but_a_custom_one_stays(small: bytes) -> None:
    def heights(root: etree._Element) -> None:
        for row in root.find(N + "sheetData"):
            row.set("ht", "40")
        list(root.find(N + "sheetData"))[2].set("customHeight", "1")

    data = edited(change_sheet(small, "施策", heights), ("01-01", Ref("goal"), "長い"), ("01-02", Ref("goal"), "長い"))
    package = Package(data)
    rows = package.xml(sheet_parts(package)["施策"]).find(N + "sheetData")
    assert [row.get("ht") for row in rows] == ["40", None, "40"]


@pytest.mark.libreoffice
def test_a_master_saved_by_libreoffice_can_be_edited_and_opened_again(
    libre_sample: Path, soffice: Callable, tmp_path: Path
) -> None:
    edit = MasterEdit(read_master(libre_sample))
    edit.set("01-01", PROGRESS, "予定通り")
    edit.set("01-01", Ref("activity.name", "K3"), "新しい取組")
    edit.add(CHANGE, CHANGE)
    again = tmp_path / "again.xlsx"
    again.write_bytes(edit.data())
    read = read_master(soffice(again, "xlsx"))
    assert read.measures == read_master(again).measures
    assert read.measure("01-01").activities[2].name == "新しい取組"
    assert read.changes == (CHANGE, CHANGE)


@pytest.fixture
def workspace(tmp_path: Path, small: bytes) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.master_folder.mkdir()
    workspace.master.write_bytes(small)
    return workspace


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_saving_keeps_a_backup_of_the_old_master(workspace: Workspace, small: bytes) -> None:
    new = edited(small, ("01-01", Ref("goal"), "新"))
    save(workspace, new, sha(small), NOW)
    assert workspace.master.read_bytes() == new
    assert (workspace.backup / "master_20220711-093000.xlsx").read_bytes() == small


def test_saving_refuses_a_master_changed_in_the_meantime(workspace: Workspace, small: bytes) -> None:
    with pytest.raises(MasterError, match="書き換えられました"):
        save(workspace, b"new", sha(b"something else"), NOW)
    assert workspace.master.read_bytes() == small
    assert not workspace.backup.exists()


def test_what_cannot_be_read_again_is_never_written(workspace: Workspace, small: bytes) -> None:
    edit = MasterEdit(master_from(small))
    edit.add(replace(ISSUE, printed=Day("2022-07-15")))
    written = Package(edit.data())
    issues, measures = (sheet_parts(written)[sheet] for sheet in ("発行台帳", "施策"))
    mistyped = written.read(issues).replace(printed("2022-07-15").encode(), "いつか".encode())
    assert mistyped != written.read(issues)
    for part, xml in ((issues, mistyped), (issues, b"<worksheet>"), (measures, b"<worksheet>")):
        with pytest.raises(MasterError):
            save(workspace, written.with_parts({part: xml}), sha(small), NOW)
        assert workspace.master.read_bytes() == small
    save(workspace, written.data, sha(small), NOW)
    assert [issue.id for issue in read_master(workspace.master).issues] == ["R04Q1-001"]


def test_saving_refuses_while_excel_has_it_open_or_another_dxreport_writes(
    workspace: Workspace, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dxreport.workspace.files.LOCK_SECONDS", 0.01)
    owner = workspace.master.with_name("~$master.xlsx")
    owner.write_bytes(
        b"\x04taro" + b" " * 50 + (4).to_bytes(2, "little") + "taro".encode("utf-16-le").ljust(108, b"\0")
    )
    with pytest.raises(LockedError, match=r"Excel（taro）"):
        save(workspace, b"new", sha(small), NOW)
    owner.unlink()
    with locked(workspace.lock), pytest.raises(LockedError, match="別の dxreport"):
        save(workspace, b"new", sha(small), NOW)
    assert workspace.master.read_bytes() == small
