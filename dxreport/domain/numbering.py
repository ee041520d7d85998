"""Numbers of records (``U0012``, ``K3``) and of list items (①)."""

from __future__ import annotations

from collections.abc import Iterable


def next_number(prefix: str, taken: Iterable[str]) -> int:
    """Return one more than the highest number after ``prefix`` in ``taken``; other texts do not count."""
    numbers = (id_.removeprefix(prefix) for id_ in taken if id_.startswith(prefix))
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def circled(number: int) -> str:
    """Return ``①`` for 1, and so on to ``⑳``; from 21 the number in brackets: ``(21)``."""
    return chr(ord("①") + number - 1) if 1 <= number <= 20 else f"({number})"
