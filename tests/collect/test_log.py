"""The log beside the master: what it makes come out right, and what becomes of it in accidents."""

from __future__ import annotations

import email
import email.policy
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from dxreport.collect.commit import opened
from dxreport.collect.dismiss import dismiss
from dxreport.collect.judge import _without
from dxreport.collect.ledger_check import ledger_problems
from dxreport.collect.plan import Status
from dxreport.collect.resolve import accept, decide
from dxreport.collect.run import collect
from dxreport.collect.withdraw import withdraw
from dxreport.domain import problems
from dxreport.domain.errors import MasterError, UsageError
from dxreport.domain.fields import Ref
from dxreport.mail.drafts import MailKind
from dxreport.mail.drafts import plan as drafts
from dxreport.master.records import ConflictState, ReceiptState
from dxreport.master.schema import RECEIPT_FIELD
from dxreport.rules.case import finding
from dxreport.sendback.fill import fill
from dxreport.status.round_status import State, status
from tests.support.halves import HERE, LATE, ONE, P1, P2, TWO, half, shown, states
from tests.support.packages import sheet_xml, with_sheet, without_sheet
from tests.support.quarter import FORM, OFFICE, RETURNED, Edits, Quarter, copy, found, issue, sheet_of

pytestmark = pytest.mark.slow

C1, CP = "activity.countermeasure/K1/1", "contact_person"
DAY = timedelta(days=1)
OLD = Path(__file__).parents[1] / "data" / "workspace_of_0.1.zip"


def typed(data: bytes, edits: Edits, measure: str = HERE, quarter: int = 1) -> bytes:
    """A workbook with these answers typed into it."""
    return fill(data, FORM, {measure: {Ref.parse(r): t for r, t in edits.items()}}, quarter=quarter, year=1)


def issued_book(quarter: Quarter, round_name: str) -> bytes:
    """The last workbook that the office was sent in a round."""
    last = [i for i in quarter.master.issues if (i.round, i.department) == (round_name, OFFICE)][-1]
    return (quarter.workspace.issued / f"{last.id}.xlsx").read_bytes()


def chained(quarter: Quarter) -> None:
    """Assert that master, log and fold agree, and that the history leads to the master without a gap."""
    books = opened(quarter.workspace, RETURNED)
    assert ledger_problems(quarter.workspace, books.master) == ()
    assert books.noticed == ()
    written = books.chain.written()
    for id_, texts in books.texts.items():
        assert written.get(id_, {}) == texts
        state = books.state(id_)
        assert {ref: t.text for ref, t in state.texts.items() if t.text} == texts
    last: dict[tuple[str, Ref], str] = {}
    for change in (c for c in quarter.master.changes if c.ref.field != RECEIPT_FIELD):
        key = change.measure, change.ref
        assert change.old == last.get(key, books.chain.first[change.measure].get(change.ref, ""))
        last[key] = change.new
    for (id_, ref), text in last.items():
        assert books.texts[id_].get(ref, "") == text


def test_people_with_workbooks_of_different_issues_complete_each_other(quarter: Quarter) -> None:
    one = half(quarter, ONE)
    quarter.write(HERE, {CP: "新任"})
    issue(quarter, now=RETURNED - DAY, departments=(OFFICE,))
    two = typed(issued_book(quarter, "第1四半期"), TWO)
    quarter.collect(one)
    assert states(quarter) == {"U0001": "保留"}
    plan = quarter.collect(two)
    assert found(sheet_of(plan, HERE, 1)) == [("W511", "warning", "")]
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"} and shown(quarter) == "反映済"
    assert [quarter.values(HERE)[ref] for ref in (P1, P2, CP)] == ["予定通り", "予定通り", "新任"]
    chained(quarter)


def test_a_second_corrected_copy_takes_back_what_the_first_brought(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({HERE: ONE | TWO, "01-04": {P1: "順調"}}, full=False))
    [path] = (quarter.workspace.reports / "差し戻し").glob("U0001*")
    made, issued = path.read_bytes(), quarter.book()
    before = quarter.cells(issued, HERE) and quarter.values(HERE)[CP]
    quarter.collect(typed(made, {CP: "甲"}))
    assert quarter.values(HERE)[CP] == "甲"
    quarter.collect(quarter.put(typed(made, {"outcome.actual/O1/1": "12"}), "二つ目.xlsx"))
    assert quarter.values(HERE)[CP] == "甲"  # the other copy does not speak of it
    [second] = (quarter.workspace.reports / "差し戻し").glob("U0002*")
    quarter.collect(quarter.put(typed(second.read_bytes(), {CP: before}), "三つ目.xlsx"))
    assert quarter.values(HERE)[CP] == before
    chained(quarter)


