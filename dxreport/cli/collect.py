"""``dxreport collect``: read returns, check them, merge the sheets without errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import console
from .common import PATH, Call, command, worked

if TYPE_CHECKING:
    from ..workers import Choice

_FEW = 10  # marked copies whose paths are shown


@command(answers=True)
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH…")
@click.option("--dry-run", is_flag=True, help="何が取り込まれるかだけを示す（何も書きません）")
@click.option("--replace", is_flag=True, help="配付時のままの欄も含めて、今回の返送の内容に置き換える")
@click.option("--password", metavar="TEXT", help="パスワード付きのブックを開くパスワード")
@click.option(
    "--password-file", type=PATH, metavar="FILE", help="部署ごとのパスワードの一覧（1 行に「部署名,パスワード」）"
)
@worked
def collect(
    call: Call, *, paths: tuple[Path, ...], dry_run: bool, replace: bool, password: str | None,
    password_file: Path | None, workers: Choice,
) -> int:  # fmt: skip
    """返送されたファイル（フォルダー、zip、保存したメールも）を読み、確かめて、マスターに取り込みます。

    誤りのあるシートだけを保留し、ほかのシートは取り込みます。どのファイルも元のまま控えを残します。
    作業フォルダーの templates、reports、master は、dxreport が使うフォルダーなので、その中は読みません。
    パスワード付きのブックは、どのパスワードでも開けなければ、画面で尋ねます。
    """
    from ..collect.passwords import read_passwords
    from ..collect.run import collect as run
    from .collect_results import answer, lines, news

    passwords = {"": password} if password else {}
    if password_file is not None:
        passwords |= read_passwords(password_file)
    done = run(
        call.workspace, paths, call.now, dry_run=dry_run, replace=replace, passwords=passwords,
        ask=_ask if console.someone_there() else None, watch=lambda files: console.progress(files, "読み取り中"), workers=workers,
    )  # fmt: skip
    if call.as_json:
        console.emit_json({**answer(done.plan, dry_run=dry_run), "copies": [str(path) for path in done.copies]})
    else:
        told = {f.return_id for f in news(done.plan)}
        copies = [path for path in done.copies if path.name.partition("_")[0] in told]
        made = copies if len(copies) <= _FEW else [f"{copies[0].parent} に {len(copies)} 冊"]
        console.out(*lines(done.plan, dry_run=dry_run), *(f"差し戻し用のファイル: {what}" for what in made))
    return 0 if done.plan.clean else 1


def _ask(name: str) -> str:
    """Prompt for the password of a file, without echo; ``""`` leaves the file unread."""
    question = f"{name} のパスワード（読まないときは Enter）"
    return click.prompt(question, default="", show_default=False, hide_input=True, err=True)
