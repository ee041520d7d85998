"""Sentences and words shared by the formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from ..domain.names import Names, joined
from ..domain.values import area_code, fold, is_blank
from .records import (
    ROUNDING,
    ActivityLine,
    Attainment,
    Card,
    Category,
    Coordination,
    FieldCounts,
    FieldFigures,
    FieldSums,
    FieldText,
    FieldTexts,
    Figures,
    OutcomeResult,
    Overview,
    Progress,
    Results,
    Since,
    Tally,
    YearResult,
    day,
)
from .states import WITHOUT_WORD

_STANDARD = Names()
NO_FINAL = "確定した報告は、まだありません。"
_NAMED, _NAMED_AREAS = 5, 3  # cells and 分野 that a sentence names at most


def percent(count: int, total: int) -> Decimal | None:
    """Return a share in percent, to a tenth; None if ``total`` is 0."""
    return (Decimal(count) / total * 100).quantize(ROUNDING, ROUND_HALF_UP) if total else None


def share(count: int, total: int) -> str:
    """Return ``76.6%``; ``–`` if ``total`` is 0."""
    number = percent(count, total)
    return "–" if number is None else f"{number}%"


def kind(figures: Figures) -> str:
    """Name the readers of the report, and its final report if its figures are frozen."""
    readers = "担当者用" if figures.coordination else "会議用"
    return f"{readers}　確定報告 {figures.final_id}" if figures.final_id else readers


def stamp(figures: Figures) -> str:
    """Return the date of the report: ``令和４年７月19日 作成``."""
    return f"{figures.day} {'確定' if figures.final_id else '作成'}"


def owner(names: Names) -> str:
    """Return the city and its plan, for the head of the paper; no name twice, and none that the report's title has."""
    city = "" if names.city in names.plan else names.city
    return joined(*(name for name in (city, names.plan) if name not in names.report_title))


def on_track(overview: Overview) -> str:
    """Name what is on track: the word of 設定, or what several of them mean together."""
    known = [c.label for c in overview.categories if c.standing is Progress.ON_TRACK]
    return known[0] if len(known) == 1 else "予定通り"


def standings(overview: Overview) -> tuple[Category, ...]:
    """Name every standing of an activity, as they are stacked: the worst last."""
    late_, without = Category("遅延・課題あり", Progress.LATE), {c.standing: c for c in WITHOUT_WORD}
    last = (without[p] for p in (Progress.NO_REPORT, Progress.UNKNOWN, Progress.UNREPORTED))
    return Category(on_track(overview), Progress.ON_TRACK), *last, late_, without[Progress.NO_PLAN]


def headline(figures: Figures) -> tuple[str, ...]:
    """Return the verdict, a sentence each: how many of those due are on track, how many late, and not reported."""
    names, now = figures.names, figures.now
    activity = names.activity
    if not figures.overview.whole.measure_total:
        return (f"この四半期に実施している{names.measure}はありません。",)
    if not now.due:
        return (f"この四半期に実施する予定の{activity}はありません。",)
    fine = on_track(figures.overview)
    due = f"実施予定の{now.due:,}{activity}"
    if now.on_track == now.due:
        first = f"{due}は、すべて{fine}。"
    else:
        first = f"{due}のうち、{now.on_track:,}（{share(now.on_track, now.due)}）が{fine}。"
    missing = f"未報告は{now.unreported:,}{activity}。" if now.unreported else ""
    return tuple(filter(None, (first, _late_sentence(figures), missing)))


def sentence(figures: Figures) -> str:
    """Return the verdict as one text."""
    return "".join(headline(figures))


def _late_sentence(figures: Figures) -> str:
    count, before, activity = figures.now.late, figures.before, figures.names.activity
    moved = ""
    if before is not None:
        less = before.late - count
        how = f"から{abs(less):,}{'減りました' if less > 0 else '増えました'}" if less else "と同じ数です"
        moved = f"前回の{before.late:,}{how}。" if before.late else ""
    if not count:
        return f"遅延・課題のある{activity}はありません。{moved}"
    lines = figures.late
    said = sum(not is_blank(line.countermeasure) for line in lines)
    answers = "対応策はすべて記入されています" if said == count else f"対応策の記入は{said:,}{activity}です"
    if moved:
        return f"遅延・課題は{count:,}{activity}。{moved}" + (f"{answers}。" if said < count else "")
    return f"遅延・課題は{count:,}{activity}で、{answers}。"


