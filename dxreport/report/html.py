"""The report as one self-contained HTML file, from the figures and the template ``報告書.html`` (Jinja2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..domain.errors import DxreportError
from ..workspace.text_templates import environment, error_line
from . import words
from .records import Category, Figures, Progress
from .states import shaded

TEMPLATE = "報告書.html"
_SHADES = {
    Progress.ON_TRACK: 3,
    Progress.LATE: 3,
    Progress.WORD: 8,
}  # patterns drawn by the template; one of any other standing


def html(figures: Figures, template: Path) -> bytes:
    """Return the report as UTF-8; the same figures give the same bytes.

    All texts are escaped. Raises DxreportError for an error in the template.
    """
    try:
        source = template.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DxreportError(
            f"{template} から HTML を作れません（文字コードが UTF-8 ではありません）。",
            f"{template.name} を、文字コードを UTF-8 にして保存し直してください。",
        ) from None
    categories = figures.overview.categories
    progress: dict[str, set[int]] = {}  # places of the categories of its activities, by 施策ID
    for activity in figures.activities:
        progress.setdefault(activity.measure.id, set()).add(categories.index(activity.category))
    names = {
        "report": figures,
        "words": words,
        "looks": looks(categories),
        "looks_of": looks,
        "place": categories.index,
        "progress": {id_: " ".join(map(str, sorted(places))) for id_, places in progress.items()}.get,
    }
    try:
        return environment(autoescape=True).from_string(source).render(names).encode("utf-8")
    except Exception as error:  # the template is a program of the office's: it may raise anything
        number = error_line(error)
        line = f"{number} 行目: " if number else ""
        reason = " ".join((getattr(error, "message", "") or str(error)).split()) or type(error).__name__
        raise DxreportError(
            f"{template} から HTML を作れません（{line}{reason}）。", f"{template.name} を元に戻すか、直してください。"
        ) from None


def looks(categories: Sequence[Category]) -> tuple[str, ...]:
    """Return the pattern of each category, ``late-0``; more words of one standing get other shades of it."""
    return tuple(f"{c.standing.value}-{min(shade, _SHADES.get(c.standing, 1) - 1)}" for c, shade in shaded(categories))
