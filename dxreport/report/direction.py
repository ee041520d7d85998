"""Whether more or less of a 成果目標 is better: said by the master, or read from the wording, or left open."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..domain.model import Outcome
from ..domain.values import ValueKind, fold, read_value
from ..master.records import Master
from ..master.schema import ID, Column, TableSchema, outcomes
from ..master.workbook import MasterWorkbook, plain_id
from ..ooxml.package import Package
from .records import Direction

COLUMN = "方向"  # a column that people may add to 成果目標

_MORE_SAID, _LESS_SAID = re.compile("[多増高上↑]"), re.compile("[少減低下↓]")

# What is counted is itself a reduction: 業務削減時間, 往復文書の削減率.
_REDUCTION = re.compile("(?:削減|縮減|短縮|軽減|低減|減少)(?:率|量|額|数|時間|日数|枚数|件数|効果|割合)")
_GOOD = (
    "達成|利用|活用|登録者|登録数|登録率|満足|参加|受講|実施|開催|講座|取組|締結|連携|協働|公開|導入"
    "|普及|電子化|オンライン化|デジタル化|既読|貸出|ダウンロード|付与|処理頭数|納付|交付|申請率|申請数|申請件数"
    "|相談対応|対応手続|増加|アップ|向上|拡大"
)
_MORE = re.compile(f"(?<![未不非無])(?:{_GOOD})")
_LESS = re.compile(
    "(?<![未不非無])(?:被害|不読|滞納|未納|未処理|未提出|未回答|待ち時間|待機児童|作業時間|所要時間|要する時間|時間外|残業|超過勤務|苦情|クレーム"
    "|事故|誤り|ミス|遅延|欠席|離職|紛失|解約|抹消|退会|停止|排出量|廃棄|コスト|犯罪|火災|死者|負傷|不登校|いじめ)"
)
# Good things that do not happen: オンライン化されていない手続数, 満足していない人の割合.
_LACKING = re.compile(rf"(?:{_GOOD})(?:さ?れ|し|でき)?て?い?(?:ない|なかった)")
_NOT = re.compile("ない|なかった|なし|ゼロ|無し")
# A good thing that goes wrong, or that is done on paper, says nothing: 督促状の交付件数, 紙の申請件数, 再交付件数.
_SPOILT = re.compile(
    "不可|不能|不具合|不備|未実施|未達成|エラー|障害(?![者児福])|失敗|漏れ|もれ|遅れ|延滞|督促|催告|却下|取下|取り下|取消|返戻|差戻|差し戻"
    "|拒否|辞退|キャンセル|延期|低下|再交付|再発行|再申請|(?:紙|書面|手書き|FAX|郵送|電話|対面|来庁)(?:で|に|の|を|による|申請|提出)"
    "|窓口(?:で|に|へ|を)"
)
# A harm that is dealt with: 被害防止柵の設置数, 事故対応件数.
_DEALT_WITH = re.compile("防止|予防|対策|抑制|解消|改善|支援|相談|訓練|講習|対応|回避|撲滅")
# What it costs may be less for the better, or what is taken in: システム利用料, 導入費用.
_COST = re.compile("費用(?!対)|経費|(?:利用|使用|委託|保守|手数|通信|回線)料(?!.*(?:収入|収納))|(?<!消)費$")
# Times, where they are what is counted: nobody knows whether more of 相談対応時間 is better.
_LASTING = re.compile("(?:時間|日数|期間|分数)(?:の?(?:平均|合計|計))?$")
_LASTING_UNITS = ("分", "秒", "時間", "分間", "日", "日間", "週間", "か月")
_HELD = re.compile("(?:開催|開館|受講|参加)(?:日数|時間)$")
_SHORTER = re.compile(
    "(?:待機|待ち|作業|所要|処理|不可|不能|停止|中断)(?:時間|日数|期間)(?:の?(?:平均|合計|計))?$"
    "|(?:要する|要した|かかる|かかった|掛かる|掛かった).{0,12}(?:時間|日数|期間)(?:の?(?:平均|合計|計))?$"
    "|(?<![月末日度時回])まで(?:の.{0,12}(?:時間|日数|期間)(?:の?(?:平均|合計|計))?)?$"
)
_PARENTHESIS = re.compile(r"\([^()]*\)")
_REDUCED, _RAISED = re.compile("減(?!免)"), re.compile("増")


def directions(master: Master) -> dict[tuple[str, str], Direction]:
    """What the column 方向 of 成果目標 says, by 施策ID and 成果目標ID; empty where there is no such column.

    多い, 増, 高い, 上, ↑ are :attr:`Direction.MORE`; 少ない, 減, 低い, 下, ↓ are LESS; anything else says nothing.
    """
    if not master.data:
        return {}
    known = outcomes(master.settings.plan_years)
    sheet = TableSchema(known.name, known.table, (*known.columns[:2], Column(COLUMN)), known.keys)
    area, rows = MasterWorkbook(Package(master.data)).read_table(sheet, optional=(COLUMN,))
    if area is None or COLUMN not in area.columns:
        return {}
    said = {(plain_id(row[ID]), plain_id(row[sheet.keys[1]])): _said(row[COLUMN]) for row in rows}
    return {key: way for key, way in said.items() if way is not Direction.UNKNOWN}


def _said(text: str) -> Direction:
    return _decided(bool(_MORE_SAID.search(text)), bool(_LESS_SAID.search(text)))


def direction(outcome: Outcome, said: Mapping[tuple[str, str], Direction], measure_id: str) -> Direction:
    """Which way is better for an outcome: as the master says, else by its wording in all years."""
    return said.get((measure_id, outcome.key)) or read_direction(
        [y.indicator for y in outcome.years], [y.target for y in outcome.years]
    )


def read_direction(indicators: list[str], targets: list[str]) -> Direction:
    """By the wording of 評価項目 and 目標; UNKNOWN where it is silent or says both.

    A thing that is better when there is less of it (被害額, 不読率, 作業時間) or more (利用者数, 満足度, 達成率); a
    counted reduction (削減率, 削減時間) is better when it is more, and so is less of a good thing that does not happen
    (電子化されていない文書数), of waiting, and of the time that something takes (交付までの日数). ``105分（前年度に対し１５分減）``
    is less. A plain 削減 in the 評価項目 may count either what is left or what was saved, and a number beside 比
    (``導入前比15分``) either as well; a time or a cost may be an effort or a waste: nothing is said then.
    """
    indicator = fold(" ".join(indicators))
    numbers = [fold(t) for t in targets if read_value(t).kind is ValueKind.NUMBER]
    if not numbers or any("比" in text for text in numbers):
        return Direction.UNKNOWN
    if _REDUCTION.search(indicator):
        return Direction.MORE
    if _REDUCED.search(indicator):
        return Direction.UNKNOWN
    target = " ".join(numbers)
    heads = [_head(text) for text in indicators]
    shorter = any(map(_SHORTER.search, heads))
    harm = bool(_LESS.search(indicator))
    lacking = bool(_LACKING.search(indicator)) and not harm and not _SPOILT.search(indicator)
    good = bool(_MORE.search(indicator) or _MORE.search(target)) and not _doubtful(indicator, heads, targets)
    bad = harm and not _NOT.search(indicator) and not _DEALT_WITH.search(indicator)
    more = (good and not shorter) or bool(_RAISED.search(target))
    less = bad or shorter or lacking or bool(_REDUCED.search(_REDUCTION.sub("", target)))
    return _decided(more, less)


def _head(indicator: str) -> str:
    """A 評価項目 without its remarks: what is counted stands at its end."""
    return "".join(_PARENTHESIS.sub("", fold(indicator)).split())


def _doubtful(indicator: str, heads: list[str], targets: list[str]) -> bool:
    """Whether a good thing in the 評価項目 is not what is counted, or not there."""
    if _NOT.search(indicator) or _SPOILT.search(indicator) or any(map(_COST.search, heads)):
        return True
    if any(map(_HELD.search, heads)):
        return False
    lasting = any(part.unit in _LASTING_UNITS for text in targets for part in read_value(text).quantities)
    return lasting or any(map(_LASTING.search, heads))


def _decided(more: bool, less: bool) -> Direction:
    if more == less:
        return Direction.UNKNOWN
    return Direction.MORE if more else Direction.LESS
