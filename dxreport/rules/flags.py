"""The flags 有/無: each is one of the two words, and agrees with the fields it governs."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Ref
from ..domain.problems import choices
from ..domain.values import is_blank
from .case import Case, Finding, finding, wrong_word

# Each flag with the fields it governs and what messages call them.
_GOVERNED = {
    "related_flag": (("related.id", "related.name"), "関連施策の施策ID・施策名"),
    "budgeted": (("procurement",), "調達内容（具体的に）"),
    "support_flag": (("support.period", "support.content"), "支援依頼の時期・支援内容"),
}


def flags(case: Case) -> Iterator[Finding]:
    """Report flags that are not one of the two words of 設定."""
    for key in _GOVERNED:
        ref, text, field = Ref(key), case.values[Ref(key)], case.settings.catalogue.field[key]
        words = case.settings.flags
        params = {"field": field.label, "flags": choices(words)}
        if not text.strip():
            # REQUIRED_MISSING reports a blank that this round requires.
            if not case.requires(ref) and not case.still_to_ask(ref):
                yield finding(problems.FLAG_BLANK, ref, **params)
        elif text not in words:
            yield wrong_word(problems.FLAG_NEAR, problems.FLAG_UNKNOWN, ref, text, words, **params)


def flags_agree(case: Case) -> Iterator[Finding]:
    """Report 有 if no governed field is filled in, and 無 if one is; :func:`flags` reports blank flags."""
    yes, no = case.settings.flags
    for key, (fields, governed) in _GOVERNED.items():
        ref, text, label = Ref(key), case.values[Ref(key)], case.settings.catalogue.field[key].label
        below = [r for r, value in case.values.items() if r.field in fields and not is_blank(value)]
        if text == yes and not below and not any(r.field in fields for r in case.unread):
            yield finding(problems.FLAG_WITHOUT_CONTENT, ref, field=label, value=text, governed=governed)
        elif text == no and below:
            yield finding(problems.CONTENT_WITHOUT_FLAG, ref, *below, field=label, value=text, governed=governed)
