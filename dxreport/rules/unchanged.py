"""Locked cells: those that the round does not open stay as issued."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Access, Ref, When
from ..domain.values import is_blank
from .case import Case, Finding, finding


def unchanged(case: Case) -> Iterator[Finding]:
    """Report locked cells that are not as issued.

    The correction of an answer from an earlier round is accepted with a warning. Answers for a coming quarter are left
    to ``progress.quarter_to_come``. A difference in white space only is a warning too, since programs cause it.
    """
    for ref, new in case.values.items() if case.issued else ():
        old = case.before.get(ref, "")
        if old == new or case.access(ref) is Access.OPEN or _is_label_of_new_item(case, ref):
            continue
        if case.to_come(ref) and case.field(ref).when is When.THIS_QUARTER and not is_blank(new):
            continue
        if _corrects(case, ref, old, new):
            yield finding(problems.REPORTED_CHANGED, ref, old=old, new=new)
        else:
            severity = "warning" if old.split() == new.split() else ""
            yield finding(problems.LOCKED_CHANGED, ref, severity=severity, old=old, new=new)


def takes(case: Case, ref: Ref) -> bool:
    """Return True if the master may take a change of this cell: an input, or a correction of an earlier answer."""
    if case.access(ref) is Access.OPEN or _is_label_of_new_item(case, ref):
        return True
    return _corrects(case, ref, case.before.get(ref, ""), case.values.get(ref, ""))


def _corrects(case: Case, ref: Ref, old: str, new: str) -> bool:
    """Return True if this corrects an earlier answer, or removes one given for a coming quarter or year."""
    reported = case.field(ref).when in (When.THIS_QUARTER, When.THIS_YEAR) and not is_blank(old)
    return reported and (not case.to_come(ref) or is_blank(new))


def _is_label_of_new_item(case: Case, ref: Ref) -> bool:
    return ref.field == "activity.plan_label" and ref not in case.before
