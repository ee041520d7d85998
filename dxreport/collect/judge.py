"""The rules as replay calls them: the texts that count for a returned sheet → its problems."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from ..domain import problems
from ..domain.fields import Access, Catalogue, Ref, When, access
from ..domain.model import Measure, Round, Settings
from ..domain.problems import Problem
from ..master.records import Master, Standing
from ..rules import Case, Finding, finding, judge, problems_of, takes
from .events import Sheet
from .reading import SheetReading
from .state import Judged

_REMEMBERED = 256  # sheets; queries about those of a measure follow one another


class Judge:
    """Runs the rules on sheets, under the settings they were read with, and caches the outcomes.

    ``terms`` returns settings by their digest. ``known`` holds earlier outcomes by digest, ``fresh`` those added since.
    Other measures and departments are not part of the digest: rules that look at them only warn.
    """

    def __init__(self, terms: Callable[[str], Settings], master: Master, known: Mapping[str, Judged]) -> None:
        self._terms, self._renamed = terms, master.renamed
        self._measures = master.by_id
        self._master, self._running = master, dict[str, frozenset[str]]()
        self._known = dict(known)
        self._opened: dict[tuple[object, ...], frozenset[Ref]] = {}
        self.fresh: dict[str, Judged] = {}

    def judge(self, sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref]) -> Judged:
        """Judge a sheet as if it said ``texts``; cells of ``others`` are not its fault."""
        key = _digest(sheet, texts, others, self._terms(sheet.terms).catalogue)
        if key not in self._known:
            self._known[key] = self.fresh[key] = self._judge(sheet, texts, others)
        return self._known[key]

    def opens(self, sheet: Sheet) -> frozenset[Ref]:
        """Return the cells whose changes count."""
        key = (*sheet.key, sheet.issued.get(Ref("id"), ""), sheet.terms, frozenset(sheet.texts))
        if key not in self._opened:
            if len(self._opened) >= _REMEMBERED:
                self._opened.clear()
            case = self._case(sheet, {**sheet.issued, **sheet.texts})
            fields = case.settings.catalogue.field
            self._opened[key] = frozenset(ref for ref in sheet.texts if ref.field in fields and takes(case, ref))
        return self._opened[key]

    def accepts(self, sheet: Sheet) -> frozenset[Ref]:
        """Return all cells except those no round ever opens (施策ID, 施策名, 主管部署): those are the coordinator's."""
        fields = self._terms(sheet.terms).catalogue.field
        known = (r for r in sheet.texts if r.field in fields)
        return frozenset(r for r in known if fields[r.field].group or fields[r.field].default)

    def shares(self, sheet: Sheet, round_: str) -> frozenset[Ref]:
        """Return the cells that another round opens too, such as 実績 in every quarter."""
        settings = self._terms(sheet.terms)
        other = settings.round(round_) or Round(round_)
        return frozenset(r for r in sheet.texts if access(r.field, r.period, other, settings) is Access.OPEN)

    def _case(self, sheet: Sheet, texts: Mapping[Ref, str]) -> Case:
        settings = self._terms(sheet.terms)
        round_ = settings.round(sheet.round) or Round(sheet.round)
        id_ = sheet.issued.get(Ref("id"), "")
        unread = {Ref.parse(field) for p in sheet.read.problems if p.severity == "error" for field in p.fields}
        standing = self._master.standings.get(id_, Standing())
        return Case(
            Measure(texts, settings.catalogue), Measure(sheet.issued, settings.catalogue), self._measures, round_, settings,
            self._renamed, sheet.inputs, standing.note, not standing.ended or id_ in self._counted(round_), unread,
        )  # fmt: skip

    def _counted(self, round_: Round) -> frozenset[str]:
        """Return the measures that a round counts."""
        if round_.name not in self._running:
            now = self._master.settings.round(round_.name) or round_
            self._running[round_.name] = frozenset(m.id for m in self._master.running(now))
        return self._running[round_.name]

    def _judge(self, sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref]) -> Judged:
        read = sheet.read
        case = self._case(sheet, texts)
        # A sheet is not blamed for a missing 対応策 if its 進捗 came from elsewhere.
        due = {ref._replace(field="activity.countermeasure") for ref in others if ref.field == "activity.progress"}
        known = {ref for p in read.problems if p.severity == "error" for ref in p.fields} | {
            str(ref) for ref in (*others, *due)
        }
        raw = judge(case)
        # A text without a cell on the sheet cannot be missing: a list that is drawn twice may end at different items.
        unseen = {r for f in raw if f.kind.code in problems.LACKING for r in f.refs if r.item and r not in read.cells}
        # Nor is a sheet blamed for items that another one added in rows that are blank here.
        added = {(ref.prefix, ref.item) for ref in others if ref.item and ref not in read.texts}
        unseen |= {r for f in raw for r in f.refs if (r.prefix, r.item) in added}
        findings = [f for found in raw if (f := _without(found, known | set(map(str, unseen))))]

        def placed(found: Iterable[Finding]) -> list[Problem]:
            return problems_of(found, lambda ref: (read.sheet, read.cells.get(ref, "")), case.settings, case.values)

        found = placed(findings)
        told = (*read.problems, *found)
        errors = [p for p in told if p.severity == "error"]
        own = tuple(p for p in errors if p.code not in problems.LACKING)
        meant = _meant(own, read, case)
        return Judged(
            tuple(placed([_wrong_round(own, read, meant, case)])) if meant else own,
            tuple(p for p in errors if p.code in problems.LACKING),
            tuple(p for p in told if p.severity != "error" and not (meant and p.code == problems.EARLIER_ROUND.code)),
            meant,
        )


