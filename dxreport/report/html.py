"""The report as HTML: one file that needs nothing else, from the figures and the template ``報告書.html`` (Jinja2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from traceback import walk_tb

from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..domain.errors import DxreportError
from . import words
from .records import Category, Figures, Standing

TEMPLATE = "報告書.html"
_IN_TEMPLATE = "<template>"  # how Jinja2 calls a template without a file, in the frames of an error
_SHADES = {Standing.ON_TRACK: 3, Standing.LATE: 3}  # patterns that the template draws; of all others there is one


def html(figures: Figures, template: Path) -> bytes:
    """The report as UTF-8; the same figures give the same bytes.

    Every text of people is escaped. Raises DxreportError where the template has an error.
    """
    try:
        source = template.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DxreportError(
            f"{template} から HTML を作れません（文字コードが UTF-8 ではありません）。",
            f"{template.name} を、文字コードを UTF-8 にして保存し直してください。",
        ) from None
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    places = {category: n for n, category in enumerate(figures.overview.categories)}
    progress = _progress(figures, places)
    patterns = looks(figures.overview.categories)
    try:
        text = environment.from_string(source).render(
            report=figures, words=words, looks=patterns, place=places.__getitem__, progress=progress.get
        )
    except Exception as error:  # what people wrote into the template may raise anything
        number = _line(error)
        line = f"{number} 行目: " if number else ""
        said = " ".join((getattr(error, "message", "") or str(error)).split()) or type(error).__name__
        raise DxreportError(
            f"{template} から HTML を作れません（{line}{said}）。", f"{template.name} を元に戻すか、直してください。"
        ) from None
    return text.encode("utf-8")


def _line(error: Exception) -> int:
    """The line of the template at which it went wrong; 0 where that is not known."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    frames = walk_tb(error.__traceback__)
    return next((line for frame, line in reversed([*frames]) if frame.f_code.co_filename == _IN_TEMPLATE), 0)


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
