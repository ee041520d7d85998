"""Fill a form in on trial, as ``render`` would in each round, so that faults show in ``check``."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.errors import DxreportError, TemplateError
from ..domain.model import Measure
from ..form.expressions import Computed
from ..form.faults import CannotShow
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..issue.read_back import UnreadableForm, check_readable
from ..master.records import Master
from ..ooxml.refs import address

_TRIAL = "R00X-000"  # the number of an issue that is never made


def trial_faults(form: Form, master: Master) -> tuple[str, ...]:
    """Return what fails when all measures are rendered in the first round, and one in each of the others."""
    found: dict[str, str] = {}  # by the text of the template that fails
    for n, round_ in enumerate(master.settings.rounds):
        try:
            prepared = PreparedForm(form, round_, master.settings, "")
        except TemplateError as error:
            found |= {fault: fault for fault in error.faults}
            continue
        measures = master.measures if not n else master.measures[:1]
        try:
            _try(prepared, measures)
            continue
        except DxreportError:
            pass  # which of them fail?
        for measure in measures:
            try:
                _try(prepared, [measure])
            except CannotShow as error:
                found.setdefault(error.source, _placed(form, error))
            except UnreadableForm as error:
                found.setdefault("", error.message)
            except DxreportError:
                pass  # a text of the master that no cell can hold
    return tuple(found.values())


def _try(prepared: PreparedForm, measures: Sequence[Measure]) -> None:
    """Render the measures into one workbook, and read the first one back."""
    book = render_book(prepared, measures, _TRIAL)
    for measure in measures[:1]:
        check_readable(book.data, prepared, measure)


def _placed(form: Form, error: CannotShow) -> str:
    """The message of an error, with the cells whose text fails in front."""
    texts = ((c.at, c.content) for row in form.rows.values() for c in row.cells)
    names = "、".join(address(*at) for at, text in texts if isinstance(text, Computed) and text.source == error.source)
    return f"シート「{form.sheet}」{f' {names}' if names else ''}: {error.message}"
