"""What a report marks with a ※: texts that count as reported, though they contradict others of the same measure."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.fields import QUARTER_LABELS
from ..domain.model import ActivityQuarter, Measure, MeasureIndex, Round, Settings
from ..domain.values import is_blank, plan_is_none
from ..master.records import Master
from ..rules import Case
from ..rules.flags import flags_agree
from . import states
from .records import Contradiction


def of_activity(quarter: ActivityQuarter) -> tuple[str, ...]:
    """Say that a 進捗 was reported where nothing was planned."""
    if is_blank(quarter.progress) or not plan_is_none(quarter.plan):
        return ()
    plan = f"「{quarter.plan.strip()}」" if quarter.plan.strip() else "空欄"
    return (f"作業予定は{plan}ですが、進捗は「{quarter.progress.strip()}」と報告されています。",)


def contradictions(master: Master, quarter: int) -> tuple[Contradiction, ...]:
    """Return the contradictions that ``check`` finds in 関連施策有無, 予算化有無 and 依頼有無, for a quarter."""
    settings = master.settings
    return tuple(
        Contradiction(states.measure_name(settings, m), settings.catalogue.field[key].label, note)
        for m in states.running(master, quarter)
        for key, note in _of_flags(settings, m, quarter)
    )


def of_measure(settings: Settings, measure: Measure, quarter: int, flag: str) -> tuple[str, ...]:
    """Say how a flag, given by its key, contradicts the texts below it, if it does."""
    return tuple(note for key, note in _of_flags(settings, measure, quarter) if key == flag)


def _of_flags(settings: Settings, measure: Measure, quarter: int) -> Iterator[tuple[str, str]]:
    case = Case(measure, None, MeasureIndex(), Round(QUARTER_LABELS[quarter], quarter), settings)
    for found in flags_agree(case):
        yield found.refs[0].field, found.kind.message.format_map(found.params)
