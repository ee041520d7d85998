"""Read thousands of damaged and hostile files and look for tracebacks, hangs, unbounded memory and silent differences.

``make attack`` runs it for a while; ``tests/faults/test_hostile_files.py`` runs a few hundred as part of the tests.
Format and seed identify a file: ``python -m tests.faults.attack xlsx 4711 4712`` tries one again.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl

from dxreport.collect.reader import FileReader
from dxreport.domain.visible import visible
from dxreport.intake.gather import gather
from dxreport.intake.limits import Unreadable
from dxreport.intake.returned import ReturnedFile
from dxreport.intake.workbook import open_workbook
from dxreport.issue.store import Archive
from tests.faults import independent, mutations
from tests.faults.bombs import BOMBS
from tests.support import quarter as play
from tests.support.ods import ods
from tests.support.sending import mail, outlook, zipped
from tests.support.xls import Result, Shown, xls
from tests.support.xlsb import shared, xlsb

SECONDS, MEMORY = 10, 2 * 1024**3
_BATCH = 250


@dataclass(frozen=True)
class Outcome:
    """The outcome of a mutated file: ``refused``, ``read`` …; ``faults`` lists what must not happen."""

    word: str
    faults: tuple[str, ...] = ()


@cache
def quarter() -> play.Quarter:
    """Issue 第1四半期 in a folder of its own."""
    return play.make(Path(tempfile.mkdtemp(prefix="dxreport-attack-")) / "作業")


@cache
def _reader() -> FileReader:
    master = quarter().master
    return FileReader(master, Archive(quarter().workspace, master.settings.catalogue))


@cache
def _returned() -> bytes:
    return quarter().filled({})


@cache
def _cells() -> bytes:
    """Return an .xlsx with every kind of cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "様式"
    values = [
        ("文字", "General"),
        (0.485, "0.0%"),
        (30000, '#,##0"千円"'),
        (date(2023, 1, 1), "yyyy/m/d"),
        (True, "General"),
        (7, "[h]:mm"),
    ]
    for row in range(1, 7):
        for column, (value, code) in enumerate(values, 1):
            cell = sheet.cell(row, column, f"{value}{row}" if isinstance(value, str) else value)
            cell.number_format = code
    sheet.merge_cells("A8:B9")
    sheet["C8"] = "=1+1"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_XLS = {"様式": {(0, 0): "文字", (1, 1): 3.5, (2, 2): True, (3, 3): "#N/A", (4, 4): Result("予定"), (5, 5): Result(2.0),
               (6, 6): Shown(0.485, 1), (7, 7): Shown(44927, 2), (1, 2): "もう一つ", (9, 0): -1.0}, "二": {(0, 0): "x"}}  # fmt: skip
_XLSB = {"様式": {(0, 0): "文字", (1, 1): 3.5, (2, 0): shared(0), (2, 1): shared(1), (4, 2): 12.0}}
_ODS = [["文字", 1.5, True], ["", "予定どおり", 0.1], ["a b", 12.0, ""], ["終わり", -3.5, False]]
_FILES = [("回答.xlsx", b"PK stands for a workbook" * 9), ("メモ.txt", b"memo" * 40), ("二.xlsx", b"another" * 99)]
Mutate = Callable[[bytes, random.Random], bytes]
BASES: dict[str, tuple[Callable[[], bytes], Mutate]] = {
    "return": (_returned, mutations.package),
    "xlsx": (_cells, mutations.package),
    "xls": (cache(lambda: xls(_XLS)), mutations.biff),
    "xlsb": (cache(lambda: xlsb(_XLSB, strings=("共有", "二"))), mutations.binary),
    "ods": (cache(lambda: ods(_ODS)), mutations.package),
    "eml": (cache(lambda: mail([*_FILES, ("転送.eml", mail(_FILES[:1]))])), mutations.mail),
    "msg": (cache(lambda: outlook(_FILES)), mutations.raw),
    "zip": (cache(lambda: zipped(_FILES)), mutations.archive),
}
_READERS = {
    "return": independent.by_openpyxl, "xlsx": independent.by_openpyxl, "xls": independent.by_xlrd,
    "xlsb": independent.by_calamine, "ods": independent.by_calamine,
}  # fmt: skip
_CONTAINERS = {
    "eml": independent.attachments_of_mail, "msg": independent.attachments_of_msg, "zip": independent.members_of_zip,
}  # fmt: skip


def mutated(form: str, seed: int) -> bytes:
    """Return the file of this format and seed."""
    base, change = BASES[form]
    return change(base(), random.Random(f"{form} {seed}"))


def exploded(name: str) -> Outcome:
    """Read a file of :mod:`tests.faults.bombs`."""
    make, code = BOMBS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "返送")
        path.write_bytes(make())
        codes = set()
        for file in gather([path]):
            try:
                codes.add(file.problem or (bool(open_workbook(file.data)) and ""))
            except Unreadable as error:
                codes.add(error.code)
    return Outcome("as told", () if code in codes else (f"{name}: {codes}, not {code}",))


