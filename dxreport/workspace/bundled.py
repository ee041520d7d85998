"""The folders of the repository that every installation includes."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def bundled(name: str) -> Path:
    """Return the shipped folder ``name`` (``templates``, ``gallery``).

    In a wheel it is ``dxreport/_templates`` and so on; in a checkout, or an editable installation of one, it is next to
    the package. Raise FileNotFoundError if there is neither.
    """
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{_PACKAGE / f'_{name}'}")
