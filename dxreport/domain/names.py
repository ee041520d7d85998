"""Names of an office, its plan and its papers, and its own words for 施策, 取組 and CIO補佐."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace

FORM, REPORT = "年間活動計画", "進捗報告書"
MEASURE, ACTIVITY, ADVISER = "施策", "取組", "CIO補佐"
_TERM = re.compile(f"{MEASURE}|{ACTIVITY}|{ADVISER}")


@dataclass(frozen=True, slots=True)
class Names:
    """The names in 設定, ``""`` for those that it leaves blank.

    ``contact`` is how to reach the office in charge; ``measure``, ``activity`` and ``adviser`` are its words for 施策, 取組
    and CIO補佐.
    """

    city: str = ""
    plan: str = ""
    form: str = ""
    report: str = ""
    office: str = ""
    contact: str = ""
    measure: str = MEASURE
    activity: str = ACTIVITY
    adviser: str = ADVISER

    @property
    def report_title(self) -> str:
        """The name of the report, that of the form and 進捗報告書 unless 設定 has another."""
        return self.report or f"{self.form or FORM} {REPORT}"

    @property
    def owner(self) -> str:
        """The name of the plan, or that of the city if the plan has none."""
        return self.plan or self.city

    @property
    def report_owner(self) -> str:
        """The owner printed above the report's name; ``""`` if the name contains it."""
        return "" if self.owner in self.report_title else self.owner

    @property
    def sender(self) -> str:
        """The city and the office in charge."""
        return joined(self.city, self.office)

    def for_papers(self, form: str = FORM) -> dict[str, object]:
        """Return the names as templates of forms and mails call them; ``form`` is the default for the form's name."""
        return {
            "city": self.city,
            "plan": SimpleNamespace(name=self.plan),
            "form": SimpleNamespace(name=self.form or form),
            "report": SimpleNamespace(name=self.report_title),
            "office": SimpleNamespace(name=self.office, contact=self.contact),
            "term": SimpleNamespace(measure=self.measure, activity=self.activity, adviser=self.adviser),
        }

    def termed(self, text: str) -> str:
        """Return a text of the program in the office's words."""
        own = {MEASURE: self.measure, ACTIVITY: self.activity, ADVISER: self.adviser}
        return _TERM.sub(lambda term: own[term[0]], text)


def joined(*names: str) -> str:
    """Return the names that are not blank, with a full-width space between."""
    return "　".join(filter(None, names))
