"""Final reports: the figures as approved, kept in the workspace, and the changes since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..domain.errors import MasterError
from ..domain.fields import QUARTER_LABELS, Period, Ref, label
from ..domain.visible import one_line
from ..issue.store import parse_texts, plain_texts
from ..master import records
from ..master.records import FinalReport, Master
from ..master.schema import FINALS, STATE, STATE_FROM
from ..master.write import MasterEdit
from ..rules import item_name
from ..workspace.paths import Workspace
from . import states
from .activity_records import MeasureName, Overview, Progress, Tally
from .declared import reported
from .records import Figures, Recount, Since, TextChange

# Fields whose changes are reported, by heading, in this order; changes of contacts are not.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "作業予定": ("activity.plan",),
    "取組内容": ("activity.name",),
    "進捗・対応策": ("activity.progress", "activity.countermeasure", "no_report"),
    "到達目標": ("goal",),
    "目標": ("outcome.indicator", "outcome.target"),
    "実績": ("outcome.actual",),
    "次年度予算化予定": ("budgeted", "procurement"),
    "CIO補佐への支援依頼": ("support_flag", "support.period", "support.content"),
    "施策": ("name", "lead_department", "state"),
}
_KIND_OF = {field: kind for kind, names in _KINDS.items() for field in names}


@dataclass(frozen=True, slots=True)
class Final:
    """A final report as stored.

    ``counts`` are activities by the label of their category, ``figures`` as ``as_json`` returns them, ``texts`` by
    measure and ``str(Ref)``; ``states`` and ``starts`` are 状態 and the quarter it holds from, by measure.
    """

    id: str
    quarter: int
    quarter_label: str
    when: str
    counts: Mapping[str, int]
    texts: Mapping[str, Mapping[str, str]]
    states: Mapping[str, str]
    figures: Mapping[str, Any]
    starts: Mapping[str, int] = field(default_factory=dict)


def next_id(workspace: Workspace, master: Master) -> str:
    """Return the id of the next final report: F0001, F0002 …

    No number is used twice, even if its row was deleted: its files may have been handed out.
    """
    ids = [f.id for f in master.finals] + [path.stem for path in workspace.finals.glob("F*.json")]
    return records.next_id("F", ids)


def final_data(master: Master, figures: Figures) -> bytes:
    """Return a final report as UTF-8 JSON: all its figures, and every text behind them."""
    kept = {
        "id": figures.final_id,
        "quarter": figures.quarter,
        "quarter_label": figures.quarter_label,
        "when": figures.made,
        "counts": _counts(figures.overview, figures.overview.whole),
        "figures": as_json(figures),
        "texts": plain_texts({m.id: m.values() for m in master.measures}),
        "states": {id_: standing.state.value for id_, standing in master.standings.items()},
        "starts": {id_: standing.from_quarter for id_, standing in master.standings.items()},
    }
    return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def final_from(data: bytes) -> Final:
    """Read a stored final report."""
    kept = json.loads(data)
    return Final(**{f.name: kept[f.name] for f in fields(Final) if f.name in kept})


def frozen(workspace: Workspace, master: Master, figures: Figures) -> tuple[bytes, Path, bytes]:
    """Return the master with a new row in 確定報告, and the path and content of the file to keep; write nothing.

    Raise MasterError if the master has no sheet 確定報告.
    """
    if FINALS.name not in master.tables:
        raise MasterError(
            f"マスターに「{FINALS.name}」シートがないため、確定できません。",
            f"「{FINALS.name}」シートを加え、1行目に {'、'.join(FINALS.headers)} と見出しを書いてください。",
        )
    data = final_data(master, figures)
    edit = MasterEdit(master)
    edit.add(FinalReport(figures.final_id, figures.quarter_label, figures.made, sha256(data).hexdigest()))
    return edit.data(), workspace.finals / f"{figures.final_id}.json", data


def last_final(workspace: Workspace, master: Master, quarter: int, *, before: str = "") -> Final | None:
    """Return the newest final report of this quarter or an earlier one; with ``before``, an id, only of those older.

    Raise MasterError if a kept report is missing or was changed.
    """
    ids = [entry.id for entry in master.finals]
    older = master.finals[: ids.index(before)] if before else master.finals
    kept = (_read(workspace.finals / f"{entry.id}.json", entry) for entry in reversed(older))
    return next((final for final in kept if final.quarter <= quarter), None)


def same(final: Final, figures: Figures) -> bool:
    """Return True if figures equal the frozen ones, apart from number, date and the names in 設定.

    The coordinator's part is compared if both have it. Figures that later releases added are not compared; a final
    report kept without declared fields equals one that shows none.
    """
    then = {"declared": None, **final.figures}
    now = _like(as_json(figures), then)
    both = then.get("coordination") and now.get("coordination")
    for key in ("made", "final_id", "names", *(() if both else ("coordination",))):
        then.pop(key, None)
        now.pop(key, None)
    return bool(then == now)


def _like(now: Any, then: Any) -> Any:
    """Return JSON values without the keys that a kept report does not have."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: _like(value, then[key]) for key, value in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list):
        return [_like(*both) for both in zip(now, then, strict=False)] + now[len(then) :]
    return then if then == f"分野{now}" else now  # earlier releases called an unnamed 分野 ``分野01``


