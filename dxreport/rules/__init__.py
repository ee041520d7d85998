"""The rules: a filled sheet → findings. A new rule is a function, and a line in ``RULES``."""

from __future__ import annotations

from collections.abc import Iterable

from . import declared, flags, outcomes, plans, progress, relations, required, texts, unchanged, verdict
from .case import Case, Finding, Rule, finding
from .unchanged import takes
from .verdict import item_name, problems_of

RULES: tuple[Rule, ...] = (
    progress.vocabulary,
    progress.missing_progress,
    progress.quarter_to_come,
    progress.missing_countermeasure,
    progress.no_report,
    progress.ended,
    progress.not_counted,
    outcomes.actual_to_come,
    outcomes.missing_actual,
    outcomes.actual_of_nothing,
    outcomes.comparable,
    plans.missing_plan,
    plans.missing_target,
    required.required,
    declared.kinds,
    declared.required,
    flags.flags,
    flags.flags_agree,
    relations.relations,
    texts.address,
    texts.department_names,
    texts.length,
    unchanged.unchanged,
)


def judge(case: Case, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """Return what the rules find in a returned sheet or in a measure of the master; see ``verdict.judge``."""
    return verdict.judge(case, rules)


__all__ = ["RULES", "Case", "Finding", "Rule", "finding", "item_name", "judge", "problems_of", "takes"]
