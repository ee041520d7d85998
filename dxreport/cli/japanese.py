"""click in Japanese: the headings of its help texts, and its messages about wrong usage."""

from __future__ import annotations

import inspect
import re
from difflib import get_close_matches

import click

_MEASURE = re.compile(r"\d{1,2}[-－ー]\d{1,2}")
_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)


class Command(click.Command):
    """A command with Japanese headings, whose help text has its own line breaks.

    click wraps lines at spaces, but Japanese has none.
    """

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write ``使い方: dxreport check [OPTIONS]``."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="使い方: ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring line by line."""
        formatter.write("\n")
        for line in inspect.cleandoc(self.help or "").splitlines():
            formatter.write(f"  {line}\n" if line else "\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under a Japanese heading."""
        records = [r for p in self.get_params(ctx) if isinstance(p, click.Option) and (r := p.get_help_record(ctx))]
        with formatter.section("オプション"):
            formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return click's own option, explained in Japanese."""
        option = super().get_help_option(ctx)
        if option:
            option.help = "この説明を表示する"
        return option


def explain(error: click.ClickException) -> tuple[str, str]:
    """Return the fault and the remedy of a usage error of click."""
    message, ctx = error.message, getattr(error, "ctx", None)
    match error:
        case click.NoSuchOption():
            nearest = get_close_matches(error.option_name, error.possibilities or (), 1, 0)
            near = f"「{nearest[0]}」ではありませんか。" if nearest else ""
            message = f"「{error.option_name}」というオプションはありません。{near}"
        case click.MissingParameter(param=click.Parameter() as param):
            message = f"{_called(param)} を指定してください。"
        case click.BadParameter(param=click.Parameter() as param):
            message = f"{_called(param)}: {_bad_value(param.type, message)}"
        case click.BadOptionUsage():
            takes = "には値が要りません。" if "does not take" in message else "には値を続けて書いてください。"
            message = f"{error.option_name} {takes}"
        case _ if extra := _EXTRA.search(message):
            message = f"「{extra[1]}」は余分です。{_as_option(ctx, extra[1])}"
    return message, f"{ctx.command_path} --help で使い方を確かめてください。" if ctx else ""


def _as_option(ctx: click.Context | None, text: str) -> str:
    """Return how to write a 施策ID that was given without its option; ``""`` for any other text."""
    takes = any("--measure" in param.opts for param in ctx.command.params) if ctx else False
    return f"施策を選ぶときは、--measure {text} と書いてください。" if takes and _MEASURE.fullmatch(text) else ""


def _bad_value(kind: object, message: str) -> str:
    if isinstance(kind, click.Choice):
        return f"{'、'.join(map(str, kind.choices))} のどれかを指定してください。"
    if isinstance(kind, click.Path) and not kind.file_okay:
        path = message.partition(" ")[2].rpartition(" is ")[0].strip("'\"")  # Directory 'x' is a file.
        return f"「{path}」はフォルダーではありません。"
    return message


def _called(param: click.Parameter) -> str:
    return max(param.opts, key=len) if isinstance(param, click.Option) else str(param.metavar or param.name.upper())
