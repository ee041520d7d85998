"""``dxreport init``: make a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from ..domain.problems import shown
from . import console
from .common import PATH, Call, command

if TYPE_CHECKING:
    from ..lifecycle.import_forms import ImportedForms

_STEPS_WHEN_READ = (
    "master/master.xlsx を Excel で開き、次の表を確かめて保存します。",
    "  部署: 建制順に並べ、宛先のメールアドレスを書く",
    "  設定: 回の「締切」（提出期限）、進捗の語、分野の名前、メールのドメイン",
)
_STEPS_WHEN_EMPTY = (
    "master/master.xlsx を Excel で開き、次の表に書いて保存します。",
    "  部署: 部署名と宛先のメールアドレス（建制順に）",
    "  設定: 回の「締切」（提出期限）、分野の名前、メールのドメイン",
    "  施策: 施策ID、施策名、主管部署。取組と成果目標は、計画の回で部署に書いてもらえます",
)
_STEPS_WITHOUT_PLAN = (
    *_STEPS_WHEN_EMPTY[:-1],
    "  施策: 施策ID、施策名、主管部署。様式に出す欄のうち部署が書かないもの（到達目標、取組 など）も、",
    "        「施策」「取組」などのシートに",
)


@command()
@click.argument("folder", metavar="DIR", type=PATH, required=False)
@click.argument("more", nargs=-1, metavar="", type=PATH)
@click.option("--sample", is_flag=True, help="実在の 26 施策（令和４年度）を入れる")
@click.option(
    "--from", "forms", multiple=True, metavar="FILE…", type=PATH,
    help="記入済みの様式（ファイル、フォルダー、zip）から最初のマスターを作る",
)  # fmt: skip
@click.option("--template", metavar="FILE", type=PATH, help="--from のファイルの様式（指定しなければ、付属の様式）")
@click.option(
    "--form", "drawn", is_flag=False, flag_value="", metavar="NAME",
    help="使う様式（様式集の名前か、項目のシートのあるファイル。名前を書かなければ、一覧を示す）",
)  # fmt: skip
def init(
    call: Call,
    *,
    folder: Path | None,
    more: tuple[Path, ...],
    sample: bool,
    forms: tuple[Path, ...],
    template: Path | None,
    drawn: str | None,
) -> int:
    """作業フォルダー DIR を作ります。

    できるもの:
      templates/  様式（Excel で描いたもの）と、その作り方
      master/     マスター（全施策の台帳）
      reports/    配付するファイルと報告書の置き場

    --sample も --from も付けなければ、施策も部署もないマスターができます。
    年度は DIR の名前（令和５年度 など）から、名前が年度でなければ --now の日から決まります。
    --from を付けると、記入済みの様式（xlsx、xls、ods）を印刷された見出しから読み取ります。
    読み取れなかった記入は一覧にします。
    --form を付けると、付属の年間活動計画の代わりにその様式が入り、その項目がマスターに入ります。
    すでにあるファイルは上書きしません。

    終了コード: 0 完了　1 --from のファイルに、読み取れなかった記入があった
    """
    if more and not forms:
        extra = f"余分な引数があります: {' '.join(map(str, more))}"
        raise UsageError(extra, "作業フォルダーは1つだけ指定してください。")
    if sample and forms:
        raise UsageError("--sample と --from は、どちらか一方だけを指定してください。")
    if template and not forms:
        raise UsageError("--template は --from と一緒に指定してください。")
    if drawn is not None and (sample or forms):
        raise UsageError("--form は、--sample や --from と一緒には指定できません。")
    from ..lifecycle.init import create, create_from

    if drawn == "":
        from ..lifecycle.gallery import descriptions

        lines = (f"  {name}　{said}".rstrip() for name, said in descriptions().items())
        console.out("様式集にある様式（dxreport init DIR --form 名前）:", *lines)
        return 0
    if folder is None:
        raise UsageError("DIR を指定してください。", "dxreport init 令和５年度 のように書きます。")
    where, today, found = call.folder / folder, call.now.date(), None
    if forms:
        made, found = create_from(where, today, (*forms, *more), template)
    else:
        made = create(where, today, sample=sample, form=drawn or "")
    files = (f"  {path.relative_to(where)}" for path in made.files)
    console.out(f"{where} に作業フォルダーを作りました（{made.fiscal_year}）。", *files)
    if found:
        _tell(found)
    empty = _STEPS_WHEN_EMPTY if made.asks_activities else _STEPS_WITHOUT_PLAN
    steps = () if sample else _STEPS_WHEN_READ if found else empty
    check = f'dxreport check -C "{where}"' if " " in str(where) else f"dxreport check -C {where}"
    console.out("\n次にすること:", *(f"  {step}" for step in (*steps, check)))
    return 1 if found and found.unplaced else 0


def _tell(found: ImportedForms) -> None:
    console.out(f"\n{len(found.measures)} 施策、{len(found.departments)} 部署を読み取りました。")
    if found.skipped:
        console.out(f"  記入要領、施策一覧、差し戻しのシート {found.skipped} 枚は、読み飛ばしました。")
    for file, sheet in found.other_sheets:
        console.out(f"  様式ではないシート（読み取っていません）: {file} シート「{sheet}」")
    for file, sheet, labels in found.missing:
        console.out(f"  シートに欄がない項目: {file} シート「{sheet}」 {'、'.join(labels)}")
    if found.unplaced:
        console.out(f"マスターに入れられなかったもの（{len(found.unplaced)} 件）:")
    for u in found.unplaced:
        where = " ".join(filter(None, (u.file, f"シート「{u.sheet}」" if u.sheet else "", u.cell)))
        console.out(f"  {where}: {u.reason}{f'（{shown(u.text)}）' if u.text else ''}")
