"""Replay over abstract cells: its laws over thousands of histories, and the cases that patching got wrong.

``DXREPORT_HISTORIES=20000`` plays so many histories, other ones each time.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxreport.collect.events import Returned, Sheet
from dxreport.collect.state import Fate
from dxreport.domain.fields import Ref
from tests.support import laws
from tests.support.abstract import (
    BAD,
    FIRST,
    MIX,
    SECOND,
    A,
    B,
    C,
    D,
    Desk,
    Done,
    File,
    Issue,
    Step,
    X,
    plain,
    played,
    start,
    verdicts,
)

MANY = int(os.environ.get("DXREPORT_HISTORIES", "0"))
bounded = settings(
    max_examples=MANY or 100,
    derandomize=not MANY,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


# The laws

choices = st.integers(0, 2**40 - 1)
histories = st.lists(st.tuples(st.integers(0, len(MIX) - 1), choices), max_size=20)


def follows_the_laws(steps: list[Step]) -> int:
    """Play a history and check every law after every step; the number of steps."""
    before, count = start(), 0
    for desk, done in played(steps):
        laws.check(before, desk, done)
        before, count = desk.copy(), count + 1
    return count


@pytest.mark.slow
@bounded
@given(histories)
def test_laws_1_3_to_10(steps: list[Step]) -> None:
    follows_the_laws(steps)


@pytest.mark.slow
def test_laws_in_long_histories() -> None:
    chance = random.Random(None if MANY else 8)
    steps = 0
    for _ in range(MANY or 60):
        history = [(chance.randrange(len(MIX)), chance.getrandbits(40)) for _ in range(30)]
        steps += follows_the_laws(history)
    assert steps > 10 * (MANY or 60)


@st.composite
def parts_of_a_round(draw: st.DrawFn) -> tuple[dict[Ref, str], list[tuple[int, list[Ref]]]]:
    """The answers of the first round, and its parts: reissued before or not, and some of the answers.

    Each answer is in a part at least; parts overlap as they like.
    """
    whole = {A: draw(words), B: draw(words)} | draw(st.dictionaries(st.sampled_from([C, X]), words, max_size=2))
    owner = {ref: draw(st.integers(0, 3)) for ref in whole}
    parts = []
    for number in range(4):
        also = draw(st.sets(st.sampled_from(list(whole))))
        parts.append((draw(st.integers(0, 2)), [ref for ref in whole if owner[ref] == number or ref in also]))
    return whole, parts


words = st.sampled_from(["1", "2", "3"])


@bounded
@given(parts_of_a_round(), st.permutations(range(4)), st.sets(st.integers(1, 3)))
def test_11_parts_in_any_split_and_over_reissues_are_the_whole(
    drawn: tuple[dict[Ref, str], list[tuple[int, list[Ref]]]], order: list[int], cuts: set[int]
) -> None:
    whole, parts = drawn
    at_once = start()
    at_once.give(at_once.issues[0], whole)
    desk = start()
    run: list[File] = []
    for place, number in enumerate(order):
        reissued, refs = parts[number]
        if reissued == 1 and not run:
            desk.issue(FIRST)
        issue = desk.issues[-1 - (reissued == 2 and len(desk.issues) > 1)]
        if refs:
            run.append(desk.fill(issue, {ref: whole[ref] for ref in refs}))
        if run and (place + 1 in cuts or place == 3):
            desk.collect(*run)
            run = []
    if run:
        desk.collect(*run)
    assert desk.texts() == at_once.texts()
    assert desk.state().settled(FIRST)


sheets = st.lists(st.dictionaries(st.sampled_from([A, B, C, X]), st.sampled_from(["1", "2", ""])), max_size=5)


@bounded
@given(sheets, st.data())
def test_12_sound_returns_of_one_issue_in_any_order(filled: list[dict[Ref, str]], data: st.DataObject) -> None:
    first = start()
    files = [first.fill(first.issues[0], texts, sent=2 + n) for n, texts in enumerate(filled)]
    first.now = 20
    other = first.copy()
    for file in files:
        first.collect(file)
    for file in data.draw(st.permutations(files)):
        other.collect(file)
    assert other.texts() == first.texts()
    assert other.state().settled(FIRST) == first.state().settled(FIRST)


# What patching got wrong


@pytest.fixture
def desk() -> Desk:
    """The first round, issued."""
    return start()


def first_issue(desk: Desk) -> Issue:
    return desk.issues[0]


def verdict(desk: Desk, return_id: str) -> Fate:
    return next(v for key, v in verdicts(desk.state()).items() if key[0] == return_id)


def test_people_with_workbooks_of_different_issues_of_a_round_complete_each_other(desk: Desk) -> None:
    one = desk.give(first_issue(desk), {A: "1"})
    two = desk.give(desk.issue(FIRST), {B: "2"})
    assert desk.texts() == {A: "1", B: "2", X: "0"}
    assert {verdict(desk, one), verdict(desk, two)} == {Fate.TAKEN}
    assert desk.state().settled(FIRST)


def test_a_second_corrected_copy_takes_back_what_the_first_brought(desk: Desk) -> None:
    held = desk.give(first_issue(desk), {A: "1"})
    copy = desk.give_copy(held, {B: "1", C: "wrong"})
    assert desk.texts()[C] == "wrong"
    desk.give_copy(copy, {C: ""})
    assert desk.texts() == {A: "1", B: "1", X: "0"}


def test_a_second_copy_of_the_same_return_leaves_what_the_first_brought(desk: Desk) -> None:
    held = desk.give(first_issue(desk), {A: "1"})
    desk.give_copy(held, {B: "1", C: "said"})
    desk.give_copy(held, {B: "2"})
    assert desk.texts() == {A: "1", B: "2", C: "said", X: "0"}


def test_a_withdrawn_answer_in_the_middle(desk: Desk) -> None:
    desk.give(first_issue(desk), {A: "1", B: "1"})
    middle = desk.give(first_issue(desk), {A: "2", C: "2"})
    desk.give(first_issue(desk), {B: "3"})
    desk.withdraw(middle)
    assert desk.texts() == {A: "1", B: "3", X: "0"}
    assert verdict(desk, middle) is Fate.WITHDRAWN
    assert desk.state().settled(FIRST)


def test_what_leaned_on_a_withdrawn_return_is_held_again(desk: Desk) -> None:
    first = desk.give(first_issue(desk), {A: "1", B: "1"})
    second = desk.give(first_issue(desk), {A: "2"})
    desk.withdraw(first)
    assert verdict(desk, second) is Fate.HELD
    assert desk.texts() == {X: "0"}


def test_the_wrong_rounds_book_leaves_a_settled_round_alone(desk: Desk) -> None:
    desk.give(first_issue(desk), {A: "1", B: "1"})
    wrong = desk.give(first_issue(desk), {D: "1"})
    assert verdict(desk, wrong) is Fate.ELSEWHERE
    assert desk.state().settled(FIRST)
    assert desk.texts() == {A: "1", B: "1", X: "0"}
    assert next(o for k, o in desk.state().outcomes.items() if k[0] == wrong).judged.elsewhere == SECOND


@pytest.mark.parametrize("texts", [{A: "2", D: "1"}, {A: "1", B: BAD, D: "1"}])
def test_a_wrong_rounds_book_that_answers_its_own_round_too_is_held(desk: Desk, texts: dict[Ref, str]) -> None:
    desk.give(first_issue(desk), {A: "1", B: "1"})
    assert verdict(desk, desk.give(first_issue(desk), texts)) is Fate.HELD


def test_the_wrong_rounds_book_is_no_answer_to_its_round_though_that_is_open(desk: Desk) -> None:
    assert verdict(desk, desk.give(first_issue(desk), {D: "1"})) is Fate.ELSEWHERE
    assert not desk.state().settled("round 1")


def test_halves_do_not_join_across_a_faulty_sheet(desk: Desk) -> None:
    before = desk.give(first_issue(desk), {A: "1"})
    faulty = desk.give(first_issue(desk), {C: BAD})
    after = desk.give(first_issue(desk), {B: "1"})
    assert {verdict(desk, r) for r in (before, faulty, after)} == {Fate.HELD}
    other = desk.give(first_issue(desk), {A: "2"})
    assert [verdict(desk, r) for r in (after, other)] == [Fate.TAKEN, Fate.TAKEN]
    assert [verdict(desk, r) for r in (before, faulty)] == [Fate.REPLACED, Fate.REPLACED]
    assert desk.texts() == {A: "2", B: "1", X: "0"}


def test_withdrawing_the_faulty_sheet_lets_the_halves_in(desk: Desk) -> None:
    desk.give(first_issue(desk), {A: "1"})
    faulty = desk.give(first_issue(desk), {C: BAD})
    desk.give(first_issue(desk), {B: "1"})
    desk.withdraw(faulty)
    assert desk.texts() == {A: "1", B: "1", X: "0"}


def test_accept_after_withdraw(desk: Desk) -> None:
    taken = desk.give(first_issue(desk), {A: "1", B: "1"})
    desk.withdraw(taken)
    assert desk.texts() == {X: "0"}
    desk.accept((taken, "I1"))
    assert desk.texts() == {A: "1", B: "1", X: "0"}
    assert desk.state().settled(FIRST)


def test_accepting_a_faulty_half_takes_the_half_that_waited_for_it(desk: Desk) -> None:
    half = desk.give(first_issue(desk), {A: "1"})
    faulty = desk.give(first_issue(desk), {B: BAD})
    desk.accept((faulty, "I1"))
    assert verdict(desk, half) is Fate.TAKEN
    assert desk.texts() == {A: "1", B: BAD, X: "0"}


def in_conflict(desk: Desk) -> str:
    """A return that answers x after a person typed over it."""
    desk.edit(X, "hand")
    return desk.give(first_issue(desk), {A: "1", B: "1", X: "return"})


def test_a_decision_that_takes_a_withdrawn_return_is_gone(desk: Desk) -> None:
    return_id = in_conflict(desk)
    desk.decide(desk.state().conflicts[X, FIRST], "return")
    assert desk.texts()[X] == "return"
    desk.withdraw(return_id)
    assert desk.texts() == {X: "hand"}
    assert not desk.state().conflicts


def test_a_decision_takes_the_text_of_the_sheet_that_it_names(desk: Desk) -> None:
    """A return with a sheet of each round. The second is complete only with what another return answers."""
    first, second = first_issue(desk), desk.issue(SECOND)
    desk.edit(X, "hand")
    desk.append(
        Returned(Sheet("U0001", first.id, FIRST, ("0009", 1), first.texts, {**first.texts, A: "1", B: "1"})),
        Returned(Sheet("U0001", second.id, SECOND, ("0009", 1), second.texts, {**second.texts, X: "return"})),
        Returned(Sheet("U0002", second.id, SECOND, ("0010", 2), second.texts, {**second.texts, D: "1"})),
    )
    desk.decide(desk.state().conflicts[X, SECOND], "return")
    taken = desk.state().texts[X]
    assert (taken.text, taken.by, taken.round) == ("return", ("U0001", second.id), SECOND)
    desk.withdraw("U0002")
    state = desk.state()
    assert [state.outcomes["U0001", issue.id].fate for issue in (first, second)] == [Fate.TAKEN, Fate.HELD]
    assert state.text(X) == "hand"


def in_one_file(desk: Desk, *filled: tuple[Issue, dict[Ref, str]]) -> None:
    """Read one return with a sheet of each of these issues."""
    at = f"{desk.tick():04}"
    for place, (issue, texts) in enumerate(filled):
        desk.append(
            Returned(Sheet("U0001", issue.id, issue.round, (at, 1, place), issue.texts, {**issue.texts, **texts}))
        )


def test_of_two_sheets_in_one_file_the_later_one_counts(desk: Desk) -> None:
    """Somebody puts the sheets of both issues of a round into one file; nothing tells which was filled in later."""
    reissued = desk.issue(FIRST)
    in_one_file(desk, (first_issue(desk), {A: "1", B: "1", C: "1"}), (reissued, {A: "2", B: "1"}))
    state = desk.state()
    assert plain(state) == {A: "2", B: "1", C: "1", X: "0"}
    assert [(put.ref, put.new, put.by) for put in state.trail if put.ref == A] == [
        (A, "1", ("U0001", "I1")),
        (A, "2", ("U0001", "I2")),
    ]


def test_a_sheet_that_takes_back_what_another_in_its_file_says_lacks_it(desk: Desk) -> None:
    desk.edit(A, "hand")
    reissued = desk.issue(FIRST)
    in_one_file(desk, (first_issue(desk), {A: "1"}), (reissued, {A: "", B: "1"}))
    assert {o.fate for o in desk.state().outcomes.values()} == {Fate.HELD}


def test_a_wrong_rounds_sheet_that_says_otherwise_than_another_in_its_file_is_held(desk: Desk) -> None:
    reissued = desk.issue(FIRST)
    in_one_file(desk, (first_issue(desk), {A: "1", B: "1"}), (reissued, {A: "2", D: "1"}))
    assert desk.state().outcomes["U0001", "I2"].fate is Fate.HELD


def test_an_inherited_answer_does_not_go_in_twice(desk: Desk) -> None:
    """What a person wrote over an answer is not questioned by a corrected copy that only repeats it."""
    parent = desk.give(first_issue(desk), {A: "1", B: "1"})
    desk.edit(A, "hand")
    desk.give_copy(parent, {C: "said"})
    assert desk.texts() == {A: "hand", B: "1", C: "said", X: "0"}
    assert not desk.state().conflicts


def test_a_decision_for_another_text_stays(desk: Desk) -> None:
    return_id = in_conflict(desk)
    desk.decide(desk.state().conflicts[X, FIRST], "third")
    desk.withdraw(return_id)
    assert desk.texts() == {X: "third"}


def test_a_decision_closes_only_the_question_that_it_answers(desk: Desk) -> None:
    desk.edit(X, "hand")
    desk.give(first_issue(desk), {A: "1", B: "1", X: "older"})
    newer = desk.give(first_issue(desk), {X: "newer"})
    desk.decide(desk.state().conflicts[X, FIRST], "hand")
    assert not desk.state().conflicts
    desk.withdraw(newer)
    assert desk.state().conflicts[X, FIRST].returned == "older"
    assert desk.texts()[X] == "hand"


def test_an_edit_over_a_withdrawn_text_becomes_a_question(desk: Desk) -> None:
    return_id = desk.give(first_issue(desk), {A: "1", B: "1", X: "return"})
    desk.edit(X, "hand")
    desk.withdraw(return_id)
    question = desk.state().conflicts[X, ""]
    assert (question.issued, question.returned, question.current) == ("0", "return", "hand")
    assert desk.texts() == {X: "hand"}


@pytest.mark.parametrize("text", ["return", "newer", "hand"])
def test_what_a_return_asks_or_says_takes_the_place_of_that_question(desk: Desk, text: str) -> None:
    """The withdrawn sheet accepted after all, one that says otherwise, and one that says what the person typed."""
    return_id = desk.give(first_issue(desk), {A: "1", B: "1", X: "return"})
    desk.edit(X, "hand")
    desk.withdraw(return_id)
    if text == "return":
        desk.accept((return_id, "I1"))
    else:
        desk.give(first_issue(desk), {A: "1", B: "1", X: text})
    questions = desk.state().conflicts
    assert {key: (c.returned, c.current) for key, c in questions.items()} == (
        {} if text == "hand" else {(X, FIRST): (text, "hand")}
    )
    assert desk.texts()[X] == "hand"


def test_a_question_about_typing_waits_for_that_of_another_return(desk: Desk) -> None:
    later = desk.issue(SECOND)
    desk.edit(X, "hand")
    desk.give(later, {D: "1", X: "later"})
    first = desk.give(first_issue(desk), {A: "1", B: "1", X: "first"})
    desk.decide(desk.state().conflicts[X, FIRST], "first")
    desk.edit(X, "by hand again")
    desk.withdraw(first)
    assert [(key, c.returned) for key, c in desk.state().conflicts.items()] == [((X, SECOND), "later")]
    assert desk.texts()[X] == "by hand again"


def test_two_rounds_that_gave_the_same_answer_are_in_conflict_once_one_changes_it(desk: Desk) -> None:
    later = desk.issue(SECOND)
    desk.give(first_issue(desk), {A: "1", B: "1", X: "1"})
    desk.give(later, {D: "1", X: "1"})
    desk.give(first_issue(desk), {X: "2"})
    assert plain(desk.state())[X] == "1"
    assert desk.state().conflicts[X, FIRST].returned == "2"


def test_a_held_sheet_is_replaced_by_the_last_that_went_in(desk: Desk) -> None:
    faulty = desk.give(first_issue(desk), {C: BAD})
    desk.give(first_issue(desk), {A: "1", B: "1"})
    last = desk.give(first_issue(desk), {A: "2"})
    outcome = desk.state().outcomes[faulty, "I1"]
    assert (outcome.fate, outcome.replaced_by) == (Fate.REPLACED, last)


def test_a_faulty_sheet_without_an_answer_is_replaced_like_any_other(desk: Desk) -> None:
    """It came back as issued, with a word that a person had typed into the master."""
    desk.edit(A, BAD)
    faulty = desk.give(desk.issue(FIRST), {})
    assert verdict(desk, faulty) is Fate.HELD
    later = desk.give(first_issue(desk), {A: "1", B: "1"})
    outcome = desk.state().outcomes[faulty, "I2"]
    assert (outcome.fate, outcome.replaced_by, outcome.says) == (Fate.REPLACED, later, {})


def test_a_copy_that_says_nothing_replaces_no_faulty_sheet(desk: Desk) -> None:
    """It is complete only because of what another return answered."""
    blank = desk.give(first_issue(desk), {})
    desk.give(first_issue(desk), {A: "1", B: "1"})
    faulty = desk.give(first_issue(desk), {C: BAD})
    copy = desk.give_copy(blank, {})
    assert [verdict(desk, r) for r in (faulty, copy)] == [Fate.HELD, Fate.UNCHANGED]
    assert not desk.state().settled(FIRST)


def test_a_copy_of_a_return_that_a_backup_does_not_know_speaks_for_itself(desk: Desk) -> None:
    """Its log is that of the backup's day: all that is unlike the issue was answered with the copy."""
    held = desk.give(first_issue(desk), {A: "1"})
    copy = desk.correct(desk.sheet(held), {B: "1"})
    desk.restore(1)
    copied = desk.collect(copy)[0]
    says = desk.state().outcomes[copied, "I1"].says
    assert {ref: said.rank[1] for ref, said in says.items()} == {A: 2, B: 2}
    assert desk.texts() == {A: "1", B: "1", X: "0"}
    desk.collect(desk.files[0])  # its parent turns up after all: an older answer of the same round
    assert desk.texts() == {A: "1", B: "1", X: "0"}
    assert desk.state().settled(FIRST)


