"""The catalogue: codes are unique, texts can be filled, quoted values stay short."""

from __future__ import annotations

import re

import pytest

from dxreport.domain import problems
from dxreport.domain.problems import KINDS, ProblemKind, problem, shown


def test_every_kind_is_in_the_catalogue_under_its_own_code():
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, ProblemKind)]
    assert len(KINDS) == len(kinds)
    assert all(re.fullmatch(r"[EW]\d{3}", kind.code) and kind.message and kind.fix for kind in kinds)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_texts_take_their_parameters_and_end_with_a_full_stop(kind):
    made = problem(kind, dict.fromkeys(kind.params, "値"))
    assert made.severity == {"E": "error", "W": "warning"}[kind.code[0]]
    assert made.message.endswith("。") and made.fix.endswith("。")
    if kind.params:
        with pytest.raises(KeyError):
            problem(kind)


def test_values_are_quoted_on_one_line_and_short():
    assert shown("小　８．９％\n中　１２．８％") == "小 ８．９％ 中 １２．８％"
    assert shown(" \n") == "（空白）"
    assert len(shown("あ" * 500)) == 60
