"""The board as a page of HTML that needs nothing beside itself."""

from __future__ import annotations

from .export import Board


def page(board: Board) -> bytes:
    """The page, UTF-8; the same board gives the same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader(__package__, ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html").render(board=board).encode("utf-8")