def cards(figures: Figures) -> tuple[Card, Card, Card, Card]:
    """Return the four numbers below the verdict."""
    now, before, names = figures.now, figures.before, figures.names
    apart = f"ほかに予定なし{now.no_plan:,}{names.activity}" if now.no_plan else ""
    was = f"前回 {share(before.on_track, before.due)}" if before and before.due else ""
    more = [f"報告事項なし{now.no_report:,}"] if now.no_report else []
    more += [f"設定にない語{now.unknown:,}"] if now.unknown else []
    notes = "。".join(filter(None, (was, apart, "、".join(more))))
    wanted, measures = len(figures.budgets), figures.overview.whole.measure_total
    return (
        Card(
            on_track(figures.overview),
            f"{now.on_track:,}",
            f"／ {now.due:,} {names.activity}",
            notes,
            Progress.ON_TRACK,
        ),
        _late_card(figures),
        _turn_card(figures),
        Card(
            "次年度に費用がかかる",
            f"{wanted:,}",
            f"／ {measures:,} {names.measure}",
            f"予算化予定「有」の{names.measure}",
        ),
    )


def _late_card(figures: Figures) -> Card:
    lines, names = figures.late, figures.names
    measures = len({line.measure.id for line in lines})
    unit = f"{names.activity}（{measures:,}{names.measure}）" if lines else names.activity
    longest = max(lines, key=lambda line: line.streak, default=None)
    note = ""
    if longest is not None and longest.streak > 1:
        note = f"最も長いもの {longest.since_when}（{longest.measure.id}）"
    elif lines and _is_first(figures):
        note = "すべて今回初めての報告"
    return Card("遅延・課題あり", f"{len(lines):,}", unit, note, Progress.LATE)


def _turn_card(figures: Figures) -> Card:
    t, before = figures.overview.turn, figures.before
    if t is None or before is None:
        first = _is_first(figures)
        return Card(
            "前回からの変化", "初回" if first else "―", "", "" if first else f"{figures.fiscal_year}の最初の報告"
        )
    parts = (
        ("解消", t.resolved),
        ("継続", t.still),
        ("新たに", t.new),
        ("未報告", t.unreported),
        ("そのほか", t.other),
    )
    note = "　".join(f"{name} {n:,}" for name, n in parts if n) or "遅延・課題は、前回も今回もありません"
    return Card("前回からの変化", signed(figures.now.late - before.late), "遅延・課題の数", note)


def _is_first(figures: Figures) -> bool:
    """Whether the plan begins with this quarter."""
    return figures.results.this_year == 0 and figures.quarter == 1


def late_ids(lines: Sequence[ActivityLine], area: Tally) -> str:
    """Name the measures of the late activities in a 分野: ``01-07　01-09（2）``."""
    found = Counter(x.measure.id for x in lines if area_code(x.measure.id.partition("-")[0]) == area.code)
    return "　".join(f"{id_}（{n}）" if n > 1 else id_ for id_, n in found.items())


def areas_heading(figures: Figures) -> str:
    """Say where the late activities are: ``遅れは「地域・暮らし」3、「庁内の業務」2``.

    ``""`` where there are too many 分野, or one has no name.
    """
    late_ = [(t.title, t.standings.late) for t in figures.overview.areas if t.standings.late]
    if len(late_) not in range(1, _NAMED_AREAS + 1) or len(figures.overview.areas) < 2 or not all(t for t, _ in late_):
        return ""
    return "遅れは" + "、".join(f"「{name}」{n:,}" for name, n in late_)


def remarks(overview: Overview, names: Names = _STANDARD) -> tuple[str, ...]:
    """Name the measures that are not counted."""
    if not overview.stopped:
        return ()
    return (f"この四半期に実施していない{overview.stopped}{names.measure}（中止・完了・統合）は、数えていません。",)


def turn(overview: Overview, names: Names = _STANDARD) -> str:
    """Compare late activities with the quarter before; ``""`` in the first quarter."""
    t = overview.turn
    if t is None:
        return ""
    more = f"、今回は未報告 {t.unreported}" if t.unreported else ""
    more += f"、そのほか（予定なし・報告事項なし・終了など） {t.other}" if t.other else ""
    return (
        f"遅延・課題のある{names.activity}は、{overview.quarters[-2].name}から引き続き {t.still}、新たに {t.new}、"
        f"順調に戻ったもの {t.resolved}{more} です。"
    )


def late(figures: Figures) -> str:
    """Count the late activities and their measures."""
    lines, names = figures.late, figures.names
    count = len({line.measure.id for line in lines})
    again = sum(line.streak > 1 for line in lines)
    more = f"うち {again} {names.activity}は前の四半期から続いています。" if again else ""
    return f"{count} {names.measure}の {len(lines)} {names.activity}です。{more}"


