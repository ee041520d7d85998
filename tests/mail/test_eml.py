"""A draft arrives as it was written: read back by the standard library under both its policies, and by collect."""

from __future__ import annotations

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dxreport.domain.addresses import addresses
from dxreport.intake.gather import gather
from dxreport.mail.eml import BOUNDARY, Attachment, eml

POLICIES = (email.policy.default, email.policy.compat32)
TO, CC = (
    ["木更津市立中央公民館 <chuo-k@city.kisarazu.lg.jp>", "soumu@city.kisarazu.lg.jp"],
    ["次長, 山田 <yamada@example.jp>"],
)
SUBJECT = "【依頼】令和４年度年間活動計画 第1四半期の報告について（髙橋①㈱～－）"
BODY = "総務課　ご担当者様\n\n　・1 行目\n長い行" + "あ" * 500 + "\n.\nFrom here\n"
NAMES = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"], blacklist_characters='\\/:*?"<>|'),
    min_size=1,
    max_size=120,
)


def draft(*attachments: Attachment, subject: str = SUBJECT) -> bytes:
    return eml(TO, CC, subject, BODY, attachments)


def words(value: str) -> str:
    """A header of encoded words as a mailer shows it."""
    return str(make_header(decode_header(re.sub(r"\r?\n ", " ", value))))


@given(NAMES.map(lambda name: name.strip() + ".xlsx"), st.binary(max_size=200))
@example("令和４年度_第1四半期_木更津市立中央公民館（施設・予約） 01-01.xlsx", b"PK\3\4")
@example("あ" * 250 + ".xlsx", b"--=_dxreport\r\n--=_dxreport--")
@example("R4 Q1.xlsx", b"")
@example("か\u3099 𠮷😀 100%'*.xlsx", b"\r\n")
def test_attachments_arrive_with_their_names_and_bytes(name, data):
    mail = draft(Attachment(name, data))
    for policy in POLICIES:
        [part] = [
            p
            for p in email.message_from_bytes(mail, policy=policy).walk()
            if p.get_content_disposition() == "attachment"
        ]
        assert (part.get_filename(), part.get_payload(decode=True), part.defects) == (name, data, [])
    # Outlook reads the name of Content-Type, encoded words and all.
    [part] = email.message_from_bytes(mail, policy=email.policy.compat32).get_payload()[1:]
    assert words(part.get_param("name")) == name


def test_collect_reads_a_draft_like_any_saved_mail(tmp_path):
    given = [
        Attachment("令和４年度_第1四半期_総務課.xlsx", b"PK\3\4 one"),
        Attachment("直し" * 60 + ".xlsx", bytes(range(256)) * 40),
    ]
    (tmp_path / "総務課.eml").write_bytes(draft(*given))
    assert [(f.file_name, f.data, f.problem) for f in gather([tmp_path])] == [(a.name, a.data, "") for a in given]


def test_headers_and_body_are_as_written():
    mail = draft(Attachment("a.xlsx", b"1"))
    read = email.message_from_bytes(mail, policy=email.policy.default)
    assert read["Subject"] == SUBJECT and read["X-Unsent"] == "1"
    people = [(a.display_name, a.addr_spec) for header in ("To", "Cc") for a in read[header].addresses]
    assert people == [
        ("木更津市立中央公民館", "chuo-k@city.kisarazu.lg.jp"),
        ("", "soumu@city.kisarazu.lg.jp"),
        ("次長, 山田", "yamada@example.jp"),
    ]
    assert read.get_body().get_payload(decode=True).decode("utf-8") == BODY.replace("\n", "\r\n")
    assert {name for name in ("From", "Date", "Message-ID") if name in read} == set()


def test_the_bytes_are_what_every_mailer_takes():
    mail = draft(Attachment("あ" * 200 + ".xlsx", b"x" * 5000))
    assert mail.isascii() and b"\n" not in mail.replace(b"\r\n", b"")
    assert max(map(len, mail.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    encoded = re.findall(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", mail)
    assert len(encoded) > 5 and max(map(len, encoded)) <= 75  # RFC 2047, 2
    assert mail == draft(Attachment("あ" * 200 + ".xlsx", b"x" * 5000)) and BOUNDARY.encode() in mail


def test_an_ascii_subject_stays_readable():
    assert b"\r\nSubject: R4 Q1 report\r\n" in draft(subject="R4 Q1 report")


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("", [], []),
        ("a@x.jp", ["a@x.jp"], []),
        ("a@x.jp、b@x.jp;c@x.jp, d@x.jp\ne@x.jp；f@x.jp，g@x.jp", [f"{c}@x.jp" for c in "abcdefg"], []),
        ("、a@x.jp;;\n", ["a@x.jp"], []),
        (
            "総務課 <soumu@city.jp>、職員課＜ｓｈｏｋｕｉｎ＠city.jp＞",
            ["総務課 <soumu@city.jp>", "職員課 <shokuin@city.jp>"],
            [],
        ),
        ('"山田, 太郎" <t@x.jp>', ["山田, 太郎 <t@x.jp>"], []),
        ("ｄｘ＠ｃｉｔｙ．ｊｐ", ["dx@city.jp"], []),
        ("担当まで、a@x.jp", ["a@x.jp"], ["担当まで"]),
        ("a@x@y.jp", [], ["a@x@y.jp"]),
        ("日本@x.jp", [], ["日本@x.jp"]),
    ],
)
def test_addresses(text, good, bad):
    assert addresses(text) == (good, bad)


@given(st.from_regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", fullmatch=True))
def test_an_address_alone_is_what_the_standard_library_reads(text):
    assert parseaddr(text) == ("", text) and addresses(text) == ([text], [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("様式.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("様式.XLSM", "application/vnd.ms-excel.sheet.macroenabled.12"),
        ("資料.pdf", "application/octet-stream"),
    ],
)
def test_the_type_of_an_attachment(name, kind):
    [part] = email.message_from_bytes(draft(Attachment(name, b"x"))).get_payload()[1:]
    assert part.get_content_type() == kind
