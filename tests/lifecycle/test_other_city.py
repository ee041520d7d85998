"""Everything that the workspace of another city prints is its own: no name of the sample's is in it."""

from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest

from dxreport.domain.names import Names
from dxreport.form.compile import load_form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.issue.publish import published_set
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.lifecycle.sample.departments import DEPARTMENTS, sample_master
from dxreport.master.build import master_bytes
from dxreport.master.faults import DamagedMaster
from dxreport.master.read import master_from
from dxreport.ooxml.package import Package
from dxreport.report.excel import excel
from dxreport.report.figures import figures
from dxreport.report.html import html
from dxreport.workspace.bundled import bundled
from tests.support.templates import compiled, good, template

pytestmark = pytest.mark.slow

NOW = datetime(2022, 7, 19)
OWN = Names(
    "○○町", "○○町R&D計画", "評価シート", "評価の報告", "企画課", "内線 12", "事業", "活動", "最高責任者"
)  # fmt: skip


def master(names: Names):
    settings = replace(sample.settings(), names=names)
    return master_from(master_bytes(settings, DEPARTMENTS, sample.load(with_answers=True)))


def texts(data: bytes) -> str:
    package = Package(data)
    return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.names)


def printed(names: Names) -> tuple[str, str]:
    """The title of the bundled form and the heading of the support block, as rendered."""
    form = load_form(bundled("templates") / "年間活動計画.xlsx")
    settings = replace(sample.settings(), names=names)
    prepared = PreparedForm(form, settings.rounds[1], settings, "総務課")
    book = render_book(prepared, sample.load(with_answers=False)[:1], "R04Q1-001")
    cells = [str(c.value) for row in openpyxl.load_workbook(BytesIO(book.data)).active for c in row]
    return next(c for c in cells if "個別施策" in c), next(c for c in cells if "支援依頼" in c)


@pytest.mark.quick
def test_an_empty_workspace_names_no_city(tmp_path):
    made = create(tmp_path, date(2024, 4, 1))
    for path in made.files:
        data = path.read_bytes()
        said = texts(data) if path.suffix == ".xlsx" else data.decode("utf-8")
        assert "木更津" not in said and "kisarazu" not in said, path
    assert master_from(made.workspace.master.read_bytes()).settings.names.city == ""


def test_names_of_設定_are_read_as_they_were_written():
    assert master(OWN).settings.names == OWN
    assert master(Names()).settings.names == Names()
    assert master_from(sample_master()).settings.names.plan == "木更津市DX推進計画"


def test_one_word_for_two_terms_is_a_fault():
    with pytest.raises(DamagedMaster, match="施策と取組の呼び名"):
        master(Names(measure="事業", activity="事業"))


def test_the_form_prints_the_plan_and_leaves_no_gap_where_it_has_none():
    assert printed(OWN) == ("○○町R&D計画　個別施策 評価シート", "最高責任者への\n支援依頼")
    assert printed(Names()) == ("個別施策 年間活動計画", "CIO補佐への\n支援依頼")


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_the_report_is_in_the_words_of_the_office():
    found = figures(master(OWN), 1, NOW)
    assert found.title == "○○町R&D計画　評価の報告　令和４年度 第1四半期"
    book = openpyxl.load_workbook(BytesIO(excel(found)))
    assert book["概要"]["A1"].value == f"{found.title}（４月～６月）"
    footer = book["概要"].oddFooter.left.text
    assert footer.startswith(found.title.replace("&", "&&")) and "企画課　内線 12" in footer
    heads = [cell.value for cell in book["取組一覧"][4]]
    assert heads[1:3] == ["事業ID", "事業名"] and "活動内容" in heads
    page = html(found, bundled("templates") / "報告書.html").decode("utf-8")
    assert "遅延・課題のある活動" in page and "最高責任者への支援依頼" in page and "年間活動計画" not in page
    assert figures(master(Names()), 1, NOW).title == "年間活動計画 進捗報告書　令和４年度 第1四半期"


def test_the_published_set_is_called_by_its_names():
    form = load_form(bundled("templates") / "年間活動計画.xlsx")
    found = published_set(master(OWN), form)
    first = openpyxl.load_workbook(BytesIO(found.data)).worksheets[0]
    assert found.name == "令和４年度_評価シート"
    assert first["A1"].value == "○○町R&D計画　令和４年度　評価シート　事業一覧" and first["B3"].value == "事業名"


def test_a_loop_may_have_the_name_of_a_name_of_設定():
    drawn = good(
        A8="{% for plan in measure.activities %}{% endfor %}", B8="予定 {{ plan.name }}", B9="{{ city }}の様式"
    )
    prepared = PreparedForm(compiled(template(**drawn)), sample.settings().rounds[1], sample.settings(), "総務課")
    measure = sample.load(with_answers=False)[0]
    sheet = openpyxl.load_workbook(BytesIO(render_book(prepared, [measure], "R04Q1-001").data)).worksheets[0]
    shown = [cell.value for row in sheet for cell in row if str(cell.value).startswith(("予定 ", "木更津市の"))]
    assert shown == [*(f"予定 {a.name}" for a in measure.activities), "木更津市の様式"]
