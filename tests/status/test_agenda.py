"""The work of a day: who is called, who is mailed, in which order, and with what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest

from dxreport.collect.dismiss import dismiss
from dxreport.collect.resolve import accept
from dxreport.mail.drafts import MailKind, out_folder, plan, record, write
from dxreport.status.agenda import Agenda, Way, agenda, names_in
from dxreport.status.round_status import status
from tests.support.packages import without_sheet
from tests.support.quarter import ANSWERS, OFFICE, RETURNED, Quarter, printed
from tests.support.sending import mail

pytestmark = pytest.mark.slow

P1 = "activity.progress/K1/1"
TODAY = date(2022, 7, 20)


def of(quarter: Quarter, today: date = TODAY) -> Agenda:
    master = quarter.master
    return agenda(quarter.workspace, master, status(master, master.settings.round("第1四半期"), today), today)


def draft(quarter: Quarter, kind: MailKind, day: int, *, hour: int = 10, but: tuple[str, ...] = ()) -> None:
    """Make drafts on a day of July; with ``but`` as if they had not been made for these departments."""
    master, now = quarter.master, datetime(2022, 7, day, hour)
    round_ = master.settings.round("第1四半期")
    made = plan(quarter.workspace, master, kind, round_, now)
    paths = write(quarter.workspace, made, out_folder(quarter.workspace, master, kind, round_)).paths
    kept = [(d, p) for d, p in zip(made.drafts, paths, strict=True) if d.department not in but]
    record(quarter.workspace, replace(made, drafts=tuple(d for d, _ in kept)), [p for _, p in kept], now)


def address(quarter: Quarter, **texts: str) -> None:
    """Write 宛先 by department, with 電話 for all of them."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    sheet = book["部署"]
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[0].value in texts:
            row[heads.index("宛先")].value = texts[row[0].value]
            row[heads.index("電話")].value = "内線 12"
    book.save(quarter.workspace.master)


def answer(quarter: Quarter, *but: str) -> None:
    """All departments answer but some."""
    departments = sorted({m.lead_department for m in ANSWERS.values()} - set(but) - {"経営改革課"})
    quarter.collect(*(quarter.put(quarter.filled({}, name), f"{name}.xlsx") for name in departments))


def test_the_order_is_unreached_held_reminded_and_first(quarter: Quarter) -> None:
    """As in the picture: 26 measures, 経営改革課 with five and 産業振興課 with two, 総務課 with two."""
    left = ("総務課", "職員課", "管財課", "収税対策室", OFFICE)
    answer(quarter, *left)
    quarter.collect(quarter.put(quarter.filled({"04-02": {P1: "順調"}}, "経営改革課"), "経営.xlsx"))
    address(quarter, 管財課="kanzai@city.kisarazulg.jp")
    draft(quarter, MailKind.RETURN, 18)
    draft(quarter, MailKind.REMIND, 19, but=(OFFICE, "職員課", "管財課", "経営改革課"))
    found = of(quarter)
    assert [(t.department, t.way) for t in found.tasks] == [
        ("管財課", Way.PHONE), ("収税対策室", Way.PHONE), ("経営改革課", Way.PHONE), ("総務課", Way.PHONE),
        ("職員課", Way.MAIL), (OFFICE, Way.MAIL),
    ]  # fmt: skip
    by = {t.department: t for t in found.tasks}
    assert [p.code for p in by["管財課"].faults] == ["W633"] and by["管財課"].phone == "内線 12"
    assert [p.code for p in by["収税対策室"].faults] == ["W631"]
    assert by["経営改革課"].told == "７月18日（月）\n差し戻し"
    assert [label for label, path in by["経営改革課"].files if path.is_file()] == [
        "差し戻しのブック",
        "差し戻しの下書き",
    ]
    assert by["総務課"].told == "７月19日（火）\n督促" and by[OFFICE].told == "まだ"
    assert {t.days_late for t in found.tasks} == {5} and [s.measure for s in by[OFFICE].sheets] == ["01-01", "01-04"]
    assert found.headline[0] == "今日は6部署に連絡します（電話4・メール2）。"


@pytest.mark.quick
def test_what_was_drafted_today_is_sent_today_and_asked_for_tomorrow(quarter: Quarter) -> None:
    draft(quarter, MailKind.REMIND, 20)
    first = next(t for t in of(quarter).tasks if t.department == "総務課")
    assert (first.way, [label for label, _ in first.files]) == (Way.MAIL, ["督促の下書き"]) and "今日" in first.todo
    later = next(t for t in of(quarter, date(2022, 7, 22)).tasks if t.department == "総務課")
    assert later.way is Way.PHONE and "2日後" in later.todo
    assert of(quarter).command == "dxreport status"


