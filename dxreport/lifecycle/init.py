"""Init: a workspace to begin with.

First everything is made in memory, then written, the master last: it is what makes a folder a
workspace.
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
    from .import_forms import Existing

_FIRST_MONTH = 4
_NAMED = 3  # files that a message names


@dataclass(frozen=True, slots=True)
class Made:
    """A workspace that was made: its files, and the fiscal year of its master."""

    workspace: Workspace
    files: tuple[Path, ...]
    fiscal_year: FiscalYear


def create(folder: Path, today: date, *, sample: bool = False) -> Made:
    """Make a workspace in ``folder``: with the 26 sample measures, or empty for the year of ``today``.

    Overwrites nothing: raises UsageError where a file to be made is there already. Raises
    DxreportError where it cannot be written; what was written by then is removed again.
    """
    year, master = _sample() if sample else _empty(fiscal_year(today))
    return _written(folder, year, master, {})


def create_from(
    folder: Path, today: date, paths: Sequence[Path], template: Path | None = None
) -> tuple[Made, Existing]:
    """Make a workspace in ``folder`` from the filled-in forms in ``paths``, which are as ``template`` is drawn (default: the
    bundled one); the year is that of ``today`` where the forms name none.

    Raises as :func:`create`, TemplateError for a template with faults, and DxreportError where there is no form at all.
    """
    from ..form.compile import compile_form
    from ..issue.render import FORM_NAME
    from ..master.build import master_bytes
    from ..master.read import master_from
    from .import_forms import read_existing

    source = template or bundled("templates") / FORM_NAME
    try:
        drawn = source.read_bytes()
    except OSError as error:
        raise UsageError(
            f"様式 {source} を読めません（{error.strerror}）。", "ファイルの名前を確かめてください。"
        ) from None
    _refuse_existing(folder, [Workspace(folder).master])
    found = read_existing(paths, compile_form(drawn, source.name), _settings(fiscal_year(today)))
    if not found.measures:
        why = "\n".join(f"  {' '.join(filter(None, (u.file, u.sheet)))}: {u.reason}" for u in found.unplaced[:10])
        raise DxreportError(
            f"様式として読み取れるシートがありません。\n{why}",
            "記入済みの様式のファイルと、その様式（--template）を確かめてください。",
        )
    master = master_bytes(found.settings, found.departments, found.measures)
    master_from(master)
    made = _written(folder, found.settings.fiscal_year, master, {FORM_NAME: drawn})
    return made, found


def _written(folder: Path, year: FiscalYear, master: bytes, templates: Mapping[str, bytes]) -> Made:
    """Write a workspace with this master; ``templates`` take the place of bundled ones."""
    workspace = Workspace(folder)
    drawn = {path.name: path.read_bytes() for path in _templates()} | templates
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
    return Made(workspace, tuple(written), year)


def fiscal_year(day: date) -> FiscalYear:
    """The fiscal year a day lies in; raises UsageError for one before 令和."""
    year = FiscalYear(day.year if day.month >= _FIRST_MONTH else day.year - 1)
    if year.western < 2019:
        raise UsageError(
            f"{day.isoformat()} は令和より前です。", "--now に令和元年度（2019年4月）以降の日時を指定してください。"
        )
    return year


def _templates() -> list[Path]:
    # All but the lock files that office programs leave.
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
    """設定 with the rounds, words and tables of the sample, and nothing that is a city's own."""
    from .sample import settings

    drawn: Settings = settings()
    return replace(
        drawn,
        fiscal_year=year,
        plan_years=tuple(year + n for n in range(len(drawn.plan_years))),
        rounds=tuple(replace(round_, deadline="") for round_ in drawn.rounds),
        mail_domain="",
    )
