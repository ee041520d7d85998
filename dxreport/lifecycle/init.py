"""Init: a new workspace.

All files are made in memory before any is written; the master is written last, since it makes a folder a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import DxreportError, UsageError
from ..domain.model import FiscalYear, Settings
from ..workspace.bundled import bundled
from ..workspace.files import atomic_write
from ..workspace.paths import Workspace

if TYPE_CHECKING:
    from .import_forms import ImportedForms

_FIRST_MONTH = 4
_NAMED = 3  # files that a message names at most


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A new workspace: its files, and the fiscal year of its master."""

    workspace: Workspace
    files: tuple[Path, ...]
    fiscal_year: FiscalYear


def create(folder: Path, today: date, *, sample: bool = False) -> NewWorkspace:
    """Make a workspace in ``folder``: with the 26 sample measures, or empty for the year of ``today``.

    Raises UsageError where one of its files exists, DxreportError where it cannot be written; files written by then
    are removed again.
    """
    year, master = _sample() if sample else _empty(fiscal_year(today))
    return _write(folder, year, master, {})


def create_from(
    folder: Path, today: date, paths: Sequence[Path], template: Path | None = None
) -> tuple[NewWorkspace, ImportedForms]:
    """Make a workspace in ``folder`` from the filled-in forms in ``paths``.

    ``template`` is how these forms are drawn (default: the bundled template); the year is that of ``today`` where
    they name none. Raises as :func:`create`, TemplateError for faults in the template, and DxreportError where no
    form is found.
    """
    from ..form.compile import compile_form
    from ..issue.render import FORM_NAME
    from ..master.build import master_bytes
    from ..master.read import master_from
    from .import_forms import import_forms

    source = template or bundled("templates") / FORM_NAME
    try:
        drawn = source.read_bytes()
    except OSError as error:
        raise UsageError(
            f"様式 {source} を読めません（{error.strerror}）。", "ファイルの名前を確かめてください。"
        ) from None
    _refuse_existing(folder, [Workspace(folder).master])
    found = import_forms(paths, compile_form(drawn, source.name), _settings(fiscal_year(today)))
    if not found.measures:
        why = "\n".join(f"  {' '.join(filter(None, (u.file, u.sheet)))}: {u.reason}" for u in found.unplaced[:10])
        raise DxreportError(
            f"様式として読み取れるシートがありません。\n{why}",
            "記入済みの様式のファイルと、その様式（--template）を確かめてください。",
        )
    master = master_bytes(found.settings, found.departments, found.measures)
    master_from(master)
    return _write(folder, found.settings.fiscal_year, master, {FORM_NAME: drawn}), found


def _write(folder: Path, year: FiscalYear, master: bytes, templates: Mapping[str, bytes]) -> NewWorkspace:
    """Write a workspace with this master; ``templates`` replace bundled ones of the same name."""
    workspace = Workspace(folder)
    drawn = {path.name: path.read_bytes() for path in _templates()} | dict(templates)
    files = {workspace.templates / name: data for name, data in sorted(drawn.items())}
    files[workspace.master] = master
    _refuse_existing(folder, list(files))
    written: list[Path] = []
    try:
        for path, data in files.items():
            atomic_write(path, data)
            written.append(path)
        workspace.reports.mkdir(parents=True, exist_ok=True)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return NewWorkspace(workspace, tuple(written), year)


def fiscal_year(day: date) -> FiscalYear:
    """Return the fiscal year of a day; raise UsageError for one before 令和."""
    year = FiscalYear(day.year if day.month >= _FIRST_MONTH else day.year - 1)
    if year.western < 2019:
        raise UsageError(
            f"{day.isoformat()} は令和より前です。", "--now に令和元年度（2019年4月）以降の日時を指定してください。"
        )
    return year


def _templates() -> list[Path]:
    """Return the bundled templates, without the lock files of office programs."""
    return sorted(p for p in bundled("templates").iterdir() if p.is_file() and p.name[0] not in "~.")


def _refuse_existing(folder: Path, files: list[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} はフォルダーではありません。", "別の名前を指定してください。")
    there = [str(path.relative_to(folder)) for path in files if path.exists()]
    if there:
        more = f" ほか {len(there) - _NAMED} 件" if len(there) > _NAMED else ""
        raise UsageError(
            f"{folder} には、すでに {'、'.join(there[-_NAMED:])}{more} があります。上書きしません。",
            "別のフォルダーを指定するか、不要なものであれば、そのフォルダーを削除してください。",
        )


def _sample() -> tuple[FiscalYear, bytes]:
    from .sample import settings
    from .sample.departments import sample_master

    return settings().fiscal_year, sample_master()


def _empty(year: FiscalYear) -> tuple[FiscalYear, bytes]:
    from ..master.build import master_bytes

    return year, master_bytes(_settings(year), (), ())


def _settings(year: FiscalYear) -> Settings:
    """Return 設定 with the rounds, words and tables of the sample, without what belongs to its city."""
    from .sample import settings

    drawn = settings()
    return replace(
        drawn,
        fiscal_year=year,
        plan_years=tuple(year + n for n in range(len(drawn.plan_years))),
        rounds=tuple(replace(round_, deadline="") for round_ in drawn.rounds),
        mail_domain="",
    )
