"""Small templates with or without faults, drawn by XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import xlsxwriter

from dxreport.domain.errors import TemplateError
from dxreport.domain.model import Measure
from dxreport.form.compile import compile_form
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import IssuedBook, render_book
from dxreport.lifecycle import sample
from tests.support.measures import measure

ACTIVITIES = "{% for activity in measure.activities | at_least(1) %}"
END = "{% endfor %}"
Change = Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]


def template(change: Change | None = None, /, **cells: str) -> bytes:
    """Return a template with these texts on its sheet 様式; cells named in lower case (``b2=``) are unlocked."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("様式")
    unlocked = book.add_format({"locked": False, "text_wrap": True})
    locked = book.add_format({"text_wrap": True})
    for ref, text in cells.items():
        if text:
            sheet.write_string(ref.upper(), text, unlocked if ref.islower() else locked)
    if change:
        change(book, sheet)
    book.close()
    return out.getvalue()


def good(**cells: str) -> dict[str, str]:
    """Return the cells of a small form without faults, with these added or replaced."""
    return {"B2": "{{ measure.id }}", "b3": "{{ measure.goal }}", "A5": ACTIVITIES, "b5": "{{ activity.name }}",
            "c5": "{{ activity.q1.plan }}", "c6": "{{ activity.q1.progress }}", "A6": END, **cells}  # fmt: skip


def compiled(data: bytes) -> Form:
    """Compile a template."""
    return compile_form(data, "様式.xlsx")


def template_faults(data: bytes) -> tuple[str, ...]:
    """Return the faults of a template that must fail to compile."""
    with pytest.raises(TemplateError) as caught:
        compiled(data)
    assert caught.value.exit_code == 3 and "様式.xlsx" in caught.value.message
    return caught.value.faults


MEASURE = measure("01-01", {"goal": "目標\n二行目", "activity.name/K1": "甲", "activity.name/K2": "乙"})


def issued(data: bytes, *measures: Measure) -> IssuedBook:
    """Render measures (one with two activities by default) with a template, as issued in the first round."""
    settings = sample.settings()
    form = compile_form(data, "様式.xlsx")
    return render_book(PreparedForm(form, settings.rounds[0], settings, "課"), measures or (MEASURE,), "R04P-001")
