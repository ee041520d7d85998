"""Fill a form in on trial, as ``render`` would in each round, so that faults show in ``check``."""

from __future__ import annotations

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
    found: dict[str, str] = {}
    for n, round_ in enumerate(master.settings.rounds):
        try:
            prepared = PreparedForm(form, round_, master.settings, "")
        except TemplateError as error:
            found |= {fault: fault for fault in error.faults}
            continue
        measures = master.measures if not n else master.measures[:1]
        if not _passes(prepared, measures):
            for measure in measures:
                found |= {k: fault for k, fault in _faults(form, prepared, measure).items() if k not in found}
    return tuple(found.values())


def _passes(prepared: PreparedForm, measures: tuple[Measure, ...]) -> bool:
    """Whether all measures can be rendered into one workbook, and the first one read back."""
    try:
        book = render_book(prepared, measures, _TRIAL)
        for measure in measures[:1]:
            check_readable(book.data, prepared, measure)
    except DxreportError:
        return False
    return True


def _faults(form: Form, prepared: PreparedForm, measure: Measure) -> dict[str, str]:
    """What fails with one measure, by the text of the template that fails."""
    try:
        check_readable(render_book(prepared, [measure], _TRIAL).data, prepared, measure)
    except CannotShow as error:
        return {error.source: _placed(form, error)}
    except UnreadableForm as error:
        return {"": error.message}
    except DxreportError:
        pass  # a text of the master that no cell can hold
    return {}


def _placed(form: Form, error: CannotShow) -> str:
    """The message of an error, with the cells whose text fails in front."""
    texts = ((c.at, c.content) for row in form.rows.values() for c in row.cells)
    names = "、".join(address(*at) for at, text in texts if isinstance(text, Computed) and text.source == error.source)
    return f"シート「{form.sheet}」{f' {names}' if names else ''}: {error.message}"
