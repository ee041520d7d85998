"""Reading masters after people moved, typed and broke things in them."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from lxml import etree

from dxreport.domain.days import day_of
from dxreport.domain.errors import MasterError
from dxreport.domain.fields import BUILT_IN, Ref
from dxreport.domain.model import ProgressWord, Treatment
from dxreport.domain.names import Names
from dxreport.lifecycle.sample import load, settings
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import _contents, master_bytes
from dxreport.master.faults import DamagedMaster
from dxreport.master.ledgers import LEDGERS
from dxreport.master.read import master_from, read_master
from dxreport.master.records import Change, MeasureState, Place, Receipt, ReceiptState, Standing
from dxreport.master.schema import MEASURES
from dxreport.master.settings import quarter_of
from dxreport.master.write import MasterEdit
from dxreport.ooxml.package import MAIN_NS, Package, serialise
from dxreport.ooxml.table import sheet_parts

N = f"{{{MAIN_NS}}}"


def put(data: bytes, sheet: str, ref: str, xml: str) -> bytes:
    """Replace a cell by ``xml``, a ``<c>`` element without r."""
    package = Package(data)
    part = sheet_parts(package)[sheet]
    root = package.xml(part)
    old = next(c for c in root.iter(N + "c") if c.get("r") == ref)
    new = etree.fromstring(f'<x xmlns="{MAIN_NS}">{xml}</x>')[0]
    new.set("r", ref)
    old.getparent().replace(old, new)
    return package.with_parts({part: serialise(root)})


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def faults(data: bytes) -> list[str]:
    with pytest.raises(DamagedMaster) as caught:
        master_from(data)
    assert all(str(fault) in caught.value.message for fault in caught.value.faults)
    return [str(fault) for fault in caught.value.faults]


def relaid(tables: bool) -> bytes:
    """Return the sample's master in another layout: title rows, columns in between, other order of sheets."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheets: dict[str, tuple[xlsxwriter.worksheet.Worksheet, list[int]]] = {}
    contents = _contents(settings(), DEPARTMENTS, load(False), {}) + [(ledger.sheet, []) for ledger in LEDGERS]
    for sheet, rows in reversed(contents):
        if sheet.name not in sheets:
            sheets[sheet.name] = book.add_worksheet(sheet.name), [2]
            sheets[sheet.name][0].write(0, 1, f"{sheet.name}の一覧")
        ws, left = sheets[sheet.name]
        headers = [*sheet.headers[:1], f"係の列{left[0]}", *sheet.headers[1:]]
        lines = [[row.get(h, "") for h in headers] for row in rows] or [[""] * len(headers)]
        for c, header in enumerate(headers):
            ws.write_string(3, left[0] + c, header)
        for r, line in enumerate(lines, 4):
            for c, value in enumerate(line):
                ws.write_string(r, left[0] + c, value)
        if tables:
            box = (3, left[0], 3 + len(lines), left[0] + len(headers) - 1)
            ws.add_table(*box, {"columns": [{"header": h} for h in headers]})
        left[0] += len(headers) + 1
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize("tables", [True, False])
def test_sheets_tables_and_columns_are_found_wherever_they_are(tables: bool) -> None:
    master = master_from(relaid(tables))
    assert list(master.measures) == load(with_answers=False)
    assert master.settings.rounds == settings().rounds
    assert master.departments == DEPARTMENTS
    assert master.place("01-02", Ref("goal")) == Place("施策", "J6")


@pytest.mark.libreoffice
def test_a_master_saved_by_libreoffice_reads_the_same(sample: bytes, libre_sample: Path) -> None:
    saved = read_master(libre_sample)
    ours = master_from(sample)
    assert saved.measures == ours.measures
    assert (saved.settings, saved.departments) == (ours.settings, ours.departments)
    assert {name: area.table.box for name, area in saved.tables.items()} == {
        name: area.table.box for name, area in ours.tables.items()
    }


