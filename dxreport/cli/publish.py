"""``dxreport publish``: put all sheets into one workbook for publication."""

from __future__ import annotations

from pathlib import Path

import click

from . import console
from .common import TOO_TALL, Call, command


@command(answers=True)
@click.option("--pdf", is_flag=True, help="LibreOffice があれば、PDF も作る")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="書き出すフォルダー")
def publish(call: Call, pdf: bool, out: Path | None) -> int:
    """全施策のシートを、公表用の 1 冊のブックにまとめます。

    先頭に、各シートへのリンクが付いた「施策一覧」が入ります。
    入力用の印や色、入力規則、メモ、作成者名、提出期限は入りません。

    終了コード: 0 完了　1 ブックはできたが、LibreOffice がないので PDF を作れない
    """
    from ..issue import print_pdf
    from ..issue.publish import out_folder, published_set, write
    from ..issue.render import form_of

    workspace, master = call.workspace, call.master()
    found = published_set(master, form_of(workspace, master.settings.catalogue, published=True))
    program = print_pdf.libreoffice() if pdf else None
    printed = print_pdf.print_pdf(program, found.data) if program else None
    written = write(found, printed, out or out_folder(workspace, master))
    if call.as_json:
        files = [str(path) for path in written]
        console.emit_json({"files": files, "measures": found.measures, "too_tall": found.too_tall})
    else:
        console.out(f"{len(found.measures)} 施策のシートをまとめました。")
        for path in written:
            console.out(f"  {path}")
    for cell in found.too_tall:
        console.say(TOO_TALL.format(cell=cell))
    if pdf and not program:
        console.say(f"LibreOffice がないので、PDF は作れませんでした。{print_pdf.HOW_TO_PRINT}")
        return 1
    return 0
