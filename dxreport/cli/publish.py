"""``dxreport publish``: put all sheets into one workbook for publication."""

from __future__ import annotations

from pathlib import Path

import click

from ..domain.spelling import by_number
from . import console
from .common import TOO_TALL, Call, command, to_folder

_NO_QUARTER = "様式の「今回の四半期」の欄は空欄です。--quarter 1 のように四半期を指定すると、その四半期のものが出ます。"


@command(answers=True, rounds=True)
@click.option("--pdf", is_flag=True, help="LibreOffice があれば、PDF も作る")
@to_folder
def publish(call: Call, pdf: bool, out: Path | None) -> int:
    """全施策のシートを、公表用の 1 冊のブックにまとめます。様式がいくつかあれば、様式ごとに 1 冊です。
    回を指定すると、その回の様式で、その四半期の欄を出して作ります。

    先頭に、各シートへのリンクが付いた「施策一覧」が入ります。
    入力用の印や色、入力規則、メモ、作成者名、提出期限は入りません。

    終了コード: 0 完了　1 ブックはできたが、LibreOffice がないので PDF を作れない
    """
    from ..issue import print_pdf
    from ..issue.forms import Forms
    from ..issue.publish import out_folder, published_sets, write

    workspace, master = call.workspace, call.master()
    round_ = call.round(master) if call.round_name or call.quarter else None
    forms = Forms(workspace.templates, master, published=True)
    found = published_sets(master, forms, round_, lambda sheets: console.progress(sheets, "作成中"))
    program = print_pdf.libreoffice() if pdf else None
    if program and (count := sum(len(one.measures) for one in found)) >= print_pdf.MANY:
        console.say(f"{count} 施策のシートを PDF にしています。数分かかり、メモリーを数 GB 使うことがあります。")
    printed = {
        one: print_pdf.print_pdf(program, one.data, print_pdf.TIMEOUT + print_pdf.EACH * len(one.measures))
        if program
        else None
        for one in found
    }
    written = write(workspace, printed, out or out_folder(workspace, master))
    measures = sorted((id_ for one in found for id_ in one.measures), key=by_number)
    too_tall = [cell for one in found for cell in one.too_tall]
    pdfs = dict.fromkeys(path.with_suffix(".pdf") for path in written)
    before = [path for path in pdfs if path not in written and path.exists()]
    if call.as_json:
        files = [str(path) for path in written]
        answer = {"files": files, "measures": measures, "too_tall": too_tall, "pdf_before": list(map(str, before))}
        console.emit_json(answer)
    else:
        console.out(f"{len(measures)} 施策のシートをまとめました。", *(f"  {path}" for path in written))
    console.say(*(TOO_TALL.format(cell=cell) for cell in too_tall))
    if any(one.lacks_quarter for one in found):
        console.say(_NO_QUARTER)
    for path in before:
        how = "" if pdf else "作り直すには --pdf を付けてください。"
        console.say(f"{path.name} は、前に作った PDF のままです（今回のブックの内容ではありません）。{how}")
    if pdf and not program:
        console.say(f"LibreOffice がないので、PDF は作れませんでした。{print_pdf.HOW_TO_PRINT}")
        return 1
    return 0
