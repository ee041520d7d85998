"""Notes that departments write on cells are shown and kept; our own are not."""

from __future__ import annotations

import io

import pytest
from lxml import etree

from dxreport.collect.plan import Status
from dxreport.intake.notes import own, remarks
from dxreport.intake.workbook import open_workbook
from dxreport.issue.store import workbook_path
from dxreport.master.ledgers import split_memo
from dxreport.master.records import Receipt, ReceiptState
from dxreport.ooxml.edit import PackageEdit
from dxreport.ooxml.package import Package
from dxreport.ooxml.refs import box
from dxreport.sendback.notes import Notes
from dxreport.status.round_status import status
from tests.support.cases import SAVED
from tests.support.quarter import RETURNED, Quarter, sheet_of

TEXT = "山田:\n来月の会議で\n確定します"
SHOWN = "山田: 来月の会議で 確定します"
WRONG = {"01-01": {"activity.progress/K1/1": "だいたい"}}


def noted(data: bytes, *written: tuple[str, str, str]) -> bytes:
    """The workbook with notes: (sheet, cell, text)."""
    edit = PackageEdit(Package(data))
    for sheet, cell, text in written:
        Notes(edit, sheet).add(box(cell), [text])
    return edit.data()


def kept(quarter: Quarter, measure: str) -> dict[str, str]:
    """Return the notes that ``status`` shows."""
    master = quarter.master
    found = status(master, master.settings.round("第1四半期"), RETURNED.date())
    return dict(next(s.notes for s in found.sheets if s.measure == measure))


def test_notes_are_read_by_cell_and_sheet(quarter):
    data = noted(quarter.filled({}), ("01-01", "E21", TEXT), ("01-01", "C5", "その2"), ("01-04", "B3", "別"))
    plan = quarter.collect(data)
    assert dict(sheet_of(plan, "01-01").notes) == {"C5": "その2", "E21": TEXT}
    assert dict(sheet_of(plan, "01-04").notes) == {"B3": "別"}
    assert sheet_of(plan, "01-01").status is Status.MERGED and not sheet_of(plan, "01-01").problems
    assert kept(quarter, "01-01") == {"C5": "その2", "E21": SHOWN} and kept(quarter, "04-01") == {}


def test_a_return_without_notes_has_none(quarter):
    plan = quarter.collect(quarter.filled({}))
    assert all(s.notes == {} for f in plan.files for s in f.sheets) and all(not r.comments for r in plan.receipts)


def test_what_was_issued_with_a_note_is_no_remark_of_the_department(quarter):
    """Rows may have moved, so the text decides, not the cell."""
    path = workbook_path(quarter.workspace, next(i.id for i in quarter.master.issues if "01-01" in i.measures))
    path.write_bytes(
        noted(path.read_bytes(), ("01-01", "D8", "記入例: 予定通り\n（選択）"), ("01-01", "D9", "変えられる"))
    )
    data = noted(
        quarter.filled({}),
        ("01-01", "D10", "記入例: 予定通り （選択）"),
        ("01-01", "D11", "変えました"),
        ("01-04", "D8", "変えられる"),
    )
    plan = quarter.collect(data)
    assert dict(sheet_of(plan, "01-01").notes) == {"D11": "変えました"}
    assert dict(sheet_of(plan, "01-04").notes) == {"D8": "変えられる"}  # that sheet was issued without it


def test_the_marks_of_a_corrected_copy_are_not_the_department_s(quarter):
    quarter.collect(noted(quarter.filled(WRONG), ("01-01", "C5", "相談中")))
    [copy] = (quarter.workspace.reports / "差し戻し").iterdir()
    book = open_workbook(copy.read_bytes())
    assert remarks(book.sheet("01-01")) == {"C5": "相談中"}
    assert b"\xe5\xb7\xae\xe3\x81\x97\xe6\x88\xbb\xe3\x81\x97 1" in b"".join(
        Package(book.data).read(n) for n in Package(book.data).names if "comments" in n
    )
    marked = quarter.cells(book.data, "01-01")["activity.progress/K1/1"]
    answer = noted(copy.read_bytes(), ("01-01", marked, "\n\nこれで確定です"))  # written under our mark
    assert remarks(open_workbook(answer).sheet("01-01")) == {"C5": "相談中", marked: "これで確定です"}