def _without(found: Finding, known: Collection[str]) -> Finding | None:
    """Return a finding without the cells in ``known``, None if no cell is left.

    Cells are removed from errors only: a warning is about all its cells together, and stays whole or goes.
    """
    refs = tuple(ref for ref in found.refs if str(ref) not in known)
    return (replace(found, refs=refs) if found.severity == "error" else found) if refs else None


def _meant(own: Collection[Problem], read: SheetReading, case: Case) -> str:
    """Return the round that a sheet was filled in for, if every error is an answer of another round than its own."""
    rounds = {r.quarter: r.name for r in case.settings.rounds if r.quarter}
    named = [_round_of(Ref.parse(field), rounds, case) for p in own for field in p.fields or ("",)] if own else []
    told = {problems.LOCKED_CHANGED.code, problems.QUARTER_TO_COME.code}
    if not named or any(p.code not in told or not p.fields for p in own):
        return ""
    others = [name for name in named if name and name != read.round and name in read.rounds]
    return max(others, key=list(rounds.values()).index) if len(others) == len(named) else ""


def _round_of(ref: Ref, rounds: Mapping[int, str], case: Case) -> str:
    return rounds.get(ref.period, "") if case.field(ref).when is When.THIS_QUARTER else ""


def _wrong_round(own: tuple[Problem, ...], read: SheetReading, meant: str, case: Case) -> Finding:
    """Return one finding (E207) that covers all answers of another round, in form order."""
    told = {Ref.parse(field) for p in own for field in p.fields}
    refs = (ref for ref in case.values if ref in told)
    return finding(problems.WRONG_ROUND, *refs, severity="error", round=read.round, meant=meant)


def _digest(sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref], catalogue: Catalogue) -> str:
    """Return the digest of all that an outcome depends on.

    It includes the problems of the file, which may change when that is read again. A field goes by its first former
    name, so that outcomes are still found after it was renamed.
    """

    def named(ref: Ref) -> str:
        field = catalogue.field.get(ref.field)
        return str(ref._replace(field=field.former[0])) if field and field.former else str(ref)

    issued, measure = sheet.issued, sheet.issued.get(Ref("id"), "")
    changed = sorted((named(ref), text) for ref, text in texts.items() if issued.get(ref) != text)
    parts = (sheet.return_id, sheet.issue, measure, sheet.terms, changed, sorted(map(named, others)),
             sheet.read.problems, sheet.read.rounds)  # fmt: skip
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
