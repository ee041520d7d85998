"""Masters to report on: the real 第1四半期 as it ended, and a third quarter made up on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, Settings
from dxreport.domain.values import plan_is_none
from dxreport.lifecycle import sample
from dxreport.lifecycle.sample.departments import AREAS, DEPARTMENTS
from dxreport.lifecycle.sample.directions import DIRECTIONS
from dxreport.master.build import master_bytes
from dxreport.master.read import master_from
from dxreport.master.records import Master, MeasureState, Standing
from dxreport.report.figures import figures
from dxreport.report.finals import Final, final_data, final_from

SETTINGS: Settings = replace(sample.settings(), areas=AREAS)
ON_TRACK, LATE = "予定通り", "進捗遅延・課題あり"
Edits = Mapping[str, Mapping[str, str]]  # by 施策ID: texts by str(Ref)

PROGRESS: Edits = {
    "01-02": {"activity.progress/K1/3": "", "no_report/3": "○"},
    "01-07": {
        "activity.progress/K2/2": LATE, "activity.countermeasure/K2/2": "協賛企業を選び直す。",
        "activity.progress/K2/3": LATE,
    },
    "01-09": {
        "activity.progress/K1/3": LATE, "activity.countermeasure/K1/3": "既読率の低い地区を訪問する。",
        "activity.progress/K3/2": LATE, "activity.countermeasure/K3/2": "研修会の日程を組み直す。",
    },
    "01-13": {"activity.progress/K1/3": ""},
    "02-05": {"activity.progress/K1/3": "完了"},
    "03-03": {
        "activity.progress/K2/2": "",
        "activity.progress/K2/3": LATE, "activity.countermeasure/K2/3": "=システムの増設を次年度に要求する。",
    },
}  # fmt: skip

ACTUALS: Edits = {
    "01-01": {"outcome.actual/O1/1": "29,000千円", "outcome.actual/O2/1": "1,300件"},
    "01-03": {"outcome.actual/O2/1": "15,000千円"},
    "01-07": {"outcome.actual/O2/1": "未確定"},
    "01-08": {"outcome.actual/O1/1": "1", "outcome.actual/O2/1": "200"},
    "01-09": {"outcome.actual/O3/1": "４箇所"},
    "01-11": {"outcome.actual/O3/1": "600回/1/0"},
    "01-12": {"outcome.actual/O1/1": "遅延なく実施できた"},
    "01-13": {"outcome.actual/O1/1": "小　８．０％\n中　１３．０％"},
    "01-14": {"outcome.actual/O1/1": "105分"},
    "02-02": {"outcome.actual/O1/1": "６１％"},
    "02-03": {"outcome.actual/O1/1": "整備完了"},
    "03-01": {"outcome.actual/O1/1": "59.99%"},
    "03-04": {"outcome.actual/O2/1": "約900"},
}


def edited(measures: list[Measure], edits: Edits) -> list[Measure]:
    """Return the measures with these texts."""
    return [Measure(m.values() | {Ref.parse(ref): text for ref, text in edits.get(m.id, {}).items()}) for m in measures]


def real() -> list[Measure]:
    """Return the 26 measures at the end of 第1四半期, without what 03-04 reported of future quarters."""
    to_come = {f"activity.progress/K1/{q}": "" for q in (2, 3, 4)}
    return edited(sample.load(with_answers=True), {"03-04": to_come})


def first_quarter(edits: Edits | None = None, settings: Settings = SETTINGS) -> Master:
    """Return the master at the end of the real 第1四半期."""
    return built(edited(real(), edits or {}), settings)


def third_quarter() -> Master:
    """Return a made-up 第3四半期: all went as planned except PROGRESS; 01-06 was completed before it."""
    went_well = {
        m.id: {
            f"activity.progress/{a.key}/{q}": ON_TRACK
            for a in m.activities
            for q in (2, 3)
            if not plan_is_none(a.quarters[q - 1].plan)
        }
        for m in real()
    }
    measures = edited(edited(edited(real(), went_well), PROGRESS), ACTUALS)
    return built(measures, standings={"01-06": Standing(MeasureState.COMPLETED, 3)})


def built(
    measures: list[Measure], settings: Settings = SETTINGS, standings: Mapping[str, Standing] | None = None
) -> Master:
    """Return the master of these measures, written to a workbook and read again."""
    return master_from(master_bytes(settings, DEPARTMENTS, measures, standings, directions=DIRECTIONS))


def in_memory(measures: list[Measure], settings: Settings = SETTINGS) -> Master:
    """Return a master that never was a workbook, so nothing in it has a cell."""
    standings = {m.id: Standing() for m in measures}
    return Master(settings, DEPARTMENTS, tuple(measures), standings, directions=DIRECTIONS)


def kept(master: Master, quarter: int = 1) -> Final:
    """Return a final report on this master, as it is kept."""
    found = figures(master, quarter, datetime(2022, 7, 19, 9))
    return final_from(final_data(master, replace(found, final_id="F0001")))
