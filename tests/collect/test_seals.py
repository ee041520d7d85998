"""Who sent a return, and whether its stamp and keys are ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from dxreport.collect.senders import Senders
from dxreport.domain.fields import Ref
from dxreport.form.compile import load_form
from dxreport.form.read.attest import written_keys
from dxreport.form.read.sheet import find_stamp
from dxreport.form.stamp import Stamp, keys_digest
from dxreport.issue import render
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.store import Archive
from dxreport.lifecycle.check import audit
from dxreport.lifecycle.init import create
from dxreport.ooxml.package import MAIN_NS, Package
from dxreport.ooxml.worksheets import Worksheets
from dxreport.sendback.fill import fill
from dxreport.workspace.secret import make_secret, secret_of
from tests.support import evaluation, second_form
from tests.support import quarter as play
from tests.support.packages import edited
from tests.support.quarter import ISSUED, OFFICE, Quarter, found, printed, sheet_of
from tests.support.templates import template

S = f"{{{MAIN_NS}}}"
P1, P2 = "activity.progress/K1/1", "activity.progress/K2/1"
HERE = "01-01"


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    folder = tmp_path_factory.mktemp("sealed") / "作業"
    create(folder, date(2022, 7, 1), sample=True, secret=b"known to the tests")
    quarter = Quarter(folder)
    issue(quarter)
    return quarter


@pytest.fixture
def sealed(sealed_once: Quarter, tmp_path: Path) -> Quarter:
    return play.copy(sealed_once, tmp_path)


def issue(quarter: Quarter, round_name: str = "第1四半期") -> list[render.PreparedIssue]:
    master, workspace = quarter.master, quarter.workspace
    round_ = master.settings.round(round_name)
    made = render.plan(master, Forms(workspace.templates, master), round_, ISSUED, secret=secret_of(workspace))
    render.apply(workspace, master, made, quarter.sent, now=ISSUED)
    return made


def with_texts(data: bytes, sheet: str, texts: dict[str, str]) -> bytes:
    """Type other texts into cells, as one who unprotects the sheet can."""

    def change(root) -> None:
        for c in root.iter(f"{S}c"):
            if c.get("r") in texts:
                [t] = c.iter(f"{S}t")
                t.text = texts[c.get("r")]

    return edited(data, sheet, change)


def stamp_of(data: bytes, sheet: str) -> Stamp:
    return find_stamp(Worksheets(Package(data)).grid(sheet).rows)[0]


def keys(data: bytes, sheet: str) -> dict[str, str]:
    """The cells of the keys of rows, by key."""
    rows = Worksheets(Package(data)).grid(sheet).rows
    return {row[0]: f"A{n}" for n, row in enumerate(rows, 1) if row[0].startswith("r")}


def test_a_stamp_is_sealed_with_the_secret_of_the_workspace(sealed: Quarter) -> None:
    stamp = stamp_of(sealed.book(), HERE)
    assert len(stamp.seal) == 20 and stamp.holds(secret_of(sealed.workspace))
    assert not replace(stamp, measure="01-04").holds(secret_of(sealed.workspace))
    assert not replace(stamp, issue="R04Q1-001").holds(secret_of(sealed.workspace))
    assert not stamp.holds(b"another")
    kept = sealed.workspace.secret.read_bytes().strip()
    assert all(kept not in path.read_bytes() for path in sealed.sent.iterdir())
    assert all(again.again for again in issue(sealed))


def test_answers_of_sealed_sheets_go_in_as_ever(sealed: Quarter) -> None:
    plan = sealed.collect(sealed.filled({}))
    assert not plan.files[0].problems and [s.status.value for s in plan.files[0].sheets] == ["merged", "merged"]


def test_the_keys_of_each_sheet_are_kept_with_the_issue(sealed: Quarter) -> None:
    """Only a sheet whose keys are others is compared with the workbook as sent."""
    for issue_ in sealed.master.issues:
        snapshot = Archive(sealed.workspace).snapshot(issue_.id)
        worksheets = Worksheets(Package((sealed.workspace.issued / f"{issue_.id}.xlsx").read_bytes()))
        rows = {id_: worksheets.grid(id_).rows for id_ in issue_.measures}
        assert snapshot.keys == {id_: keys_digest(written_keys(own)) for id_, own in rows.items()}


def test_a_stamp_that_names_another_measure_is_not_followed(sealed: Quarter) -> None:
    data = sealed.filled({HERE: {P1: "予定通り"}})
    own, other = stamp_of(data, HERE), stamp_of(data, "01-04")
    forged = with_texts(data, HERE, {"A1": str(replace(own, measure="01-04"))})
    forged = with_texts(forged, "01-04", {"A1": str(replace(other, measure=HERE))})
    plan = sealed.collect(forged)
    assert [p.code for p in plan.files[0].problems] == ["W642", "W642"]
    here = sheet_of(plan, HERE)
    assert here.sheet == HERE and "W506" in {code for code, *_ in found(here)}
    assert sealed.values(HERE)[P1] == "予定通り"


def test_a_stamp_without_its_seal_is_not_followed(sealed: Quarter) -> None:
    data = sealed.filled({})
    plan = sealed.collect(with_texts(data, HERE, {"A1": str(replace(stamp_of(data, HERE), seal=""))}))
    assert [p.code for p in plan.files[0].problems] == ["W642"]
    assert "W506" in {code for code, *_ in found(sheet_of(plan, HERE))}


def test_the_keys_beside_a_stamp_without_its_seal_are_not_followed_either(sealed: Quarter) -> None:
    data = sealed.filled({HERE: {P1: "予定通り", P2: "進捗遅延・課題あり", "activity.countermeasure/K2/1": "急ぐ"}})
    places = keys(data, HERE)
    pairs = [(f"r{row}/K1", f"r{row}/K2") for row in (19, 20, 21)]
    swapped = {places[key]: other for pair in pairs for key, other in permutations(pair)}
    forged = with_texts(data, HERE, swapped | {"A1": str(replace(stamp_of(data, HERE), seal=""))})
    sheet = sheet_of(sealed.collect(forged), HERE)
    assert (sheet.status.value, found(sheet)) == ("merged", [("W506", "warning", "")])
    assert (sealed.values(HERE)[P1], sealed.values(HERE)[P2]) == ("予定通り", "進捗遅延・課題あり")


def test_issues_of_before_go_on_as_they_did(quarter: Quarter) -> None:
    assert not stamp_of(quarter.book(), HERE).seal
    assert make_secret(quarter.workspace)
    assert all(again.again for again in issue(quarter))  # the same workbooks, not new ones
    plan = quarter.collect(quarter.filled({}))
    assert not plan.files[0].problems and {s.status.value for s in plan.files[0].sheets} == {"merged"}


def test_another_secret_is_no_proof_of_forgery(sealed: Quarter) -> None:
    round_ = sealed.master.settings.round("第1四半期")
    assert not audit(sealed.master, sealed.workspace.templates, round_, sealed.workspace).ledgers
    sealed.workspace.secret.write_bytes(b"restored without it")
    [lost] = audit(sealed.master, sealed.workspace.templates, round_, sealed.workspace).ledgers
    assert lost.code == "W643"
    plan = sealed.collect(sealed.filled({}))
    assert not plan.files[0].problems and {s.status.value for s in plan.files[0].sheets} == {"merged"}


@pytest.mark.parametrize("row", ["r19", "r20"])  # of an item, with its name, and without
def test_keys_that_changed_places_hold_the_sheet(sealed: Quarter, row: str) -> None:
    data = sealed.filled({HERE: {P1: "予定通り", P2: "進捗遅延・課題あり", "activity.countermeasure/K2/1": "急ぐ"}})
    places = keys(data, HERE)
    one, two = (f"{row}/{key}" for key in ("K1", "K2"))
    swapped = with_texts(data, HERE, {places[one]: two, places[two]: one})
    before = sealed.values(HERE)
    sheet = sheet_of(sealed.collect(swapped), HERE)
    assert sheet.status.value == "held" and "E450" in {code for code, *_ in found(sheet)}
    assert sealed.values(HERE) == before


@pytest.mark.slow
def test_keys_of_quarters_that_changed_places_hold_the_sheet(tmp_path: Path) -> None:
    """In a form with a row for every quarter of an activity; quarters are no new items, whose order does not matter."""
    create(tmp_path / "作業", date(2022, 7, 1), sample=True, secret=b"known to the tests")
    quarter = Quarter(tmp_path / "作業")
    path = quarter.workspace.templates / FORM_NAME
    path.write_bytes(second_form.build())
    issue(quarter)
    data = fill(quarter.book(), load_form(path), {id_: printed(id_) for id_ in (HERE, "01-04")}, quarter=1, year=1)
    places = keys(data, HERE)
    swapped = with_texts(data, HERE, {places["r11/K1/1"]: "r11/K1/2", places["r11/K1/2"]: "r11/K1/1"})
    sheet = sheet_of(quarter.collect(swapped), HERE)
    assert sheet.status.value == "held" and "E450" in {code for code, *_ in found(sheet)}
    assert sheet_of(quarter.collect(data), HERE).status.value == "merged"


def test_rows_that_moved_with_all_that_is_on_them_are_read_by_their_keys(sealed: Quarter) -> None:
    data = sealed.filled({HERE: {P1: "予定通り", P2: "進捗遅延・課題あり", "activity.countermeasure/K2/1": "急ぐ"}})

    def change(root) -> None:
        """The three rows of K2 before those of K1."""
        for n in (19, 20, 21):
            exchange(root, n, n + 3)

    sheet = sheet_of(sealed.collect(edited(data, HERE, change)), HERE)
    assert (sheet.status.value, found(sheet)) == ("merged", []) and sheet.moved
    assert (sealed.values(HERE)[P1], sealed.values(HERE)[P2]) == ("予定通り", "進捗遅延・課題あり")


def test_a_key_that_was_not_issued_counts_as_none(sealed: Quarter) -> None:
    data = sealed.filled({HERE: {P1: "予定通り"}})
    places = keys(data, HERE)
    two = "r19/K2"
    sheet = sheet_of(sealed.collect(with_texts(data, HERE, {places[two]: two.replace("K2", "K99")})), HERE)
    assert sheet.status.value == "held" and "E302" in {code for code, *_ in found(sheet)}


@pytest.mark.parametrize(
    ("sender", "foreign"),
    [
        ("産業振興課 <sangyou@city.kisarazu.lg.jp>", ""),
        ("山田 <YAMADA@City.Kisarazu.LG.JP>", ""),
        ("山田 <yamada@sub.city.kisarazu.lg.jp>", ""),
        ("sangyou＠ｃｉｔｙ.kisarazu.lg.jp", ""),
        ("/O=CITY/OU=EX/CN=YAMADA", ""),
        ("", ""),
        ("sangyou@city.kisarazu.lg.jp.example.com", "sangyou@city.kisarazu.lg.jp.example.com"),
        ('"sangyou@city.kisarazu.lg.jp" <a@example.com>', "a@example.com"),
        ("a@notcity.kisarazu.lg.jp", "a@notcity.kisarazu.lg.jp"),
    ],
)
def test_who_is_foreign(issued_quarter: Quarter, sender: str, foreign: str) -> None:
    assert Senders(issued_quarter.master).foreign(sender) == foreign


def test_an_address_of_a_department_is_known_wherever_it_is(issued_quarter: Quarter) -> None:
    master = issued_quarter.master
    departments = tuple(
        replace(d, cc="指定管理 <kan@example.com>") if d.name == OFFICE else d for d in master.departments
    )
    assert Senders(master).foreign("kan@example.com") == "kan@example.com"
    assert Senders(replace(master, departments=departments)).foreign("kan@example.com") == ""
    assert Senders(replace(master, departments=departments)).foreign("other@example.com") == "other@example.com"


def test_new_items_may_be_in_any_order(tmp_path: Path) -> None:
    """Rows of 費用3 and 費用4, which were issued blank; 費用1 was not, and its key alone changes places with one."""
    scene = evaluation.make(tmp_path / "作業")
    master, round_ = scene.master, scene.master.settings.round(evaluation.ROUND)
    forms, secret = Forms(scene.workspace.templates, master), make_secret(scene.workspace)
    books = render.plan(master, forms, round_, evaluation.ISSUED, secret=secret)
    render.apply(scene.workspace, master, books, tmp_path, now=evaluation.ISSUED)
    rows = {"費用3": ("旅費", 50, 48), "費用4": ("謝金", 30, 29)}
    fields = ("費用.費目", "費用.予算額", "費用.決算額")
    new = {f"{field}/{key}": value for key, row in rows.items() for field, value in zip(fields, row, strict=True)}
    data = scene.filled({**evaluation.ANSWERS, **new})
    places = {key.rpartition("/")[2]: at for key, at in keys(data, HERE).items() if "費用" in key}
    one, three, four = (places[f"費用{n}"] for n in (1, 3, 4))
    wrong = with_texts(data, HERE, {one: key_at(data, three), three: key_at(data, one)})
    assert "E450" in {p.code for s in scene.copy(tmp_path / "1").collect(wrong).files[0].sheets for p in s.problems}
    plan = scene.collect(edited(data, HERE, lambda root: exchange(root, int(three[1:]), int(four[1:]))))
    assert [p.code for s in plan.files[0].sheets for p in s.problems] == []
    values = scene.values()
    assert {ref: values[ref] for ref in new} == {ref: str(value) for ref, value in new.items()}


@pytest.mark.parametrize(("one", "two"), [("r19/K3", "r19/K4"), ("r14/R1", "r23/S1")])
def test_new_items_change_places_with_all_their_rows_and_within_their_list(sealed: Quarter, one: str, two: str) -> None:
    """Each of these activities has three rows; and a related measure is no request for support."""
    [book] = [i.data for i in issue(sealed, "計画") if i.issue.department == OFFICE]
    texts = {
        "activity.name/K3": "三",
        "activity.plan/K3/1": "準備",
        "activity.name/K4": "四",
        "activity.plan/K4/1": "実施",
    }
    texts |= {"support_flag": "有", "support.period/S1": "7月", "support.content/S1": "助言"}
    filled = {"01-04": {Ref.parse(ref): text for ref, text in texts.items()}}
    data = fill(book, play.FORM, filled, quarter=0, year=1)
    places = keys(data, "01-04")
    swapped = with_texts(data, "01-04", {places[one]: two, places[two]: one})
    sheet = sheet_of(sealed.collect(swapped), "01-04")
    assert sheet.status.value == "held" and "E450" in {code for code, *_ in found(sheet)}
    assert sheet_of(sealed.collect(data), "01-04").status.value == "merged"
    assert sealed.values("01-04").items() >= texts.items()


def test_a_measure_of_a_list_is_no_new_item(tmp_path: Path) -> None:
    create(tmp_path / "作業", date(2022, 7, 1), sample=True, secret=b"known to the tests")
    quarter = Quarter(tmp_path / "作業")
    activities = "{% for activity in measure.activities %}{% endfor %}{% endfor %}"
    (quarter.workspace.templates / FORM_NAME).write_bytes(
        template(
            B2="施策", A3="{% for measure in measures %}", B3="{{ measure.id }}", c3="{{ measure.contact_person }}",
            A4=activities, B4="{{ activity.name }}", c4="{{ activity.q1.progress }}",
        )
    )  # fmt: skip
    issue(quarter)
    data, own = quarter.book(), {f"r3/{id_}" for id_ in (HERE, "01-04")}
    places = keys(data, OFFICE)
    swapped = with_texts(data, OFFICE, {places[key]: other for key, other in permutations(own, 2)})
    for sheet in quarter.collect(swapped).files[0].sheets:
        assert sheet.status.value == "held" and "E450" in {code for code, *_ in found(sheet)}


def test_a_list_sorted_without_its_hidden_keys_goes_by_the_printed_ids(tmp_path: Path) -> None:
    create(tmp_path / "作業", date(2022, 7, 1), sample=True, secret=b"known to the tests")
    quarter = Quarter(tmp_path / "作業")
    path = quarter.workspace.templates / FORM_NAME
    path.write_bytes(
        template(
            B2="施策ID", C2="施策名", A3="{% for measure in measures %}{% endfor %}", B3="{{ measure.id }}",
            C3="{{ measure.name }}", d3="{{ measure.contact_person }}",
        )
    )  # fmt: skip
    issue(quarter)
    answers = {id_: {Ref("contact_person"): name} for id_, name in ((HERE, "甲"), ("01-04", "乙"))}
    data = fill(quarter.book(), load_form(path), answers, quarter=1, year=1)
    places = keys(data, OFFICE)
    here, there = f"r3/{HERE}", "r3/01-04"
    # That the rows were sorted while column A stayed is the same as keys that changed places.
    plan = quarter.collect(with_texts(data, OFFICE, {places[here]: there, places[there]: here}))
    assert [(s.measure, s.status.value) for s in plan.files[0].sheets] == [(HERE, "merged"), ("01-04", "merged")]
    assert [quarter.values(id_)["contact_person"] for id_ in (HERE, "01-04")] == ["甲", "乙"]


def key_at(data: bytes, place: str) -> str:
    return next(key for key, at in keys(data, HERE).items() if at == place)


def exchange(root, first: int, second: int) -> None:
    """Let two rows change places with all that is on them."""
    rows = {int(row.get("r")): row for row in root.iter(f"{S}row")}
    for row, other in ((rows[first], second), (rows[second], first)):
        for c in row.iter(f"{S}c"):
            c.set("r", c.get("r").rstrip("0123456789") + str(other))
        row.set("r", str(other))
    parent = rows[first].getparent()
    parent[:] = sorted(parent, key=lambda row: int(row.get("r")))
