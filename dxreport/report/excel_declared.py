"""The declared fields as sheets of the workbook: one for each that somebody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from ..domain.names import Names
from . import words
from .excel_topic import MEASURE_COLUMNS, SHARE, Bars, Row, Topic, name_of
from .field_records import DeclaredFigures, FieldCounts, FieldSum, FieldSums, FieldTexts, WordTally

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")  # in names of sheets
_LONGEST = 24  # characters of a heading in the name of its sheet, which may have 31
_BY, _NAME = "区分", "名前"
_NUMBER = 11  # width in digits
T = TypeVar("T", WordTally, FieldSum)


def declared_topics(declared: DeclaredFigures, names: Names) -> Iterator[Topic]:
    """Yield the topics in the order of the report."""
    shown: list[FieldCounts | FieldSums | FieldTexts] = [
        *(f for f in declared.counts if f.answered),
        *(f for f in declared.sums if f.answered),
        *(f for f in declared.lists if f.texts),
    ]
    sheets = unique(f"項目_{_FORBIDDEN.sub('', f.label)[:_LONGEST]}" for f in shown)
    for number, (field, sheet) in enumerate(zip(shown, sheets, strict=True), 1):
        title, decimals, bars = field.heading, None, None
        if isinstance(field, FieldCounts):
            columns, rows = _counts(field)
            bars = Bars((_BY, _NAME), _words(field), field.categories, percent=True)
        elif isinstance(field, FieldSums):
            columns, rows = _sums(field)
            title, decimals = title + words.unit(field), field.decimals
        else:
            columns, rows = _texts(field)
        yield Topic(
            sheet, title, columns, rows, note=words.field(field, names), table=f"項目{number}表", decimals=decimals, bars=bars,
            drawn_beside=True,
        )  # fmt: skip


def unique(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return the names, numbered from （2） on where they repeat, whatever their case."""
    seen, out = {name.casefold() for name in taken}, []
    for name in names:
        n, new = 1, name
        while new.casefold() in seen:
            n += 1
            new = f"{name}（{n}）"
        seen.add(new.casefold())
        out.append(new)
    return out


def _counts(counts: FieldCounts) -> tuple[dict[str, float], list[Row]]:
    columns: dict[str, float] = {_BY: 8, _NAME: 30, **dict.fromkeys(_words(counts), _NUMBER), "計": _NUMBER}
    lines = _lines(counts.areas, counts.departments, counts.whole)
    return columns, [(by, t.name, *t.counts, t.total) for by, t in lines]


def _words(counts: FieldCounts) -> list[str]:
    return unique((c.label for c in counts.categories), (_BY, _NAME, "計", SHARE))


def _sums(sums: FieldSums) -> tuple[dict[str, float], list[Row]]:
    longest = max(len(words.amount(n, sums)) for line in (*sums.areas, sums.whole) for n in line.sums)
    heads = [name or "合計" for name in sums.columns]
    columns: dict[str, float] = {_BY: 8, _NAME: 30, **dict.fromkeys(heads, max(_NUMBER, longest + 2))}
    return columns, [(by, line.name, *line.sums) for by, line in _lines(sums.areas, sums.departments, sums.whole)]


def _lines(areas: Sequence[T], departments: Sequence[T], whole: T) -> Iterator[tuple[str, T]]:
    yield from (("分野", line) for line in areas)
    yield from (("部署", line) for line in departments)
    yield "全体", whole


def _texts(texts: FieldTexts) -> tuple[dict[str, float], list[Row]]:
    of_items = any(x.item for x in texts.texts)
    place, label = unique((texts.place, texts.label), MEASURE_COLUMNS)
    columns = MEASURE_COLUMNS | ({place: 30} if of_items else {}) | {label: 70}
    rows: list[Row] = [(*name_of(x), *([x.item] if of_items else []), x.text) for x in texts.texts]
    return dict(columns), rows
