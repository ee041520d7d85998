"""Saved mails (.eml, Outlook's .msg): sender, date, first lines and attachments."""

from __future__ import annotations

import email
import email.header
import email.message
import email.parser
import email.policy
import email.utils
import html
import re
from collections.abc import Iterator
from contextlib import suppress
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
_CHARSETS = dict.fromkeys(("shift_jis", "sjis", "x-sjis", "shift-jis", "windows-31j"), "cp932")
_JIS_CODECS = {b"\x1b$B": "euc_jis_2004", b"\x1b$@": "euc_jis_2004", b"\x1b(I": "cp932"}  # with the high bits set
_LINES, _LINE = 12, 120  # of a mail's text that are shown; characters of a line
_FILE_NAME, _METHOD, _CONTENT_ID, _EMBEDDED = 0x3704, 0x3705, 0x3712, 5  # [MS-OXCMSG] 2.2.2


@dataclass(frozen=True, slots=True)
class Mail:
    """``received`` is ISO 8601 in Japanese time, or ``""``; ``sender`` as in the From line; ``text`` its first lines."""

    sender: str
    received: str
    attachments: tuple[Inner, ...]
    subject: str = ""
    text: str = ""


class _Bare(email.policy.Compat32):
    """Gives headers as the file has them, bare 8-bit bytes as surrogates."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY = _Bare()


def read_mail(data: bytes) -> Mail | None:
    """The mail that the file is by its content; None where it is none."""
    if data.startswith(OLE):
        with suppress(Unreadable):
            return _read_msg(data) if "__properties_version1.0" in ole_streams(data) else None
        return None
    match = _HEADER.match(data[:262_144])
    head = email.parser.BytesHeaderParser(policy=_POLICY).parsebytes(match[0] if match else b"")
    web_page = "saved by" in str(head.get("From", "")).lower()  # .mht of a browser
    written = "From" in head or "X-Unsent" in head  # a draft has no sender yet
    if web_page or not written or not any(name in head for name in ("Date", "Received", "MIME-Version")):
        return None
    message = email.message_from_bytes(data, policy=_POLICY)
    subject, text = header_text(message.get("Subject")), _first_lines(_eml_text(message))
    return Mail(header_text(message.get("From")), _eml_date(message), tuple(_eml_attachments(message)), subject, text)


def _eml_text(message: email.message.Message) -> str:
    """The text of a mail: its first part in plain text, else in HTML."""
    found: dict[str, str] = {}
    for part in message.walk():
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            found.setdefault(kind, _decoded(data, str(part.get_param("charset") or "")))
    return found.get("text/plain") or _without_tags(found.get("text/html", ""))


def _without_tags(markup: str) -> str:
    text = re.sub(r"(?is)<(style|script|title)\b.*?</\1\s*>", "", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?i)<br\b[^>]*>|</(?:p|div|tr|li)\s*>", "\n", text)))


def _first_lines(text: str) -> str:
    """The first lines of a text that say something; lines quoted of the mail that it answers are left out."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    own = [line[:_LINE] for line in lines if line and not line.startswith(">")]
    return "\n".join(own[:_LINES])


def _eml_date(message: email.message.Message) -> str:
    for value in (message.get("Date"), (message.get("Received") or "").rpartition(";")[2]):
        with suppress(TypeError, ValueError, IndexError, OverflowError):
            return _iso(email.utils.parsedate_to_datetime(str(value).strip()))
    return ""


def _iso(moment: datetime) -> str:
    return moment.replace(tzinfo=moment.tzinfo or JAPAN).astimezone(JAPAN).isoformat(timespec="seconds")


def _parts(message: email.message.Message) -> list[email.message.Message]:
    payload = message.get_payload()
    return [part for part in payload if not isinstance(part, str)] if isinstance(payload, list) else []


def _eml_attachments(part: email.message.Message) -> Iterator[Inner]:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        for inner in _parts(part):
            yield Inner(_safe(header_text(inner.get("Subject")) or "転送されたメール") + ".eml", inner.as_bytes())
        return
    if part.is_multipart():
        for inner in _parts(part):
            yield from _eml_attachments(inner)
        return
    in_text = part.get("Content-ID") is not None or part.get_content_disposition() == "inline"
    if kind in _SIGNATURES or (kind.startswith("image/") and in_text):
        return
    name, data = _attachment_name(part), part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    if name or (kind == "application/octet-stream" and data):
        yield Inner(_safe(name) or "名前のない添付", data)


