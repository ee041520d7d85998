"""Replace missing fonts of Windows with free ones when LibreOffice prints on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from html import escape

from ..domain.errors import PackageError
from ..ooxml.package import MAIN_NS, Package, serialise
from ..ooxml.text_metrics import folded_name

_N = f"{{{MAIN_NS}}}"
# Fonts with the same widths come first, because row heights were computed for the fonts of Windows.
_GOTHICS = ("IPAexGothic", "IPAPGothic", "IPAGothic", "TakaoPGothic", "Noto Sans CJK JP")
_MINCHOS = ("IPAexMincho", "IPAPMincho", "IPAMincho", "TakaoPMincho", "Noto Serif CJK JP")
_STAND_INS = (
    (("ＭＳ Ｐゴシック", "MS PGothic", "MS UI Gothic"), ("Ume P Gothic", *_GOTHICS)),
    (("ＭＳ ゴシック", "MS Gothic", "BIZ UDPゴシック", "BIZ UDPGothic", "BIZ UDゴシック", "BIZ UDGothic", "HGPｺﾞｼｯｸE", "HGSｺﾞｼｯｸE",
      "HGｺﾞｼｯｸE"), _GOTHICS),
    (("ＭＳ Ｐ明朝", "MS PMincho"), ("Ume P Mincho", *_MINCHOS)),
    (("ＭＳ 明朝", "MS Mincho", "BIZ UDP明朝", "BIZ UDPMincho", "游明朝", "Yu Mincho"), _MINCHOS),
    (("游ゴシック", "Yu Gothic", "メイリオ", "Meiryo", "Meiryo UI"), ("Noto Sans CJK JP", "IPAexGothic", "IPAPGothic")),
)  # fmt: skip
# Noto has taller lines and wider kana than fonts with these prefixes. At this share of their size, it cuts no line.
_LARGE, _REPLACED, _SHARE = "Noto ", ("ms ", "biz ud", "hg"), 0.85


def font_rules() -> str:
    """Return rules for fontconfig: the system's, and stand-ins for missing fonts."""
    system = escape(os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf")
    rules = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
    for families, stand_ins in _STAND_INS:
        accepted = "".join(f"<family>{name}</family>" for name in stand_ins)
        for name in families:
            rules += f'<alias binding="same"><family>{name}</family><accept>{accepted}</accept></alias>'
    return f'{rules}<include ignore_missing="yes">{system}</include></fontconfig>'


def with_fitting_sizes(data: bytes, environment: Mapping[str, str], match: str | None = None) -> bytes:
    """Return a workbook with reduced sizes for fonts that fontconfig, run in ``environment``, replaces by a larger one.

    ``match`` is the program fc-match, by default the system's.
    """
    match = match or shutil.which("fc-match")
    try:
        package = Package(data)
        part = next(name for name in package.names if name.endswith("/styles.xml"))
    except (PackageError, StopIteration):
        return data
    root = package.xml(part)
    named = root.iterfind(f"{_N}fonts/{_N}font[{_N}name]")
    fonts = [(font.find(f"{_N}name").get("val", ""), font.find(f"{_N}sz")) for font in named]
    larger = {family for family in {family for family, _ in fonts} if match and _is_larger(match, family, environment)}
    if not larger:
        return data
    for family, size in fonts:
        if family in larger and size is not None:
            size.set("val", f"{float(size.get('val', '11')) * _SHARE:g}")
    return package.with_parts({part: serialise(root)})


def _is_larger(match: str, family: str, environment: Mapping[str, str]) -> bool:
    """Return True if fontconfig replaces a font of Windows by a larger one."""
    if not folded_name(family).startswith(_REPLACED):
        return False
    command = [match, "-f", "%{family}", family]
    found = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    return found.stdout.startswith(_LARGE)
