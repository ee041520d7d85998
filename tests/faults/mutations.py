"""Change files as accidents and attackers do; one seed makes one file."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable

from dxreport.ooxml.package import Member, Package, member, zip_bytes
from tests.support.ole import container

NUMBERS = (
    "NaN", "inf", "-inf", "1_000", "0x10", "１２", "1e999", "1e308", "-0", "", " 5 ", "1,000", "+3", ".5", "5.", "1e5",
    "1" * 400, "99999999999", "-1", "0", "2958466", "1.5", "0.1", "abc", "TRUE", "١٢", "1 2", "\t7\n", "1d5", "Infinity",
)  # fmt: skip
TEXTS = (
    "../master", "\\\\host\\share", "CON", "a" * 300, "dxr1|../../x|01-01|0123456789ab", "=1+1", "_x0000_", "_xD800_", "_x000D_",
    "]]>", "&#10;", "&lt;b&gt;", "\u202egnp.xlsx", "\u200b", "𠮷", "", "  x  ", "_x005F_x0041_", "r19/K1", "cE", "dxr1|R04Q1-001||",
)  # fmt: skip
REFS = ("A1", "a1", "A0", "XFD1048576", "B2:A1", "AAAA1", "1", "", "Ａ１", "$B$2", "B2", "IV65536", "C3", "B2 ")
KINDS = ("s", "n", "str", "b", "e", "d", "inlineStr", "foo", "", "N")
CODES = (
    "General", "@", "0.0%", "yyyy/m/d", "[h]:mm", "0" * 300, "[>1.2.3]0", '"', "[$-411]ggge", ";;;", "# ?/?", "0.0E+0",
    "[DBNum1]0", "ss." + "0" * 40, "[", "\\", "_", "*", "e/m/d", "0,,", "%%%0", "y" * 200, "[hhhhhhhhhhhhhhhhhhhhhh]",
)  # fmt: skip
_TAG = re.compile(rb"<[^<>]*>")
_ATTRIBUTE = re.compile(rb'([\w:-]+)="([^"]*)"')


def raw(data: bytes, rng: random.Random) -> bytes:
    """Damage bytes as disks, networks and mail gateways do."""
    out = bytearray(data)
    if not out:
        return b""
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(out) or 1)
        size = min(rng.choice((1, 1, 4, 64, 512)), len(out) - at)
        how = rng.randrange(7)
        if how == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            out[at : at + size] = rng.randbytes(size)
        elif how == 2:
            out[at : at + size] = bytes(size)
        elif how == 3:
            del out[at : at + size]
        elif how == 4:
            out[at:at] = out[at : at + size]
        elif how == 5:
            out[at : at + 4] = struct.pack(
                "<I", rng.choice((0, 1, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFE, len(out)))
            )
        elif rng.random() < 0.3:
            del out[at:]
        if not out:
            break
    return bytes(out)


def xml(data: bytes, rng: random.Random) -> bytes:
    """Change something in an XML part; mostly it stays well-formed."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        tags = list(_TAG.finditer(data))
        if not tags:
            return raw(data, rng)
        tag = rng.choice(tags)
        data = rng.choice(_XML)(data, tag, rng)
    return data


