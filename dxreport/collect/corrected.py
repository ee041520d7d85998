"""Corrected copies: the department's own workbook with the bad cells of its held sheets marked.

A return in a format other than .xlsx or .xlsm, or without some rows or columns of its form, goes back as the issued
workbook with the department's answers filled in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from ..domain import problems
from ..domain.days import printed
from ..domain.errors import DxreportError, PackageError
from ..domain.fields import Access, Ref, access
from ..domain.problems import Problem
from ..issue.store import Archive, workbook_path
from ..master.records import Master
from ..ooxml.correction import removed_in, return_line
from ..ooxml.package import Package
from ..ooxml.worksheets import Worksheets
from ..sendback.corrected_copy import corrected_copy
from ..sendback.fill import fill, positions
from ..sendback.mark import Mark
from ..workers import ALONE, Choice
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from .copies import FOLDER
from .originals import without_number
from .plan import FilePlan, Plan, SheetPlan, Status

_ADDRESS = re.compile("[A-Z]{1,3}[0-9]+")


def corrected_copies(
    workspace: Workspace, master: Master, plan: Plan, workers: Choice = ALONE
) -> list[tuple[str, str, bytes]]:
    """Return the number, file name and corrected copy of each return with held sheets; ``workers`` mark them.

    If a return has another format, lacks rows or columns of its form, or cannot be marked, its answers are filled into
    the issued workbook; it has no copy if that is impossible too.
    """
    waiting: dict[str, tuple[FilePlan, list[SheetPlan]]] = {}
    for planned in plan.files:
        held = [s for s in planned.sheets if s.status in (Status.HELD, Status.REFUSED) and not _is_ours_to_move(s)]
        unread = any(p.severity == "error" for p in planned.problems)
        if held and not unread:
            waiting.setdefault(planned.return_id, (planned, held))
    whole = {id_: _refilled(workspace, master, *waiting[id_]) for id_ in waiting if _is_cut(waiting[id_][1])}
    orders = {
        id_: MarkOrder(planned.package.data, _marks(planned.sheets, held), _header(master, planned, held))
        for id_, (planned, held) in waiting.items()
        if planned.package and not whole.get(id_)
    }
    found = dict(zip(orders, workers.of(len(orders)).map(marked, orders.values()), strict=True))
    out: list[tuple[str, str, bytes]] = []
    for id_, (planned, held) in waiting.items():
        made = whole.get(id_) or found.get(id_)
        if not isinstance(made, bytes):
            made = _refilled(workspace, master, planned, held)
        if made is not None:
            name = without_number(PurePath(planned.file.file_name).stem).removesuffix(f"_{FOLDER}")
            out.append((id_, file_name(f"{name}_{FOLDER}") + ".xlsx", made))
    return out


class MarkOrder(NamedTuple):
    """A workbook to be marked; ``header`` are the lines above the list of marks."""

    data: bytes
    marks: list[Mark]
    header: list[str]


def marked(order: MarkOrder) -> bytes | None:
    """Return a workbook with its marks; None if it cannot be marked (Strict Open XML, shared, an odd file)."""
    try:
        return corrected_copy(Package(order.data, outside=True), order.marks, order.header)
    except PackageError:
        return None
    except DxreportError:
        raise
    except Exception:  # an odd file must not keep others from going back; the mail says what is wrong all the same
        return None


def _is_cut(held: Sequence[SheetPlan]) -> bool:
    """Return True if rows or columns of the form are gone from a sheet, and one issued workbook has all held ones."""
    cut = any(p.code == problems.REMOVED.code for s in held for p in s.problems)
    return cut and all(s.texts for s in held) and len({s.issue for s in held}) == 1


def _is_ours_to_move(sheet: SheetPlan) -> bool:
    """Return True if a sheet is of another year: it does not go back, but is collected in that year's workspace."""
    return any(p.code == problems.WRONG_YEAR.code for p in sheet.problems)


def removed_from(copy: bytes) -> tuple[str, ...]:
    """Return what was removed from a department's workbook for its corrected copy, in the words of the copy."""
    try:
        sheets = Worksheets(Package(copy))
        first = sheets.grid(sheets.names[0])
    except PackageError:  # damaged by an edit since; it goes out as it is
        return ()
    return removed_in(cell.text for (_, column), cell in first.cells.items() if column == 1)


