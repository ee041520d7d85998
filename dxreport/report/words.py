"""Sentences and words shared by the formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from ..domain.names import ACTIVITY, MEASURE, Names, joined
from ..domain.problems import listed
from ..domain.values import is_blank, unspaced
from ..domain.visible import one_line
from .activity_records import ActivityLine, Category, Overview, Progress, Tally
from .field_records import FieldCounts, FieldFigures, FieldSums, FieldTexts
from .outcome_records import ROUNDING, Attainment, OutcomeResult, Results, YearResult
from .records import Card, Coordination, Figures, Since, day
from .states import WITHOUT_WORD, area_of

_STANDARD = Names()
_NAMED, _NAMED_AREAS, _NAMED_ENDED = 5, 3, 3  # a sentence names at most this many cells, 分野 and ended measures
_NAMED_PLACES = 10  # a note names at most this many places
_NAMED_LATE = 15  # at most this many late measures are named beside the bar of a 分野


def percent(count: int, total: int) -> Decimal | None:
    """Return a share in percent, rounded to a tenth; None if ``total`` is 0."""
    return (Decimal(count) / total * 100).quantize(ROUNDING, ROUND_HALF_UP) if total else None


def share(count: int, total: int) -> str:
    """Return a share as text: ``76.6%``; ``–`` if ``total`` is 0."""
    return f"{percent(count, total)}%" if total else "–"


def kind(figures: Figures) -> str:
    """Name the readers of the report, and its number if its figures are frozen."""
    readers = "担当者用" if figures.coordination else "会議用"
    return f"{readers}　確定報告 {figures.final_id}" if figures.final_id else readers


def stamp(figures: Figures) -> str:
    """Return the date of the report: ``令和４年７月19日 作成``."""
    return f"{figures.day} {'確定' if figures.final_id else '作成'}"


def owner(names: Names) -> str:
    """Return the city and its plan, for the head of the paper, without names that the report's title repeats."""
    city = "" if names.city in names.owner + names.report_title else names.city
    return joined(city, names.report_owner)


def maker(names: Names) -> str:
    """Return the office in charge and how to reach it, with the city unless ``owner`` names it."""
    city = "" if names.city in owner(names) or not names.office else names.city
    return joined(city, names.office, names.contact)


def on_track(overview: Overview) -> str:
    """Return the name of the on-plan category: the word in 設定, or a common name for several."""
    known = [c.label for c in overview.categories if c.standing.on_plan]
    return known[0] if len(known) == 1 else "予定通り"


def by_standing(overview: Overview) -> tuple[Category, ...]:
    """Return a category for each standing, as bars stack them: those due, best first, then those in no denominator."""
    named = {
        Progress.DONE: "完了", Progress.ON_TRACK: on_track(overview), Progress.LATE: "遅延・課題あり", Progress.STOPPED: "中止",
        **{c.standing: c.label for c in WITHOUT_WORD},
    }  # fmt: skip
    due = (Progress.DONE, Progress.ON_TRACK, Progress.NO_REPORT, Progress.UNKNOWN, Progress.UNREPORTED, Progress.LATE)
    return tuple(Category(named[p], p) for p in (*due, Progress.NO_PLAN, Progress.STOPPED))


def headline(figures: Figures) -> tuple[str, ...]:
    """Return the verdict, sentence by sentence: on plan, late, and what else was due; these add up."""
    names, now = figures.names, figures.now
    activity = names.activity
    if not figures.overview.whole.measure_total:
        return (f"この四半期に実施している{names.measure}はありません。",)
    if not now.due:
        return (f"この四半期に実施する予定の{activity}はありません。",)
    fine = on_track(figures.overview)
    due = f"実施予定の{now.due:,}{activity}"
    if now.unreported == now.due:
        return (f"{due}の報告は、まだ1つも届いていません。",)
    if now.on_plan == now.due:
        first = f"{due}は、すべて{fine}。"
    else:
        first = f"{due}のうち、{now.on_plan:,}（{share(now.on_plan, now.due)}）が{fine}。"
    others = {"未報告": now.unreported, "報告事項なし": now.no_report, "設定にない語": now.unknown}
    rest = "、".join(f"{name}は{n:,}" for name, n in others.items() if n)
    return tuple(filter(None, (first, _late_sentence(figures), f"{rest}{activity}。" if rest else "")))


