"""作業予定 and 目標: a round for plans asks for them wherever there is a name."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import QUARTERS, Access, Ref
from ..domain.values import is_blank
from .case import Case, Finding, finding


def missing_plan(case: Case) -> Iterator[Finding]:
    """Report an activity with a name but no 作業予定; a dash counts as one, since it says that nothing is planned."""
    for activity in case.measure.activities if _asks(case) else ():
        refs = [Ref("activity.plan", activity.key, n) for n in QUARTERS]
        if not is_blank(activity.name) and all(map(case.left_blank, refs)):
            yield from _blank(case, refs[0], problems.PLAN_MISSING)


def missing_target(case: Case) -> Iterator[Finding]:
    """Report an outcome with a 評価項目 but no 目標 for this fiscal year."""
    year = case.settings.plan_year
    for outcome in case.measure.outcomes if _asks(case) else ():
        indicator, target = (Ref(f"outcome.{name}", outcome.key, year) for name in ("indicator", "target"))
        if not is_blank(case.values.get(indicator, "")) and case.left_blank(target):
            yield from _blank(case, target, problems.TARGET_MISSING)


def _asks(case: Case) -> bool:
    """Return True for the return of a round outside the quarters, such as the one for plans."""
    return case.issued is not None and not case.round.quarter


def _blank(case: Case, ref: Ref, kind: problems.ProblemKind) -> Iterator[Finding]:
    """Report a blank cell that the department could fill in; those that the round requires are left to required.py."""
    if case.has_input(ref) and case.access(ref) is Access.OPEN and case.field(ref).group not in case.round.requires:
        yield finding(kind, ref)
