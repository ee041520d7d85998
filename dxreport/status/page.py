"""Draw the status export as an HTML page."""

from __future__ import annotations

from importlib import resources

from ..workspace.text_templates import environment
from .export import StatusExport
from .words import HEADINGS


def page(export: StatusExport) -> bytes:
    """Return the export as a self-contained HTML page in UTF-8; the same export gives the same bytes."""
    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    template = environment(autoescape=True).from_string(source)
    half = (len(export.lines) + 1) // 2
    columns = [part for part in (export.lines[:half], export.lines[half:]) if part]
    return template.render(export=export, headings=HEADINGS, columns=columns).encode("utf-8")