@pytest.mark.quick
def test_what_rested_on_a_withdrawn_return_is_asked_for_again_in_a_later_round(quarter: Quarter) -> None:
    """The second quarter was issued before the first one's answers came: its sheet left them blank."""
    issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    quarter.collect(half(quarter, ONE | TWO))
    later = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}
    quarter.collect(typed(issued_book(quarter, "第2四半期"), later, quarter=2))
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert states(quarter) == {"U0001": "取下げ", "U0002": "保留"}
    assert quarter.values(HERE)["activity.progress/K1/2"] == ""
    chained(quarter)


def test_a_sheet_that_only_printed_withdrawn_answers_of_its_round_is_held(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | TWO))
    issue(quarter, departments=(OFFICE,))
    quarter.collect(quarter.book())
    assert states(quarter) == {"U0001": "取込済", "U0002": "変更なし"}
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert states(quarter) == {"U0001": "取下げ", "U0002": "保留"}
    assert quarter.values(HERE)[P1] == ""
    chained(quarter)


def test_a_later_sheet_that_only_printed_withdrawn_answers_stays_and_the_earlier_round_owes_them(
    quarter: Quarter,
) -> None:
    quarter.collect(half(quarter, ONE | TWO))
    issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    later = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}
    quarter.collect(typed(issued_book(quarter, "第2四半期"), later, quarter=2))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert states(quarter) == {"U0001": "取下げ", "U0002": "取込済"}
    master = quarter.master
    first, second = (status(master, master.settings.rounds[n], RETURNED.date()).sheets for n in (1, 2))
    assert [next(s.state for s in r if s.measure == HERE) for r in (first, second)] == [State.ISSUED, State.MERGED]


@pytest.fixture
def planned(issued_quarter: Quarter, tmp_path: Path) -> Quarter:
    """計画 was issued, returned and settled before the first quarter was issued."""
    quarter = copy(issued_quarter, tmp_path)
    issue(quarter, "計画", RETURNED - 5 * DAY, departments=(OFFICE,))
    quarter.collect(quarter.put(issued_book(quarter, "計画"), "計画.xlsx"), now=RETURNED - 3 * DAY)
    return quarter


def test_the_book_of_another_round_is_told_in_one_sentence_and_unsettles_nothing(planned: Quarter) -> None:
    wrong = typed(issued_book(planned, "計画"), ONE | TWO, quarter=0)
    before = {m.id: m for m in planned.master.measures}
    plan = planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED)
    sheet = sheet_of(plan, HERE)
    [said] = sheet.problems
    assert (sheet.status, said.code, sheet.meant) == (Status.HELD, "E207", "第1四半期")
    assert said.message == "計画に配付したシートに、第1四半期の報告が記入されています。取り込んでいません。"
    assert {m.id: m for m in planned.master.measures} == before
    [row] = [r for r in planned.master.receipts if (r.id, r.measure) == ("U0002", HERE)]
    assert (row.state, row.round, row.meant) == (ReceiptState.ELSEWHERE, "計画", "第1四半期")
    master = planned.master
    rounds = [status(master, master.settings.rounds[n], RETURNED.date()).sheets for n in (0, 1)]
    assert [next(s.state for s in r if s.measure == HERE) for r in rounds] == [State.MERGED, State.HELD]


def test_a_wrong_book_that_says_what_was_answered_in_the_right_one_is_settled(planned: Quarter) -> None:
    wrong = planned.put(typed(issued_book(planned, "計画"), ONE | TWO, quarter=0), "取り違え.xlsx")
    planned.collect(planned.put(half(planned, ONE | TWO), "正しい.xlsx"), now=RETURNED)
    sheet = sheet_of(planned.collect(wrong, now=RETURNED + DAY), HERE)
    assert (sheet.status, [p.code for p in sheet.problems]) == (Status.UNCHANGED, ["W514"])
    assert shown(planned) == "反映済"
    first = planned.master.settings.rounds[1]
    made = drafts(planned.workspace, planned.master, MailKind.RETURN, first, RETURNED + 2 * DAY).drafts
    assert HERE not in [s.measure for draft in made for s in draft.sheets]
    withdraw(planned.workspace, "U0002", "", RETURNED + 3 * DAY)
    assert shown(planned) == "差し戻し"


