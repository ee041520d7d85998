"""The issues kept in the workspace: the base of every later merge.

Each issued workbook is kept with a JSON file of its texts as issued, each form template under its hash. They cannot
be reconstructed from the present master or from a returned file.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import MasterError
from ..domain.fields import BUILT_IN, Catalogue, Ref
from ..domain.model import Measure
from ..master.records import Issue
from ..ooxml.package import Package
from ..workspace.paths import Workspace
from ..workspace.secret import secret_of

if TYPE_CHECKING:
    from ..form.records import Form

_NUMBER = re.compile("R-?[0-9]{1,3}[A-Z][0-9]?-[0-9]{3,6}")  # the number of an issue
_DIGEST = re.compile("[0-9a-f]{12}")  # the digest of a form
_JSON = json.JSONEncoder(ensure_ascii=False)
_HEAD = ("issue", "round", "department", "fiscal_year", "form")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One issue as sent: ``texts`` holds every text, by measure ID and Ref.

    ``inputs`` holds, by measure ID, the (field, period) pairs that its sheet has input cells for; it is empty for
    issues older than this record. ``catalogue`` is the one it was issued with, by which its sheets are read. ``seal``
    names the secret of its stamps, "" for none; ``keys`` holds the :func:`keys_digest` of its sheets by the measure in
    their stamps, nothing for issues older than this record.
    """

    issue: str
    round: str
    department: str
    fiscal_year: str
    form: str
    texts: Mapping[str, Mapping[Ref, str]]
    inputs: Mapping[str, frozenset[tuple[str, int]]] = field(default_factory=dict)
    catalogue: Catalogue = BUILT_IN
    seal: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    def measure(self, id_: str) -> Measure:
        """Return a measure as issued. Raise KeyError if it was not issued."""
        return Measure(self.texts[id_], self.catalogue)

    def data(self) -> bytes:
        """Return the snapshot as JSON, on one line: Python indents ten times slower than it writes."""
        given: dict[str, Any] = {name: getattr(self, name) for name in _HEAD}
        given["measures"] = plain_texts(self.texts)
        given["inputs"] = {id_: _plain_inputs(shown) for id_, shown in self.inputs.items()}
        if (own := self.catalogue.stored) or self.catalogue.years != BUILT_IN.years:
            given |= {"fields": own, "plan_years": self.catalogue.years}
        if self.seal:
            given |= {"seal": self.seal, "keys": self.keys}
        return _JSON.encode(given).encode("utf-8")

    @classmethod
    def parse(cls, data: bytes, today: Catalogue = BUILT_IN) -> Snapshot:
        """Parse the output of :meth:`data`, with fields renamed to their keys in the catalogue ``today``.

        Raise ValueError, KeyError, TypeError or AttributeError on anything else.
        """
        given = json.loads(data)
        inputs = {id_: _parsed_inputs(shown, today) for id_, shown in given.get("inputs", {}).items()}
        catalogue = today.rekeyed(Catalogue.parse(given.get("fields", ()), given.get("plan_years", BUILT_IN.years)))
        head = {name: given[name] for name in _HEAD}
        texts = parse_texts(given["measures"], today)
        seal, keys = given.get("seal", ""), given.get("keys", {})
        return cls(**head, texts=texts, inputs=inputs, catalogue=catalogue, seal=seal, keys=keys)


def plain_texts(texts: Mapping[str, Mapping[Ref, str]]) -> dict[str, dict[str, str]]:
    """Return texts by measure ID and Ref as JSON holds them, by str(Ref)."""
    return {id_: {str(ref): text for ref, text in refs.items()} for id_, refs in texts.items()}


@lru_cache(maxsize=256)
def _plain_inputs(shown: frozenset[tuple[str, int]]) -> str:
    return " ".join(f"{key}/{n}" for key, n in sorted(shown))


@lru_cache(maxsize=256)  # most measures share their input cells with others
def _parsed_inputs(plain: str, today: Catalogue) -> frozenset[tuple[str, int]]:
    parts = (text.rpartition("/") for text in plain.split())
    return frozenset((today.address(key), int(n)) for key, _, n in parts)


