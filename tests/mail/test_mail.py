"""Who is written to, about which sheets, with which files; and who is left in peace."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import DxreportError, UsageError
from dxreport.domain.fields import Ref
from dxreport.domain.names import Names
from dxreport.intake.gather import gather
from dxreport.intake.workbook import open_workbook
from dxreport.issue.store import workbook_path
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.mail import drafts as mail
from dxreport.mail.drafts import MailKind
from dxreport.master.build import master_bytes
from dxreport.master.records import ReceiptState
from dxreport.master.write import MasterEdit
from dxreport.ooxml.correction import ADDED_SHEETS
from dxreport.sendback.fill import fill
from tests.support import edits
from tests.support.halves import ELSE, ONE, TWO
from tests.support.packages import sheet_xml, with_sheet
from tests.support.quarter import ISSUED, OFFICE, RETURNED, Edits, Quarter, copy, issue

pytestmark = pytest.mark.slow

LATE = datetime(2022, 7, 20, 9)  # five days after the deadline
ON_THE_DAY = datetime(2022, 7, 15, 17)
WITHOUT_ADDRESS = "収税対策室"
NAME = "産業振興課（修正版） 2.xlsx"
WRONG = {"01-01": {"activity.progress/K1/1": "だいたい"}}  # E101


def drafts(quarter: Quarter, kind: MailKind, now: datetime = LATE, round_: str = "第1四半期") -> mail.Drafts:
    master = quarter.master
    return mail.plan(quarter.workspace, master, kind, master.settings.round(round_), now)


def read(draft: mail.Draft) -> EmailMessage:
    return email.message_from_bytes(draft.data, policy=email.policy.default)


def body(draft: mail.Draft) -> str:
    return read(draft).get_body().get_content()


def body_of(data: bytes) -> str:
    return email.message_from_bytes(data, policy=email.policy.default).get_body().get_content()


def files(draft: mail.Draft) -> dict[str, bytes]:
    return {part.get_filename(): part.get_payload(decode=True) for part in read(draft).iter_attachments()}


def owed(found: mail.Drafts) -> dict[str, list[str]]:
    return {d.department: [s.measure for s in d.sheets] for d in found.drafts}


@pytest.fixture(scope="module")
def held(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    """The quarter after 産業振興課 sent 01-01 wrong, under a name of its own, and 01-04 right; no test changes it."""
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("held"))
    quarter.collect(quarter.put(quarter.filled(WRONG), NAME))
    return quarter


@pytest.mark.quick
def test_a_request_goes_to_every_department_with_its_workbook(issued_quarter):
    found = drafts(issued_quarter, MailKind.REQUEST, ISSUED)
    master = issued_quarter.master
    expected = {i.department: i for i in master.issues if i.department != WITHOUT_ADDRESS}
    assert [d.department for d in found.drafts] == list(expected)  # 建制順
    for d in found.drafts:
        issued = expected[d.department]
        [(name, data)] = files(d).items()
        assert (name, hashlib.sha256(data).hexdigest()) == (issued.file, issued.sha256)
        text = body(d)
        assert all(f"{id_}　{master.measure(id_).name}" in text for id_ in issued.measures)
        assert text.startswith(f"{d.department}　ご担当者様") and "令和４年７月15日（金）までに" in text
        assert d.department in read(d)["Subject"] and "第1四半期" in read(d)["Subject"]
        assert read(d)["To"] == master.department(d.department).to and "Cc" not in read(d)


def test_only_a_round_with_the_box_asks_to_tick_it(quarter):
    book = openpyxl.load_workbook(quarter.workspace.master)
    cells = [
        c for row in book["設定"].iter_rows() for c in row if isinstance(c.value, str) and "報告事項なし" in c.value
    ]
    assert "報告事項なし" in body(drafts(quarter, MailKind.REQUEST).drafts[0])
    for cell in cells:
        cell.value = "、".join(word for word in cell.value.split("、") if word != "報告事項なし")
    book.save(quarter.workspace.master)
    assert "報告事項なし" not in body(drafts(quarter, MailKind.REQUEST).drafts[0])


def test_a_department_without_address_is_named(issued_quarter):
    [obstacle] = drafts(issued_quarter, MailKind.REQUEST).obstacles
    assert obstacle.department == WITHOUT_ADDRESS and "宛先がありません" in obstacle.reason and "部署" in obstacle.fix


@pytest.mark.parametrize("kind", MailKind)
def test_nothing_to_ask_for_before_anything_was_issued(kind, issued_quarter):
    with pytest.raises(UsageError, match="発行されていません"):
        drafts(issued_quarter, kind, round_="第2四半期")


def test_a_reminder_names_what_is_missing_since_when_until_when_and_how_late(issued_quarter):
    found = drafts(issued_quarter, MailKind.REMIND)
    d = next(d for d in found.drafts if d.department == OFFICE)
    text = body(d)
    for words in (
        "01-01　",
        "01-04　",
        "令和４年７月１日（金）に報告を依頼",
        "提出期限の令和４年７月15日（金）を 5 日過ぎています",
    ):
        assert words in text
    early = body(
        next(d for d in drafts(issued_quarter, MailKind.REMIND, datetime(2022, 7, 12)).drafts if d.department == OFFICE)
    )
    assert "過ぎています" not in early and "提出期限は令和４年７月15日（金）です" in early


def test_nobody_is_chased_for_what_came_in(quarter):
    quarter.collect(quarter.filled({}), quarter.filled({}, "総務課"))
    found = drafts(quarter, MailKind.REMIND)
    assert {OFFICE, "総務課"}.isdisjoint(owed(found)) and len(found.drafts) == 14


def test_nobody_is_chased_whose_return_is_under_review(quarter):
    quarter.write(
        "04-01", {"activity.progress/K1/1": "進捗遅延・課題あり", "activity.countermeasure/K1/1": "電話で確認"}
    )
    plan = quarter.collect(quarter.filled({"04-01": {"activity.progress/K1/1": "予定通り"}}, "職員課"))
    assert plan.conflicts
    assert "職員課" not in owed(drafts(quarter, MailKind.REMIND))


def test_only_the_sheets_that_are_owed_are_named(held):
    assert owed(drafts(held, MailKind.REMIND))[OFFICE] == ["01-01"]
    [d] = drafts(held, MailKind.RETURN).drafts
    assert (d.department, [s.measure for s in d.sheets]) == (OFFICE, ["01-01"])
    assert "だいたい" in body(d) and "01-04" not in body(d)
    assert OFFICE not in owed(drafts(held, MailKind.REQUEST))


def test_what_goes_back_is_the_marked_copy(held):
    [marked] = (held.workspace.reports / "差し戻し").iterdir()
    assert ADDED_SHEETS[0] in [s.name for s in open_workbook(marked.read_bytes()).sheets]
    for kind in (MailKind.RETURN, MailKind.REMIND):
        d = next(d for d in drafts(held, kind).drafts if d.department == OFFICE)
        assert files(d) == {"産業振興課（修正版） 2_差し戻し.xlsx": marked.read_bytes()}
    assert "令和４年７月14日（木）に受け取り" in body(d)


@pytest.mark.parametrize(("came", "late"), [(RETURNED, False), (ON_THE_DAY, False), (LATE, True)])
def test_who_returned_in_time_is_not_told_to_be_late(quarter, came, late):
    quarter.collect(quarter.put(quarter.filled(WRONG), NAME), now=came)
    again = {"01-01": {"activity.progress/K1/1": "ほぼ順調"}}
    for now in (LATE, datetime(2022, 7, 21, 9)):  # corrected after the deadline, and wrong again
        [draft] = drafts(quarter, MailKind.RETURN, now).drafts
        assert ("日過ぎて" in body(draft), "提出期限" in body(draft)) == (late, late)
        quarter.collect(quarter.put(quarter.filled(again), "再.xlsx"), now=datetime(2022, 7, 20, 18))
    early = datetime(2022, 7, 15, 9)
    if not late:
        assert "提出期限は令和４年７月15日（金）です" in body(drafts(quarter, MailKind.RETURN, early).drafts[0])


def test_a_deadline_to_come_is_told_though_another_has_passed(quarter):
    """01-01 came in time and 01-04 has a deadline of its own: neither is late, and one of them has time left."""
    [again] = issue(quarter, measures=("01-04",), deadline="2022-08-05")
    wrong = {"01-04": {Ref.parse(ref): text for ref, text in WRONG["01-01"].items()}}
    quarter.collect(quarter.filled(WRONG), fill(again.data, quarter.form, wrong, quarter=1, year=1))
    [draft] = drafts(quarter, MailKind.RETURN).drafts
    assert [(s.measure, s.days_late) for s in draft.sheets] == [("01-01", 5), ("01-04", 0)]
    assert "01-04は令和４年８月５日（金）" in body(draft) and "日過ぎて" not in body(draft)


def test_the_deadline_of_most_sheets_is_the_one_that_is_told(quarter):
    first, *others = (m.id for m in quarter.master.measures if m.lead_department == "経営改革課")
    issue(quarter, measures=(first,), deadline="2022-08-05")
    [draft] = [d for d in drafts(quarter, MailKind.REQUEST, ISSUED).drafts if d.department == "経営改革課"]
    assert len(others) > 1 and f"令和４年７月15日（金）（{first}は令和４年８月５日（金））までに" in body(draft)


def test_a_corrected_return_ends_it(held, tmp_path):
    quarter = copy(held, tmp_path)
    quarter.collect(quarter.filled({}))
    assert not drafts(quarter, MailKind.RETURN).drafts and OFFICE not in owed(drafts(quarter, MailKind.REMIND))


def test_where_a_marked_copy_is_gone_the_issued_workbook_goes_out_and_it_is_told(held, tmp_path):
    quarter = copy(held, tmp_path)
    shutil.rmtree(quarter.workspace.reports / "差し戻し")
    found = drafts(quarter, MailKind.RETURN)
    [draft] = found.drafts
    assert list(files(draft)) == ["令和４年度_第1四半期_産業振興課.xlsx"]
    assert [(o.department, "U0001" in o.reason, "collect" in o.fix) for o in found.obstacles] == [(OFFICE, True, True)]


def strayed(quarter: Quarter, answers: Edits) -> bytes:
    """Return the book of 計画 with these texts typed into 01-01."""
    [planned] = [i for i in quarter.master.issues if (i.round, i.department) == ("計画", OFFICE)]
    typed = {"01-01": {Ref.parse(ref): text for ref, text in answers.items()}}
    return fill(workbook_path(quarter.workspace, planned.id).read_bytes(), quarter.form, typed, quarter=0, year=1)


def test_a_sheet_filled_in_for_another_round_is_asked_for_in_the_mail_of_that_round_with_its_book(quarter):
    issue(quarter, "計画", RETURNED - timedelta(5), departments=(OFFICE,))
    quarter.collect(quarter.put(strayed(quarter, ONE | TWO), "取り違え.xlsx"))
    [draft] = drafts(quarter, MailKind.RETURN).drafts
    [clean, marked] = files(draft)
    assert (clean, files(draft)[clean]) == ("令和４年度_第1四半期_産業振興課.xlsx", quarter.book())
    assert f"第1四半期に配付した「{clean}」（添付しました）に記入して" in body(draft) and "計画の回答" not in body(
        draft
    )
    listed = openpyxl.load_workbook(io.BytesIO(files(draft)[marked]))["差し戻し"]["A3"].value
    assert listed.startswith("第1四半期の報告は、このファイルではなく、第1四半期に配付したファイルに")
    assert not drafts(quarter, MailKind.RETURN, round_="計画").drafts
    assert owed(drafts(quarter, MailKind.REMIND, round_="計画"))[OFFICE] == ["01-01"]


def test_a_sheet_with_answers_of_two_rounds_is_asked_for_in_one_mail_at_a_time(quarter):
    issue(quarter, "計画", RETURNED - timedelta(5), departments=(OFFICE,))
    quarter.collect(quarter.put(strayed(quarter, ONE | TWO | {"goal": "改めた目標"}), "両方.xlsx"))
    [draft] = drafts(quarter, MailKind.RETURN).drafts
    assert "01-01の計画の回答も直されたとき" in body(draft)
    for kind in (MailKind.RETURN, MailKind.REMIND):
        found = drafts(quarter, kind, round_="計画")
        assert "01-01" not in owed(found).get(OFFICE, [])
        assert [(e.department, e.measure, e.round) for e in found.elsewhere] == [(OFFICE, "01-01", "第1四半期")]
    quarter.collect(quarter.filled({}))
    assert not drafts(quarter, MailKind.RETURN).drafts
    [draft] = drafts(quarter, MailKind.RETURN, round_="計画").drafts
    assert list(files(draft)) == ["両方_差し戻し.xlsx"]
    assert "印のあるセルをもとに戻して" in body(draft) and "添付しました" not in body(draft)
    undone = strayed(quarter, {"goal": "改めた目標"})
    quarter.collect(quarter.put(undone, "計画だけ.xlsx"))
    assert (
        not drafts(quarter, MailKind.RETURN, round_="計画").drafts and quarter.values("01-01")["goal"] == "改めた目標"
    )


def test_a_sheet_that_is_twice_in_a_book_goes_back_in_that_book(quarter):
    data = quarter.filled({})
    quarter.collect(quarter.put(with_sheet(data, "01-01 (2)", sheet_xml(data, "01-01")), "複写.xlsx"))
    found = drafts(quarter, MailKind.RETURN)
    [(name, back)] = files(found.drafts[0]).items()
    assert (name, [s.measure for s in found.drafts[0].sheets], found.obstacles) == ("複写_差し戻し.xlsx", ["01-01"], ())
    book = openpyxl.load_workbook(io.BytesIO(back))
    assert [book["差し戻し"].cell(row, 2).value for row in (7, 8)] == ["01-01", "01-01 (2)"]
    del book["01-01 (2)"]
    path = quarter.put(b"", name)
    book.save(path)
    quarter.collect(path)
    assert not drafts(quarter, MailKind.RETURN).drafts


def test_a_mail_without_a_marked_copy_says_so_and_collect_makes_one(quarter):
    quarter.collect(*(quarter.filled({"01-01": part, "01-04": ELSE}, full=False) for part in (ONE, TWO)))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    found = drafts(quarter, MailKind.RETURN)
    assert list(files(found.drafts[0])) == ["令和４年度_第1四半期_産業振興課.xlsx"]
    text = body(found.drafts[0])
    assert (
        "印を付けたファイルをお返しできません" in text
        and "「差し戻し」シート" not in text
        and "印を付けたものです" not in text
    )
    assert "「令和４年度_第1四半期_産業振興課.xlsx」（添付しました）に記入し直して" in text
    [fix] = [o.fix for o in found.obstacles]
    quarter.collect(Path(fix.split('"')[1]))
    found = drafts(quarter, MailKind.RETURN)
    assert (list(files(found.drafts[0])), found.obstacles) == (["返送2_差し戻し.xlsx"], ())
    assert "印を付けたものです" in body(found.drafts[0]) and "お返しできません" not in body(found.drafts[0])


def test_of_two_books_with_the_same_sheet_the_newer_one_is_named(quarter):
    quarter.write("01-01", {"goal": "改めた目標"})
    issue(quarter, now=LATE, measures=("01-01",))
    for kind in (MailKind.REQUEST, MailKind.REMIND):
        found = {d.department: d for d in drafts(quarter, kind).drafts}
        both, text = list(files(found[OFFICE])), body(found[OFFICE])
        assert both == ["令和４年度_第1四半期_産業振興課_01-01.xlsx", "令和４年度_第1四半期_産業振興課.xlsx"]
        said = [line.strip() for line in text.splitlines() if "記入するファイル: " in line]
        assert said == [f"記入するファイル: {name}" for name in both]
        assert "01-01のシートは、ほかの添付ファイルにも入っています" in text and "01-04のシート" not in text
        assert "記入するファイル" not in body(found["職員課"])


def test_a_kept_workbook_that_is_gone_stops_everything(quarter):
    workbook_path(quarter.workspace, "R04Q1-003").unlink()
    with pytest.raises(DxreportError, match="R04Q1-003") as caught:
        drafts(quarter, MailKind.REQUEST)
    assert caught.value.exit_code == 3


def test_a_workbook_issued_in_two_parts_goes_out_in_one_mail(quarter):
    [again] = issue(quarter, now=LATE, measures=("01-04",))
    d = next(d for d in drafts(quarter, MailKind.REQUEST).drafts if d.department == OFFICE)
    assert list(files(d)) == ["令和４年度_第1四半期_産業振興課.xlsx", "令和４年度_第1四半期_産業振興課_01-04.xlsx"]
    assert list(files(d).values())[1] == again.data


def test_files_of_one_name_are_told_apart(quarter):
    quarter.write("01-01", {"goal": "改めた目標"})
    quarter.write("01-04", {"goal": "改めた目標"})
    issue(quarter, now=LATE)
    edit = MasterEdit(quarter.master)  # as if the second had held one measure only
    newest = [i for i in quarter.master.issues if i.department == OFFICE][-1]
    edit.update(replace(newest, measures=("01-04",)))
    quarter.workspace.master.write_bytes(edit.data())
    d = next(d for d in drafts(quarter, MailKind.REQUEST).drafts if d.department == OFFICE)
    assert list(files(d)) == ["令和４年度_第1四半期_産業振興課.xlsx", "令和４年度_第1四半期_産業振興課（2）.xlsx"]
    assert len(set(files(d).values())) == 2


def test_several_addresses_and_copies(tmp_path):
    people = "課長 <kacho@x.jp>、soumu@x.jp；dx@x.jp\n"
    departments = [replace(d, to=people, cc="cc@x.jp, だれか") if d.name == OFFICE else d for d in DEPARTMENTS]
    create(tmp_path / "w", ISSUED.date(), sample=True)
    quarter = Quarter(tmp_path / "w")
    quarter.workspace.master.write_bytes(master_bytes(sample.settings(), departments, sample.load(with_answers=False)))
    issue(quarter, departments=(OFFICE,))
    found = drafts(quarter, MailKind.REQUEST)
    [d] = found.drafts
    assert [a.addr_spec for a in read(d)["To"].addresses] == ["kacho@x.jp", "soumu@x.jp", "dx@x.jp"]
    assert read(d)["To"].addresses[0].display_name == "課長" and str(read(d)["Cc"]) == "cc@x.jp"
    assert [(o.department, "CC「だれか」" in o.reason) for o in found.obstacles] == [(OFFICE, True)]


def test_drafts_are_written_and_collect_reads_their_attachments(issued_quarter, tmp_path):
    found = drafts(issued_quarter, MailKind.REMIND)
    written = mail.write(issued_quarter.workspace, found, tmp_path)
    assert [p.name for p in written.paths] == [f"{d.department}.eml" for d in found.drafts] and not written.removed
    read_back = {(f.path.stem, f.file_name): f.sha256 for f in gather([tmp_path])}
    assert read_back == {
        (i.department, i.file): i.sha256 for i in issued_quarter.master.issues if i.department != WITHOUT_ADDRESS
    }


def test_the_same_day_gives_the_same_bytes(issued_quarter):
    first, second = (drafts(issued_quarter, MailKind.REMIND) for _ in range(2))
    assert [d.data for d in first.drafts] == [d.data for d in second.drafts]


def test_drafts_that_are_out_of_date_are_removed_and_nothing_else(quarter, tmp_path):
    mail.write(quarter.workspace, drafts(quarter, MailKind.REQUEST), tmp_path / "依頼")
    mail.write(quarter.workspace, drafts(quarter, MailKind.REMIND), tmp_path / "督促")
    kept = {"メモ.txt": b"x", "手書き.eml": b"Subject: mine\r\n\r\n"}
    for name, data in kept.items():
        (tmp_path / "督促" / name).write_bytes(data)
    shutil.copy(tmp_path / "依頼" / "職員課.eml", tmp_path / "督促" / "依頼 職員課.eml")  # of another kind
    quarter.collect(quarter.filled({}))
    written = mail.write(quarter.workspace, drafts(quarter, MailKind.REMIND), tmp_path / "督促")
    assert [p.name for p in written.removed] == [f"{OFFICE}.eml"]
    assert written.stale == ()
    left = {p.name for p in (tmp_path / "督促").iterdir()}
    assert left == {f"{d.name}.eml" for d in DEPARTMENTS} - {f"{OFFICE}.eml", f"{WITHOUT_ADDRESS}.eml"} | set(kept) | {
        "依頼 職員課.eml"
    }
    assert all((tmp_path / "督促" / name).read_bytes() == data for name, data in kept.items())


def test_what_somebody_wrote_or_edited_stays_and_the_other_drafts_are_written_again(quarter, tmp_path):
    first = mail.write(quarter.workspace, drafts(quarter, MailKind.REQUEST, ISSUED), tmp_path)
    assert (len(first.paths), first.kept, first.stale) == (16, (), ())
    own, edited, answered = (tmp_path / f"{name}.eml" for name in ("職員課", "総務課", OFFICE))
    own.write_bytes(b"Subject: mine\r\n\r\n")  # saved by a mail program, which writes it anew
    for path in (edited, answered):
        path.write_bytes(path.read_bytes().replace(b"X-Unsent: 1", b"X-Unsent: 1\r\nCc: kakarichou@example.jp"))
    changed = {path: path.read_bytes() for path in (own, edited, answered)}
    quarter.collect(quarter.filled({}))
    for name in ("メール_依頼.txt",):
        path = quarter.workspace.templates / name
        path.write_text(path.read_text(encoding="utf-8").replace("お世話になっております。", "お疲れさまです。"))
    again = mail.write(quarter.workspace, drafts(quarter, MailKind.REQUEST, ISSUED), tmp_path)
    assert (set(again.kept), again.stale, again.removed) == ({own, edited}, (answered,), ())
    assert {path: path.read_bytes() for path in changed} == changed
    others = [path.read_bytes() for path in again.paths if path not in changed]
    assert len(others) == 13 and all("お疲れさまです" in body_of(data) for data in others)
    edited.unlink()
    assert mail.write(quarter.workspace, drafts(quarter, MailKind.REQUEST, ISSUED), tmp_path).kept == (own,)
    assert "お疲れさまです" in body_of(edited.read_bytes())


def test_a_deadline_moved_after_issue_is_said_beside_what_the_sheet_shows(quarter):
    assert "令和４年７月15日（金）までに" in body(drafts(quarter, MailKind.REQUEST, ISSUED).drafts[0])
    issue(quarter, measures=("01-04",), deadline="2022-08-05")
    master = quarter.master
    settings = master.settings
    for day, said in (
        ("2022-07-22", "令和４年７月22日（金）（延長後）"),
        ("2022-07-08", "令和４年７月８日（金）（変更後）"),
    ):
        rounds = tuple(replace(r, deadline=day) if r.quarter == 1 else r for r in settings.rounds)
        moved = replace(master, settings=replace(settings, rounds=rounds))
        found = mail.plan(quarter.workspace, moved, MailKind.REQUEST, moved.settings.round("第1四半期"), ISSUED)
        assert f"{said}までに" in body(found.drafts[0])
        assert [p.code for p in found.problems] == ["W635"]
        [two] = [d for d in found.drafts if d.department == OFFICE]  # 01-04 has a deadline of its own
        assert f"{said}（01-04は令和４年８月５日（金））までに" in body(two)


def test_files_that_nobody_can_tell_whose_they_are_come_up_with_the_reminders(quarter):
    plan = quarter.collect(quarter.put(b"PK\3\4 broken", "返送.xlsx"))
    assert plan.receipts[0].state is ReceiptState.REFUSED
    assert [r.file for r in drafts(quarter, MailKind.REMIND).unread] == ["返送.xlsx"]
    issue(quarter, "第2四半期", datetime(2022, 10, 1))
    assert [r.file for r in drafts(quarter, MailKind.REMIND).unread] == ["返送.xlsx"]
    later = drafts(quarter, MailKind.REMIND, datetime(2022, 10, 2), "第2四半期")
    assert [r.file for r in later.unread] == ["返送.xlsx"]
    assert drafts(quarter, MailKind.REQUEST).unread == ()


def test_the_coordinator_words_the_mail(quarter):
    path = quarter.workspace.templates / "メール_依頼.txt"
    names = "{{ fiscal_year }}/{{ round.name }}/{{ round.quarter }}/{{ deadline }}/{{ days_late }}/{{ today }}/{{ files[0] }}"
    sheet = "{% for s in sheets %}{{ [s.id, s.state, s.held, s.sent, s.returned, s.reason, s.days_late] }}{% endfor %}"
    path.write_text(f"件名: {{{{ department }}}}\n\n{names}\n{sheet}\n", encoding="cp932")
    d = next(d for d in drafts(quarter, MailKind.REQUEST).drafts if d.department == "職員課")
    assert (d.subject, body(d).splitlines()) == ("職員課", [
        "令和４年度/第1四半期/1/令和４年７月15日（金）/5/令和４年７月20日（水）/令和４年度_第1四半期_職員課.xlsx",
        "['04-01', '未提出', False, '令和４年７月１日（金）', '', '', 5]",
    ])  # fmt: skip
    path.write_text("件名: x\n\n{{ nobody }}\n", encoding="utf-8")
    with pytest.raises(DxreportError, match=r"メール_依頼\.txt の 3 行目"):
        drafts(quarter, MailKind.REQUEST)


OLD_WORDING = Path(__file__).parents[1] / "data" / "メール_差し戻し_0.1.0.txt"


def test_the_mail_says_what_was_taken_out_of_the_workbook(quarter):
    filled = edits.with_macros(quarter.filled(WRONG))
    quarter.collect(
        quarter.put(filled, "返送.xlsm"), quarter.filled({"01-05": WRONG["01-01"]}, "オーガニックシティ推進課")
    )
    said = "お送りいただいたファイルにあったマクロは、添付のファイルから取り除きました。"
    for kind in (MailKind.RETURN, MailKind.REMIND):
        found = {d.department: body(d).count(said) for d in drafts(quarter, kind).drafts}
        assert found[OFFICE] == 1 and sum(found.values()) == 1


def test_the_wording_of_an_earlier_release_gives_way_and_the_office_s_own_stays(quarter):
    quarter.collect(quarter.put(edits.with_macros(quarter.filled(WRONG)), "返送.xlsm"))
    path = quarter.workspace.templates / "メール_差し戻し.txt"
    shutil.copy(OLD_WORDING, path)
    [d] = drafts(quarter, MailKind.RETURN).drafts
    assert "取り除きました" in body(d)
    path.write_bytes(OLD_WORDING.read_bytes() + "追伸\n".encode())
    [d] = drafts(quarter, MailKind.RETURN).drafts
    assert body(d).split()[-1] == "追伸" and "取り除きました" not in body(d)


def test_the_notes_of_a_department_are_no_reason_of_ours(held, tmp_path):
    quarter = copy(held, tmp_path)
    receipt = next(r for r in quarter.master.receipts if r.state is ReceiptState.HELD)
    edit = MasterEdit(quarter.master)
    edit.update(replace(receipt, comments="E21: 来月確定します"))
    quarter.workspace.master.write_bytes(edit.data())
    [d] = drafts(quarter, MailKind.RETURN, RETURNED).drafts
    assert "だいたい" in body(d) and "来月確定します" not in body(d)


def test_an_address_that_is_none_is_named_and_not_missed_too(tmp_path):
    departments = [replace(d, to="だれか") if d.name == OFFICE else d for d in DEPARTMENTS]
    create(tmp_path / "w", ISSUED.date(), sample=True)
    quarter = Quarter(tmp_path / "w")
    quarter.workspace.master.write_bytes(master_bytes(sample.settings(), departments, sample.load(with_answers=False)))
    issue(quarter, departments=(OFFICE,))
    found = drafts(quarter, MailKind.REQUEST)
    assert found.drafts == () and ["宛先「だれか」" in o.reason for o in found.obstacles] == [True]


def test_a_mail_that_only_holds_a_draft_is_not_overwritten(issued_quarter, tmp_path):
    found = drafts(issued_quarter, MailKind.REMIND)
    outer = EmailMessage()
    outer["Subject"] = "転送"
    outer.set_content("見てください。")
    outer.add_attachment(read(found.drafts[0]))
    path = tmp_path / found.drafts[0].file
    path.write_bytes(outer.as_bytes(policy=email.policy.SMTP))
    assert mail.write(issued_quarter.workspace, found, tmp_path).kept == (path,)


def test_the_mail_is_signed_by_the_office_and_asks_for_the_form_by_its_name(quarter):
    names = Names("○○町", "○○町DX計画", "評価シート", office="企画課", contact="内線 12")
    master = quarter.master
    called = replace(master, settings=replace(master.settings, names=names))
    draft = mail.plan(quarter.workspace, called, MailKind.REQUEST, master.settings.round("第1四半期"), LATE).drafts[0]
    assert "令和４年度評価シート 第1四半期" in draft.subject
    assert "企画課です。" in body(draft) and body(draft).rstrip().endswith("○○町　企画課\r\n内線 12")
    unsigned = drafts(quarter, MailKind.REQUEST).drafts[0]  # 設定 of the sample does not name the office
    assert body(unsigned).rstrip().endswith("よろしくお願いします。") and "お世話になっております。\r\n" in body(
        unsigned
    )
