"""The table of cases: what departments do to their workbooks, and what ``collect`` answers.

Unless a case says otherwise, the workbook is that of 産業振興課, with its sheets 01-01 and 01-04 filled in without errors.
``docs/返送ファイルの扱い.md`` is made from the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from tests.support import edits
from tests.support.edits import PROCUREMENT, PROGRESS, At, Make, Returned, Steps, good
from tests.support.quarter import Quarter
from tests.support.xlsb import REF_ERROR, text_of_formula

BOTH = "01-01 merged; 01-04 merged"
HELD = "01-01 held {}; 01-04 merged"
SAVED = ("xlsx", "xls", "ods")


@dataclass(frozen=True)
class Case:
    """One row of the table.

    ``name`` says in English what was done; ``done`` and ``told`` say in Japanese what people do and how it is handled.
    ``make`` makes the file, or LibreOffice takes ``steps`` and saves it in ``formats``; ``sent`` turns the saved file
    into what is sent. ``said`` is the answer of ``collect`` in short: the problems or the sheets of each file, with
    codes. ``lands`` holds expected texts of the master by "measure ref", ``cell`` the Ref whose cell the first problem
    names, ``moved`` and ``notes`` what the answer says about moved cells and comments.
    """

    section: str
    name: str
    done: str
    told: str
    said: str = BOTH
    make: Make | None = None
    steps: Callable[[At], Steps] | None = None
    formats: tuple[str, ...] = SAVED
    sent: Callable[[Quarter, Path], Returned] = lambda _, path: [path]
    password: str = ""
    options: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    lands: Mapping[str, str] = field(default_factory=dict)
    cell: str = ""
    moved: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()


F, S, P, T, C, N = (
    "ファイルの形式と送り方",
    "見たままの文字",
    "パスワード",
    "シートの形",
    "コメント",
    "ブックでないもの",
)
READ = "中身で見分けて読み取ります"
SEEN = "画面に見えていたとおりの文字で取り込みます"
MAIL = "[産業振興課 <sangyou@city.kisarazu.lg.jp> 2022-07-15T10:02:03+09:00] "
GOOD = "; 03-01 merged; 03-05 merged"  # the good return in the same run


def lands(text: str, ref: str = PROCUREMENT) -> dict[str, str]:
    """Return the expectation of this text in 01-01 of the master."""
    return {f"01-01 {ref}": text}


def pasted(name: str, done: str, xml: str, text: str, **form: str) -> Case:
    """Return a case with a value in 調達内容 that is not stored as a text."""
    return Case(S, name, done, SEEN, make=edits.cell_of(PROCUREMENT, xml, **form), lands=lands(text))


def faulty(name: str, done: str, xml: str, code: str, told: str, **form: str) -> Case:
    """Return a case with a value in 調達内容 that is no answer: the sheet is held."""
    return Case(S, name, done, told, HELD.format(code), edits.cell_of(PROCUREMENT, xml, **form), cell=PROCUREMENT)


def no_workbook(name: str, done: str, code: str, data: bytes | Make, file: str, told: str = "") -> Case:
    """Return a case with a file that is no workbook, and a good return of another department."""
    return Case(
        N,
        name,
        done,
        told or "1 行で理由を示し、ほかのファイルは読み取ります",
        f"refused {code}{GOOD}",
        edits.beside_good(data, file),
    )


FORMATS = (
    Case(F, "sent as it was issued", "配付されたブックに記入して、そのまま返す", "読み取ります", make=good),
    Case(F, "saved by LibreOffice", "LibreOffice で .xlsx、.xls、.ods に保存し直す", "読み取ります", steps=lambda at: []),
    Case(F, "saved by another program", "ほかのソフト（openpyxl）で開いて保存し直す", "読み取ります", make=edits.by_openpyxl),
    Case(F, "saved as a workbook with macros", "マクロ有効ブック（.xlsm）で保存する", "読み取ります。マクロは動かさず、差し戻すファイルからは取り除きます",
         f"file W641; {BOTH}", make=edits.xlsm),
    Case(F, "saved as a binary workbook", "バイナリブック（.xlsb）で保存する", "読み取ります", make=edits.xlsb_with()),
    Case(F, "an .xlsx called .xls", ".xlsx の拡張子を .xls に変える", READ, make=edits.called("返送.xls")),
    Case(F, "an .xls or .ods called .xlsx", ".xls や .ods の拡張子を .xlsx に変える", READ, steps=lambda at: [], formats=("xls", "ods"),
         sent=edits.renamed_to("返送.xlsx")),
    Case(F, "an .xlsx called .zip", "拡張子を .zip に変える", READ, make=edits.called("返送.zip")),
    Case(F, "an .xlsx without an ending", "拡張子を消す", READ, make=edits.called("返送")),
    Case(F, "file and sheets renamed", "ファイル名やシート名を変える", "シートに隠された目印で見分けます", make=edits.sheets_renamed),
    Case(F, "one content under two names", "同じファイルを別の名前でもう一度送る", "1 回分として扱います", f"{BOTH}; 01-01 unchanged; 01-04 unchanged",
         edits.twice),
    Case(F, "a zip with names in Shift_JIS", "Windows で zip にまとめる（Shift_JIS のファイル名）", "中のファイルを 1 つずつ読み取ります",
         f"{BOTH}{GOOD}", edits.zip_of_windows, names=("返送.zip › 表計算/ソフト一覧.xlsx", "返送.zip › 表計算/能率.xlsx")),
    Case(F, "zips in zips", "zip を zip に入れる（3 重まで）", "中のファイルを読み取ります", make=edits.nested_zips(3)),
    Case(F, "zips in zips in zips in zips", "zip を 4 重に入れる", "受付不可とし、理由を示します", "refused E405", edits.nested_zips(4)),
    Case(F, "a folder", "フォルダーごと渡す（一時ファイルが混ざっている）", "中のファイルを名前の順に読み取り、一時ファイルは飛ばします",
         f"{BOTH}{GOOD}", edits.folder),
    Case(F, "a saved mail", "メールを .eml で保存して渡す", "添付を読み取り、差出人と日時を記録します", MAIL + BOTH, edits.eml),
    Case(F, "a mail saved by Outlook", "Outlook のメールを .msg で保存して渡す", "添付を読み取り、差出人と日時を記録します",
         MAIL.replace("産業振興課", '"産業振興課"') + BOTH, edits.msg),
    Case(F, "a forwarded mail", "転送されたメールを保存して渡す", "中のメールの添付を読み取り、もとの差出人と日時を記録します", MAIL + BOTH,
         edits.forwarded),
    Case(F, "a mail from a foreign address", "部署の宛先でもメールのドメインでもないアドレスから送る", "読み取り、差出人を確かめるよう示します",
         f"{MAIL.replace('city.kisarazu.lg.jp', 'example.com')}file W640; {BOTH}", edits.foreign),
    Case(F, "a mail with nothing attached", "添付を忘れたメールを保存して渡す", "受付不可とし、差出人の部署と本文を示します", MAIL + "refused E460",
         edits.bare_mail),
    Case(F, "a read-only file in a read-only folder", "読み取り専用のファイルを渡す", "読み取ります", make=edits.read_only),
    Case(F, "a path of 400 characters", "深いフォルダーの中のファイルを渡す", "読み取ります", make=edits.deep),
    Case(F, "a name that a Mac decomposed", "Mac で保存する（濁点が分かれたファイル名）", "ふつうの文字に直して記録します", make=edits.decomposed,
         names=("がガ行の課.xlsx",)),
)  # fmt: skip

DAY = "44743"  # 2022-07-01
TEXTS = (
    Case(S, "48.5% typed", "「48.5%」と入力する", SEEN, make=edits.typed({PROCUREMENT: "48.5%"}), lands=lands("48.5%")),
    pasted("48.5% pasted", "ほかの表から 48.5% を貼り付ける", "<v>0.485</v>", "48.5%", number_format="0.0%"),
    pasted("0.485 in a cell of format text", "文字列の欄に値だけを貼り付ける（0.485）", "<v>0.485</v>", "0.485"),
    pasted("a float that Excel rounds", "計算結果の値を貼り付ける（45.00000000000001）", "<v>45.00000000000001</v>", "45", number_format="General"),
    pasted("1250", "1250 を数値で貼り付ける", "<v>1250</v>", "1250", number_format="General"),
    pasted("1,250", "1,250 を桁区切りの数値で貼り付ける", "<v>1250</v>", "1,250", number_format="#,##0"),
    pasted("1,250千円", "単位が書式で付いた数値を貼り付ける", "<v>1250</v>", "1,250千円", number_format='#,##0"千円"'),
    pasted("△ 1,250", "△ で示される負の数を貼り付ける", "<v>-1250</v>", "△ 1,250", number_format='#,##0;"△ "#,##0'),
    Case(S, "numbers put in with LibreOffice", "LibreOffice で 48.5% を入力する", SEEN,
         steps=lambda at: [["number", "01-01", *at(PROCUREMENT), 0.485, "0.0%"]], lands=lands("48.5%")),
    Case(S, "1,250 as an actual", "実績に 1,250 を数値で入れる", SEEN, make=edits.cell_of("outcome.actual/O2/1", "<v>1250</v>", number_format="#,##0"),
         lands=lands("1,250", "outcome.actual/O2/1")),
    pasted("a date", "日付 2022/7/1 を貼り付ける", f"<v>{DAY}</v>", "2022/7/1", number_format="yyyy/m/d"),
    pasted("a date in the Japanese calendar", "和暦の日付を貼り付ける", f"<v>{DAY}</v>", "令和4年7月1日", number_format='[$-411]ggge"年"m"月"d"日"'),
    pasted("a date in the short Japanese calendar", "和暦（R4.7.1）の日付を貼り付ける", f"<v>{DAY}</v>", "R4.7.1", number_format="[$-411]ge.m.d"),
    pasted("the first year of an era", "和暦（元年）の日付を貼り付ける", "<v>43586</v>", "令和元年5月1日",
           number_format='[$-ja-JP-x-gannen]ggge"年"m"月"d"日"'),
    pasted("a day of a month", "7月1日と表示される日付を貼り付ける", f"<v>{DAY}</v>", "7月1日", number_format='m"月"d"日"'),
    Case(S, "a date put in with LibreOffice", "LibreOffice で日付を入力する", SEEN,
         steps=lambda at: [["number", "01-01", *at(PROCUREMENT), 44743, "YYYY/M/D"]], lands=lands("2022/7/1")),
    faulty("a number that may have been a date", "日付の書式が失われ、数値（44743）が残る", f"<v>{DAY}</v>", "E305", "保留し、確かめてもらいます"),
    Case(S, "furigana in a shared string", "Excel で漢字を入力する（ふりがなが付く）", "ふりがなは取り込みません", make=edits.furigana,
         lands=lands("庁内調整中")),
    Case(S, "furigana in the cell itself", "ふりがなの付いた文字を貼り付ける", "ふりがなは取り込みません",
         make=edits.cell_of(PROCUREMENT, f"<is>{edits.RUBY}</is>", style='t="inlineStr"'), lands=lands("庁内調整中")),
    faulty("TRUE", "TRUE が入る", "<v>1</v>", "E305", "保留し、セルを示します", style='t="b"'),
    faulty("an error value", "エラー値（#REF!）が入る", "<v>#REF!</v>", "E304", "保留し、セルを示します", style='t="e"'),
    faulty("a formula", "数式を入れる", "<f>1+1</f><v>2</v>", "E303", "保留し、セルを示します"),
    faulty("a formula never calculated", "計算されていない数式が入る", '<f>A1&amp;"円"</f>', "E303", "空白とはみなさず、保留します"),
    faulty("a formula that is blank", "空白を返す数式を入れる", '<f>""</f><v></v>', "E303", "空白とはみなさず、保留します", style='t="str"'),
    Case(S, "TRUE in LibreOffice", "LibreOffice で TRUE を入れる", "保留し、セルを示します", HELD.format("E305"), formats=("xlsx", "ods"),
         steps=lambda at: [["formula", "01-01", *at(PROCUREMENT), "=TRUE()"]], cell=PROCUREMENT),
    Case(S, "TRUE in LibreOffice, saved as an old workbook", "LibreOffice で TRUE を入れて .xls で保存する", "数式とみなして保留し、セルを示します",
         HELD.format("E303"), formats=("xls",), steps=lambda at: [["formula", "01-01", *at(PROCUREMENT), "=TRUE()"]], cell=PROCUREMENT),
    Case(S, "an error value in LibreOffice", "LibreOffice でエラーになる数式を入れる", "保留し、セルを示します", HELD.format("E304"),
         steps=lambda at: [["formula", "01-01", *at(PROCUREMENT), "=1/0"]], cell=PROCUREMENT),
    Case(S, "a formula in LibreOffice", "LibreOffice で数式を入れる", "保留し、セルを示します", HELD.format("E303"),
         steps=lambda at: [["formula", "01-01", *at(PROCUREMENT), '="一式"&"購入"']], cell=PROCUREMENT),
    Case(S, "a formula in a binary workbook", "数式を入れて .xlsb で保存する", "保留し、セルを示します", HELD.format("E303"),
         edits.xlsb_with(PROCUREMENT, text_of_formula("一式購入")), cell=PROCUREMENT),
    Case(S, "an error value in a binary workbook", "エラー値のまま .xlsb で保存する", "空白とはみなさず、保留します", HELD.format("E304"),
         edits.xlsb_with(PROCUREMENT, REF_ERROR), cell=PROCUREMENT),
    Case(S, "a number in a binary workbook", "48.5% を数値で入れて .xlsb で保存する", "表示の形が分からないので保留し、確かめてもらいます", HELD.format("E305"),
         edits.xlsb_with(PROCUREMENT, 0.485), cell=PROCUREMENT),
    Case(S, "line breaks typed in LibreOffice", "LibreOffice で改行を入れる", "改行を 1 種類にそろえます",
         steps=lambda at: [["type_text", "01-01", *at(PROCUREMENT), "一行目\n\n二行目"]], lands=lands("一行目\n\n二行目")),
    Case(S, "blanks around and in a word of the list", "進捗を「　予定 通り」、有無を「 有」と、空白を入れて書く", "一覧の語として取り込みます",
         make=edits.typed({PROGRESS: "　予定 通り", "budgeted": " 有"}), lands=lands("予定通り", PROGRESS) | lands("有", "budgeted")),
    Case(S, "a word of the list in half width", "進捗を半角まじり（進捗遅延･課題あり）で書く", "一覧の語として取り込みます",
         make=edits.typed({PROGRESS: "進捗遅延･課題あり", "activity.countermeasure/K1/1": "人員を増やす"}), lands=lands("進捗遅延・課題あり", PROGRESS)),
    Case(S, "kana for kanji", "進捗を「予定どおり」、有無を「なし」と書く", "一覧の語として取り込みます",
         make=edits.typed({PROGRESS: "予定どおり", "support_flag": "なし"}), lands=lands("予定通り", PROGRESS) | lands("無", "support_flag")),
    Case(S, "no kana after a kanji", "進捗を「予定通」と書く", "一覧の語として取り込み、確かめるよう示します", "01-01 merged W306; 01-04 merged",
         make=edits.typed({PROGRESS: "予定通"}), lands=lands("予定通り", PROGRESS), cell=PROGRESS),
    Case(S, "a word near one of the list", "進捗を「概ね予定通り」と書く", "別の意味かもしれないので、保留します", HELD.format("E102"),
         edits.typed({PROGRESS: "概ね予定通り"}), cell=PROGRESS),
    pasted("line breaks of Windows", "CRLF の改行が入る", "<is><t>一行目&#13;&#10;二行目</t></is>", "一行目\n二行目", style='t="inlineStr"'),
    pasted("line breaks of old Macs", "CR の改行が入る", "<is><t>一行目&#13;二行目</t></is>", "一行目\n二行目", style='t="inlineStr"'),
    pasted("line breaks written as _x000D_", "_x000D_ の改行が入る", "<is><t>一行目_x000D_\n二行目</t></is>", "一行目\n二行目", style='t="inlineStr"'),
)  # fmt: skip

LOCKED = "読めない理由がパスワードであることを示します"
OPENED = "開いて読み取ります"
PASSWORDS = (
    Case(P, "a password that nobody knows", "パスワードを付けて送る", LOCKED, "refused E402", edits.locked("ひみつ")),
    Case(P, "a password given", "パスワードを付けて送る（--password で伝える）", OPENED, BOTH, edits.locked("ひみつ"), options=("--password", "ひみつ")),
    Case(P, "a wrong password", "伝えられたパスワードが違う", "パスワードが違うことを示します", "refused E402", edits.locked("ひみつ"),
         options=("--password", "違う")),
    Case(P, "passwords by department", "部署ごとにパスワードを変える（--password-file で伝える）", OPENED, f"{BOTH}{GOOD}", edits.two_locked,
         options=("--password-file", "{list}")),
    Case(P, "a password asked for", "パスワードを付けて送る（画面で尋ねる）", OPENED, BOTH, edits.locked("ひみつ"), typed=("違う", "ひみつ")),
    Case(P, "a password that is not known when asked", "パスワードを付けて送る（画面で尋ねられても、担当者に分からない）", LOCKED, "refused E402",
         edits.locked("ひみつ"), typed=("違う", "")),
    Case(P, "a password of an old workbook", ".xls にパスワードを付けて送る", OPENED, BOTH, steps=lambda at: [], formats=("xls",), password="himitsu",
         options=("--password", "himitsu")),
    Case(P, "a password of an old workbook that nobody knows", ".xls にパスワードを付けて送る（伝えない）", LOCKED, "refused E402", steps=lambda at: [],
         formats=("xls",), password="himitsu"),
    Case(P, "a password of LibreOffice", ".ods にパスワードを付けて送る", "開けないことを示します", "refused E402", steps=lambda at: [], formats=("ods",),
         password="himitsu", options=("--password", "himitsu")),
    Case(P, "a zip with a password", "zip にパスワードを付けて送る", LOCKED, "refused E402", edits.locked_zip),
    Case(P, "only the structure is protected", "ブックの構成の保護だけをかける", "そのまま読み取ります", BOTH, edits.locked("VelvetSweatshop")),
)  # fmt: skip

FOUND = "正しい欄のものとして読み、動いたことを示します"
REMOVED = "保留し、削除されたことを示します。空白とはみなしません"
SHAPES = (
    Case(T, "rows inserted", "行を挿入する", FOUND, steps=lambda at: [["rows", "01-01", 18, 2], ["rows", "01-01", 6, 1]], moved="6、19、20行目"),
    Case(T, "columns inserted", "列を挿入する", FOUND, steps=lambda at: [["columns", "01-01", 5, 1], ["columns", "01-01", 2, 1]], moved="B、F列"),
    Case(T, "a row deleted", "行を削除する", REMOVED, HELD.format("E302"), steps=lambda at: [["delete_rows", "01-01", at("goal")[0], 1]]),
    Case(T, "a column deleted", "列を削除する", REMOVED, HELD.format("E302"), steps=lambda at: [["delete_columns", "01-01", 7, 1]]),
    Case(T, "an activity moved", "取組の行を切り取って別の位置に移す", FOUND, moved="取組",
         formats=("xls",), steps=lambda at: edits.rows_moved(at("activity.plan/K2/1")[0], 3, to=at("activity.plan/K1/1")[0])),
    Case(T, "a row moved", "1 行を切り取って別の位置に移す", FOUND, moved="到達目標",
         formats=("ods",), steps=lambda at: edits.rows_moved(at("goal")[0], 1, to=7)),
    Case(T, "a column moved", "列を切り取って別の位置に移す", FOUND, moved="列",
         formats=("xlsx",), steps=lambda at: [["merge", "01-01", "A1:J40", False], ["columns", "01-01", 5, 1], ["move", "01-01", "I1:I40", "E1"],
                           ["delete_columns", "01-01", 9, 1]]),
    Case(T, "rows and columns hidden", "行や列を隠す", "隠れていても読み取ります",
         formats=("xlsx", "ods"), steps=lambda at: [["hide", "01-01", "A18:A20", "Rows"], ["hide", "01-01", "E1:F1", "Columns"]]),
    Case(T, "the control column deleted", "隠れた A 列を消す", "印刷された見出しから読み、確かめるよう示します", "01-01 merged W506; 01-04 merged",
         formats=("xlsx", "ods"), steps=lambda at: [["delete_columns", "01-01", 1, 1]]),
    Case(T, "the row of keys deleted", "隠れた 1 行目を消す", "印刷された見出しから読み、確かめるよう示します", "01-01 merged W506; 01-04 merged",
         formats=("xls",), steps=lambda at: [["delete_rows", "01-01", 1, 1]]),
    Case(T, "the hidden sheet deleted", "隠れたシートを消す", "読み取ります", formats=("xlsx", "ods"), steps=lambda at: [["remove", "_dxreport"]]),
    Case(T, "pasted into a new workbook as values", "新しいブックに値だけを貼り付ける", "印刷された見出しから読み、確かめるよう示します",
         "file W505; 01-01 merged W506",
         steps=lambda at: [["as_values", "01-01", "B2:H40"]]),
    Case(T, "pasted as values with its keys", "隠れた行と列も含めて、新しいブックに値だけを貼り付ける", "読み取ります", "file W505; 01-01 merged",
         formats=("ods",), steps=lambda at: [["as_values", "01-01", "A1:H40"]]),
    Case(T, "merged cells taken apart", "セルの結合を解く", "読み取ります", formats=("xls",), steps=lambda at: [["merge", "01-01", "A1:H40", False]]),
    Case(T, "cells merged", "セルを結合する（隣の欄が空白のとき）", "読み取ります", formats=("ods",), steps=lambda at: [["merge", "01-01", "E21:H21", True]]),
    Case(T, "cells merged over an answer", "セルを結合して隣の欄の文字が消える", "保留し、消えた欄を示します。空白とはみなしません", HELD.format("E306"),
         edits.merged_over("activity.plan/K1/3", "activity.plan/K1/4"), cell="activity.plan/K1/4"),
    Case(T, "a sheet of notes added", "メモのシートを足す", "ほかのシートは読み取り、足されたシートがあることを示します", f"file W507; {BOTH}",
         formats=("xlsx", "xls"), steps=lambda at: [["add", "メモ"]]),
    Case(T, "one of five sheets deleted", "5 枚のうち 1 枚を消す", "残りを読み取り、ないシートを示します。空白とはみなしません",
         "file W505; 02-02 merged W102; 02-03 merged; 03-03 merged; 04-02 unchanged W104", edits.of_five(without=("03-04",))),
    Case(T, "one of five sheets sent alone", "5 枚のうち 1 枚だけを送る", "読み取り、ないシートを示します", "file W505; 03-03 merged",
         edits.of_five(without=("02-02", "02-03", "03-04", "04-02"))),
    Case(T, "two half-filled copies", "2 人が 1 冊のブックをシートで分担し、別々に送る", "両方を合わせます。記入のないシートは、出そろうまで保留します",
         "01-01 merged; 01-04 unchanged; 01-01 unchanged; 01-04 merged", edits.halves),
    Case(T, "two half-filled copies of one sheet", "2 人が 1 枚のシートを分担し、別々に送る",
         "片方だけでは保留し、両方が届けば合わせて 1 枚として取り込みます", "01-01 merged W511; 01-04 merged; 01-01 merged W511; 01-04 unchanged",
         edits.halves_of_a_sheet, lands=lands("予定通り", "activity.progress/K2/1")),
    Case(T, "two copies of one sheet that contradict each other", "分担した 2 人が、同じ欄に違うことを書く",
         "合わせて取り込みます。同じ欄は、後から届いたほうを採り、両方の記入を示します",
         "01-01 merged W511; 01-04 merged; 01-01 merged W511 W513; 01-04 unchanged", edits.contradicting_halves,
         lands=lands("後半の担当者", "contact_person")),
    Case(T, "last quarter's workbook sent again", "前の四半期のブックをもう一度送る", "前の四半期の返送と同じなら、何も変えません",
         "01-01 unchanged; 01-04 unchanged", edits.last_quarter()),
    Case(T, "last quarter's workbook filled in for this one", "前の四半期のブックに、今の四半期の分を書く", "保留し、今のブックに書くよう示します",
         "01-01 held E207; 01-04 unchanged W508", edits.last_quarter({"activity.progress/K1/2": "予定通り"})),
    Case(T, "last quarter's answer corrected", "前の四半期のブックで、前の四半期の分を直す", "訂正として取り込み、前の回のシートであることを示します",
         "01-01 merged W508; 01-04 unchanged W508", edits.last_quarter({"activity.countermeasure/K1/1": "念のため確認"})),
    Case(T, "a sheet of another department in the workbook", "ほかの部署のシートが混ざっている", "そのシートの施策として読み取ります",
         "file W505; 03-01 merged; 03-05 merged; 01-01 merged", edits.foreign_sheet),
    Case(T, "someone else's sheet made one's own", "ほかの部署のシートの施策ID や部署名を書き換えて使う", "保留し、書き換えられた欄を示します",
         HELD.format("E301 E301 E301"),
         edits.typed({"id": "03-01", "name": "窓口の改善", "lead_department": "総務課"}), cell="id"),
    Case(T, "a department renamed since", "部署名が変わったあとに、変わる前のブックが返る", "新しい部署の返送として読み取ります",
         make=edits.renamed_department),
    Case(T, "an activity of their own", "行を足して、新しい取組を書く", "追加の候補として担当者に示します。採用するまでマスターには入れません",
         "01-01 merged W502 conflict; 01-04 merged", edits.own_activity, moved="22、23、24行目"),
    Case(T, "a note in a row of their own", "行を足して、補足を書く", "ほかの欄は読み取り、足された文を示します", "01-01 merged W504; 01-04 merged",
         formats=("xlsx",), steps=lambda at: [["rows", "01-01", 12, 1], ["type_text", "01-01", 12, 4, "補足があります"]], moved="12行目"),
    Case(T, "a sheet copied within the workbook", "シートを複写して、同じ施策のシートが 2 枚になる",
         "どちらが回答か分からないので、2 枚とも受付不可とします。ほかのシートは読み取ります",
         "01-01 refused E205; 01-04 merged; 01-01 refused E205", edits.copied_sheet),
)  # fmt: skip

COMMENTS = (
    Case(C, "comments in cells", "セルにコメント（メモ）を付ける", "collect と status に示します", make=edits.noted("E19", "来月の会議で確定します"),
         notes={"E19": "来月の会議で確定します"}),
    Case(C, "comments in LibreOffice", "LibreOffice でセルにコメントを付ける", "collect と status に示します",
         steps=lambda at: [["note", "01-01", 19, 5, "来月の会議で\n確定します"]], notes={"E19": "来月の会議で\n確定します"}),
    Case(C, "comments in a binary workbook", "コメントを付けて .xlsb で保存する", "collect と status に示します",
         make=edits.xlsb_with(notes={(18, 4): "来月確定"}), notes={"E19": "来月確定"}),
)  # fmt: skip

OTHERS = (
    no_workbook("a PDF", "PDF を送る", "E401", b"%PDF-1.7\n1 0 obj", "返送.pdf"),
    no_workbook("a PDF called .xlsx", "PDF の拡張子を .xlsx に変える", "E401", b"%PDF-1.7\n1 0 obj", "返送.xlsx"),
    no_workbook("a Word file", "Word の文書（.docx）を送る", "E401", edits.DOCX, "返送.docx"),
    no_workbook("an old Word file", "Word の文書（.doc）を送る", "E401", edits.DOC, "返送.doc"),
    no_workbook("a picture", "画面の写真（画像）を送る", "E401", b"\x89PNG\r\n\x1a\n" + bytes(40), "返送.png"),
    no_workbook("a photograph", "写真（JPEG）を送る", "E401", b"\xff\xd8\xff\xe0" + bytes(20), "IMG_0001.jpg"),
    no_workbook("a DocuWorks file", "DocuWorks の文書を送る", "E401", b"\x60\x0e\x82\x00" + bytes(range(256)), "返送.xdw"),
    no_workbook("a text", "文字だけのファイルを送る", "E401", "予定どおりです。".encode("cp932"), "返送.txt"),
    no_workbook("a CSV file", "CSV を送る", "E404", "施策ID,進捗\n01-01,予定通り\n".encode("cp932"), "返送.csv"),
    no_workbook("a web page called .xls", "Web ページを .xls で保存して送る", "E404", b"<html><table><tr><td>1</td></tr></table></html>", "返送.xls"),
    no_workbook("an Excel 95 workbook", "Excel 95 の形式で保存する", "E404", edits.EXCEL95, "返送.xls", "受付不可とし、保存し直してもらいます"),
    no_workbook("an LZH archive", "LZH で圧縮して送る", "E404", b"\x20\x5a-lh5-" + bytes(30), "返送.lzh"),
    no_workbook("a lock file", "~$ で始まるファイルを送る", "E401", b"\x02ab" + bytes(160), "~$返送.xlsx"),
    no_workbook("Thumbs.db", "Thumbs.db を送る", "E401", edits.DOC, "Thumbs.db"),
    no_workbook("an empty file", "空（0 バイト）のファイルを送る", "E407", b"", "返送.xlsx"),
    no_workbook("a truncated .xlsx", "送信が途中で切れた .xlsx が届く", "E403", edits.truncated, "返送.xlsx"),
    Case(N, "a truncated .xls or .ods", "送信が途中で切れた .xls や .ods が届く", "1 行で理由を示し、ほかのファイルは読み取ります", f"refused E403{GOOD}",
         steps=lambda at: [], formats=("xls", "ods"), sent=edits.cut_short),
    no_workbook("a file of zeros", "中身がすべて 0 のファイルが届く", "E403", bytes(5000), "返送.xlsx"),
    no_workbook("a file that makes the reader panic", "壊れていて、読み取り中に異常終了する .xls が届く", "E403", edits.PANIC, "返送.xls"),
    no_workbook("a file that asks for hundreds of gigabytes", "はるか下のセルに 1 字だけ入ったブックが届く", "E405", edits.far, "返送.xlsx"),
    no_workbook("another workbook", "様式ではない Excel のブックを送る", "E406", edits.other_workbook, "会議.xlsx"),
)  # fmt: skip

CASES = (*FORMATS, *TEXTS, *PASSWORDS, *SHAPES, *COMMENTS, *OTHERS)

_HEAD = """# 返送ファイルの扱い

