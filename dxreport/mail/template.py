"""The wording of a mail: a Jinja2 text template that the coordinator edits in Notepad.

Its first line is ``件名: …``, a blank line follows, then the body. It may be saved in any of the
encodings that Notepad offers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..domain.errors import DxreportError

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_SUBJECT = re.compile(r"件名\s*[:：]\s*(\S.*)")
_NO_SUCH = re.compile(r"'(\w+)' is undefined|has no attribute '(\w+)'")
_FIX = "メモ帳などで直してから、もう一度実行してください。使える項目は templates/README.md にあります。"
_IN_TEMPLATE = "<template>"  # what Jinja2 calls the file of a template made from a string


def compose(path: Path, names: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body of the template at ``path``, with ``names`` filled in.

    Raises DxreportError where there is no such file, and for a fault in it, naming file and line.
    """
    if not path.is_file():
        raise DxreportError(f"メールの文面 {path} がありません。", "文面を templates フォルダーに戻してください。")
    source = _decoded(path)
    text = _rendered(path, source, names).lstrip("\n")
    subject, _, body = text.partition("\n")
    found = _SUBJECT.fullmatch(" ".join(subject.split()))
    if found is None:
        line = 1 + len(source) - len(source.lstrip("\n"))
        _fail(path, line, "最初の行が「件名: …」になっていません。")
    return found[1], body.strip("\n") + "\n"


def day_text(day: date) -> str:
    """``令和4年7月15日（金）``; years before 令和 in western count."""
    year = day.year - 2018
    era = f"{day.year}年" if day < date(2019, 5, 1) else f"令和{'元' if year == 1 else year}年"
    return f"{era}{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for charset in ("utf-16",) if marked else ("utf-8-sig", "cp932"):
        try:
            return data.decode(charset).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    raise DxreportError(
        f"{path} の文字コードが分かりません。", "メモ帳で開き、文字コードを「UTF-8」にして保存し直してください。"
    )


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )


def _rendered(path: Path, source: str, names: Mapping[str, Any]) -> str:
    from jinja2 import TemplateSyntaxError, UndefinedError

    try:
        return _environment().from_string(source).render(names)
    except TemplateSyntaxError as error:
        _fail(path, error.lineno, f"書き方に誤りがあります（{error.message}）。")
    except UndefinedError as error:
        name = _NO_SUCH.search(str(error))
        what = f"「{next(filter(None, name.groups()))}」という項目はありません。" if name else f"{error}。"
        _fail(path, _line(error), what)
    except Exception as error:  # the template is a program of the coordinator's: it may fail in any way
        _fail(path, _line(error), f"文面を作れません（{error}）。")


def _line(error: Exception) -> int:
    """The line of the template in which an exception arose."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _IN_TEMPLATE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _fail(path: Path, line: int, what: str) -> NoReturn:
    raise DxreportError(f"{path} の {line} 行目: {what}", _FIX) from None
