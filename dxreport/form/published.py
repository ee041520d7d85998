"""Take out of a form what serves filling it in, for publication."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from ..ooxml.package import Relationship
from .parts.xml_templates import X14
from .template import R_ID, S

_FOR_ENTRY = ("sheetProtection", "protectedRanges", "dataValidations", "legacyDrawing")


def without_entry_aids(root: etree._Element, relationships: Sequence[Relationship]) -> frozenset[str]:
    """Remove protection, dropdowns, prompts and notes from a form's sheet.

    Returns the ids of the relationships that go with them: those of notes and of the shapes they are drawn in.
    Header pictures are VML too and stay.
    """
    gone = {r.id for r in relationships if r.kind == "comments"}
    for name in _FOR_ENTRY:
        for element in root.findall(f"{S}{name}"):
            gone.add(element.get(R_ID, ""))
            root.remove(element)
    for extension in root.findall(f"{S}extLst/{S}ext"):
        if extension.find(f"{{{X14}}}dataValidations") is not None:
            extension.getparent().remove(extension)
    for emptied in [e for e in root.findall(f"{S}extLst") if not len(e)]:
        root.remove(emptied)
    return frozenset(gone)
