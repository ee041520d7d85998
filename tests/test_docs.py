"""Check what the documents say about commands, options, keys, problems and files against the program."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import click
import pytest

from dxreport.cli import COMMANDS, main, program
from tests.support.generated import DOCUMENTS, ROOT
from tests.support.json_doc import documented, expanded, paths
from tests.support.quarter import Quarter

READMES = ("README.md", "README.ja.md")
GUIDE = "docs/運用の手引き.md"
PAGES = sorted(
    p.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "templates", "gallery")
    for p in (ROOT / folder).glob("*.md")
)
NOT_IN_THE_TOUR = {"resolve", "dismiss"}  # nothing is in conflict there, nor to be put aside


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_documents_are_up_to_date(name):
    assert text(name) == DOCUMENTS[name](), "run: make docs"


@pytest.mark.parametrize("name", READMES)
def test_readmes_list_every_command_and_nothing_else(name):
    assert set(re.findall(r"^\| `([a-z]+)", text(name), re.MULTILINE)) == set(COMMANDS)


def test_the_guide_shows_every_command():
    assert {name for name in COMMANDS if f"dxreport {name}" not in text(GUIDE)} == set()


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_options_that_documents_name_exist(name):
    context = click.Context(program)
    for command, rest in re.findall(r"(?:^|^\$ |`)dxreport ([a-z]+)\b([^`\n#]*)", text(name), re.MULTILINE):
        assert command in COMMANDS, command
        known = {opt for p in program.get_command(context, command).params for opt in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{command}{rest}"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)|<img src=\"([^\"]+)\"", text(name)):
        path, _, anchor = "".join(target).partition("#")
        if path.startswith("https:"):
            continue
        page = (ROOT / name).parent / path if path else ROOT / name
        assert page.exists(), target
        if anchor:
            assert anchor in anchors(page.read_text(encoding="utf-8")), target


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_modules_that_documents_name_exist(name):
    for dotted in re.findall(r"\bdxreport(?:\.[a-z_]\w*)+", text(name)):
        assert importlib.util.find_spec(dotted), dotted


@pytest.mark.parametrize("name", PAGES)
def test_files_that_documents_name_exist(name):
    for path in re.findall(r"\b(?:dxreport|tests|docs|benchmarks)/[\w./-]*", text(name)):
        assert "NAME" in path or (ROOT / path.rstrip(".")).exists(), path


def test_names_that_documents_place_in_a_file_are_in_it():
    pages = "".join(map(text, PAGES))
    placed = re.findall(r"`([A-Za-z_]\w*)`(?: and `\w+`,? both)? (?:in|of) `((?:dxreport|tests)/[\w/]+\.py)`", pages)
    assert len(placed) > 15
    assert [(n, p) for n, p in placed if not re.search(rf"\b{n}\b", (ROOT / p).read_text(encoding="utf-8"))] == []


def test_the_house_shows_every_room_and_nothing_else():
    picture = re.search(r"```text\n(.*?)```", text("CONTRIBUTING.md"), re.DOTALL)[1]
    assert set(re.findall(r"(\w+)/ ", picture)) == {p.parent.name for p in (ROOT / "dxreport").glob("*/__init__.py")}


def test_names_of_the_glossary_are_those_of_the_code():
    columns = re.findall(r"^\| [^|]+ \| ([^|]+) \|", text("docs/glossary.md"), re.MULTILINE)
    names = [name for column in columns for name in re.findall(r"`([^`]+)`", column)]
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "dxreport").rglob("*.py"))
    words = set(re.findall(r"\w+", code))
    assert names and [n for n in names if not words.issuperset(n.split("."))] == []
    assert sorted(set(names)) == sorted(names), "one word for one thing"


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_exist(name):
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text(name))) <= targets


def test_the_readme_quotes_the_results_of_one_run():
    rows = re.findall(r"^\| (?:render|read): (.+) \|$", text("README.md"), re.MULTILINE)
    results = text("benchmarks/RESULTS.md")
    assert rows and [row for row in rows if f"\n| {row} |\n" not in results] == []


def test_pictures_are_of_a_readable_size():
    for path in (ROOT / "docs/images").iterdir():
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG") and len(data) <= 200_000
        assert 600 <= int.from_bytes(data[16:20], "big") <= 1600  # IHDR: width


# The tour


def tour(name: str) -> list[tuple[list[str], int]]:
    """Return the commands of a README's console blocks, each with its stated exit code."""
    out = []
    for block in re.findall(r"^```console\n(.*?)^```", text(name), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            assert line.startswith("$ "), line
            command, _, remark = line[2:].partition(" #")
            code = re.match(r" exits (\d)", remark)
            out.append((shlex.split(command), int(code[1]) if code else 0))
    return out


def test_both_readmes_take_the_same_tour_through_all_commands():
    first, second = map(tour, READMES)
    assert first == second
    assert {words[1] for words, _ in first if words[0] == "dxreport"} == set(COMMANDS) - NOT_IN_THE_TOUR


@pytest.mark.slow
def test_the_tour_runs_as_described(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for (program_name, *args), code in tour(READMES[0]):
        if program_name == "cd":
            monkeypatch.chdir(Path(*args).resolve())
            continue
        assert program_name == "dxreport"
        assert main(args) == code, (args, capsys.readouterr().err)
        capsys.readouterr()
    assert (tmp_path / "令和５年度/master/master.xlsx").is_file()


# Keys of --json


def answers(quarter: Quarter, out: Path) -> dict[str, set[str]]:
    """Return the paths in each command's answer, for a quarter with a conflict, a held sheet and an unreadable file."""
    progress = "activity.progress/K1/1"
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    returns = [
        quarter.put(quarter.filled({"01-01": {"procurement": "部署の内容"}}), "a.xlsx"),
        quarter.put(quarter.filled({"03-01": {progress: "順調"}}, "総務課"), "b.xlsx"),
        quarter.put(b"no workbook", "c.txt"),
    ]
    found: dict[str, set[str]] = {}

    def ask(section: str, *args: object, code: int = 0) -> None:
        shown = io.BytesIO()
        with redirect_stdout(io.TextIOWrapper(shown, encoding="utf-8", write_through=True)):
            assert main([*map(str, args), "-C", str(quarter.root), "--now", "2022-07-20", "--json"]) == code, args
        found.setdefault(section, set()).update(paths(json.loads(shown.getvalue())))

    ask("check", "check")
    ask("render", "render", "--quarter", 2, "--dry-run")
    ask("collect", "collect", *returns, code=1)
    ask("status", "status")
    ask("status", "status", "--out", out / "status.html")
    ask("mail", "mail", "remind", "--out", out, code=1)
    ask("dismiss", "dismiss", "U0003", "--reason", "返送ではない")
    ask("report", "report", "--quarter", 1, "--for", "coordinator", "--format", "html", "--final", "--out", out)
    ask("resolve --take", "resolve", "C0001", "--take", "returned")
    ask("resolve --accept", "resolve", "U0002/03-01", "--accept", "--reason", "電話で確認")
    ask("history", "history")
    ask("report", "report", "--quarter", 2, "--format", "html", "--out", out)
    quarter.write("01-01", {"procurement": "また直した内容"})
    ask("withdraw", "withdraw", "U0001", code=1)
    ask("publish", "publish", "--out", out / "公表")
    ask("rollover", "rollover", "--out", out / "次")
    quarter.write("01-01", {"contact_person": "新しい担当"})
    ask("rollover", "rollover", "--out", out / "次")
    return found


@pytest.mark.slow
def test_json_keys_are_those_that_are_documented(quarter, tmp_path):
    described = documented()
    answered = answers(quarter, tmp_path / "out")
    assert set(answered) == {section for section in described if section.partition(" ")[0] in COMMANDS}
    for section, actual in answered.items():
        stated = set(expanded(described[section], described))
        objects = {path for path in actual if path.endswith(".")}
        assert actual - objects - stated == set(), section
        assert {path for path in stated if f"{path.rpartition('.')[0]}." in objects} - actual == set(), section


def test_json_is_documented_for_every_command_that_has_it():
    context = click.Context(program)
    has = {name for name in COMMANDS if any("--json" in p.opts for p in program.get_command(context, name).params)}
    assert {head.partition(" ")[0] for head in documented()} & set(COMMANDS) == has
