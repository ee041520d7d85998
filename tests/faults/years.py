"""Play whole years at the desk: whatever happens, in any order, the books stay explained and no answer is lost.

    python -m tests.faults.years SECONDS [SEED]       # histories until the time is over
    python -m tests.faults.years replay SEED          # one history again, step by step; or its steps, as JSON

A history is a list of steps: names of what happens, each with a number from which the step draws its choices. Commands
are run as people run them; some die, or fail, at a point where they write. What must be true after each step is in
:mod:`tests.faults.expected`.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

import openpyxl
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from lxml import etree
from openpyxl.utils import get_column_letter as letter
from openpyxl.worksheet.table import TableColumn

from dxreport.collect.ledger_check import ledger_problems
from dxreport.form.compile import compile_form
from dxreport.form.records import Form
from dxreport.lifecycle import sample
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.read import read_master
from dxreport.ooxml.refs import address as cell_name
from dxreport.ooxml.refs import cell as cell_at
from dxreport.sendback.fill import positions
from dxreport.status.round_status import status
from dxreport.workspace.bundled import bundled
from dxreport.workspace.paths import Workspace
from tests.faults import expected as law
from tests.faults import points
from tests.faults.commands import Abandoned, Commands, Instead, Refused, Year, run
from tests.faults.departments import (
    ACTUALS,
    BAD,
    FIELDS,
    FINE,
    KINDS,
    LATE,
    OFFICES,
    PEOPLE,
    ROUNDS,
    answer,
    as_ods,
    as_xls,
    begin,
    mail_of,
    read_cells,
    type_in,
    typed,
)  # fmt: skip
from tests.faults.expected import Answers, Books, Eye, Paper, Sent, item_of, parts
from tests.support.abstract import Choices
from tests.support.declared_form import template
from tests.support.evaluation import Evaluation
from tests.support.measures import measure
from tests.support.packages import S, delete_row, edited, faults
from tests.support.sending import zipped

MEMO = "備考"
SHRINKING = 60  # seconds for each failure
FORM = "年間活動計画.xlsx"
Step = tuple[str, int]
_PREFIX = {"施策": "", "取組": "activity.", "費用": "費用."}


@cache
def _form(data: bytes, catalogue: object) -> Form:
    return compile_form(data, FORM, catalogue)  # type: ignore[arg-type]


class Desk(Commands):
    """An office, and what it does over the years."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.years = [self._first_year()]

    def _first_year(self) -> Year:
        root = self.base / "令和４年度"
        for name in ("templates", "master", "reports"):
            (root / name).mkdir(parents=True)
        given = sample.settings()
        own = [d for d in DEPARTMENTS if d.name in OFFICES.values()]
        measures = [measure(id_, begin(id_, office)) for id_, office in OFFICES.items()]
        Workspace(root).master.write_bytes(master_bytes(given, own, measures))
        (root / "templates" / FORM).write_bytes(template(given.catalogue))
        for path in bundled("templates").glob("メール_*.txt"):
            shutil.copy(path, root / "templates")
        Workspace(root).secret.write_bytes(bytes(range(32)))
        return Year(root, 1, Books(Eye(b"", {}), {}))

    # Steps

    def play(self, name: str, n: int) -> None:
        """Take a step, and check everything after it."""
        choose = Choices(n)
        self.now += timedelta(minutes=choose.of((7, 60, 1440, 4320, 10080)))
        year = self.years[-1 if len(self.years) == 1 or choose.below(5) else -2]
        books = year.books
        if not books.eye.data:
            books.eye = books.look(year.data)
            self._remember(year)
        self.count += 1
        try:
            name = self._take(name, year, choose)
        except Refused as why:
            self.tally[f"{name} (not possible)"] += 1
            self.say(f"{name}: not possible {why}")
            return
        except Abandoned:
            name = f"{name} (abandoned)"
            self.say("not run again")
        self.tally[name] += 1
        for other in self.years:
            self._check(other)

    def _take(self, name: str, year: Year, choose: Choices) -> str:
        """Take a step, or the one that is possible instead; return its name."""
        try:
            getattr(self, f"step_{name}")(year, choose)
        except Instead as other:
            return self._take(str(other), year, choose)
        return name

    # What happens: forms go out

    def step_issue(self, year: Year, choose: Choices) -> None:
        round_ = ROUNDS[choose.below(len(ROUNDS))]
        words = ["render", "--round", round_]
        which = choose.below(6)
        if which == 4:
            words += ["--department", choose.of(tuple(dict.fromkeys(OFFICES.values())))]
        elif which == 5:
            words += ["--measure", choose.of(tuple(year.books.eye.texts))]
        if choose.below(6) == 5:
            words += ["--deadline", choose.of(("2022-07-29", "2022-12-28"))]
        before = year.books.eye
        ran = self.command(year, choose, *words)
        after = self._look(year)
        law.nothing_changed(before, after)
        if ran.code in (2, 3):
            assert before.data == after.data
            return
        new = [id_ for id_ in after.issues if id_ not in before.issues]
        for id_ in new:
            year.books.sent[id_] = self._sent(year, after, id_)
            [out] = year.workspace.reports.glob(f"*_配付/{after.issues[id_]['ファイル名']}")
            assert out.read_bytes() == year.books.sent[id_].data, ("another workbook is handed out", out)
        again = run([*words, "-C", str(year.root), "--now", (self.now + timedelta(minutes=1)).isoformat()])
        assert again.code == 0 and year.data == after.data, ("rendered again", words, again)
        self._done(year)

    def _sent(self, year: Year, eye: Eye, id_: str) -> Sent:
        row = eye.issues[id_]
        data = (year.workspace.issued / f"{id_}.xlsx").read_bytes()
        round_, ids = row["回"], row["施策ID"].split("、")
        quarter = ROUNDS.index(round_) if round_.startswith("第") else 0
        form = (year.workspace.forms / f"{row['様式']}.xlsx").read_bytes()
        found = positions(
            data, _form(form, read_master(year.workspace.master).settings.catalogue), quarter=quarter, year=year.number
        )
        cells = {m: (p.sheet, {str(ref): at for ref, at in p.cells.items()}) for m, p in found.items()}
        assert sorted(cells) == sorted(ids), (id_, sorted(cells), ids)
        texts = {m: dict(eye.texts[m]) for m in ids}
        for m, (sheet, at) in cells.items():
            for address, shown in read_cells(data, sheet, at).items():
                if parts(address)[0] not in ("id", law.LABEL):
                    assert shown == texts[m].get(address, ""), ("printed", id_, m, address, shown)
        return Sent(id_, round_, quarter, row["部署"], self.now.isoformat(), data, texts, cells)

    def step_form(self, year: Year, choose: Choices) -> None:
        """Redraw the form."""
        year.drawn = choose.below(4)
        self._draw(year)
        self.say(f"form drawn anew: {year.drawn}")

    def _draw(self, year: Year) -> None:
        catalogue = read_master(year.workspace.master).settings.catalogue
        path = year.workspace.templates / FORM
        if year.drawn == 2:
            data = (bundled("templates") / FORM).read_bytes()
        elif year.drawn == 3:
            data = (bundled("gallery") / "進捗管理一覧.xlsx").read_bytes()
        else:
            data = template(catalogue)
            if year.drawn == 1:
                book = openpyxl.load_workbook(io.BytesIO(data))
                book["様式"]["H2"] = "記入のしかたは、別紙のとおり"
                out = io.BytesIO()
                book.save(out)
                data = out.getvalue()
        path.write_bytes(data)

    def step_field(self, year: Year, choose: Choices) -> None:
        """Add a field to 項目, rename it, or remove it; the form follows."""
        name = choose.of(tuple(FIELDS))
        books, there = year.books, Evaluation(year.root)
        now = year.fields.get(name, "")
        how = choose.below(3)
        place = FIELDS[name]["場所"]
        prefix = _PREFIX[place]
        if not now:
            there.redeclare(name, {"名前": name, **FIELDS[name]})
            year.fields[name] = name
            books.gone.discard(prefix + name)
            self._columns(books, place, name, prefix + name)
            self.say(f"field {name} is added")
        elif how == 0 and now == name:
            there.redeclare(now, None)
            del year.fields[name]
            books.gone.add(prefix + now)
            self.say(f"field {now} is taken out")
        else:
            new = f"{now}新"
            there.redeclare(now, {"名前": new, "旧名": "、".join([*_former(now), now])})
            year.fields[name] = new
            books.rename(prefix + now, prefix + new)
            year.papers = [replace(p, answers=books.renamed_answers(p.answers)) for p in year.papers]
            year.past = {}  # a backup from before would bring the old name back
            self._columns(books, place, new, prefix + new)
            self.say(f"field {now} is renamed to {new}")
        if year.drawn not in (2, 3):
            self._draw(year)
        before = books.eye
        after = self._look(year)
        law.nothing_changed(Eye(before.data, books.own), after)
        self._done(year)

    def _columns(self, books: Books, place: str, header: str, address: str) -> None:
        if place == "取組":
            books.own |= {(place, f"第{q}四半期 {header}"): f"{address}/{q}" for q in (1, 2, 3, 4)}
        else:
            books.own[place, header] = address

    # Files come back

    def step_back(self, year: Year, choose: Choices) -> None:
        """Fill in the workbook of a department, and collect it now or leave it for later."""
        if not year.books.sent:
            raise Instead("issue")
        paper = self._written(year, choose)
        year.papers.append(paper)
        if choose.below(5) == 4:
            self.say(f"written, not sent: {paper.path.name}")
            return
        self._collect(year, choose, [paper])

    def step_copy(self, year: Year, choose: Choices) -> None:
        """Send a corrected copy back, filled in."""
        folder = year.workspace.reports / "差し戻し"
        copies = [p for p in sorted(folder.glob("U*.xlsx")) if p.name.partition("_")[0] in year.books.came]
        if not copies:
            raise Instead("back")
        path = choose.of(copies)
        parent = path.name.partition("_")[0]
        fixed = []
        data = path.read_bytes()
        for a in year.books.came[parent]:
            if a.issue not in year.books.sent:
                raise Refused("issue of a restored day")
            sent = year.books.sent[a.issue]
            shown = read_cells(data, *sent.cells[a.measure])
            gone = {x: t for x, t in a.texts.items() if shown[x] != t}
            assert all(shown[x] == sent.texts[a.measure].get(x, "") for x in gone), ("another text", path, gone)
            assert not gone or year.formats[parent] != "xlsx", ("not on the copy", path, gone)
            row = year.books.eye.receipts[parent, a.measure, a.issue]
            closed = "E301" in row["指摘"] or row["状態"] in law.ASIDE  # what was typed into closed cells is not on it
            assert not gone or closed, ("not on the copy", path, gone)
            a = replace(a, texts={x: t for x, t in a.texts.items() if x not in gone})
            before = sent.texts[a.measure] | dict(a.texts)
            new = {x: t for x, t in answer(sent, a.measure, year.number, choose, "whole").items()}
            own = {x: t for x, t in a.texts.items() if t in (BAD,)}
            new = {x: FINE for x in own} | new
            sheet, at = sent.cells[a.measure]
            data = typed(data, sheet, {at[x]: t for x, t in new.items() if x in at})
            says = {x: t for x, t in {**a.texts, **{x: t for x, t in new.items() if x in at}}.items()}
            stamp = year.books.stamps[parent]
            since = {x: a.since.get(x, stamp) for x, t in a.texts.items() if says[x] == t and before.get(x, "") == t}
            says = {x: t for x, t in says.items() if t != sent.texts[a.measure].get(x, "") or t != before.get(x, "")}
            fixed.append(Answers(a.measure, a.issue, a.round, says, since))
        paper = self._paper(year, data, fixed, choose, corrects=parent)
        year.papers.append(paper)
        self._collect(year, choose, [paper])

    def step_again(self, year: Year, choose: Choices) -> None:
        """Collect known files: one that came before, one left for later, or several at once."""
        known = [p for p in year.papers if all(a.issue in year.books.sent for a in p.answers)]
        if not known:
            raise Instead("back")
        several = [known[-1 - choose.below(len(known))] for _ in range(1 + choose.below(3))]
        self._collect(year, choose, list({p.path: p for p in several}.values()))

    def step_strange(self, year: Year, choose: Choices) -> None:
        """Collect something that is no return."""
        data = choose.of((b"", b"memo", b"PK\3\4 cut short"))
        paper = self._paper(year, data, (), choose, plain=True)
        self._collect(year, choose, [paper])

    def _written(self, year: Year, choose: Choices) -> Paper:
        sent = year.books.sent
        issue = sent[list(sent)[-1 - choose.below(min(len(sent), choose.of((3, 3, 9))))]]
        data, answers = issue.data, []
        several = tuple(issue.texts)
        mine = several if len(several) == 1 or choose.below(2) else (choose.of(several),)
        for id_ in several:
            if id_ not in mine:
                answers.append(Answers(id_, issue.id, issue.round, {}))
                continue
            kind = choose.of(KINDS)
            texts = answer(issue, id_, year.number, choose, kind)
            sheet, at = issue.cells[id_]
            texts = {a: t for a, t in texts.items() if a in at and t != issue.texts[id_].get(a, "")}
            data = typed(data, sheet, {at[a]: t for a, t in texts.items()})
            bad = any(t == BAD for t in texts.values())
            answers.append(Answers(id_, issue.id, issue.round, texts, good=kind == "whole", bad=bad))
        return self._paper(year, data, answers, choose)

    def _paper(
        self, year: Year, data: bytes, answers: Sequence[Answers], choose: Choices, *, corrects: str = "",
        plain: bool = False,
    ) -> Paper:  # fmt: skip
        name, sent, ending = f"{self.count:03}", "", "xlsx"
        how = 0 if plain else choose.below(10)
        if how == 6 and not corrects:
            data, ending = as_xls(data), "xls"
        elif how == 7 and len(answers) == 1 and not corrects:
            data, ending = as_ods(data, answers[0].measure), "ods"
        inner, kind = data, ending
        if how == 8:
            data, ending = zipped([("返送.xlsx", data)]), "zip"
        elif how == 9:
            when = self.now - timedelta(minutes=choose.of((5, 600, 3000, 20000)))
            sent = when.isoformat()
            data, ending = mail_of(data, when), "eml"
        path = self.mail / f"{name}.{ending}"
        path.write_bytes(data)
        return Paper(path, inner, tuple(answers), sent, corrects, kind)

    def _collect(self, year: Year, choose: Choices, papers: list[Paper]) -> None:
        books, before = year.books, year.books.eye
        words = ["collect", *(str(p.path) for p in papers)]
        whole = choose.below(12) == 11
        if whole:
            words.append("--replace")
        if choose.below(6) == 5:
            ran = run([*words, "--dry-run", "-C", str(year.root), "--now", self.now.isoformat()])
            assert ran.code in (0, 1), ran
            assert year.data == before.data
        ran = self.command(year, choose, *words)
        after = self._look(year)
        if ran.code in (2, 3):
            assert year.data == before.data, ("refused, and changed", ran)
            return
        number = {row["SHA256"]: id_ for (id_, _, _), row in after.receipts.items()}
        fresh: dict[str, Paper] = {}
        for paper in papers:
            id_ = number.get(paper.sha256, "")
            if not paper.data:
                continue
            assert id_, ("no number", paper.path.name)
            # The same content may have come under another name before an older master was restored.
            kept = [path.read_bytes() for path in year.workspace.returns.glob(f"{id_}_*")]
            assert kept and set(kept) == {paper.data}, ("another original", id_)
            if id_ in books.came and not whole:
                continue
            if id_ not in books.came:
                fresh[id_] = paper
                year.formats[id_] = paper.ending
            answers = [replace(a, whole=whole) for a in paper.answers]
            books.came[id_] = tuple(answers)
            at = min([self.now.isoformat()] if not paper.sent else [
                max([paper.sent, *(books.sent[a.issue].when for a in answers)]), self.now.isoformat()
            ])  # fmt: skip
            if paper.corrects in books.stamps:
                at = max(at, books.stamps[paper.corrects][0]) if paper.sent else at
            books.stamps[id_] = (at, int(id_[1:]))
        renewed = {number.get(p.sha256, "") for p in papers} if whole else set()
        law.stays_in(before, after, renewed)
        law.only_answers(books, before, after, renewed)
        law.nothing_lost(books, before, after)
        if len(papers) == len(fresh) == 1 and not whole:
            law.comes_last(books, before, after, next(iter(fresh)))
        for id_, paper in fresh.items():
            for a in paper.answers:
                row = after.receipts.get((id_, a.measure, a.issue))
                assert row is not None, ("no row", id_, a.measure)
                fresh_plan = law.plan_of(before, a.measure) == law.plan_of(books.sent[a.issue], a.measure)
                if a.good and fresh_plan and not whole and not paper.corrects and not paper.sent:
                    assert row["状態"] in law.IN, ("a good sheet is kept out", dict(row), a)
                if a.bad:
                    assert row["状態"] in law.HELD, ("a bad word goes in", dict(row), a)
        files = points.files(self.base)
        again = run([*words, "-C", str(year.root), "--now", self.now.isoformat()])
        assert again.code in (0, 1)
        found = points.files(self.base)
        assert found == files, ("collected again", words, points._differ(files, found))
        self._done(year)

    # What the office does

    def step_edit(self, year: Year, choose: Choices) -> None:
        """Type texts into the master."""
        eye = year.books.eye
        data = eye.data
        for _ in range(1 + choose.below(3)):
            measure_ = choose.of(tuple(year.books.eye.texts))
            mine = eye.texts.get(measure_, {})
            options = [
                *[("contact_person", (*PEOPLE, "手書き"))] * 12, ("goal", ("手書きの目標", "")), ("name", ("改めた名前",)),
                ("lead_department", tuple(row["部署名"] for row in eye.rows("部署"))),
                *((a, (FINE, LATE, "")) for a in mine if parts(a)[0] == "activity.progress"),
                *((f"activity.progress/K1/{q}", (FINE, "")) for q in (1, 2)),
                ("activity.plan/K1/2", ("手書きの予定", "")), (f"outcome.actual/O1/{year.number}", (*ACTUALS, "30件")),
                *((a, ("手書き", "")) for a in year.books.own.values() if "/" not in a and "." not in a),
                ("activity.name/K2", ("手書きの取組",)),
            ]  # fmt: skip
            address, words = options[choose.below(len(options))]
            text = choose.of(words)
            where = eye.place(measure_, address)
            if where is None or parts(address)[0] in year.books.gone:
                continue
            sheet, row, column = where
            data = edited(data, sheet, lambda root, at=(row, column), t=text: type_in(root, at, t))  # type: ignore[misc]
            self._typed(year, measure_, address)
            self.say(f"typed {measure_} {address}: {text!r}")
        year.workspace.master.write_bytes(data)
        self._look(year)
        self._done(year)

    def step_strike(self, year: Year, choose: Choices) -> None:
        """Delete the last row of a measure in 取組 by hand, or add one."""
        eye = year.books.eye
        measure_ = choose.of(tuple(year.books.eye.texts))
        mine = eye.texts.get(measure_, {})
        items = sorted({parts(a)[1] for a in mine if parts(a)[0] == "activity.name"})
        if not items:
            raise Refused("no activity")
        if choose.below(2):
            item = items[-1]
            where = eye.place(measure_, f"activity.name/{item}")
            assert where
            year.workspace.master.write_bytes(edited(eye.data, "取組", lambda root: delete_row(root, where[1])))
            for a in mine:
                if parts(a)[0].startswith("activity.") and parts(a)[1] == item:
                    self._typed(year, measure_, a)
            self.say(f"struck {measure_} {item}")
        else:
            used = {row["取組ID"] for row in eye.rows("取組") if row["施策ID"] == measure_}  # some have no name
            item = f"K{max(int(i[1:]) for i in used) + 1 + choose.below(2)}"
            new = {
                "施策ID": measure_,
                "取組ID": item,
                "取組内容": "手で足した取組",
                "予定の見出し": "作業予定",
                "第4四半期 作業予定": "まとめ",
            }

            Evaluation(year.root).retype("取組", lambda sheet: add_row(sheet, new))
            for key in ("name", "plan_label", "plan/4"):
                name, _, period = key.partition("/")
                self._typed(year, measure_, "/".join(filter(None, (f"activity.{name}", item, period))))
            self.say(f"added {measure_} {item}")
        self._look(year)
        self._done(year)

    def step_sort(self, year: Year, choose: Choices) -> None:
        """Reverse the rows of a table."""
        sheet = choose.of(("施策", "取組", "成果目標"))

        def turn(root: etree._Element) -> None:
            rows = [r for r in root.iter(f"{S}row") if r.get("r") != "1" and any(len(c) for c in r)]
            places = [r.get("r") for r in rows]
            for row, number in zip(rows, reversed(places), strict=True):
                row.set("r", number)
                for c in row:
                    c.set("r", cell_name(int(number), cell_at(c.get("r"))[1]))
            for row, after in zip(reversed(rows), [rows[0].getprevious(), *reversed(rows[1:])], strict=True):
                after.addnext(row)

        before = year.books.eye
        year.workspace.master.write_bytes(edited(before.data, sheet, turn))
        self.say(f"sorted {sheet}")
        law.nothing_changed(before, self._look(year))
        self._done(year)

    def step_memo(self, year: Year, choose: Choices) -> None:
        """Add a column of the office's own to a table, and write into it."""
        sheet = choose.of(("施策", "取組"))
        key = MEMO if sheet == "施策" else f"activity.{MEMO}"
        books, eye = year.books, year.books.eye
        if (sheet, MEMO) not in books.own:

            def add(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
                [table] = page.tables.values()
                first, last = cell_at(table.ref.partition(":")[0]), cell_at(table.ref.partition(":")[2])
                column = last[1] + 1
                table.ref = table.autoFilter.ref = f"{cell_name(*first)}:{cell_name(last[0], column)}"
                table.tableColumns.append(TableColumn(id=column, name=MEMO))
                page.cell(1, column, MEMO)

            Evaluation(year.root).retype(sheet, add)
            books.own[sheet, MEMO] = key
            books.gone.add(key)  # not a field of the catalogue
            eye = self._look(year)
        measure_ = choose.of(tuple(eye.texts))
        items = sorted({parts(a)[1] for a in eye.texts[measure_] if a.startswith("activity.name/")})
        address = key if sheet == "施策" else f"{key}/{choose.of(items)}" if items else ""
        if where := address and eye.place(measure_, address):
            text = choose.of(("要確認", "電話済み"))
            change = partial(type_in, at=where[1:], text=text)
            year.workspace.master.write_bytes(edited(eye.data, where[0], change))
            self._typed(year, measure_, address)
        self.say(f"noted {measure_} {address}")
        self._look(year)
        self._done(year)

    def step_astray(self, year: Year, choose: Choices) -> None:
        """Collect a file of another year here."""
        others = [y for y in self.years if y is not year and y.papers]
        if not others:
            raise Instead("back")
        paper = choose.of(choose.of(others).papers)
        before = year.books.eye
        self.command(year, choose, "collect", str(paper.path))
        after = self._look(year)
        law.nothing_changed(before, after)
        fresh = [row for key, row in after.receipts.items() if key not in before.receipts]
        assert all(row["状態"] == "受付不可" for row in fresh), fresh
        self._done(year)

    def step_measure(self, year: Year, choose: Choices) -> None:
        """Add a measure by hand, with an activity."""
        id_ = f"0{1 + choose.below(2)}-0{4 + choose.below(3)}"
        if id_ in year.books.eye.texts:
            raise Refused("known")
        office = choose.of([row["部署名"] for row in year.books.eye.rows("部署")])
        texts = begin(id_, office)
        Evaluation(year.root).retype(
            "施策", lambda sheet: add_row(sheet, {
                "施策ID": id_, "施策名": texts["name"], "主管部署": office, "到達目標": "広げる", "状態": "実施中",
                "関連施策有無": "無", "予算化有無": "無", "依頼有無": "無",
            })
        )  # fmt: skip
        Evaluation(year.root).retype(
            "取組", lambda sheet: add_row(sheet, {
                "施策ID": id_, "取組ID": "K1", "取組内容": texts["activity.name/K1"], "予定の見出し": "作業予定",
                **{f"第{q}四半期 作業予定": f"作業{q}" for q in (1, 2, 3, 4)},
            })
        )  # fmt: skip
        self.say(f"added {id_} of {office}")
        for address in self._look(year).texts[id_]:
            self._typed(year, id_, address)
        self._done(year)

    def _typed(self, year: Year, measure_: str, address: str) -> None:
        year.books.hands[measure_, address] = self.now.isoformat()
        year.books.typed.add((measure_, address))

    def step_decide(self, year: Year, choose: Choices) -> None:
        before = year.books.eye
        asked = [r for r in before.conflicts.values() if r["状態"] == law.OPEN]
        if not asked:
            raise Instead("back")
        row = choose.of(asked)
        take = choose.of(("issued", "returned", "current", "決めた文"))
        extra = row["項目"].startswith("追加")
        take = choose.of(("returned", "current")) if extra else take
        ran = self.command(year, choose, "resolve", row["競合ID"], "--take", take)
        after = self._look(year)
        if ran.code in (2, 3):
            assert year.data == before.data
            key = parts(row["欄"])[0]
            refused = take == "決めた文" and f"「{take}」は" in ran.said  # its field holds only certain words
            assert refused or key in year.books.gone or row["施策ID"] not in before.texts, (row, ran)
            return
        self._settled(year, row, take, before, after, extra=extra)

    def _settled(self, year: Year, row: law.Row, take: str, before: Eye, after: Eye, *, extra: bool) -> None:
        m, address = row["施策ID"], law.today(year.books, row["欄"])
        here = before.texts.get(m, {}).get(address, "")
        text = {"issued": row["発行時"], "returned": row["返送"], "current": here}.get(take, take)
        assert after.conflicts[row["競合ID"]]["状態"] == law.DECIDED
        for change in law.differences(before.texts, after.texts):
            with_row = change[:2] == (m, f"{law.LABEL}/{parts(address)[1]}")
            assert extra or with_row or change[:2] == (m, address), ("decided too much", row, change)
        if not extra:
            assert after.texts.get(m, {}).get(address, "") == text, ("decided otherwise", dict(row), take, text)
            if take != "returned":
                year.books.hands[m, address] = self.now.isoformat()
            else:
                year.books.hands.pop((m, address), None)
        self._done(year)

    def step_accept(self, year: Year, choose: Choices) -> None:
        before, books = year.books.eye, year.books
        rows = [k for k, r in before.receipts.items() if r["状態"] in (*law.HELD, *law.ASIDE) and k[1]]
        rows = [k for k in rows if all(a.issue in books.sent for a in books.came.get(k[0], ()))]
        if not rows:
            raise Instead("back")
        id_, m, issue = choose.of(rows)
        was_aside = before.receipts[id_, m, issue]["状態"]
        ran = self.command(year, choose, "resolve", f"{id_}/{m}", "--accept", "--reason", "電話で確認")
        after = self._look(year)
        if ran.code in (2, 3):
            assert year.data == before.data
            return
        assert after.receipts[id_, m, issue]["状態"] in law.IN, ("not accepted", dict(after.receipts[id_, m, issue]))
        law.stays_in(before, after)
        law.only_answers(books, before, after)
        law.nothing_lost(books, before, after)
        self.say(f"was {was_aside}")
        self._done(year)

    def step_withdraw(self, year: Year, choose: Choices) -> None:
        before = year.books.eye
        ids = sorted({k[0] for k, r in before.receipts.items() if r["状態"] != "取下げ"})
        if not ids:
            raise Instead("back")
        id_ = ids[-1 - min(len(ids) - 1, choose.of((0, 0, 0, 1, 2, 3)))]
        ran = self.command(year, choose, "withdraw", id_)
        after = self._look(year)
        if ran.code in (2, 3):
            assert year.data == before.data
            return
        law.goes_back(year.books, before, after, id_)
        law.as_never_come(year.books, before, after, id_)
        for key, row in after.receipts.items():
            assert key[0] != id_ or row["状態"] == "取下げ", dict(row)
        self._done(year)

    def step_dismiss(self, year: Year, choose: Choices) -> None:
        before = year.books.eye
        rows = [k for k, r in before.receipts.items() if r["状態"] in (*law.HELD, "受付不可") and not r["置き換え"]]
        if not rows:
            raise Instead("back")
        id_ = choose.of(rows)[0]
        ran = self.command(year, choose, "dismiss", id_, "--reason", "回答ではない")
        after = self._look(year)
        if ran.code in (2, 3):
            assert year.data == before.data
            return
        law.stays_in(before, after)
        law.goes_back(year.books, before, after, id_)
        for key, row in after.receipts.items():
            assert key[0] != id_ or row["状態"] not in (*law.HELD, "受付不可") or row["置き換え"], dict(row)
        self._done(year)

    def step_restore(self, year: Year, choose: Choices) -> None:
        """Put a backup in the place of the master."""
        kept = sorted(year.workspace.backup.glob("*.xlsx"))[-4:]
        kept = [p for p in kept if hashlib.sha256(p.read_bytes()).hexdigest() in year.past]
        if not kept or len(self.years) > 1:
            raise Refused("no backup")
        path = choose.of(kept)
        data = path.read_bytes()
        papers_known = year.books.came
        year.books = year.past[hashlib.sha256(data).hexdigest()].copy()
        year.workspace.master.write_bytes(data)
        year.papers = [p for p in year.papers if all(a.issue in year.books.sent for a in p.answers)]
        names = {row["名前"] for row in year.books.eye.rows("項目")}
        year.fields = {name.rstrip("新"): name for name in names if name.rstrip("新") in FIELDS}
        if year.drawn < 2:
            self._draw(year)
        self.say(f"restored {path.name}; {sorted(set(papers_known) - set(year.books.came))} are not known any more")
        self._look(year)
        self._done(year)

    def step_settings(self, year: Year, choose: Choices) -> None:
        """Change in 設定 what a round requires."""
        needs = choose.of(("進捗、対応策", "進捗", "対応策", "進捗、対応策、主担当者"))
        name = choose.of(ROUNDS[1:5])

        def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
            heads = {c.value: c.column for c in sheet[1] if c.value}
            [row] = [r for r in range(2, 12) if sheet.cell(r, heads["回"]).value == name]
            sheet.cell(row, heads["必須欄"], needs)

        Evaluation(year.root).retype("設定", change)
        self.say(f"{name} requires {needs}")
        before = year.books.eye
        law.nothing_changed(before, self._look(year))
        self._done(year)

    def step_state(self, year: Year, choose: Choices) -> None:
        """End a measure, or let it go on after all."""
        m, state = choose.of(tuple(year.books.eye.texts)), choose.of(("中止", "完了", "実施中", "実施中"))

        def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
            heads = {c.value: c.column for c in sheet[1]}
            [row] = [c.row for c in sheet["A"] if c.value == m]
            sheet.cell(row, heads["状態"], state)
            sheet.cell(row, heads["状態の開始四半期"], "第3四半期" if state != "実施中" else None)

        if year.books.eye.place(m, "name") is None:
            raise Refused("left behind")
        Evaluation(year.root).retype("施策", change)
        self.say(f"{m} is {state}")
        before = year.books.eye
        law.nothing_changed(before, self._look(year))
        self._done(year)

    def step_office(self, year: Year, choose: Choices) -> None:
        """Rename a department in 部署 and in 施策."""
        eye = year.books.eye
        old = choose.of([row["部署名"] for row in eye.rows("部署")])
        new = f"{old}室"

        def rename(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
            heads = {c.value: c.column for c in sheet[1]}
            [row] = [c.row for c in sheet[letter(heads["部署名"])] if c.value == old]
            former = sheet.cell(row, heads["旧名称"])
            sheet.cell(row, heads["部署名"], new)
            former.value = "、".join(filter(None, (former.value, old)))

        def follow(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
            heads = {c.value: c.column for c in sheet[1]}
            for cell in sheet[letter(heads["主管部署"])]:
                if cell.value == old:
                    cell.value = new

        Evaluation(year.root).retype("部署", rename)
        Evaluation(year.root).retype("施策", follow)
        for measure_, mine in eye.texts.items():
            if mine.get("lead_department") == old:
                self._typed(year, measure_, "lead_department")
        self.say(f"{old} is called {new}")
        self._look(year)
        self._done(year)

    # Reports and years

    def step_final(self, year: Year, choose: Choices) -> None:
        quarter = str(1 + choose.below(4))
        words = ["report", "--quarter", quarter, "--format", "xlsx", *(["--final"] if choose.below(2) else [])]
        before = year.books.eye
        self.command(year, choose, *words)
        law.nothing_changed(before, self._look(year))
        now = (self.now + timedelta(minutes=1)).isoformat()
        drawn = run(["report", "--quarter", quarter, "--format", "xlsx", "--json", "-C", str(year.root), "--now", now])
        counted = json.loads(drawn.said)["figures"]["overview"]["whole"]["standings"]
        wanted = law.counted(before, int(quarter))
        assert counted == {word: wanted[word] for word in counted}, ("counted otherwise", quarter, counted, wanted)
        files = points.files(self.base)
        again = run([*words, "-C", str(year.root), "--now", now])
        assert again.code in (0, 1), again
        if "--final" in words:
            found = points.files(self.base)
            assert found == files, ("approved again", points._differ(files, found))
        self._done(year)

    def step_look(self, year: Year, choose: Choices) -> None:
        """Run a command that changes nothing."""
        which: list[list[str]] = [
            ["check", "--json"], ["status"], ["history"], [], ["mail", "remind"], ["mail", "return"], ["publish"],
            ["rollover", "--dry-run"],
        ]  # fmt: skip
        words = choose.of(which)
        if not words:
            ran = run(["-C", str(year.root), "--now", self.now.isoformat()])
            assert ran.code in (0, 1), ran
            return
        before = year.books.eye
        self.command(year, choose, *words)
        assert year.data == before.data
        self._done(year)

    def step_roll(self, year: Year, choose: Choices) -> None:
        """Open the next year, or pass on to it what this one has answered since."""
        place = self.years.index(year)
        if place + 1 == len(self.years) and (len(self.years) == 3 or self.count < 12):
            raise Refused("not yet")
        before = year.books.eye
        if place + 1 == len(self.years):
            self._open(year, choose)
        else:
            self._pass_on(year, self.years[place + 1], choose)
        law.nothing_changed(before, self._look(year))
        self._done(year)

    def _open(self, year: Year, choose: Choices) -> None:
        label = f"令和{'０１２３４５６７８９'[4 + len(self.years)]}年度"
        ran = self.command(year, choose, "rollover", "--out", str(self.base / label))
        assert ran.code in (0, 1), ran
        next_ = Year(
            self.base / label, year.number + 1, Books(Eye(b"", {}), {}), fields=dict(year.fields), drawn=year.drawn
        )
        next_.books.own, next_.books.renamed = dict(year.books.own), dict(year.books.renamed)
        next_.books.gone = set(year.books.gone)
        next_.books.eye = next_.books.look(next_.data)
        going = {
            row["施策ID"] for row in year.books.eye.rows("施策") if row["状態"] in ("", "実施中")
        }  # fmt: skip
        left = {m: t for m, t in law.carried(year.books.eye.texts).items() if m in going}
        found = law.differences(left, next_.books.eye.texts)
        assert not found, ("carried otherwise", found)
        next_.books.typed = {  # texts in columns of no field count as typed
            (m, a) for m, mine in next_.books.eye.texts.items() for a in mine if parts(a)[0] in next_.books.gone
        }  # fmt: skip
        year.passed_on = left
        self.years.append(next_)
        self._remember(next_)
        if choose.below(2):
            self.now = max(self.now, datetime(2022 + len(self.years) - 1, 4, 3, 9))

    def _pass_on(self, year: Year, next_: Year, choose: Choices) -> None:
        assert year.passed_on is not None
        before = next_.books.eye
        ran = self.command(year, choose, "rollover", "--out", str(next_.root))
        after = self._look(next_)
        if ran.code in (2, 3):
            assert next_.data == before.data
            return
        going = {row["施策ID"] for row in year.books.eye.rows("施策") if row["状態"] in ("", "実施中")}
        both = {law_m for law_m in going if law_m in before.texts}
        old = {
            m: {law.today(next_.books, law.today(year.books, a)): t for a, t in mine.items()}
            for m, mine in law.carried(year.books.eye.texts).items()
        }
        for m, a, was, now in law.differences(before.texts, after.texts):
            assert m in both and now == old.get(m, {}).get(a, ""), ("not from the old year", m, a, was, now)
            assert (m, a) not in next_.books.hands or was == year.passed_on.get(m, {}).get(a, ""), ("overwritten", m, a)
        for m in both:
            for a in {*year.passed_on.get(m, {}), *old.get(m, {})}:
                new, was = old.get(m, {}).get(a, ""), year.passed_on.get(m, {}).get(a, "")
                if new == was or after.texts[m].get(a, "") == new or parts(a)[0] in next_.books.gone:
                    continue
                if parts(a)[0] not in {parts(x)[0] for x in next_.books.own.values()} and parts(a)[0] in year.fields:
                    continue
                if MEMO in a:
                    continue
                if parts(a)[1] and not any(item_of(x) == item_of(a) for x in old.get(m, {})):
                    continue  # an item that is gone stays in the next year
                rows = [r for r in after.conflicts.values() if (r["施策ID"], r["欄"], r["返送"]) == (m, a, new)]
                assert rows, ("not passed on", m, a, was, new, after.texts[m].get(a, ""))
        year.passed_on = {**year.passed_on, **{m: old[m] for m in both}}
        self._done(next_)

    # After every step

    def _look(self, year: Year) -> Eye:
        year.books.eye = year.books.look(year.data)
        return year.books.eye

    def _remember(self, year: Year) -> None:
        books = year.books
        if not books.tip:
            books.first = books.eye.texts
        for m, mine in books.eye.texts.items():
            for a, text in mine.items():
                books.ever.setdefault((m, a), set()).add(text)
        year.past[books.eye.sha256] = books.copy()

    def _done(self, year: Year) -> None:
        law.explained(year.books, year.books.eye, year.workspace.log, year.tip)
        self._remember(year)

    def _check(self, year: Year) -> None:
        """Check what is true of a workspace at any time."""
        if not year.books.eye.data:
            return
        assert year.data == year.books.eye.data, "the master of another year was changed"
        assert year.littered or not law.litter(year.root), law.litter(year.root)
        if year.checked == year.books.eye.sha256:
            return
        year.checked = year.books.eye.sha256
        if not year.littered:
            self._keeps(year)
        for path in year.root.rglob("*.xlsx"):
            if "returns" not in path.parts and "backup" not in path.parts:
                assert not _unsound(data := path.read_bytes()), (path, _unsound(data))
        master = read_master(year.workspace.master)
        there = {
            m.id: {str(ref): t for ref, t in m.values().items() if t and ref.field != "id"} for m in master.measures
        }
        seen = {
            m: {a: t for a, t in mine.items() if parts(a)[0] not in (*year.books.gone, "outcome.direction")}
            for m, mine in year.books.eye.texts.items()
        }
        found = law.differences(seen, there)
        assert not found, ("read otherwise", found)
        assert not ledger_problems(year.workspace, master), ledger_problems(year.workspace, master)
        for round_ in master.settings.rounds:
            for sheet in status(master, round_, self.now.date()).sheets:
                law.told_truly(year.books.eye, sheet.measure, round_.name, sheet.state.value)

    def _keeps(self, year: Year) -> None:
        """Check that nothing kept has changed."""
        folders = ("issued", "forms", "returns", "readings", "terms", "log", "final")
        paths = [p for name in folders for p in sorted((year.workspace.master_folder / name).glob("*")) if p.is_file()]
        now = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        lost = [path for path, digest in year.kept.items() if now.get(path) != digest]
        assert not lost, ("not kept", lost)
        year.kept = now


@cache
def _unsound(data: bytes) -> tuple[str, ...]:
    return tuple(faults(data))


def _former(name: str) -> list[str]:
    out = []
    while name.endswith("新"):
        name = name.removesuffix("新")
        out.append(name)
    return out[::-1]


def add_row(sheet: openpyxl.worksheet.worksheet.Worksheet, texts: Mapping[str, str]) -> None:
    """Write below the last row of a table, and extend the table."""
    heads = [c.value for c in sheet[1]]
    row = max(c.row for c in sheet["A"] if c.value) + 1
    for head, text in texts.items():
        sheet.cell(row, heads.index(head) + 1, text)
    [table] = sheet.tables.values()
    left, _, right = table.ref.partition(":")
    letters = right.rstrip("0123456789")
    table.ref = table.autoFilter.ref = f"{left}:{letters}{max(row, int(right[len(letters) :]))}"


class Years(RuleBasedStateMachine):
    """The desk as hypothesis plays it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self.folder.name))

    @rule(name=st.deferred(lambda: st.sampled_from(MIX)), n=st.integers(0, 2**60))
    def step(self, name: str, n: int) -> None:
        """Take any step."""
        try:
            self.desk.play(name, n)
        except Exception as error:
            error.add_note("\n".join(self.desk.told))
            raise

    def teardown(self) -> None:
        """Remove everything."""
        self.folder.cleanup()


MIX = (
    ("issue",) * 6 + ("back",) * 14 + ("copy",) * 4 + ("again",) * 4 + ("edit",) * 6 + ("strike",) * 2 + ("decide",) * 5
    + ("accept",) * 2 + ("withdraw",) * 3 + ("dismiss",) * 2 + ("form",) * 2 + ("field",) * 3 + ("settings",) * 1 + ("state",) * 1
    + ("final",) * 2 + ("look",) * 2 + ("roll",) * 2 + ("restore",) * 1 + ("strange", "measure", "sort", "memo", "astray", "office")
)  # fmt: skip


def history(seed: int, length: int = 45) -> list[Step]:
    """Return the steps of a seed; the first one issues a round."""
    chance = random.Random(seed)
    steps = [(chance.choice(MIX), chance.getrandbits(200)) for _ in range(length)]
    return [("issue", chance.randrange(6)), *steps]


@dataclass
class Played:
    """How a history ended: the lines told, the steps by kind, and the first failure, "" for none."""

    told: list[str]
    tally: Counter[str]
    steps: int
    failure: str = ""
    trace: str = ""


def play(steps: Sequence[Step], until: Callable[[], bool] = lambda: False) -> Played:
    """Play a history in a folder of its own, up to its first failure."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        done = 0
        for name, n in steps:
            if until():
                break
            try:
                desk.play(name, n)
            except Exception as error:
                trace = traceback.format_exc()
                return Played(desk.told, desk.tally, done + 1, f"{type(error).__name__}: {error}", trace)
            done += 1
        return Played(desk.told, desk.tally, done)


def shrunk(steps: list[Step], seconds: float) -> list[Step]:
    """Return a shorter history that fails too, as short as the time allows."""
    end, size = time.monotonic() + seconds, max(1, len(steps) // 3)
    while time.monotonic() < end:
        for at in range(len(steps) - size - 1, 0, -1):
            less = steps[:at] + steps[at + size :]
            found = play(less)
            if found.failure:
                steps = less[: found.steps]
                break
            if time.monotonic() > end:
                return steps
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return steps


def main() -> int:
    """Play histories; print those that fail, then how many there were and what happened in them."""
    if sys.argv[1] == "replay":
        given = json.loads(sys.argv[2])
        found = play(history(given) if isinstance(given, int) else [(name, n) for name, n in given])
        print("\n".join(found.told), found.trace, sep="\n")
        return int(bool(found.failure))
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    end, tally, bad, number, steps = time.monotonic() + seconds, Counter[str](), 0, 0, 0
    while time.monotonic() < end:
        found = play(history(seed + number), lambda: time.monotonic() > end)
        tally, steps = tally + found.tally, steps + found.steps
        if found.failure:
            bad += 1
            less = shrunk(history(seed + number)[: found.steps], SHRINKING)
            again = play(less)
            print(f"seed {seed + number}, step {found.steps}: {found.failure[:1500]}\n{found.trace[-900:]}")
            print("\n".join(found.told[-14:]), f"shrunk to {len(less)} steps: {again.failure[:600]}", sep="\n")
            print(f"python -m tests.faults.years replay '{json.dumps(less)}'", flush=True)
        number += 1
    told = {
        "histories": number,
        "failed": bad,
        "first seed": seed,
        "steps": steps,
        "by kind": dict(tally.most_common()),
    }
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
