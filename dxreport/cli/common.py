"""What all commands share: workspace, time, round, JSON.

The keys in ``--json``, and their order, are a contract.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.errors import UsageError
from .japanese import Command

if TYPE_CHECKING:
    from ..domain.model import Round
    from ..domain.problems import Problem
    from ..master.records import Change, Conflict, Master
    from ..workspace.paths import Workspace

_META = "dxreport"
PATH, FOLDER = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)
Json = dict[str, Any]
TOO_TALL = (
    "注意: {cell} の文は、行の高さの上限（409ポイント）に収まりません。文を短くするか、様式の欄を広げてください。"
)


@dataclass(frozen=True, slots=True)
class Call:
    """The shared options, the first argument of every command; ``now`` has no fractions of a second."""

    folder: Path
    now: datetime
    as_json: bool = False
    round_name: str = ""
    quarter: int = 0

    @classmethod
    def given(cls) -> Call:
        """Return the options given on the command line."""
        options = click.get_current_context().meta.get(_META, {})
        return cls(**{"folder": Path(), "now": datetime.now().replace(microsecond=0), **options})

    @property
    def workspace(self) -> Workspace:
        """The workspace; raise MasterError if the folder is not one."""
        from ..workspace.paths import Workspace

        return Workspace.find(self.folder)

    def master(self, *, to_write: bool = False) -> Master:
        """Read the master; raise MasterError, and with ``to_write`` LockedError if it is open elsewhere."""
        from ..master.read import read_master

        if to_write:
            from ..workspace.transaction import ready_to_write

            ready_to_write(self.workspace)
        return read_master(self.workspace.master)

    def round(self, master: Master, *, current: bool = False) -> Round:
        """Return the round of ``--round`` or ``--quarter``, else the ``current`` one; raise UsageError without any."""
        from ..master.rounds import current_round
        from ..ooxml.table import folded

        found, rounds = current_round(master) if current else None, master.settings.rounds
        problem = "回を指定してください（--round 回の名前、または --quarter 1～4）。"
        if self.round_name and self.quarter:
            raise UsageError("--round と --quarter は、どちらか一方だけを指定してください。")
        if self.round_name:
            found = next((r for r in rounds if folded(r.name) == folded(self.round_name)), None)
            problem = f"回「{self.round_name}」は、設定にありません。"
        elif self.quarter:
            found = master.settings.of_quarter(self.quarter)
            problem = f"第{self.quarter}四半期の回は、設定にありません。"
        if found is None:
            names = "、".join(r.name for r in rounds)
            fix = f"「設定」にある回は、{names} です。" if names else "「設定」の回の表に、回を加えてください。"
            raise UsageError(problem, fix)
        return found


def moment(text: str) -> datetime:
    """Read a time in ISO form, or with a date as in 設定; a date alone is its midnight, offsets are ignored."""
    from ..domain.days import day_of

    written, _, time = text.strip().partition(" ")
    day = day_of(written)
    hour = f"T{'0' if time.find(':') == 1 else ''}{time}" if time else ""
    try:
        return datetime.fromisoformat(f"{day}{hour}" if day else text).replace(tzinfo=None, microsecond=0)
    except ValueError:
        how = "2022-07-19T09:00:00 や 2022/7/19 のように書いてください。"
        raise click.BadParameter(f"「{text}」が日時として読めません。{how}") from None


def _quarter(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise click.BadParameter("1 から 4 までの数を指定してください。")
    return int(text)


def shared_options(*, answers: bool = False, rounds: bool = False) -> list[click.Parameter]:
    """Return -C and --now; ``answers`` adds --json, ``rounds`` adds --round and --quarter."""
    options = [
        _option("-C", "folder", type=FOLDER, metavar="DIR", help="作業フォルダー（指定しなければ、今のフォルダー）"),
        _option("--now", "now", type=moment, metavar="ISO", help="台帳に書く日時（指定しなければ、今の日時）"),
    ]
    if rounds:
        options += [
            _option("--round", "round_name", metavar="NAME", help="回の名前（マスターの「設定」にあるもの）"),
            _option("--quarter", "quarter", type=_quarter, metavar="N", help="第N四半期の回（1～4）"),
        ]
    if answers:
        options.append(_option("--json", "as_json", is_flag=True, help="結果を JSON で出す"))
    return options


def _option(flag: str, name: str, **settings: Any) -> click.Parameter:
    """Return an option that sets ``name`` of the Call, before or after the name of the command."""

    def remember(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        # Contexts share ``meta`` with their parents: an option after the name of the command wins.
        if value:
            ctx.meta.setdefault(_META, {})[name] = value

    # The prefix keeps the name apart from the command's own parameters.
    return click.Option([flag, f"shared_{name}"], expose_value=False, callback=remember, **settings)


def command(*, answers: bool = False, rounds: bool = False) -> Callable[[Callable[..., int | None]], Command]:
    """Turn a function ``(call, **own_parameters) -> exit code or None`` into the command of its name.

    Its docstring is the help text; click decorators below this one declare its own parameters. ``answers`` and
    ``rounds`` are those of :func:`shared_options`.
    """

    def decorate(function: Callable[..., int | None]) -> Command:
        @functools.wraps(function)
        def callback(**own: Any) -> int | None:
            return function(Call.given(), **own)

        made = click.command(cls=Command)(callback)
        made.params += shared_options(answers=answers, rounds=rounds)
        return made

    return decorate


to_folder = click.option("--out", type=FOLDER, metavar="DIR", help="書き出すフォルダー")


def worked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --workers and --scheduler to a command, as its parameter ``workers``."""

    @click.option(
        "--workers",
        type=click.IntRange(1),
        metavar="N",
        help="いくつのプロセスで行うか（指定しなければ、数が多いときだけ CPU の数）",
    )
    @click.option("--scheduler", metavar="tcp://…", help="Dask のクラスターで行う（dxreport[cluster] が必要です）")
    @functools.wraps(function)
    def callback(*args: Any, workers: int | None, scheduler: str | None, **own: Any) -> Any:
        from ..workers import Choice

        return function(*args, workers=Choice(workers or 0, scheduler or ""), **own)

    return callback


def first_ten(names: Sequence[str], unit: str = "件") -> str:
    """Return names as the screen lists them, those after the tenth only counted: ``01-01、01-02 … ほか 3 件``."""
    from ..domain.problems import listed

    return listed(names, 10, f" ほか {{}} {unit}")


def problem_record(problem: Problem) -> Json:
    """Return a problem; every value is a text."""
    keys = ("code", "severity", "sheet", "cell", "field", "label", "value", "message", "fix")
    return {key: getattr(problem, key) for key in keys}


def change_record(change: Change) -> Json:
    """Return a change of the master, without its origin."""
    ref, label = str(change.ref), change.label
    return {"id": change.measure, "field": ref, "label": label, "old": change.old, "new": change.new}


def conflict_record(conflict: Conflict) -> Json:
    """Return a conflict, without its texts."""
    ref, label = str(conflict.ref), conflict.label
    return {"conflict": conflict.id, "id": conflict.measure, "field": ref, "label": label}


def note_records(notes: Mapping[str, str]) -> list[Json]:
    """Return the notes that a department wrote in cells, given as text by cell."""
    return [{"cell": cell, "text": text} for cell, text in notes.items()]
