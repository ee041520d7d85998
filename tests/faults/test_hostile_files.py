"""Hostile and broken files: each is refused or asked about, and the others go in.

``make attack`` does the same with thousands of files; ``tests/faults/attack.py`` says how to try one of them again.
"""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from jinja2 import TemplateError as BadTemplate

from dxreport.collect.plan import Status
from dxreport.collect.reader import FAULTS, FileReader
from dxreport.domain.errors import TemplateError
from dxreport.domain.fields import Ref
from dxreport.form.compile import compile_form
from dxreport.form.expressions import computed
from dxreport.form.faults import TextFault
from dxreport.form.stamp import Stamp
from dxreport.intake import gather as gathering
from dxreport.intake.gather import gather
from dxreport.intake.limits import Unreadable
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.package import Package
from dxreport.rules import judge
from dxreport.workspace.text_templates import environment
from tests.faults import attack
from tests.faults.bombs import BOMBS, HEAVY
from tests.support.packages import with_cell
from tests.support.quarter import ANSWERS, OFFICE, Quarter
from tests.support.sending import zipped
from tests.support.xls import Shown, xls

ANOTHER = next(m.lead_department for m in ANSWERS.values() if m.lead_department != OFFICE)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BOMBS if name not in HEAVY])
def test_a_file_that_wants_too_much_is_refused_with_the_reason(name: str) -> None:
    assert attack.exploded(name).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("form", attack.BASES)
def test_mutated_files_end_in_no_traceback_and_no_silent_difference(form: str) -> None:
    found = {result["seed"]: result["faults"] for result in attack.work(form, 0, 10 if form == "return" else 40)}
    assert {seed: faults for seed, faults in found.items() if faults} == {}


@pytest.mark.parametrize("form", attack.BASES)
def test_what_the_files_are_made_from_is_read_alike_by_the_independent_reader(form: str) -> None:
    asks = form == "xlsb"  # the format of its numbers is not read
    word = "read; a cell is asked about" if asks else "read"
    assert attack.tried(form, attack.BASES[form][0]()) == attack.Outcome(word)


# The stamp


@pytest.mark.parametrize(
    "text",
    ["dxr1|../../x|01-01|0123456789ab", "dxr1|R04Q1-001|01-01|../returns/U0001_evil", "dxr1|\\\\host\\share|01-01|0123456789ab",
     "dxr1|R04Q1-001|01-01|0123456789AB", "dxr1|" + "R" * 300 + "|01-01|0123456789ab", "dxr1|R04Q1-001|\n|0123456789ab"],
)  # fmt: skip
def test_what_has_not_the_shape_of_our_stamps_is_none(text: str) -> None:
    assert Stamp.parse(text) is None
    assert Stamp.parse("dxr1|R04Q1-001|01-01|0123456789ab") == Stamp("R04Q1-001", "01-01", "0123456789ab")


def test_the_form_is_that_of_our_record_never_that_of_the_stamp(quarter: Quarter) -> None:
    """A second form is kept, and valid; the stamp cannot choose it."""
    digest = next(quarter.workspace.forms.iterdir()).stem
    other = "0123456789ab"
    (quarter.workspace.forms / f"{other}.xlsx").write_bytes((quarter.workspace.forms / f"{digest}.xlsx").read_bytes())
    package = Package(quarter.filled({}))
    changed = {
        n: package.read(n).replace(digest.encode(), other.encode()) for n in package.names if "worksheets/dxr" in n
    }
    plan = quarter.collect(package.with_parts(changed))
    assert {p.code for s in plan.files[0].sheets for p in s.problems} == {"E206"}


def test_nothing_that_came_back_is_compiled(quarter: Quarter) -> None:
    (quarter.workspace.returns).mkdir(exist_ok=True)
    (quarter.workspace.returns / "U0001_evil.xlsx").write_bytes(b"no template")
    package = Package(quarter.filled({}))
    digest = next(quarter.workspace.forms.iterdir()).stem
    for path in ("../returns/U0001_evil", str(quarter.workspace.returns / "U0001_evil"), "..\\returns\\U0001_evil"):
        changed = {
            n: package.read(n).replace(digest.encode(), path.encode()) for n in package.names if "worksheets/dxr" in n
        }
        plan = quarter.collect(package.with_parts(changed), dry_run=True)
        # Without a stamp, the sheets are read by their printed labels, with a warning.
        assert {"W506"} <= {p.code for s in plan.files[0].sheets for p in s.problems}


