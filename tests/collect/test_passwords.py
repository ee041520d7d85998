"""The list of passwords that a coordinator keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dxreport.collect.passwords import read_passwords
from dxreport.domain.errors import UsageError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_one_department_a_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "一覧.csv"
    path.write_bytes('総務課, ひみつ \r\n\r\n"表記課","a,b"\r\n'.encode(encoding))
    assert read_passwords(path) == {"総務課": "ひみつ", "表記課": "a,b"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("総務課,ひみつ\n産業振興課\n".encode(), "2 行目"),
        ("総務課,\n".encode(), "1 行目"),
        (b"PK\3\4" + bytes(50), "文字だけ"),
        (None, "読めません"),
    ],
)
def test_what_is_no_list_is_refused_in_words(tmp_path: Path, data: bytes | None, words: str) -> None:
    path = tmp_path / "一覧.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match=words) as caught:
        read_passwords(path)
    assert "部署名,パスワード" in caught.value.fix


def test_a_list_that_is_not_there_is_named_in_japanese(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "なし.csv", "がありません"), (tmp_path, "フォルダーです")):
        with pytest.raises(UsageError) as raised:
            read_passwords(path)
        assert why in raised.value.message and not re.search("[A-Za-z]{3}", raised.value.message.replace(str(path), ""))
