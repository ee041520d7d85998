"""Jinja2 templates that people edit: their environment, and the lines of their errors."""

from __future__ import annotations

from functools import partial
from traceback import walk_tb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_FROM_STRING = "<template>"  # what tracebacks show as the file of a Jinja2 template made from a string


def environment(*, autoescape: bool, budget: int = 1, shipped: bool = False) -> Environment:
    """Return a sandbox for one rendering, bounded to ``budget`` times the usual limits.

    Unknown names are errors, and lines that hold only a tag leave no blank line. A ``shipped`` template is part of the
    program: it needs no sandbox, which would take half the time of a long report.
    """
    from jinja2 import Environment, StrictUndefined

    from .bounded_templates import BoundedEnvironment

    bounded = partial(BoundedEnvironment, budget=budget)
    return (Environment if shipped else bounded)(
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def error_line(error: Exception) -> int:
    """Return the line of the template in which an error arose; 0 if it is unknown."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == _FROM_STRING]
    return lines[-1] if lines else 0