# One guard per file


def test_what_no_reader_foresaw_is_that_files_refusal(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    book = FileReader._book

    def failing(reader: FileReader, file, opened):
        if file.file_name == "返送1.xlsx":
            raise ZeroDivisionError("nobody foresaw it")
        return book(reader, file, opened)

    monkeypatch.setattr(FileReader, "_book", failing)
    plan = quarter.collect(quarter.filled({}), quarter.filled({}, ANOTHER))
    bad, good = sorted(plan.files, key=lambda f: bool(f.sheets))
    assert [p.code for p in bad.problems] == ["E430"]
    assert {s.status for s in good.sheets} <= {Status.MERGED, Status.UNCHANGED}
    [record] = (quarter.workspace.root / FAULTS).iterdir()
    assert record.name in bad.problems[0].message and "nobody foresaw it" in record.read_text(encoding="utf-8")


def test_what_no_rule_foresaw_is_that_files_refusal(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(case):
        if "爆発" in case.values.get(Ref("activity.countermeasure", "K1", 1), ""):
            raise RecursionError
        return judge(case)

    monkeypatch.setattr("dxreport.collect.judge.judge", failing)
    bad = quarter.filled({"01-01": {"activity.countermeasure/K1/1": "爆発"}})
    plan = quarter.collect(bad, quarter.filled({}, ANOTHER))
    assert sorted(bool(f.sheets) for f in plan.files) == [False, True]
    assert [p.code for f in plan.files if not f.sheets for p in f.problems] == ["E405"]
    assert not quarter.values("01-01").get("activity.countermeasure/K1/1")
    assert any(s.status is Status.MERGED for f in plan.files for s in f.sheets)


def test_a_person_can_still_interrupt(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FileReader, "_book", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quarter.collect(quarter.filled({}))


def test_a_container_that_nobody_foresaw_is_refused_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gathering.read_mail

    def failing(data: bytes):
        if data.startswith(b"bad"):
            raise IndexError
        return real(data)

    monkeypatch.setattr(gathering, "read_mail", failing)
    (tmp_path / "a.zip").write_bytes(zipped([("1.txt", b"bad"), ("2.txt", b"good")]))
    (tmp_path / "b.txt").write_bytes(b"good too")
    assert [(f.name, f.problem) for f in gather([tmp_path])] == [
        ("a.zip › 1.txt", "E430"), ("a.zip › 2.txt", ""), ("b.txt", ""),
    ]  # fmt: skip


# Cells


@pytest.mark.slow
@pytest.mark.parametrize(
    "xml",
    [
        "<v>NaN</v>",
        "<v>1_000</v>",
        "<v>0x10</v>",
        "<v>１２</v>",
        "<is><t>予定どおり</t></is>",
        "<v>1</v><v>2</v>",
        "<v>1e999</v>",
    ],
)
def test_a_cell_that_programs_show_differently_is_asked_about(quarter: Quarter, xml: str) -> None:
    at = quarter.cells(quarter.book(), "01-01")["procurement"]
    data = with_cell(quarter.filled({}), at, xml)
    plan = quarter.collect(data)
    [sheet] = [s for s in plan.files[0].sheets if s.measure == "01-01"]
    assert (sheet.status, [(p.code, p.cell) for p in sheet.problems if p.severity == "error"]) == (
        Status.HELD,
        [("E440", at)],
    )


def test_parts_that_differ_in_case_only(quarter: Quarter) -> None:
    package = Package(quarter.filled({}))
    name = next(n for n in package.names if "worksheets/" in n)
    data = package.data
    doubled = Package(data).with_parts({name: package.read(name)})
    from dxreport.ooxml.package import member, zip_bytes

    members = [Package(doubled).member(n) for n in Package(doubled).names]
    with pytest.raises(Unreadable, match="E403"):
        open_workbook(zip_bytes([*members, member(name.upper(), package.read(name))]))


def test_a_cell_that_stands_twice_in_an_xls() -> None:
    data = bytearray(xls({"a": {(0, 0): Shown(1.0, 0), (0, 1): Shown(2.0, 0)}}))
    at = data.index(b"\0\0\1\0\0\0" + b"\0\0\0\0\0\0\0\x40")
    data[at + 2] = 0
    assert open_workbook(bytes(data)).sheet("a").cell(1, 1).kind == "unclear"


# Names


def test_names_from_archives_and_mails_are_safe_to_show(tmp_path: Path) -> None:
    odd = [
        "x\n■ 偽.xlsx",
        "\x1b[31m赤.xlsx",
        "‮gnp.xlsx",
        "a" * 400 + ".xlsx",
        "a › b.xlsx",
        "NUL.xlsx",
        "..\\..\\c.xlsx",
    ]
    message = EmailMessage()
    message["From"], message["Date"] = "\x1b[2J偽 <a@example.lg.jp>", "Fri, 15 Jul 2022 10:00:00 +0900"
    message.add_attachment(
        zipped([(name, name.encode()) for name in odd]), maintype="application", subtype="zip", filename="a\x07.zip"
    )
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    files = list(gather([tmp_path]))
    assert len(files) == len(odd)
    for file in files:
        assert file.name.replace("　", "").isprintable() and file.sender.isprintable()
        assert len(file.file_name) <= 200 and file.name.count(" › ") == 2


def test_litter_in_a_zip_with_a_password_is_no_return(tmp_path: Path) -> None:
    locked = bytearray(zipped([("Thumbs.db", b"x"), ("回答.xlsx", b"x")]))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = -1
        while (at := locked.find(signature, at + 1)) >= 0:
            locked[at + offset] |= 1
    (tmp_path / "a.zip").write_bytes(locked)
    assert [(f.name, f.problem) for f in gather([tmp_path])] == [("a.zip › 回答.xlsx", "E402")]


# Templates


GROWING = (
    "{{ 'x' * 10**10 }}", "{{ 10**10000 }}", "{{ 'x'|center(10**10) }}", "{{ 'x'.ljust(1000000000) }}", "{{ '%1000000000d' % 1 }}",
    "{{ '{:>1000000000}'.format(1) }}", "{{ '{:{}}'.format(1, 9999) }}", "{{ '%*d' % (99999, 1) }}", "{{ [1] * 10**10 }}",
    "{{ ('x' * 99999).replace('x', 'y' * 9999) }}", "{{ [[[[[1] * 99] * 99] * 99] * 99] * 99 }}", "{{ 2**4000 * 2**4000 }}",
    "{{ ('\\t' * 99999).expandtabs(9999) }}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{{ " + "9" * 5000 + " }}",
)  # fmt: skip
LOOPS = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}" + "x" * 10_000 + "{% endfor %}",
    "{% set n = namespace(x='x') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% macro m(n) %}{% if n < 60 %}{{ m(n + 1) }}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(1) }}",
    "{{ ('x' * 99999).join(range(99999)|map('string')) }}",
    "{{ range(99999)|map('string')|map('center', 9999)|join }}",
)


@pytest.mark.parametrize("source", GROWING)
def test_an_expression_that_grows_is_a_fault_of_its_cell(source: str) -> None:
    with pytest.raises(Exception) as caught:
        computed(source, {}).value({})
    assert isinstance(caught.value, TextFault) or "Too" in type(caught.value).__name__


@pytest.mark.slow
@pytest.mark.parametrize("source", [*GROWING, *LOOPS])
@pytest.mark.parametrize("autoescape", [False, True])
def test_mails_and_reports_have_a_budget(source: str, *, autoescape: bool) -> None:
    with pytest.raises((BadTemplate, ValueError, RecursionError)):
        environment(autoescape=autoescape).from_string(source).render({})


def test_the_fault_names_the_cell(issued_quarter: Quarter) -> None:
    template = issued_quarter.form.source.package.data
    name = issued_quarter.form.part
    part = Package(template).read(name)
    drawn = re.search(rb'<c r="(B[0-9]+)"( s="[0-9]+")? t="s"><v>[0-9]+</v></c>', part)
    assert drawn
    grows = b'<c r="%s"%s t="inlineStr"><is><t>{{ "x" * 10**10 }}</t></is></c>' % (drawn[1], drawn[2] or b"")
    data = Package(template).with_parts({name: part.replace(drawn[0], grows)})
    from dxreport.form.render.prepare import PreparedForm

    form = compile_form(data, "様式.xlsx")
    master = issued_quarter.master
    with pytest.raises(TemplateError, match=drawn[1].decode()):
        PreparedForm(form, master.settings.round("第1四半期"), master.settings, OFFICE)
