"""Rules for single texts: addresses, department names, length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..domain import problems
from ..domain.addresses import in_domain
from ..domain.fields import Ref
from ..ooxml.text import MAX_TEXT, utf16_length
from .case import Case, Finding, finding

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_BETWEEN = re.compile(r"[\s、，,;；]+")


def address(case: Case) -> Iterator[Finding]:
    """Report a blank 連絡先, and addresses in it that are malformed or outside the mail domain of 設定."""
    ref = Ref("contact_email")
    text = case.values[ref]
    if not any(_BETWEEN.split(text)) and not case.requires(ref) and not case.still_to_ask(ref):
        yield finding(problems.MAIL_BLANK, ref)
    yield from malformed(ref, text, case.settings.mail_domain)


def malformed(ref: Ref, text: str, domain: str) -> Iterator[Finding]:
    """Report words of ``text`` that are not mail addresses, or are outside ``domain`` and its subdomains."""
    for mail in (mail for mail in _BETWEEN.split(text) if mail):
        if not _MAIL.fullmatch(mail):
            yield finding(problems.MAIL_MALFORMED, ref, value=mail, domain=domain or "ドメイン")
        elif domain and not in_domain(mail, domain):
            yield finding(problems.MAIL_DOMAIN, ref, value=mail, domain=domain)


def department_names(case: Case) -> Iterator[Finding]:
    """Report 旧名称 in 主管部署 and 関連部署."""
    for ref in (Ref("lead_department"), Ref("related_departments")):
        for name in _BETWEEN.split(case.values[ref]):
            if name in case.renamed:
                yield finding(problems.DEPARTMENT_RENAMED, ref, value=name, expected=case.renamed[name])


def length(case: Case) -> Iterator[Finding]:
    """Report texts that are too long for an Excel cell."""
    for ref, text in case.values.items():
        if len(text) * 2 > MAX_TEXT and (units := utf16_length(text)) > MAX_TEXT:
            yield finding(problems.TEXT_TOO_LONG, ref, length=f"{units:,}")