def test_other_answers_than_those_of_the_right_book_are_asked_about(planned: Quarter) -> None:
    planned.collect(planned.put(half(planned, ONE | TWO), "正しい.xlsx"), now=RETURNED)
    wrong = typed(issued_book(planned, "計画"), {P1: LATE, C1: "協議中"}, quarter=0)
    planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED + DAY)
    assert shown(planned) == "差し戻し"


def test_what_the_wrong_book_says_beside_is_named_and_marked(planned: Quarter) -> None:
    """主担当者 is open in both rounds: the right book must say it again."""
    wrong = typed(issued_book(planned, "計画"), ONE | TWO | {CP: "新任"}, quarter=0)
    first, beside = sheet_of(planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED), HERE).problems
    assert (first.code, beside.code, beside.fields, beside.value) == ("E207", "E210", (CP,), "新任")
    [path] = (planned.workspace.reports / "差し戻し").glob("U0002*")
    listed = openpyxl.load_workbook(path).worksheets[0]
    assert [row[2].value for row in listed.iter_rows() if row[4].value == "新任"] == [beside.cell]
    planned.collect(planned.put(half(planned, ONE | TWO | {CP: "新任"}), "正しい.xlsx"), now=RETURNED + DAY)
    assert planned.values(HERE)[CP] == "新任" and shown(planned) == "反映済"


def test_the_answers_of_another_round_are_counted_and_in_the_order_of_the_sheet(planned: Quarter) -> None:
    answers = {P2: "予定通り", P1: LATE, C1: "人を増やします。"}
    wrong = typed(issued_book(planned, "計画"), answers, quarter=0)
    [said] = sheet_of(planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED), HERE).problems
    assert (said.code, said.cell) == ("E207", "E20、E21、E23")
    assert said.label.endswith(" 第1四半期 進捗 ほか2か所") and len(said.fields) == 3


def test_an_answer_that_both_rounds_ask_for_reopens_no_settled_round(quarter: Quarter) -> None:
    """第1四半期 is in; its book comes back with the progress of 第2四半期 and 実績, which every quarter asks for."""
    quarter.collect(half(quarter, ONE | TWO))
    issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    actual = {"outcome.actual/O1/1": "31,000千円"}
    later = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り", **actual}
    sheet = sheet_of(quarter.collect(typed(quarter.filled({}), later), now=RETURNED + DAY), HERE)
    assert ([p.code for p in sheet.problems], sheet.meant) == (["E207", "E210"], "第2四半期")  # E210: 実績
    master = quarter.master
    rounds = [status(master, master.settings.rounds[n], RETURNED.date()).sheets for n in (1, 2)]
    assert [next(s.state for s in r if s.measure == HERE) for r in rounds] == [State.MERGED, State.HELD]
    own = {"activity.countermeasure/K1/1": "念のため", "activity.progress/K1/2": "予定通り"}
    quarter.collect(typed(quarter.filled({}), own), now=RETURNED + 2 * DAY)
    assert shown(quarter) == "差し戻し"  # 対応策 of 第1四半期 is news that only 第1四半期 asks for


def test_it_is_a_matter_of_the_round_it_was_filled_in_for_though_its_own_is_unanswered(
    issued_quarter: Quarter, tmp_path: Path
) -> None:
    quarter = copy(issued_quarter, tmp_path)
    issue(quarter, "計画", RETURNED - 5 * DAY, departments=(OFFICE,))
    wrong = typed(issued_book(quarter, "計画"), ONE | TWO, quarter=0)
    quarter.collect(quarter.put(wrong, "取り違え.xlsx"))
    rounds = [status(quarter.master, quarter.master.settings.rounds[n], RETURNED.date()).sheets for n in (0, 1)]
    assert [next(s.state for s in r if s.measure == HERE) for r in rounds][1] is State.HELD
    assert next(s.state for s in rounds[0] if s.measure == HERE) is not State.HELD
    quarter.collect(half(quarter, ONE | TWO))
    assert shown(quarter) == "反映済"


