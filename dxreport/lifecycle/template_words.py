"""Compare the words in a template's conditional formats and instructions with those of 設定."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from lxml import etree

from ..domain.model import Settings, normalise
from ..form.bindings import Binding
from ..form.records import Form
from ..ooxml.cells import At
from ..ooxml.refs import address, box, cell

_QUOTED = re.compile(r"進捗[がは]「([^」]+)」")
_COMPARED = re.compile(r'\$?([A-Z]{1,3})\$?([0-9]+)\s*(?:=|<>)\s*"([^"]+)"')
_SEARCHED = re.compile(r'SEARCH\("([^"]+)",\s*\$?([A-Z]{1,3})\$?([0-9]+)\)')  # a rule on a part of the text
_WORD = re.compile(r'"([^"]+)"')  # the whole formula of a rule on the value of a cell


def word_notes(form: Form, settings: Settings) -> Iterator[str]:
    """Yield, in Japanese, the words that are no longer in 設定."""
    yield from _formats(form, settings)
    yield from _instructions(form, settings)


def _formats(form: Form, settings: Settings) -> Iterator[str]:
    fields = {c.at: c.content.spec for r in form.rows.values() for c in r.cells if isinstance(c.content, Binding)}
    told = set()
    for element in form.source.package.xml(form.part).iter("{*}conditionalFormatting"):
        compared = (found for rule in element.iter("{*}cfRule") for found in _compared(rule, element, fields))
        for at, word, is_part in compared:
            field = fields.get(at)
            words = settings.words(field) if field else ()
            known = word in words or (is_part and any(word in whole for whole in words))
            if field and words and not known and (field.key, word) not in told:
                told.add((field.key, word))
                yield (
                    f"条件付き書式が{field.label}（{address(*at)}）を「{word}」と比べていますが、この語は使われていません"
                    f"（使える語: {'、'.join(words)}）。条件付き書式を直してください。"
                )


def _compared(rule: etree._Element, element: etree._Element, cells: Iterable[At]) -> Iterator[tuple[At, str, bool]]:
    """Yield each cell that a rule of ``element`` compares with a word, the word, and True if a part of the text suffices.

    A rule on the value of a cell does not name it: it is about all ``cells`` in the ranges of ``element``.
    """
    formulas = [f.text or "" for f in rule.iter("{*}formula", "{*}f")]
    for letters, row, word in _COMPARED.findall("\n".join(formulas)):
        yield cell(letters + row), word, False
    for word, letters, row in _SEARCHED.findall("\n".join(formulas)):
        yield cell(letters + row), word, True
    if rule.get("type") == "cellIs":
        areas = [box(ref) for ref in (element.get("sqref") or element.findtext("{*}sqref") or "").split()]
        meant = [at for at in cells if any(area.contains(*at) for area in areas)]
        yield from product(meant, _WORD.findall("\n".join(formulas)), (False,))


def _instructions(form: Form, settings: Settings) -> Iterator[str]:
    """Yield words that an instruction quotes as a 進捗 and 設定 does not have."""
    words = {word.word for word in settings.progress_words}
    for entry in form.others:
        cells = form.source.cells(form.source.package.xml(entry.part)) if entry.kind == "worksheet" else ()
        text = "".join(normalise(c.text) for c in cells)
        for word in dict.fromkeys(_QUOTED.findall(text)):
            if word not in words:
                yield f"シート「{entry.name}」の説明に進捗の語として「{word}」とありますが、「設定」にありません。説明を直してください。"