def test_a_decorated_master_reads_the_same(sample: bytes, decorated: bytes) -> None:
    assert master_from(decorated).measures == master_from(sample).measures


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ("<c><v>1250</v></c>", "1250"),
        ("<c><v>45.00000000000001</v></c>", "45"),
        ("<c><v>0.1</v></c>", "0.1"),
        ("<c><v>1E+20</v></c>", "100000000000000000000"),
        ('<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c>', "ab"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        (text("二行\n目"), "二行\n目"),
        (text("全角\t空白"), "全角 空白"),
    ],
)
def test_typed_values_are_read_as_shown(small: bytes, xml: str, shown: str) -> None:
    assert master_from(put(small, "施策", "G2", xml)).measures[0].goal == shown


def test_the_place_of_every_text_is_the_cell_that_holds_it(sample: bytes) -> None:
    master = master_from(sample)
    assert master.place("01-01", Ref("name")) == Place("施策", "B2")
    assert master.place("01-01", Ref("activity.progress", "K2", 1)) == Place("取組", "F3")
    assert master.place("01-01", Ref("outcome.target", "O1", 4)) == Place("成果目標", "M2")
    assert master.place("01-01", Ref("activity.name", "K77")) is None


def test_ids_may_be_written_full_width(small: bytes) -> None:
    assert [m.id for m in master_from(put(small, "施策", "A2", text("０１－０１"))).measures] == ["01-01", "01-02"]


@pytest.mark.parametrize(
    ("sheet", "cell", "xml", "words"),
    [
        ("施策", "C2", text("総務科"), ["「施策」シート C2", "総務科", "「総務課」の誤り"]),
        ("施策", "A3", text("01-01"), ["「施策」シート A3", "2 行目と重複"]),
        ("施策", "A3", text(""), ["「施策」シート A3", "施策IDがない"]),
        ("施策", "A3", text("01/02"), ["「施策」シート A3", "シートの名前にできません"]),
        ("施策", "P2", text("休止"), ["「施策」シート P2", "実施中、中止、完了、統合"]),
        ("施策", "Q2", text("夏ごろ"), ["「施策」シート Q2", "第1四半期"]),
        ("施策", "G2", '<c t="e"><v>#REF!</v></c>', ["「施策」シート G2", "#REF!"]),
        ("施策", "G2", "<c><f>A1</f></c>", ["「施策」シート G2", "数式"]),
        ("施策", "B1", text("施策の名前"), ["「施策」シート", "見出し「施策名」の列がありません", "「施策の名前」"]),
        ("取組", "A2", text("01-03"), ["「取組」シート A2", "01-03", "「施策」シートにありません"]),
        ("取組", "B2", text(""), ["「取組」シート B2", "K1 など"]),
        ("取組", "B2", text("1"), ["「取組」シート B2", "K と番号"]),
        ("成果目標", "B3", text(""), ["「成果目標」シート B3", "O1"]),
        ("設定", "B2", text("来年度"), ["「設定」シート B2", "来年度", "令和４年度"]),
        ("設定", "B2", text("令和9年度"), ["「設定」シート B2", "計画の期間"]),
        ("設定", "P3", text("進捗、対策"), ["「設定」シート P3", "「対策」という欄はありません", "「対応策」"]),
        ("設定", "N3", text("7月中旬"), ["「設定」シート N3", "日付として"]),
        ("部署", "A3", text("総務課"), ["「部署」シート A3", "2行あります"]),
    ],
)
def test_a_fault_is_named_by_sheet_cell_and_remedy(
    small: bytes, sheet: str, cell: str, xml: str, words: list[str]
) -> None:
    found = faults(put(small, sheet, cell, xml))
    assert any(all(word in fault for word in words) for fault in found), found


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("I2", ["「受付簿」シート I2", "取込済、変更なし、記入なし、保留"]),
        ("J2", ["「受付簿」シート J2", "変更数「多い」"]),
    ],
)
def test_a_mistyped_ledger_is_refused(small: bytes, cell: str, words: list[str]) -> None:
    edit = MasterEdit(master_from(small))
    edit.add(Receipt("U0001", "2022-07-11 09:30:00", "a.xlsx", "00", "", "", "", "01-01", ReceiptState.MERGED))
    found = faults(put(edit.data(), "受付簿", cell, text("多い")))
    assert len(found) == 1
    assert all(word in found[0] for word in words)


def test_all_faults_are_reported_at_once(small: bytes) -> None:
    data = put(put(small, "施策", "C2", text("総務科")), "取組", "B2", text("A1"))
    assert len(faults(data)) == 2


