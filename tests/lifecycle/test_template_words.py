"""Words of 設定 that the template still knows under another name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from dxreport.domain.model import ProgressWord
from dxreport.form.bindings import Binding
from dxreport.form.compile import compile_form
from dxreport.lifecycle.template_words import word_notes
from dxreport.ooxml.refs import address
from tests.support.lens import FORM, SETTINGS
from tests.support.packages import S, edited

PROGRESS = next(
    address(*c.at)
    for row in FORM.rows.values()
    for c in row.cells
    if isinstance(c.content, Binding) and c.content.spec.key == "activity.progress"
)


def test_the_bundled_form_agrees_with_the_sample() -> None:
    assert list(word_notes(FORM, SETTINGS)) == []


def test_a_word_changed_in_settings_alone_is_named_in_formats_and_instructions() -> None:
    words = (ProgressWord("予定通り"), ProgressWord("要対応"))
    *formats, instructions = word_notes(FORM, replace(SETTINGS, progress_words=words))
    assert formats and all("条件付き書式" in note and "「進捗遅延・課題あり」" in note for note in formats)
    assert all("予定通り、要対応" in note for note in formats)
    assert instructions.startswith("シート「記入要領」") and "「進捗遅延・課題あり」" in instructions


@pytest.mark.parametrize(
    ("kind", "formula", "good", "bad"),
    [
        ("cellIs", '"{}"', "予定通り", "順調"),  # セルの値が次の値に等しい: the word alone
        ("containsText", f'NOT(ISERROR(SEARCH("{{}}",{PROGRESS})))', "遅延", "順調"),  # 次の値を含む
    ],
)
def test_rules_made_by_the_dialogues_of_excel_are_compared_too(kind: str, formula: str, good: str, bad: str) -> None:
    def add(word: str):
        def edit(root) -> None:
            place = next(root.iter(f"{S}conditionalFormatting"))
            made = etree.SubElement(place.getparent(), f"{S}conditionalFormatting", sqref=place.get("sqref"))
            place.addprevious(made)
            rule = etree.SubElement(made, f"{S}cfRule", type=kind, priority="99")
            etree.SubElement(rule, f"{S}formula").text = formula.format(word)
            made.set("sqref", PROGRESS)

        return compile_form(edited(FORM.source.drawn.data, FORM.sheet, edit), "様式.xlsx")

    assert list(word_notes(add(good), SETTINGS)) == []
    [note] = word_notes(add(bad), SETTINGS)
    assert f"進捗（{PROGRESS}）を「{bad}」" in note
