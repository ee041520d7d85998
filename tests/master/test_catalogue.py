"""項目: the fields that an office declares, from the sheet to the catalogue and back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dxreport.domain.fields import (
    BUILT_IN,
    Catalogue,
    Field,
    FieldKind,
    InReport,
    Period,
    Ref,
    Requirement,
    When,
    label,
)
from dxreport.domain.model import FiscalYear, Measure, Settings
from dxreport.lifecycle.sample import settings
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.faults import DamagedMaster
from dxreport.master.read import master_from
from dxreport.master.records import Master
from dxreport.master.schema import FIELDS
from dxreport.master.write import MasterEdit
from dxreport.ooxml.refs import column_number
from tests.support.measures import measure
from tests.support.packages import faults as package_faults
from tests.support.packages import without_sheet
from tests.support.strategies import catalogues, measures_with

NAME = {"name": "甲", "lead_department": "総務課"}
RATING = {"名前": "評価", "見出し": "一次評価", "場所": "施策", "種類": "選択", "選択肢": "A、B、C、D"}
COST = {"名前": "予算額", "場所": "費用", "種類": "数値", "単位": "千円", "小数": "0", "期間": "年度"}


@cache
def plain_master() -> bytes:
    """A master of one measure with the built-in fields alone."""
    return master_bytes(settings(), DEPARTMENTS, [measure("01-01", NAME)])


def declaring(*rows: Mapping[str, str], years: str = "") -> bytes:
    """A master of one measure into whose sheet 項目 these rows were typed, below those built in."""
    book = openpyxl.load_workbook(io.BytesIO(plain_master()))
    sheet = book["項目"]
    at = {cell.value: cell.column for cell in sheet[1]}
    first = sheet.max_row + 1
    for number, row in enumerate(rows, first):
        for header, text in row.items():
            sheet.cell(number, at[header], text)
    sheet.tables["項目表"].ref = f"A1:O{first + len(rows) - 1}"
    if years:
        [cell] = [c for c in book["設定"]["A"] if c.value == "計画の年数"]
        book["設定"].cell(cell.row, 2, years)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def declared(*rows: Mapping[str, str]) -> Field:
    """The field of the last of these rows."""
    return master_from(declaring(*rows)).settings.catalogue.fields[-1]


def faults(*rows: Mapping[str, str]) -> list[tuple[str, str]]:
    """Column and message of the faults of these rows."""
    with pytest.raises(DamagedMaster) as caught:
        master_from(declaring(*rows))
    found = [(f.place.cell.rstrip("0123456789"), f.message) for f in caught.value.faults]
    return [(FIELDS.headers[column_number(column) - 1], message) for column, message in found]


@pytest.mark.slow
@pytest.mark.parametrize("kind", FieldKind)
@pytest.mark.parametrize("period", Period)
def test_every_kind_and_period(kind: FieldKind, period: Period) -> None:
    words = {"選択肢": "可、否"} if kind is FieldKind.CHOICE else {}
    field = declared({"名前": "試し", "場所": "取組", "種類": kind.value, "期間": period.value, **words})
    assert (field.key, field.kind, field.period, field.declared) == ("activity.試し", kind, period, True)
    if period is Period.QUARTERS:
        assert field.when is When.THIS_QUARTER
    elif (period, kind) == (Period.YEARS, FieldKind.ACTUAL):
        assert field.when is When.THIS_YEAR
    else:
        assert field.when is When.ALWAYS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "key"),
    [("", "試し"), ("施策", "試し"), ("取組", "activity.試し"), ("成果目標", "outcome.試し"), ("関連施策", "related.試し"),
     ("支援依頼", "support.試し"), ("費用", "費用.試し"), ("データ", "データ.試し"), ("cost", "cost.試し")],
)  # fmt: skip
def test_every_place(place: str, key: str) -> None:
    assert declared({"名前": "試し", "場所": place}).key == key


@pytest.mark.slow
def test_all_columns_of_a_field() -> None:
    field = declared(
        RATING,
        {"名前": "評価 理由".replace(" ", ""), "旧名": "理由、コメント", "見出し": "理由\n（C、Dのとき）", "種類": "文章",
         "期間": "なし", "記入者": "部署", "入力欄": "一次評価", "必須の条件": "評価＝Ｃ、Ｄ", "報告": "載せる",
         "引き継ぎ": "空にする"},
    )  # fmt: skip
    assert field == Field(
        "評価理由", "理由 （C、Dのとき）", FieldKind.TEXT, "一次評価", carries=False, required=Requirement("評価", ("C", "D")),
        report=InReport.LIST, former=("理由", "コメント"), declared=True,
    )  # fmt: skip
    assert declared(COST).unit == "千円"
    assert declared(RATING).group == "一次評価"
    assert declared({**RATING, "記入者": "担当課"}).group == ""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("常に", Requirement()), ("評価＝C、D", Requirement("評価", ("C", "D"))), ("一次評価=A", Requirement("評価", ("A",))),
     ("評価 ＝ Ｃ", Requirement("評価", ("C",)))],
)  # fmt: skip
def test_every_condition(condition: str, expected: Requirement) -> None:
    assert declared(RATING, {"名前": "試し", "必須の条件": condition}).required == expected


def test_a_condition_may_name_a_built_in_field_of_the_same_period() -> None:
    risk = {"名前": "リスク", "場所": "取組", "期間": "四半期", "必須の条件": "進捗＝進捗遅延・課題あり"}
    assert declared(risk).required == Requirement("activity.progress", ("進捗遅延・課題あり",))


def test_the_words_of_a_choice_in_full_width_are_meant_by_a_condition() -> None:
    rating = {**RATING, "選択肢": "Ａ、Ｂ"}
    assert declared(rating, {"名前": "試し", "必須の条件": "評価＝A"}).required == Requirement("評価", ("Ａ",))


FAULTS: list[tuple[str, list[Mapping[str, str]], str, str]] = [
    ("no name", [{"見出し": "評価"}], "名前", "名前がありません"),
    ("a blank in the name", [{"名前": "評価 理由"}], "名前", "「評価 理由」は使えません"),
    ("a digit first", [{"名前": "1次評価"}], "名前", "「1次評価」は使えません"),
    ("a name of Python", [{"名前": "_評価"}], "名前", "「_評価」は使えません"),
    ("a dot", [{"名前": "評価・理由"}], "名前", "は使えません"),
    ("a name that measures have", [{"名前": "values"}], "名前", "ほかの意味"),
    ("a list that measures have", [{"名前": "activities"}], "名前", "ほかの意味"),
    ("a name that items have", [{"名前": "is_empty", "場所": "費用"}], "名前", "ほかの意味"),
    ("a quarter", [{"名前": "q1"}], "名前", "ほかの意味"),
    ("twice", [RATING, RATING], "名前", "2行あります"),
    ("the column of a built-in field", [{"名前": "施策名"}], "名前", "ほかの「施策名」の列"),
    ("the column of the state", [{"名前": "状態"}], "名前", "ほかの「状態」の列"),
    ("a column by quarter", [{"名前": "進捗", "場所": "取組", "期間": "四半期"}], "名前", "ほかの「第1四半期 進捗」の列"),
    ("the same column in other letters", [{"名前": "Cost"}, {"名前": "cost"}], "名前", "ほかの「cost」の列"),
    ("a sheet that exists", [{"名前": "額", "場所": "受付簿"}], "場所", "ほかの意味"),
    ("a list that ends in a digit", [{"名前": "額", "場所": "費用1"}], "場所", "数字で終わらない"),
    ("a letter of other ids", [{"名前": "額", "場所": "K"}], "場所", "数字で終わらない"),
    ("a list too long for a sheet", [{"名前": "額", "場所": "あ" * 32}], "場所", "長すぎます"),
    ("a list named as a field", [RATING, {"名前": "額", "場所": "評価"}], "場所", "同じ名前"),
    ("two lists in other letters", [{"名前": "a", "場所": "Cost"}, {"名前": "b", "場所": "cost"}], "場所", "同じ名前"),
    ("an unknown kind", [{"名前": "額", "種類": "数字"}], "種類", "「数値」の誤り"),
    ("an unknown period", [{"名前": "額", "期間": "半期"}], "期間", "「四半期」"),
    ("an unknown writer", [{"名前": "額", "記入者": "課"}], "記入者", "「部署」か「担当課」"),
    ("choices missing", [{"名前": "額", "種類": "選択"}], "選択肢", "選択肢が要ります"),
    ("choices of a text", [{"名前": "額", "選択肢": "A、B"}], "選択肢", "種類が「選択」"),
    ("decimals", [{**COST, "小数": "7"}], "小数", "0 から 6"),
    ("decimals of a text", [{"名前": "額", "小数": "2"}], "小数", "種類が「数値」"),
    ("a unit of a text", [{"名前": "額", "単位": "円"}], "単位", "種類が「数値」"),
    ("a sum of texts", [{"名前": "額", "報告": "合計する"}], "報告", "種類が「数値」"),
    ("a count of texts", [{"名前": "額", "報告": "数える"}], "報告", "数えられるのは"),
    ("an unknown report", [{"名前": "額", "報告": "出す"}], "報告", "使えません"),
    ("an unknown carry", [{"名前": "額", "引き継ぎ": "しない"}], "引き継ぎ", "「する」か「空にする」"),
    ("a group in two words", [{"名前": "額", "入力欄": "予算、決算"}], "入力欄", "読点や改行のない"),
    ("a group of the coordinator", [{"名前": "額", "記入者": "担当課", "入力欄": "額"}], "入力欄", "担当課が書く"),
    ("a need of the coordinator", [{"名前": "額", "記入者": "担当課", "必須の条件": "常に"}], "必須の条件", "担当課が書く"),
    ("a condition in words", [{"名前": "額", "必須の条件": "必要に応じて"}], "必須の条件", "読めません"),
    ("a condition of no field", [{"名前": "額", "必須の条件": "評価＝C"}], "必須の条件", "読めません"),
    ("a condition without values", [RATING, {"名前": "額", "必須の条件": "評価＝"}], "必須の条件", "読めません"),
    ("a condition on itself", [{**RATING, "必須の条件": "評価＝A"}], "必須の条件", "読めません"),
    ("a condition on other periods", [{**RATING, "期間": "四半期"}, {"名前": "額", "必須の条件": "評価＝A"}], "必須の条件",
     "期間も同じ"),
    ("a condition on no choice", [RATING, {"名前": "額", "必須の条件": "評価＝E"}], "必須の条件", "選択肢にありません"),
    ("a former name of today", [RATING, {"名前": "額", "旧名": "評価"}], "旧名", "今もある項目"),
    ("a former name twice", [{"名前": "額", "旧名": "旧"}, {"名前": "率", "旧名": "旧"}], "旧名", "「額」の旧名にも"),
    ("a former name of a built-in column", [{"名前": "額", "旧名": "施策名"}], "旧名", "ほかの「施策名」の列"),
    ("a built-in field of another kind", [{"名前": "goal", "種類": "数値"}], "種類", "見出し」だけ"),
    ("a built-in field of another group", [{"名前": "goal", "入力欄": "目標欄"}], "入力欄", "「到達目標」に戻して"),
    ("a built-in field with a need", [{"名前": "goal", "必須の条件": "常に"}], "必須の条件", "空欄にして"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "header", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_faults_name_their_cell_and_what_to_do(rows: list[Mapping[str, str]], header: str, words: str) -> None:
    if rows[0].get("名前") == "goal":  # typed over the row that is there
        with pytest.raises(DamagedMaster) as caught:
            master_from(retyped(declaring(), "goal", rows[0]))
        found = [(f.place.cell, f.message) for f in caught.value.faults]
        assert len(found) == 1 and words in found[0][1]
        return
    [(where, message)] = faults(*rows)
    assert (where, words in message) == (header, True), message
    assert (message.endswith("。") and "ください" in message) or "誤りでは" in message or "使える語" in message


def retyped(data: bytes, name: str, texts: Mapping[str, str]) -> bytes:
    """The master with these texts typed over the row of a built-in field."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["項目"]
    at = {cell.value: cell.column for cell in sheet[1]}
    [row] = [cell.row for cell in sheet["A"] if cell.value == name]
    for header, text in texts.items():
        sheet.cell(row, at[header], text)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_another_label_of_a_built_in_field_is_a_label_only() -> None:
    master = master_from(retyped(declaring(), "goal", {"見出し": "めざす姿"}))
    catalogue = master.settings.catalogue
    assert catalogue.field["goal"] == replace(BUILT_IN.field["goal"], label="めざす姿")
    assert label(Ref("goal"), master.settings) == "めざす姿"
    assert [f for f in catalogue.fields if f != BUILT_IN.field.get(f.key)] == [catalogue.field["goal"]]