def test_a_return_drafted_again_today_is_sent_today(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    for day, way in ((18, Way.PHONE), (20, Way.MAIL)):
        draft(quarter, MailKind.RETURN, day)
        assert next(t for t in of(quarter).tasks if t.department == OFFICE).way is way


def test_a_return_made_before_the_sheet_came_again_does_not_count(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    draft(quarter, MailKind.RETURN, 15)
    assert next(t for t in of(quarter).tasks if t.department == OFFICE).way is Way.PHONE
    quarter.collect(quarter.filled({"01-01": {P1: "だいたい"}}), now=datetime(2022, 7, 19))
    found = next(t for t in of(quarter).tasks if t.department == OFFICE)
    assert found.way is Way.MAIL and "mail return" in found.todo
    assert of(quarter).command == "dxreport mail return"


def test_reminders_are_counted_without_sendbacks(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    draft(quarter, MailKind.RETURN, 15)
    draft(quarter, MailKind.REMIND, 19)
    assert next(t for t in of(quarter).tasks if t.department == OFFICE).told == "７月19日（火）\n督促"
    draft(quarter, MailKind.REMIND, 20)
    assert next(t for t in of(quarter).tasks if t.department == OFFICE).told == "７月20日（水）\n督促 2回目"


def test_a_reminder_is_no_return(quarter: Quarter) -> None:
    """The sheet came after the reminder of the day; tomorrow the reminder alone is no reason to call either."""
    draft(quarter, MailKind.REMIND, 20)
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}), now=datetime(2022, 7, 20, 15))
    for day in (20, 21):
        found = of(quarter, date(2022, 7, day))
        task = next(t for t in found.tasks if t.department == OFFICE)
        assert (task.way, "mail return" in task.todo) == (Way.MAIL, True)
        assert [label for label, _ in task.files] == ["差し戻しのブック", "督促の下書き"]
        assert found.command == "dxreport mail return"
    draft(quarter, MailKind.RETURN, 20, hour=16)
    task = next(t for t in of(quarter).tasks if t.department == OFFICE)
    assert task.todo == "今日作った差し戻しの下書きを送る" and of(quarter).command == "dxreport status"


def test_a_draft_of_the_same_day_is_out_of_date_once_the_corrected_file_is_held_again(quarter: Quarter) -> None:
    """It attaches the marked copy of the first return."""
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}), now=datetime(2022, 7, 20, 9))
    draft(quarter, MailKind.RETURN, 20)
    quarter.collect(quarter.filled({"01-01": {P1: "だいたい"}}), now=datetime(2022, 7, 20, 15))
    task = next(t for t in of(quarter).tasks if t.department == OFFICE)
    assert "mail return" in task.todo and [label for label, _ in task.files] == ["差し戻しのブック"]
    assert of(quarter).command == "dxreport mail return"


def test_a_marked_copy_of_a_return_that_is_settled_is_no_longer_offered(quarter: Quarter) -> None:
    """The file stays; it may have been edited."""
    quarter.collect(without_sheet(quarter.filled({"01-01": {P1: "順調"}}), "01-04"))
    [copy] = (quarter.workspace.reports / "差し戻し").iterdir()

    def offered() -> list[str]:
        [task] = [t for t in of(quarter).tasks if t.department == OFFICE]
        master = quarter.master
        made = plan(quarter.workspace, master, MailKind.REMIND, master.settings.round("第1四半期"), RETURNED)
        [mine] = [d for d in made.drafts if d.department == OFFICE]
        return [path.name for _, path in task.files if path == copy] + [n for n in mine.attachments if "差し戻し" in n]

    assert len(offered()) == 2
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED)
    assert offered() == [] and copy.exists()


def test_before_the_deadline_only_who_cannot_be_reached_is_called(quarter: Quarter) -> None:
    found = of(quarter, date(2022, 7, 12))
    assert [t.department for t in found.tasks] == ["収税対策室"] and found.tasks[0].days_late == 0
    assert found.headline[1].startswith("提出期限は７月15日（金）、あと3日です。")
    assert of(quarter, date(2022, 7, 15)).headline[1].startswith("提出期限は７月15日（金）、今日です。")
    assert found.due_today == ()


def test_on_the_day_of_the_deadline_what_is_missing_is_named(quarter: Quarter) -> None:
    address(quarter, 収税対策室="zei@city.kisarazu.lg.jp")
    answer(quarter, OFFICE)
    to_come = {str(ref): "" for ref in printed("03-04") if ref.period > 1}
    quarter.collect(quarter.put(quarter.filled({"03-04": to_come}, "経営改革課"), "経営.xlsx"))
    assert of(quarter, date(2022, 7, 15)).headline == (
        "提出期限は７月15日（金）、今日です。26施策のうち24がそろいました。",
        f"今日が期限で、まだ届いていないのは、{OFFICE} 01-01・01-04です。",
    )
    assert not any("今日が期限" in said for said in of(quarter).headline)


