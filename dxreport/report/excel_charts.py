"""Draw native charts of the tables in the workbook, readable in greyscale too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .activity_records import Category, Progress
from .excel_topic import HEAD_ROW, Topic
from .states import shaded

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart

_RED, _BLUE, _WHITE, _INK, _GREY = "#A90000", "#A3BBDA", "#FFFFFF", "#1A1A1C", "#767676"


def _solid(colour: str, border: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"fill": {"color": colour}, "border": border or {"none": True}}


def _drawn(pattern: str, colour: str, back: str = _WHITE, border: str = "") -> dict[str, Any]:
    return {
        "pattern": {"pattern": pattern, "fg_color": colour, "bg_color": back},
        "border": {"color": border or colour, "width": 1},
    }


# The graver, the darker, so that the order shows without colour.
_FILLS: dict[Progress, tuple[dict[str, Any], ...]] = {
    Progress.ON_TRACK: (_solid(_BLUE), _solid("#6F93C2"), _solid("#DBE5F1")),
    Progress.LATE: (
        _drawn("wide_upward_diagonal", _WHITE, _RED, _RED), _drawn("wide_downward_diagonal", _WHITE, "#6E0000", "#6E0000"),
        _drawn("dark_vertical", _RED, _WHITE, _RED),
    ),
    Progress.DONE: (_solid("#C9D8EA", {"color": "#6F93C2"}), _solid("#EDF2F8", {"color": "#6F93C2"})),
    Progress.STOPPED: (_drawn("light_downward_diagonal", _GREY),),
    Progress.UNKNOWN: (_drawn("large_grid", _INK),),
    Progress.NO_REPORT: (_drawn("dotted_diamond", "#4D4D4D"),),
    Progress.UNREPORTED: (_solid(_WHITE, {"color": _INK, "width": 2.25}),),
    Progress.NO_PLAN: (_solid("#F2F2F2", {"color": _GREY, "dash_type": "dash"}),),
    Progress.WORD: (
        _solid("#6F8FB8"), _solid("#DBE5F1", {"color": _GREY}), _drawn("wide_upward_diagonal", "#44597A"),
        _drawn("dotted_diamond", "#44597A"), _solid(_BLUE), _drawn("outlined_diamond", "#44597A"),
        _drawn("wide_downward_diagonal", _INK, "#DBE5F1"), _solid(_WHITE, {"color": _GREY}),
    ),
}  # fmt: skip
# Zeros have no bar, so they get no label.
_LABELS = {"value": True, "num_format": "#,##0;;", "fill": {"color": _WHITE}, "font": {"size": 9, "bold": True}}
_LABELLED = (Progress.ON_TRACK, Progress.LATE)  # only these get a label in columns: the others are too low for one


def fills(categories: Sequence[Category]) -> list[dict[str, Any]]:
    """Return the fill of each category; once the fills of a standing are used up, further words share its last one."""
    return [_FILLS[c.standing][: shade + 1][-1] for c, shade in shaded(categories)]


def stacked(book: Workbook, topic: Topic, *, width: int, height: int) -> Chart:
    """Return the chart of a topic's ``bars``; ``width`` and ``height`` are in pixels."""
    bars = topic.bars
    assert bars is not None
    headers = list(topic.columns)
    first, last = HEAD_ROW + 1, HEAD_ROW + len(topic.rows)
    names = [headers.index(name) for name in bars.names]
    chart = book.add_chart({"type": bars.kind, "subtype": "percent_stacked" if bars.percent else "stacked"})
    for header, category, look in zip(bars.columns, bars.categories, fills(bars.categories), strict=True):
        column = headers.index(header)
        chart.add_series({
            "name": [topic.sheet, HEAD_ROW, column],
            "categories": [topic.sheet, first, names[0], last, names[-1]],
            "values": [topic.sheet, first, column, last, column],
            "gap": 40,
            "overlap": 100,
            **({"data_labels": _LABELS} if bars.kind == "bar" or category.standing in _LABELLED else {}),
            **look,
        })  # fmt: skip
    font = {"size": 9}
    chart.set_title({"none": True})
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_chartarea({"border": {"none": True}})
    axes = {"num_font": font, "major_gridlines": {"visible": False}, "line": {"color": _GREY}}
    values = axes | {"min": 0, "visible": bars.percent, "num_format": "0%" if bars.percent else "#,##0"}
    if bars.kind == "bar":
        chart.set_y_axis(axes | {"reverse": True, "interval_unit": 1})
        chart.set_x_axis(values | {"label_position": "high"})
    else:
        chart.set_x_axis(axes)
        chart.set_y_axis(values)
    chart.set_size({"width": width, "height": height})
    return chart


def legend_lines(topic: Topic) -> int:
    """Return how many lines the legend of a chart takes, at about 60 characters a line."""
    assert topic.bars is not None
    return 1 + sum(len(c.label) + 3 for c in topic.bars.categories) // 60