def results(results_: Results) -> str:
    """Count the 成果目標 of the fiscal year by verdict, and explain which are not judged."""
    year = results_.years[results_.this_year]
    counts = "、".join(f"{verdict.value} {n}" for verdict, n in results_.counts if n)
    total = sum(n for _, n in results_.counts)
    text = f"{year}の成果目標 {total} のうち、{counts}です。" if total else "成果目標はありません。"
    if dict(results_.counts).get(Attainment.INTERIM):
        text += "「途中」は年度の途中の実績で、達成か未達かは第4四半期の報告で判定します。"
    return (
        f"{text}"
        "数値で比べられないものと、方向（多いほど良い、少ないほど良いなど）が決まっていないものは、書かれたとおりに示し、判定していません。"
    )


def results_heading(results_: Results) -> str:
    """Say how many outcomes missed the target of the last year that has ended; ``""`` where none was judged."""
    year = results_.judged_year
    if year is None:
        return ""
    judged = Counter(o.years[year].verdict for o in results_.outcomes)
    met, short = judged[Attainment.MET], judged[Attainment.SHORT]
    if not met + short:
        return ""
    if not short:
        return f"{results_.years[year]}の目標は、判定した{met}すべて達成"
    return f"{results_.years[year]}の目標に届かなかった{short}（判定した{met + short}のうち{met}は達成）"


def is_shortened(outcome: OutcomeResult) -> bool:
    """Whether a line drawn through its targets leaves out some of what they say (``小 8.9%`` of two parts)."""
    return any(y.target_amount and _bare(y.target) != _bare(y.target_amount.text) for y in outcome.years)


def _bare(text: str) -> str:
    return "".join(fold(text).replace(",", "").split())


def verdict(year: YearResult) -> str:
    """Return the verdict, and on a second line the rate or why it was not judged."""
    more = year.reason or year.achievement
    return year.verdict.value if more in ("", "達成", "未達") else f"{year.verdict.value}\n{more}"


def since(since_: Since) -> str:
    """Name the final report compared with, and count the changed texts."""
    plans = sum(c.kind == "作業予定" for c in since_.changes)
    more = f"記入の変更は{len(since_.changes)}か所" + (f"、うち作業予定が{plans}か所です。" if plans else "です。")
    compared = f"{since_.quarter}の確定報告 {since_.final_id}（{day(since_.when)}）と比べています。"
    return compared + (more if since_.changes else "")


def coordination(coordination_: Coordination, names: Names = _STANDARD) -> str:
    """Count the sheets that are not in the master."""
    if not coordination_.missing:
        return f"配付した {coordination_.issued} シートは、すべて反映済みです。"
    missing = f"マスターに反映していない{names.measure}は {len(coordination_.missing)} です。"
    return f"配付 {coordination_.issued} シート。{missing}"


def field(figures: FieldFigures) -> str:
    """Sum up a declared field; in one sentence where nobody answered."""
    if isinstance(figures, FieldSums):
        return f"{_answered(figures, '数値')}{_unread(figures)}"
    if isinstance(figures, FieldTexts):
        silent = figures.answered - len(figures.texts)
        return _answered(figures) + (f"うち「なし」などの {silent} 件は載せていません。" if silent else "")
    assert isinstance(figures, FieldCounts)
    if not figures.answered:
        return _answered(figures)
    counts = "、".join(
        f"{c.label} {n}（{share(n, figures.total)}）"
        for c, n in zip(figures.categories, figures.whole.counts, strict=True)
        if n
    )
    return f"{_all(figures)}のうち、{counts}です。"


def _answered(figures: FieldFigures, what: str = "記入") -> str:
    if not figures.total:
        return f"{what}はありません。"
    if not figures.answered:
        return f"{_all(figures)}のどれにも、{what}はありません。"
    return f"{_all(figures)}のうち、{what}があるのは {figures.answered:,} です。"


def _all(figures: FieldFigures) -> str:
    if figures.place in ("施策", "取組"):
        return f"{figures.total:,} {figures.place}"
    return f"{figures.place} {figures.total:,} 件"


def _unread(sums: FieldSums) -> str:
    if not sums.unread:
        return ""
    named = "、".join(f"{_where(text)}「{' '.join(text.text.split())}」" for text in sums.unread[:_NAMED])
    more = f" ほか {len(sums.unread) - _NAMED} 件" if len(sums.unread) > _NAMED else ""
    return f"数値として読めない記入は、合計に入っていません: {named}{more}。"


def _where(text: FieldText) -> str:
    return f"{text.measure.id} {text.item}".rstrip()


def amount(number: Decimal | None, sums: FieldSums) -> str:
    """Return ``12,500`` or ``1,234.50``, with the decimals of the field; ``–`` if there is no number."""
    return "–" if number is None else f"{number:,.{sums.decimals}f}"


def unit(sums: FieldSums) -> str:
    """Return ``（単位：千円）``; ``""`` for numbers without a unit."""
    return f"（単位：{sums.unit}）" if sums.unit else ""


def signed(number: int) -> str:
    """Return ``+3``, ``−2`` or ``±0``."""
    return f"{number:+,}".replace("-", "−") if number else "±0"
