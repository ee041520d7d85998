"""click in Japanese: the headings of its help texts, and its messages about wrong usage."""

from __future__ import annotations

import inspect
import re
from typing import Any

import click

_JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)


class JapaneseHelp:
    """A mixin for click commands: Japanese headings, and help text with its own line breaks.

    click wraps lines at blanks, but Japanese has none.
    """

    def format_usage(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write ``使い方: dxreport check [OPTIONS]``."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="使い方: ")

    def format_help_text(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring line by line."""
        formatter.write("\n")
        for line in inspect.cleandoc(self.help or "").splitlines():
            formatter.write(f"  {line}\n" if line else "\n")

    def format_options(self: Any, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the commands of a group."""
        records = [r for p in self.get_params(ctx) if isinstance(p, click.Option) and (r := p.get_help_record(ctx))]
        with formatter.section("オプション"):
            formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self: Any, ctx: click.Context) -> click.Option | None:
        """Return click's own option, explained in Japanese."""
        option: click.Option | None = click.Command.get_help_option(self, ctx)
        if option is not None:
            option.help = "この説明を表示する"
        return option


def version_option(version: str) -> click.Option:
    """Return the option ``--version``."""

    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(f"dxreport {version}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="版の番号を表示する"
    )


def explain(error: click.ClickException) -> tuple[str, str]:
    """Translate a usage error of click: the fault and the remedy."""
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
    """Return a line about a failed file or system call."""
    what = f"{error.filename} を" if error.filename else ""
    return f"{what}読み書きできません（{error.strerror or type(error).__name__}）。"
