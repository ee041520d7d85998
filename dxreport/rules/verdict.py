"""From findings to a verdict: severity settled, nothing said twice, in the order of the form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ..domain import problems
from ..domain.fields import LIST_NAMES, Access, label
from ..domain.model import LIST_BY_PREFIX, Ref, Settings
from ..domain.numbering import circled
from ..domain.problems import Problem, problem
from .case import Case, Finding, Rule

_CELLS = 6  # addresses that a problem names before "ほか"
_NAME = 20  # characters of a 取組内容 in a label


def judge(case: Case, rules: Iterable[Rule]) -> list[Finding]:
    """All findings of ``rules``, severity settled, one per fault, in the order of the form.

    Only what a return introduced is an error: an error all of whose cells stand as issued
    becomes a warning, and a warning about cells that the department neither wrote nor could
    write is left to the check of the master. In such a check the catalogue's severity stands.
    """
    found = [_settled(case, f) for rule in rules for f in rule(case)]
    found = [f for f in found if not _out_of_reach(case, f)]
    return _in_order(case, _grouped(_once(found)))


def _settled(case: Case, found: Finding) -> Finding:
    stood = "warning" if case.stood(*found.refs) else found.kind.severity
    return replace(found, severity=found.severity or stood)


def _out_of_reach(case: Case, found: Finding) -> bool:
    if found.kind.severity == "error" or not case.stood(*found.refs):
        return False
    return all(case.access(ref) is Access.LOCKED for ref in found.refs)


def _once(found: list[Finding]) -> list[Finding]:
    """A changed locked cell is wrong whatever it says; a correction that is wrong is not taken."""
    locked = {ref for f in found if f.kind is problems.LOCKED_CHANGED for ref in f.refs}
    wrong = {ref for f in found if f.severity == "error" for ref in f.refs}
    said = {problems.LOCKED_CHANGED: set(), problems.REPORTED_CHANGED: wrong}
    return [f for f in found if said.get(f.kind, locked).isdisjoint(f.refs)]


def _grouped(found: list[Finding]) -> list[Finding]:
    """The same fault in several cells is one finding."""
    groups: dict[tuple, Finding] = {}
    for f in found:
        key = (f.kind.code, f.severity, tuple(f.params.items()))
        first = groups.get(key)
        groups[key] = replace(first, refs=tuple(dict.fromkeys(first.refs + f.refs))) if first else f
    return list(groups.values())


def _in_order(case: Case, found: list[Finding]) -> list[Finding]:
    place = {ref: n for n, ref in enumerate(case.values)}
    end = len(place)
    ordered = [replace(f, refs=tuple(sorted(f.refs, key=lambda r: place.get(r, end)))) for f in found]
    return sorted(ordered, key=lambda f: (place.get(f.refs[0], end), f.kind.code))


def problems_of(
    findings: Iterable[Finding],
    locate: Callable[[Ref], tuple[str, str]],
    settings: Settings,
    values: Mapping[Ref, str],
) -> list[Problem]:
    """The findings as people read them.

    ``locate`` gives (sheet, cell) of a text, ``""`` for what stands nowhere; ``values`` are the
    texts as returned, for the names of items and the value shown (the first cell's).
    """
    return [_problem(f, locate, settings, values) for f in findings]


def _problem(
    found: Finding, locate: Callable[[Ref], tuple[str, str]], settings: Settings, values: Mapping[Ref, str]
) -> Problem:
    places = list(dict.fromkeys(place for place in map(locate, found.refs) if place[1]))
    first = found.refs[0]
    rest = len(found.refs) - 1
    name = label(first, settings, item_name(first, values))
    return problem(
        found.kind,
        found.params,
        severity=found.severity,
        sheet=places[0][0] if places else locate(first)[0],
        cell=_cells(places),
        field=str(first),
        label=f"{name} ほか{rest}か所" if rest else name,
        value=values.get(first, ""),
        fields=tuple(map(str, found.refs)),
    )


def _cells(places: list[tuple[str, str]]) -> str:
    """``E21、G21``; cells of another sheet than the first one's carry its name."""
    names = [cell if sheet == places[0][0] else f"{sheet}!{cell}" for sheet, cell in places]
    more = len(names) - _CELLS
    return "、".join(names[:_CELLS]) + (f" ほか{more}か所" if more > 0 else "")


def item_name(ref: Ref, values: Mapping[Ref, str]) -> str:
    """How people call the list item of ``ref``: ``「取組内容」``, ``成果目標①``; ``""`` for none."""
    if not ref.item:
        return ""
    prefix = ref.field.partition(".")[0]
    name = " ".join(values.get(Ref("activity.name", ref.item), "").split()) if prefix == "activity" else ""
    if name and ref.field != "activity.name":
        name = name if len(name) <= _NAME else name[: _NAME - 1] + "…"
        return f"『{name}』" if "「" in name else f"「{name}」"
    keys = list(dict.fromkeys(r.item for r in values if r.item[:1] == LIST_BY_PREFIX[prefix].letter))
    n = keys.index(ref.item) + 1 if ref.item in keys else len(keys) + 1
    return LIST_NAMES[prefix] + circled(n)
