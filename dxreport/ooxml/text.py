"""Cell texts: escape them for XML and SpreadsheetML, read them back, and measure their length."""

from __future__ import annotations

import re
from math import isfinite

from lxml import etree

from ..domain.visible import writable
from .package import MAIN_NS

XML_SPACE = " \t\r\n"
TRUE = ("1", "true")  # how attributes spell true
MAX_TEXT = 32_767  # UTF-16 units that Excel keeps in a cell
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SI_T, _SI_R = f"{{{MAIN_NS}}}t", f"{{{MAIN_NS}}}r"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def escape(text: str) -> str:
    """Escape a cell's text for the content of ``<t>``: markup, literal ``_xHHHH_``, and CR."""
    if "&" in text:  # checked before each replacement, since most texts need none
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return text.replace("\r", "&#13;") if "\r" in text else text


def escape_attribute(text: str) -> str:
    """Escape a string for a double-quoted attribute."""
    # xml.sax.saxutils would do, but importing it pulls in urllib, http and ssl.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\n", "&#10;")


def unescape(text: str) -> str:
    """Decode ``_xHHHH_``: ``_x000D_`` → CR (ECMA-376 part 1, 22.9.2.19)."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def string_item(si: etree._Element) -> str:
    """Return the text of an ``<si>`` or ``<is>``: its runs joined, furigana left out, escapes decoded."""
    runs = (child if child.tag == _SI_R else (child,) for child in si)
    return unescape("".join(_content(t) for run in runs for t in run if t.tag == _SI_T))


def _content(t: etree._Element) -> str:
    """Return the text of a ``<t>``; like Excel, keep white space at its ends only if ``xml:space`` says so."""
    text = t.text or ""
    return text if t.get(_SPACE) == "preserve" else text.strip(XML_SPACE)


def add_text(parent: etree._Element, text: str) -> None:
    """Add a ``<t>`` with this text, and preserve its white space."""
    t = etree.SubElement(parent, _SI_T, {_SPACE: "preserve"})
    t.text = _LOOKS_ESCAPED.sub("_x005F_", writable(text))


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")


def is_number(text: str) -> bool:
    """Return True if a text is a number in its standard form, which a cell can store unchanged."""
    return _NUMBER.fullmatch(text) is not None


_STORED_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def is_stored_number(text: str) -> bool:
    """Return True if a text is a number as files store them: in ASCII digits, and finite as a float."""
    return _STORED_NUMBER.fullmatch(text) is not None and len(text) < 400 and isfinite(float(text))


def utf16_length(text: str) -> int:
    """Return the length of a text as Excel counts it, in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
