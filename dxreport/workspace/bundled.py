"""The folders of the repository that every installation includes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_OF_EARLIER_RELEASES = frozenset({
    "614438d4fc8139fea8cf1e76631f2f136d083154431b3b42be83e3b4f1ce8fb4",  # 報告書.typ
    "19f444acc2feb651fe2bbe8d55564869685692f100a1f422d3288d85b281042e",  # 報告書.html
    "5c6f522ede47c8ae4f02b784e1f13733bd583f5d5294808db0cf6b9c302c495e",  # メール_差し戻し.txt
    "308a08e387f2486151e55b615a1b74142604ee3593b37ad234c6b5c2cf4dc0aa",  # メール_督促.txt
})  # fmt: skip


def bundled(name: str) -> Path:
    """Return the shipped folder ``name`` (``templates``, ``gallery``).

    In a wheel it is ``dxreport/_templates`` and so on; in a checkout, or an editable installation of one, it is next to
    the package. Raise FileNotFoundError if there is neither.
    """
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{_PACKAGE / f'_{name}'}")


def current(own: Path) -> Path:
    """Return an office's text template; if it is an unedited one of an earlier release, the one shipped now."""
    if own.is_file() and sha256(own.read_bytes()).hexdigest() in _OF_EARLIER_RELEASES:
        return bundled("templates") / own.name
    return own


def is_shipped(template: Path) -> bool:
    """Return True if a text template is the shipped one, byte for byte."""
    shipped = bundled("templates") / template.name
    return shipped.is_file() and template.read_bytes() == shipped.read_bytes()