def _late_sentence(figures: Figures) -> str:
    count, before, activity = figures.now.late, figures.before, figures.names.activity
    moved = ""
    less = before.late - count if before is not None else 0
    if before is not None and not (less > 0 and figures.now.unreported):  # unreported ones may be late, too
        how = f"から{abs(less):,}{'減りました' if less > 0 else '増えました'}" if less else "と同じ数です"
        moved = f"前回の{before.late:,}{how}。" if before.late else ""
    if not count:
        reported = "報告のあったなかに、" if figures.now.unreported else ""
        return f"{reported}遅延・課題のある{activity}はありません。{moved}"
    lines = figures.late
    said = sum(not is_blank(line.countermeasure) for line in lines)
    answers = "対応策はすべて記入されています" if said == count else f"対応策の記入は{said:,}{activity}です"
    if not said:
        answers = "対応策はまだ記入されていません"
    if moved:
        return f"遅延・課題は{count:,}{activity}。{moved}" + (f"{answers}。" if said < count else "")
    return f"遅延・課題は{count:,}{activity}で、{answers}。"


def cards(figures: Figures) -> tuple[Card, Card, Card, Card]:
    """Return the four numbers below the verdict."""
    now, before, names = figures.now, figures.before, figures.names
    apart = _counted({"予定なし": now.no_plan, "中止": now.stopped}, names.activity)
    known = (line for line in figures.activities if line.category.standing is not Progress.UNKNOWN)
    marked = sum(bool(line.notes) for line in known)
    notes = (
        f"前回 {share(before.on_plan, before.due)}" if before and before.due else "",
        f"ほかに{apart}" if apart else "",
        f"※うち{marked:,}は作業予定なし" if marked else "",
        _counted({"報告事項なし": now.no_report, "設定にない語": now.unknown}),
    )
    due, measures = f"／ {now.due:,} {names.activity}", f"／ {figures.overview.whole.measure_total:,} {names.measure}"
    fine, wanted = f"{now.on_plan:,}", f"{len(figures.budgets):,}"
    return (
        Card(on_track(figures.overview), fine, due, "。".join(filter(None, notes)), Progress.ON_TRACK),
        _late_card(figures),
        _turn_card(figures),
        Card("次年度に費用がかかる", wanted, measures, f"予算化予定「有」の{names.measure}"),
    )


def _counted(counts: Mapping[str, int], unit: str = "") -> str:
    """Return the counts that are not 0: ``予定なし3取組、中止1取組``."""
    return "、".join(f"{name}{n:,}{unit}" for name, n in counts.items() if n)


def _late_card(figures: Figures) -> Card:
    lines, names = figures.late, figures.names
    measures = len({line.measure.id for line in lines})
    unit = f"{names.activity}（{measures:,}{names.measure}）" if lines else names.activity
    longest = max(lines, key=lambda line: line.streak, default=None)
    note = "すべて今回初めての報告" if lines and _is_first(figures) else ""
    if longest is not None and longest.streak > 1:
        note = f"最も長いもの {longest.since_when}（{longest.measure.id}）"
    return Card("遅延・課題あり", f"{len(lines):,}", unit, note, Progress.LATE)


def _turn_card(figures: Figures) -> Card:
    t, before, title = figures.overview.turn, figures.before, "前回からの変化"
    if t is None or before is None:
        first = ("初回", "", "") if _is_first(figures) else ("―", "", f"{figures.fiscal_year}の最初の報告")
        return Card(title, *first)
    parts = {"解消": t.resolved, "継続": t.still, "新たに": t.new, "未報告": t.unreported, "そのほか": t.other}
    note = "　".join(f"{name} {n:,}" for name, n in parts.items() if n) or "遅延・課題は、前回も今回もありません"
    if figures.now.late < before.late and figures.now.unreported:  # what is still to come may be late too
        return Card(title, "―", "", note)
    return Card(title, signed(figures.now.late - before.late), "遅延の数", note)