def test_an_inherited_answer_is_in_with_its_parent_and_gives_way_to_a_round_that_had_seen_it(desk: Desk) -> None:
    """The second round answers over the blank that it was issued with, and waits for what the copy brings."""
    parent = desk.give(first_issue(desk), {A: "1", B: "1", X: ""})
    copy = desk.give_copy(parent, {D: "1"})
    assert verdict(desk, copy) is Fate.ELSEWHERE
    later = desk.give(desk.issue(SECOND), {X: "3"})
    assert verdict(desk, later) is Fate.HELD
    earlier = desk.copy()
    desk.accept((copy, "I1"))
    assert [verdict(desk, r) for r in (copy, later)] == [Fate.TAKEN, Fate.TAKEN]
    assert desk.state().outcomes[copy, "I1"].says[X].rank[1] == 1
    assert desk.texts()[X] == "3"
    assert not desk.state().conflicts
    laws.check(earlier, desk, Done("accept"))


def test_an_answer_that_stood_already_goes_in_and_gives_way_at_once_to_a_round_that_had_seen_it(desk: Desk) -> None:
    """The second round waits until anything goes in: a person filled in what it lacked."""
    desk.give(first_issue(desk), {A: "1", B: "1", X: "3"})
    later = desk.give(desk.issue(SECOND), {X: "1"})
    desk.edit(D, "2")
    faulty = desk.give(first_issue(desk), {C: BAD, X: "3"})
    assert [verdict(desk, r) for r in (later, faulty)] == [Fate.HELD, Fate.HELD]
    earlier = desk.copy()
    desk.accept((faulty, "I1"))
    assert [verdict(desk, r) for r in (later, faulty)] == [Fate.TAKEN, Fate.TAKEN]
    assert desk.texts()[X] == "1"
    assert not desk.state().conflicts
    laws.check(earlier, desk, Done("accept"))


