"""Spelling: the standard one of IDs, and which word of a list somebody meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from .problems import listed
from .values import fold

_DASHES = re.compile(r"\s*[-‐‑‒–—―ー－ｰ]\s*")


def measure_id(text: str) -> str:
    """Return a 施策ID in its standard spelling: ``０１－０９``, ``1-9`` and ``01ー09`` are ``01-09``; others are folded."""
    plain = _DASHES.sub("-", fold(text))
    if re.fullmatch(r"\d{1,2}-\d{1,2}", plain):
        return "-".join(number.zfill(2) for number in plain.split("-"))
    return plain


def by_number(id_: str) -> tuple[list[str | int], str]:
    """Return the key that sorts 施策IDs, groups of digits as numbers: ``01-02``, ``01-10``, ``01-101``, ``01-1001``."""
    groups = re.split("([0-9]+)", id_)  # every second one is digits
    return [int(group) if place % 2 else group for place, group in enumerate(groups)], id_


def typed_id(text: str) -> str:
    """Return the number of a return or conflict, or one with a 施策ID, as ledgers write it: ``ｕ０００１／１－９`` is ``U0001/1-9``."""
    number, slash, measure = fold(text).partition("/")
    return f"{number.strip().upper()}{slash}{measure.strip()}"


def area_code(text: str) -> str:
    """Return the number of a 分野 in its standard spelling: ``1`` and ``０１`` are ``01``; others are folded."""
    plain = fold(text)
    return plain.zfill(2) if re.fullmatch(r"\d", plain) else plain


_WAYS_OF_DORI = (("どおり", "通り"), ("どうり", "通り"), ("とおり", "通り"))
_WITH_KANA = re.compile(r"(^|[^ぁ-ん])([ぁ-ん]*)")  # each character with the kana after it
_OKURIGANA = re.compile("[わかがたら]?[いえきぎけげしじせぜちびべみめりれ]")
_VARIANTS = (*_WAYS_OF_DORI, ("遅れ", "遅延"), ("おくれ", "遅延"), ("進ちょく", "進捗"))
_ALIASES = {"あり": "有", "アリ": "有", "有り": "有", "なし": "無", "ナシ": "無", "無し": "無"}
_NAMED = 10  # names that a message lists
_CLOSE = 0.75  # the ratio of "予定通りではない" to "予定通り" is 0.67; one must not be taken for the other


def nearest(word: str, words: Iterable[str], *, ratio: float = _CLOSE) -> str | None:
    """Return the one of ``words`` that was meant, or None: 予定どおり, 予定通, `` 予定通り``, 遅延, 有り …

    Width, spaces, punctuation and kana for kanji are ignored. A word contained in exactly one of ``words`` means that
    one; otherwise the closest spelling counts, if its similarity (difflib) is at least ``ratio``.
    """
    keys = {_key(candidate): candidate for candidate in words}
    key = _key(word)
    if key in keys:
        return keys[key]
    if _ALIASES.get(key) in keys:
        return keys[_ALIASES[key]]
    within = [candidate for k, candidate in keys.items() if len(key) > 1 and key in k]
    if len(within) == 1:
        return within[0]
    close = difflib.get_close_matches(key, keys, 1, ratio)
    return keys[close[0]] if close else None


def same_word(text: str, words: Iterable[str]) -> str | None:
    """Return the one of ``words`` that a text certainly is, however it is typed; None for none, or for several.

    Spaces, width, case and 送り仮名 do not matter (`` 順調``, ``見直`` for 見直し), nor do usual spellings in kana (予定どおり, あり).
    Unlike :func:`nearest`, this leaves no doubt.
    """
    plain, keys = _typed(text), {word: _typed(word) for word in words}
    same = [word for word, key in keys.items() if key == plain]
    if not same:
        plain = _ALIASES.get(plain, plain)
        same = [word for word, key in keys.items() if _same_kanji(key, plain)]
    return same[0] if len(same) == 1 else None


def reads_the_same(one: str, other: str) -> bool:
    """Return True if two texts are the same word, apart from spaces, width and spelling (予定どおり, なし for 無)."""
    return len({_ALIASES.get(_typed(text), _typed(text)) for text in (one, other)}) == 1


def _typed(text: str) -> str:
    return _spelt(text, "LMNPS", _WAYS_OF_DORI).removesuffix("。")


def _same_kanji(one: str, other: str) -> bool:
    """Return True if two words differ at most in kana that may be omitted after a kanji: 見直し and 見直."""
    here, there = (_WITH_KANA.findall(word) for word in (one, other))
    return [c for c, _ in here] == [c for c, _ in there] and all(
        a == b or (_is_kanji(c) and _may_be_left_out(*sorted((a, b), key=len)))
        for (c, a), (_, b) in zip(here, there, strict=True)
    )


def _may_be_left_out(short: str, long: str) -> bool:
    """Return True if 送り仮名 may be shortened: to nothing, or わり to り (終わり, 終り); but not 問題なし to 問題."""
    return bool(_OKURIGANA.fullmatch(long)) and short in ("", long[1:])


def _is_kanji(char: str) -> bool:
    return "一" <= char <= "鿿" or char == "々"


def did_you_mean(word: str, words: Iterable[str], *, ratio: float = _CLOSE) -> str:
    """Return ``「…」の誤りではありませんか。`` for the :func:`nearest` of ``words``, or ``""`` if none is near."""
    near = nearest(word, words, ratio=ratio)
    return f"「{near}」の誤りではありませんか。" if near else ""


def known_names(word: str, what: str, names: Iterable[str]) -> str:
    """Return the remedy for an unknown name: what may have been meant, or the names that there are."""
    known = list(names)
    near = difflib.get_close_matches(word, known, _NAMED) if len(known) > _NAMED else []
    meant = did_you_mean(word, known)
    if near:
        return meant + (f"近い{what}は、{'、'.join(near)} です。" if len(near) > 1 or not meant else "")
    return meant + (f"{what}は、{listed(known, _NAMED, ' ほか{}件')} です。" if known else "")


def _key(word: str) -> str:
    return _spelt(word, "LN", _VARIANTS)


def _spelt(text: str, classes: str, variants: Iterable[tuple[str, str]]) -> str:
    """Return the characters of these Unicode classes in standard width, case and spelling."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c)[0] in classes).casefold()
    for variant, usual in variants:
        plain = plain.replace(variant, usual)
    return plain
