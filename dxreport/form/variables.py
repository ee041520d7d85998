"""The names that expressions may use: those of the model, by the loops around a row, and those of the workbook."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..domain.fields import BUILT_IN, Catalogue, Field, ItemList, Period
from .faults import TextFault

_BOOK_PATHS: dict[str, tuple[str, ...]] = {
    "fiscal_year": (), "department": (), "years": (), "round": ("name", "quarter", "deadline", "opens", "requires"),
    "city": (), "plan": ("name",), "form": ("name",), "report": ("name",), "office": ("name", "contact"),
    "term": ("measure", "activity", "adviser"),
}  # fmt: skip
BOOK_NAMES = frozenset(_BOOK_PATHS)
THIS = -1  # the period of this_quarter and this_year
MEASURES = "measures"  # the name under which a list repeats the measures of its sheet
Scope = list[Any]  # the current object of each variable, by slot; slot 0 is the measure
_LATER_PERIOD = re.compile(r"[qy][2-9](?:\.|$)")
_FOLLOWS = ""  # the message of a fault that only follows from one already reported
_OUTSIDE = "一覧の様式では、measure は {% for measure in measures %} と {% endfor %} の間の行だけで使えます。"


class ThisPeriod(NamedTuple):
    """The quarter and the plan year that ``this_quarter`` and ``this_year`` mean in a round; 0 for none."""

    quarter: int = 0
    year: int = 0

    def of(self, period: Period) -> int:
        """Return the one that applies to fields with this kind of period."""
        return self.year if period is Period.YEARS else self.quarter


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in scope: its slot, and what it runs over.

    ``part`` is the list it runs over, None for the measure. If it runs over periods, ``periods_of`` is ``quarters`` or
    ``years``, ``owner`` the slot of the variable they belong to, and ``part`` the list of that variable. ``broken`` is
    set if the ``{% for … %}`` is malformed; ``outside`` marks ``measure`` in the rows of a list that belong to none.
    """

    name: str
    slot: int
    part: ItemList | None = None
    periods_of: str = ""
    owner: int = 0
    broken: bool = False
    catalogue: Catalogue = BUILT_IN
    outside: bool = False

    @property
    def prefix(self) -> str:
        """The prefix of the fields of what it runs over."""
        return self.part.prefix if self.part else ""

    @property
    def letter(self) -> str:
        """The letter that the ids of its items begin with, "" for quarters and years, which have only numbers."""
        return self.part.letter if self.part and not self.periods_of else ""

    @property
    def attribute(self) -> str:
        """The attribute of its owner that holds what it runs over."""
        return self.periods_of or (self.part.attribute if self.part else MEASURES)

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists and periods that can be repeated below it, as templates name them."""
        if self.periods_of:
            return ()
        fields = self.catalogue.members[self.prefix].values()
        periods = dict.fromkeys(field.period.plural for field in fields if field.period is not Period.NONE)
        return (*(() if self.part else self.catalogue.by_attribute), *periods)

    def paths(self, *, former: bool = False) -> dict[str, tuple[Field, int]]:
        """Return the field and period of every path below it; with ``former``, by the former names of fields."""
        fields = (self.catalogue.former_names if former else self.catalogue.members)[self.prefix]
        if self.periods_of:
            return {name: (field, 0) for name, field in fields.items() if field.period.plural == self.periods_of}
        out = {name: (field, 0) for name, field in fields.items() if field.period is Period.NONE}
        for own_name, field in fields.items():
            if field.period is not Period.NONE:
                names = [(f"{field.period.letter}{n}", n) for n in self.catalogue.periods(field)]
                this = "this_year" if field.period is Period.YEARS else "this_quarter"
                out |= {f"{name}.{own_name}": (field, n) for name, n in (*names, (this, THIS))}
        return out


def loop_variable(name: str, path: tuple[str, ...], slot: int, variables: Mapping[str, Variable]) -> Variable:
    """Return the variable of ``{% for name in path %}``. Raise TextFault if ``path`` is not a list of the model."""
    if path == (MEASURES,):
        return _measures(name, variables["measure"])
    if root := variables.get(path[0]):
        check_usable(root)
        if len(path) == 2 and path[1] in root.lists:
            items = None if root.part else root.catalogue.by_attribute.get(path[1])
            if items:
                return Variable(name, slot, items, catalogue=root.catalogue)
            return Variable(name, slot, root.part, path[1], root.slot, catalogue=root.catalogue)
    lists = "、".join(f"measure.{name}" for name in variables["measure"].lists)
    declare = "新しい一覧は、マスターの「項目」シートに、場所をその名前にした項目を足すと使えます。"
    raise TextFault(f"{'.'.join(path)} は繰り返せません。繰り返せるのは {lists} です。{declare}")


def _measures(name: str, measure: Variable) -> Variable:
    if not measure.outside:
        raise TextFault("施策の繰り返しの中に、もう一つ施策の繰り返しは書けません。")
    if name != measure.name:
        raise TextFault("施策を繰り返すには、{% for measure in measures %} と書いてください。")
    return replace(measure, outside=False)


def names_of_book(name: str, variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """Return the names below one of ``BOOK_NAMES``, () if it is a text itself."""
    if name != "years":
        return _BOOK_PATHS[name]
    return tuple(f"y{n}" for n in range(1, variables["measure"].catalogue.years + 1))


def check_usable(variable: Variable) -> None:
    """Raise TextFault for a variable that is malformed, or used outside of its rows."""
    if variable.broken or variable.outside:
        raise TextFault(_FOLLOWS if variable.broken else _OUTSIDE)


def unknown_path(path: tuple[str, ...], known: Collection[str]) -> TextFault:
    """Return the fault of a path that is none of ``known``, with the one that may have been meant."""
    from difflib import get_close_matches

    close = get_close_matches(".".join(path[1:]), known, 1, 0.5)
    meant = f"{{{{ {path[0]}.{close[0]} }}}} ではありませんか。" if close else ""
    first = [name for name in known if not _LATER_PERIOD.match(name)]
    names = "、".join(f"{path[0]}.{name}" for name in first)
    periods = "（q1 は q1～q4、y1 は y1～y4 と書けます）" if len(first) < len(known) else ""
    declare = "" if path[0] in BOOK_NAMES else "新しい項目は、マスターの「項目」シートに足すと使えます。"
    return TextFault(
        f"{{{{ {'.'.join(path)} }}}} という項目はありません。{meant}使える名前: {names}{periods}。{declare}"
    )


def tag_of(field: Field, period: int) -> str:
    """Return the tag that shows a field in a template: ``{{ activity.q1.progress }}``."""
    at = [f"{field.period.letter}{period}"] if period else []
    return f"{{{{ {'.'.join([field.prefix or 'measure', *at, field.name])} }}}}"
