"""The issues kept in the workspace: the base of every later merge.

Each issued workbook is kept with a JSON file of its texts as issued, each form template under its hash. Neither
the master's present state nor a returned file replaces them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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

_NUMBER = re.compile("R-?[0-9]{1,3}[A-Z][0-9]?-[0-9]{3,6}")  # of an issue
_DIGEST = re.compile("[0-9a-f]{12}")  # of a form
_HEAD = ("issue", "round", "department", "fiscal_year", "form")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One issue as sent: ``texts`` holds every text, by measure ID and Ref.

    ``seal`` names the secret of its stamps, "" for none.

    ``inputs`` holds, by measure ID, the fields that its sheet has input cells for, as (field, period); none for an
    issue of before they were recorded. ``catalogue`` is that of the issue: its sheets are read by it.
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

    def measure(self, id_: str) -> Measure:
        """Return a measure as issued; raise KeyError if it was not issued."""
        return Measure(self.texts[id_], self.catalogue)

    def data(self) -> bytes:
        """Return the snapshot as JSON."""
        given: dict[str, Any] = {name: getattr(self, name) for name in _HEAD}
        given["measures"] = plain_texts(self.texts)
        given["inputs"] = {
            id_: " ".join(f"{key}/{n}" for key, n in sorted(shown)) for id_, shown in self.inputs.items()
        }
        if (own := self.catalogue.plain()) or self.catalogue.years != BUILT_IN.years:
            given |= {"fields": own, "plan_years": self.catalogue.years}
        if self.seal:
            given["seal"] = self.seal
        return json.dumps(given, ensure_ascii=False, indent=1).encode("utf-8")

    @classmethod
    def parse(cls, data: bytes, today: Catalogue = BUILT_IN) -> Snapshot:
        """Invert :meth:`data`, with fields under their keys of ``today``; raise ValueError or KeyError on anything else."""
        given = json.loads(data)
        shown = {
            id_: (text.rpartition("/") for text in texts.split()) for id_, texts in given.get("inputs", {}).items()
        }
        inputs = {id_: frozenset((today.address(key), int(n)) for key, _, n in parts) for id_, parts in shown.items()}
        catalogue = today.brought(Catalogue.parse(given.get("fields", ()), given.get("plan_years", BUILT_IN.years)))
        head = {name: given[name] for name in _HEAD}
        texts = parse_texts(given["measures"], today)
        return cls(**head, texts=texts, inputs=inputs, catalogue=catalogue, seal=given.get("seal", ""))


def plain_texts(texts: Mapping[str, Mapping[Ref, str]]) -> dict[str, dict[str, str]]:
    """Return texts by measure ID and Ref as JSON holds them, by str(Ref)."""
    return {id_: {str(ref): text for ref, text in refs.items()} for id_, refs in texts.items()}


def parse_texts(given: Mapping[str, Mapping[str, str]], today: Catalogue = BUILT_IN) -> dict[str, dict[Ref, str]]:
    """Invert :func:`plain_texts`, with fields under their keys of ``today``; raise ValueError or AttributeError."""
    return {id_: {today.ref(ref): text for ref, text in refs.items()} for id_, refs in given.items()}


class Archive:
    """The kept issues and forms of a workspace, with fields under their keys of ``today``; each is read once."""

    def __init__(self, workspace: Workspace, today: Catalogue = BUILT_IN) -> None:
        self._workspace, self.today = workspace, today
        self._snapshots: dict[str, Snapshot | None] = {}
        self._forms: dict[tuple[str, Catalogue], Form | None] = {}
        self.secret = secret_of(workspace)

    def snapshot(self, issue: str) -> Snapshot | None:
        """Return the snapshot of an issue, or None if it is not kept; raise MasterError if it is damaged.

        ``issue`` may be what a returned file says: whatever has not the shape of our numbers is not looked for.
        """
        if issue not in self._snapshots:
            path = snapshot_path(self._workspace, issue) if _NUMBER.fullmatch(issue) else None
            try:
                found = path is not None and path.is_file()
                self._snapshots[issue] = Snapshot.parse(path.read_bytes(), self.today) if path and found else None
            except (ValueError, KeyError, TypeError, AttributeError):
                raise MasterError(f"発行の控え {path} が壊れています。", "バックアップから戻してください。") from None
        return self._snapshots[issue]

    def form(self, snapshot: Snapshot) -> Form | None:
        """Return the form of an issue as we recorded it, compiled with the fields of then, or None if it is not kept."""
        key = snapshot.form, snapshot.catalogue
        if key not in self._forms:
            from ..form.compile import load_form

            path = self._form_path(snapshot.form)
            self._forms[key] = load_form(path, snapshot.catalogue, issued=True) if path else None
        return self._forms[key]

    def form_of(self, issue: Issue) -> Form | None:
        """Return the form of an issue, or None if it is not kept."""
        snapshot = self.snapshot(issue.id)
        return self.form(snapshot) if snapshot else None

    def template_sheets(self, digest: str) -> frozenset[str]:
        """Return the names of all sheets of the template with this hash; none if it is not kept."""
        from ..ooxml.table import sheet_parts

        path = self._form_path(digest)
        return frozenset(sheet_parts(Package(path.read_bytes()))) if path else frozenset()

    def workbook(self, issue: str) -> bytes:
        """Return the workbook of an issue as sent, or ``b""`` if it is not kept."""
        path = workbook_path(self._workspace, issue) if _NUMBER.fullmatch(issue) else None
        return path.read_bytes() if path and path.is_file() else b""

    def _form_path(self, digest: str) -> Path | None:
        """Where the template with this hash is kept; None where it is not."""
        path = form_path(self._workspace, digest) if _DIGEST.fullmatch(digest) else None
        return path if path and path.is_file() else None


def snapshot_path(workspace: Workspace, issue: str) -> Path:
    """Return the path of an issue's snapshot."""
    return workspace.issued / f"{issue}.json"


def workbook_path(workspace: Workspace, issue: str) -> Path:
    """Return the path of an issue's workbook."""
    return workspace.issued / f"{issue}.xlsx"


def form_path(workspace: Workspace, digest: str) -> Path:
    """Return the path of a kept form template."""
    return workspace.forms / f"{digest}.xlsx"
