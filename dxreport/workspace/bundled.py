"""The files of the repository's workspace that every installation carries."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def bundled(name: str) -> Path:
    """The folder ``name`` (``templates``) of the workspace that dxreport comes with.

    A wheel holds it as ``dxreport/_templates``; in a checkout, and in an editable installation of
    one, it stands beside the package. Raises FileNotFoundError where there is neither.
    """
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{_PACKAGE / f'_{name}'}")
