"""Saved mails (.eml, Outlook's .msg): sender, date, first lines and attachments."""

from __future__ import annotations

import email
import email.header
import email.message
import email.parser
import email.policy
import email.utils
import html
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..domain.visible import one_line
from .file_type import OLE, ole_streams
from .limits import MAX_FILE, Unreadable
from .unpack import Inner

# Limits for the mail parser. It tests each line against each enclosing boundary: 10 million tests take seconds.
_MAX_LINES, _MAX_PARTS, _MAX_NESTED, _MAX_TESTS = 2_500_000, 20_000, 300, 20_000_000
JAPAN = timezone(timedelta(hours=9))
_HEADER = re.compile(rb"(?i)\A(?:\xef\xbb\xbf)?(?:from [^\n]*\n)?(?:[!-9;-~]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)+")
# Signatures are not returns, nor are pictures shown in the text.
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_CHARSETS = dict.fromkeys(("shift_jis", "sjis", "x-sjis", "shift-jis", "windows-31j"), "cp932")
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}  # Python's own codecs
_JIS_CODECS = {b"\x1b$B": "euc_jis_2004", b"\x1b$@": "euc_jis_2004", b"\x1b(I": "cp932"}  # with the high bits set
_LINES, _LINE = 12, 120  # lines of a mail's text that are shown, and characters per line
_MARKUP = 100_000  # characters of HTML that are searched for them
_STORAGES = ("__attach_version1.0_#", "__recip_version1.0_#", "__nameid_version1.0")  # [MS-OXMSG] 2.2
_FILE_NAME, _METHOD, _CONTENT_ID, _EMBEDDED = 0x3704, 0x3705, 0x3712, 5  # [MS-OXCMSG] 2.2.2


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: ``sender`` is its From line, ``received`` ISO 8601 in Japanese time or "", ``text`` the first lines."""

    sender: str
    received: str
    attachments: tuple[Inner, ...]
    subject: str = ""
    text: str = ""


class _Bare(email.policy.Compat32):
    """A policy that returns headers as the file has them, with bare 8-bit bytes as surrogates."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY = _Bare()


def read_mail(data: bytes) -> Mail | None:
    """Return the mail in a file, recognised by its content; None if it is not a mail."""
    if data.startswith(OLE):
        with suppress(Unreadable):
            return _read_msg(data) if "__properties_version1.0" in ole_streams(data) else None
        return None
    match = _HEADER.match(data[:262_144])
    head = email.parser.BytesHeaderParser(policy=_POLICY).parsebytes(match[0] if match else b"")
    web_page = "saved by" in str(head.get("From", "")).lower()  # an .mht saved by a browser
    written = "From" in head or "X-Unsent" in head  # a draft has no sender yet
    if web_page or not written or not any(name in head for name in ("Date", "Received", "MIME-Version")):
        return None
    if _is_too_large(data):
        return _refused("E405", "メールが大きすぎます。添付ファイルだけを保存して渡してください")
    try:
        message = email.message_from_bytes(data, policy=_POLICY)
        subject, text = header_text(message.get("Subject")), _first_lines(_eml_text(message))
        return Mail(
            header_text(message.get("From")), _eml_date(message), tuple(_eml_attachments(message)), subject, text
        )
    except RecursionError:
        return _refused(
            "E405", "メールの中のメールや部分の入れ子が深すぎます。添付ファイルだけを保存して渡してください"
        )


def _is_too_large(data: bytes) -> bool:
    """Return True if parsing would take too much memory or time."""
    lines = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    boundaries = min(len(re.findall(rb"(?i)boundary", data)), _MAX_NESTED)
    return (
        len(data) > MAX_FILE
        or lines > _MAX_LINES
        or lines * boundaries > _MAX_TESTS
        or data.count(b"\n--") > _MAX_PARTS
    )


def _refused(code: str, detail: str) -> Mail:
    return Mail("", "", (Inner("", problem=code, detail=detail),))


def _eml_text(message: email.message.Message) -> str:
    """Return the text of a mail: its first plain text part, else its first HTML part."""
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
    markup = markup[:_MARKUP]
    text = re.sub(r"(?is)<(style|script|title)\b.*?</\1\s*>", "", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?i)<br\b[^>]*>|</(?:p|div|tr|li)\s*>", "\n", text)))


def _first_lines(text: str) -> str:
    """Return the first non-blank lines of a text, without those quoted from the mail it answers."""
    own = [line[:_LINE] for line in map(one_line, text.splitlines()) if line and not line.startswith(">")]
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
    """Return a file name without the path that some programs send along."""
    return re.split(r"[/\\]", name.replace("\n", " ").replace("\r", ""))[-1].strip()


def _attachment_name(part: email.message.Message) -> str:
    """Return the name of an attachment, written as in RFC 2231, as in RFC 2047 within quotes, or as bare bytes."""
    for parameter, header in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        value = part.get_param(parameter, header=header)
        if isinstance(value, tuple):  # RFC 2231: charset, language, bytes as a string
            return _decoded(value[2].encode("latin-1", "replace"), value[0] or "")
        if value:
            return header_text(value)
    return ""


def header_text(value: str | None) -> str:
    """Return the text of a header, with encoded words and bare 8-bit or JIS bytes decoded."""
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
    """Decode bytes in the charset that a mail names, and allow characters that its standard lacks (①, ㈱, 髙)."""
    charset = charset.lower()
    if charset.startswith("iso-2022-jp") or b"\x1b$" in data:
        return _jis(data)
    for name in (_CHARSETS.get(charset, "" if charset in _NO_CHARSETS else charset), "utf-8", "cp932", "euc_jp"):
        with suppress(LookupError, ValueError):  # unknown charset, impossible name, or undecodable bytes
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
        if _has_strange_storage(data):
            attachments += (Inner("", problem="E403", detail="メール（.msg）の添付ファイルの一部が読めません"),)
    except Exception:  # the parser may raise anything on a broken file
        return _refused("E403", "メール（.msg）が壊れています")
    with suppress(Exception):  # missing or malformed; the attachments matter more
        sender = header_text(message.sender)
    with suppress(Exception):
        if sent := message.sent_date:
            received = _iso(sent)
    with suppress(Exception):
        subject = header_text(message.subject)
    with suppress(Exception):
        text = _first_lines(message.body or _without_tags(message.html_body or ""))
    return Mail(sender, received, attachments, subject, text)


def _has_strange_storage(data: bytes) -> bool:
    """Return True if a mail has a storage of no known kind: an attachment with a damaged name, say."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        storages = [path[0] for path in ole.listdir(streams=False, storages=True) if len(path) == 1]
    return not all(name.startswith(_STORAGES) for name in storages)


def _msg_attachments(message: Any) -> Iterator[Inner]:
    for attachment in message.attachments:
        properties, kind = attachment.properties, attachment.mime_type or ""
        name = attachment.file_name or properties.str_prop_value(_FILE_NAME) or ""
        if properties.int_prop_value(_METHOD) == _EMBEDDED:
            detail = "メールに添付されたメール（中の添付を保存して渡してください）"
            yield Inner(name or "転送されたメール", problem="E404", detail=detail)
        elif kind not in _SIGNATURES and not (kind.startswith("image/") and properties.str_prop_value(_CONTENT_ID)):
            yield Inner(_safe(name) or "名前のない添付", attachment.file_bytes or b"")
