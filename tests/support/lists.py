"""Play 第1四半期 on a list: the bundled 進捗管理一覧, one sheet per department."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dxreport.domain.fields import Ref
from dxreport.form.compile import Form, load_form
from dxreport.issue.forms import FORM_NAME
from dxreport.lifecycle.init import create
from dxreport.sendback.fill import fill
from dxreport.workspace.bundled import bundled
from tests.support.quarter import ANSWERS, OFFICE, Edits, Quarter, issue, printed

GALLERY = bundled("gallery") / "進捗管理一覧.xlsx"
LIST = load_form(GALLERY)


@dataclass(frozen=True)
class ListQuarter(Quarter):
    """A workspace in which 第1四半期 was issued on the list."""

    @property
    def form(self) -> Form:
        return LIST

    def filled(self, answers: Mapping[str, Edits], department: str = OFFICE, *, full: bool = True) -> bytes:
        """Fill in the list as :meth:`Quarter.filled` does, with the answers of the quarter only."""
        own = [m.id for m in ANSWERS.values() if m.lead_department == department] if full else []
        whole = {id_: {ref: text for ref, text in printed(id_).items() if ref.period == 1} for id_ in own}
        for id_, edits in answers.items():
            whole.setdefault(id_, {}).update({Ref.parse(ref): text for ref, text in edits.items()})
        return fill(self.book(department), LIST, whole, quarter=1, year=1)


def make(folder: Path) -> ListQuarter:
    """Make a workspace with the quarter issued to all departments."""
    create(folder, date(2022, 7, 1), sample=True)
    quarter = ListQuarter(folder)
    shutil.copy(GALLERY, quarter.workspace.templates / FORM_NAME)
    issue(quarter)
    return quarter


def copy(quarter: ListQuarter, folder: Path) -> ListQuarter:
    """Copy a quarter into ``folder``, to be changed."""
    return ListQuarter(shutil.copytree(quarter.root, folder / quarter.root.name))
