"""Check the templates of a workspace: compile them, compare them with 設定, and try them out on the measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import DxreportError, TemplateError
from ..domain.fields import Access, Field, access
from ..domain.model import Measure, Round, Settings
from ..form.compile import load_form
from ..form.expressions import Computed
from ..form.faults import CannotShow
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..form.variables import tag_of
from ..issue.forms import default_form, find_form, form_files, form_named_for, other_books
from ..issue.read_back import UnreadableForm, check_readable
from ..master.records import Master
from ..ooxml.refs import address
from ..report.declared import Asked, Inputs
from .template_words import word_notes

_UNUSED = "この様式は、どの施策、部署、回にも使われていません（使うには、マスターの「様式」の列に名前を書きます）。"
_OTHER_FORMAT = "様式に使えるのは .xlsx のファイルです。Excel ブック（.xlsx）で保存し直してください。"
_TRIED_AT_ONCE = 100  # measures in one trial workbook, all of which is held in memory
_TRIAL = "R00X-000"  # the number of the trial issue; no real issue has it


@dataclass(frozen=True, slots=True)
class CheckedTemplate:
    """A form template; ``faults`` keep it from being used, ``notes`` do not."""

    path: Path
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Templates:
    """The templates in a folder, with the measures on each by round; each is compiled once, and prepared once a round.

    ``files`` are the templates, ``checked`` the results for these and for workbooks of other formats.
    """

    def __init__(self, folder: Path, master: Master) -> None:
        """Check the templates. Raise TemplateError if the folder has none."""
        self.files = form_files(folder)
        if not self.files:
            raise TemplateError(str(folder), ("様式（.xlsx）がありません。",))
        self._master = master
        self._uses = {r.name: _used(master, r, self.files) for r in master.settings.rounds}
        self._forms: dict[Path, Form] = {}
        self._prepared: dict[tuple[Path, str], PreparedForm] = {}
        others = (CheckedTemplate(path, (), (_OTHER_FORMAT,)) for path in other_books(folder))
        self.checked = (*map(self._checked, self.files), *others)

    def asked(self) -> Asked:
        """Return what the forms of all rounds ask for, by measure; a measure with a faulty form is left out."""
        out: dict[str, Inputs] = {}
        unknown: set[str] = set()
        for round_ in self._master.settings.rounds:
            for path, measures in self._uses[round_.name].items():
                inputs = self._inputs(path, round_)
                unknown.update(m.id for m in measures if inputs is None)
                out |= {m.id: out.get(m.id, frozenset()) | (inputs or frozenset()) for m in measures}
        return {id_: inputs for id_, inputs in out.items() if id_ not in unknown}

    def without_input(self, round_: Round) -> dict[str, str]:
        """Return the groups that a round opens but none of its forms does, each with a tag that would show it.

        Nothing is known of a round if one of its forms is faulty.
        """
        found = [self._inputs(path, round_) for path in self._uses[round_.name]]
        known = [inputs for inputs in found if inputs is not None]
        settings = self._master.settings
        return without_input(settings, frozenset().union(*known), round_) if known and known == found else {}

    def _inputs(self, path: Path, round_: Round) -> Inputs | None:
        """Return what a form has input cells for in a round, None for one that cannot be filled in."""
        if path not in self._forms:
            return None
        with suppress(TemplateError):
            return inputs_of(self._prepare(path, round_))
        return None

    def _prepare(self, path: Path, round_: Round) -> PreparedForm:
        key = path, round_.name
        if key not in self._prepared:
            self._prepared[key] = PreparedForm(self._forms[path], round_, self._master.settings, "")
        return self._prepared[key]

    def _checked(self, path: Path) -> CheckedTemplate:
        used_in = {name: used[path] for name, used in self._uses.items() if path in used}
        unused = () if used_in else (_UNUSED,)
        settings = self._master.settings
        try:
            form = self._forms[path] = load_form(path, settings.catalogue)
        except TemplateError as error:
            return CheckedTemplate(path, error.faults, unused)
        return CheckedTemplate(
            path, self._trial_faults(path, used_in), (*form.notes, *word_notes(form, settings), *unused)
        )

    def _trial_faults(self, path: Path, uses: Mapping[str, Sequence[Measure]]) -> tuple[str, ...]:
        """Render the form as ``render`` would; return what fails.

        A form in use is tried in its rounds with its measures, any other in all rounds with all measures: all of them
        in the first round, one in each other.
        """
        found: dict[str, str] = {}  # by the template text that fails
        rounds = [r for r in self._master.settings.rounds if r.name in uses or not uses]
        for n, round_ in enumerate(rounds):
            theirs = uses.get(round_.name) or self._master.measures
            try:
                prepared = self._prepare(path, round_)
            except TemplateError as error:
                found |= {fault: fault for fault in error.faults}
                continue
            measures = theirs if not n else theirs[:1]
            for first in range(0, len(measures), _TRIED_AT_ONCE):
                failing = _failing(prepared, measures[first : first + _TRIED_AT_ONCE])
                found |= {source: fault for source, fault in failing.items() if source not in found}
        return tuple(found.values())


def inputs_of(prepared: PreparedForm) -> Inputs:
    """Return what a form has input cells for in its round."""
    return input_fields(prepared.form, prepared.possible_rows(), prepared.this.quarter, prepared.this.year)


def without_input(settings: Settings, inputs: Inputs, round_: Round) -> dict[str, str]:
    """Return the groups that a round opens but ``inputs`` lacks, each with a tag that would show it."""
    opened: dict[str, list[tuple[Field, int]]] = {group: [] for group in settings.catalogue.groups}
    for field in settings.catalogue.fields:
        for period in settings.catalogue.periods(field):
            if access(field.key, period, round_, settings) is Access.OPEN:
                opened[field.group].append((field, period))
    return {
        group: tag_of(*cells[0])
        for group, cells in opened.items()
        if cells and not inputs.intersection((field.key, period) for field, period in cells)
    }


def _used(master: Master, round_: Round, files: Sequence[Path]) -> dict[Path, list[Measure]]:
    """Return the templates that a round uses, with the measures on each; a round without measures still uses one."""
    out: dict[Path, list[Measure]] = {}
    found = list(master.running(round_))
    for measure in found:
        name, _ = form_named_for(master, measure, round_)
        path = find_form(name, files) if name else default_form(files)
        if path:
            out.setdefault(path, []).append(measure)
    if not found and (path := find_form(round_.form, files) if round_.form else default_form(files)):
        out[path] = []
    return out


def _failing(prepared: PreparedForm, measures: Sequence[Measure]) -> dict[str, str]:
    """Return the faults that rendering these measures shows, by the template text that fails."""
    with suppress(DxreportError):
        _try(prepared, measures)
        return {}
    found: dict[str, str] = {}
    for measure in measures:
        try:
            _try(prepared, [measure])
        except CannotShow as error:
            found.setdefault(error.source, _placed(prepared.form, error))
        except UnreadableForm as error:
            found.setdefault("", error.message)
        except DxreportError:
            pass  # a text of the master that no cell can hold: not a fault of the form
    return found


def _try(prepared: PreparedForm, measures: Sequence[Measure]) -> None:
    """Render the measures into one workbook, and read its first sheet back. Raise DxreportError if that fails."""
    check_readable(render_book(prepared, measures, _TRIAL).data, prepared, measures)


def _placed(form: Form, error: CannotShow) -> str:
    """Return the message of an error after the cells whose text fails."""
    texts = ((c.at, c.content) for row in form.rows.values() for c in row.cells)
    names = "、".join(address(*at) for at, text in texts if isinstance(text, Computed) and text.source == error.source)
    return f"シート「{form.sheet}」{f' {names}' if names else ''}: {error.message}"
