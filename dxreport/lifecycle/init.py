"""Make a new workspace.

All files are made in memory before any is written; the master is written last, since it makes a folder a workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import DxreportError, UsageError, reason_of
from ..domain.model import FiscalYear, Settings
from ..domain.names import REPORT
from ..master.build import master_bytes
from ..workspace.bundled import bundled
from ..workspace.paths import Workspace
from ..workspace.secret import new_secret, secret_of
from ..workspace.transaction import NewMaster, recover, write_together
from . import sample as drawn
from .sample.departments import sample_master

if TYPE_CHECKING:
    from .import_forms import ImportedForms

_NAMED = 3  # a message names at most this many files


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A new workspace: its files, the fiscal year of its master, and whether departments may write activities."""

    workspace: Workspace
    files: tuple[Path, ...]
    fiscal_year: FiscalYear
    asks_activities: bool = True


def create(
    folder: Path, today: date, *, sample: bool = False, form: str = "", secret: bytes = b""
) -> NewWorkspace:  # fmt: skip
    """Make a workspace in ``folder``: with the 26 sample measures, or empty for its :func:`fiscal_year`.

    ``form`` names a form of the gallery, or a template with its fields, to be used instead of the bundled one;
    ``secret`` is used instead of a new one. Raise UsageError if one of the files exists or the form does not;
    DxreportError for faults in the form, or if a file cannot be written; then none is left behind.
    """
    if sample:
        return _write(folder, drawn.settings().fiscal_year, sample_master(), {}, secret)
    settings, forms = _settings(fiscal_year(folder, today)), {}
    if form:
        from .gallery import find, settings_for

        path = find(form)
        forms = {path.name: path.read_bytes()}
        names = replace(settings.names, form=path.stem, report=f"{path.stem} {REPORT}")
        settings = settings_for(path, replace(settings, names=names))
    made = _write(folder, settings.fiscal_year, master_bytes(settings, (), ()), forms, secret)
    group = settings.catalogue.list_group("activity")
    return replace(made, asks_activities=any(group in round_.opens for round_ in settings.rounds))


def create_from(
    folder: Path, today: date, paths: Sequence[Path], template: Path | None = None
) -> tuple[NewWorkspace, ImportedForms]:
    """Make a workspace in ``folder`` from the filled-in forms in ``paths``.

    ``template`` is the template of these forms, with its fields (default: the bundled one); forms that name no year
    are of the :func:`fiscal_year` of the folder. Raise as :func:`create` does, TemplateError for faults in the
    template, and DxreportError if no form is found.
    """
    from ..form.compile import compile_form
    from ..issue.forms import FORM_NAME
    from ..master.read import master_from
    from .import_forms import import_forms

    source = template or bundled("templates") / FORM_NAME
    try:
        form = source.read_bytes()
    except OSError as error:
        what = f"様式 {source} を読めません（{reason_of(error)}）。"
        raise UsageError(what, "ファイルの名前を確かめてください。") from None
    _refuse_existing(folder, [Workspace(folder).master])
    settings = _settings(fiscal_year(folder, today))
    if template:
        from .gallery import settings_for

        settings = settings_for(source, settings)
    found = import_forms(paths, compile_form(form, source.name, settings.catalogue), settings)
    if not found.measures:
        why = "\n".join(f"  {' '.join(filter(None, (u.file, u.sheet)))}: {u.reason}" for u in found.unplaced[:10])
        raise DxreportError(
            f"様式として読み取れるシートがありません。\n{why}",
            "記入済みの様式のファイルと、その様式（--template）を確かめてください。",
        )
    master = master_bytes(found.settings, found.departments, found.measures)
    master_from(master)
    return _write(folder, found.settings.fiscal_year, master, {FORM_NAME: form}), found


def _write(
    folder: Path, year: FiscalYear, master: bytes, templates: dict[str, bytes], secret: bytes = b""
) -> NewWorkspace:  # fmt: skip
    """Write a workspace with this master; ``templates``, if any, replace the bundled form."""
    workspace = Workspace(folder)
    forms = templates_in(bundled("templates"))
    if templates:
        forms = {name: data for name, data in forms.items() if not name.endswith(".xlsx")} | templates
    files = {workspace.templates / name: data for name, data in sorted(forms.items())} | {workspace.master: master}
    if workspace.pending.exists():  # an earlier run died here
        recover(workspace)
    _refuse_existing(folder, files)
    workspace.reports.mkdir(parents=True, exist_ok=True)
    before = {path: data for path, data in files.items() if path != workspace.master}
    if not secret_of(workspace):
        before[workspace.secret] = secret or new_secret()
    write_together(workspace, before=before, master=NewMaster(master, ""))
    return NewWorkspace(workspace, tuple(files), year)


def templates_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder of templates by name, without the lock files of office programs."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] not in "~.")
    return {path.name: path.read_bytes() for path in paths}


def _refuse_existing(folder: Path, files: Iterable[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} はフォルダーではありません。", "別の名前を指定してください。")
    there = [str(path.relative_to(folder)) for path in files if path.exists()]
    if there:
        more = f" ほか {len(there) - _NAMED} 件" if len(there) > _NAMED else ""
        raise UsageError(
            f"{folder} には、すでに {'、'.join(there[-_NAMED:])}{more} があります。上書きしません。",
            "別のフォルダーを指定するか、不要なものであれば、そのフォルダーを削除してください。",
        )


def fiscal_year(folder: Path, day: date) -> FiscalYear:
    """Return the fiscal year that a folder is named after, else that of a day; raise UsageError for one before 令和."""
    with suppress(ValueError):
        return FiscalYear.parse(folder.resolve().name)
    year = FiscalYear(day.year if day.month >= 4 else day.year - 1)
    if year.western < 2019:
        what = f"{day.isoformat()} は令和より前です。"
        raise UsageError(what, "--now に令和元年度（2019年4月）以降の日時を指定してください。")
    return year


def _settings(year: FiscalYear) -> Settings:
    """Return 設定 of the sample without its city's own names, deadlines and mail domain."""
    settings = drawn.settings()
    return replace(
        settings,
        fiscal_year=year,
        plan_years=tuple(year + n for n in range(len(settings.plan_years))),
        rounds=tuple(replace(round_, deadline="") for round_ in settings.rounds),
        mail_domain="",
        names=replace(settings.names, city="", plan=""),
    )
