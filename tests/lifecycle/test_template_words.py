"""Words of 設定 that the template still knows under another name."""

from __future__ import annotations

from dataclasses import replace

from dxreport.domain.model import ProgressWord
from dxreport.lifecycle.template_words import word_notes
from tests.support.lens import FORM, SETTINGS


def test_the_bundled_form_agrees_with_the_sample() -> None:
    assert list(word_notes(FORM, SETTINGS)) == []


def test_a_word_changed_in_settings_alone_is_named_in_formats_and_instructions() -> None:
    words = (ProgressWord("予定通り"), ProgressWord("要対応"))
    *formats, instructions = word_notes(FORM, replace(SETTINGS, progress_words=words))
    assert formats and all("条件付き書式" in note and "「進捗遅延・課題あり」" in note for note in formats)
    assert all("予定通り、要対応" in note for note in formats)
    assert instructions.startswith("シート「記入要領」") and "「進捗遅延・課題あり」" in instructions