def test_accepted_it_answers_the_round_it_was_filled_in_for(planned: Quarter) -> None:
    wrong = typed(issued_book(planned, "計画"), ONE | TWO, quarter=0)
    planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED)
    accept(planned.workspace, "U0002", HERE, "電話で確認", RETURNED)
    assert planned.values(HERE)[P1] == "予定通り" and shown(planned) == "反映済"


def test_the_marked_copy_and_the_mail_name_the_right_book(planned: Quarter) -> None:
    wrong = typed(issued_book(planned, "計画"), ONE | TWO, quarter=0)
    planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED)
    [path] = (planned.workspace.reports / "差し戻し").glob("U0002*")
    listed = [str(c.value) for row in openpyxl.load_workbook(path).worksheets[0] for c in row if c.value]
    assert any("このファイルではなく、第1四半期に配付したファイルに記入して" in text for text in listed)
    master = planned.master
    made = drafts(planned.workspace, master, MailKind.RETURN, master.settings.rounds[1], RETURNED).drafts
    [draft] = [d for d in made if d.department == OFFICE]
    assert "令和４年度_第1四半期_産業振興課.xlsx" in draft.attachments
    assert any("差し戻し" in name for name in draft.attachments)
    body = email.message_from_bytes(draft.data, policy=email.policy.default).get_body(("plain",)).get_content()
    assert "第1四半期に配付した「" in body and "一覧のとおりに直し" not in body


def test_who_answered_in_time_in_the_book_of_another_round_is_not_told_to_be_late(planned: Quarter) -> None:
    wrong = typed(issued_book(planned, "計画"), ONE | TWO, quarter=0)
    planned.collect(planned.put(wrong, "取り違え.xlsx"), now=RETURNED)
    made = drafts(
        planned.workspace, planned.master, MailKind.RETURN, planned.master.settings.rounds[1], RETURNED + 5 * DAY
    )
    [draft] = made.drafts
    body = email.message_from_bytes(draft.data, policy=email.policy.default).get_body(("plain",)).get_content()
    assert [(s.measure, s.days_late) for s in draft.sheets] == [(HERE, 4)] and "日過ぎて" not in body


def test_a_run_that_was_killed_and_its_rerun_give_the_same_books(issued_quarter: Quarter, tmp_path: Path) -> None:
    whole, killed = copy(issued_quarter, tmp_path / "a"), copy(issued_quarter, tmp_path / "b")
    paths = [
        whole.put(whole.filled({HERE: {P1: "順調"}}), "甲.xlsx"),
        whole.put(whole.filled({}, "総務課"), "乙.xlsx"),
    ]
    collect(whole.workspace, paths, RETURNED)
    after = whole.files()
    for name in ("returns", "readings", "terms", "log"):  # all that is written before the master
        shutil.copytree(whole.workspace.master_folder / name, killed.workspace.master_folder / name)
    other = copy(killed, tmp_path / "c")
    collect(killed.workspace, paths, RETURNED)
    assert killed.files() == after
    collect(other.workspace, list(reversed(paths)), RETURNED)
    assert {r.file: r.id for r in other.master.receipts} == {"甲.xlsx": "U0001", "乙.xlsx": "U0002"}


def test_numbers_of_kept_originals_are_found_again_by_their_content(issued_quarter: Quarter, tmp_path: Path) -> None:
    """Ended after the originals were kept, and before anything else was."""
    quarter = copy(issued_quarter, tmp_path)
    data = {"U0001": quarter.filled({}), "U0002": quarter.filled({}, "総務課")}
    quarter.workspace.returns.mkdir()
    for number, content in data.items():
        (quarter.workspace.returns / f"{number}_{number}.xlsx").write_bytes(content)
    plan = quarter.collect(quarter.put(data["U0002"], "U0002.xlsx"), quarter.put(b"new", "新.txt"))
    assert [f.return_id for f in plan.files] == ["U0002", "U0003"]


