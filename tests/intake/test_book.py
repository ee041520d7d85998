"""Any file a department may send is read, or refused with the right code and in the right words."""

from __future__ import annotations

import io
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxreport.intake.file_type import Format
from dxreport.intake.limits import Unreadable
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.package import Package
from tests.support.cases import SAVED
from tests.support.sending import zipped
from tests.support.xlsb import xlsb

libreoffice = pytest.mark.libreoffice
needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
STRICT = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)


def refusal(data: bytes, name: str = "", password: str | None = None) -> tuple[str, str]:
    """Code and words of a file that must be refused."""
    with pytest.raises(Unreadable) as caught:
        open_workbook(data, name, password)
    return caught.value.code, caught.value.detail


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The package with each part changed by name; None removes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


def encrypted(data: bytes, password: str) -> bytes:
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def test_rows_stand_where_the_cells_are(workbook) -> None:
    book = open_workbook(workbook(C3="回答", B5=2))
    assert book.format is Format.XLSX
    assert book.sheet("様式").rows == [["", "", ""], ["", "", ""], ["", "", "回答"], ["", "", ""], ["", "2", ""]]


@libreoffice
@needs_soffice
@pytest.mark.parametrize("extension", SAVED)
def test_what_libreoffice_saved(answers: Path, soffice, extension: str) -> None:
    book = open_workbook(soffice(answers, extension).read_bytes())
    assert book.format.value == extension
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("様式", False), ("隠し", True)]
    rows = book.sheet("様式").rows
    assert [row[0] for row in rows[:3]] == ["文字", "  前後の空白 ", "改行\n\nあり"]
    assert rows[0][1:3] == ["48.5%", "令和5年1月1日"]
    assert book.sheet("隠し").rows[2][2] == "印"


def test_very_hidden_sheets_and_chart_sheets(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet("様式").write("B2", "あ")
        book.add_worksheet("_dxreport").very_hidden()
        book.add_chartsheet("グラフ").set_chart(chart := book.add_chart({"type": "line"}))
        chart.add_series({"values": "=様式!$B$2"})
    opened = open_workbook((tmp_path / "b.xlsx").read_bytes())
    assert [(sheet.name, sheet.hidden) for sheet in opened.sheets] == [("様式", False), ("_dxreport", True)]


@pytest.mark.parametrize("name", ["回答.pdf", "回答.xls", "回答.csv", "回答", ""])
def test_the_name_decides_nothing(workbook, name: str) -> None:
    assert open_workbook(workbook(B2="回答"), name).sheet("様式").rows[1][1] == "回答"


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", Format.XLSM),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml", Format.XLSX),
    ],
)
def test_macro_books_and_templates(workbook, content_type: str, kind: Format) -> None:
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    data = rezipped(workbook(), lambda _, part: part.replace(plain, content_type.encode()))
    book = open_workbook(data)
    assert (book.format, book.sheet("様式").rows[1][1]) == (kind, "回答")


def test_strict_ooxml(workbook) -> None:
    data = rezipped(workbook(B2="回答"), lambda _, part: part.replace(*STRICT))
    assert open_workbook(data).sheet("様式").rows[1][1] == "回答"


