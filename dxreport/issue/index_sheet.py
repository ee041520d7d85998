"""The index sheet of a published workbook: every measure with a link to its sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..domain.model import Measure
from ..domain.names import Names
from ..form.render.workbook import PlainSheet
from ..ooxml.package import MAIN_NS
from ..ooxml.plain_sheet import columns, row_height, text_row
from ..ooxml.styles import Look, Styles
from ..ooxml.text import escape_attribute
from ..ooxml.text_metrics import MAX_HEIGHT

NAME = "施策一覧"
_HEADS = ("施策ID", "施策名", "主管部署")
_WIDTHS = (10.0, 48.0, 24.0)  # in characters; together they fill an A4 page between its margins
_TITLE, _HEAD = Look(14, bold=True), Look(10, bold=True, fill="FFD9D9D9", border=True, align="center")
_TEXT, _LINK = Look(10, border=True), Look(10, colour="FF0563C1", border=True, align="center")
_HEAD_ROW = 3
_LEAST = 18.0  # the least row height in points; links on lower rows are hard to click


def index_sheet(
    title: str, measures: Sequence[Measure], styles: Styles, names: Names, places: Mapping[str, str],
    *, ended: Mapping[str, str],
) -> PlainSheet:  # fmt: skip
    """Return a sheet that lists ``measures`` under ``title``, in the words of ``names``, each with a link to its place.

    ``ended`` holds the note (第3四半期から中止) to show after the name of a measure, "" for none. The formats used are
    added to ``styles``.
    """
    heading = f"{title}　{names.termed(NAME)}"
    font = styles.format(styles.added(_TEXT)).font_name
    rows = [text_row(1, 24.0, [(text, styles.added(_TITLE)) for text in (heading, "", "")]), text_row(2, 6.0, [])]
    rows.append(text_row(_HEAD_ROW, _LEAST, [(names.termed(head), styles.added(_HEAD)) for head in _HEADS]))
    looks, links = [styles.added(look) for look in (_LINK, _TEXT, _TEXT)], []
    for number, m in enumerate(measures, _HEAD_ROW + 1):
        note = ended.get(m.id, "")
        texts = (m.id, f"{m.name}（{note}）" if note else m.name, m.lead_department)
        height = max(_LEAST, min(row_height(texts, _WIDTHS, _TEXT.size, font), MAX_HEIGHT))
        rows.append(text_row(number, height, zip(texts, looks, strict=True)))
        location = escape_attribute(places[m.id])
        links.append(f'<hyperlink ref="A{number}" location="{location}" display="{escape_attribute(m.id)}"/>')
    return PlainSheet(NAME, "index", _sheet("".join(rows), "".join(links)), titles=f"${_HEAD_ROW}:${_HEAD_ROW}")


def _sheet(rows: str, links: str) -> str:
    below = _HEAD_ROW + 1
    return (
        f'<worksheet xmlns="{MAIN_NS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{_HEAD_ROW}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A{below}" sqref="A{below}"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="13.5"/><cols>{columns(_WIDTHS)}</cols><sheetData>{rows}</sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells>'
        f"{f'<hyperlinks>{links}</hyperlinks>' if links else ''}"
        '<printOptions horizontalCentered="1"/>'
        '<pageMargins left="0.59" right="0.59" top="0.59" bottom="0.59" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" fitToHeight="0" orientation="portrait"/>'
        "<headerFooter><oddFooter>&amp;L&amp;8&amp;A&amp;C&amp;8&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
    )
