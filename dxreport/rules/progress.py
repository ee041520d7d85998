"""進捗, 対応策 and 報告事項なし: the answers of a quarter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import QUARTER_LABELS, QUARTERS, Ref, When
from ..domain.model import ActivityQuarter, Treatment
from ..domain.problems import choices
from ..domain.values import fold, is_blank, plan_is_none
from ..domain.visible import one_line
from .case import Case, Finding, finding, wrong_word
from .unchanged import takes

_OR_NONE = "。報告することがない場合は「報告事項なし」の欄に○を記入してください"
_STOPPED = ("中止", "廃止", "取りやめ", "取止め")
_ENDED = re.compile(rf"(?<![未一部期])({'|'.join(_STOPPED)}|完了|終了)(?!予定|見込|していない|せず)")


def vocabulary(case: Case) -> Iterator[Finding]:
    """Report a 進捗 that is not one of the words of 設定; for a near miss, the message names the word."""
    for ref, quarter in case.progress:
        text, words = quarter.progress, case.settings.words(case.field(ref))
        if not (text in words or not text.strip() or case.to_come(ref) or _missing(case, ref, quarter)):
            yield wrong_word(problems.PROGRESS_NEAR, problems.PROGRESS_UNKNOWN, ref, text, words)


def missing_progress(case: Case) -> Iterator[Finding]:
    """Report each 作業予定 up to the quarter of the round that has no 進捗, unless 報告事項なし is ticked."""
    for ref, quarter in case.progress:
        if _missing(case, ref, quarter):
            ticked = case.has_input(Ref("no_report", period=ref.period))
            params = {"quarter": QUARTER_LABELS[ref.period], "words": choices(case.settings.words(case.field(ref)))}
            params["or_none"] = _OR_NONE if ticked else "（一覧から選べます）"
            yield finding(problems.PROGRESS_MISSING, ref, severity="error", **params)


def quarter_to_come(case: Case) -> Iterator[Finding]:
    """Report answers for quarters after that of the round."""
    for ref, text in case.values.items():
        if case.field(ref).when is When.THIS_QUARTER and case.to_come(ref) and not is_blank(text):
            yield finding(problems.QUARTER_TO_COME, ref, quarter=QUARTER_LABELS[case.round.quarter])


def missing_countermeasure(case: Case) -> Iterator[Finding]:
    """Report a missing 対応策 that the round requires and the 進捗 needs."""
    needing = {w.word for w in case.settings.progress_words if w.needs_countermeasure}
    for progress, quarter in case.progress:
        ref = Ref("activity.countermeasure", progress.item, progress.period)
        if quarter.progress in needing and is_blank(quarter.countermeasure) and case.requires(ref):
            severity = "warning" if case.as_issued(progress, ref) else "error"
            text = one_line(quarter.countermeasure)
            lack = f"は「{text}」では足りません" if text else "が記入されていません"
            params = {"progress": quarter.progress, "lack": lack}
            yield finding(problems.COUNTERMEASURE_MISSING, ref, severity=severity, **params)


def ended(case: Case) -> Iterator[Finding]:
    """Report a measure whose activities have all ended if its 状態 does not say so.

    Each was last reported as 中止 or 完了, and at least one of them in this quarter.
    """
    if case.ended or not case.round.quarter:
        return
    last: list[tuple[Ref, str]] = []
    for activity in case.measure.activities:
        told = [(n, activity.quarters[n - 1].progress) for n in QUARTERS if n <= case.round.quarter]
        said = [(n, word) for n, word in told if not is_blank(word)]
        if said or not activity.is_empty():
            n, word = said[-1] if said else (0, "")
            last.append((Ref("activity.progress", activity.key, n), word))
    now = [ref for ref, _ in last if ref.period == case.round.quarter]
    states = dict.fromkeys(_state_of(case, word) for _, word in last)
    if now and all(states):
        state = "中止" if "中止" in states else "完了"
        yield finding(problems.STATE_UNSAID, *now, state=state, quarter=QUARTER_LABELS[case.round.quarter])


def not_counted(case: Case) -> Iterator[Finding]:
    """Report the answers of a measure that ended after it was issued, since nothing counts them."""
    if case.issued is None or case.counted:
        return
    answers = [ref for ref, text in case.values.items() if text != case.before.get(ref, "") and takes(case, ref)]
    if answers:
        yield finding(problems.MEASURE_ENDED, *answers, standing=case.ended)


def _state_of(case: Case, word: str) -> str:
    """Return the 状態 that a word of 進捗 means, ``""`` for none.

    Its 課題の扱い decides; if that is blank, the word itself: 中止, or 完了 (but not 未完了, 一部完了).
    """
    said = next((w.said for w in case.settings.progress_words if w.word == word), None)
    if said is not None:
        return said.value if said in (Treatment.STOPPED, Treatment.COMPLETED) else ""
    found = _ENDED.search(fold(word))
    return "" if found is None else "中止" if found[1] in _STOPPED else "完了"


def no_report(case: Case) -> Iterator[Finding]:
    """Report a 報告事項なし that is neither ticked nor blank, or is ticked in a quarter with a 進捗."""
    for n, quarter in enumerate(case.measure.quarters, 1):
        ref, text = Ref("no_report", "", n), quarter.no_report
        if not text.strip() or case.to_come(ref):
            continue
        if not case.measure.ticks_no_report(n):
            yield finding(problems.NO_REPORT_UNKNOWN, ref, value=text)
        elif case.measure.reports_progress(n):
            yield finding(problems.NO_REPORT_AND_PROGRESS, ref, value=text, quarter=QUARTER_LABELS[n])


def _missing(case: Case, ref: Ref, quarter: ActivityQuarter) -> bool:
    """Return True if a required 進捗 is blank, although something is planned and 報告事項なし is blank."""
    if not is_blank(quarter.progress) or plan_is_none(quarter.plan) or not case.requires(ref):
        return False
    return not case.measure.quarters[ref.period - 1].no_report.strip()  # any text: no_report() reports a wrong mark
