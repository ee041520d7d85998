"""The results of collect: as JSON with stable keys, and as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..collect.plan import WORDS, FilePlan, Plan, SheetPlan, Status
from ..domain.problems import DISMISSED, EARLIER_ROUND, MAIL_ONLY, WITHDRAWN, Problem, listed, shown
from .common import Json, first_ten, note_records, problem_record

_CELLS = 6  # a line names at most this many
_MANY = 30  # files; of more, those that went in without a remark are only counted, and what is held comes last


def answer(plan: Plan, *, dry_run: bool) -> Json:
    """Return the answer of ``collect --json``; in a dry run, ``planned`` replaces ``merged``."""
    words = {s: "planned" if dry_run and s is Status.MERGED else s.value for s in Status}
    count = Counter(s.status for f in plan.files for s in f.sheets)
    files = [
        {
            "path": f.file.name, "sha256": f.file.sha256, "return": f.return_id, "sender": f.file.sender,
            "received": f.file.received, "status": words[f.status], "told": f.told, "problems": [problem_record(p) for p in f.problems],
            "measures": [_sheet(s, words[s.status]) for s in f.sheets],
        }
        for f in plan.files
    ]  # fmt: skip
    summary = {
        "files": len(plan.files),
        "sheets": count.total(),
        **{word: count[s] for s, word in words.items()},
        "refused_files": sum(not f.sheets and not f.aside for f in plan.files),
        "changes": len(plan.changes),
        "conflicts": sum(len(s.merge.conflicts) for f in plan.files for s in f.sheets),
        "dry_run": dry_run,
    }
    return {"files": files, "summary": summary}


def _sheet(s: SheetPlan, status: str) -> Json:
    return {
        "id": s.measure,
        "sheet": s.sheet,
        "issue": s.issue,
        "status": status,
        "problems": [problem_record(p) for p in s.problems],
        "changes": [
            {"field": str(c.ref), "label": s.labels[c.ref], "old": c.old, "new": c.new, "cell": s.cells.get(c.ref, "")}
            for c in s.merge.changes
        ],
        "conflicts": [
            {
                "field": str(c.ref), "label": s.labels[c.ref], "issued": c.issued, "returned": c.returned, "current": c.current,
                "conflict": s.questions.get(c.ref, ""),
            }
            for c in s.merge.conflicts
        ],
        "moved": list(s.moved),
        "kept": [{"field": str(ref), "cell": s.cells.get(ref, ""), "return": by} for ref, by in s.kept.items()],
        "notes": note_records(s.notes),
    }  # fmt: skip


def news(plan: Plan) -> tuple[FilePlan, ...]:
    """Return the files with news since earlier runs; a single file always counts as one."""
    return plan.files if len(plan.files) == 1 else tuple(f for f in plan.files if not f.told)


def lines(plan: Plan, *, dry_run: bool) -> Iterator[str]:
    """Yield the news file by file, a line for each group of files without news, and the totals."""
    shown_files = news(plan)
    many = len(shown_files) > _MANY
    remarks = {planned.return_id: list(_remarks(planned)) for planned in shown_files}
    if many:
        quiet = [planned for planned in shown_files if not remarks[planned.return_id]]
        if quiet:
            yield f"指摘なしで取り込んだファイル {len(quiet):,}"
    for planned in sorted(shown_files, key=_is_open) if many else shown_files:
        if remarks[planned.return_id] or not many:
            sender = f"　{planned.file.sender}" if planned.file.sender and not planned.sheets else ""
            yield f"■ {planned.file.name}（{planned.return_id}）{sender}"
            yield from remarks[planned.return_id] or (f"  {_head(sheet)}" for sheet in planned.sheets)
    if shown_files:
        yield ""
    told, here = set(map(id, shown_files)), {f.return_id for f in shown_files}
    others = [f for f in plan.files if id(f) not in told]
    if twins := [f for f in others if f.return_id in here]:
        yield f"上のファイルと中身が同じファイル {len(twins)}（{_numbers(twins)}）。一度だけ受け付けました"
    yield from _known([f for f in others if f.return_id not in here])
    count = Counter(s.status for f in shown_files for s in f.sheets)
    parts = [f"{word} {count[status]}" for status, word in WORDS.items() if count[status]]
    if unread := sum(not f.sheets and not f.aside for f in shown_files):
        parts.append(f"読めないファイル {unread}")
    sums = f"ファイル {len(shown_files)}、シート {count.total()}: {'、'.join(parts) or 'なし'}"
    yield f"{sums if shown_files else '新しいファイルはありません'}。マスターの変更 {len(plan.changes)} か所。"
    if many and (why := _reasons(shown_files)):
        yield f"保留と受付不可の理由: {why}"
    if plan.questions:
        ids = first_ten(plan.questions)
        yield f"競合 {len(plan.questions)} 件は、dxreport resolve で決めるまでマスターに入りません: {ids}"
        yield from (f"  {c.id} {c.measure} {c.label}（{shown(c.returned, 100)}）" for c in plan.conflicts if c.adds)
    if dry_run:
        yield "（--dry-run: 何も書いていません）"


def _remarks(planned: FilePlan) -> Iterator[str]:
    """Yield what there is to say of a file and its sheets; nothing if all went in without a remark."""
    about = [(sheet, list(_about(sheet))) for sheet in planned.sheets]
    if not planned.problems and not any(said for _, said in about) and not _is_open(planned):
        return
    for p in planned.problems:
        yield from _said(p, "  ")
    for sheet, said in about:
        yield f"  {_head(sheet)}"
        yield from said


def _about(sheet: SheetPlan) -> Iterator[str]:
    for p in sheet.problems:
        yield from _said(p, "    ")
    if any(p.code == EARLIER_ROUND.code for p in sheet.problems):
        for done in sheet.merge.changes:
            yield f"    変更 {sheet.labels[done.ref]}:「{shown(done.old, 40)}」→「{shown(done.new, 40)}」"
    for what in sheet.moved:
        yield f"    移動: {what}（内容は正しい欄のものとして読み取りました）"
    yield from _kept(sheet)
    for cell, text in sheet.notes.items():
        yield f"    コメント {cell}: {shown(text, 200)}"
    for c in sheet.merge.conflicts:
        number = f"競合 {sheet.questions.get(c.ref, '')}".rstrip()
        yield f"    {number}: {sheet.labels[c.ref]}"
        issued, returned, current = (shown(text, 40) for text in (c.issued, c.returned, c.current))
        yield f"      発行時「{issued}」 返送「{returned}」 マスター「{current}」"


def _is_open(planned: FilePlan) -> bool:
    """Return True if a file, or a sheet of it, did not go in, or a conflict is to be decided."""
    conflicts = any(sheet.merge.conflicts for sheet in planned.sheets)
    return bool(planned.faults or conflicts) or planned.status in (Status.HELD, Status.REFUSED)


def _reasons(files: Sequence[FilePlan]) -> str:
    """Return the codes of the first errors of held sheets and refused files, the most frequent first."""
    held = [s.problems for f in files for s in f.sheets if s.status in (Status.HELD, Status.REFUSED)]
    errors = ([p.code for p in found if p.severity == "error"] for found in (*held, *(f.faults for f in files)))
    return "、".join(f"{code} {count:,}" for code, count in Counter(own[0] for own in errors if own).most_common())


def _kept(sheet: SheetPlan) -> Iterator[str]:
    """Yield the cells that came as they were issued and in which an earlier answer stays, by its return."""
    for by in dict.fromkeys(sheet.kept.values()):
        theirs = [ref for ref, of in sheet.kept.items() if of == by]
        blank = [sheet.cells.get(ref, "") for ref in theirs if not sheet.texts.get(ref, "").strip()]
        issued = [sheet.cells.get(ref, "") for ref in theirs if sheet.texts.get(ref, "").strip()]
        for state, cells in (("空欄", blank), ("配付したとき", issued)):
            if cells:
                shown_cells = listed(cells, _CELLS)
                yield f"    {state}のままの {shown_cells}: {by} の回答が残ります（このファイルのとおりにするときは collect --replace）"


def _known(files: Sequence[FilePlan]) -> Iterator[str]:
    """Yield one line for each group of files without news: done, dismissed or withdrawn, still held."""
    open_ = [f for f in files if f.status in (Status.HELD, Status.REFUSED)]
    aside = [f for f in files if f not in open_ and (f.aside or any(map(_aside, f.sheets)))]
    done = len(files) - len(open_) - len(aside)
    if done:
        yield f"すでに取り込んだファイル {done}（変更なし）"
    if aside:
        yield f"除外か取下げにしたファイル {len(aside)}（{_numbers(aside)}）"
    if open_:
        yield f"前から保留か受付不可のファイル {len(open_)}（{_numbers(open_)}）。dxreport status で見られます"


def _numbers(files: Sequence[FilePlan]) -> str:
    return first_ten(list(dict.fromkeys(f.return_id for f in files)))


def _aside(sheet: SheetPlan) -> str:
    """Say that the return of a sheet was withdrawn or dismissed; ``""`` for any other."""
    codes = {p.code for p in sheet.problems}
    return "（取下げ済み）" if WITHDRAWN.code in codes else "（除外済み）" if DISMISSED.code in codes else ""


def _head(sheet: SheetPlan) -> str:
    name = sheet.measure if sheet.sheet == sheet.measure else f"{sheet.measure}（シート「{sheet.sheet}」）"
    changes = f" 変更 {len(sheet.merge.changes)} 件" if sheet.merge.changes else ""
    return f"{name} {WORDS[sheet.status]}{_aside(sheet)}{changes}"


def _said(p: Problem, indent: str) -> Iterator[str]:
    word = "誤り" if p.severity == "error" else "確認"
    mail = p.code == MAIL_ONLY.code
    where = "" if mail else " ".join(filter(None, (p.cell, p.label)))
    yield f"{indent}{word} {p.code} {where}{': ' if where else ''}{p.message}"
    if mail:
        yield from (f"{indent}  ｜{line}" for line in p.value.split("\n"))
    if p.fix:
        yield f"{indent}  → {p.fix}"
