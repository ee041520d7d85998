"""The figures of declared fields (報告 in 項目): words counted, numbers summed, texts listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..domain.days import printed
from ..domain.fields import QUARTER_LABELS, Catalogue, Field, FieldKind, InReport, Period, Ref
from ..domain.model import Item, Measure, Record, Settings
from ..domain.quantities import date_text, number_text
from ..domain.values import fold, is_blank, is_marked, is_unmarked
from ..domain.visible import one_line
from ..issue.store import Archive
from ..master.records import Master
from ..rules import item_name
from ..workspace.paths import Workspace
from . import states
from .activity_records import Category, MeasureName, Progress
from .field_records import DeclaredFigures, FieldCounts, FieldSum, FieldSums, FieldText, FieldTexts, WordTally

Inputs = frozenset[tuple[str, int]]  # fields and periods that a form has input cells for
Asked = Mapping[str, Inputs]  # those of a measure's form
MEASURE = "施策"
TICKED, UNTICKED = Category("チェックあり", Progress.WORD), Category("チェックなし", Progress.WORD)
UNKNOWN = Category("選択肢にない語", Progress.UNKNOWN)
UNANSWERED = Category("未記入", Progress.UNREPORTED)


def reported(catalogue: Catalogue) -> tuple[Field, ...]:
    """Return the declared fields that the report counts, sums or lists."""
    return tuple(f for f in catalogue.declared if f.report is not InReport.NONE)


def asked(workspace: Workspace, master: Master, quarter: int, *, coordinator: bool) -> Asked:
    """Return the inputs of the sheets issued up to a quarter, by measure; nothing if the report has no use for them.

    Measures without an issued sheet are left out, and those issued before inputs were recorded.
    """
    if not coordinator and not reported(master.settings.catalogue):
        return {}
    archive, out = Archive(workspace, master.settings.catalogue), dict[str, Inputs]()
    known = {r.name for r in master.settings.rounds if r.quarter <= quarter}
    for issue in (i for i in master.issues if i.round in known):
        snapshot = archive.snapshot(issue.id)
        for id_, inputs in (snapshot.inputs if snapshot else {}).items():
            out[id_] = out.get(id_, frozenset()) | inputs
    return out


def declared(master: Master, quarter: int, forms: Asked) -> DeclaredFigures | None:
    """Return the figures of the declared fields in a quarter; None without such fields.

    A field by quarter counts in this quarter, one by year in this fiscal year; sums cover every plan year. A blank
    counts as 未記入 unless ``forms`` says that the form of its measure has no input for it. A field that no form asked
    for yet, and nobody filled in, is left out.
    """
    fields = reported(master.settings.catalogue)
    if fields and forms:
        known = {key for inputs in forms.values() for key, _ in inputs}
        known |= {ref.field for m in master.measures for ref, text in m.values().items() if text.strip()}
        fields = tuple(f for f in fields if f.key in known)
    if not fields:
        return None
    report = _Report(master, quarter, fields, forms)
    return DeclaredFigures(
        tuple(report.counts(f) for f in fields if f.report is InReport.COUNT),
        tuple(report.sums(f) for f in fields if f.report is InReport.SUM),
        tuple(report.texts(f) for f in fields if f.report is InReport.LIST),
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    """One text of a field; ``column`` is its index in the columns of sums."""

    measure: MeasureName
    item: str
    column: int
    text: str


class _Report:
    """The measures that run in a quarter, and the fields to report."""

    def __init__(self, master: Master, quarter: int, fields: Sequence[Field], forms: Asked) -> None:
        self.settings, self.quarter, self.fields, self.forms = master.settings, quarter, fields, forms
        self.measures = list(states.running(master, quarter))
        self.areas = {states.area_of(m.id): states.area_name(self.settings, m.id) for m in self.measures}
        there = {m.lead_department for m in self.measures}
        self.departments = [
            d for d in dict.fromkeys([*(d.name for d in master.departments), *sorted(there)]) if d in there
        ]

    def counts(self, field: Field) -> FieldCounts:
        """Count each word, and 選択肢にない語 and 未記入 if there are any."""
        cells = list(self._cells(field, self._now(field)))
        words = _words(field, self.settings)
        found = [(cell, _category(field, words, cell.text)) for cell in cells]
        used = {category for _, category in found}
        columns = (*words, *(c for c in (UNKNOWN, UNANSWERED) if c in used))
        ones = [(cell, columns.index(category), 1) for cell, category in found]

        def tally(name: str, counts: Sequence[int | None], code: str = "") -> WordTally:
            return WordTally(name, tuple(n or 0 for n in counts), code)

        return FieldCounts(
            *self._head(field), total=len(cells),
            answered=sum(category not in (UNANSWERED, UNTICKED) for _, category in found),
            categories=columns, **self._tallies(ones, len(columns), tally, "全体"),
        )  # fmt: skip

    def _tallies(
        self, found: Iterable[tuple[_Cell, int, int | Decimal]], columns: int, tally: Callable[..., Any], whole: str
    ) -> dict[str, Any]:
        """Sum up the values ``found``, each with its cell and column, over all, by 分野 and by department.

        ``tally`` makes a figure of a name, its sums by column (None for a column without a value), and its code.
        """
        import pandas as pd

        rows = [("", states.area_of(cell.measure.id), cell.measure.department, *value) for cell, *value in found]
        # As objects, Decimals stay exact.
        frame = pd.DataFrame(rows, columns=["whole", "area", "department", "column", "value"], dtype=object)

        def by(place: str) -> Callable[[str], tuple[Any, ...]]:
            sums = frame.groupby([place, "column"])["value"].sum().to_dict()
            return lambda name: tuple(sums.get((name, column)) for column in range(columns))

        areas, departments = by("area"), by("department")
        return {
            "whole": tally(whole, by("whole")("")),
            "areas": tuple(tally(name, areas(code), code) for code, name in sorted(self.areas.items())),
            "departments": tuple(tally(name, departments(name)) for name in self.departments),
        }

    def sums(self, field: Field) -> FieldSums:
        """Sum up the numbers, exactly."""
        years = field.period is Period.YEARS
        cells = list(self._cells(field, range(1, len(self.settings.plan_years) + 1) if years else self._now(field)))
        read = [(cell, number_text(cell.text, field.unit)) for cell in cells]
        numbers = [(cell, Decimal(text)) for cell, text in read if text]
        columns = tuple(year.label for year in self.settings.plan_years) if years else ("",)
        return FieldSums(
            *self._head(field),
            total=len({(cell.measure.id, cell.item) for cell in cells}),
            answered=len({(cell.measure.id, cell.item) for cell, _ in numbers}),
            unit=field.unit,
            decimals=max((field.decimals, *(-int(n.as_tuple().exponent) for _, n in numbers))),
            columns=columns,
            this=self.settings.plan_year - 1 if years else 0,
            **self._tallies(((cell, cell.column, number) for cell, number in numbers), len(columns), FieldSum, "計"),
            unread=tuple(
                FieldText(cell.measure, f"{cell.item} {columns[cell.column]}".strip(), cell.text)
                for cell, text in read
                if text is None and not is_blank(cell.text)
            ),
        )  # fmt: skip

    def texts(self, field: Field) -> FieldTexts:
        """List the texts that say something; of checks, those that are ticked."""
        cells = list(self._cells(field, self._now(field)))
        check = field.kind is FieldKind.CHECK
        filled = [c for c in cells if (is_marked(c.text) if check else c.text.strip())]
        lines = tuple(FieldText(c.measure, c.item, _printed(field, c.text)) for c in filled if not is_blank(c.text))
        return FieldTexts(*self._head(field), total=len(cells), answered=len(filled), texts=lines)

    def _head(self, field: Field) -> tuple[str, str, str, str]:
        """Return key, label, place and period of a field."""
        place, same = _place(field, self.settings), [f for f in self.fields if f.label == field.label]
        label = field.label
        if len(same) > 1:
            alone = sum(f.prefix == field.prefix for f in same) == 1
            label = f"{label}（{place if alone else f'{place}の{field.name}'}）"
        year = self.settings.fiscal_year.label
        period = {Period.QUARTERS: QUARTER_LABELS[self.quarter], Period.YEARS: year}.get(field.period, "")
        return field.key, label, place, "" if field.report is InReport.SUM and period == year else period

    def _now(self, field: Field) -> Sequence[int]:
        return {Period.QUARTERS: (self.quarter,), Period.YEARS: (self.settings.plan_year,)}.get(field.period, (0,))

    def _cells(self, field: Field, periods: Sequence[int]) -> Iterator[_Cell]:
        for m in self.measures:
            name, forms = states.measure_name(self.settings, m), self.forms.get(m.id)
            for record in _records(m, field):
                item = _item_name(m, record, field) if isinstance(record, Item) else ""
                for column, period in enumerate(periods):
                    text = record.text(field.key, period)
                    if text.strip() or forms is None or (field.key, period) in forms:
                        yield _Cell(name, item, column, text)


def _printed(field: Field, text: str) -> str:
    """Return a text as lists show it: a number with its unit, a day as papers print it, anything else as written."""
    if field.kind is FieldKind.NUMBER and (number := number_text(text, field.unit)):
        return f"{Decimal(number):,}{field.unit}"
    if field.kind is FieldKind.DATE and (day := date_text(text)):
        return printed(day)
    return text.strip()


def _records(measure: Measure, field: Field) -> Iterable[Record]:
    """Return the records with the field: the measure, or the items of its list that are not empty."""
    if not field.prefix:
        return (measure,)
    return (item for item in measure.items(field.prefix) if not item.is_empty())


def _place(field: Field, settings: Settings) -> str:
    return settings.catalogue.by_prefix[field.prefix].label if field.prefix else MEASURE


def _item_name(measure: Measure, item: Item, field: Field) -> str:
    """Return the text that names an item (取組内容, 費目), else its list and number: 費用①."""
    for f in measure.catalogue.members[item.prefix].values():
        named = f.kind is FieldKind.TEXT and f.period is Period.NONE and f.key not in (field.key, "activity.plan_label")
        if named and (text := item.text(f.key).strip()):
            return one_line(text)
    return item_name(Ref(field.key, item.key), measure.values(), measure.catalogue)


def _words(field: Field, settings: Settings) -> tuple[Category, ...]:
    if field.kind is FieldKind.CHECK:
        return TICKED, UNTICKED
    if field.kind is FieldKind.PROGRESS:
        return tuple(c for c in states.categories(settings) if c not in states.WITHOUT_WORD)
    words = settings.flags if field.kind is FieldKind.FLAG else field.choices
    return tuple(Category(word, Progress.WORD) for word in dict.fromkeys(words))


def _category(field: Field, words: Sequence[Category], text: str) -> Category:
    if field.kind is FieldKind.CHECK:
        return TICKED if is_marked(text) else UNTICKED if is_unmarked(text) else UNKNOWN
    if found := next((c for c in words if fold(c.label) == fold(text)), None):
        return found
    return UNANSWERED if is_blank(text) else UNKNOWN
