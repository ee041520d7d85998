"""Sentences and small words that the formats share, so that they say the same."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from .records import ROUNDING, Coordination, Figures, Overview, Results, Since, Standing, Tally, Verdict, YearResult

NO_FINAL = "確定した報告は、まだありません。"


def percent(count: int, total: int) -> Decimal | None:
    """To a tenth; None of nothing."""
    return (Decimal(count) / total * 100).quantize(ROUNDING, ROUND_HALF_UP) if total else None


def share(count: int, total: int) -> str:
    """``76.6%``; ``–`` of nothing."""
    said = percent(count, total)
    return "–" if said is None else f"{said}%"


def kind(figures: Figures) -> str:
    """Whom the report is for, and whether its figures are final."""
    whom = "担当者用" if figures.coordination else "会議用"
    return f"{whom}　確定報告 {figures.final_id}" if figures.final_id else whom


def stamp(figures: Figures) -> str:
    """When it was made: ``2022年7月19日 作成``."""
    return f"{figures.day} {'確定' if figures.final_id else '作成'}"


def sentence(overview: Overview) -> str:
    """How many activities and measures there are, and how many of them are late."""
    whole = overview.whole
    if not whole.measure_total:
        return "この四半期に実施している施策はありません。"
    if not whole.activity_total:
        return f"{whole.measure_total} 施策に、取組の記入はありません。"
    parts = [
        f"{whole.measure_total} 施策・{whole.activity_total} 取組のうち、",
        "、".join(
            f"{c.label} {n} 取組（{share(n, whole.activity_total)}）"
            for c, n in zip(overview.categories, whole.activities, strict=True)
            if n
        ),
        "です。",
    ]
    late = measures_of(overview, whole, Standing.LATE)
    return "".join(parts) + (f"遅延・課題のある取組がある施策は {late} です。" if late else "")


def measures_of(overview: Overview, tally: Tally, standing: Standing) -> int:
    """The measures of a tally whose worst activity is of this standing."""
    return sum(n for c, n in zip(overview.categories, tally.measures, strict=True) if c.standing is standing)


def remarks(overview: Overview) -> tuple[str, ...]:
    """What is not counted."""
    if not overview.stopped:
        return ()
    return (f"この四半期に実施していない {overview.stopped} 施策（中止・完了・統合）は、数えていません。",)


def turn(overview: Overview) -> str:
    """Late activities against the quarter before; ``""`` in the first."""
    if overview.turn is None or overview.before is None:
        return ""
    t = overview.turn
    more = f"、今回は未報告 {t.unreported}" if t.unreported else ""
    more += f"、そのほか（予定なし・報告事項なし・終了など） {t.other}" if t.other else ""
    return (
        f"遅延・課題のある取組は、{overview.before.name}から引き続き {t.still}、新たに {t.new}、"
        f"順調に戻ったもの {t.resolved}{more} です。"
    )


def late(figures: Figures) -> str:
    """How many late activities, of how many measures."""
    lines = figures.late
    count = len({line.measure.id for line in lines})
    again = sum(line.streak > 1 for line in lines)
    more = f"うち {again} 取組は前の四半期から続いています。" if again else ""
    return f"{count} 施策の {len(lines)} 取組です。{more}"


def results(results_: Results) -> str:
    """成果目標 of the fiscal year by verdict, and what the verdict rests on."""
    year = results_.years[results_.this_year]
    counts = "、".join(f"{verdict.value} {n}" for verdict, n in results_.counts if n)
    total = sum(n for _, n in results_.counts)
    said = f"{year}の成果目標 {total} のうち、{counts}です。" if total else "成果目標はありません。"
    if dict(results_.counts).get(Verdict.INTERIM):
        said += "「途中」は年度の途中の実績で、達成か未達かは第4四半期の報告で判定します。"
    return (
        f"{said}"
        "数値で比べられないものと、方向（多いほど良い、少ないほど良いなど）が決まっていないものは、書かれたとおりに示し、判定していません。"
    )


def verdict(year: YearResult) -> str:
    """The verdict, and on a second line the rate or why there is no verdict."""
    more = year.reason or year.achievement
    return year.verdict.value if more in ("", "達成", "未達") else f"{year.verdict.value}\n{more}"


def since(since_: Since) -> str:
    """Which report is compared with, and how many texts changed."""
    plans = sum(c.kind == "作業予定" for c in since_.changes)
    said = f"{since_.quarter}の確定報告 {since_.final_id}（{since_.when[:16]}）と比べています。"
    if not since_.changes:
        return said
    return f"{said}記入の変更は {len(since_.changes)} か所、うち作業予定が {plans} か所です。"


def coordination(coordination_: Coordination) -> str:
    """How many sheets are not in."""
    if not coordination_.missing:
        return f"配付した {coordination_.issued} シートは、すべて反映済みです。"
    return f"配付 {coordination_.issued} シート。マスターに反映していない施策は {len(coordination_.missing)} です。"


def signed(number: int) -> str:
    """``+3``, ``-2``, ``±0``."""
    return f"{number:+}" if number else "±0"