@pytest.mark.parametrize(
    ("data", "name", "code", "words"),
    [
        (b"", "a.xlsx", "E407", "0 バイト"),
        (b"%PDF-1.7\n1 0 obj", "a.xlsx", "E401", "PDF"),
        (PNG, "a.xlsx", "E401", "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "", "E401", "JPEG"),
        (b"{\\rtf1\\ansi", "", "E401", "RTF"),
        ("進捗は予定どおりです。".encode("cp932"), "a.txt", "E401", "文字だけ"),
        ("進捗は予定どおりです。\n".encode("utf-16"), "a.txt", "E401", "文字だけ"),
        ("施策ID,進捗\n01-01,予定どおり\n".encode("cp932"), "a.xlsx", "E404", "CSV"),
        ("施策ID\t進捗\n01-01\t遅延\n".encode(), "a.xls", "E404", "タブ区切り"),
        ("施策ID,進捗\n01-01,予定どおり\n以上".encode(), "a.csv", "E404", "CSV"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "E404", "HTML"),
        (b"<HTML><TABLE><TR><TD>1</TD></TR></TABLE></HTML>", "a.xls", "E404", "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "", "E404", "2003"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a.7z", "E404", "7z"),
        (b"\x20\x5a-lh5-" + bytes(30), "a.lzh", "E404", "LZH"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(20), "a.xls", "E404", "Excel 4"),
        (bytes(5000), "a.xlsx", "E403", "すべて 0"),
        (b"\x60\x0e\x82\x00" + bytes(range(256)), "a.xdw", "E401", "DocuWorks"),
        (b"\x01\x02\x03\x04" + bytes(range(256)), "a.bin", "E401", "種類のわからない"),
        (b"PK\3\4" + bytes(100), "a.xlsx", "E403", "欠けて"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "E403", "欠けて"),
    ],
)
def test_what_is_no_workbook(data: bytes, name: str, code: str, words: str) -> None:
    found, detail = refusal(data, name)
    assert found == code
    assert words in detail


@pytest.mark.parametrize(
    ("stream", "code", "words"),
    [
        ("WordDocument", "E401", "Word"),
        ("PowerPoint Document", "E401", "PowerPoint"),
        ("Book", "E404", "Excel 95"),
        ("__properties_version1.0", "E401", "メール"),
        ("Contents", "E401", "種類のわからない"),
    ],
)
def test_other_ole_files(ole, stream: str, code: str, words: str) -> None:
    found, detail = refusal(ole({stream: b"x" * 100}), "a.xls")
    assert found == code
    assert words in detail


def test_word_and_other_zips(workbook) -> None:
    sheet, word = b"spreadsheetml.sheet.main", b"wordprocessingml.document.main"
    assert refusal(rezipped(workbook(), lambda _, part: part.replace(sheet, word))) == ("E401", "Word 文書")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    assert refusal(out.getvalue()) == ("E401", "表計算ではない OpenDocument 文書")


def test_numbers_and_pages_of_apple_are_no_zip_archives() -> None:
    assert refusal(zipped([("Index/Document.iwa", b"x"), ("preview.jpg", b"x")])) == (
        "E404",
        "Numbers・Pages などアップル社の形式",
    )


def test_a_file_that_is_too_large_is_not_opened(workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook()
    monkeypatch.setattr("dxreport.intake.file_type.MAX_FILE", len(data))
    assert open_workbook(data).format is Format.XLSX
    assert refusal(data + b"\0")[0] == "E405"


def test_password(workbook) -> None:
    locked = encrypted(workbook(B2="回答"), "ひみつ")
    assert refusal(locked) == ("E402", "パスワードがかかっています")
    assert refusal(locked, password="ちがう") == ("E402", "パスワードが違います")
    book = open_workbook(locked, password="ひみつ")
    assert (book.format, book.decrypted, book.sheet("様式").rows[1][1]) == (Format.XLSX, True, "回答")


def test_the_password_excel_opens_without_asking(workbook) -> None:
    assert open_workbook(encrypted(workbook(B2="回答"), "VelvetSweatshop")).sheet("様式").rows[1][1] == "回答"


@libreoffice
@needs_soffice
def test_encrypted_ods(answers: Path, soffice) -> None:
    mark = b"<manifest:encryption-data/></manifest:file-entry"
    data = soffice(answers, "ods").read_bytes()
    locked = rezipped(data, lambda name, part: part.replace(b"</manifest:manifest", mark + b"></manifest:manifest"))
    assert refusal(locked)[0] == "E402"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated(workbook, share: float) -> None:
    data = workbook(**{f"B{n}": f"回答{n}" for n in range(1, 200)})
    assert refusal(data[: int(len(data) * share)])[0] == "E403"


@libreoffice
@needs_soffice
@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_truncated_old_formats(answers: Path, soffice, extension: str) -> None:
    data = soffice(answers, extension).read_bytes()
    for share in (0.2, 0.6, 0.9):
        assert refusal(data[: int(len(data) * share)])[0] == "E403"


def test_a_missing_shared_string(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet().write_column("B2", ["一", "二"])
    data = (tmp_path / "b.xlsx").read_bytes()
    assert open_workbook(data).sheets[0].rows[1:] == [["", "一"], ["", "二"]]
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    for table in (None, f'<sst xmlns="{ns}"/>'.encode(), f'<sst xmlns="{ns}"><si><t>回答</t></si></sst>'.encode()):
        changed = rezipped(data, lambda n, part, t=table: t if "sharedStrings" in n else part)
        assert refusal(changed)[0] == "E403"


@pytest.mark.parametrize("cell", ["XFD1048576", "IW1", "A10001", "CZ1048576"])
def test_a_stray_cell_is_named_not_read(workbook, cell: str) -> None:
    code, detail = refusal(workbook(**{"B2": "回答", cell: "迷子"}))
    assert code == "E405"
    assert f"シート「様式」のセル {cell} " in detail


def test_the_last_cell_within_the_limits_is_read(workbook) -> None:
    sheet = open_workbook(workbook(IV10000="端")).sheet("様式")
    assert sheet.cell(10_000, 256).text == "端"


def test_a_stray_cell_in_other_spellings(workbook) -> None:
    data = workbook(B2="回答", XFD1048576="迷子")
    for spelling in (b"r='XFD1048576'", b's="0" r="XFD1048576"', b'r="&#88;FD1048576"', b'r="xfd1048576"'):
        changed = rezipped(data, lambda _, part, new=spelling: part.replace(b'r="XFD1048576"', new))
        assert refusal(changed)[0] == "E405"


def test_a_stray_cell_of_a_writer_that_prefixes_its_elements(workbook) -> None:
    def prefixed(name: str, part: bytes) -> bytes:
        if "sheet1" not in name:
            return part
        tags = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", part)
        return tags.replace(b" xmlns=", b" xmlns:x=")

    assert open_workbook(rezipped(workbook(B2="回答"), prefixed)).sheet("様式").rows[1][1] == "回答"
    assert refusal(rezipped(workbook(XFD1048576="迷子"), prefixed))[0] == "E405"


def test_cells_without_references_are_counted() -> None:
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    for rows, height in [("<row/>" * 9_999 + "<row><c><v>1</v></c></row>", 10_000), ("<row/>" * 10_001, 0)]:
        sheet = f"<worksheet {ns}><sheetData>{rows}</sheetData></worksheet>".encode()
        opened = open_workbook(rezipped(book.getvalue(), lambda n, part, s=sheet: s if "sheet1" in n else part))
        assert len(opened.sheets[0].rows) == height
    for rows in ("<row/>" * 10_000 + "<row><c><v>1</v></c></row>", "<row>" + "<c><v>1</v></c>" * 257 + "</row>"):
        sheet = f"<worksheet {ns}><sheetData>{rows}</sheetData></worksheet>".encode()
        assert refusal(rezipped(book.getvalue(), lambda n, part, s=sheet: s if "sheet1" in n else part))[0] == "E405"


def test_cells_that_only_carry_a_format_do_no_harm(workbook, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        sheet = book.add_worksheet("様式")
        sheet.write("B2", "回答")
        sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))
    assert open_workbook((tmp_path / "b.xlsx").read_bytes()).sheet("様式").rows == [["", ""], ["", "回答"]]


@libreoffice
@needs_soffice
@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_a_stray_cell_in_old_formats(workbook, soffice, tmp_path: Path, extension: str) -> None:
    path = tmp_path / "stray.xlsx"
    path.write_bytes(workbook(B2="回答", IV65536=1))
    code, detail = refusal(soffice(path, extension).read_bytes())
    assert code == "E405"
    assert "シート「様式」のセル IV65536 " in detail


def test_binary_workbooks() -> None:
    book = open_workbook(xlsb({"様式": {(0, 0): "文字", (2, 1): 0.485}}))
    assert (book.format, book.sheet("様式").rows) == (Format.XLSB, [["文字", ""], ["", ""], ["", "0.485"]])
    assert refusal(xlsb({"様式": {(0, 0): "文字", (20_000, 0): 1.0}}))[1].startswith("シート「様式」のセル A20001 ")
    assert refusal(xlsb({"様式": {(0, 0): "文字", (1_048_575, 16_383): 1.0}}))[1].startswith(
        "シート「様式」のセル XFD1048576 "
    )


def with_rels(data: bytes, old: bytes, new: bytes) -> bytes:
    package = Package(data)
    rels = package.read("xl/_rels/workbook.bin.rels")
    assert old in rels
    return package.with_parts({"xl/_rels/workbook.bin.rels": rels.replace(old, new)})


def test_no_sheet_of_a_binary_workbook_is_skipped() -> None:
    two = xlsb({"一": {(0, 0): "甲"}, "二": {(0, 0): "乙"}})
    assert refusal(with_rels(two, b'Id="rId2"', b'Id="rId3"'))[0] == "E403"
    assert [s.name for s in open_workbook(with_rels(two, b"/worksheet", b"/anything")).sheets] == ["一", "二"]
    assert [s.name for s in open_workbook(with_rels(two, b"/worksheet", b"/chartsheet")).sheets] == []


def test_rows_of_a_binary_workbook_must_ascend() -> None:
    package = Package(xlsb({"様式": {(0, 0): "上", (1, 0): "下"}}))
    part = "xl/worksheets/sheet1.bin"
    row = struct.pack("<2B2I", 0, 21, 1, 0)
    assert row in package.read(part)
    repeated = package.read(part).replace(row, struct.pack("<2B2I", 0, 21, 0, 0))
    assert refusal(package.with_parts({part: repeated}))[0] == "E403"


def test_biff5_in_a_workbook_stream(ole) -> None:
    bof = struct.pack("<HHHH", 0x809, 8, 0x0500, 5) + bytes(4) + struct.pack("<HH", 0x0A, 0)
    assert refusal(ole({"Workbook": bof})) == ("E404", "Excel 95 以前の形式（.xls）")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=30))
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_run(workbook, place: float, noise: bytes) -> None:
    data = workbook(B2="回答", C3=5)
    at = int(place * (len(data) - len(noise)))
    try:
        open_workbook(data[:at] + noise + data[at + len(noise) :])
    except Unreadable as error:
        assert error.code.startswith("E40")


def test_the_merges_of_an_unusually_written_sheet_are_counted_once(workbook) -> None:
    """Half of the limit and more, on a sheet that has to be parsed."""
    merges = "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(2, 26_002)).encode()

    def changed(name: str, part: bytes) -> bytes:
        if "sheet1" not in name:
            return part
        end = part.index(b"</sheetData>")
        data = part[:end].replace(b'<c r="A1"', b"<c r='A1'") + b"</sheetData>"
        return data + b"<mergeCells>" + merges + b"</mergeCells></worksheet>"

    book = open_workbook(rezipped(workbook(A1="文字"), changed))
    assert book.sheets[0].cell(1, 1).text == "文字" and len(book.sheets[0].merges) == 26_000
