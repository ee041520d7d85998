"""What a cell of a template is bound to: a text of the model, which is read back, or an expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..domain.fields import Field, FieldKind
from ..domain.model import Record
from ..domain.needs import Need
from .expressions import Computed, computed
from .faults import TextFault
from .variables import THIS, Scope, ThisPeriod, Variable, check_usable, unknown_path

FREE = "{{ free }}"  # marks an unlocked cell without a field: the department may write there
_LEGEND = re.compile(r"\{\{\s*legend\.(\w+)\s*\}\}")  # marks a cell that shows how inputs of a kind look


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


def content_of(text: str, variables: Mapping[str, Variable]) -> Binding | Computed:
    """Compile the text of a cell: a path of the model is read back, anything else only shown.

    Raise TextFault for bad syntax and unknown names.
    """
    path = plain_path(text)
    variable = variables.get(path[0]) if path else None
    if path is None or variable is None or path[1:] == ("number",):
        return computed(text, variables)
    check_usable(variable)
    known, name = variable.paths(), ".".join(path[1:])
    found = known.get(name) or variable.paths(former=True).get(name)
    if found is None and name in variable.lists:
        source = ".".join(path)
        raise TextFault(
            f"{source} は一覧です。A 列の {{% for … in {source} %}} で行を繰り返し、その中の項目を書いてください。"
        )
    if found is None:
        raise unknown_path(path, known)
    field, period = found
    if variable.periods_of:
        return Binding(field, variable.owner, 0, variable.slot)
    return Binding(field, variable.slot, period)


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
