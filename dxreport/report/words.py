"""Sentences and words shared by the formats."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from ..domain.names import Names
from .records import (
    ROUNDING,
    Attainment,
    Coordination,
    FieldCounts,
    FieldFigures,
    FieldSums,
    FieldText,
    FieldTexts,
    Figures,
    Overview,
    Results,
    Since,
    YearResult,
)

_STANDARD = Names()
NO_FINAL = "確定した報告は、まだありません。"
_NAMED = 5  # cells that a sentence names at most


def percent(count: int, total: int) -> Decimal | None:
    """Return a share in percent, to a tenth; None if ``total`` is 0."""
    return (Decimal(count) / total * 100).quantize(ROUNDING, ROUND_HALF_UP) if total else None


def share(count: int, total: int) -> str:
    """Return ``76.6%``; ``–`` if ``total`` is 0."""
    number = percent(count, total)
    return "–" if number is None else f"{number}%"


def shares(overview: Overview, counts: Sequence[int]) -> tuple[Decimal | None, ...]:
    """Return the share of each count by category in those due; None for 予定なし and 中止, which are none of them."""
    due = overview.due(counts)
    return tuple(percent(n, due) if c.standing.due else None for c, n in zip(overview.categories, counts, strict=True))


def shares_shown(overview: Overview, counts: Sequence[int]) -> tuple[str, ...]:
    """Return these shares as texts: ``90.7%``; ``–`` where there is none."""
    return tuple("–" if share is None else f"{share}%" for share in shares(overview, counts))


def kind(figures: Figures) -> str:
    """Name the readers of the report, and its final report if its figures are frozen."""
    readers = "担当者用" if figures.coordination else "会議用"
    return f"{readers}　確定報告 {figures.final_id}" if figures.final_id else readers


def stamp(figures: Figures) -> str:
    """Return the date of the report: ``2022年7月19日 作成``."""
    return f"{figures.day} {'確定' if figures.final_id else '作成'}"


def sentence(overview: Overview, names: Names = _STANDARD) -> str:
    """Sum up activities and measures: those due, by progress, those apart, and how many measures are late."""
    whole = overview.whole
    if not whole.measure_total:
        return f"この四半期に実施している{names.measure}はありません。"
    if not whole.activity_total:
        return f"{whole.measure_total}{names.measure}に、{names.activity}の記入はありません。"
    counted = [(c, n) for c, n in zip(overview.categories, whole.activities, strict=True) if n]
    due = overview.due(whole.activities)
    told = [f"{c.label} {n}{names.activity}（{share(n, due)}）" for c, n in counted if c.standing.due]
    apart = [f"{c.label} {n}{names.activity}" for c, n in counted if not c.standing.due]
    late = overview.late(whole.measures)
    text = f"{whole.measure_total}{names.measure}・{whole.activity_total}{names.activity}のうち、"
    text += f"実施予定は {due}{names.activity}で、{'、'.join(told)}です。" if told else "実施予定はありません。"
    text += f"{'、'.join(apart)}は、割合の分母に入れていません。" if apart else ""
    return text + (
        f"遅延・課題のある{names.activity}がある{names.measure}は {late}{names.measure}です。" if late else ""
    )


def remarks(overview: Overview, names: Names = _STANDARD) -> tuple[str, ...]:
    """Name the measures that are not counted."""
    if not overview.stopped:
        return ()
    return (f"この四半期に実施していない {overview.stopped}{names.measure}（中止・完了・統合）は、数えていません。",)


def turn(overview: Overview, names: Names = _STANDARD) -> str:
    """Compare late activities with the quarter before; ``""`` in the first quarter."""
    t, what = overview.turn, names.activity
    if t is None:
        return ""
    more = f"、今回は未報告 {t.unreported}{what}" if t.unreported else ""
    more += f"、そのほか（予定なし・報告事項なし・中止・終了など） {t.other}{what}" if t.other else ""
    return (
        f"遅延・課題のある{what}は、{overview.quarters[-2].name}から引き続き {t.still}{what}、新たに {t.new}{what}、"
        f"順調に戻ったか完了したもの {t.resolved}{what}{more}です。"
    )


def late(figures: Figures) -> str:
    """Count the late activities and their measures."""
    lines, names = figures.late, figures.names
    count = len({line.measure.id for line in lines})
    again = sum(line.streak > 1 for line in lines)
    more = f"うち {again}{names.activity}は前の四半期から続いています。" if again else ""
    return f"{count}{names.measure}の {len(lines)}{names.activity}です。{more}"


def results(results_: Results) -> str:
    """Count the 成果目標 of the fiscal year by verdict, and explain which are not judged."""
    year = results_.years[results_.this_year]
    counts = "、".join(f"{verdict.value} {n}件" for verdict, n in results_.counts if n)
    total = sum(n for _, n in results_.counts)
    text = f"{year}の成果目標 {total}件のうち、{counts}です。" if total else "成果目標はありません。"
    if dict(results_.counts).get(Attainment.INTERIM):
        text += "「途中」は年度の途中の実績で、達成か未達かは第4四半期の報告で判定します。"
    if dict(results_.counts).get(Attainment.AS_WRITTEN):
        text += "「判定なし」には、その理由を添えています。"
    return text


def verdict(year: YearResult) -> str:
    """Return the verdict, and on a second line the rate or why it was not judged."""
    more = (year.reason if year.verdict is Attainment.AS_WRITTEN else "") or year.achievement
    return year.verdict.value if more in ("", "達成", "未達") else f"{year.verdict.value}\n{more}"


def since(since_: Since) -> str:
    """Name the final report compared with, and count the changed texts."""
    plans = sum(c.kind == "作業予定" for c in since_.changes)
    more = f"記入の変更は {len(since_.changes)}か所、うち作業予定が {plans}か所です。" if since_.changes else ""
    return f"{since_.quarter}の確定報告 {since_.final_id}（{since_.when[:16]}）と比べています。{more}"


def coordination(coordination_: Coordination, names: Names = _STANDARD) -> str:
    """Count the sheets that are not in the master."""
    if not coordination_.missing:
        return f"配付した {coordination_.issued}シートは、すべて反映済みです。"
    missing = f"マスターに反映していない{names.measure}は {len(coordination_.missing)}{names.measure}です。"
    return f"配付 {coordination_.issued}シート。{missing}"


def field(figures: FieldFigures) -> str:
    """Sum up a declared field; in one sentence where nobody answered."""
    if isinstance(figures, FieldSums):
        return f"{_answered(figures, '数値')}{_unread(figures)}"
    if isinstance(figures, FieldTexts):
        silent = figures.answered - len(figures.texts)
        return _answered(figures) + (f"うち「なし」などの {silent}件は載せていません。" if silent else "")
    assert isinstance(figures, FieldCounts)
    if not figures.answered:
        return _answered(figures)
    counts = "、".join(
        f"{c.label} {n:,}{counter(figures)}（{share(n, figures.total)}）"
        for c, n in zip(figures.categories, figures.whole.counts, strict=True)
        if n
    )
    return f"{_all(figures)}のうち、{counts}です。"


def _answered(figures: FieldFigures, what: str = "記入") -> str:
    if not figures.total:
        return f"{what}はありません。"
    if not figures.answered:
        return f"{_all(figures)}のどれにも、{what}はありません。"
    return f"{_all(figures)}のうち、{what}があるのは {figures.answered:,}{counter(figures)}です。"


def _all(figures: FieldFigures) -> str:
    what = figures.place if counter(figures) == "件" else ""
    return f"{what} {figures.total:,}{counter(figures)}".lstrip()


def counter(figures: FieldFigures) -> str:
    """Return what the cells of a declared field are counted in: 施策, 取組, or 件 of any other list."""
    return figures.place if figures.place in ("施策", "取組") else "件"


def _unread(sums: FieldSums) -> str:
    if not sums.unread:
        return ""
    named = "、".join(f"{_where(text)}「{' '.join(text.text.split())}」" for text in sums.unread[:_NAMED])
    more = f" ほか {len(sums.unread) - _NAMED}件" if len(sums.unread) > _NAMED else ""
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
    """Return ``+3``, ``-2`` or ``±0``."""
    return f"{number:+}" if number else "±0"
