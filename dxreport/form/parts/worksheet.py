"""What stands around the rows in the form's sheet: view, columns, protection, rules, print settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from ...ooxml.package import DOC_RELS_NS
from ..template import R_ID, S
from .row_map import RowMap
from .xml_templates import X14, Builder, Piece

ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
    "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
    "extLst",
)  # fmt: skip
_REFUSED = {
    "tableParts": "テーブル", "oleObjects": "埋め込みオブジェクト", "controls": "フォームコントロール（ボタンやチェックボックス）",
}  # fmt: skip
_DROPPED = {
    "autoFilter": "フィルター", "customSheetViews": "ユーザー設定のビュー", "scenarios": "シナリオ",
    "dataConsolidate": "統合の設定", "webPublishItems": "Web 発行の設定",
}  # fmt: skip
_SILENT = {"dimension", "sheetCalcPr", "phoneticPr", "customProperties", "cellWatches", "smartTags", "sortState"}
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SELECTED, ACTIVE, FROZEN = "\ue006", "\ue007", "\ue008"
BREAKS, IGNORED = "\ue009", "\ue00a"


@dataclass(frozen=True, slots=True)
class PageSetup:
    """What is needed to break pages: paper code, orientation, margins in inches, scale or fit to width."""

    paper: int
    landscape: bool
    top: float
    bottom: float
    left: float
    right: float
    scale: float
    fit_width: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """``head`` is the XML before the rows, with marks; ``pieces`` what follows them, in the schema's order."""

    head: str
    pieces: tuple[Piece, ...]
    page: PageSetup
    breaks: tuple[int, ...]  # drawn page breaks: after these template rows
    frozen: int  # drawn frozen rows, counted from row 1; 0 for none

    def render(self, rows: RowMap) -> str:
        """The XML behind the rows; ``BREAKS`` and ``IGNORED`` mark what the renderer fills in."""
        return "".join(piece if isinstance(piece, str) else piece.render(rows)[0] for piece in self.pieces)


def compile_tail(
    root: etree._Element,
    builder: Builder,
    fault: Callable[[str], None],
    note: Callable[[str], None],
    *,
    published: bool = False,
) -> Tail:
    """Everything of the sheet but its rows. Faults and remarks are reported as sentences.

    A ``published`` sheet is not protected, and its column A is a margin.
    """
    page, breaks = _page(root), tuple(int(b.get("id", "0")) for b in root.iterfind(f"{S}rowBreaks/{S}brk"))
    frozen = _freeze(root)
    _columns(root, _MARGIN if published else _KEYS)
    pieces: list[tuple[int, Piece]] = []
    head: list[str] = []
    for element in root:
        if not isinstance(element.tag, str):
            continue
        name = _name(element)
        if name in _REFUSED or name not in ORDER:
            what = _REFUSED.get(name, f"「{name}」")
            fault(f"様式のシートに{what}は使えません。セルと入力規則だけで描いてください。")
        elif name in _DROPPED:
            note(f"様式のシートの{_DROPPED[name]}は、送るシートには付きません。")
        elif name in _SILENT or name in ("sheetData", "rowBreaks"):
            continue
        elif ORDER.index(name) < ORDER.index("sheetData"):
            head.append(_head(element, name, builder, frozen))
        else:
            pieces.append((ORDER.index(name), _tail_piece(element, name, builder, note)))
    present = {index for index, _ in pieces}
    for name, default in _DEFAULTS.items():
        if ORDER.index(name) not in present and not (published and name == "sheetProtection"):
            pieces.append((ORDER.index(name), default))
    pieces.sort(key=lambda item: item[0])
    return Tail(_opening(root, builder) + "".join(head), tuple(p for _, p in pieces), page, breaks, frozen)


def _name(element: etree._Element) -> str:
    """An element's name; of alternatives (form controls and objects stand in such), that of the first."""
    first = element.find(f"{_MC}Choice/*") if element.tag == f"{_MC}AlternateContent" else None
    return etree.QName(element if first is None else first).localname


_DEFAULTS = {
    "sheetProtection": '<sheetProtection sheet="1" objects="1" scenarios="1" formatCells="0" formatColumns="0" formatRows="0"/>',
    "rowBreaks": BREAKS,
    "ignoredErrors": IGNORED,
}


