"""XML elements as strings."""

from __future__ import annotations

import re

from lxml import etree

INSIDE = "\ue000"  # where the contents of an element go
_DECLARATION = re.compile(' xmlns(:[A-Za-z0-9]+)?="[^"]*"')


def xml_of(element: etree._Element) -> str:
    """Return an element as XML, without the text that follows it."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return text


def undeclared(element: etree._Element) -> str:
    """Return an element as XML without declarations of namespaces."""
    return _DECLARATION.sub("", xml_of(element))


def around(root: etree._Element, inside: etree._Element | None = None) -> tuple[str, str]:
    """Return ``root`` as XML up to the end of the text of ``inside`` (else of ``root``), and from there on."""
    holder = root if inside is None else inside
    holder.text = (holder.text or "") + INSIDE
    head, end = xml_of(root).split(INSIDE)
    return head, end
