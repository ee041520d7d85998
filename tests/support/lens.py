"""The bundled form and a second one, the real measures, and helpers to render a measure and read it back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

import dxreport
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, Round, normalise
from dxreport.form.compile import compile_form, load_form
from dxreport.form.read.sheet import Filled, read_sheet
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.lifecycle import sample
from tests.support.packages import rows_of
from tests.support.second_form import build

TEMPLATE = Path(dxreport.__file__).parents[1] / "templates" / "年間活動計画.xlsx"
FORM = load_form(TEMPLATE)
SETTINGS = sample.settings()
ROUNDS = {r.name: r for r in SETTINGS.rounds}
FIRST = ROUNDS["第1四半期"]
REAL = {m.id: m for m in sample.load(with_answers=True)}
DEPARTMENT, ISSUE = "産業振興課", "R04Q1-001"
rounds = st.sampled_from(SETTINGS.rounds)


@cache
def second_template() -> bytes:
    """Return a template quite unlike the bundled one."""
    return build()


@cache
def second_form() -> Form:
    """Return the form of :func:`second_template`."""
    return compile_form(second_template(), "第2様式.xlsx")


@cache
def prepared(round_: Round = FIRST, form: Form = FORM) -> PreparedForm:
    """Return a form prepared for a round."""
    return PreparedForm(form, round_, SETTINGS, DEPARTMENT)


def render(measure: Measure, round_: Round = FIRST, form: Form = FORM) -> bytes:
    """Return a workbook with the sheet of a measure."""
    return render_book(prepared(round_, form), [measure], ISSUE).data


def read(data: bytes, sheet: str, round_: Round = FIRST, form: Form = FORM) -> Filled:
    """Read a sheet of a workbook by its keys."""
    (filled,) = read_sheet(form, rows_of(data, sheet), quarter=round_.quarter, year=1).values()
    return filled


def shown(measure: Measure, round_: Round) -> dict[Ref, str]:
    """Return the texts of a measure that the bundled form shows in a round: all but 報告事項なし of other quarters."""
    return {
        ref: text
        for ref, text in measure.values().items()
        if ref.field != "no_report" or (round_.quarter and ref.period == round_.quarter)
    }


def shown_on_second(measure: Measure, round_: Round) -> dict[Ref, str]:
    """Return the texts that the second form shows: no 関連部署, and only two of the four years of an outcome."""
    return {
        ref: text
        for ref, text in shown(measure, round_).items()
        if ref.field != "related_departments" and (not ref.field.startswith("outcome.") or ref.period <= 2)
    }


def without_spares(values: dict[Ref, str], measure: Measure) -> dict[Ref, str]:
    """Return ``values`` without the blank items that the form adds for departments to write in."""
    own = {(ref.prefix, ref.item) for ref in measure.values()}
    spare = {ref: text for ref, text in values.items() if (ref.prefix, ref.item) not in own}
    assert all(text == "" or ref.field == "activity.plan_label" for ref, text in spare.items())
    return {ref: text for ref, text in values.items() if ref not in spare}


def measure_of(filled: Filled, base: Measure | None = None) -> Measure:
    """Return the measure on a sheet, in normal form; texts that the form does not show are taken from ``base``."""
    texts = {ref: normalise(str(value)) for ref, value in filled.values.items()}
    lists = {ref.prefix for ref in texts}
    items = {(ref.prefix, ref.item) for ref in texts}
    for ref, text in (base.values() if base else {}).items():
        if not ref.item or (ref.prefix, ref.item) in items or ref.prefix not in lists:
            texts.setdefault(ref, text)
    return Measure(texts).normal()
