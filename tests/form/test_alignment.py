"""The best assignment of sheet rows to form rows, on small forms with given scores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxreport.domain.fields import Ref
from dxreport.form.align.alignment import MARGIN, NEVER, Alignment, FormSteps, Placed, best_alignment
from dxreport.form.align.sheet import Aligned, align
from tests.support.lens import FORM, REAL, render
from tests.support.packages import rows_of
from tests.support.templates import END, compiled, template

REMOVED, SKIPPED, OTHER = -2.0, -1.0, -5.0


@cache
def steps_of(last: int, **controls: str) -> FormSteps:
    """The steps along a form with these tags in column A; every missing row scores ``REMOVED``."""
    form = compiled(template(**{"B2": "{{ measure.id }}", f"B{last}": "終わり", **controls}))
    return FormSteps(form.layout, lambda row: REMOVED)


def assigned(controls: Mapping[str, str], last: int, sheet: list[dict[int, float]]) -> Alignment:
    """The rows of a sheet on such a form; each sheet row has its scores by form row."""
    steps = steps_of(last, **controls)
    score = [[row.get(step.row, OTHER) for step in steps.row_steps] for row in sheet]
    return best_alignment(steps, score, [SKIPPED] * len(sheet))


LIST = {"A3": "{% for request in measure.support_requests %}", "A4": END}


def test_rows_are_taken_in_order_and_a_block_is_repeated() -> None:
    found = assigned(LIST, 5, [{2: 2}, {3: 2}, {4: 2}, {3: 2}, {4: 2}, {5: 2}])
    assert found.places == (
        Placed(2, ()), Placed(3, (0,)), Placed(4, (0,)), Placed(3, (1,)), Placed(4, (1,)), Placed(5, ()),
    )  # fmt: skip
    assert (found.removed, found.doubtful) == ((), ())


def test_a_row_that_is_like_none_is_skipped_and_a_missing_one_is_removed() -> None:
    found = assigned(LIST, 5, [{2: 2}, {3: 2}, {}, {5: 2}])
    assert found.places == (Placed(2, ()), Placed(3, (0,)), None, Placed(5, ()))
    assert (found.removed, found.doubtful) == ((Placed(4, (0,)),), ())


def test_a_row_that_could_as_well_be_another_is_in_doubt() -> None:
    assert assigned({}, 4, [{2: 2, 3: 2}]).doubtful == (0,)
    assert assigned({}, 4, [{2: 2, 3: 2 - MARGIN / 2}]).doubtful == (0,)
    assert assigned({}, 4, [{2: 2, 3: 2 - MARGIN}]).doubtful == ()


def test_a_block_is_rather_there_than_not() -> None:
    """Leaving it out costs a little, so that a row that fits it poorly is no doubtful case."""
    found = assigned({**LIST, "A4": "", "A3": LIST["A3"] + END}, 4, [{2: 2}, {3: -0.5}, {4: 2}])
    assert found.places == (Placed(2, ()), Placed(3, (0,)), Placed(4, ()))
    assert found.doubtful == ()


def test_an_unusual_flag_is_still_read() -> None:
    """The same on a real sheet: in the row of 関連施策 only the flag is filled in, and it is no 有 or 無."""
    rows = [["", *row[1:]] for row in rows_of(render(REAL["01-02"]), "01-02")]
    rows[0] = [""] * len(rows[0])
    [number] = [i for i, row in enumerate(rows) if "関連施策有無" in row]
    assert [text for text in rows[number + 1] if text] == ["無"]
    rows[number + 1][3] = "該当するものはない"
    found = align(FORM, rows, quarter=1, year=1)
    assert isinstance(found, Aligned), found
    assert found.filled.values[Ref("related_flag")] == "該当するものはない"


scores = st.integers(-6, 6).map(float)


@given(st.data(), st.integers(0, 3))
def test_no_other_way_is_worth_more(data: st.DataObject, size: int) -> None:
    """Against all ways, on a form of three rows without blocks: the best one is found, and every doubt about it."""
    sheet = [{row: data.draw(scores) for row in (2, 3, 4)} for _ in range(size)]
    ways = {
        way: sum(sheet[i][row] if row else SKIPPED for i, row in enumerate(way)) + REMOVED * len({2, 3, 4} - set(way))
        for way in product((0, 2, 3, 4), repeat=size)
        if all(a < b for a, b in pairwise([row for row in way if row]))
    }
    best = max(ways.values(), default=NEVER)
    found = assigned({}, 4, sheet)
    own = tuple(place.row if place else 0 for place in found.places)
    assert ways[own] == pytest.approx(best)
    doubtful = tuple(
        i for i in range(size) if max(w for way, w in ways.items() if way[i] != own[i]) > best - MARGIN + 1e-6
    )
    assert found.doubtful == doubtful