{how}

部署から返ってくるファイルに起きることと、`dxreport collect` がどうするかの一覧です。どの行も、実際にそうしたファイルを
取り込んで確かめています。

- 1 枚のシートが読めなかったり、保留になったりしても、同じファイルのほかのシートと、ほかのファイルは取り込みます。
- 「指摘」の番号は[指摘一覧](指摘一覧.md)で引けます。
- 受付不可のファイル、保留のシート、追加の候補のどれかがあれば、終了コードは 1 になります。"""


def document(how: str) -> str:
    """Return the table as coordinators read it; the line ``how`` says how to regenerate it."""
    out = [_HEAD.format(how=how)]
    for section, cases in groupby(CASES, lambda case: case.section):
        out += [
            f"## {section}",
            "\n".join(["| 部署がすること | dxreport がすること | 指摘 |", "|---|---|---|", *map(_row, cases)]),
        ]
    return "\n\n".join(out) + "\n"


def _row(case: Case) -> str:
    return f"| {case.done} | {case.told} | {'、'.join(dict.fromkeys(_codes(case.said)))} |"


def _codes(said: str) -> Iterator[str]:
    words = said.replace(";", " ").split()
    return (
        word for word in words if word[0] in "EW" and word[1:].isdigit() and word[:2] != "W1"
    )  # those are about the answers
