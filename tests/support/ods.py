"""Write minimal .ods workbooks, with just what readers look at."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from dxreport.ooxml.package import member, zip_bytes

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_MIME = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows: Sequence[Sequence[str | float | bool]], name: str = "様式") -> bytes:
    """Return a workbook of one sheet."""
    lines = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(f' xmlns:{p}="{_NS}{p}:1.0"' for p in ("office", "table", "text", "style"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="{name}">{lines}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_NS}manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{_MIME}"/></manifest:manifest>'
    )
    parts = {"mimetype": _MIME, "content.xml": content, "META-INF/manifest.xml": manifest}
    return zip_bytes(member(part, text.encode()) for part, text in parts.items())


def _cell(value: str | float | bool) -> str:
    if isinstance(value, bool):
        kind, shown = f'boolean" office:boolean-value="{str(value).lower()}', str(value).upper()
    elif isinstance(value, str):
        kind, shown = "string", escape(value)
    else:
        kind, shown = f'float" office:value="{value!r}', f"{value:g}"
    if not shown:
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="{kind}"><text:p>{shown}</text:p></table:table-cell>'
