"""Turn raw findings into problems: set their severity, remove duplicates, sort them in form order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ..domain import problems
from ..domain.fields import Access, Catalogue, Ref, label
from ..domain.model import Settings
from ..domain.numbering import circled
from ..domain.problems import Problem, listed, problem, shown
from .case import Case, Finding, Rule

_CELLS = 6  # a problem names at most this many addresses
_NAME = 20  # characters of a 取組内容 that a label shows


def judge(case: Case, rules: Iterable[Rule]) -> list[Finding]:
    """Return the findings of ``rules`` with their severity, one per fault, in form order.

    Only what the return introduced is an error: in cells that are all as issued, an error becomes a warning. A warning
    about cells that the department neither changed nor could change is left to the check of the master. That check
    keeps the severities of the catalogue, and reports no blanks that no form asks for.
    """
    found = [_with_severity(case, f) for rule in rules for f in rule(case)]
    found = [f for f in found if not _out_of_reach(case, f)]
    return _in_order(case, _grouped(_without_duplicates(found)))


def _with_severity(case: Case, found: Finding) -> Finding:
    default = "warning" if case.as_issued(*found.refs) else found.kind.severity
    return replace(found, severity=found.severity or default)


def _out_of_reach(case: Case, found: Finding) -> bool:
    """Return True for a warning about cells that the department neither changed nor could change.

    In a check of the master, return True for a finding about blanks that no form asks for.
    """
    if case.issued is None:
        return not any(case.has_input(ref) or case.values.get(ref, "").strip() for ref in found.refs)
    if found.kind.severity == "error" or not case.as_issued(*found.refs):
        return False
    return all(case.access(ref) is Access.LOCKED or not case.has_input(ref) for ref in found.refs)


def _without_duplicates(found: list[Finding]) -> list[Finding]:
    """Drop other findings about a changed locked cell, and the warning about a correction that is itself an error."""
    locked = {ref for f in found if f.kind is problems.LOCKED_CHANGED for ref in f.refs}
    wrong = {ref for f in found if f.severity == "error" for ref in f.refs}
    reported = {problems.LOCKED_CHANGED: set[Ref](), problems.REPORTED_CHANGED: wrong}
    return [f for f in found if reported.get(f.kind, locked).isdisjoint(f.refs)]


def _grouped(found: list[Finding]) -> list[Finding]:
    """Join findings of the same fault into one with all its cells."""
    groups: dict[tuple[object, ...], Finding] = {}
    for f in found:
        key = (f.kind.code, f.severity, tuple(f.params.items()))
        first = groups.get(key)
        groups[key] = replace(first, refs=tuple(dict.fromkeys(first.refs + f.refs))) if first else f
    return list(groups.values())


def _in_order(case: Case, found: list[Finding]) -> list[Finding]:
    place = {ref: n for n, ref in enumerate(case.values)} if found else {}
    end = len(place)
    ordered = [replace(f, refs=tuple(sorted(f.refs, key=lambda r: place.get(r, end)))) for f in found]
    return sorted(ordered, key=lambda f: (place.get(f.refs[0], end), f.kind.code))


def problems_of(
    findings: Iterable[Finding],
    locate: Callable[[Ref], tuple[str, str]],
    settings: Settings,
    values: Mapping[Ref, str],
) -> list[Problem]:
    """Return the findings as problems for people.

    ``locate`` returns sheet and cell of a text, the cell ``""`` if there is none. ``values`` are the texts as returned;
    they name the items, and the message shows that of the first cell.
    """
    out = []
    for found in findings:
        places = list(dict.fromkeys(place for place in map(locate, found.refs) if place[1]))
        first, rest = found.refs[0], len(found.refs) - 1
        name = label(first, settings, item_name(first, values, settings.catalogue))
        made = problem(
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
        out.append(made)
    return out


def _cells(places: list[tuple[str, str]]) -> str:
    """Return ``E21、G21``; a cell on another sheet than the first is prefixed with its sheet."""
    names = [cell if sheet == places[0][0] else f"{sheet}!{cell}" for sheet, cell in places]
    return listed(names, _CELLS)


def item_name(ref: Ref, values: Mapping[Ref, str], catalogue: Catalogue) -> str:
    """Return what people call the list item of ``ref``, ``""`` for none: ``「…」`` (its 取組内容), ``成果目標①``."""
    items = catalogue.list_of(ref)
    if items is None or not ref.item:
        return ""
    name = values.get(Ref("activity.name", ref.item), "") if items.prefix == "activity" else ""
    if name.strip() and ref.field != "activity.name":
        name = shown(name, _NAME)
        return f"『{name}』" if "「" in name else f"「{name}」"
    keys = list(dict.fromkeys(r.item for r in values if items.is_id(r.item)))
    n = keys.index(ref.item) + 1 if ref.item in keys else len(keys) + 1
    return items.label + circled(n)
