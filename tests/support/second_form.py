"""A second form, as unlike the bundled one as possible: landscape, other order, blocks side by side and nested."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import xlsxwriter
from lxml import etree

from dxreport.ooxml.package import Package, serialise
from tests.support.packages import S, part_of, png

SHEET = "報告書"
AUTHOR = "山田太郎"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
TEXTS = [
    ("B2:H2", "title", "{{ fiscal_year }}　{{ round.name }}　DX 推進計画 報告書（{{ department }}）"),
    ("B3", "head", "施策"),
    ("C3", "text", "{{ measure.id }}"),
    ("D3:F3", "text", "{{ measure.name }}"),
    ("G3", "head", "主管"),
    ("H3", "text", "{{ measure.lead_department }}"),
    ("I2", "head", "課長"),
    ("J2", "head", "係長"),
    ("K2", "head", "担当"),
    ("I3:I4", "text", ""),
    ("J3:J4", "text", ""),
    ("K3:K4", "text", ""),
    ("B4", "head", "目標"),
    ("C4:H4", "input", "{{ measure.goal }}"),
    ("B5", "head", "連絡先"),
    ("C5:E5", "input", "{{ measure.contact_person }}"),
    ("F5:K5", "input", "{{ measure.contact_email }}"),
    ("B6:F6", "head", "取組"),
    ("G6:K6", "head", "成果（{{ years.y1 }}・{{ years.y2 }}）"),
    ("B7:B8", "input", "{{ activity.name }}"),
    ("C7:C8", "text", "{{ activity.plan_label }}"),
    ("D7:F7", "text", "{{ activity.this_quarter.plan }}"),
    ("D8:F8", "text", "{{ activity.this_quarter.progress }}"),
    ("G7:G8", "stacked", "成果{{ outcome.number }}"),
    ("H7", "input", "{{ outcome.y1.indicator }}"),
    ("I7:J7", "input", "{{ outcome.y1.target }}"),
    ("K7", "input", "{{ outcome.y1.actual }}"),
    ("H8", "input", "{{ outcome.y2.indicator }}"),
    ("I8:J8", "input", "{{ outcome.y2.target }}"),
    ("K8", "input", "{{ outcome.y2.actual }}"),
    ("B9:K9", "head", "四半期ごとの予定と進捗"),
    ("B10:B11", "text", "{{ activity.name }}"),
    ("C10", "head", "四半期"),
    ("D10:F10", "head", "{{ activity.plan_label }}"),
    ("G10", "head", "進捗"),
    ("H10:K10", "head", "対応策"),
    ("C11", "text", "第{{ quarter.number }}"),
    ("D11:F11", "input", "{{ quarter.plan }}"),
    ("G11", "input", "{{ quarter.progress }}"),
    ("H11:K11", "input", "{{ quarter.countermeasure }}"),
    ("B12:B13", "head", "関連施策"),
    ("C12:C13", "input", "{{ measure.related_flag }}"),
    ("D12", "head", "ID"),
    ("E12:K12", "head", "施策名"),
    ("D13", "input", "{{ related.id }}"),
    ("E13:K13", "input", "{{ related.name }}"),
    ("B14:J14", "head", "報告事項なし"),
    ("K14", "input", "{{ measure.this_quarter.no_report }}"),
    ("B15", "head", "予算"),
    ("C15", "input", "{{ measure.budgeted }}"),
    ("D15:K15", "input", "{{ measure.procurement }}"),
    ("B16", "head", "支援"),
    ("C16", "input", "{{ measure.support_flag }}"),
    ("D16", "input", "{{ request.period }}"),
    ("E16:K16", "input", "{{ request.content }}"),
    ("B17:C17", "head", "予定通りの数"),
]
CONTROLS = {
    7: "{% for activity in measure.activities | at_least(1) %}\n{% for outcome in measure.outcomes %}",
    8: "{% endfor %}\n{% endfor %}",
    10: "{% for activity in measure.activities | at_least(1) %}",
    11: "{% for quarter in activity.quarters %}{% endfor %}\n{% endfor %}",
    13: "{% for related in measure.related_measures | at_least(2) %}{% endfor %}",
    14: "{% if round.quarter %}{% endif %}",
    16: "{% for request in measure.support_requests | at_least(1) %}{% endfor %}",
}
FORMATS = {
    "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
    "head": {"bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"},
    "text": {"border": 1, "text_wrap": True, "valign": "top"},
    "stacked": {"border": 1, "rotation": 270, "align": "center", "valign": "vcenter"},
    "input": {"border": 1, "text_wrap": True, "valign": "top", "locked": False},
}


def build(change: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None] | None = None) -> bytes:
    """Return the template workbook; ``change`` may draw more on it before it is saved."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties(
        {"created": datetime(2022, 4, 1), "author": AUTHOR, "company": "木更津市", "title": "{{ measure.name }}"}
    )
    formats = {name: book.add_format({"font_name": "游ゴシック", "font_size": 10, **f}) for name, f in FORMATS.items()}
    formats["stacked"].set_rotation(270)
    _explanation(book)
    sheet = book.add_worksheet(SHEET)
    _cells(sheet, formats)
    _page(sheet)
    _hangings(sheet)
    _rules(book, sheet)
    words = book.add_worksheet("選択肢")
    words.write_column("A1", ["予定通り", "進捗遅延・課題あり"])
    words.hide()
    if change:
        change(book, sheet)
    book.close()
    return _with_extensions(out.getvalue())


