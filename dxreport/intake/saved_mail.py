"""Saved mails (.eml, Outlook's .msg): sender, date and attachments."""

from __future__ import annotations

import email
import email.header
import email.message
import email.parser
import email.policy
import email.utils
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .file_type import OLE, ole_streams
from .limits import Unreadable
from .unpack import Inner

JAPAN = timezone(timedelta(hours=9))
_HEADER = re.compile(rb"(?i)\A(?:\xef\xbb\xbf)?(?:from [^\n]*\n)?(?:[!-9;-~]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)+")
# Signatures, and pictures shown in the text, are no returns.
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_FILE_NAME, _METHOD, _CONTENT_ID, _EMBEDDED = 0x3704, 0x3705, 0x3712, 5  # [MS-OXCMSG] 2.2.2


@dataclass(frozen=True, slots=True)
class Mail:
    """``received`` is ISO 8601 in Japanese time, or ``""``; ``sender`` as in the From line."""

    sender: str
    received: str
    attachments: tuple[Inner, ...]


class _Bare(email.policy.Compat32):
    """Gives headers as the file has them, bare 8-bit bytes as surrogates."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY = _Bare()


def is_mail(data: bytes) -> bool:
    """Whether the file is a saved mail, by its content."""
    if data.startswith(OLE):
        try:
            return "__properties_version1.0" in ole_streams(data)
        except Unreadable:
            return False
    match = _HEADER.match(data[:262_144])
    if not match:
        return False
    head = email.parser.BytesHeaderParser(policy=_POLICY).parsebytes(match[0])
    web_page = "saved by" in str(head.get("From", "")).lower()  # .mht of a browser
    drafted = "X-Unsent" in head  # a draft has no sender yet
    return (
        ("From" in head or drafted)
        and not web_page
        and any(name in head for name in ("Date", "Received", "MIME-Version"))
    )


def read_mail(data: bytes) -> Mail:
    """The mail in ``data``, for which :func:`is_mail` is true."""
    return _read_msg(data) if data.startswith(OLE) else _read_eml(data)


def _read_eml(data: bytes) -> Mail:
    message = email.message_from_bytes(data, policy=_POLICY)
    return Mail(header_text(message.get("From")), _eml_date(message), tuple(_eml_attachments(message)))


def _eml_date(message: email.message.Message) -> str:
    for value in (message.get("Date"), (message.get("Received") or "").rpartition(";")[2]):
        try:
            moment = email.utils.parsedate_to_datetime(str(value).strip())
            return _iso(moment if moment.tzinfo else moment.replace(tzinfo=JAPAN))
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
    return ""


def _iso(moment: datetime | None) -> str:
    if moment is None:
        raise ValueError("no date")
    return moment.astimezone(JAPAN).isoformat(timespec="seconds")


def _parts(message: email.message.Message) -> list[email.message.Message]:
    payload = message.get_payload()
    return [part for part in payload if not isinstance(part, str)] if isinstance(payload, list) else []


def _eml_attachments(message: email.message.Message) -> Iterator[Inner]:
    for part in _parts(message) or [message]:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in _parts(part):
                name = header_text(inner.get("Subject")) or "転送されたメール"
                yield Inner(_safe(name) + ".eml", inner.as_bytes())
            continue
        if part.is_multipart():
            yield from _eml_attachments(part)
            continue
        name = attachment_name(part)
        in_text = part.get("Content-ID") is not None or part.get_content_disposition() == "inline"
        if kind in _SIGNATURES or (kind.startswith("image/") and in_text):
            continue
        data = part.get_payload(decode=True)
        data = data if isinstance(data, bytes) else b""
        if name or (kind == "application/octet-stream" and data):
            yield Inner(_safe(name) or "名前のない添付", data)


def _safe(name: str) -> str:
    """The file name without the path that some programs send along."""
    return re.split(r"[/\\]", name.replace("\n", " ").replace("\r", ""))[-1].strip()


def attachment_name(part: email.message.Message) -> str:
    """The name of an attachment, whether written as RFC 2231, as RFC 2047 in quotes, or as bare bytes."""
    for parameter, header in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        value = part.get_param(parameter, header=header)
        if isinstance(value, tuple):  # RFC 2231: charset, language, bytes as a string
            return decode(value[2].encode("latin-1", "replace"), value[0] or "utf-8")
        if value:
            return header_text(value)
    return ""


def header_text(value: str | None) -> str:
    """The text of a header, with encoded words and bare 8-bit or JIS bytes decoded."""
    text = re.sub(r"\r?\n[ \t]+", " ", value or "")
    if not text.isascii() or "\x1b" in text:
        text = _bytes_text(text.encode("utf-8", "surrogateescape"))
    text = re.sub(r"\?=\s+=\?", "?==?", text)
    return re.sub(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=", _decode_word, text).strip()


def _decode_word(match: re.Match[str]) -> str:
    try:
        ((data, charset),) = email.header.decode_header(match[0])
    except (ValueError, email.errors.HeaderParseError):
        return match[0]
    return data if isinstance(data, str) else decode(data, charset or "utf-8")


def decode(data: bytes, charset: str) -> str:
    """Decode bytes in the charset a Japanese mailer names, including characters it lacks by its standard (①, ㈱, 髙)."""
    charset = charset.lower()
    if charset.startswith("iso-2022-jp"):
        return _jis(data)
    if charset in ("shift_jis", "sjis", "x-sjis", "shift-jis", "windows-31j"):
        charset = "cp932"
    try:
        return data.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return _bytes_text(data)


def _bytes_text(data: bytes) -> str:
    if b"\x1b$" in data:
        return _jis(data)
    for charset in ("utf-8", "cp932", "euc_jp"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _jis(data: bytes) -> str:
    """Decode ISO-2022-JP as Outlook writes it, with NEC's ① and half-width kana, which Python's codec refuses."""
    out = []
    for match in re.finditer(rb"(\x1b\$[@B]|\x1b\([BJI])?([^\x1b]*)", data):
        mark, body = match[1] or b"", match[2]
        if mark in (b"\x1b$B", b"\x1b$@"):
            out.append(bytes(b | 0x80 for b in body).decode("euc_jis_2004", "replace"))
        elif mark == b"\x1b(I":
            out.append(bytes(b | 0x80 for b in body).decode("cp932", "replace"))
        else:
            out.append(body.decode("ascii", "replace"))
    return "".join(out)


def _read_msg(data: bytes) -> Mail:
    import oxmsg

    try:
        message = oxmsg.Message.load(data)
        attachments = tuple(_msg_attachments(message))
    except Exception:  # whatever the parser meets in a broken file
        return Mail("", "", (Inner("", problem="E403", detail="メール（.msg）が壊れています"),))
    return Mail(_known(lambda: header_text(message.sender or "")), _known(lambda: _iso(message.sent_date)), attachments)


def _known(read: Callable[[], str]) -> str:
    """A property of a mail; ``""`` when it is missing or malformed, since the attachments count without it."""
    try:
        return read()
    except Exception:
        return ""


def _msg_attachments(message: Any) -> Iterator[Inner]:
    for attachment in message.attachments:
        properties = attachment.properties
        name = attachment.file_name or properties.str_prop_value(_FILE_NAME) or ""
        if properties.int_prop_value(_METHOD) == _EMBEDDED:
            detail = "メールに添付されたメール（中の添付を保存して渡してください）"
            yield Inner(name or "転送されたメール", problem="E404", detail=detail)
            continue
        picture = (attachment.mime_type or "").startswith("image/") and properties.str_prop_value(_CONTENT_ID)
        if (attachment.mime_type or "") in _SIGNATURES or picture:
            continue
        yield Inner(_safe(name) or "名前のない添付", attachment.file_bytes or b"")
