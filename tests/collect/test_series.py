"""Several returns of one issue and measure: which one counts, and what remains after a withdrawal."""

from __future__ import annotations

import pytest

from dxreport.collect.resolve import accept, decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.fields import Ref
from dxreport.master.records import Receipt
from dxreport.sendback.fill import fill
from tests.support.halves import ELSE, HERE, LATE, ONE, P1, P2, TWO, half, shown, states
from tests.support.quarter import FORM, OFFICE, RETURNED, Edits, Quarter, issue

pytestmark = pytest.mark.slow

CP = "contact_person"
WHOLE = ONE | TWO
NEXT = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}


def typed(data: bytes, edits: Edits, measure: str = HERE, quarter: int = 1) -> bytes:
    """Return a workbook with these answers typed into it."""
    return fill(data, FORM, {measure: {Ref.parse(r): t for r, t in edits.items()}}, quarter=quarter, year=1)


def corrected(quarter: Quarter, return_id: str, edits: Edits, measure: str = HERE) -> bytes:
    """Return the corrected copy of a return, with these answers typed into it."""
    [path] = (quarter.workspace.reports / "差し戻し").glob(f"{return_id}*")
    return typed(path.read_bytes(), edits, measure)


def second(quarter: Quarter, edits: Edits) -> bytes:
    """Return the workbook of 第2四半期, with these answers typed into 01-01."""
    later = [i for i in quarter.master.issues if i.round == "第2四半期"][-1]
    return typed((quarter.workspace.issued / f"{later.id}.xlsx").read_bytes(), edits, quarter=2)


@pytest.mark.parametrize(
    "parts",
    [(ONE, {P1: LATE, P2: "予定通り"}), (ONE, {P1: "順調"}, TWO)],
    ids=["a newer half that says otherwise", "a newer return with another fault"],
)
def test_a_folder_collected_again_changes_nothing(quarter: Quarter, parts: tuple[Edits, ...]) -> None:
    folder = [half(quarter, edits) for edits in parts]
    quarter.collect(*folder)
    before = quarter.files()
    quarter.collect(*folder)
    assert quarter.files() == before and quarter.values(HERE)[P1] == ""


@pytest.mark.quick
def test_a_corrected_copy_does_not_say_anew_what_its_original_said(quarter: Quarter) -> None:
    """A colleague corrects one sheet while the copy goes back for the other."""
    quarter.collect(quarter.filled({HERE: WHOLE | {CP: "甲"}, "01-04": {P1: "順調"}}, full=False))
    copy = corrected(quarter, "U0001", ELSE, "01-04")
    quarter.collect(half(quarter, WHOLE | {CP: "乙"}))
    quarter.collect(copy)
    assert shown(quarter, "01-04") == "反映済" and quarter.values(HERE)[CP] == "乙"


def test_a_corrected_copy_takes_back_what_went_in_meanwhile(quarter: Quarter) -> None:
    issued = quarter.values(HERE)[CP]
    quarter.collect(half(quarter, ONE | {CP: "甲"}))
    copy = corrected(quarter, "U0001", {CP: issued})
    quarter.collect(half(quarter, TWO))
    quarter.collect(copy)
    assert (quarter.values(HERE)[CP], quarter.values(HERE)[P1]) == (issued, "予定通り")


def test_what_was_accepted_holds_nobody_else_back(quarter: Quarter) -> None:
    quarter.collect(half(quarter, {P1: LATE, P2: "予定通り"}))
    accept(quarter.workspace, "U0001", HERE, "電話で確認", RETURNED)
    quarter.collect(half(quarter, {CP: "乙"}))
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}


