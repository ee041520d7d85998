"""The state of a round as workbook and page: both say what status says, as written."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from lxml import html

from dxreport.domain import problems
from dxreport.domain.model import Round
from dxreport.domain.problems import problem
from dxreport.mail.drafts import MailKind, out_folder, plan, record, write
from dxreport.master.records import Receipt, ReceiptState
from dxreport.status import words
from dxreport.status.agenda import Agenda, Task, Way, agenda
from dxreport.status.next_step import Step
from dxreport.status.page import page
from dxreport.status.round_status import RoundStatus, SheetStatus, State, status
from dxreport.status.workbook import HEADS, TASKS, TODAY, workbook
from tests.support.packages import faults
from tests.support.quarter import OFFICE, Quarter, copy

LATE = datetime(2022, 7, 20)
HEADING = 7  # the table's row


class Shown(NamedTuple):
    """What is drawn, and the folder of the file."""

    agenda: Agenda
    folder: Path


@pytest.fixture(scope="module")
def shown(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """産業振興課 sent one sheet wrong and one right, 職員課 right; another file was no workbook.

    The wrong one went back on 18 July.
    """
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("export"))
    wrong = quarter.filled({"01-01": {"activity.progress/K1/1": "=だいたい"}})
    quarter.collect(wrong, quarter.filled({}, "職員課"), quarter.put(b"PK\3\4", "壊れた.xlsx"))
    master, now = quarter.master, datetime(2022, 7, 18, 9)
    round_ = master.settings.round("第1四半期")
    drafts = plan(quarter.workspace, master, MailKind.RETURN, round_, now)
    paths = write(quarter.workspace, drafts, out_folder(quarter.workspace, master, MailKind.RETURN, round_)).paths
    record(quarter.workspace, drafts, paths, now)
    today = agenda(quarter.workspace, master, status(master, round_, LATE.date()), LATE.date())
    return Shown(today, quarter.workspace.reports)


def cells(data: bytes, sheet: str = "提出状況") -> list[list]:
    return [
        list(row) for row in openpyxl.load_workbook(io.BytesIO(data), data_only=True)[sheet].iter_rows(values_only=True)
    ]


def test_the_export_counts_every_measure_once(shown):
    found = shown.agenda.found
    assert found.sums == {State.HELD: 1, State.MERGED: 2, State.MISSING: 23}
    assert len(found.sheets) == 26
    assert list(found.departments) == list(dict.fromkeys(s.department for s in found.sheets))
    assert found.departments[OFFICE] == {State.HELD: 1, State.MERGED: 1}
    [held] = [s for s in found.sheets if s.state is State.HELD]
    assert (held.measure, held.days_late, held.receipt.id) == ("01-01", 5, "U0001")
    assert (words.day(held.issue), words.day(held.receipt)) == ("７月１日（金）", "７月14日（木）")
    assert "=だいたい" in words.remarks(held)
    assert words.unread_text(shown.agenda.unread[0]).startswith("U0003 壊れた.xlsx")


def test_the_workbook_says_the_same(shown):
    data = workbook(*shown)
    rows = cells(data)
    assert (
        rows[0][0] == "令和４年度　第1四半期　提出状況"
        and rows[1][0] == "令和４年７月20日（水） 現在　　提出期限 令和４年７月15日（金）"
    )
    assert rows[3][2:6] == ["施策の数", "差し戻し", "反映済", "未提出"] and rows[4][2:6] == [26, 1, 2, 23]
    assert rows[HEADING - 1] == list(HEADS)
    expected = [
        [x or None for x in (s.department, s.measure, s.name, s.state.value, s.days_late, words.day(s.issue),
                             words.day(s.receipt), s.receipt and s.receipt.id, words.remarks(s))]
        for s in shown.agenda.found.sheets
    ]  # fmt: skip
    assert rows[HEADING : HEADING + 26] == expected
    by_department = cells(data, "部署別")
    assert by_department[3][0] == "総務課" and by_department[-1] == ["計", 1, 2, 23, 26]
    assert [sum(x or 0 for x in column) for column in zip(*(row[1:] for row in by_department[3:-1]), strict=True)] == [
        1,
        2,
        23,
        26,
    ]


def test_the_sums_are_counted_by_the_workbook_too(shown):
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(*shown)))["提出状況"]
    assert sheet["D5"].value == '=COUNTIF($D$8:$D$33,"差し戻し")' and sheet["C5"].value == "=COUNTA($B$8:$B$33)"


def test_the_workbook_is_a_table_to_filter_and_to_print(shown):
    data = workbook(*shown)
    assert faults(data) == [] and data == workbook(*shown)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["提出状況"]
    assert sheet.tables["提出状況表"].ref == "A7:I33" and sheet.tables["提出状況表"].autoFilter.ref == "A7:I33"
    assert sheet.freeze_panes == "C8" and sheet.print_title_rows == "$7:$7"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0  # as wide as the page
    assert sheet.row_dimensions[8 + [s.state for s in shown.agenda.found.sheets].index(State.HELD)].height > 16


def only(*sheets: SheetStatus, tasks: tuple[Task, ...] = (), unread: tuple[Receipt, ...] = ()) -> Agenda:
    """The agenda of a round of these sheets."""
    found = RoundStatus(Round("第1四半期", 1), sheets, unread)
    return Agenda("令和４年度", found, LATE.date(), tasks, (), unread, True, Step("dxreport publish"))


@pytest.mark.parametrize("text", ["=1+1", "<b>太字</b> & {{ x }}", "http://example.jp", "@SUM(A1)", "1250", "a\nb"])
def test_texts_stay_texts(text, monkeypatch: pytest.MonkeyPatch):
    for name in ("headline", "notices", "decisions"):
        monkeypatch.setattr(Agenda, name, (text,))
    monkeypatch.setattr(Task, "told", text)
    monkeypatch.setattr(words, "unread_text", lambda _: text)
    held = Receipt(
        "U0001", "2022-07-14 09:00:00", text, "", "", text, "第1四半期", "01-01", ReceiptState.HELD, note=text
    )
    sheet = SheetStatus(text, "01-01", text, State.HELD, receipt=held, days_late=3)
    faulty = (replace(problem(problems.ADDRESS_MISSING, {}, sheet="部署"), message=text),)
    task = Task(text, Way.PHONE, text, text, text, faulty, (sheet,), None, 0, text, ((text, Path("a.xlsx")),), 0, False)
    evil = only(sheet, tasks=(task,), unread=(held,))
    data = workbook(evil, Path())
    register = openpyxl.load_workbook(io.BytesIO(data))["提出状況"]
    assert (register["A8"].value, register["A8"].data_type, register["I8"].value) == (text, "s", text)
    today = [cell for row in cells(data, TODAY) for cell in row]
    assert today.count(text) == 7  # headline, notice, department, last reminder, what to do, decision, file
    assert not register._hyperlinks and faults(data) == []
    root = html.fromstring(page(evil, Path()).decode())
    assert root.xpath("//p[@class='name']/text()") == [text] and "太字" not in root.xpath("//b/text()")


def test_a_round_without_measures_is_a_tidy_file():
    empty = only()
    data = workbook(empty, Path())
    assert faults(data) == [] and "提出期限なし" in page(empty, Path()).decode()
    assert [row[0] for row in cells(data, TODAY)][1:] == ["対象の施策はありません。"]


def test_the_work_of_the_day_comes_first_in_the_workbook(shown):
    book = openpyxl.load_workbook(io.BytesIO(workbook(*shown)))
    assert book.sheetnames == [TODAY, "提出状況", "部署別"]
    sheet = book[TODAY]
    column = [cell.value for cell in sheet["A"] if cell.value]
    assert column[1:3] == ["今日は16部署に連絡します（電話2・メール14）。", "受付不可のファイル1件を確かめます。"]
    assert [text for text in column if "部署" in text][1:] == ["電話する　2部署", "メールを送る　14部署"]
    heads = [row for row in sheet.iter_rows(values_only=True) if list(row) == list(TASKS)]
    assert len(heads) == 2 and column.count("□") == 2 + 16 + 1
    links = {cell.value: cell.hyperlink.target for cell in sheet["G"] if cell.hyperlink}
    assert links == {
        "差し戻しのブックを開く": "差し戻し\\U0001_返送1_差し戻し.xlsx",
        "差し戻しの下書きを開く": "令和４年度_第1四半期_メール_差し戻し\\産業振興課.eml",
    }
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert len(sheet._charts) == 1  # the bar


def test_the_page_says_the_same_and_needs_nothing_else(shown):
    data = page(*shown)
    root = html.fromstring(data.decode())
    phone, mail, *register = root.xpath("//table")
    names = [table.xpath(".//p[@class='name']/text()") for table in (phone, mail)]
    assert names[0] == ["収税対策室", OFFICE] and len(names[1]) == 14 and OFFICE not in names[1]
    assert root.xpath("//ul[@class='key']//b/text()") == ["2", "1", "23"]  # 反映済, 差し戻し, 未提出
    assert [div.get("class") for div in root.xpath("//div[@class='bar']/div")] == [
        "fill-MERGED", "fill-HELD", "fill-MISSING",
    ]  # fmt: skip
    rows = [tr for table in register for tr in table.xpath("tbody/tr")]
    assert [tr.xpath("td[2]/text()") for tr in rows] == [[s.measure] for s in shown.agenda.found.sheets]
    assert [tr.xpath("td[4]/span/text()") for tr in rows] == [[s.state.value] for s in shown.agenda.found.sheets]
    assert sum("=だいたい" in text for text in root.xpath("//p[@class='reason']/text()")) == 1
    assert root.get("lang") == "ja" and not root.xpath("//script | //link | //img | //*[@src]")
    links = root.xpath("//a/@href")
    assert len(links) == 2 and not any(":" in link or link.startswith("/") for link in links)
    assert b"url(" not in data and data == page(*shown)


@pytest.mark.libreoffice
def test_libreoffice_counts_as_we_do(shown, soffice, tmp_path: Path):
    path = tmp_path / "提出状況.xlsx"
    path.write_bytes(workbook(*shown))
    rows = cells(soffice(path, "xlsx").read_bytes())
    assert rows[4][2:6] == [26, 1, 2, 23]
