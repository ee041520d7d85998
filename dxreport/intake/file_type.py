"""Recognise the type of a file by its content alone: names and extensions are often wrong.

The extension only helps to describe a file that is refused anyway.
"""

from __future__ import annotations

import codecs
import io
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from pathlib import PurePath

from ..domain.errors import PackageError
from ..ooxml.package import TYPES_NS, Package, parse, shared, zip_directory
from .limits import DAMAGED, MAX_FILE, Unreadable, unreadable


class Format(Enum):
    """The spreadsheet formats that can be read."""

    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    ENCRYPTED = "encrypted"  # OOXML in an OLE container; only decryption reveals which


EDITABLE = (Format.XLSX, Format.XLSM)  # formats in which the department's own file can be marked
_MAIN_TYPES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": Format.XLSX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": Format.XLSX,
    "application/vnd.ms-excel.sheet.macroenabled.main+xml": Format.XLSM,
    "application/vnd.ms-excel.template.macroenabled.main+xml": Format.XLSM,
    "application/vnd.ms-excel.sheet.binary.macroenabled.main": Format.XLSB,
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "E401", "PDF ファイル"),
    (b"\x89PNG\r\n", "E401", "画像（PNG）"),
    (b"\xff\xd8\xff", "E401", "画像（JPEG）"),
    (b"GIF8", "E401", "画像（GIF）"),
    (b"II*\0", "E401", "画像（TIFF）"),
    (b"MM\0*", "E401", "画像（TIFF）"),
    (b"{\\rtf", "E401", "リッチテキスト（RTF）"),
    (b"MZ", "E401", "プログラム（自己解凍形式の圧縮ファイルなど）"),
    (b"7z\xbc\xaf'\x1c", "E404", "圧縮ファイル（7z）"),
    (b"Rar!\x1a\x07", "E404", "圧縮ファイル（RAR）"),
    (b"\x1f\x8b", "E404", "圧縮ファイル（gz）"),
    (b"x\x9f>\"", "E404", "Outlook 独自形式の添付（winmail.dat）"),
    (b"\x09\x00\x04\x00", "E404", "Excel 2 の古い形式"),
    (b"\x09\x02\x06\x00", "E404", "Excel 3 の古い形式"),
    (b"\x09\x04\x06\x00", "E404", "Excel 4 の古い形式"),
)  # fmt: skip
_BY_EXTENSION = {
    ".xdw": "DocuWorks 文書",
    ".xbd": "DocuWorks バインダー",
    ".jtd": "一太郎文書",
    ".heic": "画像（HEIC）",
    ".lzh": "圧縮ファイル（LZH）",
    ".lnk": "ショートカット",
}
# Office documents, by a part of their content type.
_OFFICE = (
    ("wordprocessingml", "E401", "Word 文書"),
    ("ms-word", "E401", "Word 文書"),
    ("presentationml", "E401", "PowerPoint"),
    ("ms-powerpoint", "E401", "PowerPoint"),
    ("addin", "E404", "Excel のアドイン"),
    ("", "E401", "Excel ブックではない Office 文書"),
)
# Contents of OLE containers, by a telltale stream.
_OLE_STREAMS = (
    ("worddocument", "E401", "Word 文書（.doc）"),
    ("powerpoint document", "E401", "PowerPoint（.ppt）"),
    ("__properties_version1.0", "E401", "Outlook のメール（.msg）"),
    ("book", "E404", "Excel 95 以前の形式（.xls）"),
)
# Spreadsheets saved as text, by a pattern near their beginning.
_TEXTS = (
    ("urn:schemas-microsoft-com:office:spreadsheet", "XML スプレッドシート 2003"),
    ("urn:oasis:names:tc:opendocument", "1 つの XML になった OpenDocument（.fods）"),
    (r"<(!doctype html|html|table|head|body|meta)\b", "Web ページ（HTML）"),
    (r"\Aid;", "SYLK 形式"),
)


def sniff(data: bytes) -> Format:
    """Return the spreadsheet format of a file. Raise Unreadable, naming what it is, for anything else."""
    return recognise(data)[0]


def recognise(data: bytes, name: str = "") -> tuple[Format, Package | None]:
    """Return the format of a file and its package, None if it is not a zip. Raise Unreadable as :func:`sniff` does."""
    if not data:
        raise Unreadable("E407", "0 バイト")
    if len(data) > MAX_FILE:
        raise Unreadable("E405", f"{len(data) // 1024 // 1024} MB（上限 {MAX_FILE // 1024 // 1024} MB）")
    if data[:4] in (b"PK\3\4", b"PK\5\6", b"PK\7\x08"):
        return _zip_format(data)
    if data.startswith(OLE):
        return _ole_format(data, name), None
    for magic, code, words in _MAGIC:
        if data.startswith(magic):
            raise Unreadable(code, words)
    raise _other(data, name)


def _zip_format(data: bytes) -> tuple[Format, Package]:
    try:
        package = Package(data, outside=True)
        if "[Content_Types].xml" in package:
            return _ooxml_format(package), package
        if "mimetype" in package:
            return _odf_format(package), package
    except PackageError as error:
        raise unreadable(error) from None
    if any(map(_is_apple, package.names)):
        raise Unreadable("E404", "Numbers・Pages などアップル社の形式")
    raise Unreadable("E401", "圧縮ファイル（zip）")