def test_collects_at_once_all_go_in(issued_quarter: Quarter, tmp_path: Path) -> None:
    quarter = copy(issued_quarter, tmp_path)
    departments = [d.name for d, _ in quarter.master.by_department(1)][:5]
    paths = [quarter.put(quarter.filled({}, name), f"{name}.xlsx") for name in departments]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dxreport", "collect", "-C", str(quarter.root), str(path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for path in paths
    ]  # fmt: skip
    errors = [process.communicate()[1].decode() for process in running]
    assert {process.returncode for process in running} <= {0, 1}, errors
    receipts = quarter.master.receipts
    assert sorted({r.id for r in receipts}) == [f"U{n:04}" for n in range(1, 6)]
    assert {r.department for r in receipts} == set(departments)
    chained(quarter)


def test_a_restored_backup_has_the_log_of_its_day(quarter: Quarter) -> None:
    quarter.collect(quarter.put(half(quarter, ONE | TWO), "甲.xlsx"))
    kept = quarter.workspace.master.read_bytes()
    quarter.collect(quarter.put(quarter.filled({"01-04": {CP: "後任"}}), "乙.xlsx"))
    quarter.workspace.master.write_bytes(kept)
    assert {r.id for r in quarter.master.receipts} == {"U0001"}
    plan = quarter.collect(quarter.put(quarter.filled({}, "総務課"), "丙.xlsx"))
    assert plan.files[0].return_id == "U0003"  # a number is never given twice
    quarter.collect(quarter.root.parent / "受信" / "乙.xlsx")
    assert {r.id for r in quarter.master.receipts} == {"U0001", "U0002", "U0003"}
    assert quarter.values("01-04")[CP] == "後任"
    chained(quarter)


def test_a_backup_of_before_the_first_return_has_no_log_yet(quarter: Quarter) -> None:
    kept = quarter.workspace.master.read_bytes()
    path = quarter.put(half(quarter, ONE), "甲.xlsx")
    quarter.collect(path)
    quarter.workspace.master.write_bytes(kept)
    plan = quarter.collect(quarter.put(half(quarter, TWO), "乙.xlsx"))
    assert [f.return_id for f in plan.files] == ["U0002"]  # a number is never given twice
    assert states(quarter) == {"U0002": "保留"}
    quarter.collect(path)
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}
    chained(quarter)


def test_a_master_that_lost_its_mark_is_found_by_its_texts(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    data = quarter.workspace.master.read_bytes()
    quarter.workspace.master.write_bytes(data.replace(b"docProps/custom.xml", b"docProps/custom.xmm"))
    book = openpyxl.load_workbook(quarter.workspace.master)
    for name in list(book.custom_doc_props.names):
        del book.custom_doc_props[name]
    book.save(quarter.workspace.master)
    assert quarter.master.commit == ""
    quarter.collect(half(quarter, TWO))
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}
    chained(quarter)


@pytest.fixture
def old(tmp_path: Path) -> Quarter:
    """A workspace as an earlier release left it: halves joined, a conflict decided, a sheet accepted, a return withdrawn."""
    root = tmp_path / "作業"
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(root)
    shutil.copytree(Path(__file__).parents[2] / "templates", root / "templates")
    (root / "reports").mkdir()
    return Quarter(root)


def test_a_workspace_of_an_earlier_release_goes_on(old: Quarter) -> None:
    texts = {m.id: m for m in old.master.measures}
    rows = {(r.id, r.measure): r.state for r in old.master.receipts}
    assert next(r for r in old.master.receipts if (r.id, r.measure) == ("U0001", "01-04")).replaced_by == "U0003"
    plan = old.collect(typed(issued_of(old), {"activity.progress/K1/1": "予定通り"} | WHOLE_04, "01-04"))
    assert plan.edits == ()  # what was typed before the first issue belongs to the beginning
    after = {m.id: m for m in old.master.measures}
    assert {id_ for id_ in texts if texts[id_] != after[id_]} <= {"01-04"}
    assert {key: r.state for r in old.master.receipts if (key := (r.id, r.measure)) in rows} == rows
    chained_from_here(old)


