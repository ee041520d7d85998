"""Run all benchmarks; with ``--write``, put the figures into benchmarks/RESULTS.md and the README.

For an otherwise idle machine: ``results.py --write 26 260 2600 26000``.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import commands
import lens
import rivals
import startup
from processes import table

ROOT = Path(__file__).parents[1]
RESULTS, README = ROOT / "benchmarks/RESULTS.md", ROOT / "README.md"
PACKAGES = ("click", "Jinja2", "lxml", "openpyxl", "pandas", "python-calamine", "typst", "XlsxWriter", "xltpl")
BEGIN, END = "<!-- from benchmarks/RESULTS.md -->", "<!-- end -->"
RIVALS = """\
Scripts that an office would write instead, each a whole process started anew, as multiples of the dxreport command (1 ×
is as fast as dxreport; more is slower) on {measures:,} measures, in {runs} rounds in turn. The scripts are told beforehand
which text goes into which cell; they check nothing, keep no record, and find no cell that has moved. `send` is
`render`, `read` is `collect --dry-run`, `collect` is `collect`. {source} says what each does."""


def machine() -> str:
    """Return a table of what it ran on."""
    cpu, memory = "", ""
    if Path("/proc/cpuinfo").exists():
        cpu = next(iter(re.findall(r"^model name\s*: (.+)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)), "")
        kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])
        memory = f"{kib / 2**20:.0f} GiB"
    system = f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}"
    rows = {
        "processor": f"{cpu or platform.processor()}, {os.cpu_count()} cores",
        "memory": memory,
        "system": system,
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
    return table(("", ""), rows.items())


def document(options: argparse.Namespace, one_sheet: Mapping[str, str]) -> str:
    """Run everything but ``one_sheet``; return RESULTS.md."""
    size = options.rivals
    told = RIVALS.format(measures=size, runs=options.runs, source="[rivals.py](rivals.py)").replace("\n", " ")
    parts = [
        "# Results",
        "Written by `python benchmarks/results.py --write`, in one run on one machine. Times are of the processor, those "
        "of child processes included; memory is the peak of the process itself.",
        machine(),
        "## Whole commands",
        "Seconds and MiB on masters of so many measures (17 departments for each 26); an exponent of 1 means that twice "
        f"the measures take twice the time. Medians of {options.runs} runs; more than {commands.MANY:,} measures are played "
        "once. [commands.py](commands.py)",
        commands.measured(options.sizes, options.runs),
        "## One sheet, bytes to bytes",
        "Medians over the 26 real measures; the candidates take turns. [lens.py](lens.py) says what each includes.",
        *(f"### {name.capitalize()}\n\n{found}" for name, found in one_sheet.items()),
        "## Instead of dxreport",
        told,
        rivals.measured(size, options.runs),
        "## Start-up",
        "Milliseconds by the clock of the wall. [startup.py](startup.py)",
        startup.measured(),
    ]
    return "\n\n".join(parts) + "\n"


def quoted(one_sheet: Mapping[str, str]) -> str:
    """Return the table of the README: all of one sheet."""
    rows = []
    for name, found in one_sheet.items():
        for line in found.splitlines()[2:]:
            who, *figures = line.strip("| ").split(" | ")
            rows.append([f"{name}: {who}", *figures])
    return table(("one sheet, bytes to bytes", "ms", "relative"), rows)


def main() -> None:
    """Print or write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=commands.SIZES)
    parser.add_argument("--rivals", type=int, default=260, metavar="MEASURES")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    one_sheet = lens.measured()
    made = document(options, one_sheet)
    if not options.write:
        sys.stdout.write(made)
        return
    RESULTS.write_text(made, encoding="utf-8", newline="\n")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n\n{quoted(one_sheet)}\n\n{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
