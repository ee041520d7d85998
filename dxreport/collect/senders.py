"""Whose a mail is: the department of its sender."""

from __future__ import annotations

from ..domain.addresses import addresses, bare, domain_of
from ..master.records import Master


def department_of(master: Master, sender: str) -> str:
    """The department that a mail came from, "" for none.

    It has the address as 宛先 or CC, or in 連絡先 of its measures; else it alone has addresses in the sender's domain.
    """
    address, domain = bare(sender), domain_of(sender)
    listed = {d.name: [*_bare(d.to), *_bare(d.cc)] for d in master.departments}
    contacts: dict[str, list[str]] = {d: [] for d in listed}
    for m in master.measures:
        contacts.setdefault(m.lead_department, []).extend(_bare(m.contact_email))
    for theirs in (listed, contacts):
        if len(found := [name for name, known in theirs.items() if address in known]) == 1:
            return found[0]
    near = [name for name, known in listed.items() if domain and domain in map(domain_of, known)]
    return near[0] if len(near) == 1 else ""


def _bare(text: str) -> list[str]:
    return [bare(address) for address in addresses(text)[0]]
