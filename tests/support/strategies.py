"""Hypothesis strategies: measures and catalogues as anyone could write them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from dxreport.domain.fields import BUILT_IN, Catalogue, Field, FieldKind, InReport, Period, Ref, Requirement, When
from dxreport.domain.model import Measure, normalise
from dxreport.domain.quantities import number_text
from dxreport.domain.values import fold

NASTY = (
    "=1+1", "+1", "-1", "@SUM(A1)", "'文字", "0123", "1e5", "TRUE", "#N/A", "#REF!", "48.5%", "7/1", "30,000千円",
    "{{ x }}", "{{ measure.goal }}", "{% for activity in measure.activities %}", "{% endfor %}", "{#", "}}", "<&>", "]]>",
    "<![CDATA[", "</t></is></c>", "&amp;", "&#10;", '"', "_x000D_", "_x005F_", "_x005F_x000D_", "_x4E00_", "_x", "_x12",
    " ", "　", "\n", "\n\n", " 前後の空白 ", "\n前後の改行\n", "一\n\n三", "r18/K1", "cB", "dxr1|R04Q1-001|01-01|0", "-", "―",
    "葛󠄀城", "か\u3099", "𠮷野家", "👨‍👩‍👧", "\u2028", "\u200b", "\u202e右から", "\x7f\x85\xa0", "髙﨑", "\ue000\ue001",
    "".join(map(chr, range(0xE000, 0xE040))), "\uf8ff", "A" * 500, "あ" * 1200,
)  # fmt: skip
texts = st.one_of(
    st.just(""),
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(normalise),
    st.text(st.sampled_from("漢か 　\n=<&>{}%\"'_x0Dあ1\ue020\ue021\ue022"), max_size=12),
)
long_texts = st.sampled_from(["あ" * 32_767, "𠮷" * 16_383 + "。", "一\n" * 16_383, "x " * 16_383])
progress = st.one_of(st.sampled_from(["", "予定通り", "進捗遅延・課題あり"]), texts)
flags = st.one_of(st.sampled_from(["", "有", "無"]), texts)


def keyed(letter: str, least: int, most: int) -> st.SearchStrategy[list[str]]:
    """Generate the ids of a list's items, with gaps and in any order."""
    return st.lists(st.integers(1, 40).map(lambda n: f"{letter}{n}"), min_size=least, max_size=most, unique=True)


LABELS = st.sampled_from(["作業予定", "予定"])
BY_KIND = {FieldKind.FLAG: flags, FieldKind.CHECK: st.sampled_from(["", "○", "〇"]), FieldKind.PROGRESS: progress}
measure_ids = st.from_regex(r"0[1-9]-[0-9]{2}", fullmatch=True)


def texts_of(field: Field) -> st.SearchStrategy[str]:
    """Generate what people could write into a field."""
    if field.key == "goal":
        return st.one_of(texts, long_texts)
    if field.key == "activity.plan_label":
        return LABELS
    if field.kind is FieldKind.CHOICE:
        return st.one_of(st.sampled_from(["", *field.choices]), texts)
    if field.kind is FieldKind.NUMBER:  # in standard form, as read from the master
        plain = st.decimals(-(10**9), 10**9, places=2).map(lambda number: number_text(f"{number}") or "")
        return st.one_of(plain, texts.map(lambda text: number_text(text, field.unit) or text))
    return measure_ids if field.key == "id" else BY_KIND.get(field.kind, texts)


@st.composite
def measures_with(draw: st.DrawFn, catalogue: Catalogue) -> Measure:
    """Generate measures of a catalogue."""
    values = {
        Ref(f.key, "", n): draw(texts_of(f)) for f in catalogue.members[""].values() for n in catalogue.periods(f)
    }
    for items in catalogue.lists:
        for key in draw(keyed(items.letter, 0, 12 if items.letter == "K" else 5)):
            fields = catalogue.members[items.prefix].values()
            values |= {Ref(f.key, key, n): draw(texts_of(f)) for f in fields for n in catalogue.periods(f)}
    return Measure(values, catalogue)


measures = measures_with(BUILT_IN)

NAMES = ("評価", "予算額", "執行率", "リスク", "確認", "期日", "実施日", "Cost", "cost2", "データ", "二次評価", "備考")
PLACES = ("", "activity", "outcome", "related", "support", "費用", "データ一覧", "outlay")
KINDS = (FieldKind.NUMBER, *FieldKind, FieldKind.NUMBER, FieldKind.CHOICE)  # numbers more often
WORD = st.text(st.sampled_from("ABCD良可ー ()"), min_size=1, max_size=4).map(str.strip).filter(bool)


@st.composite
def fields(draw: st.DrawFn, name: str, prefix: str, conditions: tuple[Requirement, ...] = ()) -> Field:
    """Generate fields as an office declares them."""
    kind, period = draw(st.sampled_from(KINDS)), draw(st.sampled_from(Period))
    chosen = draw(st.lists(WORD, min_size=1, max_size=4, unique_by=fold)) if kind is FieldKind.CHOICE else ()
    quarterly, actual = period is Period.QUARTERS, period is Period.YEARS and kind is FieldKind.ACTUAL
    number = kind is FieldKind.NUMBER
    group = draw(st.sampled_from(["", name, "一次評価", "進捗"]))
    return Field(
        f"{prefix}.{name}" if prefix else name,
        draw(st.sampled_from([name, f"{name}（記入）", "見出し 二"])),
        kind,
        group,
        When.THIS_QUARTER if quarterly else When.THIS_YEAR if actual else When.ALWAYS,
        period,
        carries=draw(st.booleans()),
        unit=draw(st.sampled_from(["%", "千円", "", "%"])) if number else "",
        decimals=draw(st.integers(0, 6)) if number else 0,
        choices=tuple(chosen),
        required=draw(st.sampled_from([None, *conditions])) if group else None,
        report=InReport.SUM if number else draw(st.sampled_from([InReport.NONE, InReport.LIST])),
        former=draw(st.sampled_from([(), (f"{prefix}.旧{name}" if prefix else f"旧{name}",)])),
        declared=True,
    )


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Generate catalogues with declared fields in every place, and other labels of built-in ones."""
    places = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(PLACES)), max_size=8, unique=True))
    found: dict[str, Field] = {}
    for name, prefix in places:
        words = [f for f in found.values() if f.choices and f.prefix in ("", prefix) and f.period is Period.NONE]
        conditions = (Requirement(), *(Requirement(f.key, f.choices[:1]) for f in words))
        field = draw(fields(name, prefix, conditions))
        found[field.key] = field
    labels = draw(st.dictionaries(st.sampled_from(BUILT_IN.fields), st.just("別の見出し"), max_size=2))
    renamed = [replace(field, label=label) for field, label in labels.items()]
    return BUILT_IN.extended([*renamed, *found.values()], draw(st.integers(1, 10)))
