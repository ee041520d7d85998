"""The report as PDF, from the figures and the template ``報告書.typ`` (Typst), in a Japanese font."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from inspect import getmembers, isdatadescriptor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import DxreportError
from ..domain.fields import QUARTER_LABELS
from ..domain.names import Names
from ..workspace.bundled import is_shipped
from . import words
from .activity_records import ActivityLine, MeasureLine, MeasureName, Overview, QuarterStandings, Tally
from .field_records import FieldCounts, FieldFigures, FieldSum, FieldSums, WordTally
from .finals import as_json
from .outcome_records import Amount, Attainment, OutcomeResult, PartResult, Results, YearResult
from .records import Coordination, Figures

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from typst import Fonts

TEMPLATE = "報告書.typ"
FONTS = (
    "BIZ UDGothic", "BIZ UDPGothic", "Yu Gothic", "Meiryo", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP",
    "IPAexGothic", "IPAGothic", "MS Gothic",
)  # fmt: skip
FONT_PACKAGE = "noto_cjk_sans_jp_regular"  # a wheel of Noto Sans CJK JP
# Typst breaks no line within a run of Latin letters, digits and signs, or of marks that may not begin a line; the
# narrowest column holds 8 digits.
_MARK, _LONG = "\u200b", 8
_WHOLE = frozenset({  # unmarked
    "standing", "title", "author", "quarter", "terms", "verdict", "past", "stamp", "share", "id", "late_ids",
})  # fmt: skip
_NOT_FIRST = "、。，．・：；！？‥…ー"
_BREAKING = " \t\n\u3000\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uff02-\uff60\uff66-\uff9d\U00020000-\U0003ffff"
_UNBROKEN = re.compile(f"[^{_BREAKING}{_NOT_FIRST}]{{{_LONG},}}|[{_NOT_FIRST}]{{{_LONG},}}")


# What the shipped template shows of the longest lists.
_TALLY = (
    "name", "label", "code", "measure_total", "activities", "due", "on_plan", "apart", "late", "late_ids", "late_is_counted",
)  # fmt: skip
_LISTED = ("id", "number", "indicator", "year", "target", "actual", "said")
_OUTCOMES = {
    "missed": (*_LISTED, "path"),
    "reported": _LISTED,
    "drawn": ("id", "indicator", "path"),
    "written": ("id", "measure", "department", "number", "indicator", "target", "without", "said", "others"),
}
_COORDINATION = ("sentence", "missing", "grouped", "groups", "single")


def pdf(figures: Figures, template: Path, found: tuple[Fonts, tuple[str, ...]] | None = None) -> bytes:
    """Return the report as a tagged PDF, in the fonts ``found`` (default: those of ``find_fonts``).

    The same figures and fonts give the same bytes; Typst takes about 4 MiB of memory for a page. Raise DxreportError if
    no Japanese font is found, or for an error in the template.
    """
    import typst

    fonts, names = found or find_fonts()
    made = datetime.fromisoformat(figures.made)
    shown = _data(figures) if is_shipped(template) else _data(figures) | _for_copied_templates(figures)
    data = _given(shown) | {"fonts": list(names), "date": [made.year, made.month, made.day]}
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    try:
        compiler = typst.Compiler(template.read_bytes(), font_paths=fonts, sys_inputs=inputs)
        document = compiler.compile(format="pdf", timestamp=made.replace(tzinfo=UTC))
        assert isinstance(document, bytes)
        return document
    except RuntimeError as error:
        raise DxreportError(
            f"{template} から PDF を作れません（{error}）。", f"{template.name} を元に戻すか、直してください。"
        ) from None


def find_fonts() -> tuple[Fonts, tuple[str, ...]]:
    """Return the system's fonts if one is Japanese, else those of the wheel FONT_PACKAGE, and names of Japanese ones.

    Raise DxreportError if neither has a Japanese font. Typst opens every font, which takes most of its time.
    """
    import typst

    spec = find_spec(FONT_PACKAGE)
    wheel = [str(folder) for folder in spec.submodule_search_locations or ()] if spec else []
    for folders in ([], wheel):
        fonts = typst.Fonts(include_embedded_fonts=False, font_paths=folders)
        there = set(fonts.families())
        if names := tuple(name for name in FONTS if name in there):
            return fonts, names
    raise DxreportError(
        "日本語のフォントがないため、PDF を作れません。",
        f"{FONTS[0]} などのフォントを入れるか、pip install {FONT_PACKAGE.replace('_', '-')} を実行してください。"
        "Excel と HTML の報告書は、--format xlsx --format html で作れます。",
    )


def _data(figures: Figures) -> dict[str, Any]:
    """Return the figures by the names of the template; :func:`_given` turns records into JSON values."""
    overview, since, extra, names = figures.overview, figures.since, figures.coordination, figures.names
    return {
        "title": figures.title,
        "heading": names.report_title,
        "owner": words.owner(names),
        "author": names.sender,
        "sender": figures.sender,
        "maker": words.maker(names),
        "terms": {"measure": names.measure, "activity": names.activity, "adviser": names.adviser},
        "kind": words.kind(figures),
        "stamp": words.stamp(figures),
        "period": f"{figures.fiscal_year}　{figures.quarter_label}{figures.months}",
        "quarter_label": figures.quarter_label,
        "quarter": f"{figures.fiscal_year} {figures.quarter_label}",
        "headline": words.headline(figures),
        "cards": words.cards(figures),
        "remarks": words.remarks(overview, names),
        "categories": overview.categories,
        "on_track": words.on_track(overview),
        "trend": [_quarter(q) for q in figures.trend],
        "areas_heading": words.areas_heading(figures),
        "areas": [_only(_area(figures, t), _TALLY) for t in overview.areas],
        "departments": [_only(_tally(overview, t), _TALLY) for t in overview.departments],
        "next_label": QUARTER_LABELS.get(figures.quarter + 1, ""),
        "late": [_activity(x, figures) for x in figures.late],
        "late_before": [_activity(x, figures) for x in figures.late_before],
        "doubts": words.doubts(figures),
        "budget_doubts": words.budget_doubts(figures),
        "support_doubts": words.support_doubts(figures),
        "budgets": figures.budgets,
        "results": _lean(_results(figures.results)),
        "support": [_named(s) | {"period": p.label, "months": p.months} for p in figures.support for s in p.requests],
        "declared": figures.declared
        and {
            "counts": [_counts(c, names) for c in figures.declared.counts],
            "sums": [_sums(s, names) for s in figures.declared.sums],
            "lists": [_field(t, names) for t in figures.declared.lists],
        },
        "since": since
        and {
            "sentence": words.since(since),
            "quarter": since.quarter,
            "recounts": [_named(r) | {"difference": words.signed(r.difference)} for r in since.recounts],
            "changes": since.edited,
        },
        "coordination": extra and _only(_coordination(extra, names), _COORDINATION),
    }


def _only(record: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    return {key: record[key] for key in keys if key in record}


def _lean(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results with what the shipped template shows of an outcome in each list: Typst keeps all it is given."""
    lean = {name: [_only(o, keys) for o in results[name]] for name, keys in _OUTCOMES.items()}
    for outcome in lean["drawn"]:
        outcome["path"] = [{"target": year["target"]} for year in outcome["path"]]
    return {**results, **lean}