def tried(form: str, data: bytes) -> Outcome:
    """Read a file with our reader and with an independent one."""
    return _container(form, data) if form in _CONTAINERS else _workbook(form, data)


def _workbook(form: str, data: bytes) -> Outcome:
    if form == "return":
        read = _reader().read_unasked(ReturnedFile("a.xlsx", Path("a.xlsx"), data, "0" * 64))
        if read.faults:
            return Outcome("traceback", tuple(text[-600:] for text in read.faults.values()))
        if not read.sheets:
            return Outcome("refused " + "、".join(p.code for p in read.problems))
    try:
        book = open_workbook(data)
    except Unreadable as error:
        return Outcome(f"refused {error.code}", ("traceback " + error.trace,) if error.trace else ())
    held = any(c.kind == "unclear" or not c.certain for grid in book.sheets for c in grid.cells.values())
    try:
        found = _READERS[form](data)
    except Exception:
        return Outcome("read; the other reader fails")
    faults = list(independent.differences(book.sheets, found))[:3]
    if faults and form != "xlsb" and form != "ods":
        with suppress(Exception):  # if other readers disagree, ours may agree with either
            faults = faults if list(independent.differences(book.sheets, independent.by_calamine(data))) else []
    return Outcome("read; a cell is asked about" if held else "read", tuple(f"differs {fault}" for fault in faults))


def _container(form: str, data: bytes) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{form}")
        path.write_bytes(data)
        files = list(gather([path]))
    if traces := [file.trace for file in files if file.trace]:
        return Outcome("traceback", tuple(traces))
    odd = [file.name for file in files if visible(file.name) != file.name or len(file.name) > 900]
    faults = [f"name {name!r}" for name in odd]
    word = "read" if all(not file.problem for file in files) else "partly refused"
    if not any(" › " in file.name for file in files) and len(files) == 1:
        return Outcome(f"one file {files[0].problem}", tuple(faults))
    try:
        theirs = _CONTAINERS[form](data)
    except Exception:
        return Outcome(word, tuple(faults))
    if word == "read" and (lost := theirs - {file.sha256 for file in files}):
        faults.append(f"differs: {len(lost)} files only there")
    return Outcome(word, tuple(faults))


def work(form: str, first: int, last: int) -> Iterator[dict[str, object]]:
    """Try the seeds of a range, and yield the outcome of each with the time it took."""
    for seed in range(first, last):
        data = b"" if form == "bomb" else mutated(form, seed)
        started = time.process_time()
        try:
            outcome = exploded(list(BOMBS)[seed]) if form == "bomb" else tried(form, data)
        except Exception:
            import traceback

            outcome = Outcome("traceback", (traceback.format_exc()[-1500:],))
        yield {"seed": seed, "word": outcome.word, "faults": outcome.faults, "seconds": time.process_time() - started}


def _child(form: str, first: int, last: int) -> int:
    try:
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except ImportError:
        pass
    out, sys.stdout = sys.stdout, sys.stderr  # other readers print warnings
    for result in work(form, first, last):
        print(json.dumps(result), file=out, flush=True)
    return 0


def attack(seconds: float, first: int) -> int:
    """Try batches of all formats in turn until the time is up; print counts and faults, return the number of faults."""
    words: dict[str, Counter[str]] = {form: Counter() for form in ("bomb", *BASES)}
    faults = sum(_batch("bomb", n, n + 1, words["bomb"]) for n in range(len(BOMBS)))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        faults += sum(_batch(form, first, first + _BATCH, words[form]) for form in BASES)
        first += _BATCH
    for form, counted in words.items():
        print(f"{form}: {counted.total():,} files; " + ", ".join(f"{word} {n:,}" for word, n in counted.most_common()))
    print(f"{sum(c.total() for c in words.values()):,} files, {faults} with faults")
    return faults


def _batch(form: str, first: int, last: int, words: Counter[str]) -> int:
    """Try seeds in a process of their own; print what must not happen, and return how often it did."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.attack", form, str(first), str(last)]
    faults = done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            result = json.loads(line)
            done += 1
            words[result["word"]] += 1
            wrong = [*result["faults"], *([f"slow: {result['seconds']:.1f} s"] if result["seconds"] > SECONDS else [])]
            faults += bool(wrong)
            for fault in wrong:
                print(f"{form} {result['seed']}: {fault}", flush=True)
    if done < last - first:
        faults += 1
        print(f"{form} {first + done}: the process ended ({child.returncode})", flush=True)
    return faults


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("bomb", *BASES):
        sys.exit(_child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    sys.exit(min(1, attack(float(sys.argv[1]) if sys.argv[1:] else 600, int(sys.argv[2]) if sys.argv[2:] else 0)))
