"""What a report marks with a ※: texts that count as reported, though they contradict others of the same measure."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.fields import QUARTER_LABELS
from ..domain.model import ActivityQuarter, MeasureIndex, Round
from ..domain.values import is_blank, plan_is_none
from ..master.records import Master
from ..rules import Case
from ..rules.flags import flags_agree
from . import states
from .activity_records import Progress
from .records import Contradiction


def of_activity(quarter: ActivityQuarter, standing: Progress) -> tuple[str, ...]:
    """Say that a 進捗 is not a word of 設定, or was reported where nothing was planned."""
    if standing is Progress.UNKNOWN:
        return (f"進捗は、設定にない語の「{quarter.progress.strip()}」です。",)
    if is_blank(quarter.progress) or not plan_is_none(quarter.plan):
        return ()
    plan = f"「{quarter.plan.strip()}」" if quarter.plan.strip() else "空欄"
    return (f"作業予定は{plan}ですが、進捗は「{quarter.progress.strip()}」と報告されています。",)


def contradictions(master: Master, quarter: int) -> tuple[Contradiction, ...]:
    """Return the contradictions that ``check`` finds in 関連施策有無, 予算化有無 and 依頼有無, for a quarter."""
    settings, round_ = master.settings, Round(QUARTER_LABELS[quarter], quarter)
    return tuple(
        Contradiction(
            states.measure_name(settings, m), settings.catalogue.field[found.refs[0].field].label,
            found.kind.message.format_map(found.params),
        )
        for m in states.running(master, quarter)
        for found in flags_agree(Case(m, None, MeasureIndex(), round_, settings))
    )  # fmt: skip


def notes(found: Iterable[Contradiction], label: str) -> dict[str, tuple[str, ...]]:
    """Return the notes on a flag, given by its label, by measure."""
    out: dict[str, tuple[str, ...]] = {}
    for c in found:
        if c.label == label:
            out[c.measure.id] = (*out.get(c.measure.id, ()), c.note)
    return out
