"""Why the system refused something, in Japanese."""

from __future__ import annotations

import errno
import os

import pytest

from dxreport.domain.errors import reason_of


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "ファイルかフォルダーがありません"),
        (errno.EACCES, "権限がありません"),
        (errno.EISDIR, "ファイルではなく、フォルダーです"),
        (errno.ENOSPC, "空き容量がありません"),
        (errno.EADDRINUSE, f"エラー番号 {errno.EADDRINUSE}"),
    ],
)
def test_the_reason_is_not_in_english(number: int, said: str) -> None:
    assert reason_of(OSError(number, os.strerror(number), "a.csv")) == said


def test_words_of_our_own_and_of_a_japanese_system_stay() -> None:
    assert reason_of(OSError("接続が切れました")) == "接続が切れました"
    assert reason_of(OSError(errno.EADDRINUSE, "アドレスは使用中です")) == "アドレスは使用中です"
