"""Compute row heights at which no text is cut off, and page breaks.

Excel fits a row to wrapped text only if no cell is merged, and forms are merged nearly everywhere. So heights are
computed here, by rules that were checked against the heights that LibreOffice chooses for unmerged cells. They err on
the tall side: a line too many costs paper, a line too few costs an answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate

MAX_HEIGHT = 409.5  # points; Excel has no taller rows
EM = 20  # units of width in an em: whole numbers, so that sums are exact and comparisons cheap
_NARROW = 13
_PIXEL = 0.75  # points at 96 dpi
_RUN, _NOT_FIRST, _NOT_LAST = 1, 2, 4

# Line breaking by JIS X 4051, including the marks that only some writers keep from the beginning of a line.
_MAY_NOT_BEGIN = frozenset(
    "、。，．・：；？！％‰℃°′″’”）］｝〕〉》」』】〙〗〟｠»ゝゞヽヾ々〻ー゛゜…‥〜～‐–゠"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ!%),.:;?]}￠¢"
)
_MAY_NOT_END = frozenset("（［｛〔〈《「『【〘〖〝｟«‘“｢([{＄￥￡$¥£\\")
_FULL_IN_LATIN = frozenset("WM@mw%")  # about as wide as an ideograph in the usual fonts of forms


class FontWidths(dict[str, int]):
    """The width of each character of a font in twentieths of an em; widths not given are estimated on first use.

    ``printer`` is the share of a cell's width that holds text when a printer's metrics break lines. ``exact`` is True
    if the widths are those of the font; otherwise a long text gets an extra line.
    """

    def __init__(self, given: Mapping[str, int], printer: float, *, exact: bool) -> None:
        super().__init__(given)
        self.printer, self.exact = printer, exact

    def __missing__(self, char: str) -> int:
        wide = char in _FULL_IN_LATIN or unicodedata.east_asian_width(char) in "WFA"
        self[char] = 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else EM if wide else _NARROW
        return self[char]

    __hash__, __eq__ = object.__hash__, object.__eq__  # type: ignore[assignment]


ANY_FONT = FontWidths({}, 0.95, exact=False)
# ＭＳ Ｐゴシック, rounded up: its kana and most of its signs are narrower than an em; characters not listed are as in any
# font. A printed column is 22/24 (0.917) as wide as on the screen. Of 3,570 cells compared with LibreOffice and a font
# of the same widths, none lacked a line at 0.91, fifteen did at 0.917, and two at 0.95 without these widths.
_OF_WIDTH = {
    5: "!',.:;Iijl{|}ｉｊｌ", 6: "Ｉｆ", 7: " ()[]_frｔ", 8: "tｒ", 9: "^`", 11: "JL\\oｖｘｚ",
    10: "0123456789\"#$%*+-/<=>?abcdeghknpqsuvxyz´¨・：；｀＾‘’“”（）〔〕［］｛｝〈〉《》「」『』【】゛゜ｙ‐",
    12: "&EFKTYZくａｃｅｇｋｓ", 13: "ABDHNPRSUVXwぅトョＦＪＬＴＹＺｂｄｈｎｏｐｑｕ", 14: "@CG\u3000、。，．ゞィミ０１２３４５６７８９Ｘ",
    15: "MOQWmぁうぇょりゝェッドノメヨリヵヽヾＡＣＥＰＳＶ", 16: "こさしじとァゥコタヒヮヶＢＤＧＨＫＮＲＵｗ",
    17: "ぃぉきぐっもゃゅらろイォカクソヌフャュラヲＯＱ", 18: "ござちどまよるゎをアエゴシジゾツテビピブプモレロン",
    19: "あいえおぎけそただぢてでなにウオガグケスセダチヅナニネヘベペホマワＭｍ",
}  # fmt: skip
_MS_PGOTHIC = FontWidths({char: width for width, chars in _OF_WIDTH.items() for char in chars}, 0.91, exact=True)


@cache
def _breaks(char: str) -> int:
    """Return as flags how a character breaks; ``_RUN`` marks those of words, which are kept whole."""
    word = not char.isspace() and unicodedata.east_asian_width(char) not in "WFH"
    return _RUN * word | _NOT_FIRST * (char in _MAY_NOT_BEGIN) | _NOT_LAST * (char in _MAY_NOT_END)


def font_widths(font_name: str) -> FontWidths:
    """Return the widths of a font: ＭＳ Ｐゴシック is known, any other is assumed to be wide."""
    return _MS_PGOTHIC if folded_name(font_name) in ("ms pゴシック", "ms pgothic") else ANY_FONT


def lines(text: str, em: float, font: FontWidths = ANY_FONT) -> int:
    """Count the lines that ``text`` needs in a cell ``em`` ems wide; an empty text needs one.

    Each line takes as much as fits. Where the widths of the font are not known, wide and ambiguous characters and
    ``W M @ m w %`` take 1 em, others 0.65, combining ones nothing. A word moves down whole; only one longer than a line
    is broken, after a hyphen or slash if it has one. A character that may not begin a line takes its predecessor down
    with it; one that may not end a line goes down itself. From 8 lines on, one more is added unless the widths are exact.
    """
    return 1 if len(text) <= em and "\n" not in text else wrapped(text, budget(em), font)


def budget(em: float) -> int:
    """Return the width of a line of ``em`` ems in units, at least one em."""
    return max(int(em * EM + 1e-6), EM)


@lru_cache(maxsize=8192)
def wrapped(text: str, budget: int, font: FontWidths) -> int:
    """Count the lines that ``text`` needs, as :func:`lines`, in a cell ``budget`` units wide."""
    if not font.exact and _IDEOGRAPHS.fullmatch(text):
        count = len(_ideograph_lines(budget // EM).findall(text)) + text.endswith("\n")
    else:
        count = sum(_paragraph(paragraph, budget, font) for paragraph in text.split("\n"))
    return count if font.exact or count < 8 else count + 1


# Three texts in four consist of characters that are 1 em wide and break anywhere. For them one regular expression finds
# all lines in a tenth of the time.
_IDEOGRAPHS = re.compile("[\n\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60]*")


@lru_cache(maxsize=256)
def _ideograph_lines(size: int) -> re.Pattern[str]:
    """Return a pattern that matches a line of up to ``size`` characters, with the line break after it."""
    first, last = (re.escape("".join(sorted(marks))) for marks in (_MAY_NOT_BEGIN, _MAY_NOT_END))
    return re.compile(f"[^\n]{{1,{size}}}(?:\n|\\Z|(?<![{last}])(?![{first}\n]))|[^\n]{{{size}}}\n?|\n")


def _paragraph(text: str, budget: int, font: FontWidths) -> int:
    """Count the lines of one paragraph; a line holds at least one character."""
    if len(text) * EM <= budget:
        return 1
    sums = list(accumulate(map(font.__getitem__, text), initial=0))
    size, start, count = len(text), 0, 1
    while sums[-1] - sums[start] > budget:
        end = bisect_right(sums, sums[start] + budget, start + 1) - 1
        start = _line_end(text, start, max(end, start + 1))
        if start >= size:
            break
        count += 1
    return count


def _line_end(text: str, start: int, limit: int) -> int:
    """Return the index at which the next line begins: the last up to ``limit`` where a line may break."""
    end = limit
    after = _breaks(text[end])
    while end > start:
        before = _breaks(text[end - 1])
        if not (after & _NOT_FIRST or before & _NOT_LAST or before & after & _RUN):
            return end
        end, after = end - 1, before
    # A word longer than the line (an address, a URL) is broken after a hyphen or slash if it has one.
    return next((end for end in range(limit, start, -1) if text[end - 1] in "-/?!|"), limit)


def max_digit_width(widths: Iterable[float]) -> int:
    """Return the pixels of a digit in the book's Normal font, from the column widths stored in ``<col>``.

    Excel stores whole pixels as fractions of this width, cut to 1/256. Eighths mean 8 pixels (ＭＳ Ｐゴシック, 游ゴシック
    or メイリオ 11); anything else is taken as 7 (Calibri 11), which is narrower and so errs on the safe side.
    """
    fractions = [width % 1 for width in widths if width % 1]
    return 8 if fractions and all((fraction * 8).is_integer() for fraction in fractions) else 7


def column_px(width: float, mdw: int) -> int:
    """Return the pixels of a column whose stored width is ``width`` (ECMA-376 part 1, 18.3.1.13)."""
    return int((256 * width + 128 // mdw) / 256 * mdw)


_PADDING_PX = 8  # both sides of a cell, and a grid line
_INDENT_PX = 15  # three spaces in the Normal font; of the common fonts, ＭＳ Ｐゴシック 11 has the widest


def usable_em(width_px: int, font_pt: float, indent: int = 0, font: FontWidths = ANY_FONT) -> float:
    """Return how many ems of text fit into ``width_px`` pixels (all columns of a merge), at least 1.

    ``indent`` is a number of levels, as stored in ``<alignment indent>``.
    """
    em_px = font_pt / _PIXEL
    # On the screen 8 points are 11 pixels, not 10.67; on paper 10 points are not rounded down to 13.
    return max(font.printer * (width_px - _PADDING_PX - indent * _INDENT_PX) / max(em_px, round(em_px)), 1.0)


# Row height divided by font size in Excel, by the beginning of the font's name, longer names first.
_PITCHES = (
    (16.8 / 11, ("segoe ui",)),
    (15.75 / 11, ("meiryo ui",)),
    (15 / 11, ("calibri", "arial", "aptos", "times new roman")),
    (18.75 / 11, ("游ゴシック", "游明朝", "yu gothic", "yu mincho", "メイリオ", "meiryo")),
    (16 / 11, ("noto sans cjk", "noto sans jp", "noto serif cjk", "noto serif jp", "源ノ")),
    (13.5 / 11, ("ms ", "biz ud", "ipa", "hg", "takao", "ud デジタル")),
)
_UNKNOWN_PITCH = 15 / 11


@lru_cache(maxsize=256)
def line_pitch(font_pt: float, font_name: str, default_row_height: float | None, normal_pt: float) -> float:
    """Return the distance of lines in points, in whole pixels as in Excel.

    ``default_row_height`` is that of the sheet, None if it is missing or customHeight. Excel derives it from the Normal
    font (``normal_pt`` points), so it serves for fonts whose pitch is not known here.
    """
    plain = folded_name(font_name)
    unknown = default_row_height / normal_pt if default_row_height and normal_pt else _UNKNOWN_PITCH
    factor = next((pitch for pitch, names in _PITCHES if plain.startswith(names)), unknown)
    return math.ceil(font_pt * factor / _PIXEL - 1e-6) * _PIXEL


def folded_name(font_name: str) -> str:
    """Return the name of a font in the form in which names are compared."""
    return unicodedata.normalize("NFKC", font_name).casefold()


def needed_height(text: str, em: float, pitch: float, font: FontWidths = ANY_FONT) -> float:
    """Return the points that a cell ``em`` ems wide needs to show all of ``text``; may exceed MAX_HEIGHT."""
    return height_of(lines(text, em, font), pitch)


def height_of(lines: int, pitch: float) -> float:
    """Return the points that a cell needs for this many lines."""
    return lines * pitch + 3


def stacked_height(text: str, pitch: float) -> float:
    """Return the points that stacked letters need; a line break begins a new column."""
    letters = max(sum(1 for char in line if ANY_FONT[char]) for line in text.split("\n"))
    return height_of(letters, pitch)


_PAPER_MM = {8: (297, 420), 9: (210, 297), 11: (148, 210), 12: (257, 364), 13: (182, 257)}  # A3 A4 A5, JIS B4 B5
_ROUNDING = 0.98  # printers round each row, and one point too many would push a row onto a page of its own


def paper_size(paper: int, landscape: bool) -> tuple[int, int]:
    """Return the width and height of a paper code of ``<pageSetup>`` in millimetres; unknown codes count as A4."""
    width, height = _PAPER_MM.get(paper, _PAPER_MM[9])
    return (height, width) if landscape else (width, height)


def printable_height(
    paper: int = 9, *, landscape: bool = False, top: float = 0.75, bottom: float = 0.75, scale: float = 1.0
) -> float:
    """Return the points of rows that fit on one page, in units of the sheet (before scaling).

    ``paper`` is a code of ``<pageSetup>``, margins are in inches, ``scale`` is 1.0 for 100 %. Two per cent are reserved
    for the printer's rounding.
    """
    height_mm = paper_size(paper, landscape)[1]
    return max(height_mm / 25.4 - top - bottom, 0.0) * 72 / scale * _ROUNDING


def page_breaks(
    heights: Sequence[float],
    keep: Sequence[tuple[int, int]],
    page: float,
    titles: float = 0.0,
    wished: Sequence[tuple[int, int]] = (),
) -> list[int]:
    """Return the indices of the rows before which a page breaks.

    ``heights`` are the points of the printed rows (0 for a hidden row), ``page`` those that fit on a page, ``titles``
    those of the rows repeated from the second page on. Pages are filled as far as the groups of ``keep`` allow: each,
    from first to last index, stays on one page unless it is taller (groups may nest). If overlapping groups fit on no
    page, the fewest are split. Groups of ``wished`` stay whole if that splits none of the others.
    """
    later = page - titles if titles < page else page
    rows = [i for i, height in enumerate(heights) if height > 0]
    sums = list(accumulate((heights[i] for i in rows), initial=0.0))
    wishes = _splits(rows, wished, sums, later)
    splits = [n * (len(wished) + 1) + wish for n, wish in zip(_splits(rows, keep, sums, later), wishes, strict=True)]
    out: list[int] = []
    start, room, last = 0, page, len(rows)
    while sums[last] - sums[start] > room + 1e-6:
        limit = max(bisect_right(sums, sums[start] + room + 1e-6) - 1, start + 1)
        if limit >= last:
            break
        start = min(range(limit, start, -1), key=splits.__getitem__)
        out.append(rows[start])
        room = later
    return out


def _splits(rows: list[int], keep: Iterable[tuple[int, int]], sums: list[float], room: float) -> list[int]:
    """Count, for each place between visible rows, the groups that fit on a page and that a break there would split."""
    steps = [0] * (len(rows) + 2)
    for first, last in keep:
        top, end = bisect_right(rows, first - 1), bisect_right(rows, last)
        if top + 1 < end and sums[end] - sums[top] <= room + 1e-6:
            steps[top + 1] += 1
            steps[end] -= 1
    return list(accumulate(steps))
