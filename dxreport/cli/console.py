"""Output to the screen: results on stdout, progress and messages on stderr."""

from __future__ import annotations

import errno
import os
import sys
import time
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import click

from ..domain.visible import visible

T = TypeVar("T")
PATIENCE = 1.0  # seconds before a progress bar appears
GAP = "  "


def prepare() -> None:
    """Show ``?`` instead of failing on characters that the code page of the console lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def out(*texts: str) -> None:
    """Print lines of the result; control characters are shown, not obeyed."""
    for text in texts:
        click.echo(_safe(text))


def say(*texts: str) -> None:
    """Print messages that are not part of the result."""
    for text in texts:
        click.echo(_safe(text), err=True)


def _safe(text: str) -> str:
    return "\n".join(map(visible, text.expandtabs().split("\n")))


def emit_json(value: Any) -> None:
    """Print the result as JSON, keys in the given order, in UTF-8 whatever the console's code page."""
    import json

    click.echo((json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8"), nl=False)


def progress(items: Iterable[T], label: str) -> Iterator[T]:
    """Yield the items; on a terminal, show a progress bar once they have taken more than a second."""
    rest, started, done = iter(items), time.monotonic(), 0
    for item in rest:
        yield item
        done += 1
        if sys.stderr.isatty() and time.monotonic() - started > PATIENCE:
            break
    else:
        return
    total = len(items) if isinstance(items, Collection) else None
    with click.progressbar(rest, length=total, label=label, file=sys.stderr) as bar:
        bar.update(done)
        for item in rest:
            yield item
            bar.update(1)


def someone_there() -> bool:
    """Return True if somebody can answer a question: stdin and stderr are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


@lru_cache(maxsize=4_096)
def width(text: str) -> int:
    """Return the columns that a text takes on a Japanese console: two for a full-width or ambiguous character."""
    if text.isascii():
        return len(text)
    shown = (char for char in text if not unicodedata.combining(char))
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in shown)


def table(rows: Sequence[Sequence[object]], heads: Sequence[str] = (), right: Collection[int] = ()) -> str:
    """Return rows as lines with aligned columns, those in ``right`` (from 0) flush right.

    Line breaks within a cell become spaces; no line has trailing spaces.
    """
    texts = [[" ".join(str(cell).split("\n")) for cell in row] for row in ([heads, *rows] if heads else rows)]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    if heads:
        texts.insert(1, ["-" * w for w in widths])
    lines = []
    for row in texts:
        spaces = [" " * (full - width(text)) for text, full in zip(row, widths, strict=True)]
        cells = (s + text if n in right else text + s for n, (text, s) in enumerate(zip(row, spaces, strict=True)))
        lines.append(GAP.join(cells).rstrip())
    return "\n".join(lines)


def flush() -> None:
    """Flush stdout; raise BrokenPipeError if its reader is gone."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if sys.platform == "win32" and error.errno == errno.EINVAL:  # the error of Windows for a closed pipe
            raise BrokenPipeError from error
        raise


def abandon() -> None:
    """Discard the rest of stdout, whose reader has gone; the interpreter flushes it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