def _read(path: Path, entry: FinalReport) -> Final:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        wrong = "ありません"
    else:
        if sha256(data).hexdigest() == entry.sha256:
            return final_from(data)
        wrong = "確定したときの内容と違います"
    raise MasterError(
        f"確定報告 {entry.id} の控え {path.name} が{wrong}。",
        f"{path} をバックアップから戻してください。この確定を取り消すには、「{FINALS.name}」シートの行を削除します。",
    )


def since(final: Final, master: Master, overview: Overview) -> Since:
    """Compare the counts and texts of a final report with those of today, without answers for later quarters."""
    now = _counts(overview, overview.quarters[final.quarter - 1])
    done = "・".join(c.label for c in overview.categories if c.standing is Progress.DONE)
    on_track = {c.label for c in overview.categories if done and c.standing is Progress.ON_TRACK}
    recounts = tuple(
        # Elsewhere, 予定通り includes what is done.
        Recount(f"{name}（{done}を除く）" if name in on_track else name, final.counts.get(name, 0), now.get(name, 0))
        for name in dict.fromkeys((*now, *final.counts))
        if final.counts.get(name) or now.get(name)
    )
    kinds = list(dict.fromkeys((*_KINDS, *(field.label for field in reported(master.settings.catalogue)))))
    changes = sorted(_changes(final, master), key=lambda change: kinds.index(change.kind))
    return Since(final.id, final.quarter_label, final.when, recounts, tuple(changes))


def _counts(overview: Overview, tally: Tally) -> dict[str, int]:
    """Return the activities of a tally by the label of their category."""
    return dict(zip((c.label for c in overview.categories), tally.activities, strict=True))


def _changes(final: Final, master: Master) -> Iterator[TextChange]:
    kept = parse_texts(final.texts)
    known = {ref.field for texts in kept.values() for ref in texts}
    # A field that the final report did not have is new, not changed.
    declared = {f.key: f for f in reported(master.settings.catalogue) if f.key in known}
    kind_of = {**_KIND_OF, **{f.key: f.label for f in declared.values()}}
    quarterly = {f.key for f in declared.values() if f.period is Period.QUARTERS}
    for m in master.measures:
        name, new, old = states.measure_name(master.settings, m), m.values(), kept.pop(m.id, None)
        if old is None:
            yield TextChange(name, "施策", "施策の追加", "", name.name)
            continue
        state, start = master.standings[m.id].state.value, master.standings[m.id].from_quarter
        if state != final.states.get(m.id, state):
            yield TextChange(name, "施策", STATE, final.states[m.id], state)
        if start != (before := final.starts.get(m.id, start)):
            yield TextChange(name, "施策", STATE_FROM, QUARTER_LABELS.get(before, ""), QUARTER_LABELS.get(start, ""))
        both = new | {ref: text for ref, text in old.items() if ref not in new}
        for ref in both:
            kind, was, now = kind_of.get(ref.field), old.get(ref, "").strip(), new.get(ref, "").strip()
            to_come = (kind == "進捗・対応策" or ref.field in quarterly) and ref.period > final.quarter
            if kind and was != now and not to_come:
                yield TextChange(
                    name, kind, label(ref, master.settings, item_name(ref, both, master.settings.catalogue)), was, now
                )
    for id_, texts in kept.items():
        area = states.area_name(master.settings, id_)
        gone = MeasureName(id_, one_line(texts[Ref("name")]), texts[Ref("lead_department")], area)
        yield TextChange(gone, "施策", "施策の削除", gone.name, "")


def as_json(value: Any) -> Any:
    """Turn records into JSON values: attributes by name, enums by value, decimals as texts."""
    if is_dataclass(value):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value