def test_a_held_sheet_keeps_its_reason_beside_the_notes(quarter):
    plan = quarter.collect(noted(quarter.filled(WRONG), ("01-01", "E21", TEXT)))
    receipt = next(r for r in quarter.master.receipts if r.measure == "01-01")
    assert receipt.state is ReceiptState.HELD
    assert receipt.note == sheet_of(plan, "01-01").problems[0].message
    assert receipt.notes == {"E21": SHOWN}


def test_the_same_file_again_says_nothing_anew(quarter):
    data = noted(quarter.filled({}), ("01-01", "E21", TEXT))
    quarter.collect(data)
    again = quarter.collect(data)
    assert not again.receipts and not again.updated and kept(quarter, "01-01") == {"E21": SHOWN}


def test_notes_of_several_returns_add_up(quarter):
    quarter.collect(noted(quarter.filled(WRONG), ("01-01", "E21", "一"), ("01-01", "F9", "残る")))
    quarter.collect(noted(quarter.filled({}), ("01-01", "E21", "二")))
    assert kept(quarter, "01-01") == {"E21": "二", "F9": "残る"}


def test_a_threaded_comment_is_read_with_its_answers():
    """As Excel 365 writes it: the classic note only asks for a newer Excel."""
    import openpyxl
    from openpyxl.comments import Comment

    stream = io.BytesIO()
    made = openpyxl.Workbook()
    made.active["B2"].comment = Comment("[Threaded comment] 新しい Excel で開いてください", "tc")
    made.save(stream)
    package = Package(stream.getvalue())
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    root = package.xml(rels)
    etree.SubElement(root, root[0].tag, Id="rT", Target="/xl/threadedComments/t1.xml",
                     Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment")  # fmt: skip
    threads = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="B2" id="{1}"><text>いつ決まりますか</text></threadedComment>'
        '<threadedComment ref="B2" id="{2}" parentId="{1}"><text>来月です</text></threadedComment></ThreadedComments>'
    )
    data = package.with_parts({rels: etree.tostring(root), "xl/threadedComments/t1.xml": threads.encode()})
    assert remarks(open_workbook(data).sheet("Sheet")) == {"B2": "いつ決まりますか\n来月です"}


def test_a_damaged_part_of_notes_does_not_keep_the_answers_out(quarter):
    data = noted(quarter.filled({}), ("01-01", "E21", TEXT))
    package = Package(data)
    [part] = [n for n in package.names if n.endswith("comments.xml")]
    plan = quarter.collect(package.with_parts({part: b"<comments"}))
    assert sheet_of(plan, "01-01").status is Status.MERGED and sheet_of(plan, "01-01").notes == {}


def test_own_compares_texts_without_their_white_space():
    assert own({"A1": "a b", "A2": "c"}, ["a\nb"]) == {"A2": "c"}


@pytest.mark.parametrize("message", ["", "進捗が記入されていません。"])
def test_the_memo_of_an_earlier_release_is_read_as_the_columns_of_now(message):
    lines = filter(None, ["U0002 に置き換え", message, "コメント E21: 一行 二行", "コメント AA100: コメント B1: 引用"])
    old = Receipt("U0001", "", "", "", "", "", "", "01-01", ReceiptState.HELD, note="\n".join(lines))
    now = split_memo(old)
    assert (now.note, now.replaced_by) == (message, "U0002")
    assert now.notes == {"E21": "一行 二行", "AA100": "コメント B1: 引用"}


def test_comments_fit_into_a_cell(quarter):
    notes = [("01-01", f"A{n}", "字" * 1000) for n in range(30, 90)]
    quarter.collect(noted(quarter.filled({}), *notes))
    assert all(len(r.comments) * 2 < 32_767 for r in quarter.master.receipts)


def test_notes_written_in_libreoffice_are_read_in_every_format(issued_quarter, office, tmp_path):
    path = tmp_path / "返送.xlsx"
    path.write_bytes(issued_quarter.filled({}))
    saved = [tmp_path / f"保存.{ending}" for ending in SAVED]
    steps = [["unprotect"], ["note", "01-01", 21, 5, TEXT], ["note", "01-04", 3, 2, "別"]]
    office([{"open": str(path), "steps": steps, "save": list(map(str, saved))}])
    for file in saved:
        book = open_workbook(file.read_bytes(), file.name)
        assert (remarks(book.sheet("01-01")), remarks(book.sheet("01-04"))) == ({"E21": TEXT}, {"B3": "別"}), (
            file.suffix
        )
