"""Documents generated from the program; ``python -m tests.support.generated`` rewrites them.

docs/commands.md    what ``--help`` says of every command
docs/指摘一覧.md    every problem of the catalogue
docs/返送ファイルの扱い.md    what departments do to their files, and how that is handled
docs/licences.md    the packages of the locks
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

import click

from dxreport.cli import COMMANDS, program
from dxreport.domain.problems import KINDS, ProblemKind
from tests.support import licences
from tests.support.cases import document as cases

ROOT = Path(__file__).parents[2]
HOW = "<!-- プログラムから作られています。直すときはプログラムを直し、make docs を実行してください。 -->"
SEVERITIES = {
    "E": (
        "誤り",
        "そのシートはマスターに入らず、部署に差し戻します。\n"
        "配付したときからそうだったものは「確認」として示され、シートは保留になりません。",
    ),
    "W": ("確認", "シートはマスターに入ります。気になるものだけ、部署に確かめてください。"),
}
GROUPS = {
    "E1": "記入された内容", "E2": "どの施策のシートか", "E3": "セル", "E4": "ファイル",
    "W1": "記入された内容", "W2": "実績と目標", "W3": "関連施策", "W4": "連絡先、部署名、文の長さ", "W5": "返送されたシートの形",
    "W6": "設定、部署の宛先、成果目標の方向、受付簿と競合",
}  # fmt: skip
WORDS = {
    "areas": "分野の番号", "cells": "セル", "column": "列", "count": "数", "conflict": "競合番号",
    "department": "部署", "issues": "発行番号", "current": "マスターの内容",
    "names": "設定の項目", "tag": "{{ … }}", "groups": "欄",
    "detail": "詳細", "domain": "ドメイン", "expected": "正しいもの", "field": "欄", "file": "ファイル", "flags": "「有」「無」", "form": "様式の番号",
    "found": "シートにあるもの", "governed": "関係する欄", "group": "欄", "id": "相手の施策ID", "issue": "発行番号", "later": "後の回", "length": "字数",
    "meant": "記入された回", "whose": "部署名があれば、部署の",
    "measure": "施策ID", "measures": "施策ID", "new": "返送の内容", "newer": "後の受付番号", "old": "配付時の内容",
    "others": "ほかの返送", "progress": "進捗",
    "quarter": "四半期",
    "row": "受付番号と施策ID",
    "reason": "理由", "return": "受付番号", "round": "回", "sheet": "シート", "sheets": "シート",
    "standing": "第3四半期から中止、など", "target": "目標", "value": "記入された内容", "what": "該当するもの",
    "now": "今の期限", "printed": "印刷した期限", "first": "施策ID", "weekday": "曜日", "options": "--measure 施策ID", "state": "中止、完了",
    "other": "条件の欄", "sender": "差出人の部署とアドレス", "subject": "件名", "where": "場所", "words": "使える語",
    "unit": "単位があれば、その単位で、数字だけ", "how": "と（余分な空白や改行があれば、入れずに）",
    "or_none": "「報告事項なし」の欄があれば、そこに○を記入するという案内",
    "lack": "が記入されていません、または「なし」などでは足りません",
}  # fmt: skip


def commands() -> str:
    """Return the help of every command, in the order of the loop."""
    parent = click.Context(program, info_name="dxreport", terminal_width=100)
    out = [
        "# コマンド",
        HOW,
        "`dxreport --help` と `dxreport コマンド名 --help` が示す説明です。",
        _console(program.get_help(parent)),
    ]
    for name in COMMANDS:
        command = program.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent, terminal_width=100)
        out += [f"## {name}", _console(command.get_help(context))]
    return "\n\n".join(out) + "\n"


def _console(text: str) -> str:
    return "```text\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```"


def problems() -> str:
    """Return the catalogue of problems as tables, by group."""
    out = [
        "# 指摘一覧",
        HOW,
        "`dxreport collect` と `dxreport check` が示す指摘の一覧です。〈 〉には、そのときの内容が入ります。\n"
        "番号で探せます（Ctrl＋F）。同じ指摘が何か所にもあるときは、1 つにまとめて示されます。",
    ]
    for letter, (title, note) in SEVERITIES.items():
        out += [f"## {letter}　{title}", note, *_groups(letter)]
    return "\n\n".join(out) + "\n"


def _groups(letter: str) -> Iterator[str]:
    kinds = sorted((kind for code, kind in KINDS.items() if code[0] == letter), key=lambda kind: kind.code)
    for group, members in groupby(kinds, lambda kind: kind.code[:2]):
        yield f"### {group}　{GROUPS[group]}"
        yield "\n".join(["| 番号 | 指摘 | どうするか |", "|---|---|---|", *map(_row, members)])


def _row(kind: ProblemKind) -> str:
    return f"| {kind.code} | {_told(kind.message)} | {_told(kind.fix)} |"


def _told(text: str) -> str:
    parts = string.Formatter().parse(text)
    return "".join(said + (f"〈{WORDS[name]}〉" if name else "") for said, name, _, _ in parts)


DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "docs/commands.md": commands,
    "docs/指摘一覧.md": problems,
    "docs/返送ファイルの扱い.md": lambda: cases(HOW),
    "docs/licences.md": lambda: licences.document(HOW),
}


def main() -> None:
    """Write all documents."""
    for name, made in DOCUMENTS.items():
        (ROOT / name).write_text(made(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
