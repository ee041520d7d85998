"""Find the corrected copies that were written, by their file names alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..workspace.paths import Workspace

FOLDER = "差し戻し"


def kept_copies(workspace: Workspace) -> Mapping[str, list[Path]]:
    """Return the corrected copies by return number, without those of earlier releases that have macros (.xlsm)."""
    found: dict[str, list[Path]] = {}
    for path in sorted((workspace.reports / FOLDER).glob("*_*.xlsx")):
        found.setdefault(path.name.partition("_")[0], []).append(path)
    return found
