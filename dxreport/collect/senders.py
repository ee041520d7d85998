"""The sender of a mail: the department it belongs to, and whether it is from outside the city."""

from __future__ import annotations

from ..domain.addresses import addresses, bare, domain_of, in_domain
from ..master.records import Master


def department_of(master: Master, sender: str) -> str:
    """Return the department that a mail came from, "" for none.

    It is the only one with the address in its 宛先 or CC, else the only one with it as 連絡先 of its measures, else the
    only one with addresses in the sender's domain.
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


def foreign_sender(master: Master, sender: str) -> str:
    """Return an address of a From line that is neither in 部署 nor in the city's mail domain, "" if there is none.

    The domain is that of 設定, else any domain of the addresses in 部署; if both are blank, nothing is foreign. Senders
    without "@" are ignored: Exchange names its own users in another way.
    """
    known = {address for d in master.departments for address in (*_bare(d.to), *_bare(d.cc))}
    own = {master.settings.mail_domain} if master.settings.mail_domain else set(map(domain_of, known))
    good, bad = addresses(sender)
    near = (a for a in map(bare, good) if a in known or any(in_domain(a, domain) for domain in own))
    foreign = [*dict.fromkeys(map(bare, good)).keys() - set(near), *(word for word in bad if "@" in word)]
    return next(iter(sorted(foreign)), "") if own else ""


def _bare(text: str) -> list[str]:
    return [bare(address) for address in addresses(text)[0]]
