"""Declared fields through the commands, with the form 事務事業評価: issue, fill in, collect, decide, take back."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from dxreport.collect.copies import kept_copies
from dxreport.collect.corrected import corrected_copies
from dxreport.collect.plan import Plan, Status
from dxreport.collect.resolve import decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.domain.fields import BUILT_IN, Field, FieldKind
from dxreport.form.compile import load_form
from dxreport.issue.publish import published_set
from dxreport.lifecycle.rollover import rollover
from dxreport.master.read import read_master
from tests.support import evaluation
from tests.support.cases import SAVED
from tests.support.declared_form import template
from tests.support.evaluation import ANSWERS, FORM, OFFICE, RETURNED, Evaluation
from tests.support.packages import faults as package_faults
from tests.support.packages import open_cells

pytestmark = pytest.mark.slow

LATER = RETURNED + timedelta(days=1)


def found(plan: Plan, file: int = 0) -> list[tuple[str, str, str]]:
    return [(p.code, p.severity, p.field) for s in plan.files[file].sheets for p in s.problems]


@pytest.mark.quick
def test_inputs_are_those_of_the_round_and_numbers_are_numbers(scene: Evaluation) -> None:
    data, cells = scene.sent().read_bytes(), scene.cells()
    opened = {openpyxl.utils.get_column_letter(c) + str(r) for r, c in open_cells(data, "01-01")}
    written = {ref for ref, at in cells.items() if at in opened}
    assert {"評価", "評価理由", "方向性", "見直し", "contact_person"} <= written
    assert {f"費用.決算額/費用{n}" for n in range(1, 5)} <= written  # two spare rows with ids of their own
    assert not {"二次評価", "所見", "goal"} & written
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    assert sheet[cells["費用.予算額/費用1"]].value == 12500
    assert sheet[cells["費用.予算額/費用1"]].number_format.startswith("#,##0")
    rules = {v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
    assert rules == {'"A,B,C,D"', '"拡充,継続,見直し,縮小,廃止"'}
    assert package_faults(data) == []


@pytest.mark.parametrize("extension", SAVED)
def test_a_return_in_any_format_goes_into_the_columns(
    scene: Evaluation, soffice: Callable[[Path, str], Path], extension: str
) -> None:
    answers = {**ANSWERS, "費用.費目/費用3": "旅費", "費用.予算額/費用3": 50, "費用.決算額/費用3": 48.5}
    path = scene.put(scene.filled(answers))
    if extension != "xlsx":
        path = soffice(path, extension)
    plan = scene.collect(path)
    assert found(plan) == [] and plan.files[0].sheets[0].status is Status.MERGED
    values = scene.values()
    assert {ref: values[ref] for ref in answers} == {ref: str(value) for ref, value in answers.items()}
    sheet = openpyxl.load_workbook(scene.workspace.master)["費用"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    assert ["01-01", "費用1", "委託料", 12500, 12006] in [row[:5] for row in rows]
    assert ["01-01", "費用3", "旅費", 50, 48.5] in [row[:5] for row in rows]
    labels = {c.label for c in scene.master.changes}
    assert {"一次評価", "今後の方向性", "費用① 決算額", "費用③ 費目"} <= labels
    assert package_faults(scene.workspace.master.read_bytes()) == []


@pytest.mark.parametrize(
    ("typed", "text"),
    [("１２，００６千円", "12006"), ("12,006", "12006"), ("△５", "-5"), (12006.0, "12006"), (0, "0"), ("¥12,006円", None),
     ("約1万", None), ("未定", None)],
)  # fmt: skip
def test_a_number_typed_as_text(scene: Evaluation, typed: object, text: str | None) -> None:
    plan = scene.collect(scene.filled({**ANSWERS, "費用.決算額/費用1": typed}))
    if text is None:
        assert found(plan) == [("E113", "error", "費用.決算額/費用1")]
        assert "費用.決算額/費用1" not in scene.values()
    else:
        assert found(plan) == [] and scene.values()["費用.決算額/費用1"] == text


def test_a_rating_pasted_wrongly_and_reasons_that_lack(scene: Evaluation) -> None:
    plan = scene.collect(scene.filled({**ANSWERS, "評価": "（C）"}))
    assert found(plan) == [("E112", "error", "評価")]
    plan = scene.collect(scene.filled({**ANSWERS, "評価": "　Ｃ"}))
    assert found(plan) == [("E116", "error", "評価理由")]
    plan = scene.collect(scene.filled({**ANSWERS, "評価": "C", "方向性": "廃止"}), now=LATER)
    assert found(plan) == [("E116", "error", "評価理由"), ("E116", "error", "見直し")]
    said = plan.files[0].sheets[0].problems[0]
    assert said.message == "一次評価が「C」ですが、一次評価の理由が記入されていません。"
    assert (said.label, said.cell) == ("一次評価の理由", scene.cells()["評価理由"])
    reasons = {"評価理由": "利用が伸びない", "見直し": "店舗を増やす"}
    plan = scene.collect(scene.filled({**ANSWERS, "評価": "C", "方向性": "廃止", **reasons}), now=LATER)
    assert not [p for p in found(plan) if p[1] == "error"] and scene.values()["評価理由"] == "利用が伸びない"


def test_what_has_no_cell_on_the_sheet_is_not_missed(tmp_path: Path) -> None:
    """決算額, always required, is drawn below in a list without spare rows; above, a department adds an item."""
    scene = evaluation.make(tmp_path / "評価")
    path = scene.workspace.templates / FORM
    book = openpyxl.load_workbook(path)
    sheet = book["事務事業評価"]
    sheet["F10"].value, sheet["F10"].protection = None, openpyxl.styles.Protection(locked=True)
    sheet["A26"], sheet["B26"] = "{% for 費 in measure.費用 %}{% endfor %}", "{{ 費.決算額 }}"
    sheet["B26"].protection = openpyxl.styles.Protection(locked=False)
    book.save(path)
    scene.issue()
    added = {"費用.費目/費用3": "旅費", "費用.予算額/費用3": 50}
    assert found(scene.collect(scene.filled({**ANSWERS, **added}))) == []
    assert {ref: scene.values()[ref] for ref in added} == {"費用.費目/費用3": "旅費", "費用.予算額/費用3": "50"}


def test_what_the_coordinator_writes_stays(scene: Evaluation) -> None:
    plan = scene.collect(scene.filled({**ANSWERS, "二次評価": "A"}))
    assert found(plan) == [("E301", "error", "二次評価")]
    assert scene.values()["二次評価"] == "B"


def test_a_corrected_copy_holds_numbers(scene: Evaluation, soffice: Callable[[Path, str], Path]) -> None:
    path = soffice(scene.put(scene.filled({**ANSWERS, "評価": "E"})), "ods")
    plan = scene.collect(path)
    [(id_, name, data)] = corrected_copies(scene.workspace, scene.master, plan)
    assert kept_copies(scene.workspace)[id_] and name.endswith("_差し戻し.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    cells = evaluation.positions(data, scene.form, quarter=0, year=1)["01-01"].cells
    at = {str(ref): where for ref, where in cells.items()}
    assert [sheet[at[f"費用.決算額/費用{n}"]].value for n in (1, 2)] == [12006, 280]
    assert sheet[at["評価"]].value == "E" and package_faults(data) == []
    again = scene.collect(evaluation.typed(data, "01-01", at, {"評価": "A"}), now=LATER)
    assert found(again) == [] and scene.values()["評価"] == "A" and scene.values()["費用.決算額/費用1"] == "12006"


@pytest.mark.parametrize(("take", "number"), [("returned", 12006), ("12,500千円", 12500)])
def test_a_conflict_is_decided_and_written_as_a_number(scene: Evaluation, take: str, number: int) -> None:
    def type_over(sheet) -> None:
        [column] = [c.column for c in sheet[1] if c.value == "決算額"]
        sheet.cell(2, column, 12000)

    data = scene.filled(ANSWERS)
    scene.retype("費用", type_over)
    scene.collect(data)
    [conflict] = scene.master.conflicts
    assert (conflict.returned, conflict.current, conflict.label) == ("12006", "12000", "費用① 決算額")
    with pytest.raises(UsageError, match="「4百」は数値ではありません（決算額）"):
        decide(scene.workspace, conflict.id, "4百", "", LATER)
    decide(scene.workspace, conflict.id, take, "", LATER)
    assert scene.values()["費用.決算額/費用1"] == str(number)
    assert number in [c.value for c in openpyxl.load_workbook(scene.workspace.master)["費用"][2]]


def test_a_conflict_about_a_choice_takes_only_its_words(scene: Evaluation) -> None:
    def type_over(sheet) -> None:
        heads = {c.value: c.column for c in sheet[1]}
        sheet.cell(2, heads["方向性"], "縮小")

    data = scene.filled(ANSWERS)
    scene.retype("施策", type_over)
    scene.collect(data)
    [conflict] = scene.master.conflicts
    with pytest.raises(UsageError, match="方向性") as caught:
        decide(scene.workspace, conflict.id, "充実", "", LATER)
    assert "「拡充」「継続」" in caught.value.fix
    decide(scene.workspace, conflict.id, "見直", "", LATER)
    assert scene.values()["方向性"] == "見直し"


@pytest.mark.parametrize(
    ("kind", "take", "text"),
    [
        ("日付", "2022年7月19日", "2022-07-19"),
        ("日付", "七月", None),
        ("チェック", "○", "○"),
        ("チェック", "たぶん", None),
    ],
)
def test_a_conflict_about_a_date_or_a_check_takes_only_such(
    scene: Evaluation, kind: str, take: str, text: str | None
) -> None:
    scene.redeclare("評価理由", {"種類": kind, "報告": ""})

    def type_over(sheet, typed: str) -> None:
        heads = {c.value: c.column for c in sheet[1]}
        sheet.cell(2, heads["評価理由"], typed)

    scene.issue(LATER)
    data = scene.filled(ANSWERS | {"評価理由": "2022年7月1日" if kind == "日付" else "☑"})
    scene.retype("施策", lambda sheet: type_over(sheet, "2022-07-02" if kind == "日付" else "□"))
    scene.collect(data, now=LATER)
    [conflict] = scene.master.conflicts
    if text is None:
        with pytest.raises(UsageError, match="一次評価の理由"):
            decide(scene.workspace, conflict.id, take, "", LATER)
    else:
        decide(scene.workspace, conflict.id, take, "", LATER)
        assert scene.values()["評価理由"] == text


def test_a_withdrawal_takes_everything_back(scene: Evaluation) -> None:
    before = scene.values()
    scene.collect(scene.filled({**ANSWERS, "費用.費目/費用3": "旅費", "費用.予算額/費用3": 1, "費用.決算額/費用3": 1}))
    withdraw(scene.workspace, "U0001", "別のファイル", LATER)
    assert scene.values() == before


def test_rollover_keeps_what_carries(scene: Evaluation, tmp_path: Path) -> None:
    scene.collect(scene.filled(ANSWERS))
    opened = rollover(scene.workspace, tmp_path / "次年度", datetime(2023, 6, 1))
    new = read_master(opened.workspace.master)
    assert new.settings.catalogue == scene.master.settings.catalogue
    texts = {str(ref): text for ref, text in new.measures[0].values().items() if text}
    assert texts["費用.費目/費用1"] == "委託料"
    assert not {"評価", "方向性", "二次評価", "費用.予算額/費用1", "費用.決算額/費用1"} & texts.keys()
    assert OFFICE in texts.values()


def test_what_the_new_year_no_longer_has_is_not_carried_into_it(scene: Evaluation, tmp_path: Path) -> None:
    def other_items(sheet) -> None:
        assert sheet.cell(2, 3).value == "委託料"
        sheet.cell(2, 3, "報償費")

    new = Evaluation(rollover(scene.workspace, tmp_path / "次年度", datetime(2023, 6, 1)).workspace.root)
    new.redeclare("費目", None)
    before = new.workspace.master.read_bytes()
    scene.retype("費用", other_items)
    again = rollover(scene.workspace, new.root, datetime(2023, 6, 2))
    assert (again.changes, again.conflicts) == ((), ())
    assert new.workspace.master.read_bytes() == before


def computed(path: Path, sheet: str, soffice: Callable[[Path, str], Path]) -> dict[str, list[object]]:
    """The rows of 費用 and 合計 of a form as LibreOffice computes them: budget, result, rate."""
    book = openpyxl.load_workbook(soffice(path, "xlsx:Calc MS Excel 2007 XML"), data_only=True)
    rows = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    return {str(row[1]): [row[4], row[5], row[6]] for row in rows if row[1] in ("委託料", "需用費", "旅費", "合計")}


def test_the_sums_of_a_form_are_right_in_every_program(
    scene: Evaluation, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    sent = computed(scene.sent(), "01-01", soffice)
    assert sent["合計"] == [12800, 0, 0]
    answers = {**ANSWERS, "費用.費目/費用4": "旅費", "費用.予算額/費用4": 200, "費用.決算額/費用4": 100}
    back = scene.put(scene.filled(answers))
    filled = computed(back, "01-01", soffice)  # the sum reaches over the spare rows
    assert filled["合計"][:2] == [13000, 12386] and filled["合計"][2] == pytest.approx(12386 / 13000)
    assert filled["旅費"] == [200, 100, 0.5]
    assert found(scene.collect(back)) == []
    master = scene.master
    published = published_set(
        master, load_form(scene.workspace.templates / FORM, master.settings.catalogue, published=True)
    )
    path = tmp_path / "公表.xlsx"
    path.write_bytes(published.data)
    assert package_faults(path.read_bytes()) == []
    shown = computed(path, "01-01", soffice)
    assert shown["合計"][:2] == [13000, 12386] and shown["委託料"][:2] == [12500, 12006]


@pytest.mark.parametrize("extension", SAVED)
def test_days_checks_and_percentages_as_departments_type_them(
    tmp_path: Path, soffice: Callable[[Path, str], Path], extension: str
) -> None:
    given = {"group": "一次評価", "declared": True}
    fields = BUILT_IN.extended(
        [Field("期日", "期日", FieldKind.DATE, **given), Field("開始", "開始", FieldKind.DATE, **given),
         Field("済", "済", FieldKind.CHECK, **given), Field("確認", "確認", FieldKind.CHECK, **given),
         Field("率", "率", FieldKind.NUMBER, unit="%", **given),
         Field("割合", "割合", FieldKind.NUMBER, unit="%", **given)], 4
    )  # fmt: skip
    scene = evaluation.make(tmp_path / "評価", fields)
    (scene.workspace.templates / FORM).write_bytes(template(fields))
    scene.issue()
    answers = {
        "期日": datetime(2023, 3, 31),
        "開始": "令和４年４月１日",
        "済": True,
        "確認": "□",
        "率": 0.485,
        "割合": "48.5％",
    }
    path = scene.put(scene.filled(answers))
    if extension != "xlsx":
        path = soffice(path, extension)
    plan = scene.collect(path)
    assert [(p.field, p.message) for s in plan.files[0].sheets for p in s.problems if p.severity == "error"] == []
    values = scene.values()
    expected = {"期日": "2023-03-31", "開始": "令和４年４月１日", "済": "☑", "確認": "□", "率": "48.5", "割合": "48.5"}
    assert {ref: values[ref] for ref in expected} == expected