def test_what_waited_for_a_sheet_goes_in_when_that_is_accepted(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    quarter.collect(half(quarter, {CP: "乙"}))
    accept(quarter.workspace, "U0002", HERE, "電話で確認", RETURNED)
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"} and quarter.values(HERE)[P1] == "予定通り"
    quarter.collect(half(quarter, TWO))
    assert shown(quarter) == "反映済" and quarter.values(HERE)[P2] == "予定通り"


def test_of_two_that_remain_the_last_counts(quarter: Quarter) -> None:
    for word in "甲乙丙":
        quarter.collect(half(quarter, WHOLE | {CP: word}))
    withdraw(quarter.workspace, "U0003", "", RETURNED)
    assert quarter.values(HERE)[CP] == "乙"


def test_what_a_person_wrote_between_two_returns_stays(quarter: Quarter) -> None:
    quarter.collect(half(quarter, WHOLE | {CP: "甲"}))
    quarter.write(HERE, {CP: "手書き"})
    quarter.collect(half(quarter, WHOLE | {CP: "乙"}))
    decide(quarter.workspace, "C0001", "returned", "", RETURNED)
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert quarter.values(HERE)[CP] == "手書き"


def test_what_a_replacing_return_took_back_does_not_come_again(quarter: Quarter) -> None:
    issued = quarter.values(HERE)[CP]
    quarter.collect(half(quarter, WHOLE | {CP: "甲"}))
    quarter.collect(half(quarter, WHOLE), replace=True)
    quarter.collect(half(quarter, WHOLE | {CP: "丙"}))
    withdraw(quarter.workspace, "U0003", "", RETURNED)
    assert quarter.values(HERE)[CP] == issued


@pytest.mark.parametrize(
    "order", [("U0001", "U0002", "U0003"), ("U0003", "U0002", "U0001"), ("U0002", "U0003", "U0001")]
)
@pytest.mark.parametrize("parts", [(WHOLE, WHOLE, WHOLE), (ONE, TWO, WHOLE)], ids=["each whole", "two of them halves"])
def test_withdrawing_all_restores_what_was_issued(
    quarter: Quarter, parts: tuple[Edits, ...], order: tuple[str, ...]
) -> None:
    before, was = quarter.values(HERE), shown(quarter)
    quarter.collect(*(half(quarter, edits | {CP: word}) for edits, word in zip(parts, "甲乙丙", strict=True)))
    for return_id in order:
        withdraw(quarter.workspace, return_id, "", RETURNED)
    assert quarter.values(HERE) == before and shown(quarter) == was
    assert all(c.old != c.new for c in quarter.master.changes)


def test_where_both_say_the_same_there_is_no_conflict(quarter: Quarter) -> None:
    for number, word in enumerate("甲乙甲"):
        quarter.collect(half(quarter, WHOLE | {CP: word, "outcome.actual/O1/1": str(number)}))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert not [c for c in quarter.master.conflicts if c.returned == c.current]


def test_a_withdrawn_return_is_not_named_as_what_took_the_place(quarter: Quarter) -> None:
    quarter.collect(half(quarter, {P1: "順調"}))
    quarter.collect(half(quarter, WHOLE))
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert not next(r.replaced_by for r in quarter.master.receipts if (r.id, r.measure) == ("U0001", HERE))


def test_what_a_return_of_another_round_says_too_stays(quarter: Quarter) -> None:
    issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    quarter.collect(half(quarter, WHOLE))
    quarter.collect(second(quarter, WHOLE | NEXT))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert [quarter.values(HERE)[ref] for ref in (P1, P2, *NEXT)] == ["予定通り"] * 4


def test_an_answer_that_a_corrected_copy_takes_back_is_missing(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({HERE: WHOLE, "01-04": {P1: "順調"}}, full=False))
    quarter.collect(corrected(quarter, "U0001", {P2: "", CP: "乙"}))
    assert states(quarter) == {"U0001": "取込済", "U0002": "保留"} and quarter.values(HERE)[P2] == "予定通り"
    assert shown(quarter) == "差し戻し"


def test_nor_is_one_that_a_withdrawal_holds_again(quarter: Quarter) -> None:
    def row() -> Receipt:
        return next(r for r in quarter.master.receipts if (r.id, r.measure) == ("U0001", HERE))

    quarter.collect(half(quarter, {P1: "順調"}))
    quarter.collect(half(quarter, ONE), half(quarter, TWO))
    assert row().replaced_by == "U0003"
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert states(quarter) == {"U0001": "保留", "U0002": "取下げ", "U0003": "保留"}
    assert not row().replaced_by and "順調" in row().note
