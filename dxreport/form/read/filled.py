"""A sheet of a form as its author saw it: every text of a measure, with the problems of its cells and its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...domain import problems
from ...domain.fields import Field, FieldKind, label
from ...domain.model import Ref, Settings, normalise
from ...domain.problems import Problem, problem
from ...domain.values import date_text, number_text, stored_number
from ...ooxml.cells import At, Cell, Grid
from ...ooxml.refs import address, column_letters
from ..align.items import adopt
from ..align.rows import Doubt
from ..align.sheet import Aligned
from ..records import Form
from .added import Added, added_items
from .moved import moved
from .outside import outside_fields
from .sheet import Filled, read_sheet, shown_fields

_DAYS = range(40_000, 55_001)  # serial numbers of 2009 to 2050: a bare one may be a date that lost its format


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """``texts`` are normalised; ``cells`` gives the address of each in the file (``E21``).

    ``moved`` lists in Japanese what moved since the sheet was issued. ``added`` are items that the department added,
    each as its texts under an id of its own (``+1`` …).
    """

    sheet: str
    texts: Mapping[Ref, str]
    cells: Mapping[Ref, str]
    problems: tuple[Problem, ...]
    moved: tuple[str, ...]
    added: tuple[Mapping[Ref, str], ...] = ()


def read_filled(
    sheet: Grid, form: Form, issued: Mapping[Ref, str], settings: Settings, *, quarter: int, year: int
) -> FilledSheet:
    """Read a sheet by its keys. A text that was issued and no longer has a cell is a problem (E302) and stays as issued.

    Raises ValueError where the sheet has no stamp.
    """
    filled = read_sheet(form, sheet.rows, quarter=quarter, year=year)
    if filled is None:
        raise ValueError(f"{sheet.name}: no stamp")
    items = added_items(form, sheet.rows, filled, quarter=quarter, year=year)
    shape = _unkeyed(filled, sheet, {row for item in items for row in item.rows})
    shape += outside_fields(form, sheet, filled.copied)
    lines = moved(form, filled, issued, settings, quarter=quarter, year=year)
    return _filled_sheet(_Source(sheet, form, issued, settings, quarter, year), filled, items, shape, lines)


def read_aligned(
    sheet: Grid,
    form: Form,
    aligned: Aligned,
    issued: Mapping[Ref, str] | None,
    settings: Settings,
    *,
    quarter: int,
    year: int,
) -> FilledSheet | Doubt:
    """Read a sheet without keys as it was aligned, with a warning (W506).

    Where nothing was ``issued`` (None), items keep the ids of their order. Returns a Doubt where the items cannot be
    told apart.
    """
    found = (aligned.filled, ()) if aligned.keyed or issued is None else adopt(aligned.filled, issued, form.catalogue)
    if isinstance(found, Doubt):
        return found
    rows: dict[int, list[str]] = {}
    for row, _, text in aligned.unplaced:
        rows.setdefault(row, []).append(text)
    shape = [problem(problems.READ_BY_LABELS, sheet=sheet.name)]
    shape += [_extra(f"ところ（{row}行目）", texts, sheet.name, f"{row}:{row}") for row, texts in rows.items()]
    return _filled_sheet(_Source(sheet, form, issued or {}, settings, quarter, year), *found, shape, ())


@dataclass(frozen=True, slots=True)
class _Source:
    """A sheet, the form it is read with, and the texts it was issued with."""

    sheet: Grid
    form: Form
    issued: Mapping[Ref, str]
    settings: Settings
    quarter: int
    year: int


def _filled_sheet(
    source: _Source, filled: Filled, items: Sequence[Added], shape: Sequence[Problem], moved: tuple[str, ...]
) -> FilledSheet:
    name, issued = source.sheet.name, source.issued
    cells = {ref: address(*at) for ref, at in filled.at.items()}
    reader = _Cells(source.sheet, source.form, source.settings)
    texts = {ref: reader.text(ref, at, issued.get(ref, "")) for ref, at in filled.at.items()}
    texts = {ref: text for ref, text in texts.items() if ref in issued or _written(texts, ref)}
    lost = _lost(source.form, filled, issued, source.quarter, source.year)
    texts |= {ref: issued[ref] for ref in lost}
    cells |= {ref: address(*at) for item in items for ref, at in item.at.items()}
    added = tuple({ref: reader.text(ref, at, "") for ref, at in item.at.items()} for item in items)
    found = [
        *reader.problems, *_removed(lost, filled, issued, name, source.settings), *shape, *(_added(item, name) for item in items),
    ]  # fmt: skip
    return FilledSheet(name, texts, cells, tuple(found), moved, added)


def _written(texts: Mapping[Ref, str], ref: Ref) -> bool:
    """Whether the department filled in a cell issued blank; all cells of a spare row count once one is filled."""
    if not ref.item:
        return bool(texts[ref])
    prefix = ref.field.partition(".")[0] + "."
    return any(
        text
        for r, text in texts.items()
        if r.item == ref.item and r.field.startswith(prefix) and r.field != "activity.plan_label"
    )


class _Cells:
    """Reads texts from cells and collects the problems of cells that hold anything else."""

    def __init__(self, sheet: Grid, form: Form, settings: Settings) -> None:
        self._sheet, self._fields, self._settings = sheet, form.catalogue.field, settings
        self.problems: list[Problem] = []

    def text(self, ref: Ref, at: At, issued: str) -> str:
        """The text of a cell as its author saw it, or ``issued`` where a problem keeps it from being used."""
        cell, field = self._sheet.cell(*at), self._fields[ref.field]
        shown = _text_of(cell, field, issued)
        if cell.kind == "error":
            self._note(problems.ERROR_VALUE, ref, at, shown)
        elif cell.formula:
            self._note(problems.FORMULA, ref, at, cell.formula)
        elif cell.kind == "blank" and issued and self._sheet.covered(*at):
            self._note(problems.MERGED_OVER, ref, at, "", value=issued)
        elif cell.kind == "text" and not cell.certain and shown != issued:
            self._note(problems.GARBLED, ref, at, shown)
        elif cell.kind == "boolean" and field.kind is not FieldKind.CHECK:
            self._note(problems.NOT_TEXT, ref, at, shown, what="論理値（TRUE/FALSE）")
        elif cell.kind == "number" and shown != issued and _is_doubtful(cell, field.kind):
            self._note(problems.NOT_TEXT, ref, at, shown, what="数値")
        elif cell.kind == "date" and (field.kind is FieldKind.NUMBER or not cell.certain):
            self._note(problems.NOT_TEXT, ref, at, shown, what="日付")
        else:
            return shown
        return issued

    def _note(self, kind: problems.ProblemKind, ref: Ref, at: At, shown: str, **params: str) -> None:
        found = problem(
            kind,
            {"value": shown, **params},
            sheet=self._sheet.name,
            cell=address(*at),
            field=str(ref),
            label=label(ref, self._settings),
            value=shown,
        )
        self.problems.append(found)


def _text_of(cell: Cell, field: Field, issued: str) -> str:
    """The text of a cell: as its author saw it, but numbers, dates and ticks of such a field in their standard form."""
    if cell.kind == "number" and (field.kind is FieldKind.NUMBER or stored_number(cell.raw) == issued):
        percent = field.unit == "%" and cell.text.endswith("%")
        return stored_number(f"{cell.raw}E2" if percent and "E" not in cell.raw.upper() else cell.raw)
    if cell.kind == "text" and field.kind is FieldKind.NUMBER:
        return number_text(cell.text, field.unit) or normalise(cell.text)
    if cell.kind == "date" and field.kind is FieldKind.DATE:
        return date_text(cell.text) or normalise(cell.text)
    if cell.kind == "boolean" and field.kind is FieldKind.CHECK:
        return "☑" if cell.text == "TRUE" else "□"
    return normalise(cell.text)


def _is_doubtful(cell: Cell, kind: FieldKind) -> bool:
    """Whether a number may not be what its author saw, or a day that lost its format."""
    if kind is FieldKind.NUMBER:
        return False
    if not cell.certain:
        return True
    number = float(cell.raw)
    return kind not in (FieldKind.TARGET, FieldKind.ACTUAL) and number.is_integer() and int(number) in _DAYS


def _lost(form: Form, filled: Filled, issued: Mapping[Ref, str], quarter: int, year: int) -> list[Ref]:
    """The texts that were issued on this form and no longer have a cell."""
    shown = shown_fields(form, quarter, year)
    return [ref for ref in issued if ref not in filled.values and (ref.field, ref.period) in shown]


def _removed(
    lost: Sequence[Ref], filled: Filled, issued: Mapping[Ref, str], sheet: str, settings: Settings
) -> list[Problem]:
    """One problem for all removed columns, or else rows."""
    if not lost:
        return []
    what = f"列（{'、'.join(key[1:] for key in filled.lost_columns)}）" if filled.lost_columns else "行"
    names = list(dict.fromkeys(label(ref, settings) for ref in lost))
    more = f" ほか{len(names) - 4}か所" if len(names) > 4 else ""
    items = dict.fromkeys(issued.get(Ref("activity.name", ref.item), "") for ref in lost if ref.item)
    whose = "、".join([f"「{' '.join(name.split())}」" for name in items if name.strip()][:3])
    prefix = f"{whose}の" if whose and not filled.lost_columns else ""
    return [
        problem(
            problems.REMOVED, {"what": what}, sheet=sheet, field=str(lost[0]), label=prefix + "、".join(names[:4]) + more,
            fields=tuple(map(str, lost)),
        )
    ]  # fmt: skip


def _added(item: Added, sheet: str) -> Problem:
    rows = f"{item.rows[0]}行目" if len(item.rows) == 1 else f"{item.rows[0]}～{item.rows[-1]}行目"
    what = f"{item.part.label}（{rows}）"
    first = next(str(value) for value in item.values.values() if value != "")
    return problem(
        problems.ADDED, {"what": what}, sheet=sheet, cell=address(*next(iter(item.at.values()))), value=first
    )


def _unkeyed(filled: Filled, sheet: Grid, added: set[int]) -> list[Problem]:
    """Warnings for texts in rows and columns that the form lacks, since they are not merged; rows in ``added`` are."""
    out = []
    rows, keyed_columns = ({at[i] for at in filled.at.values()} for i in (0, 1))
    for number in (n for n in (*filled.inserted, *filled.copied) if n not in added):
        line = enumerate(sheet.rows[number - 1], 1)
        texts = [text for c, text in line if text and (c in keyed_columns or not text.startswith("r"))]
        if texts:
            out.append(_extra(f"行（{number}行目）", texts, sheet.name, f"{number}:{number}"))
    for column in filled.inserted_columns:
        texts = [line[column - 1] for n, line in enumerate(sheet.rows, 1) if n in rows and line[column - 1]]
        if texts:
            letters = column_letters(column)
            out.append(_extra(f"列（{letters}列）", texts, sheet.name, f"{letters}:{letters}"))
    return out


def _extra(where: str, texts: list[str], sheet: str, cell: str) -> Problem:
    text = "／".join(texts)
    return problem(problems.UNKEYED_TEXT, {"where": where, "value": text}, sheet=sheet, cell=cell, value=text)
