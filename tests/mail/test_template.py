"""The wording of mails: what the coordinator wrote, in any encoding of Notepad, and where it is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from dxreport.domain.errors import DxreportError
from dxreport.mail.template import compose

TEXT = "件名: {{ department }}へ（依頼）\n\n{{ department }}　様\n{% for s in sheets %}\n・{{ s.id }}\n{% endfor %}\n\n以上\n"
NAMES = {"department": "総務課", "sheets": [SimpleNamespace(id="01-01"), SimpleNamespace(id="01-02")]}


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "メール_依頼.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_is_filled_in(tmp_path, encoding, end):
    path = written(tmp_path, TEXT.replace("\n", end), encoding)
    assert compose(path, NAMES) == ("総務課へ（依頼）", "総務課　様\n・01-01\n・01-02\n\n以上\n")


def test_values_are_not_taken_for_markup_or_templates(tmp_path):
    path = written(tmp_path, TEXT)
    evil = "R&D <課> {{ sheets }} {% x %}"
    assert compose(path, {**NAMES, "department": evil}) == (
        f"{evil}へ（依頼）",
        f"{evil}　様\n・01-01\n・01-02\n\n以上\n",
    )


def test_a_line_break_in_a_value_does_not_leave_the_subject_short_of_its_header(tmp_path):
    subject, body = compose(written(tmp_path, "件名：{{ department }}\n\n本文\n"), {"department": "総務課"})
    assert (subject, body) == ("総務課", "本文\n")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("本文だけ\n", 1, "件名"),
        ("件名:\n\n本文\n", 1, "件名"),
        ("\n\n題名: x\n", 3, "件名"),
        ("件名: x\n\n{{ departmant }}\n", 3, "「departmant」という項目はありません"),
        ("件名: x\n\na\n{% for s in sheets %}\n{{ s.idd }}\n{% endfor %}\n", 5, "「idd」という項目はありません"),
        ("件名: x\n\n{% if department %}\n本文\n", 4, "書き方に誤り"),
        ("件名: x\n\n{% endfor %}\n", 3, "書き方に誤り"),
        ("件名: x\n\na\nb\n{{ department / 0 }}\n", 5, "文面を作れません"),
        ("件名: x\n\n{{ ''.__class__.__mro__ }}\n", 3, ""),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path, text, line, words):
    path = written(tmp_path, text)
    with pytest.raises(DxreportError, match=rf"{re.escape(str(path))} の {line} 行目: .*{words}") as caught:
        compose(path, NAMES)
    assert caught.value.exit_code == 3 and caught.value.fix


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(DxreportError, match=r"メール_依頼\.txt がありません"):
        compose(tmp_path / "メール_依頼.txt", NAMES)
    (tmp_path / "x.txt").write_bytes(b"\x81\xff\xff\x00")
    with pytest.raises(DxreportError, match="文字コード"):
        compose(tmp_path / "x.txt", NAMES)
