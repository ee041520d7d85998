"""Folders, archives and mails are opened up; whatever holds no workbook is named, not passed over."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

import pytest

from dxreport.domain.errors import UsageError
from dxreport.intake import limits
from dxreport.intake.gather import gather
from dxreport.intake.returned import ReturnedFile
from tests.support.ods import ods
from tests.support.sending import mail, outlook, zipped

XLSX = b"PK\3\4 stands for a workbook"


def names(files: Iterable[ReturnedFile]) -> list[tuple[str, str]]:
    return [(file.name, file.problem) for file in files]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "会計課.xlsx"
    path.write_bytes(XLSX)
    (file,) = gather([path])
    assert file == ReturnedFile("会計課.xlsx", path, XLSX, hashlib.sha256(XLSX).hexdigest())


def test_a_folder_in_the_order_of_its_names_without_litter(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "が課.xlsx")
    for name in ["b.xlsx", decomposed, "い課/回答.xlsx", "い課/~$回答.xlsx", "Thumbs.db", ".DS_Store", "desktop.ini",
                 "._b.xlsx", ".~lock.b.xlsx#", "__MACOSX/b.xlsx"]:  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(XLSX)
    assert names(gather([tmp_path])) == [("b.xlsx", ""), ("い課/回答.xlsx", ""), ("が課.xlsx", "")]


@pytest.mark.parametrize("name", ["~$回答.xlsx", ".~lock.回答.xlsx#", "Thumbs.db", ".DS_Store"])
def test_litter_that_is_named_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    (file,) = gather([tmp_path / name])
    assert (file.problem, file.detail) == ("E401", "ほかのソフトが作った作業用のファイル")


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(XLSX)
    assert names(gather([tmp_path, tmp_path / "a.xlsx", tmp_path / "." / "a.xlsx"])) == [("a.xlsx", "")]


def test_a_path_that_does_not_exist_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(XLSX)
    with pytest.raises(UsageError):
        gather([tmp_path / "a.xlsx", tmp_path / "ない.xlsx"])


def test_empty_and_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (tmp_path / name).write_bytes(b"" if name == "a.xlsx" else XLSX)
    read = Path.read_bytes

    def denied(path: Path) -> bytes:  # the tests may run as root, whom no permission stops
        if path.name == "b.xlsx":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert names(gather([tmp_path])) == [("a.xlsx", "E407"), ("b.xlsx", "E408"), ("c.xlsx", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_names_in_a_zip(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "返送.zip"
    path.write_bytes(zipped([("予算表/能率.xlsx", XLSX), ("ソフト一覧.xlsx", XLSX + b"2")], encoding))
    assert names(gather([path])) == [("返送.zip › ソフト一覧.xlsx", ""), ("返送.zip › 予算表/能率.xlsx", "")]
    assert [file.file_name for file in gather([path])] == ["ソフト一覧.xlsx", "能率.xlsx"]
    assert {file.path for file in gather([path])} == {path}


def test_names_that_a_mac_zipped(tmp_path: Path) -> None:
    """UTF-8 without the flag, decomposed, with resource forks beside."""
    name = unicodedata.normalize("NFD", "ガバナンス.xlsx")
    plain = "x" * len(name.encode())
    data = zipped([(plain, XLSX), ("__MACOSX/._a", b"x"), (".DS_Store", b"x")]).replace(plain.encode(), name.encode())
    (tmp_path / "a.zip").write_bytes(data)
    assert names(gather([tmp_path / "a.zip"])) == [("a.zip › ガバナンス.xlsx", "")]


def test_names_with_the_separators_of_windows_or_our_own(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped([("産業 › 回答.xlsx", XLSX), ("総務課\\回答.xlsx", XLSX + b"2")]))
    assert names(gather([tmp_path])) == [("a.zip › 産業 > 回答.xlsx", ""), ("a.zip › 総務課/回答.xlsx", "")]
    assert [file.file_name for file in gather([tmp_path])] == ["産業 > 回答.xlsx", "回答.xlsx"]
    (tmp_path / "a.zip").write_bytes(zipped([("/総務課/回答.xlsx", XLSX)]))
    assert names(gather([tmp_path])) == [("a.zip › 総務課/回答.xlsx", "")]


def test_zips_in_zips(tmp_path: Path) -> None:
    data, levels = XLSX, ["回答.xlsx"]
    for level in ("三.zip", "二.zip"):
        data = zipped([(levels[0], data)])
        levels.insert(0, level)
    (tmp_path / "一.zip").write_bytes(zipped([(levels[0], data)]))
    assert names(gather([tmp_path])) == [("一.zip › 二.zip › 三.zip › 回答.xlsx", "")]
    (tmp_path / "一.zip").write_bytes(zipped([("零.zip", zipped([(levels[0], data)]))]))
    assert names(gather([tmp_path])) == [("一.zip › 零.zip › 二.zip › 三.zip", "E405")]


def test_a_workbook_is_no_archive(tmp_path: Path, workbook) -> None:
    (tmp_path / "回答.zip").write_bytes(workbook())
    assert names(gather([tmp_path])) == [("回答.zip", "")]


def test_a_document_of_libreoffice_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "回答.ods").write_bytes(ods([["回答"]]))
    assert names(gather([tmp_path])) == [("回答.ods", "")]


def test_a_document_of_apple_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "回答.numbers").write_bytes(zipped([("Index/Document.iwa", b"x")]))
    assert names(gather([tmp_path])) == [("回答.numbers", "")]


def test_a_name_marked_as_utf_8_is_not_taken_for_another_code_page(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped([("pm25_µg.xlsx", XLSX)]))
    assert names(gather([tmp_path])) == [("a.zip › pm25_µg.xlsx", "")]


def test_zips_with_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped([("Thumbs.db", b"x")]))
    locked = bytearray(zipped([("回答.xlsx", XLSX)]))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(signature) + offset] |= 1
    (tmp_path / "b.zip").write_bytes(locked)
    damaged = bytearray(zipped([("だめ.xlsx", b"0123456789"), ("よい.xlsx", XLSX)]))
    damaged[damaged.index("だめ.xlsx".encode()) + len("だめ.xlsx".encode())] ^= 0xFF
    (tmp_path / "c.zip").write_bytes(damaged)
    assert names(gather([tmp_path])) == [
        ("a.zip", "E401"),
        ("b.zip › 回答.xlsx", "E402"),
        ("c.zip › だめ.xlsx", "E403"),
        ("c.zip › よい.xlsx", ""),
    ]


def test_a_zip_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dxreport.intake.unpack.MAX_FILE", 1000)
    monkeypatch.setattr("dxreport.intake.gather.MAX_ARCHIVE", 2500)
    sizes = {"a": 1001, "b": 900, "c": 900, "d": 900}
    (tmp_path / "a.zip").write_bytes(zipped([(name, b"1" * size) for name, size in sizes.items()]))
    assert [problem for _, problem in names(gather([tmp_path]))] == ["E405", "", "", "E405"]
    monkeypatch.setattr("dxreport.intake.unpack.MAX_MEMBERS", 3)
    assert names(gather([tmp_path])) == [("a.zip", "E405")]
    monkeypatch.setattr("dxreport.intake.unpack.MAX_MEMBERS", 4)
    assert [problem for _, problem in names(gather([tmp_path]))] == ["E405", "", "", "E405"]
    assert limits.MAX_FILE > 1000


def test_a_file_that_is_too_large_is_named_with_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dxreport.intake.gather.MAX_ARCHIVE", 1024 * 1024)
    (tmp_path / "a.xlsx").write_bytes(b"x" * 1024 * 1024)
    (tmp_path / "b.xlsx").write_bytes(b"x" * (1024 * 1024 + 1))
    assert [(f.name, f.problem, f.detail) for f in gather([tmp_path])] == [
        ("a.xlsx", "", ""),
        ("b.xlsx", "E405", "1 MB"),
    ]


@pytest.mark.parametrize(("limit", "room"), [("MAX_RUN", 2 * len(XLSX)), ("MAX_RUN_FILES", 2)])
def test_what_one_run_has_no_room_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, room: int
) -> None:
    monkeypatch.setattr(f"dxreport.intake.gather.{limit}", room)
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (tmp_path / name).write_bytes(XLSX)
    assert names(gather([tmp_path])) == [("a.xlsx", ""), ("b.xlsx", ""), ("c.xlsx", "E405")]


def test_a_saved_mail(tmp_path: Path) -> None:
    (tmp_path / "返信.eml").write_bytes(mail([("産業振興課①.xlsx", XLSX), ("送付状.pdf", b"%PDF")]))
    first, second = gather([tmp_path])
    assert (first.name, first.data) == ("返信.eml › 産業振興課①.xlsx", XLSX)
    assert (first.sender, first.received) == ("産業振興課 <sangyou@city.kisarazu.lg.jp>", "2022-07-15T10:02:03+09:00")
    assert second.name == "返信.eml › 送付状.pdf"


def test_mails_in_zips_zips_in_mails_and_forwarded_mails(tmp_path: Path) -> None:
    forward = EmailMessage()
    forward["From"], forward["Date"] = "係長 <kakari@city.kisarazu.lg.jp>", "Mon, 18 Jul 2022 09:00:00 +0900"
    forward.set_content("転送します。")
    inner = EmailMessage()
    inner["From"], inner["Date"] = "tantou@city.kisarazu.lg.jp", "Fri, 15 Jul 2022 10:00:00 +0900"
    inner["Subject"] = "7/15 回答"
    inner.set_content("回答です。")
    inner.add_attachment(zipped([("回答.xlsx", XLSX)]), maintype="application", subtype="zip", filename="回答.zip")
    forward.add_attachment(inner)
    (tmp_path / "受信.zip").write_bytes(zipped([("a.eml", mail([("b.xlsx", XLSX)])), ("no.eml", mail([]))]))
    (tmp_path / "転送.eml").write_bytes(forward.as_bytes())
    files = list(gather([tmp_path]))
    assert names(files) == [
        ("受信.zip › a.eml › b.xlsx", ""),
        ("受信.zip › no.eml", "E460"),
        ("転送.eml › 15 回答.eml › 回答.zip › 回答.xlsx", ""),
    ]
    assert [file.sender for file in files][2] == "tantou@city.kisarazu.lg.jp"
    assert (files[1].subject, files[1].text) == ("回答", "送ります。")


def test_a_mail_without_sender_and_date_has_those_of_the_mail_around_it(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["X-Unsent"], inner["Subject"] = "1", "下書き"
    inner.set_content("回答です。")
    inner.add_attachment(XLSX, maintype="application", subtype="octet-stream", filename="回答.xlsx")
    outer = EmailMessage()
    outer["From"], outer["Date"] = "tantou@city.kisarazu.lg.jp", "Fri, 15 Jul 2022 10:00:00 +0900"
    outer.add_attachment(inner)
    (tmp_path / "a.eml").write_bytes(outer.as_bytes())
    (file,) = gather([tmp_path])
    assert (file.name, file.problem) == ("a.eml › 下書き.eml › 回答.xlsx", "")
    assert (file.sender, file.received) == ("tantou@city.kisarazu.lg.jp", "2022-07-15T10:00:00+09:00")


def test_an_outlook_mail(tmp_path: Path) -> None:
    (tmp_path / "返信.msg").write_bytes(outlook([("観光課_回答①.xlsx", XLSX), ("大きな回答.xlsx", b"PK" * 4000)]))
    first, second = gather([tmp_path])
    assert (first.name, first.data) == ("返信.msg › 観光課_回答①.xlsx", XLSX)
    assert (first.sender, first.received) == ('"観光課" <kankou@city.kisarazu.lg.jp>', "2022-07-15T10:02:03+09:00")
    assert (second.name, second.data) == ("返信.msg › 大きな回答.xlsx", b"PK" * 4000)


def test_a_damaged_outlook_mail(tmp_path: Path, ole) -> None:
    streams = {"__properties_version1.0": bytes(32), "__attach_version1.0_#00000000/x": b"y"}
    (tmp_path / "返信.msg").write_bytes(ole(streams))
    assert [file.problem for file in gather([tmp_path])] == ["E403"]


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = os.walk

    def barred(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "秘")))
        return walk(top)

    monkeypatch.setattr(os, "walk", barred)
    (tmp_path / "a.xlsx").write_bytes(XLSX)
    assert names(gather([tmp_path])) == [("a.xlsx", ""), ("秘", "E408")]