def _ooxml_format(package: Package) -> Format:
    main = next((r.target for r in package.relationships() if r.kind == "officeDocument"), None)
    if main is None or main not in package:
        raise Unreadable("E403", "ブックの本体が入っていません")
    kind = _content_type(package, main.casefold())
    if kind in _MAIN_TYPES:
        return _MAIN_TYPES[kind]
    raise next(Unreadable(code, words) for mark, code, words in _OFFICE if mark in kind)


def _content_type(package: Package, part: str) -> str:
    """Return the content type of a part in lower case: its own, or the default for its extension."""
    types = package.read("[Content_Types].xml")
    package.admit(types)
    kinds = _content_types(types)
    return kinds.get(part) or kinds.get(PurePath(part).suffix, "")


@shared
def _content_types(types: bytes) -> Mapping[str, str]:
    """Return the content types by the names of parts, or by extensions with their point, all in lower case."""
    kinds = {}
    for node in parse(types).iter(f"{{{TYPES_NS}}}*"):
        name = node.get("PartName", "").lstrip("/") or "." + node.get("Extension", "")
        kinds[name.casefold()] = str(node.get("ContentType", "")).casefold()
    return kinds


def _odf_format(package: Package) -> Format:
    kind = package.read("mimetype").decode("ascii", "replace").strip()
    prefix = "application/vnd.oasis.opendocument."
    if kind.removesuffix("-template") == prefix + "spreadsheet":
        return Format.ODS
    if kind.startswith(prefix):
        raise Unreadable("E401", "表計算ではない OpenDocument 文書")
    raise Unreadable("E401", "圧縮ファイル（zip）")


def _ole_format(data: bytes, name: str) -> Format:
    streams = ole_streams(data)
    if "encryptedpackage" in streams:
        return Format.ENCRYPTED
    if "workbook" in streams:
        return Format.XLS
    for stream, code, words in _OLE_STREAMS:
        if stream in streams:
            raise Unreadable(code, words)
    raise _unknown(name)


def ole_streams(data: bytes) -> set[str]:
    """Return the names of the top-level streams of an OLE container, in lower case. Raise Unreadable if it is damaged.

    Call this before any other reader of such containers: it refuses those that would keep them busy for hours.
    """
    import olefile

    _check_ole_header(data)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            streams = [entry for entry in ole.direntries if entry and entry.entry_type == olefile.STGTY_STREAM]
            if sum(stream.size for stream in streams) > len(data):  # streams share sectors
                raise Unreadable("E403", DAMAGED)
            return {entry[0].lower() for entry in ole.listdir(streams=True, storages=False) if len(entry) == 1}
    except Exception:  # the parser may raise anything on a broken container
        raise Unreadable("E403", DAMAGED) from None


def _check_ole_header(data: bytes) -> None:
    """Raise Unreadable (E403) if a container claims more tables than fit into its size ([MS-CFB] 2.2)."""
    if len(data) < 512:
        raise Unreadable("E403", DAMAGED)
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    tables, mini_tables, further = (struct.unpack_from("<I", data, at)[0] for at in (44, 64, 72))
    sectors = len(data) >> shift if shift in (9, 12) else 0
    allowed = (sectors >> 7) + 16  # each table covers 128 or more sectors
    if not sectors or mini_shift != 6 or tables > allowed or further > allowed or mini_tables > allowed:
        raise Unreadable("E403", DAMAGED)


def _unknown(name: str) -> Unreadable:
    return Unreadable("E401", _BY_EXTENSION.get(PurePath(name).suffix.lower(), "種類のわからないファイル"))


def _other(data: bytes, name: str) -> Unreadable:
    """Return the refusal of a file that is neither zip nor OLE nor known by its first bytes."""
    if not data.strip(b"\0"):
        return Unreadable("E403", "中身が失われています（すべて 0）")
    if data[2:5] == b"-lh" and data[6:7] == b"-":
        return Unreadable("E404", "圧縮ファイル（LZH）")
    if data[:2] == b"BM" and int.from_bytes(data[2:6], "little") == len(data):
        return Unreadable("E401", "画像（BMP）")
    text = as_text(data[:65_536])
    if text is None:
        return _unknown(name)
    for pattern, words in _TEXTS:
        if re.search(pattern, text[:4096].lower()):
            return Unreadable("E404", words)
    lines = [line for line in text.splitlines()[:20] if line.strip()][:-1] or text.splitlines()
    for mark, words in (("\t", "タブ区切りのテキスト"), (",", "CSV")):
        if lines and all(mark in line for line in lines):
            return Unreadable("E404", words)
    return Unreadable("E401", "文字だけのファイル")


def as_text(data: bytes) -> str | None:
    """Return the text of a plain text file, or of its first bytes; None if it is binary."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp932", "euc_jp")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = codecs.getincrementaldecoder(encoding)().decode(data)  # a slice may end inside a character
            return None if re.search("[\0-\x08\x0e-\x1a\x1c-\x1f]", text) else text
    return None


def is_archive(data: bytes) -> bool:
    """Return True if the file is a zip archive of files, not a document."""
    if data[:4] not in (b"PK\3\4", b"PK\5\6"):
        return False
    try:
        names = [info.filename for info in zip_directory(data).infolist()]
    except PackageError:  # damaged; opening it as a workbook will say why
        return False
    return not any(name in ("[Content_Types].xml", "mimetype") or _is_apple(name) for name in names)


def _is_apple(name: str) -> bool:
    return name.startswith("Index") and name.endswith((".iwa", "Index.zip"))