def _opening(root: etree._Element, builder: Builder) -> str:
    """The root's start tag; its declared prefixes stay, since mc:Ignorable may name them."""
    bare = etree.Element(root.tag, nsmap=root.nsmap)
    for name, value in root.attrib.items():
        if not name.endswith("}uid"):
            bare.set(name, value)
    bare.text = "\ue000"
    return etree.tostring(bare, encoding="unicode").split("\ue000")[0]


def _head(element: etree._Element, name: str, builder: Builder, frozen: int) -> str:
    if name == "sheetPr":
        element.attrib.pop("codeName", None)
    if name == "sheetViews":
        return _views(element, builder, frozen)
    if name == "sheetFormatPr":
        for key in [k for k in element.attrib if k.startswith("{")]:
            del element.attrib[key]
    return builder.xml(element)


def _views(element: etree._Element, builder: Builder, frozen: int) -> str:
    for view in list(element)[1:]:
        element.remove(view)
    view = element[0]
    for key in ("tabSelected", "topLeftCell"):
        view.attrib.pop(key, None)
    view.set("tabSelected", SELECTED)
    pane = view.find(f"{S}pane")
    if pane is not None and not _is_frozen(pane):  # a split window is a way to look at the sheet, no part of it
        view.remove(pane)
        pane = None
    for old in view.findall(f"{S}selection"):
        view.remove(old)
    selection = etree.SubElement(view, f"{S}selection", activeCell=ACTIVE, sqref=ACTIVE)
    if pane is not None:
        pane.attrib.pop("topLeftCell", None)
        selection.set("pane", pane.get("activePane", "bottomLeft"))
        if pane.attrib.pop("ySplit", None) and frozen:
            pane.set("ySplit", FROZEN)
        pane.addnext(selection)
    return builder.xml(element)


_KEYS = {"width": "9", "hidden": "1"}
_MARGIN = {"width": "1.625"}


def _freeze(root: etree._Element) -> int:
    pane = root.find(f"{S}sheetViews/{S}sheetView/{S}pane")
    return int(float(pane.get("ySplit", "0"))) if pane is not None and _is_frozen(pane) else 0


def _is_frozen(pane: etree._Element) -> bool:
    return pane.get("state") in ("frozen", "frozenSplit")


def _columns(root: etree._Element, look: dict[str, str]) -> None:
    """Column A carries the keys or nothing: its ``look`` does not follow its drawn width."""
    cols = root.find(f"{S}cols")
    if cols is None:
        cols = etree.Element(f"{S}cols")
        root.find(f"{S}sheetData").addprevious(cols)
    first = next((c for c in cols if int(c.get("min")) == 1), None)
    if first is not None:
        if int(first.get("max")) > 1:
            first.set("min", "2")
        else:
            cols.remove(first)
    cols.insert(0, etree.Element(f"{S}col", min="1", max="1", **look, customWidth="1"))


def _tail_piece(element: etree._Element, name: str, builder: Builder, note: Callable[[str], None]) -> Piece:
    if name == "sheetProtection":
        for key in ("password", "algorithmName", "hashValue", "saltValue", "spinCount"):
            element.attrib.pop(key, None)
        element.set("sheet", "1")
    if name == "pageSetup":
        element.attrib.pop(R_ID, None)
    if name == "extLst":
        for ext in [
            e for e in element if any(key.startswith(f"{{{DOC_RELS_NS}}}") for x in e.iter() for key in x.attrib)
        ]:
            element.remove(ext)  # slicers and the like belong to parts that are not carried along
        for ext in [e for e in element if e.find(f"{{{X14}}}sparklineGroups") is not None]:
            element.remove(ext)
            note("様式のシートのスパークラインは、送るシートには付きません。")
        if not len(element):
            return ""
    return builder.piece(element)


def _page(root: etree._Element) -> PageSetup:
    setup, margins = root.find(f"{S}pageSetup"), root.find(f"{S}pageMargins")
    fit = root.find(f"{S}sheetPr/{S}pageSetUpPr")
    get = setup.get if setup is not None else lambda _, default: default
    inch = margins.get if margins is not None else lambda _, default: default
    return PageSetup(
        int(get("paperSize", "9")), get("orientation", "portrait") == "landscape",
        float(inch("top", "0.75")), float(inch("bottom", "0.75")), float(inch("left", "0.7")), float(inch("right", "0.7")),
        int(get("scale", "100")) / 100, fit is not None and fit.get("fitToPage") in ("1", "true"),
    )  # fmt: skip