def test_people_are_named_once() -> None:
    assert names_in("江澤・栗林") + names_in("江澤 ") + names_in("栗林（内線12、13）\n丸山、成田") == [
        "江澤", "栗林", "江澤", "栗林（内線12、13）", "丸山", "成田",
    ]  # fmt: skip


def test_contacts_are_named_once_for_all_sheets_of_a_department(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "江澤・栗林"})
    quarter.write("01-04", {"contact_person": "江澤"})
    assert next(t.people for t in of(quarter).tasks if t.department == OFFICE) == "江澤、栗林"


def test_before_anybody_answers_the_request_goes_out_and_then_the_returns_are_awaited(quarter: Quarter) -> None:
    """収税対策室 has no address at first, so that the day begins with a call."""
    early = date(2022, 7, 4)
    assert of(quarter, early).command == "dxreport mail request"
    draft(quarter, MailKind.REQUEST, 4)
    assert of(quarter, early).command == "dxreport status"
    address(quarter, 収税対策室="shuuzei@city.kisarazu.lg.jp")
    assert of(quarter, early).tasks == () and of(quarter, early).command == "dxreport collect 返送のフォルダー"


def test_conflicts_and_files_of_nobody_are_work_too(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当"})
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署"}}), quarter.put(b"?", "写真.jpg"))
    found = of(quarter)
    assert [(m.id, c.id) for m, c in found.conflicts] == [("01-01", "C0001")]
    assert found.decisions[0].split("\n")[1:] == [
        "発行時「利用促進事業費及び加盟促進事業費を予算化」 返送「部署」 マスター「担当」"
    ]
    assert [r.id for r in found.unread] == ["U0002"]
    assert found.headline[1:3] == ("競合1件を決めます。", "受付不可のファイル1件を確かめます。")
    dismiss(quarter.workspace, "U0002", "広告", RETURNED)
    assert of(quarter).unread == ()


def test_a_conflict_is_work_in_every_round_until_it_is_decided(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当"})
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署"}}))
    master = quarter.master
    later = agenda(quarter.workspace, master, status(master, master.settings.round("第2四半期"), TODAY), TODAY)
    assert [(m.id, c.id) for m, c in later.conflicts] == [("01-01", "C0001")]
    [line] = later.decisions
    assert line.startswith("C0001") and OFFICE in line and "競合1件を決めます。" in later.headline
    assert not any(s.conflicts for s in later.found.sheets)


def test_a_department_that_wrote_a_mail_is_read_before_it_is_chased(quarter: Quarter) -> None:
    data = mail([]).replace(b"sangyou@example.lg.jp", b"sangyou@city.kisarazu.lg.jp")
    quarter.collect(quarter.put(data, "回答.eml"))
    todo = {t.department: t.todo for t in of(quarter).tasks}
    assert todo[OFFICE].startswith("届いたメール U0001 を先に読む。") and "U0001" not in todo["総務課"]


def test_when_everything_is_in_it_is_one_sentence(quarter: Quarter) -> None:
    answer(quarter)
    to_come = {str(ref): "" for ref in printed("03-04") if ref.period > 1}
    quarter.collect(quarter.put(quarter.filled({"03-04": to_come}, "経営改革課"), "経営.xlsx"))
    found = of(quarter)
    assert found.headline == ("26施策すべて、提出済みです。",) and found.tasks == () and found.settled
    assert found.command == "dxreport report --quarter 1"
    quarter.collect(quarter.put(b"?", "写真.jpg"))
    found = of(quarter)
    assert not found.settled and found.command == "dxreport status"
    assert found.headline[:2] == ("今日、連絡する部署はありません。", "受付不可のファイル1件を確かめます。")


@pytest.mark.parametrize(
    ("to", "codes", "way"),
    [
        ("だれか", ["W632"], Way.PHONE),
        ("soumu@city.kisarazu.lg.jp、担当", ["W632"], Way.PHONE),
        ("soumu@citykisarazu.lg.jp", ["W633"], Way.PHONE),
        ("soumu@example.com", ["W634"], Way.MAIL),  # it may be right: it is said, and does not keep from mailing
        ("soumu@dx.city.kisarazu.lg.jp", [], Way.MAIL),
    ],
)
def test_what_is_wrong_with_an_address(quarter: Quarter, to: str, codes: list[str], way: Way) -> None:
    address(quarter, 総務課=to)
    task = next(t for t in of(quarter).tasks if t.department == "総務課")
    assert ([p.code for p in task.faults], task.way) == (codes, way)
