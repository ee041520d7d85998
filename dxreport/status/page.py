"""The status export as a self-contained HTML page."""

from __future__ import annotations

from importlib import resources

from ..workspace.text_templates import environment
from .export import StatusExport


def page(export: StatusExport) -> bytes:
    """Return the page as UTF-8; the same export gives the same bytes."""
    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return environment(autoescape=True).from_string(source).render(export=export).encode("utf-8")