def _header(master: Master, planned: FilePlan, held: Sequence[SheetPlan], *, restored: bool = False) -> list[str]:
    sheets = planned.sheets
    first = held[0]
    round_ = master.settings.round(first.round)
    issue = master.issue(first.issue)
    day = issue.due(round_) if issue and round_ else ""
    limit = f"提出期限 {printed(day)}" if day else ""
    meant = "、".join(dict.fromkeys(s.meant for s in held if s.meant))
    missing = "".join(p.message for p in planned.problems if p.code == problems.SHEET_MISSING.code)
    whole = "削除されていた行や列は、配付したときの形に戻してあります。" if restored else ""
    what = "施策" if len({s.sheet for s in sheets}) < len(sheets) else "シート"
    again = (
        f"{meant}の報告は、このファイルではなく、{meant}に配付したファイルに記入して返送してください。"
        if all(s.meant for s in held)
        else f"{whole}直したら、このファイルをそのまま返送してください。下の表にない{what}は受け付けています。{missing}{limit}"
    )
    return [
        f"{master.settings.fiscal_year.label} {first.round}　{first.department}　差し戻し",
        again,
        return_line(planned.return_id),
    ]


def _marks(sheets: Sequence[SheetPlan], held: Sequence[SheetPlan]) -> list[Mark]:
    """Return a mark for each error of the held sheets; on a sheet with several measures, it names the measure."""
    count = Counter(s.sheet for s in sheets)
    return [
        _mark(p, s.sheet, _cells(p, s), s.measure if count[s.sheet] > 1 else "")
        for s in held
        for p in s.problems
        if p.severity == "error"
    ]


def _cells(p: Problem, s: SheetPlan) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(cell for ref in p.fields if (cell := s.cells.get(Ref.parse(ref)))))
    return found or tuple(cell for cell in p.cell.split("、") if _ADDRESS.fullmatch(cell))


def _mark(p: Problem, sheet: str, cells: tuple[str, ...], measure: str) -> Mark:
    return Mark(sheet, cells, " ".join(filter(None, (measure, p.label))), p.value, p.message, p.fix)


def _refilled(workspace: Workspace, master: Master, planned: FilePlan, held: Sequence[SheetPlan]) -> bytes | None:
    """Fill the department's answers into the issued workbook and mark the bad cells; return None if that is impossible.

    Only the first issue with a held, readable sheet is covered.
    """
    try:
        return _refill(workspace, master, planned, held)
    except DxreportError:
        raise
    except Exception:  # an odd file, as in marked
        return None


def _refill(workspace: Workspace, master: Master, planned: FilePlan, held: Sequence[SheetPlan]) -> bytes | None:
    first = next((s for s in held if s.status is Status.HELD and s.texts), None)
    if first is None or any(s.issue == first.issue and not s.texts for s in held):  # its answers would be missing
        return None
    sheets = [s for s in planned.sheets if s.texts and s.issue == first.issue]
    held = [s for s in sheets if s.status is Status.HELD]
    path = workbook_path(workspace, first.issue)
    archive = Archive(workspace, master.settings.catalogue)
    issue, snapshot = master.issue(first.issue), archive.snapshot(first.issue)
    form = archive.form(snapshot) if issue and snapshot else None
    round_ = master.settings.round(first.round)
    if form is None or snapshot is None or round_ is None or not path.is_file():
        return None
    year = master.settings.plan_year
    when = {"quarter": round_.quarter, "year": year}
    data = path.read_bytes()
    placed = positions(data, form, **when)
    answers = {s.measure: _answers(s, snapshot.texts[s.measure], placed[s.measure].cells) for s in sheets}
    filled = fill(data, form, answers, **when)
    marks = []
    for s in held:
        shown = placed[s.measure].cells
        for p in s.problems:
            if p.severity == "error":
                refs = [ref for ref in map(Ref.parse, p.fields) if ref in shown]
                if p.code == problems.REMOVED.code:  # of what was restored, only inputs need attention
                    refs = [
                        r for r in refs if access(r.field, r.period, round_, master.settings) is Access.OPEN
                    ] or refs
                cells = tuple(dict.fromkeys(shown[ref] for ref in refs))
                marks.append(_mark(p, placed[s.measure].sheet, cells, s.measure if form.layout.is_list else ""))
    return corrected_copy(Package(filled), marks, _header(master, planned, held, restored=_is_cut(held)))


def _answers(s: SheetPlan, issued: Mapping[Ref, str], shown: Collection[Ref]) -> dict[Ref, str]:
    """Return the texts of a sheet that differ from those issued, except changes in locked cells."""
    locked = {ref for p in s.problems if p.code == problems.LOCKED_CHANGED.code for ref in map(Ref.parse, p.fields)}
    return {ref: t for ref, t in s.texts.items() if t != issued.get(ref, "") and ref in shown and ref not in locked}
