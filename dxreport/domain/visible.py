"""Texts from outside, made safe to show."""

from __future__ import annotations

import re

# Characters that steer a terminal, break or reorder a line, or are invisible; not the joiners within emoji.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    """Return the text without characters that XML and UTF-8 cannot hold."""
    return text if text.isprintable() else _UNWRITABLE.sub("", text)


def one_line(text: str) -> str:
    """Return the text with each run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def visible(text: str) -> str:
    """Return the text with line breaks, invisible and steering characters written out: ``[U+202E]``."""
    return text if text.isprintable() else _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
