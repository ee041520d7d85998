"""A first master from the forms that an office already has."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from dxreport.cli import main
from dxreport.domain.errors import DxreportError
from dxreport.domain.fields import BUILT_IN
from dxreport.domain.model import FiscalYear, ProgressWord, Settings
from dxreport.form.compile import compile_form, load_form
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.issue.forms import FORM_NAME
from dxreport.issue.publish import published_set
from dxreport.lifecycle import sample
from dxreport.lifecycle.import_forms import ImportedForms, import_forms
from dxreport.lifecycle.init import create_from
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.read import master_from, read_master
from dxreport.workspace.bundled import bundled
from tests.support.cases import SAVED
from tests.support.measures import with_texts
from tests.support.packages import Grid, rows_of
from tests.support.quarter import Quarter
from tests.support.second_form import build
from tests.support.sending import mail

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 22)
SETTINGS = sample.settings()
REAL = {m.id: m for m in sample.load(with_answers=True)}
FORM = load_form(bundled("templates") / FORM_NAME)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 26 sheets as a city publishes them: no keys, no stamps, nothing hidden."""
    master = master_from(master_bytes(SETTINGS, DEPARTMENTS, REAL.values()))
    path = tmp_path_factory.mktemp("published") / "公表.xlsx"
    path.write_bytes(published_set(master, load_form(bundled("templates") / FORM_NAME, published=True)).data)
    return path


def grid(id_: str, form: Form = FORM, settings: Settings = SETTINGS) -> Grid:
    """A real sheet as values, without row 1 and column A."""
    prepared = PreparedForm(form, settings.rounds[1], settings, REAL[id_].lead_department)
    data = render_book(prepared, [REAL[id_]], "R04Q1-001").data
    return [row[1:] for row in rows_of(data, id_)[1:]]