def test_a_master_without_the_sheet_has_the_built_in_fields() -> None:
    master = master_from(without_sheet(declaring(), "項目"))
    assert master.settings.catalogue == BUILT_IN


def test_built_in_rows_may_be_deleted() -> None:
    book = openpyxl.load_workbook(io.BytesIO(declaring(RATING)))
    sheet = book["項目"]
    sheet.delete_rows(2, sheet.max_row - 2)
    sheet.tables["項目表"].ref = "A1:O2"
    out = io.BytesIO()
    book.save(out)
    catalogue = master_from(out.getvalue()).settings.catalogue
    assert catalogue.fields[:-1] == BUILT_IN.fields and catalogue.fields[-1].key == "評価"


@pytest.mark.slow
@pytest.mark.parametrize("years", range(1, 11))
def test_the_plan_has_one_to_ten_years(years: int) -> None:
    given = replace(
        settings(),
        plan_years=tuple(FiscalYear(2022 + n) for n in range(years)),
        catalogue=Catalogue(BUILT_IN.fields, years),
    )
    texts = {f"outcome.target/O1/{n}": f"{n}件" for n in range(1, years + 1)}
    made = Measure(measure("01-01", NAME).values() | {Ref.parse(r): t for r, t in texts.items()}, given.catalogue)
    data = master_bytes(given, DEPARTMENTS, [made])
    master = master_from(data)
    assert master.measures == (made,) and master.settings == given
    headers = [c.value for c in openpyxl.load_workbook(io.BytesIO(data))["成果目標"][1]]
    assert sum(h.endswith(" 目標") for h in headers) == years
    assert getattr(master.measures[0].outcomes[0], f"y{years}").target == f"{years}件"


