"""The state of a round as workbook and page: both say what status says, as written."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from lxml import html

from dxreport.status.export import Line, StatusExport, page, status_export
from dxreport.status.round_status import State, status
from dxreport.status.workbook import HEADS, workbook
from tests.support.packages import faults
from tests.support.quarter import OFFICE, Quarter, copy

LATE = datetime(2022, 7, 20)
HEADING = 7  # the table's row


@pytest.fixture(scope="module")
def shown(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> StatusExport:
    """産業振興課 sent one sheet wrong and one right, 職員課 right; another file was no workbook."""
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("export"))
    wrong = quarter.filled({"01-01": {"activity.progress/K1/1": "=だいたい"}})
    quarter.collect(wrong, quarter.filled({}, "職員課"), quarter.put(b"PK\3\4", "壊れた.xlsx"))
    master = quarter.master
    return status_export(master, status(master, master.settings.round("第1四半期"), LATE.date()), LATE.date())


def cells(data: bytes, sheet: str = "提出状況") -> list[list]:
    return [
        list(row) for row in openpyxl.load_workbook(io.BytesIO(data), data_only=True)[sheet].iter_rows(values_only=True)
    ]


def test_the_export_counts_every_measure_once(shown):
    assert shown.sums == {State.HELD: 1, State.MERGED: 2, State.MISSING: 23}
    assert len(shown.lines) == 26 and list(shown.departments) == list(
        dict.fromkeys(line.department for line in shown.lines)
    )
    assert shown.departments[OFFICE] == {State.HELD: 1, State.MERGED: 1}
    [held] = [line for line in shown.lines if line.state is State.HELD]
    assert (held.measure, held.late, held.issued, held.returned, held.return_id) == (
        "01-01",
        5,
        "2022-07-01",
        "2022-07-14",
        "U0001",
    )
    assert "=だいたい" in held.remarks and shown.unread[0].startswith("U0003 壊れた.xlsx")


def test_the_workbook_says_the_same(shown):
    data = workbook(shown)
    rows = cells(data)
    assert rows[0][0] == "令和４年度　第1四半期　提出状況" and rows[1][0] == "2022-07-20 現在　　提出期限 2022-07-15"
    assert rows[3][2:6] == ["施策の数", "差し戻し", "反映済", "未提出"] and rows[4][2:6] == [26, 1, 2, 23]
    assert rows[HEADING - 1] == list(HEADS)
    expected = [
        [x or None for x in (line.department, line.measure, line.name, line.state.value, line.late, line.issued,
                             line.returned, line.return_id, line.remarks)]
        for line in shown.lines
    ]  # fmt: skip
    assert rows[HEADING : HEADING + 26] == expected
    assert rows[-1][0] == f"受付不可: {shown.unread[0]}"
    by_department = cells(data, "部署別")
    assert by_department[3][0] == "総務課" and by_department[-1] == ["計", 1, 2, 23, 26]
    assert [sum(x or 0 for x in column) for column in zip(*(row[1:] for row in by_department[3:-1]), strict=True)] == [
        1,
        2,
        23,
        26,
    ]


def test_the_sums_are_counted_by_the_workbook_too(shown):
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(shown)))["提出状況"]
    assert sheet["D5"].value == '=COUNTIF($D$8:$D$33,"差し戻し")' and sheet["C5"].value == "=COUNTA($B$8:$B$33)"


def test_the_workbook_is_a_table_to_filter_and_to_print(shown):
    data = workbook(shown)
    assert faults(data) == [] and data == workbook(shown)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["提出状況"]
    assert sheet.tables["提出状況表"].ref == "A7:I33" and sheet.tables["提出状況表"].autoFilter.ref == "A7:I33"
    assert sheet.freeze_panes == "C8" and sheet.print_title_rows == "$7:$7"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0  # as wide as the page
    assert sheet.row_dimensions[8 + [line.state for line in shown.lines].index(State.HELD)].height > 16


def line(**texts: object) -> Line:
    given = {"department": "課", "measure": "01-01", "name": "名", "state": State.ISSUED, "late": 0, "issued": "",
             "returned": "", "return_id": "", "remarks": ""}  # fmt: skip
    return Line(**{**given, **texts})


@pytest.mark.parametrize("text", ["=1+1", "<b>太字</b> & {{ x }}", "http://example.jp", "@SUM(A1)", "1250", "a\nb"])
def test_texts_stay_texts(text):
    evil = StatusExport("題", "2022-07-20", "", {State.ISSUED: 1}, {text: {State.ISSUED: 1}},
                 (line(department=text, remarks=text),), (text,))  # fmt: skip
    data = workbook(evil)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["提出状況"]
    assert (sheet["A8"].value, sheet["A8"].data_type, sheet["I8"].value) == (text, "s", text)
    assert not sheet._hyperlinks and faults(data) == []
    root = html.fromstring(page(evil).decode())
    assert root.xpath("//td[1]/text()")[1] == text and not root.xpath("//b")


def test_a_round_without_measures_is_a_tidy_file():
    empty = StatusExport("題", "2022-07-20", "", {}, {}, (), ())
    assert faults(workbook(empty)) == [] and "提出期限なし" in page(empty).decode()


def test_the_page_says_the_same_and_needs_nothing_else(shown):
    data = page(shown)
    root = html.fromstring(data.decode())
    sums, measures, departments = root.xpath("//table")
    assert sums.xpath(".//td/text()") == ["1", "2", "23", "26"]
    rows = [[(td.text or "") for td in tr.xpath("td")] for tr in measures.xpath("tbody/tr")]
    assert [r[:4] for r in rows] == [[x.department, x.measure, x.name, x.state.value] for x in shown.lines]
    assert [r[8] for r in rows] == [x.remarks for x in shown.lines]
    assert [r[4] for r in rows] == [f"{x.late}日" if x.late else "" for x in shown.lines]
    assert len(departments.xpath("tbody/tr")) == 17
    assert root.get("lang") == "ja" and not root.xpath("//script | //link | //img | //*[@src] | //*[@href]")
    assert b"url(" not in data and data == page(shown)


@pytest.mark.libreoffice
def test_libreoffice_counts_as_we_do(shown, soffice, tmp_path: Path):
    path = tmp_path / "提出状況.xlsx"
    path.write_bytes(workbook(shown))
    rows = cells(soffice(path, "xlsx").read_bytes())
    assert rows[4][2:6] == [26, 1, 2, 23]