def _cells(sheet, formats: dict) -> None:
    for ref, style, text in TEXTS:
        if ":" in ref:
            sheet.merge_range(ref, text, formats[style])
        else:
            sheet.write_string(ref, text, formats[style])
    for row, text in CONTROLS.items():
        sheet.write_string(row - 1, 0, text)
    sheet.write_formula("D17", '=COUNTIF(G11:G11,"予定通り")&"/"&ROWS(D7:D8)', formats["text"])
    sheet.write_formula("I17", "=選択肢!A1", formats["text"])
    sheet.set_column("B:B", 18)
    sheet.set_column("C:K", 12)
    sheet.set_row(1, 24)
    sheet.set_row(3, 40)


def _page(sheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.print_area("B2:K17")
    sheet.repeat_rows(1, 2)
    sheet.freeze_panes(3, 3)
    sheet.protect("", {"format_rows": True})
    sheet.set_header("&L&G&R&D", {"image_left": "印.png", "image_data_left": io.BytesIO(png(40, 20, (200, 30, 30)))})
    sheet.set_footer("&C&P / &N")


def _hangings(sheet) -> None:
    logo = {"image_data": io.BytesIO(png(60, 20, (30, 90, 200))), "x_scale": 0.5, "object_position": 1}
    sheet.insert_image("B2", "logo.png", logo)
    sheet.insert_textbox("E17", "{{ measure.id }} {{ measure.name }} <控え>", {"width": 200, "height": 16})
    sheet.insert_textbox("H2", "", {"width": 60, "height": 20, "line": {"color": "red"}})
    sheet.write_comment("C4", "到達目標は年度末の姿を書いてください。", {"author": AUTHOR})
    sheet.write_comment("G11", "一覧から選んでください。", {"author": AUTHOR})


def _rules(book, sheet) -> None:
    late = book.add_format({"bg_color": "#FFC7CE"})
    sheet.conditional_format("G11", {"type": "formula", "criteria": '=AND($G11<>"",$G11<>選択肢!$A$1)', "format": late})
    sheet.conditional_format("K7:K8", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("C12:C13", {"validate": "list", "source": ["{{ lists.flags }}"]})
    sheet.data_validation("K14", {"validate": "list", "source": ["○"]})


def _explanation(book) -> None:
    """Add a sheet before the form, with a table, a chart and a picture."""
    sheet = book.add_worksheet("説明")
    sheet.add_table("A1:B3", {"columns": [{"header": "区分"}, {"header": "数"}], "data": [["新規", 3], ["継続", 5]]})
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"categories": "=説明!$A$2:$A$3", "values": "=説明!$B$2:$B$3"})
    sheet.insert_chart("D2", chart)
    sheet.insert_image("A8", "logo.png", {"image_data": io.BytesIO(png(60, 20, (30, 90, 200)))})
    sheet.write_comment("A1", "区分の説明", {"author": AUTHOR})
    page = book.add_chartsheet("図")
    large = book.add_chart({"type": "column"})
    large.add_series({"values": "=説明!$B$2:$B$3"})
    page.set_chart(large)


def _with_extensions(data: bytes) -> bytes:
    """Add what only Excel itself writes: a dropdown and a conditional format that refer to another sheet."""
    package = Package(data)
    part = part_of(package, SHEET)
    root = package.xml(part)
    extensions = root.find(f"{S}extLst")
    rule = (
        f'<ext xmlns="{S[1:-1]}" xmlns:x14="{X14}" uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}">'
        f'<x14:dataValidations xmlns:xm="{XM}" count="1"><x14:dataValidation type="list" allowBlank="1" showErrorMessage="1">'
        "<x14:formula1><xm:f>選択肢!$A$1:$A$2</xm:f></x14:formula1><xm:sqref>G11</xm:sqref></x14:dataValidation>"
        "</x14:dataValidations></ext>"
    )
    extensions.append(etree.fromstring(rule))
    formats = next(e for e in extensions.iter(f"{{{X14}}}conditionalFormattings"))
    formats.append(
        etree.fromstring(
            f'<x14:conditionalFormatting xmlns:x14="{X14}" xmlns:xm="{XM}"><x14:cfRule type="expression" priority="9" '
            'id="{6F3B2C11-0000-4000-8000-000000000001}"><xm:f>AND(H11="",G11=選択肢!$A$2)</xm:f><x14:dxf><fill '
            f'xmlns="{S[1:-1]}"><patternFill><bgColor rgb="FFFFEB9C"/></patternFill></fill></x14:dxf></x14:cfRule>'
            "<xm:sqref>H11:K11</xm:sqref></x14:conditionalFormatting>"
        )
    )
    return package.with_parts({part: serialise(root)})
