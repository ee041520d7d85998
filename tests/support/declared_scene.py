"""The real 第1四半期 with declared fields: two ratings, a checkbox, a list of costs with a budget by year, and a risk."""

from __future__ import annotations

from dataclasses import replace

from dxreport.domain.fields import BUILT_IN, Catalogue, Field, FieldKind, InReport, Period, Ref
from dxreport.domain.model import Measure
from dxreport.master.records import Master
from tests.support.scenes import SETTINGS, built, real

RATINGS = ("A", "B", "C", "D")
FIELDS = (
    Field("評価", "一次評価", FieldKind.CHOICE, "一次評価", choices=RATINGS, report=InReport.COUNT, declared=True),
    Field("二次評価", "二次評価", FieldKind.CHOICE, choices=RATINGS, report=InReport.COUNT, declared=True),
    Field("説明会", "住民説明会の開催", FieldKind.CHECK, "説明会", report=InReport.COUNT, declared=True),
    Field("費用.費目", "費目", group="予算", declared=True),
    Field(
        "費用.予算額", "予算額", FieldKind.NUMBER, "予算", period=Period.YEARS, unit="千円", report=InReport.SUM,
        declared=True,
    ),
    Field("activity.リスク", "リスク", group="進捗", period=Period.QUARTERS, report=InReport.LIST, declared=True),
)  # fmt: skip
RISKS = {
    ("01-07", "K2"): "協賛企業が集まらないおそれがある。",
    ("01-09", "K1"): "高齢の会員に使い方が伝わらず、既読率が下がるおそれがある。\n説明会を開くには、職員が足りない。",
    ("02-01", "K1"): "特になし",
    ("03-03", "K2"): "=機器の納期が、半導体の不足で延びるおそれがある。",
}


def catalogue(*fields: Field) -> Catalogue:
    """Return the built-in catalogue extended by these fields."""
    return BUILT_IN.extended(fields, BUILT_IN.years)


def rated() -> Master:
    """Return the master at the end of 第1四半期, with answers in the declared fields."""
    ours = catalogue(*FIELDS)
    return built([answered(m, n, ours) for n, m in enumerate(real())], replace(SETTINGS, catalogue=ours))


def answered(measure: Measure, n: int, ours: Catalogue) -> Measure:
    """Fill in the n-th measure with answers that follow a pattern; every ninth has none."""
    if n % 9 == 4:
        return Measure(measure.values(), ours)
    texts = {
        Ref("評価"): RATINGS[(n + n // 4) % 4],
        Ref("二次評価"): RATINGS[n % 3] if n % 2 else "",
        Ref("説明会"): "○" if n % 3 == 0 else "",
    }
    for item in range(1, n % 3 + 1):
        texts[Ref("費用.費目", f"費用{item}")] = ("委託料", "使用料", "備品購入費")[item - 1]
        texts |= {Ref("費用.予算額", f"費用{item}", year): str(500 * n + 1250 * item * year) for year in (1, 2, 3)}
    risks = {Ref("activity.リスク", k, 1): text for (id_, k), text in RISKS.items() if id_ == measure.id}
    return Measure(measure.values() | texts | risks, ours)
