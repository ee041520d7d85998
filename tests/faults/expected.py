"""What an office expects of its books: a plain dict of answers, and laws that every command keeps.

It shares nothing with the program but the words of the master's sheets: the master is read by python-calamine, the log
as JSON, and no state is replayed. It does not predict what a command does with an answer. It knows which answers there
are, who gave them and when, and so what a command may change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from python_calamine import CalamineWorkbook

Texts = dict[str, dict[str, str]]
"""The texts that are not blank, by measure and address (``activity.progress/K1/1``)."""
Row = Mapping[str, str]

IN = ("取込済", "変更なし", "記入なし")
HELD = ("保留", "別の回")
ASIDE = ("取下げ", "除外")
OPEN, DECIDED = "未解決", "解決済"
_QUARTERS = {f"第{n}四半期": n for n in (1, 2, 3, 4)}
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_LISTS = {"取組": "取組ID", "関連施策": "関連ID", "支援依頼": "依頼ID", "成果目標": "成果目標ID"}
_FIXED = {
    "施策": {
        "施策名": "name", "主管部署": "lead_department", "関連部署": "related_departments", "主担当者": "contact_person",
        "連絡先（E-mail）": "contact_email", "到達目標": "goal", "関連施策有無": "related_flag", "予算化有無": "budgeted",
        "調達内容（具体的に）": "procurement", "依頼有無": "support_flag",
        **{f"報告事項なし {q}": f"no_report/{n}" for q, n in _QUARTERS.items()},
    },
    "取組": {
        "取組内容": "activity.name", "予定の見出し": "activity.plan_label",
        **{f"{q} {word}": f"activity.{key}/{n}" for q, n in _QUARTERS.items()
           for word, key in (("作業予定", "plan"), ("進捗", "progress"), ("対応策", "countermeasure"))},
    },
    "関連施策": {"関連施策ID": "related.id", "関連施策名": "related.name"},
    "支援依頼": {"時期": "support.period", "支援内容": "support.content"},
    "成果目標": {"方向": "outcome.direction"} | {
        f"令和{str(2021 + n - 2018).translate(_FULL)}年度 {word}": f"outcome.{key}/{n}" for n in (1, 2, 3, 4)
        for word, key in (("評価項目", "indicator"), ("目標", "target"), ("実績", "actual"))
    },
}  # fmt: skip
STANDINGS = {"予定通り": "on_track", "進捗遅延・課題あり": "late"}
LABEL = "activity.plan_label"  # printed on every new row
FADING = frozenset({
    "goal", "budgeted", "procurement", "activity.plan", "activity.progress", "activity.countermeasure", "support_flag",
    "support.period", "support.content", "no_report",
})  # fmt: skip
"""Fields that are not carried over to the next year."""


class Eye:
    """A master as a person sees it. ``own`` are the columns of declared fields: address by sheet and header."""

    def __init__(self, data: bytes, own: Mapping[tuple[str, str], str]) -> None:
        self.data, self.sha256 = data, hashlib.sha256(data).hexdigest()
        self._own = own

    @cached_property
    def _sheets(self) -> dict[str, list[list[object]]]:
        import io

        book = CalamineWorkbook.from_filelike(io.BytesIO(self.data))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}

    def rows(self, sheet: str) -> list[Row]:
        """Return the rows of a table that begins in A1, by header."""
        grid = self._sheets.get(sheet) or [[]]
        heads = [str(value) for value in grid[0]]
        found = [dict(zip(heads, map(text_of, row), strict=True)) for row in grid[1:]]
        return [row for row in found if any(row.values())]

    def place(self, measure: str, address: str) -> tuple[str, int, int] | None:
        """Return the sheet, row and column of a text, None if the master has no row or column for it."""
        for sheet, heads in self._tables():
            grid = self._sheets[sheet]
            key, item, period = parts(address)
            found = {head: n for n, head in enumerate(map(str, grid[0]), 1)}
            header = next((h for h, a in heads.items() if a == key + period and h in found), None)
            if header is None:
                continue
            for number, row in enumerate(grid[1:], 2):
                texts = dict(zip(map(str, grid[0]), map(text_of, row), strict=True))
                if texts["施策ID"] == measure and (not item or texts[_item_header(sheet)] == item):
                    return sheet, number, found[header]
        return None

    @cached_property
    def texts(self) -> Texts:
        """The texts of all measures."""
        out: Texts = {}
        for sheet, heads in self._tables():
            for row in self.rows(sheet):
                if not row["施策ID"]:
                    continue
                mine = out.setdefault(row["施策ID"], {})
                item = row[_item_header(sheet)] if sheet != "施策" else ""
                for header, address in heads.items():
                    if text := row.get(header, ""):
                        mine[_with_item(address, item)] = text
        return {measure: _without_lone_labels(mine) for measure, mine in out.items()}

    def _tables(self) -> Iterator[tuple[str, dict[str, str]]]:
        for sheet in ("施策", *_LISTS, *dict.fromkeys(s for s, _ in self._own if s not in ("施策", *_LISTS))):
            if sheet in self._sheets:
                own = {header: address for (s, header), address in self._own.items() if s == sheet}
                yield sheet, _FIXED.get(sheet, {}) | own

    @cached_property
    def receipts(self) -> dict[tuple[str, str, str], Row]:
        """受付簿 by return, measure and issue."""
        return {(r["受付ID"], r["施策ID"], r["発行ID"]): r for r in self.rows("受付簿")}

    @cached_property
    def changes(self) -> list[Row]:
        """変更履歴."""
        return self.rows("変更履歴")

    @cached_property
    def conflicts(self) -> dict[str, Row]:
        """競合 by number."""
        return {r["競合ID"]: r for r in self.rows("競合")}

    @cached_property
    def issues(self) -> dict[str, Row]:
        """発行台帳 by number."""
        return {r["発行ID"]: r for r in self.rows("発行台帳")}


def _without_lone_labels(texts: dict[str, str]) -> dict[str, str]:
    """Return the texts without the printed label of an activity that has no other text."""
    written = {parts(a)[1] for a in texts if a.startswith("activity.") and parts(a)[0] != LABEL}
    return {a: t for a, t in texts.items() if parts(a)[0] != LABEL or parts(a)[1] in written}


def text_of(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n")


def _item_header(sheet: str) -> str:
    return _LISTS.get(sheet, f"{sheet}ID")


def _with_item(address: str, item: str) -> str:
    key, _, period = address.partition("/")
    return "/".join(filter(None, (key, item, period)))


def parts(address: str) -> tuple[str, str, str]:
    """Return the key, item and period (with its slash) of an address."""
    key, *rest = address.split("/")
    period = "/" + rest.pop() if rest and rest[-1].isdigit() else ""
    return key, rest[0] if rest else "", period


def item_of(address: str) -> tuple[str, str]:
    """Return the list and the item that an address points into."""
    key, item, _ = parts(address)
    return key.rpartition(".")[0], item


@dataclass(frozen=True)
class Sent:
    """A workbook as it was sent: the texts of the master at that moment, and the cell of each."""

    id: str
    round: str
    quarter: int
    department: str
    when: str
    data: bytes = field(repr=False)
    texts: Texts = field(repr=False)
    cells: Mapping[str, tuple[str, Mapping[str, str]]] = field(repr=False)


@dataclass(frozen=True)
class Answers:
    """What a department wrote on a sheet: every text that differs from the issue, or from the copy it wrote on.

    ``since`` says when, and by which return, a text that was on the copy already was first given. ``good`` answers all
    that the round asks, ``bad`` holds a word that is in no list.
    """

    measure: str
    issue: str
    round: str
    texts: Mapping[str, str]
    since: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    good: bool = False
    bad: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Paper:
    """A file that a department sends."""

    path: Path
    data: bytes = field(repr=False)  # of the workbook itself
    answers: tuple[Answers, ...]
    sent: str = ""
    corrects: str = ""
    ending: str = "xlsx"

    @property
    def sha256(self) -> str:
        """The hash of the workbook."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Books:
    """What the office knows of one year."""

    eye: Eye
    first: Texts
    own: dict[tuple[str, str], str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # fields removed from 項目, and people's own columns
    tip: str = ""
    typed: set[tuple[str, str]] = field(default_factory=set)  # by hand since the last commit
    sent: dict[str, Sent] = field(default_factory=dict)
    came: dict[str, tuple[Answers, ...]] = field(default_factory=dict)  # by return
    stamps: dict[str, tuple[str, int]] = field(default_factory=dict)
    came_last: dict[str, dict[str, tuple[dict[str, str], object]]] = field(default_factory=dict)
    hands: dict[tuple[str, str], str] = field(default_factory=dict)  # when a text was last typed
    ever: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def copy(self) -> Books:
        """Return a copy that changes independently."""
        return replace(
            self, own=dict(self.own), renamed=dict(self.renamed), gone=set(self.gone), typed=set(self.typed),
            sent=dict(self.sent), came=dict(self.came), stamps=dict(self.stamps),
            came_last=dict(self.came_last), hands=dict(self.hands),
            ever={key: set(texts) for key, texts in self.ever.items()},
        )  # fmt: skip

    def said(self, measure: str) -> Iterator[tuple[str, Answers]]:
        """Yield all answers about a measure, with the numbers of their returns."""
        for id_, answers in self.came.items():
            for a in answers:
                if a.measure == measure:
                    yield id_, a

    def rename(self, old: str, new: str) -> None:
        """Rename a field in everything known."""
        self.renamed = {a: new if b == old else b for a, b in self.renamed.items()} | {old: new}
        self.own = {place: today(self, a) for place, a in self.own.items()}
        self.first = {m: self._renamed(mine) for m, mine in self.first.items()}
        self.sent = {
            id_: replace(
                s, texts={m: self._renamed(t) for m, t in s.texts.items()},
                cells={m: (sheet, self._renamed(at)) for m, (sheet, at) in s.cells.items()},
            ) for id_, s in self.sent.items()
        }  # fmt: skip
        self.came = {id_: self.renamed_answers(answers) for id_, answers in self.came.items()}
        self.came_last = {}
        self.hands = {(m, today(self, a)): when for (m, a), when in self.hands.items()}
        self.ever = {(m, today(self, a)): texts for (m, a), texts in self.ever.items()}
        self.typed = {(m, today(self, a)) for m, a in self.typed}

    def renamed_answers(self, answers: Iterable[Answers]) -> tuple[Answers, ...]:
        """Return answers under today's names of fields."""
        return tuple(
            replace(a, texts=self._renamed(a.texts), since={today(self, x): s for x, s in a.since.items()})
            for a in answers
        )

    def _renamed(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {today(self, a): text for a, text in texts.items()}

    def look(self, data: bytes) -> Eye:
        """Return the master in these bytes."""
        return Eye(data, self.own)


Change = tuple[str, str, str, str]
"""Measure, address, the text before and now."""


def differences(before: Texts, after: Texts) -> list[Change]:
    """Return the texts that differ."""
    out = []
    for measure in sorted({*before, *after}):
        old, new = before.get(measure, {}), after.get(measure, {})
        out += [(measure, a, old.get(a, ""), new.get(a, "")) for a in sorted({*old, *new}) if old.get(a) != new.get(a)]
    return out


def fold_of_the_history(books: Books, eye: Eye) -> Texts:
    """Apply the rows of 変更履歴 to the first texts; check that each begins where the one before ended."""
    texts = {measure: dict(mine) for measure, mine in books.first.items()}
    for row in eye.changes:
        if row["欄"] == "receipt":
            continue
        mine, address = texts.setdefault(row["施策ID"], {}), today(books, row["欄"])
        assert mine.get(address, "") == row["旧"] or parts(address)[0] == LABEL, (
            "the history has a gap",
            dict(row),
            mine.get(address, ""),
        )
        mine[address] = row["新"]
    return _written(texts)


def fold_of_the_log(books: Books, folder: Path, tip: str) -> Texts:
    """Apply, in order, the changes of texts that the commits record."""
    chain = []
    while tip:
        data = (folder / f"{tip}.json").read_bytes()
        assert tip.rpartition("-")[2] == hashlib.sha256(data).hexdigest()[:12], tip
        chain.append(json.loads(data))
        tip = chain[-1]["parent"]
    texts: Texts = {}
    for commit in reversed(chain):
        for measure, mine in (commit.get("first") or {}).items():
            texts[measure] = {today(books, address): text for address, text in mine.items()}
        for measure, address, text in commit["changes"]:
            texts.setdefault(measure, {})[today(books, address)] = text
    return _written(texts)


def today(books: Books, address: str) -> str:
    """Return an address under today's name of its field."""
    key, item, period = parts(address)
    key = books.renamed.get(key, key)
    return "/".join(filter(None, (key, item))) + period


def _written(texts: Texts) -> Texts:
    kept = {m: {a: t for a, t in mine.items() if t and a != "id"} for m, mine in texts.items()}
    return {m: _without_lone_labels(mine) for m, mine in kept.items()}


def explained(books: Books, eye: Eye, folder: Path, tip: str) -> None:
    """Check that 変更履歴 and the log, with what people typed since, explain every text of the master."""
    if not tip:
        assert not eye.changes
        return
    if tip != books.tip:
        books.typed = {(m, a) for m, a in books.typed if parts(a)[0] in books.gone}  # noticed when the field is back
    if not books.tip:
        books.first = _first_of(books, folder, tip)
    books.tip = tip
    for told in (fold_of_the_history(books, eye), fold_of_the_log(books, folder, tip)):
        open_ = [c for c in differences(told, eye.texts) if parts(c[1])[0] != "outcome.direction"]
        open_ = [c for c in open_ if (c[0], c[1]) not in books.typed]
        open_ = [c for c in open_ if parts(c[1])[0] != LABEL or (c[2] and c[3])]  # it comes and goes with its activity
        assert not open_, ("not explained", open_)


def _first_of(books: Books, folder: Path, tip: str) -> Texts:
    """Return the texts that the year began with, from the first commit; check that each was in the master once."""
    while tip:
        given = json.loads((folder / f"{tip}.json").read_bytes())
        tip = given["parent"]
    first = {m: {today(books, a): t for a, t in mine.items()} for m, mine in given["first"].items()}
    for measure, mine in _written(first).items():
        for address, text in mine.items():
            assert text in books.ever.get((measure, address), set()), ("never stood there", measure, address, text)
    return first


def newly_in(before: Eye, after: Eye) -> set[tuple[str, str, str]]:
    """Return the sheets that went in."""
    was = {key for key, row in before.receipts.items() if row["状態"] in IN}
    return {key for key, row in after.receipts.items() if row["状態"] in IN and key not in was}


def stays_in(before: Eye, after: Eye, whole: Collection[str] = ()) -> None:
    """Check that what was in stays in, except for returns that count ``whole`` from now on."""
    for key, row in before.receipts.items():
        if row["状態"] in IN and key[1] and key[0] not in whole:
            assert after.receipts[key]["状態"] in IN, ("went out", dict(after.receipts[key]))


def only_answers(books: Books, before: Eye, after: Eye, whole: Collection[str] = ()) -> None:
    """Check that a text changed only to what a sheet that went in says, or to what was decided.

    The returns ``whole`` were in before, and count whole from now on.
    """
    fresh = newly_in(before, after) | {key for key in after.receipts if key[0] in whole}
    for measure, address, old, new in differences(before.texts, after.texts):
        mine = [a for id_, a in books.said(measure) if (id_, measure, a.issue) in fresh]
        givers = [a for a in mine if _says(books, a, address, new)]
        if givers and (measure, address) in books.hands:
            typed = books.hands[measure, address]
            assert any(_knew(books, a, measure, address, old, typed) for a in givers) or _was_decided(
                after, measure, address, new
            ), ("overwrites what was typed", measure, address, old, new)
        assert (
            givers or _was_decided(after, measure, address, new) or (parts(address)[0] == LABEL and not (old and new))
        ), (
            "nobody said so",
            measure,
            address,
            old,
            new,
            sorted(fresh),
        )


def _says(books: Books, answer: Answers, address: str, text: str) -> bool:
    if address in answer.texts or not answer.whole:
        return answer.texts.get(address) == text
    return books.sent[answer.issue].texts[answer.measure].get(address, "") == text


def _knew(books: Books, answer: Answers, measure: str, address: str, old: str, typed: str) -> bool:
    """Return True if anybody in the round saw the typed text in an issue, or gave it as an answer."""
    issues = [s for s in books.sent.values() if s.round == answer.round and measure in s.texts]
    copies = [a for _, a in books.said(measure) if a.round == answer.round and a.texts.get(address) == old]
    return bool(copies) or any(s.texts[measure].get(address, "") == old or s.when > typed for s in issues)


def _was_decided(eye: Eye, measure: str, address: str, text: str) -> bool:
    rows = (r for r in eye.conflicts.values() if (r["施策ID"], r["欄"]) == (measure, address))
    return any(r["状態"] == DECIDED and r["決定"] == text for r in rows)


def nothing_lost(books: Books, before: Eye, after: Eye) -> None:
    """Check that each answer of a sheet that went in is in the master, in an open conflict, decided, or overtaken."""
    fresh = newly_in(before, after)
    for id_, measure, issue in sorted(fresh):
        for a in (a for a in books.came.get(id_, ()) if (a.measure, a.issue) == (measure, issue) and not a.whole):
            for address, text in a.texts.items():
                if parts(address)[0] in (*books.gone, "name") or _stands(books, before, after, id_, a, address, text):
                    continue
                raise AssertionError(
                    (
                        "lost",
                        id_,
                        measure,
                        address,
                        text,
                        after.texts[measure].get(address, ""),
                        dict(after.receipts[id_, measure, issue]),
                    )
                )


def _stands(books: Books, before: Eye, after: Eye, id_: str, a: Answers, address: str, text: str) -> bool:
    measure = a.measure
    here, sent = after.texts.get(measure, {}).get(address, ""), books.sent[a.issue].texts[measure].get(address, "")
    if here == text:
        return True
    if text == sent and any(
        b.round != a.round and b.texts.get(address) == here
        and after.receipts.get((other, measure, b.issue), {}).get("状態") in IN
        for other, b in books.said(measure)
    ):  # fmt: skip
        return True  # a copy takes an answer back that another round has given too
    if text == sent and not any(
        b.round == a.round and b.texts.get(address, sent) != sent
        and before.receipts.get((other, measure, b.issue), {}).get("状態") in IN
        for other, b in books.said(measure)
    ):  # fmt: skip
        return True  # a copy takes an answer back that never went in
    rows = [r for r in after.conflicts.values() if (r["施策ID"], r["欄"]) == (measure, address)]
    if any(r["状態"] == DECIDED and text in (r["返送"], r["現在"]) for r in rows):
        return True
    stamp = a.since.get(address, books.stamps[id_])
    for other, b in books.said(measure):
        row = after.receipts.get((other, measure, b.issue))
        if other == id_ or row is None or row["状態"] not in IN or b.round != a.round:
            continue
        if address in b.texts and b.since.get(address, books.stamps[other]) > stamp:
            return True
        if b.whole and books.stamps[other] > stamp:
            return True
    untouched = before.texts.get(measure, {}).get(address, "") == sent and not parts(address)[1]
    alone = sum(key[1] == measure for key in newly_in(before, after)) == 1
    if any(r["状態"] == OPEN and r["返送"] == text for r in rows):
        assert not (untouched and alone), ("a conflict about what nobody had touched", id_, measure, address, text)
        return True
    # the same answer is in already: with the sheet that this one is a copy of, or with a copy of this one
    return any(
        other != id_ and b.round == a.round and b.texts.get(address) == text
        and before.receipts.get((other, measure, b.issue), {}).get("状態") in IN
        for other, b in books.said(measure)
    )  # fmt: skip


def goes_back(books: Books, before: Eye, after: Eye, return_id: str) -> None:
    """Check that withdrawing a return changes only what its sheets, or those that depended on it, answered."""
    moved = {
        key for key, row in after.receipts.items()
        if (row["状態"] in IN) != (before.receipts.get(key, {}).get("状態") in IN) or key[0] == return_id
    }  # fmt: skip
    for measure, address, old, new in differences(before.texts, after.texts):
        mine = [a for id_, a in books.said(measure) if (id_, measure, a.issue) in moved]
        item = parts(address)[1]
        concerned = any(
            a.whole or address in a.texts or (item and any(parts(x)[1] == item for x in a.texts)) for a in mine
        )
        assert concerned, ("changed by no return that was taken out", measure, address, old, new)
        ever = books.ever.get((measure, address), set())
        assert new in ever or new == "" or any(new == a.texts.get(address) for _, a in books.said(measure)), (
            "a text that nobody wrote", measure, address, old, new,
        )  # fmt: skip


def plan_of(known: Eye | Sent, measure: str) -> dict[str, str]:
    """What is planned; a sheet answers for the plan of now, though it was sent with that of before."""
    return {a: t for a, t in known.texts.get(measure, {}).items() if a.startswith(("activity.name", "activity.plan/"))}


def counted(eye: Eye, quarter: int) -> Counter[str]:
    """Count the activities of a quarter by standing, without measures that have ended by then."""
    out: Counter[str] = Counter()
    for row in eye.rows("施策"):
        if row["状態"] not in ("", "実施中") and _QUARTERS.get(row["状態の開始四半期"], 0) <= quarter:
            continue
        mine = eye.texts[row["施策ID"]]
        for item in sorted({item_of(a)[1] for a in mine if item_of(a)[0] == "activity"}):
            word = mine.get(f"activity.progress/{item}/{quarter}", "")
            planned = mine.get(f"activity.plan/{item}/{quarter}", "")
            marked = mine.get(f"no_report/{quarter}", "")
            blank = "no_plan" if not planned else "no_report" if marked else "unreported"
            out[STANDINGS.get(word, "unknown") if word else blank] += 1
    return out


def told_truly(eye: Eye, measure: str, round_: str, state: str) -> None:
    """Check that nobody is chased whose answer is in, and nobody passed over who owes one."""
    mine = [r for r in eye.receipts.values() if r["施策ID"] == measure]
    rows = [r for r in mine if round_ in (r["回"] if r["状態"] != "別の回" else "", r["別の回"])]
    came = [r for r in rows if r["状態"] not in ASIDE and not r["置き換え"]]
    issued = any(r["回"] == round_ and measure in r["施策ID"].split("、") for r in eye.issues.values())
    held = [r for r in came if r["状態"] not in IN]
    office = next(r["主管部署"] for r in eye.rows("施策") if r["施策ID"] == measure)
    if not came:
        fine = ("発行", "未提出") if issued else ("未発行",)
    elif not held:
        fine = ("反映済", "報告事項なし", "確認中")
    elif len(held) == len(came):
        fine = ("差し戻し", "確認中", *(("発行", "未提出") if any(r["部署"] != office for r in held) else ()))
    else:
        fine = ("差し戻し", "確認中", "反映済", "報告事項なし")
    assert state in fine, ("status", measure, round_, state, [dict(r) for r in rows])


def as_never_come(books: Books, before: Eye, after: Eye, return_id: str) -> None:
    """Check that a return leaves no trace in measures to which nothing else happened after it."""
    for measure, (texts, last) in books.came_last.get(return_id, {}).items():
        if last == _happened(books, before, measure):
            found = differences({measure: texts}, {measure: after.texts[measure]})
            assert not found, ("left behind", return_id, found)


def comes_last(books: Books, before: Eye, after: Eye, return_id: str) -> None:
    """Record what the measures of a return were like before it came alone."""
    mine = {key[1] for key in after.receipts if key[0] == return_id and key[1]}
    typed = {m for m, a in books.typed}
    books.came_last[return_id] = {
        m: (before.texts[m], _happened(books, after, m)) for m in mine if m in before.texts and m not in typed
    }


def _happened(books: Books, eye: Eye, measure: str) -> tuple[object, ...]:
    """Return all that shows whether anything happened to a measure."""
    rows = tuple(tuple(row.values()) for row in eye.receipts.values() if row["施策ID"] == measure)
    asked = tuple(tuple(row.values()) for row in eye.conflicts.values() if row["施策ID"] == measure)
    changes = sum(row["施策ID"] == measure for row in eye.changes)
    return rows, asked, changes, sorted(key for key in books.typed if key[0] == measure)


def nothing_changed(before: Eye, after: Eye) -> None:
    """Check that no text differs."""
    found = differences(before.texts, after.texts)
    assert not found, ("changed", found)


def carried(texts: Texts) -> Texts:
    """Return the texts that the next year begins with."""
    kept = {m: {a: t for a, t in mine.items() if parts(a)[0] not in FADING} for m, mine in texts.items()}
    return {m: _without_lone_labels(mine) for m, mine in kept.items()}


_TEMPORARY = re.compile(r"\.dxreport-.*\.tmp|\.pending|.*\.tmp")


def litter(root: Path) -> list[str]:
    """Return the temporary files in a folder."""
    return sorted(str(path) for path in root.rglob("*") if _TEMPORARY.fullmatch(path.name))
