"""The keys documented in docs/json.md, and the paths of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def documented() -> dict[str, dict[str, str]]:
    """Return the keys of each section of docs/json.md, each with its description."""
    sections = re.split(r"^##+ (.+)$", (ROOT / "docs/json.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    rows = r"^\| `([^`]+)` \| (.*) \|$"
    return {
        head: dict(re.findall(rows, body, re.MULTILINE))
        for head, body in zip(sections[1::2], sections[2::2], strict=True)
    }


def expanded(section: Mapping[str, str], records: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield the paths of a section, including those of the records it refers to."""
    for path, said in section.items():
        yield path
        if found := re.match(r"(list of )?\[(\w+)\]\(#\w+\)", said):
            inside = f"{path}[]" if found[1] else path
            yield from (f"{inside}.{key}" for key in records[found[2]])


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the paths of an answer, with objects as ``path.``."""
    if isinstance(value, dict):
        yield f"{at}."
        for key, inner in value.items():
            here = f"{at}.{key}" if at else key
            yield here
            yield from paths(inner, here) if here != "sums" else ()  # its keys are the states
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")