@pytest.mark.parametrize("text", ["0", "11", "四", "4.5"])
def test_any_other_number_of_years_is_a_fault(text: str) -> None:
    with pytest.raises(DamagedMaster, match="計画の年数「"):
        master_from(declaring(years=text))


def typed(catalogue: Catalogue) -> Settings:
    years = tuple(FiscalYear(2022 + n) for n in range(catalogue.years))
    return replace(settings(), plan_years=years, catalogue=catalogue)


def as_in_a_cell(made: Measure) -> Measure:
    """A measure as the master holds it: numbers in their standard form, ids and departments that it accepts."""
    return made.with_texts({Ref("lead_department"): "総務課"}).tidy()


@pytest.mark.slow
@given(st.data())
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_master_keeps_its_catalogue_and_all_texts(data: st.DataObject) -> None:
    catalogue = data.draw(catalogues())
    made = as_in_a_cell(data.draw(measures_with(catalogue)))
    written = master_bytes(typed(catalogue), DEPARTMENTS, [made])
    master = master_from(written)
    assert master.settings.catalogue == catalogue
    assert master.settings == typed(catalogue)
    assert _standard(master.measures[0]) == _standard(made)
    assert package_faults(written) == []
    assert Catalogue.parse(catalogue.stored, catalogue.years) == catalogue


