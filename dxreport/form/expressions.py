"""Expressions in ``{{ … }}``: plain paths are read back; anything else is Jinja2 and only shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes

from ..domain.fields import BUILT_IN, Catalogue, Field, FieldKind, ItemList, Period
from ..domain.model import Record, normalise
from ..domain.needs import Need
from ..domain.numbering import circled
from ..workspace.bounded_templates import BoundedEnvironment, TemplateTooLarge
from .faults import TextFault

_BOOK_PATHS: dict[str, tuple[str, ...]] = {
    "fiscal_year": (), "department": (), "years": (), "round": ("name", "quarter", "deadline", "opens", "requires"),
    "city": (), "plan": ("name",), "form": ("name",), "report": ("name",), "office": ("name", "contact"),
    "term": ("measure", "activity", "adviser"),
}  # fmt: skip
BOOK_NAMES = frozenset(_BOOK_PATHS)
FREE = "{{ free }}"  # marks an unlocked cell that is no field: the department may write there
_LEGEND = re.compile(r"\{\{\s*legend\.(\w+)\s*\}\}")  # marks a cell that shows how inputs of a kind look
THIS = -1  # the period of this_quarter and this_year

_LATER_PERIOD = re.compile(r"[qy][2-9](?:\.|$)")
_FOLLOWS = ""  # the message of a fault that only follows from one already reported
_OUTSIDE = "一覧の様式では、measure は {% for measure in measures %} と {% endfor %} の間の行だけで使えます。"

MEASURES = "measures"  # the name under which a list repeats the measures of its sheet
Scope = list[Any]  # the current object of each variable, by slot; slot 0 is the measure


class ThisPeriod(NamedTuple):
    """The quarter and the plan year that ``this_quarter`` and ``this_year`` mean in a round; 0 for none."""

    quarter: int = 0
    year: int = 0

    def of(self, period: Period) -> int:
        """Return the one that applies to fields with this kind of period."""
        return self.year if period is Period.YEARS else self.quarter


@lru_cache(maxsize=1)
def environment() -> BoundedEnvironment:
    """Return the Jinja2 environment: sandboxed, since templates are sent by mail; undefined names are errors."""
    env = BoundedEnvironment(
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        keep_trailing_newline=True,
    )
    env.add_filter("circled", circled)
    return env


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in scope: its slot, and what it runs over.

    ``part`` is the list it runs over, None for the measure. If it runs over periods, ``periods_of`` is ``quarters`` or
    ``years``, ``owner`` the slot of the variable they belong to, and ``part`` the list of that variable. ``broken`` is
    set if the ``{% for … %}`` is malformed; ``outside`` marks the measure in rows of a list that belong to none.
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


@dataclass(frozen=True, slots=True)
class Binding:
    """A cell that shows one text of the model and is read back.

    ``period`` is the number of the period, 0 for none, or ``THIS``; if ``period_slot`` is set, the variable in that
    slot provides it instead. ``owner`` is the slot of the variable whose id becomes the Ref's item.
    """

    spec: Field
    owner: int
    period: int = 0
    period_slot: int = 0

    @property
    def is_number(self) -> bool:
        """True if the cell holds a number."""
        return self.spec.kind is FieldKind.NUMBER

    def in_round(self, this: ThisPeriod) -> Binding | None:
        """Return the binding with its period instead of ``THIS``, or None if the round has no such period."""
        if self.period != THIS:
            return self
        period = this.of(self.spec.period)
        return replace(self, period=period) if period else None

    def getter(self) -> Callable[[Scope], str | None]:
        """Return a function from the scope to the text; it returns None past the end of a list."""
        field, owner, period, slot = self.spec.key, self.owner, self.period, self.period_slot

        def read(scope: Scope) -> str | None:
            record: Record | None = scope[owner]
            if record is None:
                return None
            if not slot:
                return record.text(field, period)
            at = scope[slot]
            return None if at is None else record.text(field, at.number)

        return read


def plain_path(text: str) -> tuple[str, ...] | None:
    """Return the dotted path if the text is exactly one ``{{ a.b.c }}``, else None."""
    match = re.fullmatch(r"\s*\{\{-?\s*([^\W\d]\w*(?:\.\w+)*)\s*-?\}\}\s*", text)
    return tuple(match[1].split(".")) if match else None


def legend_of(text: str) -> tuple[Need | None, str]:
    """Return the need that a cell of the legend illustrates, None for any other cell, and its text without the mark.

    Raise TextFault if there is no such need.
    """
    found = _LEGEND.search(text)
    if found is None:
        return None, text
    known = {kind.value: kind for kind in Need}
    if found[1] not in known:
        names = "、".join(f"{{{{ legend.{name} }}}}" for name in known)
        raise TextFault(f"{found[0]} という見本はありません。使えるのは {names} です。")
    return known[found[1]], _LEGEND.sub("", text)


def content_of(text: str, variables: Mapping[str, Variable]) -> Binding | Computed:
    """Compile the text of a cell: a path of the model is read back, anything else only shown.

    Raise TextFault for bad syntax and unknown names.
    """
    path = plain_path(text)
    variable = variables.get(path[0]) if path else None
    if path is None or variable is None or path[1:] == ("number",):
        return computed(text, variables)
    _check_usable(variable)
    known, name = variable.paths(), ".".join(path[1:])
    found = known.get(name) or variable.paths(former=True).get(name)
    if found is None and name in variable.lists:
        source = ".".join(path)
        raise TextFault(
            f"{source} は一覧です。A 列の {{% for … in {source} %}} で行を繰り返し、その中の項目を書いてください。"
        )
    if found is None:
        raise _unknown(path, known)
    field, period = found
    if variable.periods_of:
        return Binding(field, variable.owner, 0, variable.slot)
    return Binding(field, variable.slot, period)


def _check_usable(variable: Variable) -> None:
    if variable.broken or variable.outside:
        raise TextFault(_FOLLOWS if variable.broken else _OUTSIDE)


def tag_of(field: Field, period: int) -> str:
    """Return the tag that shows a field in a template: ``{{ activity.q1.progress }}``."""
    at = [f"{field.period.letter}{period}"] if period else []
    return f"{{{{ {'.'.join([field.prefix or 'measure', *at, field.name])} }}}}"


def _unknown(path: tuple[str, ...], known: Collection[str]) -> TextFault:
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


def loop_variable(name: str, path: tuple[str, ...], slot: int, variables: Mapping[str, Variable]) -> Variable:
    """Return the variable of ``{% for name in path %}``. Raise TextFault if ``path`` is not a list of the model."""
    if path == (MEASURES,):
        return _measures(name, variables["measure"])
    if root := variables.get(path[0]):
        _check_usable(root)
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


@dataclass(frozen=True, slots=True)
class Computed:
    """A text that is only shown, or an expression of the control column: its source, and the names in it.

    ``value`` evaluates it for the names in scope, to a normalised text or to a number, and may raise anything.
    ``fixed`` is True if it is the same on every sheet of a workbook.
    """

    source: str
    names: frozenset[str]
    fixed: bool
    value: Callable[[Mapping[str, Any]], Any]


def computed(text: str, variables: Mapping[str, Variable]) -> Computed:
    """Compile a text with expressions in it. Raise TextFault for bad syntax and unknown names."""
    if "{%" in text:
        raise TextFault(
            "{% … %} は A 列だけに書けます。行を繰り返すには、繰り返す最初の行と最後の行の A 列に書いてください。"
        )
    env = environment()
    try:
        tree = env.parse(text)
        render = _joined(tree) or _bounded(env.from_string(text).render)
    except Exception as error:  # bad syntax, or anything that Python itself refuses to compile
        raise TextFault(
            f"「{text}」を読めません（{reason(error)}）。{{{{ measure.goal }}}} のように書いてください。"
        ) from None
    names = frozenset(node.name for node in tree.find_all(nodes.Name) if node.ctx == "load")
    for name in sorted(names & set(variables)):
        _check_usable(variables[name])
    if unknown := sorted(names - BOOK_NAMES - set(variables)):
        raise TextFault(
            f"「{unknown[0]}」という名前はここでは使えません。使える名前: {'、'.join([*variables, *sorted(BOOK_NAMES)])}。"
        )
    for path in _paths(tree):
        if path[0] in variables:
            _check_path(path, variables[path[0]])
        elif (known := _names_of_book(path[0], variables)) and path[1] not in known:
            raise _unknown(path, known)
        elif not known and not hasattr("", path[1]):
            whole = f"{{{{ {'.'.join(path)} }}}} という項目はありません。{{{{ {path[0]} }}}} とだけ書いてください。"
            raise TextFault(whole)
    return Computed(text, names, names.isdisjoint(variables), lambda scope: normalise(render(scope)))


def _bounded(evaluate: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return ``evaluate`` with a fresh budget of time and size for each call."""

    def evaluated(names: Mapping[str, Any]) -> Any:
        environment().renew()
        return evaluate(names)

    return evaluated