def test_returns_of_an_earlier_release_can_be_withdrawn_and_accepted(old: Quarter) -> None:
    before = old.values(HERE)
    withdraw(old.workspace, "U0002", "", RETURNED + 20 * DAY)
    assert old.values(HERE)[P2] == "予定通り"  # U0003 says it too
    withdraw(old.workspace, "U0003", "", RETURNED + 20 * DAY)
    assert old.values(HERE)[P2] == ""
    assert (
        old.values(HERE)["procurement"] == "担当が直した内容"
    )  # typed before the decision that took the return's text
    accept(old.workspace, "U0005", HERE, "やはり正しい", RETURNED + 21 * DAY)
    assert old.values(HERE)[CP] == "丁" != before[CP]


WHOLE_04 = {P2: "予定通り"}


def issued_of(quarter: Quarter) -> bytes:
    """The workbook of the office in a workspace without its handed-out files."""
    return issued_book(quarter, "第1四半期")


def chained_from_here(quarter: Quarter) -> None:
    """Assert that master, log and fold agree; the history of an earlier release may have gaps."""
    books = opened(quarter.workspace, RETURNED)
    assert books.noticed == ()
    assert books.chain.written() == {id_: t for id_, t in books.texts.items() if t} | {
        id_: {} for id_ in books.chain.written() if id_ not in books.texts
    }
    for id_, texts in books.texts.items():
        assert {ref: t.text for ref, t in books.state(id_).texts.items() if t.text} == texts


def test_a_decision_of_an_earlier_release_is_about_the_sheet_that_says_the_text(quarter: Quarter) -> None:
    """A workbook with the sheets of two rounds, that of the other round first."""
    issue(quarter, "計画", RETURNED - 5 * DAY, departments=(OFFICE,))
    quarter.write(HERE, {CP: "手書き"})
    both = with_sheet(
        without_sheet(issued_book(quarter, "計画"), "01-04"), "01-01 (2)",
        sheet_xml(quarter.filled({HERE: {CP: "返送"}}), HERE),
    )  # fmt: skip
    quarter.collect(both)
    [asked] = quarter.master.conflicts
    decide(quarter.workspace, asked.id, "returned", "", RETURNED)
    rounds = {r.issue_id: r.round for r in quarter.master.receipts}
    assert list(rounds.values()) == ["計画", "第1四半期"]
    for name in ("log", "readings", "terms"):  # as an earlier release left it
        shutil.rmtree(quarter.workspace.master_folder / name)
    state = opened(quarter.workspace, RETURNED).state(HERE)
    taken = state.texts[Ref(CP)]
    assert taken.by and (taken.text, rounds[taken.by[1]]) == ("返送", "第1四半期")
    assert not state.conflicts


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_books_explain_the_master(issued_quarter: Quarter, tmp_path: Path, seed: int) -> None:
    """Random weeks: returns, halves, faults, copies, hand edits, decisions, withdrawals, another issue."""
    dice, quarter = random.Random(seed), copy(issued_quarter, tmp_path)
    desk = _Weeks(quarter, dice)
    for step in desk.steps(9):
        step()
        chained(quarter)


