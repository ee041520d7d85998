"""関連施策: other existing measures, under their own names, that name this one in return."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Ref
from ..domain.model import Measure, RelatedMeasure
from ..domain.spelling import measure_id
from ..domain.values import is_blank, unspaced
from .case import Case, Finding, finding, says_something


def relations(case: Case) -> Iterator[Finding]:
    """Report lines that do not name another existing measure by ID and name, or whose measure does not name this one.

    An unknown ID, or that of the measure itself, is the only finding for its line.
    """
    known = case.measures.standard
    own = measure_id(case.measure.id)
    for related in case.measure.related_measures:
        if not says_something(related.id, related.name):
            continue
        ref, id_ = Ref("related.id", related.key), measure_id(related.id)
        if id_ == own:
            yield finding(problems.RELATED_ITSELF, ref, value=related.id)
        elif id_ not in known:
            yield finding(problems.RELATED_UNKNOWN, ref, value=related.id)
        else:
            yield from _known(own, related, known[id_])


def _known(own: str, related: RelatedMeasure, other: Measure) -> Iterator[Finding]:
    if not is_blank(related.name) and unspaced(related.name) != unspaced(other.name):
        ref = Ref("related.name", related.key)
        yield finding(problems.RELATED_NAME, ref, id=other.id, value=related.name, expected=other.name)
    if own not in {measure_id(r.id) for r in other.related_measures}:
        yield finding(problems.RELATED_ONE_WAY, Ref("related.id", related.key), id=other.id, measure=own)
