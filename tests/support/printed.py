"""A PDF as it is read: its text, and words in wrong places."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest


def read(data: bytes, *options: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    command = ["pdftotext", *(options or ["-raw"]), "-", "-"]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")


def squeezed(text: object) -> str:
    return "".join(str(text).split())


def outside_or_overlapping(data: bytes) -> list[str]:
    """Words that reach into the right margin (15 mm of 595 points), or lie on another word by more than a point."""
    out = []
    for page in read(data, "-bbox").split("<page")[1:]:
        found = re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', page)
        boxes = [(*map(float, box), word) for *box, word in found]
        # The right half of a closing mark of full width is blank.
        boxes = [(x1, y1, x2 - 5 * (word[-1] in "。、）］」"), y2, word) for x1, y1, x2, y2, word in boxes]
        out += [word for *_, right, _, word in boxes if right > 595 - 42.5 + 1]
        for n, (left, top, right, bottom, word) in enumerate(boxes):
            out += [
                word + other
                for x1, y1, x2, y2, other in boxes[:n]
                if min(right, x2) - max(left, x1) > 1 and min(bottom, y2) - max(top, y1) > 5
            ]
    return out
