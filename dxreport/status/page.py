"""Draw an agenda as an HTML page."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ..domain.visible import one_line
from ..workspace.text_templates import environment
from . import words
from .agenda import Agenda, Way


def page(agenda: Agenda, folder: Path) -> bytes:
    """Return a self-contained HTML page in UTF-8, with links from ``folder``; the same agenda gives the same bytes."""
    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    template = environment(autoescape=True, shipped=True).from_string(source)
    sheets = agenda.found.sheets
    half = (len(sheets) + 1) // 2
    columns = [part for part in (sheets[:half], sheets[half:]) if part]
    names = {"agenda": agenda, "folder": folder, "columns": columns, "words": words, "ways": Way, "one_line": one_line}
    return template.render(names).encode("utf-8")
