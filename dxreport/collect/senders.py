"""The sender of a mail: the department it belongs to, and whether it is from outside the city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from ..domain.addresses import addresses, bare, domain_of, in_domain
from ..master.records import Master

_Index = Mapping[str, set[str]]


class Senders:
    """The addresses in a master, to compare with those of mails; each is read once."""

    def __init__(self, master: Master) -> None:
        self._master = master

    def department_of(self, sender: str) -> str:
        """Return the department that a mail came from, "" if that is unknown.

        It is the only department with this address as 宛先 or CC; else in 連絡先 of its measures; else with any address in
        the sender's domain.
        """
        address, domain = bare(sender), domain_of(sender)
        for index, key in ((self._listed, address), (self._contacts, address), (self._domains, domain)):
            if key and len(found := index.get(key, ())) == 1:
                return next(iter(found))
        return ""

    def foreign(self, sender: str) -> str:
        """Return an address of a From line that is neither listed in 部署 nor in the city's mail domain, "" for none.

        The domain is that of 設定, else any domain of 部署; without either, no address is foreign. Words without @ are
        ignored: Exchange names its own senders that way.
        """
        domain = self._master.settings.mail_domain
        own: Iterable[str] = [domain] if domain else self._domains
        good, bad = addresses(sender)
        known = (a for a in map(bare, good) if a in self._listed or any(in_domain(a, d) for d in own))
        foreign = [*dict.fromkeys(map(bare, good)).keys() - set(known), *(word for word in bad if "@" in word)]
        return next(iter(sorted(foreign)), "") if own else ""

    @cached_property
    def _listed(self) -> _Index:
        """The departments by address, as 宛先 or CC."""
        return _index((d.name, text) for d in self._master.departments for text in (d.to, d.cc))

    @cached_property
    def _contacts(self) -> _Index:
        """The departments by address, in 連絡先 of their measures."""
        return _index((m.lead_department, m.contact_email) for m in self._master.measures)

    @cached_property
    def _domains(self) -> _Index:
        """The departments by the domains of their addresses in 部署."""
        found = defaultdict[str, set[str]](set)
        for address, departments in self._listed.items():
            found[domain_of(address)] |= departments
        return found


def _index(texts: Iterable[tuple[str, str]]) -> _Index:
    """Return the departments by the addresses in their texts."""
    found = defaultdict[str, set[str]](set)
    for department, text in texts:
        for address in addresses(text)[0]:
            found[bare(address)].add(department)
    return found