def test_what_a_dismissed_copy_corrected_counts_again_beside_a_later_copy(desk: Desk) -> None:
    held = desk.give(first_issue(desk), {A: "1"})
    copy = desk.give_copy(held, {C: BAD})
    desk.dismiss((copy, "I1"))
    later = desk.give_copy(copy, {C: "", B: "1"})
    assert [verdict(desk, r) for r in (held, copy, later)] == [Fate.TAKEN, Fate.DISMISSED, Fate.TAKEN]
    assert desk.texts() == {A: "1", B: "1", X: "0"}


def test_a_whole_copy_says_now_what_it_inherits(desk: Desk) -> None:
    first = desk.give(first_issue(desk), {A: "1", B: "1", X: "1"})
    desk.give(first_issue(desk), {X: "2"})
    other = desk.copy()
    other.give_copy(first, {C: "1"})
    assert other.texts()[X] == "2"
    desk.give_copy(first, {C: "1"}, whole=True)
    assert desk.texts() == {A: "1", B: "1", C: "1", X: "1"}


def test_an_older_wrong_rounds_book_answers_nothing_new_where_a_newer_return_says_otherwise(desk: Desk) -> None:
    older = desk.fill(first_issue(desk), {A: "2", B: "1", D: "1"}, sent=2)
    desk.now = 5
    desk.give(first_issue(desk), {A: "1", B: "1"})
    assert verdict(desk, desk.collect(older)[0]) is Fate.ELSEWHERE
    newer = desk.fill(first_issue(desk), {A: "2", B: "1", D: "1"})
    assert verdict(desk, desk.collect(newer)[0]) is Fate.HELD


def test_an_older_return_is_overtaken_only_where_a_newer_one_says_otherwise(desk: Desk) -> None:
    same = desk.fill(first_issue(desk), {A: "1", B: "1"}, sent=2)
    other = desk.fill(first_issue(desk), {A: "2", B: "1"}, sent=3)
    desk.now = 5
    newer = desk.give(first_issue(desk), {A: "1", B: "1"})
    outcomes = [desk.state().outcomes[r, "I1"] for r in desk.collect(same, other)]
    assert [(o.fate, o.overtaken_by) for o in outcomes] == [(Fate.UNCHANGED, ""), (Fate.UNCHANGED, newer)]


def test_a_bad_word_that_a_newer_return_put_right_is_no_fault_of_an_older_one(desk: Desk) -> None:
    older = desk.fill(first_issue(desk), {A: BAD, B: "1", C: "said"}, sent=2)
    desk.now = 5
    desk.give(first_issue(desk), {A: "1", B: "1"})
    assert verdict(desk, desk.collect(older)[0]) is Fate.TAKEN
    assert desk.texts() == {A: "1", B: "1", C: "said", X: "0"}
