"""The coordinator's part of the report: missing sheets, and open points of data quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ..domain import problems
from ..domain.errors import UsageError
from ..domain.fields import Ref
from ..domain.model import Measure, Round
from ..domain.problems import Problem, ProblemKind, problem, shown
from ..master.records import Direction, Master
from ..master.schema import DIRECTION, DIRECTION_FIELD, tables_of
from ..rules import Case, item_name, judge, problems_of
from ..status.round_status import State, status
from . import states
from .achievement import is_comparable, is_opposed
from .declared import Asked, Inputs
from .records import Coordination, Missing, Point


def coordination(master: Master, quarter: int, today: date, asked: Asked) -> Coordination:
    """Return the sheets of the quarter's round that are not in the master, in 建制順, and the open points.

    A blank is not an open point if the form of the measure has no input for it, according to ``asked``. Raise
    UsageError if 設定 has no round of the quarter.
    """
    round_ = master.settings.of_quarter(quarter)
    if round_ is None:
        raise UsageError(f"第{quarter}四半期の回は、設定にありません。", "「設定」の回の表に加えてください。")
    sheets = status(master, round_, today).sheets
    names = {m.id: states.measure_name(master.settings, m) for m in master.measures}
    merged = (State.MERGED, State.NOTHING)
    return Coordination(
        issued=sum(s.issue is not None for s in sheets),
        missing=tuple(Missing(names[s.measure], s.state.value) for s in sheets if s.state not in merged),
        points=tuple(
            Point(names[m.id], p.code, f"「{p.sheet}」シート {p.cell}" if p.cell else "", p.label, p.message, p.fix)
            for m in states.running(master, quarter)
            for p in measure_problems(master, m, round_, asked.get(m.id))
        ),
    )


def measure_problems(master: Master, measure: Measure, round_: Round, inputs: Inputs | None = None) -> list[Problem]:
    """Return the findings for a measure in a round, and the reasons why its 成果目標 cannot be judged.

    ``inputs`` is what its forms have input cells for, None if that is unknown.
    """
    ended = master.standings[measure.id].note
    case = Case(measure, None, master.by_id, round_, master.settings, master.renamed, inputs, ended)

    def locate(ref: Ref) -> tuple[str, str]:
        return master.place(measure.id, ref) or ("", "")

    return [*problems_of(judge(case), locate, master.settings, case.values), *_directions(master, measure)]


def _directions(master: Master, measure: Measure) -> Iterator[Problem]:
    """Yield one problem for each reason why 方向 cannot judge 成果目標, in years that have begun."""
    missing: dict[str, list[Ref]] = {}
    opposed: dict[tuple[str, str], list[Ref]] = {}
    for o in measure.outcomes:
        direction, text = master.direction(measure.id, o.key), master.directions.get((measure.id, o.key), "")
        targets = [year.target for year in o.years[: master.settings.plan_year]]
        if direction is Direction.UNKNOWN and any(map(is_comparable, targets)):
            missing.setdefault(text, []).append(Ref(DIRECTION_FIELD, o.key))
        for target in dict.fromkeys(t.strip() for t in targets if is_opposed(t, direction)):
            opposed.setdefault((target, direction.value), []).append(Ref(DIRECTION_FIELD, o.key))
    for text, refs in missing.items():
        blank = "方向が空欄の" if master.place(measure.id, refs[0]) else f"「{DIRECTION}」の列がない"
        reason = f"方向「{shown(text)}」は使えないことばの" if text else blank
        yield _at_directions(master, measure, problems.DIRECTION_MISSING, refs, {"reason": reason, "value": text})
    for (target, text), refs in opposed.items():
        yield _at_directions(
            master, measure, problems.DIRECTION_OPPOSED, refs, {"target": shown(target), "value": text}
        )


def _at_directions(
    master: Master, measure: Measure, kind: ProblemKind, refs: list[Ref], params: Mapping[str, str]
) -> Problem:
    """Return a problem at the cells of 方向."""
    places = [place for ref in refs if (place := master.place(measure.id, ref))]
    names = (item_name(ref, measure.values(), master.settings.catalogue) for ref in refs)
    return problem(
        kind,
        params,
        sheet=places[0].sheet if places else tables_of(master.settings).lists["outcome"].name,
        cell="、".join(place.cell for place in places),
        field=str(refs[0]),
        label=f"{'、'.join(names)} {DIRECTION}",
        value=params["value"],
        fields=tuple(map(str, refs)),
    )