def test_a_former_name_of_a_department_is_known(small: bytes) -> None:
    data = put(put(small, "部署", "B2", text("庶務課、文書課")), "施策", "C2", text("文書課"))
    assert "「総務課」の旧名称" in faults(data)[0]
    assert master_from(put(small, "部署", "B2", text("庶務課、文書課"))).department("文書課").name == "総務課"


def test_a_date_for_an_id_is_explained(small: bytes) -> None:
    package = Package(small)
    styles = package.xml("xl/styles.xml")
    styles.find(N + "cellXfs")[2].set("numFmtId", "14")
    data = package.with_parts({"xl/styles.xml": serialise(styles)})
    assert any("施策IDが日付" in fault for fault in faults(put(data, "施策", "A2", '<c s="2"><v>44562</v></c>')))


def test_a_missing_sheet_is_named_with_the_nearest(small: bytes) -> None:
    package = Package(small)
    book = package.xml("xl/workbook.xml")
    book.find(N + "sheets")[1].set("name", "取組一覧")
    data = package.with_parts({"xl/workbook.xml": serialise(book)})
    assert faults(data) == ["シート「取組」がありません。「取組一覧」の誤りではありませんか。"]


def test_rows_typed_right_under_the_table_belong_to_it_and_others_are_refused(small: bytes) -> None:
    package = Package(small)
    part = sheet_parts(package)["施策"]

    def with_row(number: int) -> bytes:
        root = package.xml(part)
        row = etree.SubElement(root.find(N + "sheetData"), N + "row", r=str(number))
        for column, value in (("A", "01-03"), ("B", "丙"), ("C", "総務課")):
            cell = etree.SubElement(row, N + "c", r=f"{column}{number}", t="inlineStr")
            etree.SubElement(etree.SubElement(cell, N + "is"), N + "t").text = value
        return package.with_parts({part: serialise(root)})

    assert [m.id for m in master_from(with_row(4)).measures] == ["01-01", "01-02", "01-03"]
    assert "表から離れた行" in faults(with_row(6))[0]


def test_one_stray_value_in_the_last_cell_does_no_harm(small: bytes) -> None:
    package = Package(small)
    part = sheet_parts(package)["施策"]
    root = package.xml(part)
    row = etree.SubElement(root.find(N + "sheetData"), N + "row", r="1048576")
    etree.SubElement(etree.SubElement(row, N + "c", r="XFD1048576"), N + "v").text = "1"
    assert len(master_from(package.with_parts({part: serialise(root)})).measures) == 2


def test_no_master_and_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(MasterError, match="がありません"):
        read_master(tmp_path / "master.xlsx")
    (tmp_path / "master.xlsx").write_bytes(b"%PDF-1.7")
    with pytest.raises(MasterError, match="ブックとして読めません"):
        read_master(tmp_path / "master.xlsx")


def test_the_standing_decides_in_which_quarters_a_measure_runs() -> None:
    stopped = Standing(MeasureState.STOPPED, 3)
    assert [stopped.runs_in(q) for q in (0, 1, 2, 3, 4)] == [True, True, True, False, False]
    assert not Standing(MeasureState.STOPPED).runs_in(0)
    assert not any(Standing(MeasureState.STOPPED, 1).runs_in(q) for q in range(5))
    assert Standing(MeasureState.STOPPED, 2).runs_in(0)
    assert all(Standing().runs_in(q) for q in range(5))


def test_item_ids_are_never_given_twice(small: bytes) -> None:
    edit = MasterEdit(master_from(small))
    edit.add(Change("2022-07-01 00:00:00", "01-01", Ref("activity.name", "K7"), "取組内容", "旧", ""))
    assert master_from(edit.data()).keys_ever("01-01", BUILT_IN.by_prefix["activity"]) == {"K1", "K7"}


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-07-15", "2022-07-15"), ("2022/7/15", "2022-07-15"), ("令和４年７月15日", "2022-07-15"),
        ("R4.7.15", "2022-07-15"), ("令和4年7月15日（金）", "2022-07-15"), ("令和元年5月1日", "2019-05-01"),
        ("2022-02-30", None), ("7月15日", None), ("", None), ("2000-01-01", "2000-01-01"), ("1999-12-31", None),
    ],
)  # fmt: skip
def test_days(written: str, day: str | None) -> None:
    assert day_of(written) == day


