"""Expressions that are only shown: a text with anything but one plain path in it is Jinja2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes

from ..domain.model import normalise
from ..domain.numbering import circled
from ..workspace.bounded_templates import BoundedEnvironment, TemplateTooLarge
from .faults import TextFault
from .variables import BOOK_NAMES, ThisPeriod, Variable, check_usable, names_of_book, unknown_path


@lru_cache(maxsize=1)
def environment() -> BoundedEnvironment:
    """Return the Jinja2 environment: sandboxed, since templates arrive by mail; undefined names are errors."""
    env = BoundedEnvironment(
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        keep_trailing_newline=True,
    )
    env.add_filter("circled", circled)
    return env


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
        check_usable(variables[name])
    if unknown := sorted(names - BOOK_NAMES - set(variables)):
        raise TextFault(
            f"「{unknown[0]}」という名前はここでは使えません。使える名前: {'、'.join([*variables, *sorted(BOOK_NAMES)])}。"
        )
    for path in _paths(tree):
        if path[0] in variables:
            _check_path(path, variables[path[0]])
        elif (known := names_of_book(path[0], variables)) and path[1] not in known:
            raise unknown_path(path, known)
        elif not known and not hasattr("", path[1]):
            whole = f"{{{{ {'.'.join(path)} }}}} という項目はありません。{{{{ {path[0]} }}}} とだけ書いてください。"
            raise TextFault(whole)
    return Computed(text, names, names.isdisjoint(variables), lambda scope: normalise(render(scope)))


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


def _bounded(evaluate: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return ``evaluate`` with a fresh budget of time and size for each call."""

    def evaluated(names: Mapping[str, Any]) -> Any:
        environment().renew()
        return evaluate(names)

    return evaluated


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
        raise unknown_path(path, known)


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
