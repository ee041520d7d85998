"""What this round did not open stands as it was issued."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Access
from ..domain.model import Ref
from ..domain.values import is_blank
from .case import Case, Finding, finding
from .progress import QUARTER_ANSWERS

_REPORTED = (*QUARTER_ANSWERS, "outcome.actual")


def unchanged(case: Case) -> Iterator[Finding]:
    """A changed locked cell is named with both texts.

    What an earlier round reported may be corrected: that is taken, with a warning. An answer of
    a quarter to come has its own rule. Where only blanks and line breaks differ, programs may
    have done it, and nobody is held back.
    """
    for ref, new in case.values.items() if case.issued else ():
        old = case.before.get(ref, "")
        if case.stood(ref) or case.access(ref) is Access.OPEN or _is_label_of_new_item(case, ref):
            continue
        if case.to_come(ref) and ref.field in QUARTER_ANSWERS and not is_blank(new):
            continue
        if _corrects(case, ref, old, new):
            yield finding(problems.REPORTED_CHANGED, ref, old=old, new=new)
        else:
            severity = "warning" if old.split() == new.split() else ""
            yield finding(problems.LOCKED_CHANGED, ref, severity=severity, old=old, new=new)


def takes(case: Case, ref: Ref) -> bool:
    """Whether a change of this cell is one that the master may take: an input, or a correction of an answer."""
    if case.access(ref) is Access.OPEN or _is_label_of_new_item(case, ref):
        return True
    return _corrects(case, ref, case.before.get(ref, ""), case.values.get(ref, ""))


def _corrects(case: Case, ref: Ref, old: str, new: str) -> bool:
    """Whether this changes an answer given before, or takes back one that came too early."""
    reported = ref.field in _REPORTED and not is_blank(old)
    return reported and (not case.to_come(ref) or is_blank(new))


def _is_label_of_new_item(case: Case, ref: Ref) -> bool:
    return ref.field == "activity.plan_label" and ref not in case.before
