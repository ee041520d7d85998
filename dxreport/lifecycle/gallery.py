"""The gallery: forms that a new workspace can begin with, each with its fields.

A form is a template. It may have a sheet 項目, like that of the master, with fields of its own, and a sheet 回, like
the table in 設定, that says which round opens what; neither is sent to departments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..domain.errors import DxreportError, PackageError, TemplateError, UsageError
from ..domain.fields import Catalogue, Period
from ..domain.model import Round, Settings
from ..domain.spelling import did_you_mean
from ..form.compile import compile_form
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..issue.forms import FORM_NAME, find_form, form_files
from ..master.catalogue import read_catalogue
from ..master.schema import FIELDS, ROUNDS
from ..master.settings import read_rounds
from ..master.workbook import MasterWorkbook
from ..ooxml.package import Package
from ..workspace.bundled import bundled
from .check_templates import inputs_of, without_input

_ROUNDS = replace(ROUNDS, name="回")  # its name in a template


def gallery() -> dict[str, Path]:
    """Return the templates of the gallery by name; the first is the bundled form."""
    files = (bundled("templates") / FORM_NAME, *form_files(bundled("gallery")))
    return {path.stem: path for path in files}


def descriptions() -> dict[str, str]:
    """Return the first sentence about each form of the gallery, from its README; ``""`` for a form without a section."""
    readme = bundled("gallery") / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    said = {found[1]: found[2] for found in re.finditer(r"^## (.+)\n+(.+?。)", text, re.MULTILINE)}
    first, *others = gallery()
    return {first: "1 施策 1 枚の様式です（--form を付けないとき）。"} | {name: said.get(name, "") for name in others}


def find(name: str) -> Path:
    """Return the template of this name in the gallery, else the file of this name; raise UsageError for neither."""
    known = gallery()
    found = find_form(name, tuple(known.values())) or Path(name)
    if found.suffix != ".xlsx" or not found.is_file():
        fix = f"{did_you_mean(name, known, ratio=0.5)}様式集にあるのは、{'、'.join(known)} です。"
        raise UsageError(f"様式「{name}」は、様式集にもファイルにもありません。", fix)
    return found


def settings_for(path: Path, settings: Settings) -> Settings:
    """Return the settings of a new master with the fields and rounds that a template brings.

    If it brings no rounds, those of ``settings`` open what the form has inputs for. Raise TemplateError for faults in
    the form, DxreportError for faults in its sheets 項目 and 回, or if it is not a workbook.
    """
    data = path.read_bytes()
    try:
        book = MasterWorkbook(Package(data))
    except PackageError as error:
        raise DxreportError(f"様式 {path.name} を Excel ブックとして読めません（{error.message}）。") from None
    catalogue = read_catalogue(book, len(settings.plan_years)) if book.has_sheet(FIELDS) else settings.catalogue
    rounds = read_rounds(book, catalogue, _ROUNDS) if book.has_sheet(_ROUNDS) else ()
    if book.faults:
        lines = "\n".join(f"  {fault}" for fault in book.faults)
        raise DxreportError(
            f"様式 {path.name} に誤りが {len(book.faults)} 件あります。\n{lines}", "Excel で直してください。"
        )
    settings, form = replace(settings, catalogue=catalogue), compile_form(data, path.name, catalogue)
    return replace(settings, rounds=rounds or tuple(_opened(settings, form)))


def _opened(settings: Settings, form: Form) -> Iterator[Round]:
    """Yield the rounds, each opening what the form has inputs for, declared fields included."""
    for round_ in settings.rounds:
        everything = round_.opens | _declared(settings.catalogue, round_)
        widest, opens = replace(round_, opens=everything), everything
        with suppress(TemplateError):  # `check` says what is wrong with the form
            opens -= without_input(settings, inputs_of(PreparedForm(form, widest, settings, "")), widest).keys()
        yield replace(round_, opens=opens, requires=round_.requires & opens)


def _declared(catalogue: Catalogue, round_: Round) -> frozenset[str]:
    """Return the groups of declared fields; those of quarters only for a round of a quarter."""
    fields = (f for f in catalogue.declared if f.group and (round_.quarter or f.period is not Period.QUARTERS))
    return frozenset(field.group for field in fields)
