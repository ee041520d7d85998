"""Compare the words in a template with those of 設定: in conditional formats and in instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..domain.model import Settings, normalise
from ..form.expressions import Binding
from ..form.records import Form
from ..ooxml.refs import cell

_QUOTED = re.compile(r"進捗[がは]「([^」]+)」")
_COMPARED = re.compile(r'\$?([A-Z]{1,3})\$?([0-9]+)\s*(?:=|<>)\s*"([^"]+)"')


def word_notes(form: Form, settings: Settings) -> Iterator[str]:
    """Yield, in Japanese, words that the office changed in 設定 but not in the template."""
    yield from _formats(form, settings)
    yield from _instructions(form, settings)


def _formats(form: Form, settings: Settings) -> Iterator[str]:
    fields = {c.at: c.content.spec for r in form.rows.values() for c in r.cells if isinstance(c.content, Binding)}
    told = set()
    for element in form.source.package.xml(form.part).iter("{*}conditionalFormatting"):
        formulas = "\n".join(f.text or "" for f in element.iter("{*}formula", "{*}f"))
        for letters, row, word in _COMPARED.findall(formulas):
            field = fields.get(cell(letters + row))
            words = settings.words(field) if field else ()
            if field and words and word not in words and (field.key, word) not in told:
                told.add((field.key, word))
                yield (
                    f"条件付き書式が{field.label}（{letters}{row}）を「{word}」と比べていますが、この語は使われていません"
                    f"（使える語: {'、'.join(words)}）。条件付き書式の数式を直してください。"
                )


def _instructions(form: Form, settings: Settings) -> Iterator[str]:
    """Find words that an instruction quotes as a 進捗 and that are not in 設定."""
    words = {word.word for word in settings.progress_words}
    for entry in form.others:
        cells = form.source.cells(form.source.package.xml(entry.part)) if entry.kind == "worksheet" else ()
        text = "".join(normalise(c.text) for c in cells)
        for word in dict.fromkeys(_QUOTED.findall(text)):
            if word not in words:
                yield f"シート「{entry.name}」の説明に進捗の語として「{word}」とありますが、「設定」にありません。説明を直してください。"
