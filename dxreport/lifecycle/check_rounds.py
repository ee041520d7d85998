"""Compare what each round opens and requires with the input cells of the form."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.errors import TemplateError
from ..domain.fields import Access, access
from ..domain.model import Round
from ..domain.problems import Problem, problem
from ..form.expressions import tag_of
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..master.records import Master
from ..master.schema import ROUNDS
from ..master.workbook import MasterWorkbook
from ..ooxml.package import Package


def missing_fields(master: Master, form: Form) -> Iterator[Problem]:
    """Find input groups of a round that the form has no input cell for, at their cells of 設定; once a group."""
    _, rows = MasterWorkbook(Package(master.data)).read_table(ROUNDS)
    for row in rows:
        round_ = master.settings.round(row[ROUNDS.keys[0]].strip())
        if round_ is None:
            continue
        for group, tag in _without_input(master, form, round_):
            column = "必須欄" if group in round_.requires else "入力欄"
            place = row.place(column)
            params = {"round": round_.name, "column": column, "group": group, "tag": tag}
            yield problem(
                problems.ROUND_WITHOUT_FIELD, params, sheet=place.sheet, cell=place.cell, label=column, value=group
            )


def _without_input(master: Master, form: Form, round_: Round) -> Iterator[tuple[str, str]]:
    """Yield the groups that a round opens but the form does not, each with a tag that would show it."""
    try:
        prepared = PreparedForm(form, round_, master.settings, "")
    except TemplateError:
        return
    inputs = input_fields(form, prepared.possible_rows(), prepared.this.quarter, prepared.this.year)
    for group in sorted(round_.opens):
        opened = [
            (field, period)
            for field in master.settings.catalogue.fields
            if field.group == group
            for period in master.settings.catalogue.periods(field)
            if access(field.key, period, round_, master.settings) is Access.OPEN
        ]
        if opened and not inputs.intersection((field.key, n) for field, n in opened):
            yield group, tag_of(*opened[0])
