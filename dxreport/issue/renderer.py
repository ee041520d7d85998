"""Render a workbook: the task of workers, who need only the forms, the round, the settings and the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ..domain.fields import Ref
from ..domain.model import Measure, Round, Settings
from ..form.compile import compile_form
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import IssuedBook, render_book
from ..master.records import Issue
from ..ooxml.worksheets import Worksheets
from ..workspace.secret import secret_name
from .read_back import check_readable
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class BookOrder:
    """A workbook to be rendered on a template: its row of 発行台帳, its texts by measure.

    ``used`` holds, by measure, all ids that its items ever had. If the row has a hash, the workbook was issued before,
    and is only to be issued again if its bytes are the same.
    """

    template: Path
    issue: Issue
    texts: Mapping[str, Mapping[Ref, str]]
    used: Mapping[str, Sequence[str]]


class RenderedBook(NamedTuple):
    """A workbook as bytes with their hash, its snapshot, and the cells whose text no row can hold.

    ``again`` is True if it is the same as issued before: it then has no snapshot. If it is no longer the same, it has
    neither bytes nor snapshot.
    """

    data: bytes
    sha256: str
    snapshot: bytes
    too_tall: tuple[str, ...]
    again: bool


class Renderer:
    """Renders workbooks of one round; each form is prepared once."""

    def __init__(self, forms: Mapping[Path, Form], round_: Round, settings: Settings, secret: bytes) -> None:
        self._forms, self._round, self._settings, self._secret = forms, round_, settings, secret
        self._prepared: dict[Path, PreparedForm] = {}
        self._readers: dict[Path, Worksheets] = {}

    def __getstate__(self) -> tuple[Any, ...]:
        """Return what another process needs, which may not share a disk with this one: the forms as drawn."""
        drawn = {path: form.source.drawn.data for path, form in self._forms.items()}
        return drawn, self._round, self._settings, self._secret

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        drawn, round_, settings, secret = state
        forms = {path: compile_form(data, path.name, settings.catalogue) for path, data in drawn.items()}
        self.__init__(forms, round_, settings, secret)  # type: ignore[misc]

    def __call__(self, order: BookOrder) -> RenderedBook:
        """Render a workbook and, unless it was issued before, read it back.

        Raise TemplateError, or DxreportError if no cell can hold a text or the form does not read back.
        """
        issue, path = order.issue, order.template
        measures = [Measure(texts, self._settings.catalogue) for texts in order.texts.values()]
        prepared = self._form(path, issue.department)
        book = render_book(prepared, measures, issue.id, order.used)
        if issue.sha256:
            again = sha256(book.data).hexdigest() == issue.sha256
            if not again and self._secret:  # it may have been issued before stamps were sealed
                book = render_book(prepared.unsealed(), measures, issue.id, order.used)
                again = sha256(book.data).hexdigest() == issue.sha256
            return RenderedBook(book.data if again else b"", issue.sha256, b"", book.too_tall, again)
        self._readers[path] = check_readable(book.data, prepared, measures, self._readers.get(path))
        snapshot = self._snapshot(order, prepared, book)
        return RenderedBook(book.data, sha256(book.data).hexdigest(), snapshot.data(), book.too_tall, again=False)

    def _form(self, path: Path, department: str) -> PreparedForm:
        if path not in self._prepared:
            form = self._forms[path]
            self._prepared[path] = PreparedForm(form, self._round, self._settings, department, secret=self._secret)
        return self._prepared[path].of(department)

    def _snapshot(self, order: BookOrder, prepared: PreparedForm, book: IssuedBook) -> Snapshot:
        this, issue = prepared.this, order.issue
        inputs = {id_: input_fields(prepared.form, rows, this.quarter, this.year) for id_, rows in book.rows.items()}
        head = issue.id, issue.round, issue.department, self._settings.fiscal_year.label, issue.form
        return Snapshot(*head, order.texts, inputs, self._settings.catalogue, secret_name(self._secret), book.keys)