class _Weeks:
    """What may happen at the desk, drawn by dice."""

    def __init__(self, quarter: Quarter, dice: random.Random) -> None:
        self.quarter, self.dice, self.now, self.count = quarter, dice, RETURNED, 0

    def steps(self, number: int) -> Iterator:
        kinds = [
            self.back,
            self.back,
            self.back,
            self.corrected,
            self.edit,
            self.take_out,
            self.put_aside,
            self.settle,
            self.issue_again,
        ]
        for _ in range(number):
            self.now += DAY
            yield self.dice.choice(kinds)

    def back(self) -> None:
        """Something comes back; a dry run says the same, and the same again changes nothing."""
        words = ("予定通り", LATE, "順調", "")
        edits = {ref: self.dice.choice(words) for ref in (P1, P2) if self.dice.random() < 0.7}
        edits |= {ref: self.dice.choice("甲乙丙") for ref in (CP, C1) if self.dice.random() < 0.4}
        self.count += 1
        path = self.quarter.put(typed(issued_book(self.quarter, "第1四半期"), edits), f"{self.count}.xlsx")
        whole = self.dice.random() < 0.15
        dry = collect(self.quarter.workspace, [path], self.now, dry_run=True, replace=whole)
        assert collect(self.quarter.workspace, [path], self.now, replace=whole).plan == dry.plan
        texts = self.quarter.values(HERE)
        collect(self.quarter.workspace, [path], self.now, replace=whole)
        assert self.quarter.values(HERE) == texts

    def corrected(self) -> None:
        """A corrected copy comes back."""
        copies = sorted((self.quarter.workspace.reports / "差し戻し").glob("U*"))
        if copies:
            data = typed(self.dice.choice(copies).read_bytes(), {self.dice.choice((P1, P2)): "予定通り"})
            self.count += 1
            collect(self.quarter.workspace, [self.quarter.put(data, f"{self.count}.xlsx")], self.now)

    def edit(self) -> None:
        """The coordinator types something into the master; the next command notices it."""
        self.quarter.write(HERE, {self.dice.choice((P1, CP, "goal")): self.dice.choice(("予定通り", "手書き"))})
        self.back()

    def take_out(self) -> None:
        """A return is withdrawn, or a held sheet accepted."""
        ids = sorted({r.id for r in self.quarter.master.receipts})
        if not ids:
            return
        id_ = self.dice.choice(ids)
        try:
            if self.dice.random() < 0.5:
                withdraw(self.quarter.workspace, id_, "誤り", self.now)
            else:
                accept(self.quarter.workspace, id_, HERE, "電話", self.now)
        except UsageError:
            self.back()

    def put_aside(self) -> None:
        """A held return is dismissed."""
        held = [r.id for r in self.quarter.master.receipts if r.state is ReceiptState.HELD and not r.replaced_by]
        if held:
            dismiss(self.quarter.workspace, self.dice.choice(held), "回答ではない", self.now)
        else:
            self.back()

    def settle(self) -> None:
        """An open conflict is decided."""
        for c in self.quarter.master.conflicts:
            if c.state is ConflictState.OPEN:
                take = self.dice.choice(("issued", "returned", "current", "別の文" if str(c.ref) != P1 else LATE))
                decide(self.quarter.workspace, c.id, take, "", self.now)
                return
        self.back()

    def issue_again(self) -> None:
        """The round is issued again, with what stands in the master now; something typed is noticed before."""
        issue(self.quarter, now=self.now, departments=(OFFICE,))
        self.back()


def test_nobody_typed_over_the_label_of_an_activity_that_a_department_emptied(quarter: Quarter) -> None:
    issue(quarter, "計画", RETURNED - 5 * DAY, departments=(OFFICE,))
    quarter.collect(typed(issued_book(quarter, "計画"), {"activity.name/K2": "", "activity.plan/K2/1": ""}, "01-04"))
    assert "activity.name/K2" not in quarter.values("01-04")
    quarter.collect(quarter.filled({}, "総務課"))
    assert [str(c.ref) for c in quarter.master.changes if c.measure == "01-04"] == [
        "activity.name/K2",
        "activity.plan/K2/1",
    ]
    chained(quarter)


def test_what_the_coordinator_types_as_it_was_returned_ends_the_conflict(quarter: Quarter) -> None:
    quarter.write(HERE, {CP: "手書き"})
    quarter.collect(half(quarter, ONE | TWO | {CP: "甲"}))
    quarter.write(HERE, {CP: "甲"})
    quarter.collect(quarter.filled({}, "総務課"))
    [row] = quarter.master.conflicts
    assert (row.state, row.reason) == (ConflictState.WITHDRAWN, "手入力")


