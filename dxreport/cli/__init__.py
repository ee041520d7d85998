"""The command line: all commands in the order of the flow, and the one place that handles errors.

    common    what all commands share: -C, --now, --json, --round
    japanese  click in Japanese
    console   results on stdout, progress and messages on stderr
    init, check, render …  one module per command, imported when the command runs

Exit codes: 0 done; 1 done, but something was held, refused, in conflict, found or not handed out; 2 wrong usage;
3 failed, nothing was changed; 130 and 141 by the convention of shells (Ctrl+C, closed pipe).
"""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .. import __version__
from ..domain.errors import DxreportError, UsageError, reason_of
from . import console, japanese
from .common import Call, shared_options

COMMANDS = {
    "init": "作業フォルダーを作る",
    "check": "マスターと様式を点検する",
    "render": "部署に送るブックを作る",
    "collect": "返送されたファイルを取り込む",
    "status": "提出状況を示す",
    "mail": "依頼、差し戻し、督促のメールの下書きを作る",
    "resolve": "競合や保留に決着を付ける",
    "withdraw": "取り込んだ返送を元に戻す",
    "dismiss": "保留や受付不可の返送を除外する",
    "history": "変更の履歴を示す",
    "report": "会議に出す報告書を作る（PDF・Excel・HTML）",
    "publish": "全施策のシートを公表用の 1 冊にまとめる",
    "rollover": "次の年度の作業フォルダーを作る",
    "demo": "実在の 26 施策で、第1四半期をひととおり動かす",
}
DEBUG = "DXREPORT_DEBUG"


class Program(japanese.Command, click.Group):
    """The group of all commands, each imported only when it is needed, so that ``--help`` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the flow."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; raise UsageError if there is none of this name."""
        if cmd_name.startswith("-"):  # an option after ``--``, which click explains
            return None
        if cmd_name not in COMMANDS:
            from ..domain.spelling import did_you_mean

            known = f"使えるのは、{'、'.join(COMMANDS)} です。"
            raise UsageError(f"「{cmd_name}」というコマンドはありません。", did_you_mean(cmd_name, COMMANDS) + known)
        found: click.Command = getattr(import_module(f".{cmd_name}", __package__), cmd_name)
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the commands, without importing any command."""
        super().format_options(ctx, formatter)
        with formatter.section("コマンド"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke as click does, but let a closed pipe reach :func:`main`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise BrokenPipeError from error  # without errno: for EPIPE, click would exit the process itself


def _alone() -> int | None:
    """Run ``home`` if no command is named."""
    if click.get_current_context().invoked_subcommand is not None:
        return None
    from .home import home

    return home(Call.given())


program = Program(
    "dxreport",
    params=shared_options(),
    invoke_without_command=True,
    callback=_alone,
    help="""年間活動計画の様式を部署に送り、返ってきたものをマスターに取り込み、報告書を作ります。

    終了コード: 0 完了　1 完了したが保留や指摘がある　2 使い方の誤り　3 実行できない（何も変更していません）""",
)
click.version_option(__version__, message="dxreport %(version)s", help="版の番号を表示する")(program)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line ``args`` (default: that of the process) and return the exit code."""
    console.prepare()
    gc.set_threshold(50_000)  # a command holds what it reads until it ends: there is little to collect
    atexit.register(gc.freeze)  # nor does the interpreter need to look through all of it before it exits
    try:
        code = program.main(args, prog_name="dxreport", standalone_mode=False)
        console.flush()
        return code or 0
    except click.ClickException as error:
        return _fail(*japanese.explain(error), error.exit_code)
    except click.Abort:
        return _fail("中断しました。", "", 130)
    except BrokenPipeError:
        console.abandon()
        return 141
    except DxreportError as error:
        return _fail(error.message, error.fix, error.exit_code)
    except Exception as error:
        if os.environ.get(DEBUG) == "1":
            import traceback

            traceback.print_exc()
        return _fail(*_unexpected(error), DxreportError.exit_code)


def _fail(message: str, fix: str, code: int) -> int:
    console.say(f"エラー: {message}")
    if fix:
        console.say(f"対処: {fix}")
    return code


def _unexpected(error: Exception) -> tuple[str, str]:
    name = type(error).__name__
    if isinstance(error, OSError):
        what = f"{error.filename} を" if error.filename else ""
        fix = "別のプログラムで開いていないか、権限と空き容量を確かめてください。"
        return f"{what}読み書きできません（{reason_of(error)}）。", fix
    fix = f"環境変数 {DEBUG}=1 を付けて実行すると、詳しい記録が出ます。記録を添えて、開発の担当者に連絡してください。"
    return f"予期しないエラーが起きました（{name}: {error}）。", fix