def _named(record: DataclassInstance) -> dict[str, Any]:
    """Return the attributes and properties of a record by name; in a line about a measure, those of the measure, too."""
    found = {name: getattr(record, name) for name in _names(type(record))}
    return found | (_measure(record.measure) if isinstance(record, MeasureLine) else {})


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(name for name, _ in getmembers(kind, isdatadescriptor) if not name.startswith("_"))


def _measure(name: MeasureName) -> dict[str, Any]:
    return {"id": name.id, "measure": name.name, "department": name.department}


def _given(data: Any) -> Any:
    """Return data as JSON values, with a zero-width space on either side of every long run in a text.

    The template removes them, and breaks the runs that are wider than their column.
    """
    if isinstance(data, str):
        return _UNBROKEN.sub(rf"{_MARK}\g<0>{_MARK}", data.replace(_MARK, ""))
    if isinstance(data, list | tuple):
        return list(map(_given, data))
    fields = _named(data) if is_dataclass(data) and not isinstance(data, type) else data
    if isinstance(fields, dict):
        return {key: as_json(item) if key in _WHOLE else _given(item) for key, item in fields.items()}
    return as_json(data)


def _for_copied_templates(figures: Figures) -> dict[str, Any]:
    """Return what only templates copied from this release or earlier ones may show, records with all their attributes."""
    overview, results, extra = figures.overview, figures.results, figures.coordination
    return {
        "sentence": "".join(words.headline(figures)),
        "whole": _tally(overview, overview.whole),
        "quarters": [_tally(overview, t) for t in overview.quarters],
        "turn": words.turn(overview, figures.names) or None,
        "late_sentence": words.late(figures),
        "results_sentence": words.results(results),
        "this_year": results.years[results.this_year],
        "other_years": [y for n, y in enumerate(results.years) if n != results.this_year],
        "outcomes": [_outcome(o, results.latest(o)) for o in results.outcomes],
        "no_final": words.NO_FINAL,
        "areas": [_area(figures, t) for t in overview.areas],
        "departments": [_tally(overview, t) for t in overview.departments],
        "results": _results(results),
        "coordination": extra and _coordination(extra, figures.names),
    }


def _tally(overview: Overview, tally: Tally) -> dict[str, Any]:
    return {
        **_named(tally),
        **_named(tally.standings),
        "label": tally.title,
        "activity_shares": words.shares(overview, tally.activities),
        "measure_shares": words.shares(overview, tally.measures),
    }