def put(path: Path, *grids: Grid, percent: str = "") -> Path:
    """A workbook typed anew: values only, nothing merged. A text that is ``percent`` is typed as a number."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    percentage = book.add_format({"num_format": "0.0%"})
    for rows in grids:
        sheet = book.add_worksheet()
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if text and text == percent:
                    sheet.write_number(r, c, float(percent.rstrip("%")) / 100, percentage)
                elif text:
                    sheet.write_string(r, c, str(text))
    book.close()
    path.write_bytes(stream.getvalue())
    return path


def change(rows: Grid, old: str, new: str) -> Grid:
    """With every cell that holds ``old`` changed."""
    assert any(old in row for row in rows)
    return [[new if text == old else text for text in row] for row in rows]


def read(*paths: Path) -> ImportedForms:
    return import_forms(paths, FORM, SETTINGS)


def told(found: ImportedForms) -> list[tuple[str, str, str]]:
    return [(u.sheet, u.cell, u.reason) for u in found.unplaced]


@pytest.mark.parametrize("extension", SAVED)
def test_the_published_set_gives_the_master_that_it_came_from(
    extension: str, published: Path, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    made, found = create_from(tmp_path / "市", TODAY, [soffice(published, extension)])
    assert (found.unplaced, found.missing, found.other_sheets, found.skipped) == ((), (), (), 1)
    master = read_master(made.workspace.master)
    assert list(master.measures) == [m.normal() for m in REAL.values()]
    assert (master.settings.fiscal_year, master.settings.plan_years) == (SETTINGS.fiscal_year, SETTINGS.plan_years)
    assert {d.name for d in master.departments} == {d.name for d in DEPARTMENTS}
    assert (made.workspace.templates / FORM_NAME).read_bytes() == (bundled("templates") / FORM_NAME).read_bytes()


@pytest.mark.quick
def test_departments_stand_in_the_order_of_the_sheets_and_words_are_those_seen(tmp_path: Path) -> None:
    rows = change(grid("03-01"), "進捗遅延・課題あり", "やや遅れ")
    found = read(put(tmp_path / "回答.xlsx", rows, grid("01-01")))
    assert [d.name for d in found.departments] == [REAL["03-01"].lead_department, REAL["01-01"].lead_department]
    assert found.settings.progress_words == (*SETTINGS.progress_words, ProgressWord("やや遅れ"))
    assert [m.id for m in found.measures] == ["03-01", "01-01"]


def test_blanks_around_a_word_make_no_other_word(tmp_path: Path) -> None:
    late = "進捗遅延・課題あり"
    sheets = (
        change(grid("03-01"), late, "やや遅れ　"),
        change(grid("03-03"), late, "やや遅れ"),
        change(grid("01-01"), "予定通り", "　"),
    )
    found = read(put(tmp_path / "回答.xlsx", *sheets))
    assert found.settings.progress_words == (*SETTINGS.progress_words, ProgressWord("やや遅れ"))
    assert {q.progress for m in found.measures for a in m.activities for q in a.quarters} == {
        "",
        "やや遅れ",
        "予定通り",
    }


def test_a_number_is_read_as_it_was_shown(tmp_path: Path) -> None:
    found = read(put(tmp_path / "回答.xlsx", change(grid("01-07"), "48.5％（年平均）", "48.5%"), percent="48.5%"))
    assert [o.y1.target for o in found.measures[0].outcomes][1] == "48.5%" and found.unplaced == ()


def test_what_has_no_place_is_listed_with_its_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = grid("01-01")
    rows.insert(10, ["※到達目標は協議中", *[""] * 6])
    rows[4][6] = "押印済"
    path = put(tmp_path / "回答.xlsx", rows)
    assert main(["init", str(tmp_path / "市"), "--from", str(path)]) == 1
    shown = capsys.readouterr().out
    assert (
        "Sheet1" in shown
        and " A11: " in shown
        and "※到達目標は協議中" in shown
        and " G5: " in shown
        and "押印済" in shown
    )
    assert read_master(tmp_path / "市" / "master" / "master.xlsx").measures == (REAL["01-01"].normal(),)


def test_what_goes_with_every_form_is_counted_unless_somebody_wrote_into_it(
    issued_quarter: Quarter, tmp_path: Path
) -> None:
    path = next(issued_quarter.sent.glob("*総務課.xlsx"))
    found = read(path)
    assert (len(found.measures), found.other_sheets, found.skipped) == (2, (), 1)
    written = tmp_path / "書込.xlsx"
    book = openpyxl.load_workbook(path)
    book["記入要領"]["B40"] = "※ 当課の意見"
    book.save(written)
    found = read(written)
    assert (found.other_sheets, found.skipped) == (((written.name, "記入要領"),), 0)


def test_all_files_of_a_folder_are_read_and_none_stops_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "昨年度"
    folder.mkdir()
    put(folder / "1.xlsx", grid("01-01"))
    put(folder / "2.xlsx", grid("01-02"))
    put(folder / "3.xlsx", [["集計"]])
    (folder / "議事録.docx").write_bytes(b"PK\x03\x04 not a workbook")
    assert main(["init", str(tmp_path / "市"), "--from", str(folder)]) == 1
    shown = capsys.readouterr().out
    assert "2 施策" in shown and "3.xlsx" in shown and "議事録.docx" in shown


def test_several_files_may_follow_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(put(tmp_path / f"{id_}.xlsx", grid(id_))) for id_ in ("01-01", "01-02", "01-03")]
    assert main(["init", str(tmp_path / "市"), "--from", *paths]) == 0
    assert "3 施策" in capsys.readouterr().out


def other_year(rows: Grid) -> Grid:
    """The sheet as one of the year after, in the same plan."""
    [line] = [row for row in rows if "対象年度" in row]
    line[line.index("対象年度") + 1] = "令和５年度"
    return rows


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (lambda: grid("01-01"), "ほかにもあります"),
        (lambda: other_year(grid("01-02")), "年度が違います"),
        (lambda: change(grid("01-02"), "01-02", ""), "施策IDが記入されていません"),
        (lambda: change(grid("01-02"), REAL["01-02"].lead_department, ""), "主管部署が記入されていません"),
        (lambda: [[*row[:5], row[5], *row[5:]] for row in grid("01-02")], "2つ以上の列"),
        (lambda: grid("01-02")[:12], "半分以上"),
        (lambda: change(grid("01-02"), "令和５年度", "来年度"), "読めません"),
        (lambda: change(grid("01-02"), "令和７年度", "令和８年度"), "続いていません"),
        (
            lambda: change(change(grid("01-02"), "令和６年度", "令和８年度"), "令和７年度", "令和10年度"),
            "続いていません",
        ),
    ],
)
def test_a_sheet_that_cannot_be_taken_is_named_with_the_reason(
    second: Callable[[], Grid], reason: str, tmp_path: Path
) -> None:
    found = read(put(tmp_path / "回答.xlsx", grid("01-01"), second()))
    assert [m.id for m in found.measures] == ["01-01"]
    assert [(sheet, cell, reason in why) for sheet, cell, why in told(found)] == [("Sheet2", "", True)]


def test_the_year_is_that_of_the_forms_not_of_today(tmp_path: Path) -> None:
    made, _ = create_from(tmp_path / "市", TODAY, [put(tmp_path / "回答.xlsx", other_year(grid("01-01")))])
    settings = read_master(made.workspace.master).settings
    assert (settings.fiscal_year, settings.plan_years[0]) == (FiscalYear(2023), FiscalYear(2022))
    assert not any(r.deadline for r in settings.rounds) and not settings.mail_domain


def test_a_plan_of_ten_years_is_read(tmp_path: Path) -> None:
    """The form prints the first three years and the tenth."""
    book, drawn = openpyxl.load_workbook(bundled("templates") / FORM_NAME), io.BytesIO()
    [heading] = [c for row in book[FORM.sheet].iter_rows() for c in row if c.value == "{{ years.y4 }}"]
    heading.value = "{{ years.y10 }}"
    book.save(drawn)
    years = tuple(SETTINGS.plan_years[0] + n for n in range(10))
    settings = replace(SETTINGS, plan_years=years, catalogue=BUILT_IN.extended((), len(years)))
    form = compile_form(drawn.getvalue(), FORM_NAME, settings.catalogue)
    path = put(tmp_path / "回答.xlsx", grid("01-01", form, settings))
    found = import_forms([path], form, settings)
    assert (found.unplaced, [m.id for m in found.measures]) == ((), ["01-01"])
    assert found.settings.plan_years == years


def test_a_sheet_without_years_is_of_the_plan_of_the_others(tmp_path: Path) -> None:
    second = other_year(grid("01-02"))
    [years] = [row for row in second if "令和７年度" in row]
    years[:] = ["" if text.endswith("年度") else text for text in years]
    found = read(put(tmp_path / "回答.xlsx", other_year(grid("01-01")), second))
    assert ([m.id for m in found.measures], found.unplaced) == (["01-01", "01-02"], ())
    assert found.settings.plan_years == SETTINGS.plan_years


@pytest.mark.parametrize(("named", "ticked"), [("第1四半期", "○"), ("第1四半期・第2四半期", "")])
def test_what_belongs_to_the_quarter_of_a_sheet_is_taken_if_it_names_one(
    named: str, ticked: str, tmp_path: Path
) -> None:
    form = compile_form(build(), "様式.xlsx")
    rows = grid("01-01", form)
    [title] = {text for row in rows for text in row if "DX 推進計画 報告書" in str(text)}
    rows = change(rows, title, title.replace("第1四半期", named))
    [box] = [row for row in rows if "報告事項なし" in row]
    box[-1] = "○"
    found = import_forms([put(tmp_path / "回答.xlsx", rows)], form, SETTINGS)
    assert [q.no_report for q in found.measures[0].quarters] == [ticked, "", "", ""]
    assert [u.text for u in found.unplaced] == ([] if ticked else ["○"])


def test_an_office_s_own_form_is_read_by_its_template(tmp_path: Path) -> None:
    template = tmp_path / "様式.xlsx"
    template.write_bytes(build())
    form = compile_form(template.read_bytes(), "様式.xlsx")
    path = put(tmp_path / "回答.xlsx", grid("01-01", form))
    made, found = create_from(tmp_path / "市", TODAY, [path], template)
    assert found.unplaced == ()
    assert (made.workspace.templates / FORM_NAME).read_bytes() == template.read_bytes()
    [measure] = read_master(made.workspace.master).measures
    assert (measure.goal, measure.activities) == (REAL["01-01"].goal, REAL["01-01"].activities)


def test_a_form_without_a_field_of_ours_says_so(tmp_path: Path) -> None:
    rows = [row for row in grid("01-01") if "到達目標" not in row]
    found = read(put(tmp_path / "回答.xlsx", rows))
    assert found.missing == (("回答.xlsx", "Sheet1", ("到達目標",)),) and found.unplaced == ()
    assert found.measures == (with_texts(REAL["01-01"], {"goal": ""}),)


def test_without_any_form_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "集計.xlsx", [["集計"]])
    with pytest.raises(DxreportError, match="読み取れるシートがありません"):
        create_from(tmp_path / "市", TODAY, [path])
    assert main(["init", str(tmp_path / "市"), "--from", str(path)]) == 3
    assert "集計.xlsx" in capsys.readouterr().err and not (tmp_path / "市").exists()


@pytest.mark.parametrize(
    "args", [["a.xlsx"], ["--sample", "--from", "a.xlsx"], ["--template", "a.xlsx"], ["--from", "ない.xlsx"]]
)
def test_wrong_usage(args: list[str], tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "市"), *args]) == 2
    assert not (tmp_path / "市").exists()


def test_the_master_asks_for_the_directions_that_no_form_holds(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = create_from(tmp_path / "市", TODAY, [published])
    book = openpyxl.load_workbook(made.workspace.master)
    assert book["成果目標"]["O1"].value == "方向" and book["成果目標"]["O2"].value is None
    assert main(["check", "-C", str(made.workspace.root)]) == 0
    assert "W604 「成果目標」シート O2、O3 成果目標①、成果目標② 方向\n" in capsys.readouterr().out


def test_the_same_files_give_the_same_master(published: Path, tmp_path: Path) -> None:
    first, second = (create_from(tmp_path / name, TODAY, [published])[0].workspace.master.read_bytes() for name in "ab")
    assert first == second


def test_a_mail_without_attachments_is_named(published: Path, tmp_path: Path) -> None:
    letter = tmp_path / "回答.eml"
    letter.write_bytes(mail([]))
    found = read(published, letter)
    assert len(found.measures) == 26
    [unplaced] = found.unplaced
    assert unplaced.file == "回答.eml" and "「回答」に、ファイルが添付されていません" in unplaced.reason