def require(quarter: Quarter, fields: str) -> None:
    """Change what the first quarter requires, in 設定."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    book["設定"]["P3"] = fields
    book.save(quarter.workspace.master)


def test_the_settings_that_a_file_was_judged_by_again_are_kept(quarter: Quarter) -> None:
    path = quarter.put(half(quarter, ONE))
    quarter.collect(path)
    require(quarter, "対応策")
    quarter.collect(path)
    assert states(quarter) == {"U0001": "取込済"}
    require(quarter, "進捗、対応策")
    quarter.collect(quarter.filled({}, "総務課"))
    assert states(quarter) == {"U0001": "取込済"}
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    chained(quarter)


@pytest.mark.parametrize("folder", ["log", "readings", "terms", "issued"])
@pytest.mark.parametrize("damage", ["gone", "empty", "list", "cut"])
def test_a_kept_file_that_is_gone_or_damaged_is_named(quarter: Quarter, folder: str, damage: str) -> None:
    quarter.collect(half(quarter, ONE))
    require(quarter, "対応策")  # the settings of the return are not those of now
    path = sorted((quarter.workspace.master_folder / folder).glob("*.json"))[-1]
    if folder == "issued":
        path = quarter.workspace.issued / f"{quarter.master.receipts[0].issue_id}.json"
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes({"empty": b"", "list": b"[]", "cut": data[: len(data) // 2]}[damage])
    with pytest.raises(MasterError, match=re.escape(path.stem)):
        withdraw(quarter.workspace, "U0001", "", RETURNED)


@pytest.mark.parametrize("folder", ["log", "readings"])
def test_a_kept_file_that_was_changed_is_named(quarter: Quarter, folder: str) -> None:
    quarter.collect(half(quarter, ONE))
    path = sorted((quarter.workspace.master_folder / folder).glob("*.json"))[-1]
    path.write_bytes(path.read_bytes().replace("返送1".encode(), "返送2".encode()))
    with pytest.raises(MasterError, match=re.escape(path.stem)):
        withdraw(quarter.workspace, "U0001", "", RETURNED)


def test_an_error_counts_in_each_of_its_cells_and_a_warning_for_all_of_them() -> None:
    one, two = Ref.parse(P1), Ref.parse(P2)
    error = finding(problems.PROGRESS_MISSING, one, two, severity="error")
    warning = finding(problems.PROGRESS_MISSING, one, two, severity="warning")
    assert _without(error, {P1}) == finding(problems.PROGRESS_MISSING, two, severity="error")
    assert _without(warning, {P1}) == warning
    assert _without(error, {P1, P2}) is _without(warning, {P1, P2}) is None


def test_a_file_that_came_before_can_be_made_to_count_whole(quarter: Quarter) -> None:
    requests = {"support_flag": "有", "support.period/S1": "９月", "support.content/S1": "仕様書の確認"}
    quarter.collect(quarter.filled({HERE: {P1: LATE, C1: "協議中"} | requests}))
    later = quarter.put(quarter.filled({HERE: {CP: "後任"}}), "後.xlsx")
    quarter.collect(later)
    assert quarter.values(HERE)[C1] == "協議中"
    plan = quarter.collect(later, replace=True)
    assert sheet_of(plan, HERE).status is Status.MERGED
    values = quarter.values(HERE)
    assert (values[C1], values[CP], values["support_flag"]) == ("", "後任", quarter_flag(quarter))
    assert not quarter.master.measure(HERE).support_requests
    before = quarter.files()
    quarter.collect(later, replace=True)
    assert quarter.files() == before
    chained(quarter)


def quarter_flag(quarter: Quarter) -> str:
    """依頼有無 of 01-01 as issued."""
    return opened(quarter.workspace, RETURNED).chain.first[HERE].get(Ref("support_flag"), "")


def test_a_log_that_is_gone_altogether_is_made_again_from_ledgers_and_originals(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | {CP: "甲"}))
    quarter.collect(half(quarter, TWO))
    rows = {(r.id, r.measure): r.state for r in quarter.master.receipts}
    for name in ("log", "readings", "terms"):
        shutil.rmtree(quarter.workspace.master_folder / name)
    quarter.collect(quarter.filled({}, "総務課"))
    assert {key: r.state for r in quarter.master.receipts if (key := (r.id, r.measure)) in rows} == rows
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert states(quarter) == {"U0001": "保留", "U0002": "取下げ"} and quarter.values(HERE)[P1] == ""


def test_a_blank_label_is_no_edit(quarter: Quarter) -> None:
    """作業予定の見出し of a row that somebody adds reads as 作業予定: nobody typed that."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    heads = {c.value: c.column for c in book["取組"][1]}
    row = book["取組"].max_row + 1
    for head, text in (("施策ID", "01-01"), ("取組ID", "K9"), ("取組内容", "手書きの取組")):
        book["取組"].cell(row, heads[head], text)
    book.save(quarter.workspace.master)
    books = opened(quarter.workspace, RETURNED)
    assert books.texts["01-01"][Ref("activity.plan_label", "K9")] == "作業予定"
    assert [str(entry.event.ref) for entry in books.noticed] == ["activity.name/K9"]
