"""A department that answers in prose: a mail without files, whose it is and what it says."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

import openpyxl
import pytest

from dxreport.collect.plan import FilePlan, Status
from dxreport.collect.senders import Senders
from dxreport.master.records import ReceiptState
from dxreport.status.round_status import status
from dxreport.status.words import unread_text
from tests.support.quarter import Quarter
from tests.support.sending import outlook

TEXT = "DX推進室 御中\n\n総務課です。変更ありません。\n> 7月1日 DX推進室:\n> 報告をお願いします。\n"


def eml(sender: str, text: str = TEXT, *, html: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["Date"], message["Subject"] = sender, "Thu, 14 Jul 2022 08:00:00 +0000", "Re: 報告の依頼"
    if text:
        message.set_content(text, charset="iso-2022-jp")
    if html:
        message.add_alternative(html, subtype="html") if text else message.set_content(html, subtype="html")
    return message.as_bytes()


def told(quarter: Quarter, data: bytes, name: str = "回答.eml") -> FilePlan:
    [file] = quarter.collect(quarter.put(data, name)).files
    return file


@pytest.mark.parametrize("html", ["", "<p>ほか</p>"])
def test_it_is_told_with_department_subject_and_first_lines(quarter: Quarter, html: str) -> None:
    file = told(quarter, eml("鈴木 <SOUMU@city.kisarazu.lg.jp>", html=html))
    [said] = file.problems
    assert (file.status, said.code) == (Status.REFUSED, "E460")
    assert "総務課（鈴木 <SOUMU@city.kisarazu.lg.jp>）" in said.message and "Re: 報告の依頼" in said.message
    assert said.value == "DX推進室 御中\n総務課です。変更ありません。"


def test_a_mail_in_html_alone_is_shown_as_text(quarter: Quarter) -> None:
    page = "<html><head><style>p {x: y}</style></head><body><p>変更&nbsp;ありません<br>以上</p></body></html>"
    assert told(quarter, eml("soumu@city.kisarazu.lg.jp", "", html=page)).problems[0].value == "変更 ありません\n以上"


def test_a_mail_of_outlook_too(quarter: Quarter) -> None:
    data = outlook(
        [], sender="総務課", address="soumu@city.kisarazu.lg.jp", subject="回答", body="変更ありません。\r\n"
    )
    [said] = told(quarter, data, "回答.msg").problems
    assert said.code == "E460" and "総務課（" in said.message and "「回答」" in said.message
    assert said.value == "変更ありません。"


def test_it_stands_in_the_ledger_and_in_status(quarter: Quarter) -> None:
    told(quarter, eml("soumu@city.kisarazu.lg.jp"))
    [row] = quarter.master.receipts
    assert (row.state, row.department, row.when) == (ReceiptState.REFUSED, "総務課", "2022-07-14 17:00:00")
    assert row.comments == "本文: DX推進室 御中 総務課です。変更ありません。"
    master = quarter.master
    [listed] = status(master, master.settings.round("第1四半期"), date(2022, 7, 20)).refused
    assert "総務課" in unread_text(listed) and "本文: DX推進室 御中 総務課です。変更ありません。" in unread_text(listed)


def test_a_mail_of_a_stranger_says_so(quarter: Quarter) -> None:
    [said] = told(quarter, eml("ad@example.com")).problems
    assert "「部署」にない差出人（ad@example.com）" in said.message
    assert quarter.master.receipts[0].department == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sender", "department"),
    [
        ("総務課 <soumu@city.kisarazu.lg.jp>", "総務課"),
        ("gakko@school.kisarazu.jp", "学校教育課"),  # it alone has addresses there
        ("other@city.kisarazu.lg.jp", ""),  # all departments have
        ("", ""),
    ],
)
def test_whose_a_mail_is(quarter: Quarter, sender: str, department: str) -> None:
    book = openpyxl.load_workbook(quarter.workspace.master)
    for row in book["部署"].iter_rows(min_row=2):
        if row[0].value == "学校教育課":
            row[2].value = "k.iwai@city.kisarazu.lg.jp、kyoiku@school.kisarazu.jp"
    book.save(quarter.workspace.master)
    assert Senders(quarter.master).department_of(sender) == department