def _is_first(figures: Figures) -> bool:
    """Return True if the plan begins with this quarter."""
    return figures.results.this_year == 0 and figures.quarter == 1


def late_ids(lines: Sequence[ActivityLine], area: Tally) -> str:
    """Name the measures of the late activities in a 分野: ``01-07　01-09（2）``."""
    found = _late_measures(lines, area)
    return "　".join(f"{id_}（{n}）" if n > 1 else id_ for id_, n in found.items())


def late_told(figures: Figures, area: Tally) -> str:
    """Name the measures of the late activities in a 分野, as ``late_ids`` does; only count them if ``late_is_counted``."""
    if not late_is_counted(figures, area):
        return late_ids(figures.late, area)
    found, names = _late_measures(figures.late, area), figures.names
    return f"{found.total():,}{names.activity}（{len(found):,}{names.measure}）"


def late_is_counted(figures: Figures, area: Tally) -> bool:
    """Return True if the late measures of a 分野 are too many to be named beside its bar."""
    return len(_late_measures(figures.late, area)) > _NAMED_LATE


def _late_measures(lines: Sequence[ActivityLine], area: Tally) -> Counter[str]:
    return Counter(x.measure.id for x in lines if area_of(x.measure.id) == area.code)


def doubts(figures: Figures) -> tuple[str, ...]:
    """Explain the ※ of the activities whose 進捗 contradicts their 作業予定, or is not a word of 設定."""
    return _noted((f"{x.measure.id}「{x.name}」", "".join(x.notes)) for x in figures.activities if x.notes)


def budget_doubts(figures: Figures) -> tuple[str, ...]:
    """Explain the ※ of the measures whose 予算化有無 and 調達内容 contradict each other."""
    return _noted((c.measure.id, c.note) for c in figures.contradictions if c.label == "予算化有無")


def support_doubts(figures: Figures) -> tuple[str, ...]:
    """Explain the ※ of the measures whose 依頼有無 and requests contradict each other."""
    requests = (s for period in figures.support for s in period.requests if s.notes)
    return _noted((s.measure.id, "".join(s.notes)) for s in requests)


