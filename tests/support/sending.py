"""The ways in which returns arrive: zips, and mails saved by mail programs and by Outlook."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from email.message import EmailMessage

from tests.support.ole import container


def zipped(files: Iterable[tuple[str, bytes]], encoding: str = "utf-8") -> bytes:
    """Return a zip; with ``cp932``, as written by 圧縮フォルダー of Windows, without the UTF-8 flag."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, (name, data) in enumerate(files):
            archive.writestr(name if encoding == "utf-8" else _stand_in(index, name, encoding), data)
    raw = out.getvalue()
    if encoding != "utf-8":
        for index, (name, _) in enumerate(files):
            raw = raw.replace(_stand_in(index, name, encoding).encode(), name.encode(encoding))
    return raw


def _stand_in(index: int, name: str, encoding: str) -> str:
    """Return an ASCII name as long as the encoded one, to be replaced in the archive."""
    return f"{index:02}".ljust(len(name.encode(encoding)), "_")


def mail(attachments: Iterable[tuple[str, bytes]], subject: str = "回答", domain: str = "city.kisarazu.lg.jp") -> bytes:
    """Return a saved mail with these attachments."""
    message = EmailMessage()
    message["From"] = f"産業振興課 <sangyou@{domain}>"
    message["Date"] = "Fri, 15 Jul 2022 01:02:03 +0000"
    message["Subject"] = subject
    message.set_content("送ります。")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def outlook(
    attachments: list[tuple[str, bytes]],
    sender: str = "観光課",
    address: str = "kankou@city.kisarazu.lg.jp",
    *,
    subject: str = "",
    body: str = "",
    html: str = "",
    method: int = 1,
) -> bytes:
    """Return a saved Outlook mail ([MS-OXMSG]): property streams of 16-byte entries after a header.

    ``method`` is how the files are attached ([MS-OXCMSG] 2.2.2.9): 1 as files, 5 as mails.
    """
    sent = 133_023_205_230_000_000  # 2022-07-15 01:02:03 UTC in 100 ns since 1601
    streams: dict[str, bytes] = {}
    head = struct.pack("<8x4I8x", 0, len(attachments), 0, len(attachments))
    head += _fixed(0x0039, 0x0040, struct.pack("<Q", sent))
    texts = {0x0C1A: sender, 0x0C1F: address, 0x001A: "IPM.Note", 0x0037: subject, 0x1000: body, 0x1013: html}
    for pid, text in ((pid, text) for pid, text in texts.items() if text):
        data = text.encode("utf-16-le")
        streams[f"__substg1.0_{pid:04X}001F"] = data
        head += _fixed(pid, 0x001F, struct.pack("<II", len(data) + 2, 0))
    streams["__properties_version1.0"] = head
    for index, (name, data) in enumerate(attachments):
        folder = f"__attach_version1.0_#{index:08X}"
        coded = name.encode("utf-16-le")
        entries = bytes(8) + _fixed(0x3705, 0x0003, struct.pack("<II", method, 0))
        entries += _fixed(0x3707, 0x001F, struct.pack("<II", len(coded) + 2, 0))
        entries += _fixed(0x3701, 0x0102, struct.pack("<II", len(data), 0))
        streams[f"{folder}/__properties_version1.0"] = entries
        streams[f"{folder}/__substg1.0_3707001F"] = coded
        streams[f"{folder}/__substg1.0_37010102"] = data
    return container(streams)


def _fixed(pid: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHI", kind, pid, 6) + value
