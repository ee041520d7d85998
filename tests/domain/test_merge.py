"""The laws of the three-way merge."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dxreport.domain.fields import Ref
from dxreport.domain.merge import CellChange, CellConflict, Merge, three_way

REFS = [Ref("goal"), Ref("procurement"), *(Ref("activity.progress", k, q) for k in ("K1", "K2") for q in (1, 2))]
Texts = dict[Ref, str]
texts = st.dictionaries(st.sampled_from(REFS), st.sampled_from(["", "甲", "乙", "丙"]))
whole = st.fixed_dictionaries({ref: st.sampled_from(["", "甲", "乙", "丙"]) for ref in REFS})
refs = st.sets(st.sampled_from(REFS))


def nobody(_: Ref) -> bool:
    return False


def merged(
    issued: Texts, returned: Texts, current: Texts, *, answered: Callable[[Ref], bool], replace: bool = False
) -> Merge:
    """Merge cells of items that were issued and are still there."""
    names = {Ref("activity.name", k): "取組" for k in ("K1", "K2")}
    return three_way(names | issued, returned, names | current, answered=answered, replace=replace)


def applied(current: Texts, merge: Merge) -> Texts:
    return current | {c.ref: c.new for c in merge.changes}


@given(texts, texts, st.booleans())
def test_an_unchanged_return_changes_nothing_whatever_the_master_says(
    issued: Texts, current: Texts, shown_all: bool
) -> None:
    returned = {ref: issued.get(ref, "") for ref in REFS} if shown_all else issued
    assert merged(issued, returned, current, answered=nobody) == Merge()


@given(texts, texts, texts, refs)
def test_every_cell_is_merged_by_the_table_of_cases(
    issued: Texts, returned: Texts, current: Texts, answered: set[Ref]
) -> None:
    """Restate the table of cases: the text of every cell after the merge, and its conflict if there is one."""
    merge = merged(issued, returned, current, answered=answered.__contains__)
    after, conflicts = applied(current, merge), {c.ref: c for c in merge.conflicts}
    for ref in REFS:
        base, back, now = issued.get(ref, ""), returned.get(ref, issued.get(ref, "")), current.get(ref, "")
        both_differ = ref in returned and back != base and now != base and back != now
        if both_differ and ref not in answered:
            assert conflicts.pop(ref) == CellConflict(ref, base, back, now)
            assert after.get(ref, "") == now
        elif ref in returned and back != base:
            assert after.get(ref, "") == back
        else:
            assert after.get(ref, "") == now
    assert not conflicts
    assert all(c.old == current.get(c.ref, "") != c.new for c in merge.changes)


@given(texts, texts, texts, refs, st.booleans())
def test_cells_not_shown_never_change(
    issued: Texts, returned: Texts, current: Texts, answered: set[Ref], replace: bool
) -> None:
    merge = merged(issued, returned, current, answered=answered.__contains__, replace=replace)
    assert {c.ref for c in (*merge.changes, *merge.conflicts)} <= set(returned)


@given(texts, texts, texts, refs, st.booleans())
def test_merging_twice_is_merging_once(
    issued: Texts, returned: Texts, current: Texts, answered: set[Ref], replace: bool
) -> None:
    first = merged(issued, returned, current, answered=answered.__contains__, replace=replace)
    after = applied(current, first)
    now_answered = answered | {c.ref for c in first.changes}
    second = merged(issued, returned, after, answered=now_answered.__contains__, replace=replace)
    assert (second.changes, second.conflicts) == ((), first.conflicts)


@given(whole, whole, whole, refs)
def test_returns_of_different_cells_commute(issued: Texts, one: Texts, two: Texts, ones: set[Ref]) -> None:
    first = {ref: one[ref] if ref in ones else issued[ref] for ref in REFS}
    second = {ref: issued[ref] if ref in ones else two[ref] for ref in REFS}

    def both(a: Texts, b: Texts) -> Texts:
        after = applied(issued, merge := merged(issued, a, issued, answered=nobody))
        answered = {c.ref for c in merge.changes}
        return applied(after, merged(issued, b, after, answered=answered.__contains__))

    assert both(first, second) == both(second, first) == {ref: (first if ref in ones else second)[ref] for ref in REFS}


@given(whole, whole, whole)
def test_the_later_return_wins_where_it_differs_from_the_issue_and_with_replace_everywhere(
    issued: Texts, one: Texts, two: Texts
) -> None:
    after = applied(issued, merge := merged(issued, one, issued, answered=nobody))
    answered = {c.ref for c in merge.changes}
    later = merged(issued, two, after, answered=answered.__contains__)
    assert not later.conflicts
    assert applied(after, later) == {ref: two[ref] if two[ref] != issued[ref] else one[ref] for ref in REFS}
    whole_return = merged(issued, two, after, answered=answered.__contains__, replace=True)
    assert applied(after, whole_return) == two


@given(whole, whole, whole, refs)
def test_replace_revokes_answers_of_returns_but_never_edits_of_the_coordinator(
    issued: Texts, returned: Texts, current: Texts, answered: set[Ref]
) -> None:
    merge = merged(issued, returned, current, answered=answered.__contains__, replace=True)
    for change in merge.changes:
        if returned[change.ref] == issued[change.ref]:
            assert change.ref in answered


NAME, PROGRESS = Ref("activity.name", "K1"), Ref("activity.progress", "K1", 1)


def test_a_deleted_item_is_not_half_restored():
    issued = {NAME: "取組", PROGRESS: ""}
    merge = three_way(issued, {NAME: "取組", PROGRESS: "予定通り"}, {}, answered=lambda _: False)
    assert merge == Merge((), (CellConflict(PROGRESS, "", "予定通り", ""),))


def test_a_row_with_nothing_but_its_printed_label_is_no_item():
    """Neither one that the master has deleted, nor one that it has added."""
    label = Ref("activity.plan_label", "K1")
    taken = Merge((CellChange(NAME, "", "新しい取組"),))
    for issued, current in (({label: "作業予定"}, {}), ({}, {label: "作業予定"})):
        assert three_way(issued, {NAME: "新しい取組"}, current, answered=lambda _: False) == taken


def test_two_new_items_with_the_same_id_are_not_mixed():
    period, content = Ref("support.period", "S1"), Ref("support.content", "S1")
    returned, current = {period: "7月", content: "部署の依頼"}, {period: "", content: "課の依頼"}
    merge = three_way({}, returned, current, answered=lambda _: False)
    assert merge.changes == ()
    assert {c.ref for c in merge.conflicts} == {period, content}


def again(issued: dict[Ref, str], current: dict[Ref, str], returned: dict[Ref, str], *, fresh: bool) -> Merge:
    """Merge a return into a master whose texts all came from an earlier return of the issue."""
    return three_way(issued, returned, current, answered=lambda _: True, fresh=fresh)


def test_a_return_may_correct_an_item_added_by_an_earlier_return_of_the_issue():
    content = Ref("support.content", "S1")
    assert again({}, {content: "はじめの依頼"}, {content: "直した依頼"}, fresh=False) == Merge(
        (CellChange(content, "はじめの依頼", "直した依頼"),)
    )


def test_the_name_of_an_issued_item_may_be_corrected_by_a_fresh_copy():
    """It is the item that was sent: only items made since are taken for two things."""
    name = Ref("activity.name", "K1")
    assert again({name: "元"}, {name: "甲"}, {name: "乙"}, fresh=True) == Merge((CellChange(name, "甲", "乙"),))


def test_new_items_that_two_returns_named_independently_are_not_mixed():
    content, period = Ref("support.content", "S1"), Ref("support.period", "S1")
    current = {content: "甲の依頼", period: "7月"}
    assert again({}, current, {content: "乙の依頼", period: "9月"}, fresh=True) == Merge(
        (), (CellConflict(content, "", "乙の依頼", "甲の依頼"), CellConflict(period, "", "9月", "7月"))
    )
    assert again({}, current, {period: "9月"}, fresh=True) == Merge((CellChange(period, "7月", "9月"),))


def test_a_fresh_copy_may_name_an_item_left_nameless_by_an_earlier_return():
    content, period = Ref("support.content", "S1"), Ref("support.period", "S1")
    assert again({}, {content: "", period: "7月"}, {content: "乙の依頼"}, fresh=True) == Merge(
        (CellChange(content, "", "乙の依頼"),)
    )


def test_a_fresh_copy_that_replaces_all_takes_an_added_item_back():
    """Where it leaves the name blank, it names no other item."""
    content, period = Ref("support.content", "S1"), Ref("support.period", "S1")
    current = {content: "甲の依頼", period: "7月"}
    blank = dict.fromkeys(current, "")
    assert three_way({}, blank, current, answered=lambda _: True, replace=True, fresh=True) == Merge(
        (CellChange(content, "甲の依頼", ""), CellChange(period, "7月", ""))
    )
