"""XML elements as strings."""

from __future__ import annotations

import re

from lxml import etree

INSIDE = "\ue000"  # placeholder for the contents of an element
_DECLARATION = re.compile(' xmlns(:[A-Za-z0-9]+)?="[^"]*"')


def xml_of(element: etree._Element) -> str:
    """Return an element as XML, without the text that follows it."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return text


def undeclared(element: etree._Element) -> str:
    """Return an element as XML without its namespace declarations."""
    return _DECLARATION.sub("", xml_of(element))


def around(root: etree._Element, inside: etree._Element | None = None) -> tuple[str, str]:
    """Return ``root`` as XML in two halves, split after the text of ``inside`` (default: ``root`` itself)."""
    holder = root if inside is None else inside
    holder.text = (holder.text or "") + INSIDE
    head, end = xml_of(root).split(INSIDE)
    return head, end
