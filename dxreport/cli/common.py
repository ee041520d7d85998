"""What all commands share: workspace, time, form of the answer, round; and the group of commands."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.errors import UsageError
from .japanese import JapaneseHelp

if TYPE_CHECKING:
    from ..domain.model import Round, Settings
    from ..master.records import Master
    from ..workspace.paths import Workspace

_META = "dxreport"
TOO_TALL = (
    "注意: {cell} の文は、行の高さの上限（409ポイント）に収まりません。文を短くするか、様式の欄を広げてください。"
)


@dataclass(frozen=True, slots=True)
class Call:
    """The shared options of a call, passed to every command as its first argument.

    ``folder`` is that of ``-C``; ``now`` the time to record, to the second; ``as_json`` is whether to
    answer in JSON. :meth:`round` looks up ``round_name`` or ``quarter``.
    """

    folder: Path
    now: datetime
    as_json: bool = False
    round_name: str = ""
    quarter: int = 0

    @property
    def workspace(self) -> Workspace:
        """The workspace to work in; raises MasterError if the folder is not one."""
        from ..workspace.paths import Workspace

        return Workspace.find(self.folder)

    def master(self) -> Master:
        """Read the master of the workspace; raise MasterError."""
        from ..master.read import read_master

        return read_master(self.workspace.master)

    def round(self, settings: Settings, default: Round | None = None) -> Round:
        """Return the round of ``--round`` or ``--quarter``, else ``default``; raise UsageError if there is none."""
        if self.round_name and self.quarter:
            raise UsageError("--round と --quarter は、どちらか一方だけを指定してください。")
        if self.round_name or self.quarter:
            found = _named(settings, self.round_name) if self.round_name else _of_quarter(settings, self.quarter)
            wanted = f"回「{self.round_name}」" if self.round_name else f"第{self.quarter}四半期の回"
            problem = f"{wanted}は、設定にありません。"
        else:
            found, problem = default, "回を指定してください（--round 回の名前、または --quarter 1～4）。"
        if found is None:
            raise UsageError(problem, _rounds(settings))
        return found


def _named(settings: Settings, name: str) -> Round | None:
    from ..ooxml.table import plain

    return next((r for r in settings.rounds if plain(r.name) == plain(name)), None)


def _rounds(settings: Settings) -> str:
    names = "、".join(r.name for r in settings.rounds)
    return f"「設定」にある回は、{names} です。" if names else "「設定」の回の表に、回を加えてください。"


def _of_quarter(settings: Settings, quarter: int) -> Round | None:
    from ..domain.model import QUARTER_LABELS

    own = [r for r in settings.rounds if r.quarter == quarter]
    return next((r for r in own if r.name == QUARTER_LABELS[quarter]), own[0] if own else None)


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """A date and time, in ISO form or with the date as 設定 accepts it.

    Without a time it is midnight; an offset from UTC is ignored.
    """

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse the text; fail with a message in Japanese."""
        try:
            return datetime.fromisoformat(_iso(value)).replace(tzinfo=None, microsecond=0)
        except ValueError:
            self.fail(
                f"「{value}」が日時として読めません。2022-07-19T09:00:00 や 2022/7/19 のように書いてください。",
                param,
                ctx,
            )


def _iso(text: str) -> str:
    """Turn ``2022/7/1 9:00`` into ``2022-07-01T09:00``; return a text without such a date unchanged."""
    from ..master.settings import day_of

    day, _, time = text.strip().partition(" ")
    found = day_of(day)
    if found is None:
        return text
    return f"{found}T{'0' if time.find(':') == 1 else ''}{time}" if time else found


class Quarter(click.ParamType):  # type: ignore[type-arg]
    """A quarter, 1 to 4."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text; fail with a message in Japanese."""
        if str(value) not in ("1", "2", "3", "4"):
            self.fail("1 から 4 までの数を指定してください。", param, ctx)
        return int(value)


class Command(JapaneseHelp, click.Command):
    """A subcommand."""


class Program(JapaneseHelp, click.Group):
    """The group of all commands: command ``check`` is in module ``check`` of ``package``.

    A module is imported only when its command is needed, so that ``--help`` is instant.
    """

    def __init__(self, *args: Any, package: str, summaries: Mapping[str, str], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.package = package
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the loop."""
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or return None if there is none of this name."""
        if cmd_name not in self.summaries:
            return None
        found: click.Command = getattr(import_module(f"{self.package}.{cmd_name}"), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command as click does; list the commands in Japanese if there is none of this name."""
        name = args[0]
        if name not in self.summaries and not name.startswith("-"):
            raise UsageError(
                f"「{name}」というコマンドはありません。", f"使えるのは、{'、'.join(self.summaries)} です。"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("コマンド"):
            formatter.write_dl(list(self.summaries.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke as click does, but pass a closed pipe on to :func:`dxreport.cli.main`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ClosedPipe from error


class _ClosedPipe(BrokenPipeError):
    """A BrokenPipeError without errno: on EPIPE, click would end the process."""


def shared_options(*, answers: bool = False, rounds: bool = False) -> list[click.Option]:
    """Return -C and --now; ``answers`` adds --json, ``rounds`` adds --round and --quarter."""
    folder = click.Path(file_okay=False, path_type=Path)
    options = [
        _option("-C", "folder", type=folder, metavar="DIR", help="作業フォルダー（指定しなければ、今のフォルダー）"),
        _option("--now", "now", type=Moment(), metavar="ISO", help="台帳に書く日時（指定しなければ、今の日時）"),
    ]
    if rounds:
        options += [
            _option("--round", "round_name", metavar="NAME", help="回の名前（マスターの「設定」にあるもの）"),
            _option("--quarter", "quarter", type=Quarter(), metavar="N", help="第N四半期の回（1～4）"),
        ]
    if answers:
        options.append(_option("--json", "as_json", is_flag=True, help="結果を JSON で出す"))
    return options


def _option(flag: str, name: str, **settings: Any) -> click.Option:
    """Make an option, allowed before and after the name of the command, that sets ``name`` of the Call."""

    def remember(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        # A context shares ``meta`` with its parents: an option after the name of the command wins.
        if value:
            ctx.meta.setdefault(_META, {})[name] = value

    # The prefix keeps the parameter's name apart from those of the command's own parameters.
    return click.Option([flag, f"shared_{name}"], expose_value=False, callback=remember, **settings)


def command(*, answers: bool = False, rounds: bool = False) -> Callable[[Callable[..., int | None]], Command]:
    """Make a function ``function(call, **own_parameters) -> exit code or None`` the command of its name.

    Its docstring is the help text. Declare its own parameters with click decorators below this one;
    ``answers`` and ``rounds`` are those of :func:`shared_options`.
    """

    def decorate(function: Callable[..., int | None]) -> Command:
        @functools.wraps(function)
        def callback(**own: Any) -> int | None:
            return function(_call(click.get_current_context()), **own)

        made = click.command(function.__name__, cls=Command)(callback)
        made.params += shared_options(answers=answers, rounds=rounds)
        return made

    return decorate


def _call(ctx: click.Context) -> Call:
    return Call(**{"folder": Path(), "now": datetime.now().replace(microsecond=0), **ctx.meta.get(_META, {})})
