"""Workspaces in which one command is about to run, for tests that make it die or fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dxreport.lifecycle.rollover import rollover
from dxreport.report import produce
from tests.support import quarter as play
from tests.support.quarter import OFFICE, Quarter
from tests.support.sending import mail, zipped

NOW = "2022-07-20T10:00:00"
P1, CP = "activity.progress/K1/1", "contact_person"
HELD = {"01-04": {P1: "ほぼ予定通り"}}  # not a word of 設定, so the sheet is held


@dataclass(frozen=True)
class Scene:
    """A workspace that ``prepare`` makes in a folder, and the words of the command to run in it."""

    name: str
    prepare: Callable[[Path], None]
    words: Callable[[Path], list[str]]

    def args(self, root: Path) -> list[str]:
        return [*self.words(root), *(() if self.name == "init" else ("-C", str(root)))]


def _nothing(root: Path) -> None:
    root.mkdir(parents=True)


def _new(root: Path) -> None:
    play.create(root, datetime(2022, 7, 1).date(), sample=True)


def _issued(root: Path) -> None:
    play.make(root)


def _returned(root: Path) -> None:
    """Prepare all kinds of returns: answers, a held sheet, an empty file, a mail, a zip, a file that is no workbook."""
    quarter = play.make(root)
    quarter.put(quarter.filled(HELD), "1.xlsx")
    quarter.put(b"", "2.xlsx")
    quarter.put(mail([("総務.xlsx", quarter.filled({}, "総務課"))]), "3.eml")
    quarter.put(zipped([("a.xlsx", quarter.filled({}, "職員課")), ("b.txt", b"memo")]), "4.zip")
    quarter.put(b"no workbook", "5.xlsx")


def _collected(root: Path) -> None:
    """Prepare a held sheet and a conflict."""
    quarter = play.make(root)
    quarter.write("01-01", {CP: "手書き"})
    quarter.collect(quarter.filled({"01-01": {CP: "課の記入"}, **HELD}))
    quarter.collect(quarter.filled({}, "総務課"))


def _approved(root: Path) -> None:
    """Prepare a final report and a change since."""
    quarter = play.make(root)
    quarter.collect(quarter.filled({}, "総務課"))
    made = produce.produce(quarter.workspace, quarter.master, 1, play.RETURNED, formats=(), final=True)
    produce.write(quarter.workspace, quarter.master, made, root / "reports", play.RETURNED)
    quarter.collect(quarter.filled({}))


def _rolled(root: Path) -> None:
    """Open the next year, then change both years."""
    quarter = play.make(root)
    rollover(quarter.workspace, root / "次", play.RETURNED)
    quarter.write("01-01", {CP: "新任", "name": "新しい名前"})
    Quarter(root / "次").write("01-01", {CP: "手書き"})


def _words(*words: str) -> Callable[[Path], list[str]]:
    return lambda root: list(words)


SCENES = {
    scene.name: scene
    for scene in (
        Scene("init", _nothing, lambda root: ["init", str(root), "--sample"]),
        Scene("render", _new, _words("render", "--quarter", "1")),
        Scene("render-again", _issued, lambda root: ["render", "--quarter", "1", "--out", str(root / "配付")]),
        Scene("collect", _returned, lambda root: ["collect", str(root.parent / "受信")]),
        Scene("resolve", _collected, _words("resolve", "C0001", "--take", "returned")),
        Scene("accept", _collected, _words("resolve", "U0001/01-04", "--accept", "--reason", "電話で確認")),
        Scene("dismiss", _collected, _words("dismiss", "U0001", "--reason", "重複")),
        Scene("withdraw", _collected, _words("withdraw", "U0001")),
        Scene(
            "report", _approved, _words("report", "--quarter", "1", "--final", "--format", "xlsx", "--format", "html")
        ),
        Scene("report-draft", _approved, _words("report", "--quarter", "1", "--format", "xlsx", "--format", "html")),
        Scene("publish", _new, _words("publish")),
        Scene("mail", _collected, _words("mail", "remind")),
        Scene("status", _collected, lambda root: ["status", "--out", str(root / "reports" / "提出状況.html")]),
        Scene("rollover", _issued, lambda root: ["rollover", "--out", str(root / "次")]),
        Scene("rollover-again", _rolled, lambda root: ["rollover", "--out", str(root / "次")]),
    )
}
assert OFFICE
