"""有/無: one of the two words, and in agreement with what stands below."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import FIELD
from ..domain.model import Ref
from ..domain.values import is_blank, nearest
from .case import Case, Finding, choices, finding

# Each flag with the fields it governs, and what people call these.
_GOVERNED = {
    "related_flag": (("related.id", "related.name"), "関連施策の施策ID・施策名"),
    "budgeted": (("procurement",), FIELD["procurement"].label),
    "support_flag": (("support.period", "support.content"), "支援依頼の時期・支援内容"),
}


def flags(case: Case) -> Iterator[Finding]:
    """A flag is one of 設定's two words; a blank one does not raise its consequences too."""
    for key in _GOVERNED:
        ref, text, label = Ref(key), case.values[Ref(key)], FIELD[key].label
        if not text.strip():
            if not (
                _asked_next(case, FIELD[key].group) or case.requires(FIELD[key].group, ref)
            ):  # else an error of its own
                yield finding(problems.FLAG_BLANK, ref, field=label, flags=choices(case.settings.flags))
        elif text not in case.settings.flags:
            if expected := nearest(text, case.settings.flags):
                yield finding(problems.FLAG_NEAR, ref, field=label, value=text, expected=expected)
            else:
                yield finding(problems.FLAG_UNKNOWN, ref, field=label, value=text, flags=choices(case.settings.flags))


def _asked_next(case: Case, group: str) -> bool:
    """Whether the master lacks the answer only because the round for plans is yet to ask for it: nothing is planned so far."""
    if case.issued is not None or case.round.quarter or group not in case.round.opens:
        return False
    plans = (text for ref, text in case.values.items() if ref.field in ("goal", "activity.plan"))
    return not any(text.strip() for text in plans)


def flags_agree(case: Case) -> Iterator[Finding]:
    """有 with something below it, 無 with nothing."""
    yes, no = case.settings.flags
    for key, (fields, governed) in _GOVERNED.items():
        ref, text, label = Ref(key), case.values[Ref(key)], FIELD[key].label
        below = [r for r, value in case.values.items() if r.field in fields and not is_blank(value)]
        if text == yes and not below:
            yield finding(problems.FLAG_WITHOUT_CONTENT, ref, field=label, value=text, governed=governed)
        elif text == no and below:
            yield finding(problems.CONTENT_WITHOUT_FLAG, ref, *below, field=label, value=text, governed=governed)
