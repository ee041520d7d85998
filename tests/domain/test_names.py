"""Names of 設定: what stands where one is blank, and the office's words for fixed terms."""

from dxreport.domain.names import Names, joined


def test_blank_names_leave_no_gap():
    blank = Names()
    assert blank.report_title == "年間活動計画 進捗報告書"
    assert (blank.owner, blank.sender, joined("", "あ", "", "い")) == ("", "", "あ　い")
    assert Names(city="○○町").owner == "○○町" and Names(city="○○町", plan="DX計画").owner == "DX計画"
    assert Names(form="評価シート").report_title == "評価シート 進捗報告書"
    assert Names(city="○○町", office="総務課").sender == "○○町　総務課"


def test_terms_are_replaced_in_one_pass():
    names = Names(measure="基本施策", activity="施策", adviser="最高責任者")
    assert names.termed("施策ID 取組内容 CIO補佐への支援") == "基本施策ID 施策内容 最高責任者への支援"
    assert Names().termed("施策と取組") == "施策と取組"
