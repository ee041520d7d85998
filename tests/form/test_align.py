"""Sheets without keys: read by the form's labels as they would be by keys, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from dxreport.domain.fields import FieldKind, Ref
from dxreport.domain.model import Measure, Round
from dxreport.form.align.items import adopt
from dxreport.form.align.sheet import Aligned, Doubt, align
from dxreport.form.compile import compile_form
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.intake.workbook import open_workbook
from tests.support import declared_form, evaluation
from tests.support.lens import (
    FIRST,
    FORM,
    REAL,
    measure_of,
    read,
    render,
    second_form,
    shown,
    shown_on_second,
    without_spares,
)
from tests.support.measures import numbered, rekeyed, with_items, with_texts
from tests.support.packages import Grid, rows_of
from tests.support.strategies import measures

LONG = REAL["04-02"]  # three activities and outcomes, two related measures and requests
COLUMNS = range(1, 8)
ACTIVITY, OUTCOME = 20, 34  # its first rows of these lists, 1-based


def copied(measure: Measure, round_: Round = FIRST, form: Form = FORM) -> Grid:
    """The values of a sheet without row 1 and column A."""
    rows = rows_of(render(measure, round_, form), measure.id)
    return [[""] * len(rows[0]), *(["", *row[1:]] for row in rows[1:])]


def aligned(rows: Grid, form: Form = FORM) -> Aligned:
    """The sheet as read; fails where it is refused."""
    found = align(form, rows, quarter=1, year=1)
    assert isinstance(found, Aligned), found
    return found


def without_blanks(measure: Measure) -> Measure:
    """The measure without blank items, wherever they are."""
    for prefix in measure.catalogue.by_prefix:
        measure = with_items(measure, prefix, [i.key for i in measure.items(prefix) if not i.is_empty()])
    return numbered(measure)


def with_row(rows: Grid, before: int, **texts: str) -> Grid:
    """With a row inserted before row ``before`` (1-based); ``texts`` by column letter."""
    new: list[object] = [""] * len(rows[0])
    for letter, text in texts.items():
        new["ABCDEFGH".index(letter)] = text
    return [*rows[: before - 1], new, *rows[before - 1 :]]


def with_column(rows: Grid, before: int) -> Grid:
    """With a blank column inserted (0-based)."""
    return [[*row[:before], "", *row[before:]] for row in rows]


@pytest.mark.parametrize("id_", REAL)
def test_real_sheets_are_read_by_their_labels_alone(id_: str) -> None:
    found = aligned(copied(REAL[id_]))
    assert measure_of(found.filled) == REAL[id_].normal()
    assert found.unplaced == () and not found.keyed
    assert found.shown["fiscal_year"] == "令和４年度" and found.shown["years.y4"] == "令和７年度"


@pytest.mark.parametrize("id_", REAL)
def test_so_are_those_of_a_form_with_nested_and_parallel_blocks(id_: str) -> None:
    found = aligned(copied(REAL[id_], form=second_form()), second_form())
    assert without_spares(found.filled.values, REAL[id_]) == shown_on_second(REAL[id_], FIRST)
    assert found.unplaced == ()


@pytest.mark.slow
@given(measures)
@settings(max_examples=40, deadline=None)
def test_whatever_was_written_is_read_or_refused_but_never_misread(measure: Measure) -> None:
    found = align(FORM, copied(measure), quarter=1, year=1)
    assert found is not None
    if isinstance(found, Aligned):
        assert measure_of(found.filled) == Measure(shown(numbered(measure.normal()), FIRST))


@pytest.mark.parametrize("before", range(1, 44))
def test_a_blank_row_anywhere_changes_nothing(before: int) -> None:
    rows = with_row(copied(LONG), before)
    assert without_blanks(measure_of(aligned(rows).filled)) == LONG.normal()


@pytest.mark.parametrize("before", range(9))
def test_nor_does_a_blank_column(before: int) -> None:
    found = aligned(with_column(copied(LONG), before))
    assert measure_of(found.filled) == LONG.normal()
    assert found.filled.lost_columns == ()


@pytest.mark.parametrize("before", [5, 6])
def test_nor_does_one_between_columns_without_headings(before: int) -> None:
    """Those that hold anything are as many as the form has there."""
    found = aligned(with_column(copied(LONG, form=second_form()), before), second_form())
    assert without_spares(found.filled.values, LONG) == shown_on_second(LONG, FIRST)


def test_a_form_pasted_elsewhere_with_notes_around_it_is_read() -> None:
    rows = [["", "", "", *row, "", "確認済"] for row in copied(LONG)[1:]]
    found = aligned([["回答です"], *([[]] * 3), *rows])
    assert measure_of(found.filled) == LONG.normal()
    assert found.filled.at[Ref("id")] == (9, 7)
    assert {text for _, _, text in found.unplaced} == {"確認済", "回答です"}


def test_a_note_between_the_rows_is_listed_and_not_read() -> None:
    found = aligned(with_row(copied(LONG), 12, B="※ここは前回と同じ"))
    assert measure_of(found.filled) == LONG.normal()
    assert found.unplaced == ((12, 2, "※ここは前回と同じ"),)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (8, "lead_department"),
        (10, "contact_person"),
        (12, "goal"),
        (17, "budgeted"),
        (ACTIVITY + 2, "activity.countermeasure"),
    ],
)
def test_a_removed_row_is_no_blank_one(row: int, field: str) -> None:
    rows = copied(LONG)
    whole, left = aligned(rows).filled.values, aligned([*rows[: row - 1], *rows[row:]]).filled.values
    gone = {ref for ref in whole if ref not in left}
    assert any(ref.field == field for ref in gone)
    assert {ref: text for ref, text in left.items() if whole[ref] != text} == {}


@pytest.mark.parametrize("column", [4, 5, 6, 7])
def test_a_removed_column_is_no_blank_one(column: int) -> None:
    rows = [[*row[:column], *row[column + 1 :]] for row in copied(LONG)]
    found = aligned(rows).filled
    whole = aligned(copied(LONG)).filled.values
    assert found.lost_columns == ("c" + "ABCDEFGH"[column],)
    assert {ref for ref in whole if ref.item and ref.period == column - 3} <= whole.keys() - found.values.keys()
    assert all(found.values[ref] == whole[ref] for ref in found.values)


def test_row_keys_that_are_left_say_which_items_these_are() -> None:
    measure = rekeyed(LONG, lambda letter, n: f"K{10 - n}" if letter == "K" else f"{letter}{n}")
    found = aligned(rows_of(render(measure), measure.id)[1:])
    assert found.keyed and measure_of(found.filled) == measure.normal()


def test_column_keys_that_are_left_say_which_columns_these_are() -> None:
    rows = [row[1:] for row in rows_of(render(LONG), LONG.id)]
    for row in rows[1:]:
        row[5] = "" if row[5] in ("対象年度", "任意（変わったとき）", "第3四半期\n（10月～12月）") else row[5]
    assert measure_of(aligned(rows).filled) == LONG.normal()
    assert aligned(rows[1:]).filled.lost_columns == ("cG",)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_duplicated_column_is_refused(column: int) -> None:
    found = align(FORM, [[*row[:column], row[column], *row[column:]] for row in copied(LONG)], quarter=1, year=1)
    assert isinstance(found, Doubt) and "2つ以上の列" in found.reason


@pytest.mark.parametrize("row", [7, 19, ACTIVITY, ACTIVITY + 1, OUTCOME, OUTCOME + 1, OUTCOME + 2])
def test_a_duplicated_row_is_refused(row: int) -> None:
    rows = copied(LONG)
    found = align(FORM, [*rows[:row], rows[row - 1], *rows[row:]], quarter=1, year=1)
    assert isinstance(found, Doubt) and "行目" in found.reason


@pytest.mark.parametrize("row", [7, 9, 11])
def test_a_copy_of_a_block_that_lacks_half_of_its_rows_is_refused(row: int) -> None:
    """Each 取組 of the second form has two rows there, one for each year of its 成果."""
    rows = copied(LONG, form=second_form())
    assert rows[row][7] == LONG.outcomes[row // 2 - 3].y2.indicator
    found = align(second_form(), [*rows[:row], *rows[row + 1 :]], quarter=1, year=1)
    assert isinstance(found, Doubt) and "行目" in found.reason


def test_headings_of_two_quarters_that_changed_places_are_never_read_crosswise() -> None:
    rows = copied(LONG)
    [heading] = [row for row in rows if any("第1四半期\n" in str(text) for text in row)]
    heading[5], heading[6] = heading[6], heading[5]
    found = align(FORM, rows, quarter=1, year=1)
    whole = aligned(copied(LONG)).filled.values
    assert isinstance(found, Doubt) or all(found.filled.values[ref] == whole[ref] for ref in found.filled.values)


def test_another_form_is_none_of_this() -> None:
    assert align(FORM, copied(LONG, form=second_form())) is None
    assert align(second_form(), copied(LONG)) is None
    assert align(FORM, [["施策ID", "01-01"], ["施策名", "電子地域通貨"]]) is None
    assert align(FORM, []) is None


def issued(measure: Measure) -> dict[Ref, str]:
    """A measure whose items have ids of a longer history."""
    return rekeyed(measure, lambda letter, n: f"K{2 * n + 1}" if letter == "K" else f"{letter}{n}").values()


def test_items_get_the_ids_that_they_were_issued_with() -> None:
    base = issued(LONG)
    answers = {"activity.progress/K1/1": "進捗遅延・課題あり", "activity.countermeasure/K1/1": "増員"}
    rows = copied(with_texts(LONG, answers))
    found = adopt(aligned(with_row(rows, 14)).filled, base)
    assert not isinstance(found, Doubt)
    filled, added = found
    assert added == ()
    changed = {ref: text for ref, text in filled.values.items() if text != base.get(ref, "")}
    assert changed == {
        Ref("activity.progress", "K3", 1): "進捗遅延・課題あり", Ref("activity.countermeasure", "K3", 1): "増員",
    }  # fmt: skip
    assert filled.values.keys() == without_spares(read(render(Measure(base)), LONG.id).values, Measure(base)).keys()


def test_an_item_that_was_not_issued_is_offered_as_added() -> None:
    first = {str(ref._replace(item="K9")): text for ref, text in LONG.activities[0].texts().items()}
    more = with_texts(LONG, first | {"activity.name/K9": "新しい取組"})
    found = adopt(aligned(copied(more)).filled, issued(LONG))
    assert not isinstance(found, Doubt)
    filled, [added] = found
    assert added.values[Ref("activity.name", "+1")] == "新しい取組" and len(added.rows) == 3
    assert {ref.item for ref in filled.values if ref.field == "activity.name"} == {"K3", "K5", "K7"}


def test_items_that_could_be_either_are_refused() -> None:
    renamed = with_texts(LONG, {f"activity.name/{a.key}": f"別の名前{n}" for n, a in enumerate(LONG.activities)})
    one_less = with_items(renamed, "activity", [a.key for a in LONG.activities[:2]])
    found = adopt(aligned(copied(one_less)).filled, issued(LONG))
    assert isinstance(found, Doubt) and "取組" in found.reason


def test_a_blank_item_between_two_is_no_item() -> None:
    """The third 取組 got another name: it is the second that was issued."""
    first, second, third = LONG.activities
    base = with_items(LONG, "activity", [first.key, third.key]).values()
    blank = dict.fromkeys(
        map(str, (ref for ref in LONG.values() if ref.item == second.key and ref.prefix == "activity")), ""
    )
    found = adopt(aligned(copied(with_texts(LONG, blank | {f"activity.name/{third.key}": "別の名前"}))).filled, base)
    assert not isinstance(found, Doubt)
    filled, added = found
    assert (filled.values[Ref("activity.name", third.key)], added) == ("別の名前", ())


def test_items_that_changed_places_among_others_with_new_names_are_refused() -> None:
    """Of 甲, 乙, 丙, 丁 came 乙, 甲 and three others: which of these are 丙 and 丁 nobody can tell."""

    def named(*names: str) -> Measure:
        return with_texts(
            with_items(LONG, "activity", []), {f"activity.name/K{n}": name for n, name in enumerate(names, 1)}
        )

    found = adopt(aligned(copied(named("乙", "甲", "子", "丑", "寅"))).filled, named("甲", "乙", "丙", "丁").values())
    assert isinstance(found, Doubt) and "取組" in found.reason


def test_blank_columns_without_a_heading_at_the_right_end_are_read_as_blank():
    """A copied sheet ends with the last column that holds anything."""
    form = compile_form(declared_form.template(evaluation.catalogue()), "様式.xlsx", evaluation.catalogue())
    measure = evaluation.measures()[0]
    prepared = PreparedForm(form, FIRST, evaluation.settings(), measure.lead_department)
    book = open_workbook(render_book(prepared, [measure], "R04Q1-001").data)
    rows = book.sheet(measure.id).rows
    copy = [[""] * len(rows[0]), *(["", *row[1:]] for row in rows[1:])]
    width = max(n for row in copy for n, text in enumerate(row, 1) if text)
    assert width < len(rows[0])
    values = aligned([row[:width] for row in copy], form).filled.values
    apart = {f.key for f in form.catalogue.fields if f.kind is FieldKind.NUMBER} | {"activity.plan_label"}
    assert {ref: text for ref, text in values.items() if text and ref.field not in apart} == {
        ref: text for ref, text in measure.values().items() if text and ref.field not in apart
    }