def _area(figures: Figures, area: Tally) -> dict[str, Any]:
    told, counted = words.late_told(figures, area), words.late_is_counted(figures, area)
    # Templates of earlier releases know ``late_ids`` alone.
    return _tally(figures.overview, area) | {"late_ids": told, "late_is_counted": counted}


def _coordination(extra: Coordination, names: Names) -> dict[str, Any]:
    return _named(extra) | {"sentence": words.coordination(extra, names), "grouped": words.point_groups(extra)}


def _quarter(quarter: QuarterStandings) -> dict[str, Any]:
    now = quarter.standings
    share, label = words.share(now.on_plan, now.due), QUARTER_LABELS[quarter.quarter]
    return _named(now) | {"share": share, "year": quarter.year, "label": label}


def _activity(line: ActivityLine, figures: Figures) -> dict[str, Any]:
    progress, since = figures.overview.categories.index(line.category), line.since_when
    # Templates of earlier releases call it ``streak``.
    return _named(line) | {"since": since, "streak": since, "progress": progress}


def _field(field: FieldFigures, names: Names) -> dict[str, Any]:
    return _named(field) | {"sentence": words.field(field, names), "answered": field.answered > 0}


def _counts(counts: FieldCounts, names: Names) -> dict[str, Any]:
    """Return the counts of words, with the same keys as those of 進捗."""

    def tally(line: WordTally) -> dict[str, Any]:
        return {"name": line.name, "activities": line.counts, "activity_total": line.total}

    return _field(counts, names) | {
        "whole": tally(counts.whole),
        "areas": list(map(tally, counts.areas)),
        "departments": list(map(tally, counts.departments)),
    }


def _sums(sums: FieldSums, names: Names) -> dict[str, Any]:
    def shown(line: FieldSum) -> dict[str, Any]:
        return {"name": line.name, "sums": [words.amount(n, sums) for n in line.sums]}

    return _field(sums, names) | {
        "unit": words.unit(sums),
        "whole": shown(sums.whole),
        "areas": list(map(shown, sums.areas)),
        "departments": list(map(shown, sums.departments)),
    }


def _results(results: Results) -> dict[str, Any]:
    """Return the outcomes that missed, the others with a result, and those without one this year, drawn or written."""
    this, to_follow = results.this_year, results.to_follow
    return {
        "sentence": words.results(results),
        "heading": words.results_heading(results),
        "years": results.years,
        "this": this,
        "missed": [_outcome(o, results.latest(o)) for o in results.missed],
        "reported": [_outcome(o, results.latest(o)) for o in results.reported],
        "drawn": [_outcome(o, o.years[this]) for o in to_follow if o.has_path],
        "written": [_outcome(o, o.years[this]) for o in to_follow if not o.has_path or words.is_shortened(o)],
    }


def _outcome(outcome: OutcomeResult, now: YearResult) -> dict[str, Any]:
    """Return an outcome in one of its years, with the others next to it."""
    return _measure(outcome.measure) | {
        "number": outcome.number,
        "indicator": now.indicator,
        "year": now.year,
        "target": now.target,
        "actual": now.actual,
        "said": words.verdict(now),
        "waiting": not now.is_reported,
        "without": now.verdict is Attainment.NO_TARGET,
        "others": [_other(year, now) for year in outcome.years if year is not now],
        "path": [_drawn(year) for year in outcome.years],
    }


def _drawn(year: YearResult) -> dict[str, Any]:
    target, actual = _amount(year.target_amount), _amount(year.actual_amount)
    parts = [_part(year, part) for part in year.parts] if len(year.parts) > 1 else []
    return {"year": year.year, "target": target, "actual": actual, "verdict": year.verdict.value, "parts": parts}


def _part(year: YearResult, part: PartResult) -> dict[str, str]:
    """Return one of several numbers of a result as the caption of a chart shows it."""
    return {
        "actual": f"{part.label} {part.actual:,}{part.unit}".lstrip(),
        "target": f"{part.target:,}{part.unit}{part.bound}",
        "verdict": year.verdict_of(part).value,
    }


def _amount(amount: Amount | None) -> dict[str, Any] | None:
    return {"number": float(amount.number), "text": amount.text} if amount else None


def _other(year: YearResult, now: YearResult) -> str:
    """Return another year as the text of one cell: 評価項目 if it differs, 目標, and 実績 if there is one."""
    lines = [f"［{year.indicator}］"] if year.indicator.strip() and year.indicator != now.indicator else []
    lines.append(year.target)
    if year.actual.strip():
        achievement = f"（{year.achievement}）" if year.achievement else ""
        lines.append(f"実績 {year.actual}{achievement}")
    return "\n".join(line for line in lines if line)
