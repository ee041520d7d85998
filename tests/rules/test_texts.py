"""連絡先, department names, lengths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.domain.model import Department
from dxreport.master.records import Master
from dxreport.rules import judge

MAIL = "contact_email"


@pytest.mark.parametrize(
    "text",
    [
        "sangyou@city.kisarazu.lg.jp、nousui@city.kisarazu.lg.jp",
        "sangyou@city.kisarazu.lg.jp;\nnousui@city.kisarazu.lg.jp",
        "K.Iwai@City.Kisarazu.lg.jp",
        "school@kyoiku.city.kisarazu.lg.jp",
    ],
)
def test_addresses_of_the_city(judged, text):
    assert judged({MAIL: text}) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "W401"),
        ("内線 2345", "W402"),
        ("ｓａｎｇｙｏｕ＠city.kisarazu.lg.jp", "W402"),
        ("sangyou@city.kisarazulg.jp", "W403"),
        ("sangyou@notcity.kisarazu.lg.jp", "W403"),
    ],
)
def test_anything_else_is_a_warning(judged, text, code):
    assert {finding[:2] for finding in judged({MAIL: text})} == {(code, "warning")}


def test_former_names_of_departments(case):
    departments = (Department("産業振興課"), Department("市民協働課", former_names=("市民活動支援課",)))
    renamed = Master(case().settings, departments, (), {}).renamed
    [found] = judge(replace(case(), issued=None, renamed=renamed))
    assert (found.kind.code, found.params["expected"]) == ("W404", "市民協働課")


def test_a_text_fits_into_a_cell(judged):
    assert judged({"contact_person": "𠮷" * 16_383}) == []
    assert judged({"contact_person": "𠮷" * 16_384}) == [("E308", "error", ("contact_person",))]


def test_a_required_address_that_is_blank_is_told_once(case):
    blank = case({MAIL: ""})
    strict = replace(blank.round, requires=blank.round.requires | {"連絡先"})
    found = judge(replace(blank, round=strict))
    assert [(f.kind.code, f.severity) for f in found if MAIL in map(str, f.refs)] == [("E107", "error")]
