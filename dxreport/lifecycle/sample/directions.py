"""The 方向 of the outcomes in the sample, judged by their 評価項目 and 目標: by 施策ID, the numbers of the outcomes.

The others are left blank: their 目標 are not numbers, or, in 03-03 O2, ``導入前比各手続15分`` may be the time that is left or the
time that was saved.
"""

from __future__ import annotations

from ...master.records import Direction

_MORE = {
    "01-01": (1, 2), "01-02": (1,), "01-03": (1,), "01-04": (1, 2), "01-05": (1, 2, 3), "01-06": (1,), "01-07": (1, 2),
    "01-08": (1, 2), "01-09": (1, 2, 3), "01-10": (1, 2), "01-11": (1, 2, 3), "01-12": (2,), "01-13": (2, 3),
    "02-02": (1,), "02-03": (1, 2, 3), "02-04": (1,), "03-01": (1, 2), "03-03": (1,), "03-04": (1, 2), "04-01": (1,),
}  # fmt: skip
_LESS = {
    "01-03": (2,),  # 農作物被害額
    "01-13": (1,),  # 不読率
    "01-14": (1, 2),  # 職員事務作業時間, コピー紙の配布枚数
}
DIRECTIONS = {
    (id_, f"O{number}"): direction.value
    for direction, outcomes in ((Direction.MORE, _MORE), (Direction.LESS, _LESS))
    for id_, numbers in outcomes.items()
    for number in numbers
}
