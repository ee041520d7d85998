"""A return to check: measure 01-01 with the real answers of its department, and edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, MeasureIndex
from dxreport.lifecycle import sample
from dxreport.rules import Case, judge

MEASURES = MeasureIndex((measure.id, measure) for measure in sample.load(with_answers=True))
ISSUED = MeasureIndex((measure.id, measure) for measure in sample.load(with_answers=False))
SETTINGS = sample.settings()

Verdict = list[tuple[str, str, tuple[str, ...]]]


def _edited(measure: Measure, edits: Mapping[str, str]) -> Measure:
    """Return the measure with these texts replaced or added, addressed by ``str(ref)``."""
    return Measure(measure.values() | {Ref.parse(ref): text for ref, text in edits.items()})


def _verdict(case: Case) -> Verdict:
    """Return (code, severity, cells) of each finding."""
    return [(f.kind.code, f.severity, tuple(map(str, f.refs))) for f in judge(case)]


@pytest.fixture
def case() -> Callable[..., Case]:
    """A return: ``edits`` over what was answered, ``issued`` edits over what was sent."""

    def build(
        edits: Mapping[str, str] | None = None,
        *,
        id: str = "01-01",
        round: str = "第1四半期",
        issued: Mapping[str, str] | None = None,
    ) -> Case:
        sent = _edited(ISSUED[id], issued or {})
        back = _edited(MEASURES[id], {**(issued or {}), **(edits or {})})
        return Case(back, sent, MEASURES, SETTINGS.round(round), SETTINGS)

    return build


@pytest.fixture
def judged(case) -> Callable[..., Verdict]:
    """The verdict on such a return."""
    return lambda *args, **kwargs: _verdict(case(*args, **kwargs))


@pytest.fixture
def checked() -> Callable[..., Verdict]:
    """The verdict on a measure of the master, with edits."""

    def check(edits: Mapping[str, str] | None = None, *, id: str = "01-01", round: str = "第1四半期") -> Verdict:
        measure = _edited(MEASURES[id], edits or {})
        return _verdict(Case(measure, None, MeasureIndex(MEASURES | {id: measure}), SETTINGS.round(round), SETTINGS))

    return check
