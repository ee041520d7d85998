"""No return may stop the others, break the master, mix two items or lose an answer."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

import pytest

from dxreport.collect.resolve import accept, decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.master.build import build_master
from dxreport.master.records import ConflictState
from dxreport.status.round_status import State, status
from tests.support.measures import with_items, with_texts
from tests.support.quarter import RETURNED, Quarter, sheet_of

pytestmark = pytest.mark.slow

K1 = "activity.progress/K1/1"


def rebuilt(quarter: Quarter, measure: str, texts: dict[str, str] | None = None, gone: str = "") -> None:
    """Rebuild the master with one measure changed by hand, list items included; keep its ledgers."""

    def changed(m: Measure) -> Measure:
        return with_items(with_texts(m, texts or {}), "activity", [a.key for a in m.activities if a.key != gone])

    master = quarter.master
    old = {i.id: i for i in master.issues}
    measures = [changed(m) if m.id == measure else m for m in master.measures]
    build_master(master.settings, master.departments, measures, quarter.workspace.master)
    from dxreport.master.write import MasterEdit

    edit = MasterEdit(quarter.master)
    edit.add(*old.values())
    quarter.workspace.master.write_bytes(edit.data())


@pytest.mark.quick
def test_an_accepted_sheet_does_not_change_what_it_is(quarter: Quarter) -> None:
    plan = quarter.collect(
        quarter.filled({"01-01": {"lead_department": "産業しんこう課", "goal": "電話で決めた到達目標"}})
    )
    assert sheet_of(plan, "01-01").status.value == "held"
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED)
    found = quarter.master.measure("01-01")
    assert (found.lead_department, found.goal) == ("産業振興課", "電話で決めた到達目標")


def test_an_activity_deleted_since_is_not_revived(quarter: Quarter) -> None:
    data = quarter.filled({})
    rebuilt(quarter, "01-01", gone="K1")
    plan = quarter.collect(data)
    assert [a.key for a in quarter.master.measure("01-01").activities] == ["K2"]
    assert [(str(c.ref), c.returned) for c in plan.conflicts if c.measure == "01-01"] == [(K1, "予定通り")]


def test_two_new_requests_are_not_mixed(quarter: Quarter) -> None:
    data = quarter.filled(
        {"01-01": {"support_flag": "有", "support.period/S1": "7月", "support.content/S1": "部署の依頼"}}
    )
    rebuilt(quarter, "01-01", {"support.content/S1": "課の依頼"})
    plan = quarter.collect(data)
    [request] = quarter.master.measure("01-01").support_requests
    assert (request.key, request.period, request.content) == ("S1", "", "課の依頼")
    assert {c.ref for c in plan.conflicts} == {Ref("support.period", "S1"), Ref("support.content", "S1")}


def test_a_kept_original_is_never_overwritten(quarter: Quarter) -> None:
    before = quarter.workspace.master.read_bytes()
    quarter.collect(quarter.put(quarter.filled({}), "返送.xlsx"))
    [kept] = quarter.workspace.returns.iterdir()
    original = kept.read_bytes()
    quarter.workspace.master.write_bytes(before)  # the backup is put back
    other = quarter.filled({"01-01": {"contact_person": "別の人"}})
    plan = quarter.collect(quarter.put(other, "返送.xlsx"))
    assert plan.files[0].return_id == "U0002"
    assert kept.read_bytes() == original


def test_a_correction_settles_its_conflict(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "課長"})
    quarter.collect(quarter.filled({"01-01": {"contact_person": "係長"}}))
    quarter.collect(quarter.filled({"01-01": {"contact_person": "課長"}}))
    assert [c.state for c in quarter.master.conflicts] == [ConflictState.WITHDRAWN]


def test_a_withdrawals_conflict_is_seen(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.write("01-01", {K1: "進捗遅延・課題あり"})
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    master = quarter.master
    found = {s.measure: s for s in status(master, master.settings.round("第1四半期"), date(2022, 7, 10)).sheets}
    assert (found["01-01"].state, [c.id for c in found["01-01"].conflicts]) == (State.ISSUED, ["C0001"])


def test_a_conflict_of_a_measure_that_is_gone_is_told(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "課長"})
    quarter.collect(quarter.filled({"01-01": {"contact_person": "係長"}}))
    master = quarter.master
    conflict = master.conflicts[0]
    build_master(
        master.settings, master.departments, [m for m in master.measures if m.id != "01-01"], quarter.workspace.master
    )
    from dxreport.master.write import MasterEdit

    edit = MasterEdit(quarter.master)
    edit.add(*master.issues, *master.receipts, conflict)
    quarter.workspace.master.write_bytes(edit.data())
    with pytest.raises(UsageError, match="01-01"):
        decide(quarter.workspace, "C0001", "returned", "", RETURNED)


def test_a_mail_from_the_year_9999_stops_nothing(quarter: Quarter) -> None:
    mail = EmailMessage()
    mail["From"], mail["Date"] = "a@city.kisarazu.lg.jp", "Fri, 31 Dec 9999 23:59:59 -1200"
    mail.set_content("送ります")
    mail.add_attachment(quarter.filled({}), maintype="application", subtype="octet-stream", filename="返送.xlsx")
    plan = quarter.collect(quarter.put(mail.as_bytes(), "返送.eml"))
    assert plan.clean
    assert quarter.values("01-01")[K1] == "予定通り"


def test_one_return_has_one_corrected_copy(quarter: Quarter) -> None:
    bad = quarter.filled({"01-01": {K1: "完了"}})
    quarter.collect(quarter.put(bad, "a.xlsx"), quarter.put(bad, "b.xlsx"))
    assert len(list((quarter.workspace.reports / "差し戻し").iterdir())) == 1


@pytest.mark.libreoffice
def test_a_refused_sheet_of_another_format_does_not_stop_the_rest(quarter: Quarter, soffice) -> None:
    strange = quarter.put(quarter.filled({"01-02": {}}, "農林水産課").replace(b"", b""), "別.xlsx")
    odd = soffice(strange, "ods")
    master = quarter.master
    from dataclasses import replace

    build_master(master.settings, master.departments, master.measures, quarter.workspace.master)
    from dxreport.master.write import MasterEdit

    edit = MasterEdit(quarter.master)  # 発行台帳 without the issue of that department
    edit.add(*(replace(i) for i in master.issues if i.department != "農林水産課"))
    quarter.workspace.master.write_bytes(edit.data())
    plan = quarter.collect(odd, quarter.put(quarter.filled({}), "良い.xlsx"))
    assert {s.status.value for s in plan.files[0].sheets} == {"refused"}
    assert quarter.values("01-01")[K1] == "予定通り"
