"""The report as HTML: one file that needs nothing else, from the figures and the template ``報告書.html`` (Jinja2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import DxreportError
from . import words
from .records import Category, Figures, Standing

TEMPLATE = "報告書.html"
_SHADES = {Standing.ON_TRACK: 3, Standing.LATE: 3}  # patterns that the template draws; of all others there is one


def html(figures: Figures, template: Path) -> bytes:
    """The report as UTF-8; the same figures give the same bytes.

    Every text of people is escaped. Raises DxreportError where the template has an error.
    """
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    places = {category: n for n, category in enumerate(figures.overview.categories)}
    try:
        text = environment.from_string(template.read_text(encoding="utf-8")).render(
            report=figures,
            words=words,
            looks=looks(figures.overview.categories),
            place=places.__getitem__,
            progress=_progress(figures, places).get,
        )
    except TemplateError as error:
        line = f"{error.lineno} 行目: " if getattr(error, "lineno", None) else ""
        raise DxreportError(
            f"{template} から HTML を作れません（{line}{error.message}）。", f"{template.name} を元に戻すか、直してください。"
        ) from None
    return text.encode("utf-8")


def looks(categories: Sequence[Category]) -> tuple[str, ...]:
    """The pattern of each category: ``late-0``; further words of the same meaning get other shades of it."""
    seen: dict[Standing, int] = {}
    out = []
    for category in categories:
        standing = category.standing
        out.append(f"{standing.value}-{min(seen.get(standing, 0), _SHADES.get(standing, 1) - 1)}")
        seen[standing] = seen.get(standing, 0) + 1
    return tuple(out)


def _progress(figures: Figures, places: dict[Category, int]) -> dict[str, str]:
    """By 施策ID, the places of the categories that its activities have, ``0 2``: what a filter compares."""
    found: dict[str, set[int]] = {}
    for line in figures.activities:
        found.setdefault(line.measure.id, set()).add(places[line.category])
    return {id_: " ".join(map(str, sorted(numbers))) for id_, numbers in found.items()}
