"""The report as one self-contained HTML file, from the figures and the template ``報告書.html`` (Jinja2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from ..domain.errors import DxreportError
from ..domain.visible import one_line
from ..workspace.bundled import is_shipped
from ..workspace.text_templates import environment, error_line
from . import words
from .activity_records import Category, Progress
from .outcome_records import Attainment, OutcomeResult
from .records import Figures
from .states import shaded

TEMPLATE = "報告書.html"
# How many patterns the template draws for a standing; one for any other.
_SHADES = {Progress.ON_TRACK: 3, Progress.DONE: 2, Progress.LATE: 3, Progress.WORD: 8}
_MARKS = {Attainment.MET: "met", Attainment.SHORT: "short"}
_PER_BUDGET = 200  # activities; one takes about 600 steps and 1,500 characters
_TOP, _BOTTOM = 18, 82  # percent, room for the marks


def html(figures: Figures, template: Path) -> bytes:
    """Return the report as UTF-8; the same figures give the same bytes.

    All texts are escaped. Raise DxreportError for an error in the template.
    """
    try:
        source = template.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DxreportError(
            f"{template} から HTML を作れません（文字コードが UTF-8 ではありません）。",
            f"{template.name} を、文字コードを UTF-8 にして保存し直してください。",
        ) from None
    categories = figures.overview.categories
    progress: dict[str, set[int]] = {}  # indexes of the categories of its activities, by 施策ID
    for activity in figures.activities:
        progress.setdefault(activity.measure.id, set()).add(categories.index(activity.category))
    # Names and signatures of earlier releases must stay: offices have copied the template.
    names = {
        "report": figures,
        "words": words,
        "looks": looks(categories),
        "looks_of": looks,
        "counted": counted,
        "path": path,
        "names_of": {c.standing.value: c.label for c in words.by_standing(figures.overview)},
        "place": categories.index,
        "progress": {id_: " ".join(map(str, sorted(places))) for id_, places in progress.items()}.get,
    }
    try:
        budget = 1 + len(figures.activities) // _PER_BUDGET
        jinja = environment(autoescape=True, budget=budget, shipped=is_shipped(template))
        return jinja.from_string(source).render(names).encode("utf-8")
    except Exception as error:  # the template is a program of the office's: it may raise anything
        number = error_line(error)
        line = f"{number} 行目: " if number else ""
        reason = one_line(getattr(error, "message", "") or str(error)) or type(error).__name__
        raise DxreportError(
            f"{template} から HTML を作れません（{line}{reason}）。", f"{template.name} を元に戻すか、直してください。"
        ) from None


def looks(categories: Sequence[Category]) -> tuple[str, ...]:
    """Return the pattern of each category, such as ``late-0``; further words of a standing get other shades of it."""
    return tuple(f"{c.standing.value}-{min(shade, _SHADES.get(c.standing, 1) - 1)}" for c, shade in shaded(categories))


def counted(
    categories: Sequence[Category], counts: Sequence[int], planned: bool | None = None
) -> tuple[tuple[Category, str, int], ...]:
    """Return the categories that occur, each with its pattern and count.

    ``planned`` selects those in the denominator (True) or outside it (False).
    """
    return tuple(
        (category, look, count)
        for category, look, count in zip(categories, looks(categories), counts, strict=True)
        if count and planned in (None, category.standing.due)
    )


def path(outcome: OutcomeResult, side: str) -> tuple[tuple[str, str, str], ...]:
    """Return the points of the targets (``target``) or results (``actual``) over the years.

    Each has its position in percent from the left and the top, and the mark of its verdict. Every outcome has its own
    scale.
    """
    both = [amount.number for y in outcome.years for amount in (y.target_amount, y.actual_amount) if amount]
    low, span = min(both), max(both) - min(both)
    points = []
    for n, year in enumerate(outcome.years):
        amount = year.target_amount if side == "target" else year.actual_amount
        if amount is not None:
            height = (amount.number - low) / span if span else Decimal("0.5")
            x, y = Decimal(2 * n + 1) / (2 * len(outcome.years)) * 100, _BOTTOM - height * (_BOTTOM - _TOP)
            points.append((f"{x:.2f}", f"{y:.1f}", _MARKS.get(year.verdict, "open")))
    return tuple(points)