def parse_texts(given: Mapping[str, Mapping[str, str]], today: Catalogue = BUILT_IN) -> dict[str, dict[Ref, str]]:
    """Invert :func:`plain_texts`, with fields renamed to their keys in ``today``.

    Raise ValueError or AttributeError on anything else.
    """
    return {id_: {today.ref(ref): text for ref, text in refs.items()} for id_, refs in given.items()}


class Archive:
    """The kept issues and forms of a workspace, each read once, with fields renamed to their keys in ``today``."""

    def __init__(self, workspace: Workspace, today: Catalogue = BUILT_IN) -> None:
        self._workspace, self.today = workspace, today
        self._packed: Mapping[str, bytes] | None = None
        self._snapshots: dict[str, Snapshot | None] = {}
        self._forms: dict[tuple[str, Catalogue], Form | None] = {}
        self._sheets: dict[str, frozenset[str]] = {}
        self.secret = secret_of(workspace)

    def __getstate__(self) -> dict[str, Any]:
        """Return the issues and forms as bytes, for a process that may not share a disk with this one."""
        paths = [
            path for folder in (self._workspace.issued, self._workspace.forms) for path in sorted(folder.glob("*.*"))
        ]
        packed = self._packed or {path.name: zlib.compress(path.read_bytes()) for path in paths}
        return {"workspace": self._workspace, "today": self.today, "packed": packed, "secret": self.secret}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__init__(state["workspace"], state["today"])  # type: ignore[misc]
        self._packed, self.secret = state["packed"], state["secret"]

    def _kept(self, path: Path) -> bytes | None:
        if self._packed is None:
            return path.read_bytes() if path.is_file() else None
        return zlib.decompress(self._packed[path.name]) if path.name in self._packed else None

    def snapshot(self, issue: str) -> Snapshot | None:
        """Return the snapshot of an issue, None if it is not kept. Raise MasterError if it is damaged.

        ``issue`` may come from a returned file, so it is looked up only if it has the shape of our numbers.
        """
        if issue not in self._snapshots:
            path = snapshot_path(self._workspace, issue)
            data = self._kept(path) if _NUMBER.fullmatch(issue) else None
            try:
                self._snapshots[issue] = Snapshot.parse(data, self.today) if data is not None else None
            except (ValueError, KeyError, TypeError, AttributeError):
                raise MasterError(f"発行の控え {path} が壊れています。", "バックアップから戻してください。") from None
        return self._snapshots[issue]

    def form(self, snapshot: Snapshot) -> Form | None:
        """Return the form that an issue was recorded with, compiled with its catalogue; None if it is not kept."""
        key = snapshot.form, snapshot.catalogue
        if key not in self._forms:
            from ..form.compile import compile_form

            data, name = self._template(snapshot.form), f"{snapshot.form}.xlsx"
            found = compile_form(data, name, snapshot.catalogue, issued=True) if data is not None else None
            self._forms[key] = found
        return self._forms[key]

    def form_of(self, issue: Issue) -> Form | None:
        """Return the form of an issue, None if it is not kept."""
        snapshot = self.snapshot(issue.id)
        return self.form(snapshot) if snapshot else None

    def template_sheets(self, digest: str) -> frozenset[str]:
        """Return the names of all sheets of the template with this hash, no names if it is not kept."""
        from ..ooxml.table import sheet_parts

        if digest not in self._sheets:
            data = self._template(digest)
            self._sheets[digest] = frozenset(sheet_parts(Package(data))) if data is not None else frozenset()
        return self._sheets[digest]

    def workbook(self, issue: str) -> bytes:
        """Return the workbook of an issue as sent, ``b""`` if it is not kept."""
        return (self._kept(workbook_path(self._workspace, issue)) or b"") if _NUMBER.fullmatch(issue) else b""

    def _template(self, digest: str) -> bytes | None:
        """Return the template with this hash, None if it is not kept."""
        return self._kept(form_path(self._workspace, digest)) if _DIGEST.fullmatch(digest) else None


def snapshot_path(workspace: Workspace, issue: str) -> Path:
    """Return the path of the snapshot of an issue."""
    return workspace.issued / f"{issue}.json"


def workbook_path(workspace: Workspace, issue: str) -> Path:
    """Return the path of the workbook of an issue."""
    return workspace.issued / f"{issue}.xlsx"


def form_path(workspace: Workspace, digest: str) -> Path:
    """Return the path of a kept form template."""
    return workspace.forms / f"{digest}.xlsx"
