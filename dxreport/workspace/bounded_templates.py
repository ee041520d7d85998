"""Jinja2 with a budget: templates arrive by mail, and none may exhaust the memory or time of the machine.

Everything that can lengthen a value or take another step is counted: loops, calls, filters, operators, output. Values
are measured before they grow, so that no single step takes long. This works in any thread and on any system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

import markupsafe
from jinja2 import Environment, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SIZE = 1_000_000  # size of one value, in characters
MAX_STEPS = 2_000_000  # steps of one rendering, about 2 seconds
MAX_OUTPUT = 50_000_000  # size of all values of one rendering, in characters
_CALL = 20  # a call counts as this many steps
_ELEMENT = 10  # an element of a list counts as this many characters
_LOOK = 50  # measuring this many characters counts as one step
_MAX_COUNT = 10_000  # the largest integer that may be passed to a call or filter, as a width or a count
_MAX_BITS = 4_096  # of an integer
_LONG_NUMBER = re.compile(r"[0-9]{5}")
_NESTED = re.compile(r"\{[^{}]*\{|%[^a-zA-Z%]*\*")  # a width that is itself a value
_COUNTED, _BUILT, _JOINED = "dxreport_counted", "dxreport_built", "dxreport_joined"


class TemplateTooLarge(SecurityError):
    """A template exceeded its budget of time or memory; the message is in Japanese."""


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox whose templates stay within ``budget`` times the limits; :meth:`renew` it before each rendering."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self, *, budget: int = 1, **options: Any) -> None:
        self._budget, self._largest = budget, budget * MAX_SIZE
        given = options.pop("finalize", None)

        def finalize(value: Any) -> Any:
            self.spend(1)
            return self._checked(given(value) if given else value)

        super().__init__(finalize=finalize, **options)
        self._steps = self._output = 0
        self.globals.pop("lipsum")
        for name, function in list(self.filters.items()):
            self.filters[name] = self._guarded(function)
        self.filters |= {_COUNTED: self._counted, _BUILT: self._built, _JOINED: self._join}

    def renew(self) -> None:
        """Reset the budget for a new rendering."""
        self._steps = self._output = 0

    def add_filter(self, name: str, function: Callable[..., Any]) -> None:
        """Add a filter under the same limits as the others."""
        self.filters[name] = self._guarded(function)

    def spend(self, steps: int, output: int = 0) -> None:
        """Count steps and output. Raise TemplateTooLarge beyond the budget."""
        self._steps += steps
        self._output += output
        if self._steps > MAX_STEPS * self._budget or self._output > MAX_OUTPUT * self._budget:
            raise TemplateTooLarge("繰り返しが多すぎます")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _instrument(tree, self)
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Apply a binary operator. Raise TemplateTooLarge if the result would be too large."""
        self.spend(1)
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            if left.bit_length() * abs(right) > _MAX_BITS:
                raise TemplateTooLarge("数が大きくなりすぎます")
        elif operator == "*":
            for times, value in ((left, right), (right, left)):
                if isinstance(times, int) and not isinstance(value, int | float):
                    self._check_total(self._size(value) * times)
        elif operator == "%" and isinstance(left, str):
            _check_format(left)
            self._check(right)
        elif operator == "+":
            self._check_total(self._size(left) + self._size(right))
        return self._checked(super().call_binop(context, operator, left, right))

    def call(self, context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.spend(_CALL)
        args = tuple(list(self._counted(a, 0)) if isinstance(a, Iterator) else a for a in args)
        method = getattr(function, "__wrapped__", function)  # the sandbox wraps str.format
        value = getattr(method, "__self__", None)
        self._check_arguments(value, args, kwargs, ints=function is not self.globals["range"])
        if isinstance(value, str) and getattr(method, "__name__", "") == "expandtabs":
            self._check_total(len(value) * max([8, *(a for a in (*args, *kwargs.values()) if isinstance(a, int))]))
        return self._checked(super().call(context, function, *args, **kwargs))

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a filter that first checks its arguments, and then its result."""

        @wraps(function)  # with the marks by which Jinja2 knows what to pass
        def guarded(*args: Any, **kwargs: Any) -> Any:
            own = [a for a in args if not isinstance(a, EvalContext | Environment) and not hasattr(a, "eval_ctx")]
            self._check_arguments(own[0] if own else None, own[1:], kwargs)
            return self._checked(function(*args, **kwargs))

        return guarded

    def _check_arguments(
        self, value: Any, args: Iterable[Any], kwargs: Mapping[str, Any], *, ints: bool = True
    ) -> None:
        self.spend(1)
        given = [*args, *kwargs.values()]
        for argument in given:
            if ints and isinstance(argument, int) and abs(argument) > _MAX_COUNT:
                raise TemplateTooLarge(f"{_MAX_COUNT:,} を超える数は、幅や回数に使えません")
            self._check(argument)
        texts = [len(a) for a in given if isinstance(a, str)]
        if isinstance(value, str):
            _check_format(value)
            self._check_total((len(value) + 1) * max(texts) if len(texts) > 1 else 0)  # replace
            self._check_total(
                len(value) * max((len(a) for a in given if isinstance(a, list | tuple)), default=0)
            )  # join
        elif isinstance(value, list | tuple):
            self._check_total(len(value) * max(texts, default=0))  # the filter join

    def _check(self, value: Any) -> int:
        """Return the size of a value; raise TemplateTooLarge beyond the limit."""
        size = self._size(value)
        self.spend(size // _LOOK)
        self._check_total(size)
        return size

    def _size(self, value: Any) -> int:
        return _size(value, self._largest)

    def _check_total(self, size: int) -> None:
        if size > self._largest:
            raise TemplateTooLarge("値が大きくなりすぎます")

    def _checked(self, value: Any) -> Any:
        self.spend(0, self._check(value))
        return value

    # Filters that the instrumented tree calls

    def _counted(self, values: Iterable[Any], weight: int) -> Iterator[Any]:
        """Yield the values of a loop; each costs a step, and outputs ``weight`` characters of the template itself."""
        for value in values:
            self.spend(1, weight)
            yield value

    def _built(self, value: Any) -> Any:
        self.spend(1)
        return self._checked(value)

    @pass_eval_context
    def _join(self, context: EvalContext, values: list[Any]) -> str:
        """Join values as the operator ``~`` does."""
        self.spend(1)
        self._check(values)
        texts = [value if hasattr(value, "__html__") else str(value) for value in values]
        self._check_total(sum(map(len, texts)))
        return markupsafe.Markup("").join(texts) if context.autoescape else "".join(map(str, texts))


def _size(value: Any, limit: int, depth: int = 0) -> int:
    """Return the size of a value, counting the texts and elements that templates can add; stop beyond ``limit``."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, int):
        return limit + 1 if value.bit_length() > _MAX_BITS else 1
    if not isinstance(value, list | tuple | dict | set | frozenset):
        return 1
    if depth > 50:
        return limit + 1
    total = 1
    for part in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
        total += _ELEMENT + _size(part, limit, depth + 1)
        if total > limit:
            break
    return total


def _check_format(text: str) -> None:
    """Refuse a text with braces or per cent signs that may be a format with an enormous width."""
    if ("{" in text or "%" in text) and (_NESTED.search(text) or _LONG_NUMBER.search(text)):
        raise TemplateTooLarge("書式の幅が大きすぎるか、幅に値が使われています")


def _instrument(tree: nodes.Node, environment: BoundedEnvironment) -> None:
    """Wrap the iterables of loops, and the expressions that build collections or join texts, in counting filters."""
    for field, value in tree.iter_fields():
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, nodes.Node):
                continue
            _instrument(child, environment)
            made = _instrumented(child)
            if made is not child and isinstance(value, list):
                value[index] = made
            elif made is not child:
                setattr(tree, field, made)
    tree.set_environment(environment)


def _instrumented(node: nodes.Node) -> nodes.Node:
    if isinstance(node, nodes.For):
        weight = sum(len(data.data) for part in node.body for data in _data(part))
        node.iter = _filter(node.iter, _COUNTED, nodes.Const(weight))
    elif isinstance(node, nodes.Concat):
        return _filter(nodes.List(node.nodes, lineno=node.lineno), _JOINED)
    elif isinstance(node, nodes.List | nodes.Dict) or (isinstance(node, nodes.Tuple) and node.ctx == "load"):
        return _filter(node, _BUILT)
    return node


def _data(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    return iter([node] if isinstance(node, nodes.TemplateData) else node.find_all(nodes.TemplateData))


def _filter(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)
