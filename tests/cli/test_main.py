"""The command line as a whole: exit codes, streams, Japanese, and lazy imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import pytest

from dxreport import cli
from dxreport.cli import COMMANDS, main, program
from dxreport.cli.common import moment
from dxreport.domain.errors import LockedError
from dxreport.lifecycle import check

JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
# Slow to import, and of no use to a command that only reads the master.
HEAVY = {
    "asyncio", "concurrent.futures", "distributed", "filelock", "importlib.metadata", "jinja2", "msoffcrypto",
    "multiprocessing", "numpy", "openpyxl", "oxmsg", "pandas", "typst", "xlsxwriter",
}  # fmt: skip


def command(name: str) -> click.Command:
    """Return a command of the program."""
    found = program.get_command(click.Context(program), name)
    assert found is not None
    return found


@pytest.fixture
def imported(process) -> Callable[..., set[str]]:
    """Return ``imported(*command_lines)``, the names of the modules that are loaded once these have run."""
    script = """if True:
        import json, sys
        from dxreport.cli import main
        for args in json.loads(sys.argv[1]):
            assert main(args) == 0
        sys.stderr.write(" ".join(sys.modules))
    """
    return lambda *command_lines: set(process("-c", script, json.dumps(command_lines)).stderr.decode().split())


def own(modules: set[str]) -> set[str]:
    """Return the modules of the program, without its name."""
    return {m.removeprefix("dxreport.") for m in modules if m.startswith("dxreport.")}


def rooms(modules: set[str]) -> set[str]:
    """Return the rooms of the program that modules are in."""
    return {m.partition(".")[0] for m in own(modules)}


def test_help_imports_nothing_but_click(imported):
    modules = imported(["--help"])
    assert own(modules) == {
        "domain", "domain.errors", "domain.visible", "cli", "cli.console", "cli.common", "cli.japanese",
    }  # fmt: skip
    assert modules.isdisjoint(HEAVY | {"lxml"})


def test_the_help_of_a_command_imports_little_more(imported):
    modules = imported(*([name, "--help"] for name in COMMANDS))
    assert rooms(modules) == {"cli", "domain", "workspace"}
    assert modules.isdisjoint(HEAVY | {"lxml"})


@pytest.mark.parametrize("args", [[], ["status"], ["status", "--json"], ["history"], ["history", "--measure", "01-01"]])
def test_what_only_reads_the_master_imports_nothing_that_writes(args, imported, quarter):
    """So it answers at once."""
    modules = imported([*args, "-C", str(quarter.root), "--now", "2022-07-20"])
    assert rooms(modules) <= {"cli", "domain", "intake", "ooxml", "workspace", "master", "status", "collect"}
    assert {"master.read", "ooxml.package"} < own(modules)
    assert {m for m in own(modules) if m.startswith(("collect.", "intake."))} <= {
        "collect.copies", "collect.originals", "intake.returned",
    }  # fmt: skip
    assert own(modules).isdisjoint({"status.export", "status.page", "status.workbook", "workspace.transaction"})
    assert modules.isdisjoint(HEAVY | {"email", "tempfile", "traceback"})
    assert "hashlib" not in modules or args[:1] == ["history"]  # it brings OpenSSL


def test_nothing_is_collected_at_the_exit(process):
    script = """if True:
        import atexit, gc, sys
        from dxreport.cli import main
        atexit.register(lambda: sys.stderr.write(f"{gc.get_freeze_count() > 10_000}"))
        assert main(["--version"]) == 0
    """
    assert process("-c", script).stderr == b"True"


def test_every_module_with_a_command_is_listed():
    folder = Path(cli.__file__).parent
    assert {p.stem for p in folder.glob("*.py") if "\n@command(" in p.read_text(encoding="utf-8")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained_in_japanese(name, capsys):
    found = command(name)
    assert found.name == name and JAPANESE.search(found.help) and JAPANESE.search(COMMANDS[name])
    options = [p for p in found.params if isinstance(p, click.Option)]
    assert [o.opts for o in options if not JAPANESE.search(o.help or "")] == []
    assert {"-C", "--now"} <= {name for o in options for name in o.opts}
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"使い方: dxreport {name} ") and not shown.err
    assert "Options" not in shown.out and "Show this" not in shown.out


def test_help_lists_the_commands_in_the_order_of_the_loop(capsys):
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.partition("コマンド:")[2].splitlines()
    assert [line.split()[0] for line in lines if line.strip()] == list(COMMANDS)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert re.fullmatch(r"dxreport \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["chekc"], "「chekc」というコマンドはありません"),
        (["colect"], "「collect」の誤りではありませんか"),
        (["check", "--jsno"], "「--jsno」というオプションはありません。「--json」"),
        (["check", "--quarter", "5"], "--quarter: 1 から 4 まで"),
        (["check", "--quarter"], "--quarter には値を続けて"),
        (["check", "--strict=1"], "--strict には値が要りません"),
        (["check", "--now", "明日"], "--now: 「明日」が日時として読めません"),
        (["check", "余り"], "「余り」は余分です"),
        (["history", "01-01"], "「01-01」は余分です。施策を選ぶときは、--measure 01-01 と"),
        (["report", "--quater", "1"], "「--quater」というオプションはありません。「--quarter」ではありませんか。\n"),
        (["init"], "DIR を指定してください"),
        (["init", "x", "-C", __file__], "-C: 「"),
    ],
)
def test_wrong_usage_is_2_and_says_so_in_japanese(args, words, capsys):
    assert main(args) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("エラー: ") and words in shown.err and "Error" not in shown.err
    assert not shown.out


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("2022-07-19T09:00:00", datetime(2022, 7, 19, 9)),
        ("2022-07-19", datetime(2022, 7, 19)),
        ("2022-07-19T09:00:00+09:00", datetime(2022, 7, 19, 9)),
        ("2022/7/1", datetime(2022, 7, 1)),
        ("2022/7/1 9:05", datetime(2022, 7, 1, 9, 5)),
        ("令和４年７月１日", datetime(2022, 7, 1)),
        ("R4.7.1 17:30:15", datetime(2022, 7, 1, 17, 30, 15)),
    ],
)
def test_a_time_is_iso_or_has_a_date_as_in_the_settings(written, when):
    assert moment(written) == when


def test_alone_outside_of_a_workspace_it_says_how_to_begin(tmp_path, capsys):
    assert main(["-C", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert "dxreport demo" in shown.err and "dxreport init" in shown.err and not shown.out


def test_within_a_workspace_the_workspace_is_named(workspace, capsys):
    inside = workspace / "master" / "backup"
    assert main(["status", "-C", str(inside)]) == 3
    assert f"作業フォルダーは {workspace.resolve()} です。" in capsys.readouterr().err
    assert main(["-C", str(inside)]) == 2
    assert str(workspace.resolve()) in capsys.readouterr().err


def test_alone_in_a_workspace_it_says_in_four_lines_where_the_round_stands(quarter, capsys):
    def told(*args: str) -> list[str]:
        assert main([*args, "-C", str(quarter.root)]) == 0
        return capsys.readouterr().out.splitlines()

    assert told("--now", "2022-07-20") == [
        "令和４年度 第1四半期　提出期限 令和４年７月15日（金）",
        "今日は17部署に連絡します（電話1・メール16）。提出期限 ７月15日（金）から5日過ぎ、26施策のうち0がそろいました。",
        f"[{'.' * 40}] 0／26　未提出 26",
        "次のコマンド: dxreport mail remind",
    ]
    assert told("--now", "2022-07-12")[-1] == "次のコマンド: dxreport mail request"
    assert main(["mail", "request", "--now", "2022-07-11", "-C", str(quarter.root)]) == 1  # 収税対策室 has no address
    capsys.readouterr()
    before = quarter.files()
    assert told("--now", "2022-07-12")[-1] == "次のコマンド: dxreport status"  # it is called
    assert quarter.files() == before


def test_alone_before_the_first_issue_it_says_to_issue(workspace, capsys):
    assert main(["-C", str(workspace)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "次のコマンド: dxreport render --quarter 1"


def test_alone_in_an_empty_workspace_it_says_what_to_fill_in_and_check_does_too(tmp_path, capsys):
    folder = tmp_path / "令和６年度"
    assert main(["init", str(folder)]) == 0
    for args in ([], ["check"]):
        capsys.readouterr()
        assert main([*args, "-C", str(folder)]) == 0
        said = capsys.readouterr().out
        assert (
            "「部署」「施策」に、まだ行がありません" in said
            and "master/master.xlsx の「部署」シートに部署名と宛先" in said
        )


def test_a_folder_without_a_master_is_3(tmp_path, capsys):
    assert main(["check", "-C", str(tmp_path)]) == 3
    shown = capsys.readouterr()
    assert re.search("エラー: .*master.xlsx.*\n対処: .*dxreport init", shown.err) and not shown.out


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (LockedError("開いています。", "閉じてください。"), 3, "エラー: 開いています。\n対処: 閉じてください。\n"),
        (ZeroDivisionError("整数"), 3, "予期しないエラーが起きました（ZeroDivisionError: 整数）。"),
        (
            PermissionError(13, "Permission denied", "a.xlsx"),
            3,
            "エラー: a.xlsx を読み書きできません（権限がありません）。",
        ),
        (KeyboardInterrupt(), 130, "エラー: 中断しました。"),
    ],
)
def test_every_exception_is_handled_by_main(raised, code, words, workspace, monkeypatch, capsys):
    def fail(*_args):
        raise raised

    monkeypatch.setattr(check, "audit", fail)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    assert main(["check", "-C", str(workspace)]) == code
    shown = capsys.readouterr()
    assert words in shown.err and "Traceback" not in shown.err and not shown.out


def test_a_traceback_is_shown_when_asked_for(workspace, monkeypatch, capsys):
    monkeypatch.setattr(check, "audit", lambda *_args: 1 / 0)
    monkeypatch.setenv(cli.DEBUG, "1")
    assert main(["check", "-C", str(workspace)]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_the_workspace_may_be_given_before_and_after_the_command(workspace, tmp_path, capsys):
    answers = []
    for args in (
        ["check", "-C", str(workspace), "--json"],
        ["-C", str(workspace), "check", "--json"],
        ["-C", str(tmp_path), "check", "-C", str(workspace), "--json"],  # the later option wins
    ):
        assert main(args) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0]["summary"]["measures"] == 26
    assert answers[0] == answers[1] == answers[2]


def test_the_time_may_be_given_before_and_after_the_command(tmp_path, capsys):
    for n, args in enumerate((["init", "--now", "2024-05-01"], ["--now", "2024-05-01T09:00:00+09:00", "init"])):
        assert main([*args, str(tmp_path / str(n))]) == 0
        assert "令和６年度" in capsys.readouterr().out


def test_a_closed_pipe_ends_the_program_quietly(workspace):
    command_line = [sys.executable, "-m", "dxreport", "check", "-C", str(workspace)]
    with subprocess.Popen(
        command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(cli.__file__).parents[2]
    ) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 141


def test_a_console_that_lacks_a_character_shows_a_question_mark(process, tmp_path):
    done = process("-m", "dxreport", "init", str(tmp_path / "髙😀"), PYTHONIOENCODING="cp932")
    assert done.returncode == 0, done.stderr
    assert "髙?" in done.stdout.decode("cp932")


def test_json_is_utf8_on_every_console(process, workspace):
    done = process("-m", "dxreport", "check", "-C", str(workspace), "--json", PYTHONIOENCODING="cp932")
    assert json.loads(done.stdout.decode("utf-8"))["round"] == "第1四半期"
