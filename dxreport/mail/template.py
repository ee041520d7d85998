"""Mail templates: Jinja2 texts that the coordinator edits in Notepad.

The first line is ``件名: …``, a blank line follows, then the body. Every encoding that Notepad offers is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from ..domain.errors import DxreportError
from ..domain.visible import one_line
from ..workspace.text_templates import environment, error_line

_SUBJECT = re.compile(r"件名\s*[:：]\s*(\S.*)")
_NO_SUCH = re.compile(r"'(\w+)' is undefined|has no attribute '(\w+)'")
_FIX = "メモ帳などで直してから、もう一度実行してください。使える項目は templates/README.md にあります。"


def compose(path: Path, names: Mapping[str, Any]) -> tuple[str, str]:
    """Return subject and body of the template at ``path``, with ``names`` filled in.

    Raise DxreportError if the file is missing, or for a fault in it, naming file and line.
    """
    if not path.is_file():
        raise DxreportError(f"メールの文面 {path} がありません。", "文面を templates フォルダーに戻してください。")
    source = _decoded(path)
    text = _rendered(path, source, names).lstrip("\n")
    subject, _, body = text.partition("\n")
    found = _SUBJECT.fullmatch(one_line(subject))
    if found is None:
        line = 1 + len(source) - len(source.lstrip("\n"))
        _fail(path, line, "最初の行が「件名: …」になっていません。")
    return found[1], body.strip("\n") + "\n"


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


def _rendered(path: Path, source: str, names: Mapping[str, Any]) -> str:
    from jinja2 import TemplateSyntaxError, UndefinedError

    try:
        return environment(autoescape=False).from_string(source).render(names)
    except TemplateSyntaxError as error:
        _fail(path, error.lineno, f"書き方に誤りがあります（{error.message}）。")
    except UndefinedError as error:
        name = _NO_SUCH.search(str(error))
        what = f"「{name[1] or name[2]}」という項目はありません。" if name else f"{error}。"
        _fail(path, error_line(error), what)
    except Exception as error:  # a template is the coordinator's own program: it may raise anything
        _fail(path, error_line(error), f"文面を作れません（{error}）。")


def _fail(path: Path, line: int, what: str) -> NoReturn:
    raise DxreportError(f"{path} の {max(line, 1)} 行目: {what}", _FIX) from None
