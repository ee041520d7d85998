"""Time a report in three formats from a cold start, for 26 measures and for 10 and 100 times as many.

Each run is a separate process. Its steps are timed in the order in which a command takes them, imports
separately from work. Prints the median of each step in milliseconds, the total per measure, and the
largest step.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from dxreport.lifecycle import sample
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import build_master
from dxreport.workspace.bundled import bundled

RUNS = 5
TIMES = (1, 10, 100)
_RUN = """if True:
    import time
    laps, last = {}, time.perf_counter()
    def lap(name):
        global last
        laps[name] = (time.perf_counter() - last) * 1000
        last = time.perf_counter()
    import json, sys
    from datetime import datetime
    from pathlib import Path
    from dxreport.master.read import read_master
    lap("import: master")
    master = read_master(Path(sys.argv[1]))
    lap("read the master")
    from dxreport.report.figures import figures
    lap("import: figures")
    found = figures(master, 1, datetime(2022, 7, 19))
    lap("figures")
    from dxreport.report import pdf
    import typst
    lap("import: typst")
    fonts = pdf.find_fonts()
    lap("fonts of the system")
    made = pdf.pdf(found, Path(sys.argv[2]) / pdf.TEMPLATE, fonts)
    lap("PDF")
    from dxreport.report.excel import excel
    lap("import: XlsxWriter")
    made = excel(found)
    lap("Excel")
    from dxreport.report import html
    lap("import: Jinja2")
    made = html.html(found, Path(sys.argv[2]) / html.TEMPLATE)
    lap("HTML")
    print(json.dumps(laps))
"""


def master_of(times: int, folder: Path) -> Path:
    """Write a master with the 26 measures this many times, under different 施策ID of the same four 分野; return its path."""
    measures = [
        replace(m, id=f"{m.id[:2]}-{int(m.id[3:]) + 100 * n:02}")
        for n in range(times)
        for m in sample.load(with_answers=True)
    ]
    path = folder / f"{times}.xlsx"
    build_master(sample.settings(), DEPARTMENTS, measures, path)
    return path


def steps(path: Path) -> dict[str, float]:
    """Return the milliseconds of each step: medians over processes."""
    runs = []
    for _ in range(RUNS):
        command = [sys.executable, "-c", _RUN, str(path), str(bundled("templates"))]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    """Print a table with one column per size."""
    with tempfile.TemporaryDirectory() as folder:
        found = [steps(master_of(times, Path(folder))) for times in TIMES]
    heads = [f"{26 * times:,}" for times in TIMES]
    print(f"{'measures':<22}" + "".join(f"{head:>10}" for head in heads))
    for name in found[0]:
        print(f"{name:<22}" + "".join(f"{column[name]:>10,.0f}" for column in found))
    totals = [sum(column.values()) for column in found]
    print(f"{'total':<22}" + "".join(f"{total:>10,.0f}" for total in totals))
    print(f"{'per measure':<22}" + "".join(f"{total / 26 / n:>10,.1f}" for total, n in zip(totals, TIMES, strict=True)))
    name = max(found[0], key=found[0].__getitem__)
    print(f"at 26 measures the largest step, {name}, takes {found[0][name] / totals[0]:.0%} of the time")


if __name__ == "__main__":
    main()
