"""The stored readings of returns, and the settings they are judged by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..domain.errors import MasterError
from ..domain.fields import Catalogue
from ..domain.model import FiscalYear, ProgressWord, Round, Settings
from ..issue.store import Archive
from ..workspace.paths import Workspace
from ..workspace.spool import Content, Spool
from .events import Event, Returned, Sheet
from .log import LogEntry, Read
from .reading import Reading, issue_of, parse_reading, reading_data


class ReadingStore:
    """The kept readings and settings of a workspace; ``files`` are those a command will write, kept in ``spool``."""

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self.workspace, self.archive = workspace, Archive(workspace, settings.catalogue)
        self.files: dict[Path, Content] = {}
        self.spool = Spool()
        self._own = _terms_data(settings)
        self.own_terms = hashlib.sha256(self._own).hexdigest()[:16]
        self._terms = {self.own_terms: settings}
        self._readings: dict[str, Reading] = {}

    def terms(self, digest: str) -> Settings:
        """Return the settings with this digest. Raise MasterError if they are gone or damaged."""
        if digest not in self._terms:
            found = _load_terms(self.workspace.terms / f"{digest}.json")
            self._terms[digest] = replace(found, catalogue=self.archive.today.rekeyed(found.catalogue))
        return self._terms[digest]

    def keep_terms(self) -> None:
        """Keep today's settings."""
        self.files[self.workspace.terms / f"{self.own_terms}.json"] = self._own

    def reading(self, name: str) -> Reading:
        """Return a reading by its name in the log. Raise MasterError if it is gone or damaged."""
        if name not in self._readings:
            path = self.workspace.readings / f"{name}.json"
            try:
                data = path.read_bytes()
                if _name(name.partition("-")[0], data) != name:
                    raise ValueError(name)
                self._readings[name] = parse_reading(data, self.archive)
            except (OSError, ValueError, KeyError, TypeError):
                raise MasterError(
                    f"読み取りの控え {path} がないか、壊れています。", "バックアップから戻してください。"
                ) from None
        return self._readings[name]

    def keep(self, reading: Reading) -> Read:
        """Keep a reading and today's settings; return the event for the log."""
        data = reading_data(reading, self.archive)
        name = _name(reading.id, data)
        self._readings[name] = reading
        self.files[self.workspace.readings / f"{name}.json"] = self.spool.keep(data)
        self.keep_terms()
        return Read(name, reading.id, reading.sha256, reading.file)

    def events(self, entry: LogEntry, measure: str) -> Iterator[Event]:
        """Yield the events that an entry of the log means for a measure: a ``Read`` is one ``Returned`` per sheet."""
        if isinstance(entry.event, Read):
            yield from self.returned(self.reading(entry.event.reading), measure)
        else:
            yield entry.event

    def returned(self, reading: Reading, measure: str) -> Iterator[Returned]:
        """Yield the sheets of a reading that are about a measure."""
        for place, sheet in enumerate(reading.sheets):
            if sheet.readable and sheet.measure == measure:
                issue = issue_of(sheet, self.archive)
                texts = sheet.texts
                if reading.whole:  # blank spare rows are answers too; items "+1", "+2" … are additions, offered apart
                    texts = {ref: "" for ref in sheet.cells if not ref.item.startswith("+")} | dict(texts)
                yield Returned(
                    Sheet(
                        reading.id, sheet.issue, sheet.round, reading.rank(place), issue.texts[measure], texts,
                        reading.corrects, reading.whole, reading.terms, sheet, issue.inputs.get(measure),
                    )
                )  # fmt: skip


def _name(return_id: str, data: bytes) -> str:
    """Return the name a reading is kept under: its return number and a digest of its content."""
    return f"{return_id}-{hashlib.sha256(data).hexdigest()[:12]}"


def _terms_data(settings: Settings) -> bytes:
    """Return the settings that rules use, as JSON; deadlines and names of areas are left out."""

    given = {
        "fiscal_year": settings.fiscal_year.western,
        "plan_years": [year.western for year in settings.plan_years],
        "rounds": [[r.name, r.quarter, sorted(r.opens), sorted(r.requires)] for r in settings.rounds],
        "progress_words": [[w.word, w.needs_countermeasure] for w in settings.progress_words],
        "flags": list(settings.flags),
        "mail_domain": settings.mail_domain,
    }
    if own := settings.catalogue.stored:
        given["fields"] = own
    return json.dumps(given, ensure_ascii=False, indent=0).encode("utf-8")


def _load_terms(path: Path) -> Settings:
    try:
        given = json.loads(path.read_bytes())
        rounds = tuple(Round(n, q, "", frozenset(o), frozenset(r)) for n, q, o, r in given["rounds"])
        words = tuple(ProgressWord(*word) for word in given["progress_words"])
        years = tuple(FiscalYear(year) for year in given["plan_years"])
        yes, no = given["flags"]
        return Settings(
            FiscalYear(given["fiscal_year"]), years, rounds, words, (yes, no), given["mail_domain"],
            catalogue=Catalogue.parse(given.get("fields", ()), len(years)),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise MasterError(f"設定の控え {path} がないか、壊れています。", "バックアップから戻してください。") from None