def _noted(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return each note once, after the places that it is about."""
    places: dict[str, dict[str, None]] = {}
    for place, note in found:
        places.setdefault(note, {})[place] = None
    return tuple(f"{listed(list(of), _NAMED_PLACES, '　ほか{:,}件')}　{note}" for note, of in places.items())


def areas_heading(figures: Figures) -> str:
    """Say where the late activities are: ``遅れは「地域・暮らし」3、「庁内の業務」2``.

    Return ``""`` if they are in none or too many 分野, if one of these has no name, or if there is only one 分野.
    """
    late_ = [(t.title, t.standings.late) for t in figures.overview.areas if t.standings.late]
    if len(late_) not in range(1, _NAMED_AREAS + 1) or len(figures.overview.areas) < 2 or not all(t for t, _ in late_):
        return ""
    return "遅れは" + "、".join(f"「{name}」{n:,}" for name, n in late_)


def remarks(overview: Overview, names: Names = _STANDARD) -> tuple[str, ...]:
    """Say which measures are not counted."""
    if not overview.ended:
        return ()
    named = "、".join(f"{e.measure.id}「{e.measure.name}」{e.note}" for e in overview.ended)
    which = named if len(overview.ended) <= _NAMED_ENDED else "中止・完了・統合"
    return (f"この四半期に実施していない{overview.stopped:,}{names.measure}（{which}）は、数えていません。",)


def results(results_: Results) -> str:
    """Count the 成果目標 of the fiscal year by verdict, and explain which are not judged."""
    year = results_.years[results_.this_year]
    counts = "、".join(f"{verdict.value} {n:,}件" for verdict, n in results_.counts if n)
    total = sum(n for _, n in results_.counts)
    text = f"{year}の成果目標 {total:,}件のうち、{counts}です。" if total else "成果目標はありません。"
    if dict(results_.counts).get(Attainment.INTERIM):
        text += "「途中」は年度の途中の実績で、達成か未達かは第4四半期の報告で判定します。"
    if dict(results_.counts).get(Attainment.AS_WRITTEN):
        text += "「判定なし」には、その理由を添えています。"
    return text


def results_heading(results_: Results) -> str:
    """Count the outcomes that missed the target of the judged year; ``""`` where none was judged."""
    year = results_.judged_year
    if year is None:
        return ""
    judged = Counter(o.years[year].verdict for o in results_.outcomes)
    met, short = judged[Attainment.MET], judged[Attainment.SHORT]
    if not met + short:
        return ""
    if not short:
        return f"{results_.years[year]}の目標は、判定した{met:,}すべて達成"
    return f"{results_.years[year]}の目標に届かなかった{short:,}（判定した{met + short:,}のうち{met:,}は達成）"


def waiting_heading(results_: Results) -> str:
    """Count the outcomes without a result; those without a target, for which none is awaited, are counted apart."""
    without = sum(o.years[results_.this_year].verdict is Attainment.NO_TARGET for o in results_.waiting)
    apart = f"、目標のない成果目標：{without:,}項目" if without else ""
    return f"実績を待つ成果目標：{len(results_.waiting) - without:,}項目{apart}"


def waiting_note(results_: Results) -> str:
    """Count the outcomes without this year's result that are in the list of the judged year; ``""`` for none."""
    here = set(results_.waiting)
    others = sum(o.years[results_.this_year].verdict is Attainment.OPEN and o not in here for o in results_.outcomes)
    year = results_.years[results_.this_year]
    return (
        f"ほかに、{year}の実績を待つ{others:,}項目は、前の年度の実績とともに「成果目標」にあります。" if others else ""
    )


def is_shortened(outcome: OutcomeResult) -> bool:
    """Return True if the amounts drawn leave out part of a target (``小 8.9%``, one of two numbers)."""
    return any(y.target_amount and _bare(y.target) != _bare(y.target_amount.text) for y in outcome.years)


def _bare(text: str) -> str:
    return unspaced(text).replace(",", "")


def verdict(year: YearResult) -> str:
    """Return the verdict, and on a second line the rate or the reason."""
    more = (year.reason if year.verdict is Attainment.AS_WRITTEN else "") or year.achievement
    return year.verdict.value if more in ("", "達成", "未達") else f"{year.verdict.value}\n{more}"


def since(since_: Since) -> str:
    """Name the final report compared with, and count the changed texts."""
    plans = sum(c.kind == "作業予定" for c in since_.changes)
    parts = [f"{since_.quarter}の確定報告 {since_.final_id}（{day(since_.when)}）と比べています。"]
    if since_.edited:
        of_plans = f"、うち作業予定が{plans:,}か所" if plans else ""
        parts.append(f"記入の変更は{len(since_.edited):,}か所{of_plans}です。")
    if new := len(since_.changes) - len(since_.edited):
        parts.append(f"ほかに、新しく記入された実績が{new:,}か所あります。")
    return "".join(parts)


def coordination(coordination_: Coordination, names: Names = _STANDARD) -> str:
    """Count the sheets whose answers are not in the master."""
    if not coordination_.missing:
        return f"配付した {coordination_.issued:,}シートは、すべて反映済みです。"
    missing = f"マスターに反映していない{names.measure}は {len(coordination_.missing):,}{names.measure}です。"
    return f"配付 {coordination_.issued:,}シート。{missing}"


def point_groups(coordination_: Coordination) -> str:
    """Say that open points are grouped, and where all of them are listed; ``""`` if none are."""
    if not coordination_.groups:
        return ""
    return "同じ番号の指摘が多いものは、まとめて、はじめの10件だけを示します。すべての場所は、Excel の報告書の「点検」シートにあります。"


def field(figures: FieldFigures, names: Names = _STANDARD) -> str:
    """Sum up a declared field in a sentence or two."""
    if isinstance(figures, FieldSums):
        return f"{_answered(figures, names, '数値')}{_unread(figures)}"
    if isinstance(figures, FieldTexts):
        silent = figures.answered - len(figures.texts)
        return _answered(figures, names) + (f"うち「なし」などの {silent:,}件は載せていません。" if silent else "")
    assert isinstance(figures, FieldCounts)
    if not figures.answered:
        return _answered(figures, names)
    counts = "、".join(
        f"{c.label} {n:,}{counter(figures, names)}（{share(n, figures.total)}）"
        for c, n in zip(figures.categories, figures.whole.counts, strict=True)
        if n
    )
    return f"{_all(figures, names)}のうち、{counts}です。"


def _answered(figures: FieldFigures, names: Names, what: str = "記入") -> str:
    if not figures.total:
        return f"{what}はありません。"
    if not figures.answered:
        return f"{_all(figures, names)}のどれにも、{what}はありません。"
    return f"{_all(figures, names)}のうち、{what}があるのは {figures.answered:,}{counter(figures, names)}です。"


def _all(figures: FieldFigures, names: Names) -> str:
    what = figures.place if counter(figures, names) == "件" else ""
    return f"{what} {figures.total:,}{counter(figures, names)}".lstrip()


def counter(figures: FieldFigures, names: Names = _STANDARD) -> str:
    """Return the counter for a declared field: the word for 施策 or 取組, or 件 for any other list."""
    return {MEASURE: names.measure, ACTIVITY: names.activity}.get(figures.place, "件")


def _unread(sums: FieldSums) -> str:
    if not sums.unread:
        return ""
    texts = [f"{f'{t.measure.id} {t.item}'.rstrip()}「{one_line(t.text)}」" for t in sums.unread]
    return f"数値として読めない記入は、合計に入っていません: {listed(texts, _NAMED, ' ほか {:,}件')}。"


def number(count: int) -> str:
    """Return a count as every format writes it: ``2,969``."""
    return f"{count:,}"


def amount(number: Decimal | None, sums: FieldSums) -> str:
    """Return ``12,500`` or ``1,234.50``, with the decimals of the field; ``–`` if there is no number."""
    return "–" if number is None else f"{number:,.{sums.decimals}f}"


def unit(sums: FieldSums) -> str:
    """Return ``（単位：千円）``; ``""`` for numbers without a unit."""
    return f"（単位：{sums.unit}）" if sums.unit else ""


def signed(number: int) -> str:
    """Return ``+3``, ``−2`` or ``±0``."""
    return f"{number:+,}".replace("-", "−") if number else "±0"


# Only templates copied from earlier releases show what follows.
NO_FINAL = "確定した報告は、まだありません。"


def sentence(overview: Overview, names: Names = _STANDARD) -> str:
    """Return the counts by progress."""
    counted = [(c, n) for c, n in zip(overview.categories, overview.whole.activities, strict=True) if n]
    if not counted:
        return f"{names.activity}の記入はありません。"
    due = overview.whole.standings.due
    told = (f"{c.label} {n}{names.activity}" + (f"（{share(n, due)}）" if c.standing.due else "") for c, n in counted)
    return f"実施予定は {due}{names.activity}。{'、'.join(told)}です。"


def shares(overview: Overview, counts: Sequence[int]) -> list[str]:
    """Return the share of each count by category in those due, ``–`` for 予定なし and 中止."""
    due = overview.due(counts)
    both = zip(overview.categories, counts, strict=True)
    return [share(n, due if category.standing.due else 0) for category, n in both]


def turn(overview: Overview, names: Names = _STANDARD) -> str:
    """Compare the late activities with those of the quarter before; ``""`` if it is not known."""
    t, what = overview.turn, names.activity
    before = overview.quarters[-2].name if len(overview.quarters) > 1 else "前の年度の第4四半期"
    if t is None:
        return ""
    more = f"、今回は未報告 {t.unreported}{what}" if t.unreported else ""
    more += f"、そのほか（予定なし・報告事項なし・中止・終了など） {t.other}{what}" if t.other else ""
    return (
        f"遅延・課題のある{what}は、{before}から引き続き {t.still}{what}、新たに {t.new}{what}、"
        f"順調に戻ったか完了したもの {t.resolved}{what}{more}です。"
    )


def late(figures: Figures) -> str:
    """Count the late activities and their measures."""
    lines, names = figures.late, figures.names
    count = len({line.measure.id for line in lines})
    again = sum(line.streak > 1 for line in lines)
    more = f"うち {again}{names.activity}は前の四半期から続いています。" if again else ""
    return f"{count}{names.measure}の {len(lines)}{names.activity}です。{more}"
