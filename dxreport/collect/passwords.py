"""Passwords of returned workbooks, from the coordinator's list with one department per line."""

from __future__ import annotations

import csv
from pathlib import Path

from ..domain.errors import UsageError, reason_of
from ..intake.file_type import as_text

_FORMAT = "1 行に「部署名,パスワード」と書いたファイル（UTF-8 か Shift_JIS）を指定してください。"


def read_passwords(path: Path) -> dict[str, str]:
    """Read the passwords in a CSV file, by department. Raise UsageError if it cannot be read as such a list."""
    try:
        text = as_text(path.read_bytes())
    except OSError as error:
        raise UsageError(f"パスワードの一覧 {path} を読めません（{reason_of(error)}）。", _FORMAT) from None
    if text is None:
        raise UsageError(f"パスワードの一覧 {path} は、文字だけのファイルではありません。", _FORMAT)
    found: dict[str, str] = {}
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != 2 or not row[1].strip():
            raise UsageError(f"パスワードの一覧 {path} の {number} 行目が読めません。", _FORMAT)
        found[row[0].strip()] = row[1].strip()
    return found
