"""Returns that come twice, late or out of order; withdrawn returns, passwords, kept originals."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import msoffcrypto
import pytest

from dxreport.cli import main
from dxreport.collect.plan import Plan
from dxreport.collect.resolve import accept
from dxreport.collect.run import collect
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.domain.fields import Ref
from dxreport.intake import workbook
from dxreport.intake.workbook import open_workbook
from dxreport.master.records import ConflictState, Receipt, ReceiptState
from dxreport.sendback.fill import fill
from dxreport.status.round_status import status
from tests.support.cases import SAVED
from tests.support.quarter import FORM, RETURNED, Edits, Quarter, copy, found, sheet_of

pytestmark = pytest.mark.slow

P1, P2, C1 = "activity.progress/K1/1", "activity.progress/K2/1", "activity.countermeasure/K1/1"
LATE = "進捗遅延・課題あり"
LATER, LAST = RETURNED + timedelta(days=2), RETURNED + timedelta(days=3)
BAD = {"01-01": {P1: "順調", "contact_person": "後任"}}


def row(quarter: Quarter, return_id: str, measure: str = "01-01") -> Receipt:
    [receipt] = [r for r in quarter.master.receipts if (r.id, r.measure) == (return_id, measure)]
    return receipt


def codes(plan: Plan, measure: str = "01-01", file: int = 0) -> tuple[str, list[str]]:
    sheet = sheet_of(plan, measure, file)
    return sheet.status.value, [p.code for p in sheet.problems]


def corrected(quarter: Quarter, data: bytes, edits: Edits) -> bytes:
    """Return the corrected copy of a return, with these answers typed into 01-01."""
    [path] = collect(quarter.workspace, [quarter.put(data, "原本.xlsx")], RETURNED).copies
    answers = {"01-01": {Ref.parse(ref): text for ref, text in edits.items()}}
    return fill(path.read_bytes(), FORM, answers, quarter=1, year=1)


def mail(name: str, data: bytes, day: int) -> bytes:
    message = EmailMessage()
    message["From"], message["Date"] = "sangyou@city.kisarazu.lg.jp", f"Fri, {day} Jul 2022 01:02:03 +0000"
    message.set_content("送ります。")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def locked(data: bytes) -> bytes:
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(data)).encrypt("ひみつ", out)
    return out.getvalue()


@pytest.fixture
def replaced(quarter: Quarter) -> Quarter:
    """A quarter in which U0001/01-01 was held and U0002 was merged after it."""
    quarter.collect(quarter.put(quarter.filled(BAD), "a.xlsx"))
    quarter.collect(quarter.put(quarter.filled({"01-01": {P1: LATE, C1: "協議中"}}), "b.xlsx"), now=LATER)
    return quarter


@pytest.mark.quick
def test_a_held_sheet_in_whose_place_a_newer_one_went_in_says_so_and_cannot_be_accepted(replaced: Quarter) -> None:
    old = row(replaced, "U0001")
    assert (old.state.value, old.replaced_by) == ("保留", "U0002") and "順調" in old.note
    before = replaced.files()
    with pytest.raises(UsageError, match="U0002 に置き換えられています") as caught:
        accept(replaced.workspace, "U0001", "01-01", "電話で確認", LAST)
    assert "dxreport withdraw U0002" in caught.value.fix
    assert replaced.files() == before


def test_a_held_sheet_in_whose_place_a_newer_one_went_in_is_passed_over_when_it_comes_again(replaced: Quarter) -> None:
    before = replaced.files()
    plan = replaced.collect(replaced.root.parent / "受信" / "a.xlsx", now=LAST)
    assert plan.clean and codes(plan) == ("unchanged", ["W510"])
    assert replaced.files() == before


def test_it_stays_out_though_its_word_has_become_one_of_the_words(replaced: Quarter) -> None:
    before = replaced.values("01-01")
    replaced.add_word("順調")
    replaced.collect(replaced.put(replaced.filled(BAD), "a.xlsx"), now=LAST)
    assert (row(replaced, "U0001").state, row(replaced, "U0001").replaced_by) == (ReceiptState.HELD, "U0002")
    assert replaced.values("01-01") == before


def test_once_the_newer_one_is_withdrawn_the_held_one_can_be_accepted(replaced: Quarter) -> None:
    withdraw(replaced.workspace, "U0002", "誤り", LAST)
    plan = replaced.collect(replaced.root.parent / "受信" / "a.xlsx", now=LAST)
    assert codes(plan) == ("held", ["E101"]) and not row(replaced, "U0001").replaced_by
    accept(replaced.workspace, "U0001", "01-01", "電話で確認", LAST)
    assert replaced.values("01-01")[P1] == "順調"


def test_a_newer_sheet_that_is_held_itself_takes_no_place_until_it_is_accepted(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(BAD))
    quarter.collect(quarter.filled({"01-01": {P1: "順調だ"}}), now=LATER)
    assert not row(quarter, "U0001").replaced_by
    accept(quarter.workspace, "U0002", "01-01", "電話で確認", LAST)
    assert row(quarter, "U0001").replaced_by == "U0002"
    with pytest.raises(UsageError, match="U0002"):
        accept(quarter.workspace, "U0001", "01-01", "電話で確認", LAST)


def test_an_original_counts_before_its_corrected_copy_whatever_they_are_called(
    issued_quarter: Quarter, tmp_path: Path
) -> None:
    mine, there = copy(issued_quarter, tmp_path / "a"), copy(issued_quarter, tmp_path / "b")
    original = mine.filled(BAD)
    again = corrected(there, original, {P1: LATE, C1: "協議中"})
    plan = mine.collect(mine.put(again, "a.xlsx"), mine.put(original, "b.xlsx"))
    assert [(f.return_id, f.file.name) for f in plan.files] == [("U0001", "b.xlsx"), ("U0002", "a.xlsx")]
    assert (codes(plan), codes(plan, file=1)[0]) == (("unchanged", ["W510"]), "merged")
    assert mine.values("01-01")[P1] == LATE
    assert row(mine, "U0001").replaced_by == "U0002"


def test_what_a_corrected_copy_leaves_in_a_cell_of_a_quarter_to_come_is_wrong_as_before(quarter: Quarter) -> None:
    early = "activity.progress/K1/3"
    again = corrected(quarter, quarter.filled({"01-01": {P1: "順調", early: "予定通り"}}), {P1: "予定通り"})
    plan = quarter.collect(quarter.put(again, "再.xlsx"), now=LATER)
    assert codes(plan)[0] == "held" and "E104" in codes(plan)[1]
    cleared = fill(again, FORM, {"01-01": {Ref.parse(early): ""}}, quarter=1, year=1)
    assert codes(quarter.collect(quarter.put(cleared, "再々.xlsx"), now=LAST))[0] == "merged"


def test_mails_count_by_their_dates(quarter: Quarter) -> None:
    first, second = (
        quarter.filled({"01-01": {"contact_person": "先"}}),
        quarter.filled({"01-01": {"contact_person": "後"}}),
    )
    plan = quarter.collect(
        quarter.put(mail("a.xlsx", second, 22), "a.eml"), quarter.put(mail("b.xlsx", first, 15), "b.eml")
    )
    assert [f.file.name for f in plan.files] == ["b.eml › b.xlsx", "a.eml › a.xlsx"]
    assert quarter.values("01-01")["contact_person"] == "後"


@pytest.mark.parametrize("kind", SAVED)
def test_a_corrected_copy_is_known_in_any_format(
    quarter: Quarter, soffice: Callable[[Path, str], Path], kind: str
) -> None:
    data = quarter.filled(BAD)
    path = quarter.put(corrected(quarter, data, {}), "送る.xlsx")
    assert open_workbook(soffice(path, kind).read_bytes()).corrected_return == "U0001"
    assert open_workbook(soffice(quarter.put(data, "原本.xlsx"), kind).read_bytes()).corrected_return == ""


def test_sums_stand_in_the_order_of_the_work_and_blanks_are_called_so(quarter: Quarter, capsys) -> None:
    held, sound = quarter.put(quarter.filled(BAD), "a.xlsx"), quarter.put(quarter.filled({}, "総務課"), "b.xlsx")
    quarter.collect(sound)
    main(["collect", "-C", str(quarter.root), str(held), str(sound)])
    said = capsys.readouterr().out
    assert "ファイル 1、シート 2: 取込 1、保留 1。" in said and "すでに取り込んだファイル 1（変更なし）" in said
    main(["withdraw", "-C", str(quarter.root), "U0001"])
    assert "→「（空白）」" in capsys.readouterr().out


def test_a_withdrawn_return_that_comes_again_is_told_and_can_be_accepted(quarter: Quarter, capsys) -> None:
    path = quarter.put(quarter.filled({"01-01": {"contact_person": "後任"}}), "a.xlsx")
    quarter.collect(path)
    withdraw(quarter.workspace, "U0001", "別の課のファイル", LATER)
    plan = quarter.collect(path, now=LAST)
    assert plan.clean and codes(plan) == ("unchanged", ["W509"])
    assert "U0001/01-01 --accept" in sheet_of(plan, "01-01").problems[0].fix
    assert main(["collect", "-C", str(quarter.root), str(path)]) == 0
    assert "01-01 変更なし（取下げ済み）" in capsys.readouterr().out
    assert quarter.values("01-01")["contact_person"] == "古宇田"
    accept(quarter.workspace, "U0001", "01-01", "やはり正しかった", LAST)
    assert (quarter.values("01-01")["contact_person"], quarter.values("01-01")[P1]) == ("後任", "予定通り")
    assert [r.state.value for r in quarter.master.receipts] == ["取込済", "取下げ"]
    assert {c.note for c in quarter.master.changes[-3:]} == {"受入: やはり正しかった"}


def test_a_withdrawn_return_is_not_accepted_over_a_newer_one(replaced: Quarter) -> None:
    withdraw(replaced.workspace, "U0001", "", LAST)
    with pytest.raises(UsageError, match="U0002"):
        accept(replaced.workspace, "U0001", "01-01", "電話で確認", LAST)


def test_what_waited_for_a_decision_waits_again_when_a_withdrawn_return_is_accepted(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署の内容"}}))
    withdraw(quarter.workspace, "U0001", "", LATER)
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", LAST)
    assert [c.state for c in quarter.master.conflicts] == [ConflictState.WITHDRAWN, ConflictState.OPEN]


def test_a_file_that_a_password_opened_is_refused_no_more(quarter: Quarter) -> None:
    path = quarter.put(locked(quarter.filled({})), "鍵付き.xlsx")
    quarter.collect(path)
    master = quarter.master
    assert [r.file for r in status(master, master.settings.rounds[1], LATER.date()).refused] == ["鍵付き.xlsx"]
    plan = collect(quarter.workspace, [path], LATER, passwords={"": "ひみつ"}).plan
    assert plan.clean and plan.files[0].return_id == "U0001"
    whole = row(quarter, "U0001", "")
    assert (whole.state.value, whole.findings, "E402" in whole.note) == ("取込済", "", True)
    master = quarter.master
    assert status(master, master.settings.rounds[1], LATER.date()).refused == ()
    before = quarter.files()
    again = quarter.collect(path, now=LAST)
    assert again.clean and again.files[0].problems == ()
    assert [(s.measure, s.status.value) for s in again.files[0].sheets] == [
        ("01-01", "unchanged"),
        ("01-04", "unchanged"),
    ]
    assert quarter.files() == before


def test_of_a_locked_file_with_a_held_sheet_the_password_is_asked_for_again(quarter: Quarter) -> None:
    path = quarter.put(locked(quarter.filled(BAD)), "鍵付き.xlsx")
    collect(quarter.workspace, [path], RETURNED, passwords={"": "ひみつ"})
    before = quarter.files()
    done = collect(quarter.workspace, [path], LATER)
    assert [p.code for p in done.plan.files[0].problems] == ["E402"] and not done.plan.clean and done.copies == ()
    assert [(s.measure, s.status.value) for s in done.plan.files[0].sheets] == [
        ("01-01", "held"),
        ("01-04", "unchanged"),
    ]
    assert quarter.files() == before


def test_a_password_that_does_not_open_a_file_is_tried_once(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str | None] = []
    decrypted = workbook._decrypted

    def counted(data: bytes, password: str | None) -> bytes:
        tried.append(password)
        return decrypted(data, password)

    monkeypatch.setattr(workbook, "_decrypted", counted)
    path = quarter.put(locked(quarter.filled(BAD)), "鍵付き.xlsx")
    known = {"総務課": "ちがう", "税務課": "これも", "産業振興課": "ひみつ"}
    done = collect(quarter.workspace, [path], RETURNED, passwords=known)
    assert len(done.copies) == 1  # for which the file is opened again
    assert tried == [None, "ちがう", "これも", "ひみつ", "ひみつ"]


def test_a_locked_file_that_is_opened_after_a_newer_one_went_in_changes_nothing(quarter: Quarter) -> None:
    path = quarter.put(locked(quarter.filled({"01-01": {"contact_person": "先"}})), "鍵付き.xlsx")
    quarter.collect(path)
    quarter.collect(quarter.put(quarter.filled({"01-01": {"contact_person": "後"}}), "b.xlsx"), now=LATER)
    plan = collect(quarter.workspace, [path], LAST, passwords={"": "ひみつ"}).plan
    assert codes(plan) == ("unchanged", ["W510"])
    assert quarter.values("01-01")["contact_person"] == "後"
    assert row(quarter, "U0001").state.value == "変更なし"


def test_kept_files_that_are_collected_into_an_older_master_keep_their_names(
    issued_quarter: Quarter, tmp_path: Path
) -> None:
    lost, restored = copy(issued_quarter, tmp_path / "a"), copy(issued_quarter, tmp_path / "b")
    original = lost.filled(BAD)
    again = corrected(copy(issued_quarter, tmp_path / "c"), original, {P1: "順調だ"})
    lost.collect(lost.put(original, "a.xlsx"))
    lost.collect(lost.put(again, "U0001_a_差し戻し.xlsx"), now=LATER)
    kept = {p.name: p.read_bytes() for p in lost.workspace.returns.iterdir()}
    assert set(kept) == {"U0001_a.xlsx", "U0002_a_差し戻し.xlsx"}
    done = collect(restored.workspace, [lost.workspace.returns], LAST)
    assert {p.name: p.read_bytes() for p in restored.workspace.returns.iterdir()} == kept
    assert sorted(p.name for p in done.copies) == ["U0001_a_差し戻し.xlsx", "U0002_a_差し戻し.xlsx"]
    accept(restored.workspace, "U0002", "01-01", "電話で確認", LAST)  # its kept original is found


def test_characters_that_an_xls_loses_are_never_merged(quarter: Quarter, soffice: Callable[[Path, str], Path]) -> None:
    data = quarter.filled({"01-01": {"procurement": "𠮷" * 9, "contact_person": "後任"}})
    saved = soffice(quarter.put(data), "xls").read_bytes()
    first, second = "𠮷".encode("utf-16-le")[:2], "𠮷".encode("utf-16-le")[2:]
    half = saved.replace((first + second) * 2, first * 2 + second + first, 1)  # two halves without their others
    book = open_workbook(half)
    assert any("\ufffd" in text for line in book.sheet("01-01").rows for text in line)
    plan = quarter.collect(quarter.put(half, "半分.xls"))
    at = quarter.cells(data, "01-01")["procurement"]
    assert found(sheet_of(plan, "01-01")) == [("E307", "error", at)]
    assert sheet_of(plan, "01-01").status.value == "held"
    assert "\ufffd" not in quarter.values("01-01")["procurement"]


def test_characters_that_lie_in_two_records_of_an_xls_are_whole(
    quarter: Quarter, soffice: Callable[[Path, str], Path]
) -> None:
    data = quarter.filled({"01-01": {"procurement": "𠮷" * 6000, "contact_person": "後任"}})
    plan = quarter.collect(soffice(quarter.put(data), "xls"))
    assert (sheet_of(plan, "01-01").status.value, found(sheet_of(plan, "01-01"))) == ("merged", [])
    assert quarter.values("01-01")["procurement"] == "𠮷" * 6000


def test_an_older_mail_that_is_collected_later_does_not_write_over_a_newer_one(quarter: Quarter) -> None:
    newer, older = (quarter.filled({"01-01": edits}) for edits in ({P1: LATE, C1: "人を増やす"}, {}))
    quarter.collect(quarter.put(mail("回答.xlsx", newer, 14), "新.eml"), now=LAST)
    assert row(quarter, "U0001").when == "2022-07-14 10:02:03"  # when it arrived, not when it was collected
    plan = quarter.collect(quarter.put(mail("回答.xlsx", older, 10), "旧.eml"), now=LAST)
    assert codes(plan) == ("unchanged", ["W510"])
    assert (quarter.values("01-01")[P1], quarter.values("01-01")[C1]) == (LATE, "人を増やす")


def test_a_replaced_sheet_names_the_newest_mail_though_another_was_collected_last(quarter: Quarter) -> None:
    quarter.collect(quarter.put(mail("回答.xlsx", quarter.filled(BAD), 8), "誤.eml"), now=LAST)
    for name, day, edits in (("新", 14, {"contact_person": "新"}), ("旧", 11, {"contact_person": "旧"})):
        data = mail("回答.xlsx", quarter.filled({"01-01": {P1: LATE, C1: name, **edits}}), day)
        quarter.collect(quarter.put(data, f"{name}.eml"), now=LAST)
    assert row(quarter, "U0001").replaced_by == "U0002"
    with pytest.raises(UsageError, match="後から届いた U0002 に置き換え") as refused:
        accept(quarter.workspace, "U0001", "01-01", "電話", LAST)
    assert "dxreport withdraw U0002" in refused.value.fix


def test_an_older_mail_that_says_other_things_goes_in(quarter: Quarter) -> None:
    quarter.collect(quarter.put(mail("回答.xlsx", quarter.filled({}), 14), "新.eml"), now=LAST)
    quarter.collect(
        quarter.put(mail("回答.xlsx", quarter.filled({"01-01": {"contact_person": "後任"}}), 10), "旧.eml"), now=LAST
    )
    assert quarter.values("01-01")["contact_person"] == "後任"