def _safe(name: str) -> str:
    """The file name without the path that some programs send along."""
    return re.split(r"[/\\]", name.replace("\n", " ").replace("\r", ""))[-1].strip()


def _attachment_name(part: email.message.Message) -> str:
    """The name of an attachment, whether written as RFC 2231, as RFC 2047 in quotes, or as bare bytes."""
    for parameter, header in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        value = part.get_param(parameter, header=header)
        if isinstance(value, tuple):  # RFC 2231: charset, language, bytes as a string
            return _decoded(value[2].encode("latin-1", "replace"), value[0] or "")
        if value:
            return header_text(value)
    return ""


def header_text(value: str | None) -> str:
    """The text of a header, with encoded words and bare 8-bit or JIS bytes decoded."""
    text = re.sub(r"\r?\n[ \t]+", " ", value or "")
    if not text.isascii() or "\x1b" in text:
        text = _decoded(text.encode("utf-8", "surrogateescape"))
    text = re.sub(r"\?=\s+=\?", "?==?", text)
    return re.sub(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=", _decode_word, text).strip()


def _decode_word(match: re.Match[str]) -> str:
    try:
        ((data, charset),) = email.header.decode_header(match[0])
    except (ValueError, email.errors.HeaderParseError):
        return match[0]
    return data if isinstance(data, str) else _decoded(data, charset or "")


def _decoded(data: bytes, charset: str = "") -> str:
    """Decode bytes in the charset a Japanese mailer names, including characters it lacks by its standard (①, ㈱, 髙)."""
    charset = charset.lower()
    if charset.startswith("iso-2022-jp") or b"\x1b$" in data:
        return _jis(data)
    for name in (_CHARSETS.get(charset, charset), "utf-8", "cp932", "euc_jp"):
        with suppress(LookupError, UnicodeDecodeError):
            return data.decode(name)
    return data.decode("utf-8", "replace")


def _jis(data: bytes) -> str:
    """Decode ISO-2022-JP as Outlook writes it, with NEC's ① and half-width kana, which Python's codec refuses."""
    out = []
    for mark, body in re.findall(rb"(\x1b\$[@B]|\x1b\([BJI])?([^\x1b]*)", data):
        codec = _JIS_CODECS.get(mark)
        out.append(bytes(b | 0x80 for b in body).decode(codec, "replace") if codec else body.decode("ascii", "replace"))
    return "".join(out)


def _read_msg(data: bytes) -> Mail:
    import oxmsg

    sender = received = subject = text = ""
    try:
        message = oxmsg.Message.load(data)
        attachments = tuple(_msg_attachments(message))
    except Exception:  # whatever the parser meets in a broken file
        return Mail("", "", (Inner("", problem="E403", detail="メール（.msg）が壊れています"),))
    with suppress(Exception):  # missing or malformed; the attachments count without it
        sender = header_text(message.sender)
    with suppress(Exception):
        if sent := message.sent_date:
            received = _iso(sent)
    with suppress(Exception):
        subject = header_text(message.subject)
    with suppress(Exception):
        text = _first_lines(message.body or _without_tags(message.html_body or ""))
    return Mail(sender, received, attachments, subject, text)


def _msg_attachments(message: Any) -> Iterator[Inner]:
    for attachment in message.attachments:
        properties, kind = attachment.properties, attachment.mime_type or ""
        name = attachment.file_name or properties.str_prop_value(_FILE_NAME) or ""
        if properties.int_prop_value(_METHOD) == _EMBEDDED:
            detail = "メールに添付されたメール（中の添付を保存して渡してください）"
            yield Inner(name or "転送されたメール", problem="E404", detail=detail)
        elif kind not in _SIGNATURES and not (kind.startswith("image/") and properties.str_prop_value(_CONTENT_ID)):
            yield Inner(_safe(name) or "名前のない添付", attachment.file_bytes or b"")
