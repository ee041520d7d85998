"""Choose the form of a measure: the 様式 of the measure, its department or the round, else that of the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..domain.errors import DxreportError
from ..domain.model import Measure, Round
from ..domain.spelling import did_you_mean
from ..form.compile import load_form
from ..form.records import Form
from ..master.records import Master
from ..master.schema import FORM
from ..ooxml.table import folded

FORM_NAME = "年間活動計画.xlsx"  # the form of the workspace, if it exists
_ENDING = ".xlsx"
_OTHER = (".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".ots")
HOW_TO_SAY = (
    f"マスターの「施策」「部署」か「設定」の回の表の「{FORM}」の列（なければ表の右に加えてください）に、"
    "templates フォルダーのファイルの名前を書いてください。"
)


def form_files(folder: Path) -> tuple[Path, ...]:
    """Return the templates of forms in a folder by name, without the lock files of office programs."""
    return tuple(sorted(p for p in folder.glob(f"*{_ENDING}") if not p.name.startswith(("~$", "."))))


def other_books(folder: Path) -> tuple[Path, ...]:
    """Return the workbooks in a folder whose format cannot be used for a form."""
    return tuple(sorted(p for p in folder.glob("*.*") if p.suffix.lower() in _OTHER and p.name[0] not in "~."))


def find_form(name: str, files: Sequence[Path]) -> Path | None:
    """Return the template that a text of 様式 names, with or without its ending; None if there is none."""
    wanted = folded(name).removesuffix(_ENDING)
    return next((path for path in files if folded(path.name).removesuffix(_ENDING) == wanted), None)


def default_form(files: Sequence[Path]) -> Path | None:
    """Return the form of the workspace: the one with the usual name, else the only one, else None."""
    return find_form(FORM_NAME, files) or (files[0] if len(files) == 1 else None)


def suggested_form(name: str, files: Sequence[Path]) -> str:
    """Return a sentence that suggests the template meant, or lists those there are."""
    names = [path.stem for path in files]
    return did_you_mean(name, names, ratio=0.5) or f"templates フォルダーにあるのは、{'、'.join(names)} です。"


def form_named_for(master: Master, measure: Measure, round_: Round | None) -> tuple[str, str]:
    """Return the most specific 様式 of a measure in a round and where it is set; blank if none is set."""
    department = master.department(measure.lead_department)
    said = (
        (master.forms.get(measure.id, ""), f"「施策」シートの {measure.id}"),
        (department.form if department else "", f"「部署」シートの {measure.lead_department}"),
        (round_.form if round_ else "", f"「設定」シートの {round_.name if round_ else ''}の回"),
    )
    return next(((name, where) for name, where in said if name), ("", ""))


class Forms:
    """The forms of a workspace, to fill in or to be ``published``; each is compiled once."""

    def __init__(self, templates: Path, master: Master, *, published: bool = False) -> None:
        self._templates, self._master, self._published = templates, master, published
        self._files = form_files(templates)
        self._forms: dict[Path, Form] = {}

    def path_of(self, measure: Measure, round_: Round | None) -> Path:
        """Return the template of a measure; without a round, only the 様式 of measure and department count.

        Raise DxreportError if the template does not exist, or if none is set and there are several.
        """
        if not self._files:
            what = f"様式 {self._templates / FORM_NAME} がありません。"
            raise DxreportError(what, "様式を templates フォルダーに戻してください。")
        name, where = form_named_for(self._master, measure, round_)
        path = find_form(name, self._files) if name else default_form(self._files)
        if path is None and name:
            what = f"{where}の様式「{name}」が {self._templates} にありません。"
            raise DxreportError(
                what, f"{suggested_form(name, self._files)}「{FORM}」かファイルの名前を直してください。"
            )
        if path is None:
            names = "、".join(path.stem for path in self._files)
            which = "" if round_ else "回の様式で作るときは、--round で回を指定してください。"
            raise DxreportError(
                f"施策 {measure.id} にどの様式を使うかが決まっていません（{self._templates} には {names} があります）。",
                HOW_TO_SAY + which,
            )
        return path

    def load(self, path: Path) -> Form:
        """Return the form of a template. Raise TemplateError if it has faults."""
        if path not in self._forms:
            self._forms[path] = load_form(path, self._master.settings.catalogue, published=self._published)
        return self._forms[path]

    def of(self, measure: Measure, round_: Round | None) -> Form:
        """Return the form of a measure. Raise as :meth:`path_of` and :meth:`load` do."""
        return self.load(self.path_of(measure, round_))
