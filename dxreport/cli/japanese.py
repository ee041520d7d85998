"""click in Japanese: the frame of its help texts, and what it says of wrong usage."""

from __future__ import annotations

import inspect
import re
from typing import Any

import click

_JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)


class JapaneseHelp:
    """Mixed into a click command: Japanese headings, and the help text with its lines as written.

    click breaks lines at blanks, which Japanese has none of.
    """

    def format_usage(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """``使い方: dxreport check [OPTIONS]``."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="使い方: ")

    def format_help_text(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The docstring, line by line."""
        formatter.write("\n")
        for line in inspect.cleandoc(self.help or "").splitlines():
            formatter.write(f"  {line}\n" if line else "\n")

    def format_options(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options; a group's commands follow."""
        records = [r for p in self.get_params(ctx) if isinstance(p, click.Option) and (r := p.get_help_record(ctx))]
        with formatter.section("オプション"):
            formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self: Any, ctx: click.Context) -> click.Option | None:
        """click's own, explained in Japanese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "この説明を表示する"
        return option


def version_option(version: str) -> click.Option:
    """``--version``."""

    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(f"dxreport {version}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="版の番号を表示する"
    )


def explain(error: click.ClickException) -> tuple[str, str]:
    """What is wrong and what to do, of an error that click found."""
    message = _message(error)
    ctx = getattr(error, "ctx", None)
    return message, f"{ctx.command_path} --help で使い方を確かめてください。" if ctx else ""


def _message(error: click.ClickException) -> str:
    match error:
        case click.NoSuchOption():
            near = f"「{'」「'.join(error.possibilities)}」ではありませんか。" if error.possibilities else ""
            return f"「{error.option_name}」というオプションはありません。{near}"
        case click.MissingParameter():
            return f"{_called(error.param)} を指定してください。"
        case click.BadParameter():
            return f"{_called(error.param)}: {_bad_value(error)}"
        case click.BadOptionUsage():
            takes = "には値が要りません。" if "does not take" in error.message else "には値を続けて書いてください。"
            return f"{error.option_name} {takes}"
    if extra := _EXTRA.search(error.message):
        return f"「{extra[1]}」は余分です。"
    return error.message


def _bad_value(error: click.BadParameter) -> str:
    kind = error.param.type if error.param else None
    if _JAPANESE.search(error.message.split("'")[-1]):
        return error.message
    match kind:
        case click.Choice():
            return f"{'、'.join(map(str, kind.choices))} のどれかを指定してください。"
        case click.Path(exists=True):
            return f"{_quoted(error.message)}が見つからないか、読めません。"
        case click.Path(file_okay=False):
            return f"{_quoted(error.message)}はフォルダーではありません。"
    return error.message


def _quoted(message: str) -> str:
    found = re.search(r"'(.*)'", message)
    return f"「{found[1]}」" if found else ""


def _called(param: click.Parameter | None) -> str:
    if param is None:
        return "値"
    return max(param.opts, key=len) if isinstance(param, click.Option) else str(param.metavar or param.name.upper())


def system_error(error: OSError) -> str:
    """One line on a file or a system call that failed."""
    reason = error.strerror or type(error).__name__
    return (
        f"{error.filename} を読み書きできません（{reason}）。"
        if error.filename
        else f"読み書きできません（{reason}）。"
    )
