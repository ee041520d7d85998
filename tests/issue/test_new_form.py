"""A form that is changed in mid-year: the old one is still read, the new one carries all answers."""

from __future__ import annotations

import io

import openpyxl

from dxreport.domain.fields import Ref
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.sendback.fill import fill
from tests.support import quarter as play
from tests.support.quarter import ANSWERS, RETURNED, Quarter

ANSWER = {"activity.progress/K1/1": "進捗遅延・課題あり", "activity.countermeasure/K1/1": "人を増やす"}


def redraw(quarter: Quarter) -> None:
    """The coordinator redraws the form: another label, a column more, 到達目標 moved to the end."""
    path = quarter.workspace.templates / FORM_NAME
    book = openpyxl.load_workbook(path)
    sheet = book[quarter.form.sheet]
    goal = next(c for row in sheet.iter_rows() for c in row if c.value == "{{ measure.goal }}")
    label = next(c for row in sheet.iter_rows() for c in row if c.value == "到達目標")
    label.value, goal.value = "ねらい", None
    goal.protection = openpyxl.styles.Protection(locked=True)
    last = sheet.max_row + 2
    sheet.cell(last, 2, "到達目標")
    sheet.cell(last, 4, "{{ measure.goal }}")
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getvalue())


def test_a_sheet_issued_with_the_old_form_is_still_read(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": ANSWER})
    redraw(quarter)
    plan = quarter.collect(data)
    assert plan.clean
    assert quarter.values("01-01")["activity.countermeasure/K1/1"] == "人を増やす"


def test_the_new_form_carries_all_answers(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": ANSWER}))
    redraw(quarter)
    master = quarter.master
    from dxreport.issue import render as issuing

    round_ = master.settings.round("第2四半期")
    books = issuing.plan(master, Forms(quarter.workspace.templates, master), round_, RETURNED)
    issuing.apply(quarter.workspace, master, books, quarter.root / "新様式", now=RETURNED)
    book = next(b for b in books if b.issue.department == play.OFFICE)
    assert book.issue.form != quarter.form.digest
    later = {"01-01": {Ref.parse(f"activity.progress/{k}/2"): "予定通り" for k in ("K1", "K2")}}
    back = fill(book.data, book.form, later, quarter=2, year=1)
    plan = quarter.collect(quarter.put(back, "第2四半期.xlsx"))
    [sheet] = [s for s in plan.files[0].sheets if s.measure == "01-01"]
    assert [p.code for p in sheet.problems if p.severity == "error"] == []
    values = quarter.values("01-01")
    assert values["activity.countermeasure/K1/1"] == "人を増やす"
    assert values["activity.progress/K1/2"] == "予定通り"
    assert values["goal"] == ANSWERS["01-01"].goal