def _names_of_book(name: str, variables: Mapping[str, Variable]) -> tuple[str, ...]:
    if name != "years":
        return _BOOK_PATHS[name]
    return tuple(f"y{n}" for n in range(1, variables["measure"].catalogue.years + 1))


def reason(error: Exception) -> str:
    """Return in Japanese why an expression failed."""
    text = str(error)
    if isinstance(error, TemplateTooLarge):
        return text
    if match := re.search(r"No (filter|test) named '([^']+)'", text):
        return f"「{match[2]}」という加工はありません"
    if isinstance(error, TemplateSyntaxError):
        return "書き方に誤りがあります"
    if isinstance(error, (UndefinedError, AttributeError, KeyError)):
        names = re.findall(r"'([^']*)'", text)
        return f"「{names[-1]}」という名前はありません" if names else "ない名前が使われています"
    if isinstance(error, ZeroDivisionError):
        return "0 で割っています"
    if isinstance(error, (TypeError, ValueError)):
        return "文字と数のように、種類の違うものを一緒に計算しています"
    return "計算できません"


def _path_of(node: nodes.Node) -> tuple[str, ...]:
    """Return the root and the attributes of a dotted path; () for any other node."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.insert(0, node.attr)
        node = node.node
    return (node.name, *names) if names and isinstance(node, nodes.Name) else ()


def _paths(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    """Yield the dotted paths below a node, each in full."""
    if path := _path_of(node):
        yield path
    else:
        for child in node.iter_child_nodes():
            yield from _paths(child)


def _check_path(path: tuple[str, ...], variable: Variable) -> None:
    """Raise TextFault if the model has no such path; leave what follows a text (``.upper()``) to Jinja2."""
    known = variable.paths()
    names = {*known, *variable.paths(former=True)}
    ends = {*names, "number", "key", *variable.lists}
    begun = {".".join(name.split(".")[:n]) for name in names for n in (1, 2)}
    if not any(".".join(path[1:n]) in ends for n in range(2, len(path) + 1)) and ".".join(path[1:]) not in begun:
        raise _unknown(path, known)


def _joined(tree: nodes.Template) -> Callable[[Mapping[str, Any]], str] | None:
    """Return a function that renders literals and plain paths, ten times as fast as Jinja2; None for any other text."""
    parts: list[str | tuple[str, Callable[[Any], Any]]] = []
    for output in tree.body:
        assert isinstance(output, nodes.Output)
        for node in output.nodes:
            path = _path_of(node)
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            elif path and not any(name.startswith("_") for name in path[1:]):
                parts.append((path[0], attrgetter(".".join(path[1:]))))
            else:
                return None
    return lambda names: "".join([p if isinstance(p, str) else str(p[1](names[p[0]])) for p in parts])


def condition(source: str, variables: Mapping[str, Variable], kind: Callable[[Any], int]) -> Computed:
    """Compile an expression of ``{% if … %}`` or ``at_least(…)``, whose value ``kind`` makes a bool or an int.

    Raise TextFault for bad syntax and unknown names.
    """
    if source.strip().isdecimal():
        number = kind(int(source))
        return Computed(source, frozenset(), True, lambda _: number)
    try:
        expression = environment().compile_expression(source, undefined_to_none=False)
    except Exception as error:  # as in ``computed()``
        raise TextFault(f"「{source}」を読めません（{reason(error)}）。") from None
    shown = computed(f"{{{{ {source} }}}}", variables)
    return replace(shown, source=source, value=_bounded(lambda scope: kind(expression(**scope))))


class ItemView:
    """A model object as computed texts see it: with ``number``, ``this_quarter`` and ``this_year``."""

    __slots__ = ("_item", "_this", "number")

    def __init__(self, item: Any, index: int, this: ThisPeriod) -> None:
        self._item, self.number, self._this = item, circled(index + 1), this

    def __getattr__(self, name: str) -> Any:
        if name == "this_quarter":
            return getattr(self._item, f"q{self._this.quarter}") if self._this.quarter else _NO_PERIOD
        if name == "this_year":
            return getattr(self._item, f"y{self._this.year}") if self._this.year else _NO_PERIOD
        return getattr(self._item, name)


class _NoPeriod:
    """``this_quarter`` or ``this_year`` in a round that belongs to none: all its texts are blank."""

    def __getattr__(self, name: str) -> str:
        return ""

    def __str__(self) -> str:
        return ""


_NO_PERIOD = _NoPeriod()