def test_a_name_is_read_as_one_line() -> None:
    names = Names(office="総務部\n 総務課", contact="内線 12")
    found = master_from(master_bytes(replace(settings(), names=names), DEPARTMENTS, [])).settings.names
    assert (found.office, found.contact) == ("総務部 総務課", "内線 12")


def test_quarters() -> None:
    assert [quarter_of(t) for t in ("第1四半期", "第２四半期", "3", "4Q", "", "－", "第5四半期", "夏")] == [
        1,
        2,
        3,
        4,
        0,
        0,
        None,
        None,
    ]


def test_every_text_of_a_measure_has_one_column(sample: bytes) -> None:
    master = master_from(sample)
    for measure in master.measures:
        places = [master.place(measure.id, ref) for ref in measure.values()]
        assert None not in places
        assert len(set(places)) == len(places)
    assert len([c for c in MEASURES.columns if c.field]) == 15


def retyped(data: bytes, cells: dict[str, object]) -> bytes:
    """Write cells of 設定 in a spreadsheet program."""
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    for cell, value in cells.items():
        book["設定"][cell] = value
    book.save(out)
    return out.getvalue()


def test_weight_and_treatment_of_progress_words_are_read(sample: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sample))["設定"]
    assert [[c.value for c in row] for row in book["E1:H3"]] == [
        ["進捗", "対応策", "重さ", "課題の扱い"],
        ["予定通り", None, 10, "順調"],
        ["進捗遅延・課題あり", "必須", 20, "遅れ"],
    ]
    read = master_from(retyped(sample, {"G2": "１．５", "H2": " 完了 ", "G3": None, "H3": None})).settings
    assert read.progress_words == (
        ProgressWord("予定通り", False, Decimal("1.5"), Treatment.COMPLETED),
        ProgressWord("進捗遅延・課題あり", True),
    )
    assert [w.treatment for w in read.progress_words] == [Treatment.COMPLETED, Treatment.LATE]


def test_a_master_from_before_weight_and_treatment_means_what_it_did(sample: bytes) -> None:
    read = master_from(retyped(sample, {"G1": "備考", "H1": "メモ", "G2": "x", "H2": "y"})).settings
    assert read.progress_words == (ProgressWord("予定通り"), ProgressWord("進捗遅延・課題あり", True))
    assert [w.treatment for w in read.progress_words] == [Treatment.ON_TRACK, Treatment.LATE]


@pytest.mark.parametrize(
    ("cell", "value", "fault"),
    [
        ("G3", "重い", "重さ「重い」は数ではありません"),
        ("H3", "おくれ", "課題の扱い「おくれ」は使えません。順調、遅れ、完了、中止のどれか"),
        ("L4", "第1四半期", "回「第1四半期」が2つ"),
        ("P3", "進捗、到達目標", "必須欄の「到達目標」が入力欄にありません"),
        ("P3", "到達目標、対策", "「対策」という欄はありません"),  # 到達目標 is looked at when all words are known
        ("J4", "どちらでも", "「有」と「無」の2行が要ります（今は 3 行）"),
    ],
)
def test_each_fault_of_the_rounds_and_words_is_told_alone(small: bytes, cell: str, value: str, fault: str) -> None:
    [found] = faults(retyped(small, {cell: value}))
    assert fault in found


def test_a_mail_domain_may_be_written_with_its_at_sign(small: bytes) -> None:
    assert (
        master_from(put(small, "設定", "B4", text("@city.example.lg.jp"))).settings.mail_domain == "city.example.lg.jp"
    )


def test_a_row_that_holds_only_blanks_is_none(small: bytes) -> None:
    book, out = openpyxl.load_workbook(io.BytesIO(small)), io.BytesIO()
    for name in ("施策", "成果目標"):
        for cell in book[name][3]:
            cell.value = None
        book[name]["B3"] = "　"
    book.save(out)
    assert [m.id for m in master_from(out.getvalue()).measures] == ["01-01"]
