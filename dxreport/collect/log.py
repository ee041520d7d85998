"""The log of what happened to the master: one immutable file per command, each naming its parent.

A master carries the name of the commit it was written with; its log is the chain of parents from there. A restored
backup therefore has the log of its day, and commits outside the chain are ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..domain.errors import MasterError
from ..domain.fields import BUILT_IN, Catalogue, Ref
from .events import Accept, Adopt, Again, Decision, Dismiss, Edit, Event, Issued, Withdraw
from .originals import content_key
from .reading import problem_from, problem_json, refs_from, refs_json
from .state import Judged

Texts = dict[str, dict[Ref, str]]
"""Texts by measure."""


@dataclass(frozen=True, slots=True)
class Read:
    """A returned file was read: the name of its reading, its return number, its digest and its file name."""

    reading: str
    return_id: str
    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event and the measures whose state it affects."""

    event: Event | Read
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """What one command did: its events, the texts it changed in the master, and new outcomes of rules by digest.

    In the first commit of a chain, ``first`` holds the texts that the year began with.
    """

    parent: str
    when: str
    command: str
    entries: tuple[LogEntry, ...] = ()
    changes: tuple[tuple[str, Ref, str], ...] = ()
    outcomes: Mapping[str, Judged] = field(default_factory=dict)
    first: Mapping[str, Mapping[Ref, str]] | None = None

    def data(self) -> bytes:
        """Return the commit as JSON."""
        given: dict[str, Any] = {
            "parent": self.parent,
            "when": self.when,
            "command": self.command,
            "entries": [_entry_json(entry) for entry in self.entries],
            "changes": [[measure, str(ref), text] for measure, ref, text in self.changes],
            "outcomes": {key: _judged_json(judged) for key, judged in self.outcomes.items()},
        }
        if self.first is not None:
            given["first"] = {
                id_: refs_json({r: t for r, t in texts.items() if t}) for id_, texts in self.first.items()
            }
        return json.dumps(given, ensure_ascii=False, separators=(",\n", ": ")).encode("utf-8")

    @classmethod
    def parse(cls, data: bytes, today: Catalogue = BUILT_IN) -> Commit:
        """Parse the output of :meth:`data`, with fields renamed to their keys in the catalogue ``today``.

        Raise ValueError, KeyError or TypeError on anything else.
        """
        given = json.loads(data)
        first = given.get("first")
        return cls(
            given["parent"],
            given["when"],
            given["command"],
            tuple(_entry_from(entry, today) for entry in given["entries"]),
            tuple((measure, today.ref(ref), text) for measure, ref, text in given["changes"]),
            {key: _judged_from(judged, today) for key, judged in given["outcomes"].items()},
            None if first is None else {id_: refs_from(texts, today) for id_, texts in first.items()},
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """The commits that led to a master, oldest first, and their names."""

    names: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()

    @property
    def tip(self) -> str:
        """The name of the last commit, "" if the chain is empty."""
        return self.names[-1] if self.names else ""

    @property
    def first(self) -> Mapping[str, Mapping[Ref, str]]:
        """The texts that the year began with."""
        return (self.commits[0].first or {}) if self.commits else {}

    def entries(self) -> Iterator[LogEntry]:
        """Yield all events in order."""
        for commit in self.commits:
            yield from commit.entries

    def outcomes(self) -> dict[str, Judged]:
        """Return all outcomes of rules so far, by digest."""
        return {key: judged for commit in self.commits for key, judged in commit.outcomes.items()}

    def returns(self) -> set[str]:
        """Return the numbers of the returns that were read."""
        return {entry.event.return_id for entry in self.entries() if isinstance(entry.event, Read)}

    def written(self) -> Texts:
        """Return the texts of the master as the last command left them, without blank ones."""
        texts: Texts = {id_: dict(refs) for id_, refs in self.first.items()}
        for commit in self.commits:
            for measure, ref, text in commit.changes:
                texts.setdefault(measure, {})[ref] = text
        return {id_: {ref: text for ref, text in refs.items() if text} for id_, refs in texts.items()}


class Log:
    """The commits in a folder, read with fields renamed to their keys in the catalogue ``today``."""

    def __init__(self, folder: Path, today: Catalogue = BUILT_IN) -> None:
        self.folder, self._today = folder, today
        self._commits: dict[str, Commit] = {}

    def chain(self, tip: str) -> Chain:
        """Return the chain that ends in a commit. Raise MasterError if a part of it is gone or damaged."""
        names: list[str] = []
        commits: list[Commit] = []
        while tip:
            names.append(tip)
            commits.append(self._read(tip))
            tip = commits[-1].parent
        return Chain(tuple(reversed(names)), tuple(reversed(commits)))

    def nearest(self, texts: Mapping[str, Mapping[Ref, str]], returns: Collection[str]) -> Chain:
        """Return the chain whose last texts and returns differ least from these, the newest of equals.

        Without a log, it is empty.
        """
        best, least = Chain(), -1
        for name in self.names():
            chain = self.chain(name)
            written = chain.written()
            differ = sum(
                written.get(id_, {}).get(ref, "") != texts.get(id_, {}).get(ref, "")
                for id_ in {*written, *texts}
                for ref in {*written.get(id_, {}), *texts.get(id_, {})}
            ) + len(chain.returns() ^ set(returns))
            if least < 0 or differ <= least:
                best, least = chain, differ
        return best

    def names(self) -> list[str]:
        """Return the names of all commits, by number."""
        return sorted((path.stem for path in self.folder.glob("*.json")), key=lambda name: (name.find("-"), name))

    def numbers(self, chain: Chain) -> dict[str, str]:
        """Return the numbers of returns in commits outside a chain, by content, so that they are not given again."""
        out: dict[str, str] = {}
        inside = set(chain.names)
        for name in (name for name in self.names() if name not in inside):
            for entry in self._read(name).entries:
                if isinstance(entry.event, Read):
                    out[content_key(entry.event.sha256, entry.event.file)] = entry.event.return_id
        return out

    def path(self, name: str) -> Path:
        """Return the path of a commit."""
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> Commit:
        if name not in self._commits:
            path = self.path(name)
            try:
                data = path.read_bytes()
                if hashlib.sha256(data).hexdigest()[:12] != name.rpartition("-")[2]:
                    raise ValueError(name)
                self._commits[name] = Commit.parse(data, self._today)
            except (OSError, ValueError, KeyError, TypeError):
                raise MasterError(f"記録 {path} がないか、壊れています。", "バックアップから戻してください。") from None
        return self._commits[name]


def commit_name(data: bytes, number: int) -> str:
    """Return the name of a commit: its number in the chain and a digest of its content."""
    return f"{number:04}-{hashlib.sha256(data).hexdigest()[:12]}"


_EVENTS: Mapping[str, type] = {
    "issued": Issued, "read": Read, "again": Again, "edit": Edit, "decision": Decision, "adopt": Adopt,
    "accept": Accept, "withdraw": Withdraw, "dismiss": Dismiss,
}  # fmt: skip
_NAME = {type_: name for name, type_ in _EVENTS.items()}


def _entry_json(entry: LogEntry) -> dict[str, Any]:
    event = entry.event
    given: dict[str, Any] = {"event": _NAME[type(event)], "measures": list(entry.measures)}
    for f in fields(event):
        value = getattr(event, f.name)
        match value:
            case "":
                continue
            case Ref():
                value = str(value)
            case Mapping():
                value = refs_json(value)
        given[f.name] = value
    return given


def _entry_from(given: dict[str, Any], today: Catalogue) -> LogEntry:
    type_, measures = _EVENTS[given.pop("event")], tuple(given.pop("measures"))
    if "ref" in given:
        given["ref"] = today.ref(given["ref"])
    if "texts" in given:
        given["texts"] = refs_from(given["texts"], today)
    blank = {f.name: "" for f in fields(type_) if f.name not in ("ref", "texts")}
    return LogEntry(type_(**{**blank, **given}), measures)


_PROBLEMS = ("own", "lacks", "warnings")


def _judged_json(judged: Judged) -> dict[str, Any]:
    given: dict[str, Any] = {key: [problem_json(p) for p in getattr(judged, key)] for key in _PROBLEMS}
    return {key: value for key, value in (given | {"elsewhere": judged.elsewhere}).items() if value}


def _judged_from(given: Mapping[str, Any], today: Catalogue) -> Judged:
    own, lacks, warnings = (tuple(problem_from(p, today) for p in given.get(key, ())) for key in _PROBLEMS)
    return Judged(own, lacks, warnings, given.get("elsewhere", ""))
