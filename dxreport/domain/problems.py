"""The catalogue of problems: every message about data that departments and coordinators read.

A :class:`Problem` has a stable code (``E…`` holds the sheet back, ``W…`` does not), a place, what is
wrong and what to do. All of these texts are in this module; tests assert codes, not wording.

Codes: E1 answers, E2 identity of the sheet, E3 cells, E4 files (from E440 their cells); W1 answers, W2 実績 against 目標,
W3 関連施策, 状態 and words, W4 addresses and texts, W5 the shape of the returned sheet, W6 設定, 部署, 方向
and the ledgers of the master.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .visible import one_line, visible, writable


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the catalogue; ``message`` and ``fix`` are format strings."""

    code: str
    message: str
    fix: str

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return "error" if self.code.startswith("E") else "warning"

    @property
    def params(self) -> frozenset[str]:
        """The names of the parameters used in ``message`` and ``fix``."""
        fields = string.Formatter().parse(self.message + self.fix)
        return frozenset(name for _, name, _, _ in fields if name)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in people's data, at a place they can find.

    ``cell`` holds the addresses as the sender sees them (``"E21"``, or ``"E21、G21"`` for the same fault in several
    cells); ``field`` is the ``Ref`` of the first cell as text, ``fields`` those of all cells.
    """

    code: str
    severity: str
    message: str
    fix: str = ""
    sheet: str = ""
    cell: str = ""
    field: str = ""
    label: str = ""
    value: str = ""
    fields: tuple[str, ...] = ()


_SHOWN = 60  # a message quotes at most this many characters of a value


def shown(text: str, length: int = _SHOWN) -> str:
    """Return a value as messages quote it: on one line, at most ``length`` characters, （空白） if empty."""
    line = visible(one_line(text))
    if not line:
        return "（空白）"
    return line if len(line) <= length else line[: length - 1] + "…"


def choices(words: Iterable[str]) -> str:
    """Return words as messages list them: ``「有」「無」``."""
    return "".join(f"「{word}」" for word in words)


def listed(names: Sequence[str], most: int, more: str = " ほか{}か所") -> str:
    """Return names as messages list them, the others beyond ``most`` only counted: ``E21、G21 ほか3か所``."""
    others = len(names) - most
    return "、".join(names[:most]) + (more.format(others) if others > 0 else "")


def problem(
    kind: ProblemKind,
    params: Mapping[str, str] | None = None,
    *,
    severity: str = "",
    sheet: str = "",
    cell: str = "",
    field: str = "",
    label: str = "",
    value: str = "",
    fields: tuple[str, ...] = (),
) -> Problem:
    """Return the problem of this kind at this place; its texts quote ``params`` shortened.

    ``severity`` defaults to that of the kind. Raise KeyError if a parameter is missing.
    """
    quoted = {name: shown(text) for name, text in (params or {}).items()}
    message, fix = kind.message.format_map(quoted), kind.fix.format_map(quoted)
    fields = fields or ((field,) if field else ())
    return Problem(
        kind.code, severity or kind.severity, message, fix, visible(sheet), cell, field, label, writable(value), fields
    )  # fmt: skip


# fmt: off
# E1: the answers
PROGRESS_UNKNOWN = ProblemKind("E101",
    "進捗が「{value}」となっています。進捗に使えるのは{words}です。",
    "一覧から選び直してください。報告する作業がない欄は空白のままにしてください。")
PROGRESS_NEAR = ProblemKind("E102",
    "進捗が「{value}」となっています。",
    "「{expected}」{how}記入してください（一覧から選べます）。")
PROGRESS_MISSING = ProblemKind("E103",
    "{quarter}に作業予定がありますが、進捗が記入されていません。",
    "{words}から選んでください{or_none}。")
QUARTER_TO_COME = ProblemKind("E104",
    "まだ始まっていない四半期に記入があります。",
    "今回報告するのは{quarter}までです。記入を消してください。")
COUNTERMEASURE_MISSING = ProblemKind("E105",
    "進捗が「{progress}」ですが、対応策{lack}。",
    "遅延や課題の内容と、その対応策を記入してください。")
NO_REPORT_UNKNOWN = ProblemKind("E106",
    "報告事項なしの欄が「{value}」となっています。",
    "報告することがない場合は「○」を記入し、ある場合は空白にしてください。")
REQUIRED_MISSING = ProblemKind("E107", "{group}が記入されていません。", "{round}の報告では必ず記入してください。")
ACTUAL_MISSING = ProblemKind("E108",
    "今年度の目標に対する実績が記入されていません。",
    "実績を記入してください。確定していない場合は「未確定」と記入してください。")
FLAG_UNKNOWN = ProblemKind("E109", "{field}が「{value}」となっています。", "{flags}のどちらかを選んでください。")
FLAG_NEAR = ProblemKind("E110",
    "{field}が「{value}」となっています。",
    "「{expected}」{how}記入してください（一覧から選べます）。")
CHOICE_UNKNOWN = ProblemKind("E111",
    "{field}が「{value}」となっています。使えるのは{words}です。",
    "一覧から選び直してください。")
CHOICE_NEAR = ProblemKind("E112",
    "{field}が「{value}」となっています。",
    "「{expected}」{how}記入してください（一覧から選べます）。")
NOT_A_NUMBER = ProblemKind("E113", "{field}の「{value}」は数として読めません。", "{unit}を記入してください。")
NOT_A_DATE = ProblemKind("E114",
    "{field}の「{value}」は日付として読めません。",
    "「令和４年７月15日」か「2022/7/15」のように記入してください。")
REQUIRED_ALWAYS = ProblemKind("E115", "{field}が記入されていません。", "必ず記入してください。")
REQUIRED_IF = ProblemKind("E116",
    "{other}が「{value}」ですが、{field}が記入されていません。",
    "{field}を記入してください。")

# E2: the identity of the sheet: its measure, issue and form
STAMP_MISSING = ProblemKind("E201",
    "シートに隠されている目印（発行番号と施策ID）がなく、印刷された見出しからも読み取れません（{reason}）。",
    "配付したファイルのシートに直接記入して返送してください。")
ISSUE_UNKNOWN = ProblemKind("E202",
    "発行番号「{issue}」は発行台帳にありません。",
    "今回配付したファイルに記入して返送してください。")
WRONG_YEAR = ProblemKind("E203",
    "対象年度が違います（このシートは{found}、マスターは{expected}）。",
    "{found}の報告なら、{found}の作業フォルダーで取り込んでください。{expected}の報告なら、{expected}の様式に記入して返送するよう、部署に頼んでください。")
MEASURE_NOT_ISSUED = ProblemKind("E204",
    "施策{measure}は、発行{issue}で配付したシートにありません。",
    "配付したファイルのシートに記入して返送してください。")
SHEET_TWICE = ProblemKind("E205",
    "施策{measure}のシートが同じファイルに複数あり、どれが回答か分かりません。",
    "回答のシートを1枚だけ残し、ほかは削除して返送してください。")
FORM_UNKNOWN = ProblemKind("E206",
    "このシートの様式「{form}」が残っておらず、読み取れません。",
    "取りまとめの担当者が master/forms をバックアップから戻すと、読み取れます。戻せないときは、改めて配付するファイルに記入して返送してください。")
WRONG_ROUND = ProblemKind("E207",
    "{round}に配付したシートに、{meant}の報告が記入されています。取り込んでいません。",
    "{meant}に配付したファイルに記入して返送してください。")
OTHER_ROUND = ProblemKind("E208",
    "{whose}シートの見出しは{found}の回のものですが、いまの回は{round}です。隠されている目印（発行番号と施策ID）がないので、読み取っていません。",
    "{round}の報告なら{round}に、{found}の報告なら{found}に配付したファイルのシートに、直接記入して返送してください。")
MEASURE_GONE = ProblemKind("E209",
    "施策{measure}（発行{issue}で配付）は、いまのマスターにありません。取り込んでいません。",
    "マスターの「施策」シートにその行を戻してから、もう一度 dxreport collect を実行してください。")
BESIDE_WRONG_ROUND = ProblemKind("E210",
    "{round}に配付したシートに、ほかの記入もあります。取り込んでいません。",
    "{meant}に配付したファイルにも、同じ記入をしてください。")

# E3: cells
LOCKED_CHANGED = ProblemKind("E301",
    "今回の記入対象ではない欄が変更されています（配付時「{old}」→ 返送「{new}」）。",
    "配付時の内容に戻してください。変更が必要な場合は、返送のメールでお知らせください。")
REMOVED = ProblemKind("E302",
    "様式の{what}が削除されています。",
    "空白にしたものとはみなしません。配付したときの形のファイルで、その欄を確かめ、記入して返送してください。")
FORMULA = ProblemKind("E303", "数式が入っています。", "数式ではなく、表示させたい値や文を直接記入してください。")
ERROR_VALUE = ProblemKind("E304", "エラー値「{value}」が入っています。", "値や文を直接記入し直してください。")
NOT_TEXT = ProblemKind("E305",
    "文字で記入する欄に{what}（表示は「{value}」）が入っています。",
    "表示どおりでよいかを確かめ、文字として記入し直してください。")
MERGED_OVER = ProblemKind("E306",
    "セルが結合されて、この欄の内容（「{value}」）が消えています。",
    "空白にしたものとはみなしません。結合を解いて、元の内容を記入し直してください。")
GARBLED = ProblemKind("E307",
    "文字化けしています（「{value}」）。.xls に保存したときに、一部の漢字や絵文字が失われています。",
    "Excel で開いて文字を確かめ、「Excel ブック（*.xlsx）」として保存し直して返送してください。")
TEXT_TOO_LONG = ProblemKind("E308",
    "文が長すぎます（{length}字）。Excel のセルに入るのは32,767字までです。",
    "32,767字までに縮めてください。")

# E4: files; from E440 their cells
NO_WORKBOOK = ProblemKind("E401",
    "Excel のブックではありません（{detail}）。",
    "様式の Excel ファイルを返送してください。")
PASSWORD = ProblemKind("E402",
    "パスワードのため開けません（{detail}）。",
    "パスワードを外して保存し直してください（またはパスワードを担当者へお知らせください）。")
DAMAGED = ProblemKind("E403",
    "ファイルが壊れていて読めません（{detail}）。",
    "Excel で開いて保存し直し、もう一度返送してください。")
UNSUPPORTED = ProblemKind("E404",
    "この形式は読めません（{detail}）。",
    "Excel で開き、「Excel ブック（*.xlsx）」として保存し直して返送してください。")
TOO_LARGE = ProblemKind("E405",
    "読み取りの上限を超えています（{detail}）。",
    "配付したファイルに記入し直すか、様式の外に貼り付けた内容を削除して返送してください。圧縮ファイルは展開して返送してください。")
NO_FORM_SHEET = ProblemKind("E406", "様式のシートが見つかりません。", "配付したファイルに記入して返送してください。")
EMPTY_FILE = ProblemKind("E407", "ファイルの中身が空です。", "もう一度返送してください。")
CANNOT_OPEN = ProblemKind("E408",
    "ファイルを読み取れません（{detail}）。",
    "ほかの人が開いていないか、フォルダーの権限があるかを確かめて、もう一度実行してください。")
NOT_WHOLE = ProblemKind("E409",
    "--replace を付けると {measure} が保留になるため（{field}）、{return} は前に取り込んだままにしました。",
    "足りない欄も記入したファイルを受け取るか、消したい欄をマスターで直してください。")
READING_FAILED = ProblemKind("E430",
    "読み取りの途中で、思わぬ誤りが起きました（{detail}）。ほかのファイルは処理しています。",
    "Excel で開いて「Excel ブック（*.xlsx）」として保存し直し、もう一度返送してください。それでも読めないときは、記録を dxreport の担当者に渡してください。")
PASSWORD_SLOW = ProblemKind("E431",
    "パスワードのかけ方がふつうでなく、開くのに時間がかかりすぎます（{detail}）。",
    "パスワードを外して保存し直し、もう一度返送してください。")
UNCLEAR = ProblemKind("E440",
    "このセルの値（「{value}」）は、Excel の決まりのとおりに保存されておらず、画面にどう見えていたか分かりません。",
    "Excel で開いて内容を確かめ、記入し直して保存してください。")
KEYS_DOUBTFUL = ProblemKind("E450",
    "{where}が、配付したときと違う順に並んでいて、どの項目のものか確かめられません。取り込んでいません。",
    "行や列を元の順に戻すか、配付したファイルに記入し直して返送してください。")
MAIL_ONLY = ProblemKind("E460",
    "{sender}からのメール「{subject}」に、ファイルが添付されていません。",
    "本文を読み、ブックが要るなら送ってもらってください。済んだら dxreport dismiss 受付番号 --reason 理由 で除外します。")

# W1: the answers
NO_REPORT_AND_PROGRESS = ProblemKind("W101",
    "報告事項なしに「{value}」がありますが、同じ{quarter}の進捗も記入されています。",
    "どちらが正しいか確かめてください。")
FLAG_BLANK = ProblemKind("W102", "{field}が空白です。", "{flags}のどちらかを選んでください。")
FLAG_WITHOUT_CONTENT = ProblemKind("W103",
    "{field}が「{value}」ですが、{governed}が記入されていません。",
    "{governed}を記入してください。")
CONTENT_WITHOUT_FLAG = ProblemKind("W104",
    "{field}が「{value}」ですが、{governed}が記入されています。",
    "有無と内容のどちらが正しいか確かめてください。")
REPORTED_CHANGED = ProblemKind("W105",
    "以前に報告された内容が変更されています（配付時「{old}」→ 返送「{new}」）。",
    "訂正として受け付けます。誤って変更した場合はお知らせください。")
PLAN_MISSING = ProblemKind("W106",
    "作業予定がどの四半期にもありません。",
    "予定している四半期に記入してください。行わない取組なら、その旨を知らせてください。")
TARGET_MISSING = ProblemKind("W107",
    "目標がありません。",
    "評価項目の目標を記入してください。決まっていなければ、その旨を知らせてください。")

# W2: 実績 against 目標
ACTUAL_NO_NUMBER = ProblemKind("W201",
    "実績「{value}」を目標「{target}」と比べられません。",
    "「{expected}」のように数値で記入してください。")
ACTUAL_UNIT = ProblemKind("W202",
    "実績「{value}」の単位が目標「{target}」と違います。",
    "目標と同じ単位（{expected}）で記入してください。")
ACTUAL_PARTS = ProblemKind("W203",
    "実績「{value}」の内訳が目標「{target}」と合いません。",
    "目標と同じく「{expected}」の形で記入してください。")
ACTUAL_TO_COME = ProblemKind("W204",
    "まだ始まっていない年度に実績が記入されています。",
    "記入する年度を確かめてください。")
ACTUAL_COUNTING = ProblemKind("W205",
    "実績「{value}」の数え方（累計、延べ、平均など）が、目標「{target}」と合いません。",
    "目標と同じ数え方の値を、同じことばを付けて記入してください。")

# W3: 関連施策, 状態 and words
RELATED_UNKNOWN = ProblemKind("W301", "施策ID「{value}」の施策はありません。", "関連施策の施策IDを確かめてください。")
RELATED_ITSELF = ProblemKind("W302",
    "関連施策にこの施策自身（{value}）が記入されています。",
    "関連する別の施策の施策IDを記入してください。")
RELATED_NAME = ProblemKind("W303",
    "施策{id}の名称が「{value}」となっています。",
    "施策{id}の名称は「{expected}」です。施策IDと名称のどちらかを直してください。")
RELATED_ONE_WAY = ProblemKind("W304",
    "施策{id}の側では、この施策{measure}が関連施策になっていません。",
    "関連がある場合は、施策{id}にも記入が必要です。")
MEASURE_UNKNOWN = ProblemKind("W305", "{field}の施策ID「{value}」はマスターにありません。", "番号を確かめてください。")
READ_AS_WORD = ProblemKind("W306",
    "「{value}」は「{expected}」として取り込みました。",
    "違うときは、一覧から選び直して返送してください。")
STATE_UNSAID = ProblemKind("W307",
    "{quarter}までの進捗は、すべての取組が「{state}」にあたる語ですが、マスターの「状態」は実施中です。",
    "施策が終わったのなら、マスターの「施策」シートの「状態」を{state}にし、「状態の開始四半期」を選んでください。続けるのなら、このままで構いません。")
MEASURE_ENDED = ProblemKind("W308",
    "マスターでは、この施策は{standing}です。回答は取り込みますが、提出状況にも報告書にも数えません。",
    "続けている施策なら、マスターの「施策」シートの「状態」を実施中に戻してください。途中で終わった施策なら、「状態の開始四半期」を確かめてください。")

# W4: addresses and texts
MAIL_BLANK = ProblemKind("W401", "連絡先（E-mail）が空白です。", "メールアドレスを記入してください。")
MAIL_MALFORMED = ProblemKind("W402",
    "「{value}」はメールアドレスの形になっていません。",
    "半角で「名前@{domain}」の形に記入してください。")
MAIL_DOMAIN = ProblemKind("W403", "「{value}」のドメインが「{domain}」ではありません。", "綴りを確かめてください。")
DEPARTMENT_RENAMED = ProblemKind("W404", "「{value}」は旧名称です。", "現在の名称「{expected}」に直してください。")

# W5: the shape of the returned sheet
ADDED = ProblemKind("W502",
    "{what}が追加されています。",
    "採用すると決めるまで、マスターには入りません。競合に出ていれば、dxreport resolve で決めてください。")
UNKEYED_TEXT = ProblemKind("W504",
    "{where}の記入は様式の項目ではないので、取り込んでいません（{value}）。",
    "内容を確かめ、必要ならマスターに追記してください。")
SHEET_MISSING = ProblemKind("W505",
    "この発行で配付した施策{measures}のシートが、ファイルの中に見つかりません。",
    "別に返送される場合は、対応は不要です。削除したり、新しいシートに貼り付け直したりした場合は、配付したシートに記入して返送してください。")
READ_BY_LABELS = ProblemKind("W506",
    "シートに隠されている目印がないため、印刷された見出しから読み取りました。",
    "取り込んだ内容がシートのとおりか確かめてください。次回は、配付したシートに直接記入して返送してください。")
EXTRA_SHEET = ProblemKind("W507",
    "様式にないシート「{sheet}」があります（{value}）。取り込んでいません。",
    "内容を確かめ、必要ならマスターに追記してください。")
EARLIER_ROUND = ProblemKind("W508",
    "このシートは{round}に配付したもので、その後に{later}のシートも配付しています。",
    "{later}の報告は、{later}に配付したシートに記入してください。")
WITHDRAWN = ProblemKind("W509",
    "この返送（{return}）は取り下げられています。今回も取り込んでいません。",
    "取り込むには、dxreport resolve {return}/{measure} --accept --reason 理由 を実行するか、直したファイルを部署から受け取ってください。")
REPLACED = ProblemKind("W510",
    "この返送（{return}）より後に届いた{newer}を、すでに取り込んでいます。このシートは取り込んでいません。",
    "こちらを採るときは、{newer}を取り下げてください（dxreport withdraw {newer}）。"
    "それでも保留のままなら、dxreport resolve {return}/{measure} --accept --reason 理由 を実行してください。")
JOINED = ProblemKind("W511",
    "{others}と合わせて、1枚のシートとして取り込みました。",
    "分担して記入されたものか確かめてください。違うときは、dxreport withdraw {return} で取り下げてください（ほかの返送の、合わせたシートは保留に戻ります）。")
LABEL_CHANGED = ProblemKind("W512",
    "様式の見出しや説明（{cells}）が書き換えられています（{value}）。取り込んでいません。",
    "内容を確かめ、必要ならマスターに追記してください。")
DISPUTED = ProblemKind("W513",
    "合わせたシートには「{expected}」とあります。後から届いた「{value}」を採りました。",
    "どちらが正しいかを部署に確かめ、違っていればマスターを直してください。")
SAME_ELSEWHERE = ProblemKind("W514",
    "{round}に配付したシートに、{meant}の報告が記入されていますが、{newer}で受け付けた{meant}の回答と同じです。何も変えていません。",
    "対応は不要です。")
WHOLE_HELD = ProblemKind("W515",
    "--replace を付けて受け付けたので、空欄も答えとして確かめています。",
    "空欄をそのまま答えとしないのなら、--replace を付けずにもう一度 dxreport collect を実行してください。")

# W6: 設定, 部署, 方向 and the ledgers of the master
PROGRESS_RESERVED = ProblemKind("W601",
    "進捗の語「{value}」は、報告書が進捗のない取組を数えることばと同じです。同じ見出しの列が2つできます。",
    "「設定」の進捗の表で、別の語にしてください。")
PROGRESS_TWICE = ProblemKind("W602",
    "進捗の語「{value}」が2回あります。",
    "「設定」の進捗の表で、どちらかの行を削除してください。")
ROUND_CLOSED = ProblemKind("W603",
    "{round}の回に入力欄がありません。部署が書ける欄のないブックになります。",
    "「設定」の回の表の「入力欄」に、部署に書いてもらう欄を記入してください。")
DIRECTION_MISSING = ProblemKind("W604",
    "{reason}ため、実績が目標に届いたかを判定できません。",
    "「成果目標」シートの「方向」の列（なければ表の右に加えてください）に、多いほど良い、少ないほど良い、範囲、判定しないのどれかを記入してください。")
ROUND_WITHOUT_FIELD = ProblemKind("W605",
    "{round}の回の{column}に{groups}がありますが、様式にはその入力セルがありません。部署は記入できず、求められもしません。",
    "使わないなら「設定」の回の表の{column}から外してください。書いてもらうなら、様式に入力セルを置いてください（{tag} のように書き、ロックを外します）。")
RECEIPT_GONE = ProblemKind("W606",
    "受付簿に{row}（{file}）の行がありません。記録では受け付けています。status などには、届いていないものとして示されます。",
    "master/backup の控えから、その行を受付簿に写し戻してください。返送を取り消すときは、行を消さずに dxreport withdraw {return} を実行してください。")
RECEIPT_CHANGED = ProblemKind("W607",
    "{column}が「{value}」ですが、記録では「{expected}」です。取込みは記録のとおりに行います。",
    "「{expected}」に戻してください。取り消すときは dxreport withdraw {return}、"
    "保留を取り込むときは dxreport resolve {return}/{measure} --accept --reason 理由 を実行してください。")
QUESTION_GONE = ProblemKind("W608",
    "競合に、{measure}の{field}の行がありません。返送の「{value}」とマスターの「{current}」のどちらを採るか、まだ決められていません。",
    "master/backup の控えから、その行を競合に写し戻し、dxreport resolve で決めてください。")
QUESTION_CLOSED = ProblemKind("W609",
    "{conflict}の状態が「{value}」ですが、決定は記録されていません。",
    "状態を「未解決」に戻し、dxreport resolve {conflict} で決めてください。")
LOG_LOST = ProblemKind("W610",
    "{reason}受付簿と競合は、記録と比べていません。",
    "master フォルダーを、バックアップから戻してください。")
NAMES_BLANK = ProblemKind("W611",
    "{names}が記入されていません。様式、報告書、メールのその箇所は空きます。",
    "「設定」の設定表の「値」に記入してください。行がないときは、表の下に「項目」をこのとおりに書いた行を足してください。")
AREA_UNNAMED = ProblemKind("W612",
    "分野{areas}の名前が記入されていません。報告書には番号だけが出ます。",
    "「設定」の分野表に、計画での分野の名前を記入してください。")
FORM_MISSING = ProblemKind("W613",
    "様式「{value}」が templates フォルダーにありません。この様式では発行できません。",
    "{reason}様式の名前を直すか、ファイルを templates フォルダーに置いてください。")
FORM_UNSAID = ProblemKind("W614",
    "{round}の回で、施策{measures}にどの様式を使うかが決まっていません。この回のブックを発行できません。",
    "{reason}「施策」「部署」か「設定」の回の表の「様式」の列（なければ表の右に加えてください）に、名前を書いてください。")
FIELD_GONE = ProblemKind("W615",
    "項目「{value}」は「項目」シートにありませんが、その答えが{count}件あります。マスターの列と記録に残り、使われません。",
    "名前を変えたのなら、新しい項目の「旧名」に「{value}」を書いてください。使わない項目なら、このままで構いません。")
FIELD_UNOPENED = ProblemKind("W616",
    "項目「{value}」の入力欄「{group}」は、どの回の入力欄にもありません。部署は記入できません。",
    "「設定」の回の表で、書いてもらう回の入力欄に「{group}」を書き足してください。")
MASTER_EMPTY = ProblemKind("W617",
    "マスターの{sheets}に、まだ行がありません。",
    "master/master.xlsx の「部署」シートに部署名と宛先を、「施策」シートに施策ID、施策名、主管部署を記入して保存してください。")
DIRECTION_OPPOSED = ProblemKind("W620",
    "目標の「{target}」と、方向の「{value}」が合わないため、実績が目標に届いたかを判定できません。",
    "「成果目標」シートの目標か「方向」の、誤っているほうを直してください。")
WEIGHT_MISSING = ProblemKind("W621",
    "進捗の語{words}に重さがありません。どの語の重さも使わず、課題の扱いと行の順で数えています。",
    "「設定」の進捗の表で、すべての語に重さを記入してください（重い進捗ほど大きい数）。")
TREATMENT_UNSAID = ProblemKind("W622",
    "進捗の語「{value}」の課題の扱いが空欄です。報告書では「{expected}」として数えます。",
    "「設定」の進捗の表の「課題の扱い」（列がなければ、「対応策」の右に挿入してください）に、順調、遅れ、完了、中止のどれかを記入してください。")
NAME_TWICE = ProblemKind("W623",
    "{field}「{value}」が{count}か所にあります。報告書に同じ見出しが並び、見分けられません。",
    "どれか分かる名前に変えてください。同じものなら、1つにしてください。")
TITLE_TWICE = ProblemKind("W624",
    "報告書名の中に{names}が入っています。表題には、重ねて印刷しません。",
    "このままで構いません。{names}を表題の上にも印刷したいときは、「設定」の報告書名から除いてください。")
ACTUAL_OF_NOTHING = ProblemKind("W625",
    "評価項目が空欄なのに、実績「{value}」が記入されています。",
    "何の実績かを部署に確かめ、マスターの「成果目標」シートに評価項目を書くか、実績を消してください。")
DISMISSED = ProblemKind("W630",
    "この返送（{return}）は除外されています。今回も取り込んでいません。",
    "取り込むには、dxreport resolve {return}/{measure} --accept --reason 理由 を実行してください。")
ADDRESS_MISSING = ProblemKind("W631",
    "宛先が登録されていません。",
    "宛先を聞き、「部署」シートの「宛先」に記入してください。")
ADDRESS_UNREAD = ProblemKind("W632",
    "宛先「{value}」がメールアドレスとして読めません。",
    "正しい宛先を聞き、「部署」シートの「宛先」を直してください。")
ADDRESS_MISSPELT = ProblemKind("W633",
    "宛先のドメインの綴りが違います（「{domain}」のはずです）。",
    "正しい宛先を聞き、「部署」シートの「宛先」を直してください。")
ADDRESS_ELSEWHERE = ProblemKind("W634",
    "宛先のドメインが「{domain}」ではありません。",
    "ほかの団体の宛先でよいか確かめてください。")
DEADLINE_MOVED = ProblemKind("W635",
    "{round}の提出期限は{now}ですが、まだ返送されていないブックには{printed}と印刷されています（{first} など {count} 施策）。",
    "メールの下書き（dxreport mail remind）には、変わった期限を書きます。"
    "印刷も直すときは、dxreport render --round {round} で作り直して送ってください。前のブックで返ってきても読み取れます。")
WEEKDAY_WRONG = ProblemKind("W636",
    "{round}の締切「{value}」は、{weekday}曜日ではありません。{expected}として扱っています。",
    "日か曜日のどちらかを直してください。")
DEPARTMENT_MOVED = ProblemKind("W637",
    "施策{measures}の主管部署は{new}になりましたが、{round}のシートは{old}に配付したブックに入っています。",
    "{new}に送るときは、dxreport render --round {round} {options} で作り直してください。{old}から返ってきても読み取れます。")
DEADLINE_ON_A_WEEKEND = ProblemKind("W638",
    "{round}の締切（{value}）は、土曜日か日曜日です。",
    "開庁日に直してください。このままでも発行できます。")
STATE_SINCE_UNSAID = ProblemKind("W639",
    "状態が「{state}」ですが、「状態の開始四半期」が空欄です。年度の初めから実施していないものとして、報告済みの進捗も数えません。",
    "途中でやめたときは、「状態の開始四半期」を選んでください。")
FOREIGN_SENDER = ProblemKind("W640",
    "{department}のファイルが、部署の宛先にもメールのドメインにもないアドレス「{sender}」から届いています。",
    "差出人を部署に確かめてください。違うときは dxreport withdraw で取り下げてください。")
ACTIVE_CONTENT = ProblemKind("W641",
    "ファイルに、様式にないもの（{what}）が入っています。動かしておらず、差し戻し用のファイルからは取り除きます。",
    "必要なければ、取り除いて返送するよう部署にお伝えください。")
STAMP_FORGED = ProblemKind("W642",
    "シート「{sheet}」に隠されている目印が、配付したものではありません。目印は使わずに読みました。",
    "取り込んだ内容がシートのとおりか、どの部署が送ったものかを確かめてください。")
SECRET_CHANGED = ProblemKind("W643",
    "目印の鍵（master/.secret）が、発行{issues}のときのものと違います。その目印が書き換えられていないかを確かめられません。",
    "master フォルダーのバックアップに .secret があれば、戻してください。なければ、返送の内容を目で確かめてください。")
MEASURE_LOST = ProblemKind("W644",
    "施策{measures}は今年度に配付しましたが、「施策」シートにありません。",
    "施策をやめたときは、行を消さずに「状態」を変えてください。消したときは、master/backup の控えから行を写してください。")
DISMISSED_UNREAD = ProblemKind("W645",
    "この返送（{return}）の読み取れなかったところは、除外されています。今回も取り込んでいません。",
    "取り込むには、直したファイルを部署から受け取ってください。")
# fmt: on

KINDS: Mapping[str, ProblemKind] = {k.code: k for k in list(globals().values()) if isinstance(k, ProblemKind)}
# Errors of a sheet that only lacks answers.
LACKING = frozenset(kind.code for kind in (
    PROGRESS_MISSING, COUNTERMEASURE_MISSING, REQUIRED_MISSING, ACTUAL_MISSING, REQUIRED_ALWAYS, REQUIRED_IF,
))  # fmt: skip