def _attribute(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    found = list(_ATTRIBUTE.finditer(data, *tag.span()))
    if not found:
        return data
    chosen = rng.choice(found)
    name = chosen[1].decode("utf-8", "replace").rpartition(":")[2]
    pools = {"r": REFS, "ref": REFS, "t": KINDS, "formatCode": CODES, "s": NUMBERS}
    value = _quoted(rng.choice(pools.get(name) or rng.choice((NUMBERS, TEXTS))))
    if rng.random() < 0.1:
        return data[: chosen.start()] + data[chosen.end() :]
    return data[: chosen.start(2)] + value + data[chosen.end(2) :]


def _content(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    end = data.find(b"<", tag.end())
    if end < 0:
        return data
    return data[: tag.end()] + _quoted(rng.choice(rng.choice((NUMBERS, TEXTS)))) + data[end:]


def _cell_value(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    values = list(re.finditer(rb"(<v>|<t[^>]*>|<text:p>)([^<]*)<", data))
    if not values:
        return _content(data, tag, rng)
    chosen = rng.choice(values)
    return data[: chosen.start(2)] + _quoted(rng.choice(rng.choice((NUMBERS, TEXTS)))) + data[chosen.end(2) :]


def _cell_kind(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    cells = list(re.finditer(rb'<c r="[^"]*"([^>]*)>', data))
    if not cells:
        return _attribute(data, tag, rng)
    chosen = rng.choice(cells)
    attributes = re.sub(rb' t="[^"]*"', b"", chosen[1]) + f' t="{rng.choice(KINDS)}"'.encode()
    return data[: chosen.start(1)] + attributes + data[chosen.end(1) :]


def _element(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    """Double, drop or wrap a whole element."""
    name = re.match(rb"<([\w:-]+)", tag[0])
    if not name or tag[0].endswith(b"/>"):
        return data[: tag.start()] + (tag[0] * 2 if name and tag[0].endswith(b"/>") else b"") + data[tag.end() :]
    end = data.find(b"</" + name[1] + b">", tag.end())
    if end < 0 or end - tag.start() > 100_000:
        return data
    end += len(name[1]) + 3
    whole = data[tag.start() : end]
    return data[: tag.start()] + rng.choice((b"", whole * 2, _wrapped(whole, rng))) + data[end:]


def _wrapped(whole: bytes, rng: random.Random) -> bytes:
    return rng.choice((
        b"<!--" + whole + b"-->", b"<x:wrap xmlns:x='u'>" + whole + b"</x:wrap>", b"<?x " + whole + b"?>",
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback>' + whole
        + b"</mc:Fallback></mc:AlternateContent>", whole.replace(b">", b' xmlns="other">', 1), b"<![CDATA[" + whole + b"]]>",
    ))  # fmt: skip


def _odd_cell(data: bytes, tag: re.Match[bytes], rng: random.Random) -> bytes:
    cell = rng.choice((
        '<c r="B2"><is><t>x</t></is></c>', '<c r="B2" t="inlineStr"><v>5</v></c>', '<c r="B2" t="s"><v>99999</v></c>', '<c r="B2"/>',
        '<c r="B2" t="inlineStr"><is/></c>', '<c r="B2"><v>1</v><v>2</v></c>', '<c><v>7</v></c>', '<c r="B2" t="str"><f>1+1</f></c>',
        '<c r="B2" t="inlineStr"><is><r><t>a</t></r><rPh sb="0" eb="1"><t>k</t></rPh><t>b</t></is></c>', '<c r="B2" s="-1"><v>3</v></c>',
        '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="B2"><x:v>8</x:v></x:c>', '<c r="B2" t="d"><v>x</v></c>',
        '<c r="B2" t="e"><v>#N/A</v></c>', '<c r="B2" s="99999"><v>44927</v></c>', '<c r="B2" t="b"><v>2</v></c>',
    )).encode()  # fmt: skip
    places = [m.end() for m in re.finditer(rb"<row[^>/]*>|</c>", data)]
    at = rng.choice(places) if places else tag.end()
    return data[:at] + cell + data[at:]


def _declaration(data: bytes, _: re.Match[bytes], rng: random.Random) -> bytes:
    body = re.sub(rb"\A<\?xml[^>]*\?>", b"", data)
    return rng.choice((
        body, b'<?xml version="1.0" encoding="Shift_JIS"?>' + body, b'<!DOCTYPE x [<!ENTITY a "b">]>' + body, b"\xef\xbb\xbf" + body,
        body.decode("utf-8", "replace").encode("utf-16"), b"  " + data, body.replace(b'"', b"'"), b'<?xml version="1.0" encoding="UTF-7"?>' + body,
        body.replace(b"<c r", b"<c  r"), body.replace(b"xmlns=", b"xmlns:x=", 1), body.replace(b"<sheetData>", b"<sheetData >"),
    ))  # fmt: skip


def _bytes_of_xml(data: bytes, _: re.Match[bytes], rng: random.Random) -> bytes:
    return raw(data, rng)


_XML: tuple[Callable[[bytes, re.Match[bytes], random.Random], bytes], ...] = (
    _attribute, _attribute, _content, _cell_value, _cell_value, _cell_kind, _element, _element, _odd_cell, _declaration, _bytes_of_xml,
)  # fmt: skip


def _quoted(text: str) -> bytes:
    if re.fullmatch(r"&#?\w+;", text):
        return text.encode()
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode("utf-8", "replace")


def package(data: bytes, rng: random.Random) -> bytes:
    """Change a part of a zipped workbook, or the zip itself."""
    if rng.random() < 0.15:
        return raw(data, rng)
    known = Package(data)
    parts = {name: known.read(name) for name in known.names}
    name = rng.choice(
        [n for n in parts for _ in range(8 if "sheet" in n or n in ("content.xml", "xl/styles.xml") else 1)]
    )
    how = rng.randrange(20)
    if how == 0:
        del parts[name]
    elif how == 1:
        parts[name.upper()] = parts[rng.choice(list(parts))]
    elif how == 2:
        parts[rng.choice(list(parts))] = parts[name]
    elif how == 3:
        parts[rng.choice(("../x", "/etc/x", "CON", "a" * 300, name + "/", "\\\\host\\x"))] = b"x"
    elif name.endswith((".xml", ".rels", ".vml")):
        parts[name] = xml(parts[name], rng)
    else:
        parts[name] = raw(parts[name], rng)
    members = [member(n, d) for n, d in parts.items()]
    if how == 4:
        members.append(member(name, xml(parts.get(name, b"<a/>"), rng)))
    if how == 5:
        at = rng.randrange(len(members))
        odd = members[at]
        members[at] = Member(
            odd.name,
            rng.choice((0, 8, 9, 12, 14, 99)),
            odd.crc ^ rng.getrandbits(1),
            odd.size + rng.randrange(3),
            odd.data,
        )
    return zip_bytes(members)


def biff(data: bytes, rng: random.Random) -> bytes:
    """Change records of an .xls, or its container."""
    if rng.random() < 0.2:
        return raw(data, rng)
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        stream = ole.openstream("Workbook").read()
    places = []
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if not kind and not length:
            break
        places.append((at, length))
        at += 4 + length
    out = bytearray(stream)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, length = rng.choice(places)
        how = rng.randrange(6)
        if how < 3 and length:
            spot = at + 4 + rng.randrange(length)
            out[spot : spot + rng.choice((1, 2, 4))] = rng.choice(
                (b"\0", b"\xff\xff", b"\1\0", rng.randbytes(2), b"\xff\xff\xff\x7f")
            )
        elif how == 3:
            out[at : at + 2] = struct.pack(
                "<H", rng.choice((0xFD, 0x203, 0x27E, 0xBD, 0x06, 0x207, 0x205, 0x3C, 0x809, 0x0A, 0xFC, 0x85))
            )
        elif how == 4:
            out[at + 2 : at + 4] = struct.pack("<H", rng.choice((0, 1, length + 1, 0xFFFF, 8224)))
        else:
            out[at:at] = out[at : at + 4 + length]
    return container({"Workbook": bytes(out)})


def binary(data: bytes, rng: random.Random) -> bytes:
    """Change bytes of a part of an .xlsb, or the zip itself."""
    return package(data, rng)


def mail(data: bytes, rng: random.Random) -> bytes:
    """Change lines of a saved mail."""
    if rng.random() < 0.2:
        return raw(data, rng)
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.randrange(len(lines))
        how = rng.randrange(7)
        if how == 0:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif how == 1:
            del lines[at]
        elif how == 2:
            lines[at] = raw(lines[at], rng)
        elif how == 3:
            heads = [n for n, line in enumerate(lines) if re.match(rb"(?i)content-|from|date|subject|mime", line)]
            n = rng.choice(heads or [at])
            name = lines[n].partition(b":")[0]
            lines[n] = name + b": " + rng.choice((
                b'attachment; filename="' + rng.choice(TEXTS).encode("utf-8", "replace") + b'"', b"=?iso-2022-jp?B?GyRC?=", b"multipart/mixed",
                b"message/rfc822", b"base64", b"quoted-printable", b"x-uuencode", b"attachment; filename*=utf-8''%e3%81%x", b"=?utf-8?Q?=zz?=",
                b"application/octet-stream; name*0=a; name*1=b", b"Fri, 99 Jul 99999 99:99:99 +9999", b"multipart/mixed; boundary=\"\"", b"7bit",
            ))  # fmt: skip
        elif how == 4:
            lines[at] = lines[at] + b"\r" + lines[at]
        elif how == 5:
            lines[at:at] = [b"--" + rng.choice((b"x", b"=====", lines[at][2:]))]
        else:
            lines[at] = rng.choice((b"", b"\x1b$B", b"\xff" * 20, b" folded", b"\0", b"a" * 3000))
    return b"\n".join(lines)


def archive(data: bytes, rng: random.Random) -> bytes:
    """Change names, flags or bytes of a zip."""
    if rng.random() < 0.4:
        return raw(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = [(i.filename, old.read(i)) for i in old.infolist()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((0, 8, 12, 14))) as new:
        for name, content in files:
            odd = rng.choice(
                (
                    "../x.xlsx",
                    "C:\\x.xlsx",
                    "\\\\h\\s.xlsx",
                    "a\x1b[31m.xlsx",
                    "x\n■ 偽.xlsx",
                    "NUL.xlsx",
                    "a" * 300 + ".xlsx",
                    "‮.xlsx",
                )
            )
            new.writestr(zipfile.ZipInfo(rng.choice((name, name, odd))), content)
    changed = bytearray(out.getvalue())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = changed.find(signature)
        if at >= 0 and rng.random() < 0.3:
            changed[at + offset] ^= rng.choice((1, 8, 0x20))
    return bytes(changed) if rng.random() < 0.7 else raw(bytes(changed), rng)
