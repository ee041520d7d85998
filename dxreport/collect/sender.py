"""Who sent a return: whether an address is one of the departments, or of their domain."""

from __future__ import annotations

import re
import unicodedata

from ..master.records import Master

_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_BARE = re.compile(r'[^\s<>(),;:"]+@[^\s<>(),;:"]+')


def foreign_sender(sender: str, master: Master) -> str:
    """Return the address of a From line that is neither an address of 部署 nor of the city's domain.

    The domain is that of 設定, else those of the addresses. "" where there is none, where it is no Internet address
    (Exchange names its own otherwise), or where the master has nothing to compare with.
    """
    known = {address for d in master.departments for address in _addresses(f"{d.to} {d.cc}")}
    domain = _folded(master.settings.mail_domain).lstrip("@")
    domains = {domain} if domain else {address.rpartition("@")[2] for address in known}
    for address in _addresses(sender):
        own = address.rpartition("@")[2]
        if domains and address not in known and not any(own == d or own.endswith(f".{d}") for d in domains):
            return address
    return ""


def _addresses(text: str) -> list[str]:
    folded = _folded(text)
    return _IN_BRACKETS.findall(folded) or _BARE.findall(folded)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
