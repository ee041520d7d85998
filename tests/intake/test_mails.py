"""Headers as Japanese mailers write them, by the standard and not."""

from __future__ import annotations

import base64

import pytest

from dxreport.intake.saved_mail import Mail, header_text, read_mail
from tests.support.sending import outlook

NAME = "産業振興課①㈱.xlsx"
JIS = b"\x1b$B;:6H?66=2]-!-j\x1b(B.xlsx"  # Outlook puts NEC's ① and ㈱ in ISO-2022-JP


def message(disposition: bytes, content_type: bytes = b"application/octet-stream") -> bytes:
    body = base64.b64encode(b"PK\3\4 data")
    return (
        b"From: a@example.lg.jp\r\nDate: Fri, 15 Jul 2022 10:00:00 +0900\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
        b"--b\r\nContent-Type: " + content_type + b"\r\nContent-Disposition: " + disposition + b"\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n--b--\r\n"
    )


def opened(data: bytes) -> Mail:
    mail = read_mail(data)
    assert mail
    return mail


def word(charset: str, data: bytes) -> bytes:
    return b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(data))


@pytest.mark.parametrize(
    "disposition",
    [
        b'attachment; filename="' + word("utf-8", NAME.encode()) + b'"',
        b'attachment; filename="' + word("ISO-2022-JP", JIS) + b'"',
        b'attachment; filename="' + word("Shift_JIS", NAME.encode("cp932")) + b'"',
        b'attachment;\r\n filename="%s\r\n %s"' % (word("utf-8", NAME[:3].encode()), word("utf-8", NAME[3:].encode())),
        b"attachment; filename*=utf-8''" + b"".join(b"%%%02X" % b for b in NAME.encode()),
        b"attachment; filename*=iso-2022-jp''" + b"".join(b"%%%02X" % b for b in JIS),
        b"attachment; filename*0*=utf-8''%E7%94%A3%E6%A5%AD%E6%8C%AF;\r\n filename*1*=%E8%88%88%E8%AA%B2;\r\n"
        b" filename*2*=%E2%91%A0%E3%88%B1.xlsx",
        b'attachment; filename="' + NAME.encode() + b'"',
        b'attachment; filename="' + NAME.encode("cp932") + b'"',
    ],
)
def test_attachment_names(disposition: bytes) -> None:
    data = message(disposition)
    (attachment,) = opened(data).attachments
    assert (attachment.name, attachment.data) == (NAME, b"PK\3\4 data")


def test_the_name_may_stand_in_the_type_alone() -> None:
    kind = b'application/vnd.ms-excel; name="' + word("utf-8", NAME.encode()) + b'"'
    assert opened(message(b"attachment", kind)).attachments[0].name == NAME


def test_only_the_last_part_of_a_path() -> None:
    assert opened(message(rb'attachment; filename="C:\\work\\a.xlsx"')).attachments[0].name == "a.xlsx"


def test_a_file_without_a_name_is_no_less_an_attachment() -> None:
    assert [a.name for a in opened(message(b"attachment")).attachments] == ["名前のない添付"]
    assert opened(message(b"attachment", b"text/plain")).attachments == ()


def test_pictures_in_the_text_and_signatures_are_no_attachments() -> None:
    shown = message(b'attachment; filename="logo.png"', b"image/png\r\nContent-ID: <logo@example.lg.jp>")
    assert opened(shown).attachments == ()
    assert opened(message(b'inline; filename="logo.png"', b"image/png")).attachments == ()
    assert opened(message(b'attachment; filename="smime.p7s"', b"application/pkcs7-signature")).attachments == ()
    assert len(opened(message(b'inline; filename="a.xlsx"')).attachments) == 1  # Apple Mail sends files inline
    assert len(opened(message(b'attachment; filename="photo.png"', b"image/png")).attachments) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        b"From: nobody\nno header here",
        "件名: 回答\n".encode(),
        b"From: <Saved by Blink>\r\nDate: Fri, 15 Jul 2022 10:00:00 +0900\r\nMIME-Version: 1.0\r\n\r\n<html>",
        b"key: value\nother: value\n",
    ],
)
def test_what_is_no_mail(data: bytes) -> None:
    assert read_mail(data) is None


def test_dates_without_a_zone_are_japanese() -> None:
    data = message(b"attachment").replace(b" +0900", b"")
    assert opened(data).received == "2022-07-15T10:00:00+09:00"
    assert opened(data.replace(b"Fri, 15 Jul 2022 10:00:00", b"yesterday")).received == ""


def test_a_mail_without_a_date_is_as_old_as_its_last_delivery() -> None:
    """A mail of eight in the evening in New York is of the next morning; comments in Received hold semicolons too."""
    received = b"Received: from a by b (TLS1.3; AES256) id 1; Thu, 14 Jul 2022 20:00:00 -0400"
    data = message(b"attachment").replace(b"Date: Fri, 15 Jul 2022 10:00:00 +0900", received)
    assert opened(data).received == "2022-07-15T09:00:00+09:00"


def test_the_text_is_the_first_part_and_no_attached_file() -> None:
    part = b"--b\r\nContent-Type: text/plain%s\r\n\r\n%s\r\n"
    attached = part % (b"\r\nContent-Disposition: attachment; filename=a.txt", b"not the text")
    data = message(b"attachment").replace(b"--b\r\n", attached + b"--b\r\n", 1)
    data = data.replace(b"--b--", part % (b"", b"the footer of a mailing list") + b"--b--")
    assert opened(data).text == "hello"


def test_a_mail_within_a_mail_of_outlook_is_not_passed_over() -> None:
    [inner] = opened(outlook([("転送.msg", b"")], method=5)).attachments
    assert (inner.name, inner.problem) == ("転送.msg", "E404")


def test_the_text_of_a_mail_of_outlook_that_has_html_only() -> None:
    assert opened(outlook([], html="<p>変更<b>なし</b></p>")).text == "変更なし"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?iso-2022-jp?B?GyRCOzo2SD82Nj0yXRsoQg==?= <a@b>", "産業振興課 <a@b>"),
        ("=?UTF-8?Q?=E8=AA=B2?= =?UTF-8?Q?=E9=95=B7?=", "課長"),
        ("\x1b$B2]D9\x1b(B", "課長"),
        ("=?nonsense?B?6Kqy?=", "課"),
        (None, ""),
    ],
)
def test_header_text(value: str | None, text: str) -> None:
    assert header_text(value) == text
