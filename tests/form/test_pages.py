"""Printed pages: a block stays whole, and so does what was drawn as one piece."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from lxml import etree

from dxreport.domain.model import Measure
from dxreport.form.records import Form
from dxreport.ooxml.package import Package
from dxreport.ooxml.text_metrics import printable_height
from tests.support.lens import FIRST, FORM, REAL, ROUNDS, render, second_form
from tests.support.measures import measure as made
from tests.support.measures import with_texts
from tests.support.packages import S, merged, part_of
from tests.support.strategies import measures


def sheet_of(data: bytes, measure: Measure) -> etree._Element:
    package = Package(data)
    return package.xml(part_of(package, measure.id))


def heights_of(root: etree._Element) -> dict[int, float]:
    """The heights of the rows that are printed, in points."""
    default = float(root.find(f"{S}sheetFormatPr").get("defaultRowHeight"))
    return {int(r.get("r")): float(r.get("ht", default)) for r in root.iter(f"{S}row") if r.get("hidden") != "1"}


def blocks_of(root: etree._Element) -> list[tuple[int, int]]:
    """First and last row of each copy of an outermost block, from the keys in column A: ``r18/K1`` to ``r20/K1``."""
    out: list[tuple[int, int]] = []
    before = None
    for row in root.iter(f"{S}row"):
        key = "".join(row[0].itertext())
        item = key.removesuffix("+").split("/")[1] if "/" in key and not key.startswith("dxr1") else None
        if item is not None and item == before:
            out[-1] = (out[-1][0], int(row.get("r")))
        elif item is not None:
            out.append((int(row.get("r")), int(row.get("r"))))
        before = item
    return out


def breaks_of(root: etree._Element) -> list[int]:
    """The rows after which a page ends."""
    assert all(b.get("man") == "1" for b in root.iter(f"{S}brk"))
    return [int(b.get("id")) for b in root.iter(f"{S}brk")]


def page_of(form: Form) -> float:
    """The points of rows that fit on a page of the form, in rows as drawn."""
    page, root = form.worksheet.page, form.source.package.xml(part_of(form.source.package, form.sheet))
    columns = [c for c in root.iter(f"{S}col") if int(c.get("min")) > 1]
    assert columns and page.fit_width
    inches = (
        ((420, 297) if page.landscape else (297, 420))
        if page.paper == 8
        else ((297, 210) if page.landscape else (210, 297))
    )
    printable = (inches[0] / 25.4 - page.left - page.right) * 96
    scale = min(1.0, printable / (form.width * 22 / 24))  # on paper a digit of the font is 7.33 pixels, not 8
    return printable_height(page.paper, landscape=page.landscape, top=page.top, bottom=page.bottom, scale=scale)


def is_fitted(root: etree._Element) -> bool:
    """Whether a sheet is printed on one page, whatever its height."""
    return root.find(f"{S}pageSetup").get("fitToHeight") == "1"


def check(root: etree._Element, form: Form) -> None:
    heights, after, page = heights_of(root), breaks_of(root), page_of(form)
    if is_fitted(root):  # printed smaller on one page
        assert not after
        page *= 1.08
    keep = blocks_of(root) + [(m.top, m.bottom) for m in merged(root) if m.bottom > m.top]
    titles = 0.0
    for area in form.names.titles:
        assert area.box is not None
        titles += sum(heights[row] for row in range(area.box.top, area.box.bottom + 1))
    for first, last in keep:
        tall = sum(heights[row] for row in range(first, last + 1))
        split = [row for row in after if first <= row < last]
        heading = heights.get(first - 1, 0)  # stays with the block below it, if a page holds both
        assert not split or tall + heading > page - titles, (
            f"rows {first}–{last} ({tall} points) are split after {split}"
        )
    edges = [1, *after, max(heights)]
    for n, (low, high) in enumerate(pairwise(edges)):
        rows = range(low + 1, high + 1)
        used = sum(heights[row] for row in rows) + (titles if n else 0)
        assert used <= page + 0.01 or len(rows) == 1, f"rows {low + 1}–{high} need {used} points of {page}"


@pytest.mark.parametrize("form", [FORM, second_form()], ids=["first", "second"])
def test_no_block_of_a_real_measure_is_split(form: Form) -> None:
    pages = {}
    for measure in REAL.values():
        root = sheet_of(render(measure, FIRST, form), measure)
        check(root, form)
        pages[measure.id] = len(breaks_of(root)) + 1
    assert pages["02-03"] > 1 and pages["01-14"] > 1  # or nothing was tested
    assert form is not FORM or sum(pages.values()) == 28


@given(measures)
@settings(max_examples=25, deadline=None)
def test_no_block_of_any_measure_is_split(measure: Measure) -> None:
    brief = with_texts(measure, {"goal": measure.goal[:200]})
    for form in (FORM, second_form()):
        check(sheet_of(render(brief, FIRST, form), brief), form)


def test_a_measure_that_fits_has_no_breaks() -> None:
    small = made("01-01", {"name": "小さな施策"})
    assert breaks_of(sheet_of(render(small), small)) == []


def growing(lines: int) -> etree._Element:
    """The sheet of a measure whose goal has so many lines."""
    tall = made("01-01", {"goal": "\n".join("あ" * lines), "activity.name/K1": "甲", "outcome.target/O1/1": "1件"})
    return sheet_of(render(tall), tall)


def test_a_sheet_at_most_eight_per_cent_too_tall_is_printed_smaller_on_one_page() -> None:
    page = page_of(FORM)
    seen = []
    for lines in range(1, 34):
        root = growing(lines)
        ratio = sum(heights_of(root).values()) / page
        assert (is_fitted(root), len(breaks_of(root))) == ((True, 0) if ratio <= 1.08 else (False, 1)), (lines, ratio)
        seen.append(ratio)
    assert min(seen) < 1 < sorted(seen)[-2] and max(seen) > 1.08  # on both sides


def first_texts(root: etree._Element) -> list[str]:
    """The first text that is filled in on each page from the second on; 成果目標 is drawn, the year beside it is not."""
    rows = {int(row.get("r")): row for row in root.iter(f"{S}row")}
    texts = ([t.text for t in rows[at + 1].iter(f"{S}t")] for at in breaks_of(root))
    return [own[1] for own in texts]  # after the key of the row


def test_a_page_begins_with_a_heading_where_that_costs_no_page() -> None:
    assert {id_: first_texts(sheet_of(render(REAL[id_]), REAL[id_])) for id_ in ("01-14", "02-03")} == {
        "01-14": ["CIO補佐への\n支援依頼"], "02-03": ["令和４年度"]
    }  # fmt: skip


def test_a_heading_may_be_repeated_nowhere_if_its_section_is_taller_than_a_page() -> None:
    texts = {f"activity.name/K{n}": f"取組{n}" for n in range(1, 13)}
    many = made("01-01", {"name": "多い", **texts})
    root = sheet_of(render(many), many)
    check(root, FORM)
    assert len(breaks_of(root)) == 1


@pytest.mark.parametrize("name", ["第1四半期", "年度実績"])
def test_an_outcome_without_content_is_not_printed_where_the_round_does_not_open_it(name: str) -> None:
    two = made("01-01", {"outcome.target/O1/1": "1件", "outcome.target/O2/1": "2件"})
    none = made("01-02", {"name": "目標なし"})

    def outcomes(measure: Measure, round_: str) -> list[str]:
        root = sheet_of(render(measure, ROUNDS[round_]), measure)
        return [t.text for t in root.iter(f"{S}t") if (t.text or "").startswith("成果目標") and t.text != "成果目標"]

    assert outcomes(two, name) == ["成果目標①", "成果目標②"] and outcomes(none, name) == ["成果目標①"]
    assert outcomes(two, "計画") == ["成果目標①", "成果目標②", "成果目標③"]
