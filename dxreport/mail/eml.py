"""Mail drafts as .eml files that Outlook and Thunderbird open ready to send.

The name of an attachment is written twice: as ``filename*`` of Content-Disposition (RFC 2231), which Thunderbird reads,
and as ``name`` of Content-Type in encoded words (RFC 2047), without which Outlook shows "Untitled attachment" for
Japanese names. ``X-Unsent`` makes both programs open the file in a compose window. From, Date and Message-ID are left
to the program that sends the draft: the same draft results in the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import formataddr
from pathlib import PurePath
from urllib.parse import quote

BOUNDARY = "=_dxreport"  # every part is base64, which never contains "=_"
_DIGEST = 16
_SEALED = re.compile(rb'boundary="(=_dxreport\w*)_([0-9a-f]{16})"')
_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
}
_POLICY = compat32.clone(linesep="\r\n", max_line_length=0)  # this module breaks the lines itself
_LONGEST = 900  # characters of a header line; RFC 5322 allows 998


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file."""

    name: str
    data: bytes = field(repr=False)


def eml(
    to: Sequence[str],
    cc: Sequence[str],
    subject: str,
    body: str,
    attachments: Sequence[Attachment],
    *,
    boundary: str = BOUNDARY,
) -> bytes:
    """Return a draft; ``to`` and ``cc`` are as ``domain.addresses`` returns them, ``boundary`` begins with BOUNDARY."""
    mail = Message(_POLICY)
    mail["X-Unsent"] = "1"
    mail["To"] = ",\n ".join(map(_encoded, to))
    if cc:
        mail["Cc"] = ",\n ".join(map(_encoded, cc))
    mail["Subject"] = subject if subject.isascii() else _words(subject, "Subject")
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = f'multipart/mixed; boundary="{boundary}"'
    mail.attach(_part('text/plain; charset="utf-8"', body.replace("\n", "\r\n").encode("utf-8")))
    for a in attachments:
        name = a.name if a.name.isascii() else _words(a.name, "   name=")
        kind = _TYPES.get(PurePath(a.name).suffix.lower(), "application/octet-stream")
        part = _part(f'{kind};\n name="{name}"', a.data)
        part["Content-Disposition"] = f"attachment;\n {_rfc2231('filename', a.name)}"
        mail.attach(part)
    return mail.as_bytes()


def seal(mail: bytes, boundary: str) -> bytes:
    """Return a draft with a digest of itself at the end of its ``boundary``, which tells whether it was edited."""
    digest = hashlib.sha256(mail).hexdigest()[:_DIGEST]
    return mail.replace(boundary.encode(), f"{boundary}_{digest}".encode())


def is_as_written(mail: bytes, boundary: str = BOUNDARY) -> bool:
    """Return True if a mail is a draft from :func:`seal`, not edited since; its boundary begins with ``boundary``."""
    found = _SEALED.search(mail.partition(b"\r\n\r\n")[0])
    if found is None or not found[1].startswith(boundary.encode()):
        return False
    first = mail.replace(found[1] + b"_" + found[2], found[1])
    return hashlib.sha256(first).hexdigest()[:_DIGEST].encode() == found[2]


def _part(kind: str, data: bytes) -> Message:
    part = Message(_POLICY)
    part["Content-Type"] = kind
    part.set_payload(data)
    encode_base64(part)
    return part


def _encoded(address: str) -> str:
    name, _, bare = address.rpartition(" <")
    if name.isascii():  # or empty
        return formataddr((name, bare.rstrip(">")))
    return f"{_words(name, 'To')} <{bare}"


def _words(text: str, header: str) -> str:
    """Return a text as encoded words (RFC 2047) of up to 75 characters, one per line; ``header`` precedes the first."""
    return Header(text, "utf-8", maxlinelen=75, header_name=header).encode(splitchars="")


def _rfc2231(parameter: str, value: str) -> str:
    """Return a parameter (RFC 2231) in as few pieces as the length of lines allows."""
    if value.isascii():
        return f'{parameter}="{value}"'
    octets = quote(value, safe="")
    if len(octets) <= _LONGEST:
        return f"{parameter}*=utf-8''{octets}"
    first, *others = re.findall(rf"(?:%..|[^%]){{1,{_LONGEST // 3}}}", octets)
    pieces = [f"utf-8''{first}", *others]
    return ";\n ".join(f"{parameter}*{n}*={piece}" for n, piece in enumerate(pieces))
