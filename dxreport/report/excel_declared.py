"""The declared fields as sheets of the workbook: one for each that somebody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from . import words
from .excel_topic import MEASURE_COLUMNS, SHARE, Bars, Topic, Value
from .records import DeclaredFigures, FieldCounts, FieldFigures, FieldSum, FieldSums, FieldTexts, WordTally

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")  # in names of sheets
_LONGEST = 24  # characters of a heading in the name of its sheet, which may have 31
_BY, _NAME = "区分", "名前"
_NUMBER = 11  # width in digits
T = TypeVar("T", WordTally, FieldSum)


def declared_topics(declared: DeclaredFigures) -> Iterator[Topic]:
    """Yield the topics in the order of the report."""
    shown: list[FieldCounts | FieldSums | FieldTexts] = [
        *(f for f in declared.counts if f.answered),
        *(f for f in declared.sums if f.answered),
        *(f for f in declared.lists if f.texts),
    ]
    sheets = unique(f"項目_{_FORBIDDEN.sub('', f.label)[:_LONGEST]}" for f in shown)
    for number, (field, sheet) in enumerate(zip(shown, sheets, strict=True), 1):
        if isinstance(field, FieldCounts):
            columns, rows = _counts(field)
        elif isinstance(field, FieldSums):
            columns, rows = _sums(field)
        else:
            columns, rows = _texts(field)
        yield Topic(
            sheet,
            _title(field),
            columns,
            rows,
            note=words.field(field),
            table=f"項目{number}表",
            decimals=field.decimals if isinstance(field, FieldSums) else None,
            bars=_bars(field) if isinstance(field, FieldCounts) else None,
            drawn_beside=True,
        )


def unique(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return the names, with （2） and so on added to those that occurred before, ignoring case."""
    seen, out = {name.casefold() for name in taken}, []
    for name in names:
        n, new = 1, name
        while new.casefold() in seen:
            n += 1
            new = f"{name}（{n}）"
        seen.add(new.casefold())
        out.append(new)
    return out


def _title(field: FieldFigures) -> str:
    return field.heading + (words.unit(field) if isinstance(field, FieldSums) else "")


def _counts(counts: FieldCounts) -> tuple[dict[str, float], list[tuple[Value, ...]]]:
    columns: dict[str, float] = {_BY: 8, _NAME: 30, **dict.fromkeys(_words(counts), _NUMBER), "計": _NUMBER}
    return columns, [
        (by, t.name, *t.counts, t.total) for by, t in _lines(counts.areas, counts.departments, counts.whole)
    ]


def _words(counts: FieldCounts) -> list[str]:
    return unique((c.label for c in counts.categories), (_BY, _NAME, "計", SHARE))


def _bars(counts: FieldCounts) -> Bars:
    return Bars((_BY, _NAME), _words(counts), counts.categories, percent=True)


def _sums(sums: FieldSums) -> tuple[dict[str, float], list[tuple[Value, ...]]]:
    longest = max(len(words.amount(n, sums)) for line in (*sums.areas, sums.whole) for n in line.sums)
    heads = [name or "合計" for name in sums.columns]
    columns: dict[str, float] = {_BY: 8, _NAME: 30, **dict.fromkeys(heads, max(_NUMBER, longest + 2))}
    return columns, [(by, line.name, *line.sums) for by, line in _lines(sums.areas, sums.departments, sums.whole)]


def _lines(areas: Sequence[T], departments: Sequence[T], whole: T) -> Iterator[tuple[str, T]]:
    yield from (("分野", line) for line in areas)
    yield from (("部署", line) for line in departments)
    yield "全体", whole


def _texts(texts: FieldTexts) -> tuple[dict[str, float], list[tuple[Value, ...]]]:
    of_items = any(x.item for x in texts.texts)
    place, label = unique((texts.place, texts.label), MEASURE_COLUMNS)
    columns = MEASURE_COLUMNS | ({place: 30} if of_items else {}) | {label: 70}
    rows: list[tuple[Value, ...]] = [
        (x.measure.id, x.measure.name, x.measure.department, *([x.item] if of_items else []), x.text)
        for x in texts.texts
    ]
    return dict(columns), rows
