"""Mail addresses as people write them into the master: 総務課 <soumu@example.jp>、dx@example.jp."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

from . import problems
from .problems import Problem, problem

_CLOSE = 0.85  # a domain at least this similar is taken for a misspelling
_WORD = re.compile(r'(?:"[^"]*"|[^"、，,；;\r\n])+')
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*", re.ASCII)


def addresses(text: str) -> tuple[list[str], list[str]]:
    """Split 宛先 or CC into mail addresses and other words: ``([総務課 <soumu@…>, …], [担当まで])``.

    Addresses are separated by 、 ; , or line breaks and may have a name (``総務課 <soumu@example.jp>``).
    Full-width letters of an address become half-width.
    """
    good, bad = [], []
    for word in filter(None, map(str.strip, _WORD.findall(text))):
        # ``総務課＜ｓｏｕｍｕ＠…＞``: only the address becomes half-width, not the name.
        plain = word.replace("＜", "<")
        start = max(0, plain.find("<"))
        name, address = _parsed(plain[:start] + unicodedata.normalize("NFKC", plain[start:]))
        if _ADDRESS.fullmatch(address):
            good.append(f"{name} <{address}>" if name else address)
        else:
            bad.append(word)
    return good, bad


def _parsed(text: str) -> tuple[str, str]:
    """Return the name and the address in a text; both ``""`` if it cannot be read."""
    if _ADDRESS.fullmatch(text):  # the common form; reading it here spares status the import of email
        return "", text
    from email.utils import parseaddr

    return parseaddr(text)


def bare(address: str) -> str:
    """Return an address for comparison: in lower case, without the name before it."""
    _, bracket, inner = address.rpartition("<")
    return (inner.partition(">")[0].strip() if bracket else _parsed(address)[1]).casefold()


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, for comparison."""
    return bare(address).rpartition("@")[2]


def in_domain(address: str, domain: str) -> bool:
    """Return True if an address is in a mail domain or a subdomain of it."""
    return f".{domain_of(address)}".endswith(f".{domain.casefold()}")


def address_problems(text: str, domain: str) -> Iterator[Problem]:
    """Yield the problems of a 宛先: blank, unreadable, or outside the office's mail ``domain``."""
    good, bad = addresses(text)
    if not good and not bad:
        yield problem(problems.ADDRESS_MISSING)
    for word in bad:
        yield problem(problems.ADDRESS_UNREAD, {"value": word}, value=word)
    for address in (a for a in good if domain and not in_domain(a, domain)):
        close = SequenceMatcher(None, domain_of(address), domain.casefold()).ratio() >= _CLOSE
        kind = problems.ADDRESS_MISSPELT if close else problems.ADDRESS_ELSEWHERE
        yield problem(kind, {"domain": domain}, value=address)
