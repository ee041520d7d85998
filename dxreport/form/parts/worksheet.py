"""The form's sheet before and after its rows: view, columns, protection, rules, print settings."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from ...ooxml.package import DOC_RELS_NS, ORDERS, child
from ...ooxml.refs import box
from ...ooxml.text import TRUE
from ..faults import TemplateFaults
from ..template import R_ID, S
from .markup import around
from .row_map import RowMap
from .xml_templates import X14, XM, TemplateBuilder, XmlTemplate

ORDER = ORDERS["worksheet"]
_REFUSED = {
    "tableParts": "テーブル", "oleObjects": "埋め込みオブジェクト", "controls": "フォームコントロール（ボタンやチェックボックス）",
}  # fmt: skip
_DROPPED = {
    "customSheetViews": "ユーザー設定のビュー", "scenarios": "シナリオ",
    "dataConsolidate": "統合の設定", "webPublishItems": "Web 発行の設定",
}  # fmt: skip
_SILENT = {
    "dimension", "sheetCalcPr", "phoneticPr", "customProperties", "cellWatches", "smartTags", "sortState", "sheetData",
    "rowBreaks",
}  # fmt: skip
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ROWS = ORDER.index("sheetData")
SELECTED, ACTIVE, FROZEN = "\ue006", "\ue007", "\ue008"
BREAKS, IGNORED, PAGES = "\ue009", "\ue00a", "\ue00b"
_PROTECTION = {
    "sheet": "1", "objects": "1", "scenarios": "1", "formatCells": "0", "formatColumns": "0", "formatRows": "0",
}  # fmt: skip
_DEFAULTS = {
    "sheetProtection": "<sheetProtection " + " ".join(f'{key}="{value}"' for key, value in _PROTECTION.items()) + "/>",
    "rowBreaks": BREAKS,
    "ignoredErrors": IGNORED,
}
# Attributes that belong to whoever drew the template, by element.
_PRIVATE = {
    "sheetPr": ("codeName",),
    "sheetProtection": ("password", "algorithmName", "hashValue", "saltValue", "spinCount"),
    "sheetFormatPr": ("{http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac}dyDescent",),
    "pageSetup": (R_ID,),
}
_KEY_COLUMN = {"width": "9", "hidden": "1"}
_MARGIN_COLUMN = {"width": "1.625"}


class PageSetup:
    """What page breaks depend on: paper code, orientation, margins in inches, scale (1.0: 100 %) or fit to width.

    ``fits`` is True if only the width is fitted, so that a sheet slightly taller than a page can be made to fit on one.
    """

    def __init__(self, root: etree._Element) -> None:
        elements = [e for name in ("pageSetup", "pageMargins") for e in root.iterfind(f"{S}{name}")]
        get = {name: value for e in elements for name, value in e.attrib.items()}.get
        fit = root.find(f"{S}sheetPr/{S}pageSetUpPr")
        self.paper, self.landscape = int(get("paperSize", "9")), get("orientation") == "landscape"
        self.top, self.bottom = float(get("top", "0.75")), float(get("bottom", "0.75"))
        self.left, self.right = float(get("left", "0.7")), float(get("right", "0.7"))
        self.scale = int(get("scale", "100")) / 100
        self.fit_width = fit is not None and fit.get("fitToPage") in TRUE
        self.fits = self.fit_width and get("fitToHeight") == "0"


@dataclass(frozen=True, slots=True)
class WorksheetParts:
    """A worksheet without its rows.

    ``head`` is the XML before the rows, with marks; ``following`` what comes after them, in the order of the schema.
    ``breaks`` are the template rows after which a page break was drawn; ``frozen`` is the last frozen row, 0 for none.
    """

    head: str
    following: tuple[XmlTemplate, ...]
    page: PageSetup
    breaks: tuple[int, ...]
    frozen: int

    def after_rows(self, rows: RowMap) -> str:
        """Return the XML after the rows, in which the renderer replaces ``BREAKS``, ``IGNORED`` and ``PAGES``."""
        return "".join([t if isinstance(t, str) else "".join(t.render(rows)) for t in self.following])


def compile_worksheet(
    root: etree._Element, builder: TemplateBuilder, found: TemplateFaults, *, published: bool = False
) -> WorksheetParts:
    """Compile everything on the sheet except its rows; report what cannot be sent.

    A ``published`` sheet is not protected, and its column A is a margin.
    """
    _allow_filter(root, builder, found, published=published)
    breaks = tuple(int(b.get("id", "0")) for b in root.iterfind(f"{S}rowBreaks/{S}brk"))
    page, frozen = PageSetup(root), 0
    _set_first_column(root, _MARGIN_COLUMN if published else _KEY_COLUMN)
    # The start tag of the root keeps its declared prefixes, since mc:Ignorable may name them.
    attributes = {name: value for name, value in root.attrib.items() if not name.endswith("}uid")}
    head = around(etree.Element(root.tag, attributes, nsmap=root.nsmap))[0]
    following: dict[str, list[XmlTemplate]] = {}
    for element in root.iterchildren(etree.Element):
        name = _name(element)
        if name in _REFUSED or name not in ORDER:
            what = _REFUSED.get(name, f"「{name}」")
            found.fault(f"様式のシートに{what}は使えません。セルと入力規則だけで描いてください。")
        elif name in _DROPPED:
            found.note(f"様式のシートの{_DROPPED[name]}は、送るシートには付きません。", elsewhere=True)
        elif name not in _SILENT:
            for key in _PRIVATE.get(name, ()):
                element.attrib.pop(key, None)
            if ORDER.index(name) < _ROWS:
                if name == "sheetViews":
                    frozen = _clean_views(element)
                head += builder.xml(element)
            else:
                following.setdefault(name, []).append(_after_rows(element, name, builder, found))
    for name, default in _DEFAULTS.items():
        if not (published and name == "sheetProtection"):
            following.setdefault(name, [default])
    ordered = tuple(template for name in ORDER for template in following.get(name, ()))
    return WorksheetParts(head, ordered, page, breaks, frozen)


def _allow_filter(root: etree._Element, builder: TemplateBuilder, found: TemplateFaults, *, published: bool) -> None:
    """Let departments use the filter of a protected sheet, with nothing chosen; drop one inside a repeated block."""
    drawn = root.find(f"{S}autoFilter")
    if drawn is None:
        return
    if not builder.is_single(drawn.get("ref", "")):
        found.note("様式のシートのフィルターは、繰り返しの中にあるので、送るシートには付きません。", elsewhere=True)
        root.remove(drawn)
        return
    drawn[:] = ()
    if not published:
        protection = child(root, "sheetProtection")
        if not protection.attrib:
            protection.attrib.update(_PROTECTION)
        protection.set("autoFilter", "0")


def _name(element: etree._Element) -> str:
    """Return the name of an element; for alternatives, which hold form controls and objects, that of the first one."""
    first = element.find(f"{_MC}Choice/*") if element.tag == f"{_MC}AlternateContent" else None
    name: str = etree.QName(element if first is None else first).localname
    return name


def _clean_views(element: etree._Element) -> int:
    """Keep one view, without scroll positions; mark its selected cell and frozen rows. Return the last frozen row."""
    element[1:] = ()
    view = element[0]
    view.attrib.pop("topLeftCell", None)
    view.attrib.pop("tabSelected", None)
    view.set("tabSelected", SELECTED)
    pane = view.find(f"{S}pane")
    for old in view.findall(f"{S}selection"):
        view.remove(old)
    selection = etree.SubElement(view, f"{S}selection", activeCell=ACTIVE, sqref=ACTIVE)
    if pane is None:
        return 0
    if pane.get("state") not in ("frozen", "frozenSplit"):  # a split window is personal, not part of the form
        view.remove(pane)
        return 0
    pane.attrib.pop("topLeftCell", None)
    selection.set("pane", pane.get("activePane", "bottomLeft"))
    frozen = int(float(pane.attrib.pop("ySplit", "0")))
    if frozen:
        pane.set("ySplit", FROZEN)
    pane.addnext(selection)
    return frozen


def _set_first_column(root: etree._Element, look: dict[str, str]) -> None:
    """Set the look of column A, whatever was drawn: it holds the keys or nothing."""
    cols = child(root, "cols")
    first = next((c for c in cols if int(c.get("min")) == 1), None)
    if first is not None:
        if int(first.get("max")) > 1:
            first.set("min", "2")
        else:
            cols.remove(first)
    cols.insert(0, etree.Element(f"{S}col", min="1", max="1", **look, customWidth="1"))


def _after_rows(element: etree._Element, name: str, builder: TemplateBuilder, found: TemplateFaults) -> XmlTemplate:
    if name == "sheetProtection":
        element.set("sheet", "1")
    if name == "pageSetup" and element.get("fitToHeight") == "0":
        element.set("fitToHeight", PAGES)
    if name == "extLst":
        for ext in list(element):
            lines = ext.find(f"{{{X14}}}sparklineGroups") is not None
            for at in (box(f.text.split()[0])[:2] for f in ext.iter(f"{{{XM}}}sqref") if lines and f.text):
                found.refuse("スパークラインは送るシートに付けられません。削除してください。", at)
            # Slicers and the like depend on parts that are not sent.
            if lines or any(key.startswith(f"{{{DOC_RELS_NS}}}") for e in ext.iter() for key in e.attrib):
                element.remove(ext)
        if not len(element):
            return ""
    return builder.template(element)