def _standard(made: Measure) -> dict[Ref, str]:
    """The texts of a measure, its numbers in their standard form."""
    from dxreport.domain.quantities import number_text

    fields = made.catalogue.field
    return {
        ref: number_text(text, fields[ref.field].unit) or text if fields[ref.field].kind is FieldKind.NUMBER else text
        for ref, text in made.values().items()
    }


def master_of(catalogue: Catalogue, made: Measure) -> Master:
    return master_from(master_bytes(typed(catalogue), DEPARTMENTS, [made]))


@pytest.mark.parametrize("name", ["費用", "データ一覧", "cost", "ｺｽﾄ"])
def test_the_ids_of_an_own_list_begin_with_its_name(name: str) -> None:
    catalogue = BUILT_IN.extended([Field(f"{name}.額", "額", FieldKind.NUMBER, "額", declared=True)], 4)
    made = Measure({**measure("01-01", NAME).values(), Ref(f"{name}.額", f"{name}1"): "12"}, catalogue)
    master = master_of(catalogue, made)
    assert master.measures == (made,)
    edit = MasterEdit(master)
    edit.set("01-01", Ref(f"{name}.額", f"{name}2"), "34")
    again = master_from(edit.data()).measures[0]
    assert [(item.key, item.額) for item in again.items(name)] == [(f"{name}1", "12"), (f"{name}2", "34")]


@pytest.mark.parametrize(
    ("typed_in", "number_format", "text"),
    [(1250, "General", "1250"), ("１，２５０千円", "@", "1250"), ("△5", "General", "-5"), ("約3", "General", "約3")],
)
def test_a_number_that_a_person_typed(typed_in: object, number_format: str, text: str) -> None:
    assert read_number("千円", typed_in, number_format) == text


def test_a_percentage_that_a_person_typed() -> None:
    assert read_number("%", 0.485, "0.0%") == "48.5"
    assert read_number("%", 0.00001, "0.000%") == "0.001"
    assert read_number("%", 48.5, "General") == "48.5"
    assert read_number("", 0.485, "0.0%") == "0.485"


def read_number(unit: str, typed_in: object, number_format: str) -> str:
    catalogue = BUILT_IN.extended([Field("額", "額", FieldKind.NUMBER, "額", unit=unit, declared=True)], 4)
    made = Measure({**measure("01-01", NAME).values(), Ref("額"): "1"}, catalogue)
    book = openpyxl.load_workbook(io.BytesIO(master_bytes(typed(catalogue), DEPARTMENTS, [made])))
    [cell] = [c for c in book["施策"][1] if c.value == "額"]
    target = book["施策"].cell(2, cell.column)
    assert target.value == 1  # stored as a number
    target.value, target.number_format = typed_in, number_format
    out = io.BytesIO()
    book.save(out)
    return str(master_from(out.getvalue()).measures[0].額)
