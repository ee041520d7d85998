"""Build the first master of a fiscal year.

openpyxl draws the empty sheets (tables, dropdowns, widths, page setup); :class:`~dxreport.ooxml.table_edit.WorkbookEdit`
writes the contents, as it writes every later change. The same contents result in the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lxml import etree

from ..domain.days import printed
from ..domain.fields import QUARTER_LABELS, Ref
from ..domain.model import Department, Measure, Round, Settings
from ..domain.spelling import by_number
from ..ooxml.package import MAIN_NS, Package, member, parse, serialise, zip_bytes
from ..ooxml.table import sheet_parts
from ..ooxml.table_edit import WorkbookEdit
from ..workspace.files import atomic_write
from . import schema
from .catalogue import catalogue_rows
from .layout import draw
from .records import MeasureState, Standing
from .schema import DIRECTION_FIELD, FORM, ID, PHONE, SEPARATOR, TableSchema
from .workbook import MasterWorkbook

_CORE = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator></dc:creator>\
<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created></cp:coreProperties>"""


def build_master(
    settings: Settings,
    departments: Sequence[Department],
    measures: Iterable[Measure],
    path: Path,
    standings: Mapping[str, Standing] | None = None,
) -> None:
    """Write a master with these contents and empty ledgers to ``path``, atomically, over any existing file."""
    atomic_write(path, master_bytes(settings, departments, measures, standings))


def master_bytes(
    settings: Settings,
    departments: Sequence[Department],
    measures: Iterable[Measure],
    standings: Mapping[str, Standing] | None = None,
    *,
    directions: Mapping[tuple[str, str], str] | None = None,
    forms: Mapping[str, str] | None = None,
) -> bytes:
    """Return the workbook that :func:`build_master` writes, with ``directions`` and ``forms`` as in ``Master``.

    Measures without a standing are 実施中.
    """
    ordered = sorted(measures, key=lambda m: by_number(m.id))
    contents = _contents(settings, departments, ordered, standings or {}, directions, forms=forms)
    stream = io.BytesIO()
    draw(settings, {sheet.table: len(rows) for sheet, rows in contents}).save(stream)
    package = Package(stream.getvalue())
    book, edit = MasterWorkbook(package), WorkbookEdit(package)
    for sheet, rows in contents:
        table = book.find_table(sheet)
        assert table is not None  # drawn above
        for texts in rows:
            edit.append(table, texts, [c.header for c in sheet.columns if c.number])
    done = Package(edit.data())
    parts = {name: done.read(name) for name in done.names} | {"docProps/core.xml": _CORE}
    for name in sheet_parts(done).values():
        parts[name] = _without_triangles(parts[name])
    return zip_bytes(member(name, data) for name, data in parts.items())


def _without_triangles(sheet: bytes) -> bytes:
    # Excel marks texts that look like numbers with a green triangle, but all of these are meant as texts.
    root = parse(sheet)
    ignored = etree.Element(f"{{{MAIN_NS}}}ignoredErrors")
    etree.SubElement(ignored, f"{{{MAIN_NS}}}ignoredError", sqref="A1:AZ10000", numberStoredAsText="1")
    root.find(f"{{{MAIN_NS}}}tableParts").addprevious(ignored)
    return serialise(root)


def _contents(
    settings: Settings,
    departments: Sequence[Department],
    measures: Sequence[Measure],
    standings: Mapping[str, Standing],
    directions: Mapping[tuple[str, str], str] | None = None,
    *,
    forms: Mapping[str, str] | None = None,
) -> list[tuple[TableSchema, list[dict[str, str]]]]:
    tables, declared = schema.tables_of(settings), (directions or {}).items()
    rows = [_measure(tables.measures, m, standings.get(m.id, Standing())) for m in measures]
    out = [(tables.measures, [row | {FORM: (forms or {}).get(row[ID], "")} for row in rows])]
    for prefix, sheet in tables.lists.items():
        rows = []
        for m in measures:
            values = m.values() | {Ref(DIRECTION_FIELD, key): text for (id_, key), text in declared if id_ == m.id}
            rows += [_texts(sheet, m.id, item.key, values) for item in m.items(prefix)]
        out.append((sheet, rows))
    out.append((schema.DEPARTMENTS, [
        {"部署名": d.name, "旧名称": SEPARATOR.join(d.former_names), "宛先": d.to, "CC": d.cc, FORM: d.form, PHONE: d.phone}
        for d in departments
    ]))  # fmt: skip
    out.append((schema.FIELDS, catalogue_rows(settings.catalogue)))
    out += _settings(settings)
    return out


def _measure(sheet: TableSchema, measure: Measure, standing: Standing) -> dict[str, str]:
    texts = _texts(sheet, measure.id, "", measure.values())
    if standing.state is not MeasureState.ACTIVE or standing.from_quarter:
        texts[schema.STATE_FROM] = QUARTER_LABELS.get(standing.from_quarter, "")
    return texts | {schema.STATE: standing.state.value}


def _texts(sheet: TableSchema, id_: str, item: str, values: Mapping[Ref, str]) -> dict[str, str]:
    texts = {c.header: values.get(Ref(c.field, item, c.period), "") for c in sheet.columns if c.field}
    return texts | dict(zip(sheet.keys, (id_, item), strict=False)) | {ID: id_}


def _settings(settings: Settings) -> list[tuple[TableSchema, list[dict[str, str]]]]:
    general = [
        (schema.YEAR, settings.fiscal_year.label, "このマスターの年度"),
        (
            schema.FIRST_YEAR,
            settings.plan_years[0].label,
            f"成果目標の列は、この年度から{len(settings.plan_years)}年分",
        ),
        (schema.DOMAIN, settings.mail_domain, "連絡先に使うメールアドレスの @ より後ろ"),
        (
            schema.INTAKE,
            schema.CLOSED if settings.closed else schema.OPEN,
            "締切にすると、この年度の返送を受け付けない",
        ),
        (
            schema.ENDED,
            schema.SENT if settings.asks_ended else schema.NOT_SENT,
            "年度の途中で中止・完了・統合になった施策に、年度実績の回のブックを送るか",
        ),
        (schema.YEARS, str(len(settings.plan_years)), "計画の年数（1～10）"),
        *((name, getattr(settings.names, field), told) for field, (name, told) in schema.NAMES.items()),
    ]
    return [
        (schema.GENERAL, [dict(zip(schema.GENERAL.headers, row, strict=True)) for row in general]),
        (schema.PROGRESS, [
            {
                "進捗": w.word,
                "対応策": schema.NEEDED if w.needs_countermeasure else "",
                schema.WEIGHT: "" if w.weight is None else str(w.weight),
                schema.TREATMENT: w.said.value if w.said else "",
            }
            for w in settings.progress_words
        ]),
        (schema.FLAGS, [{"有無": word} for word in settings.flags]),
        (schema.ROUNDS, [_round(round_, settings.catalogue.groups) for round_ in settings.rounds]),
        (schema.AREAS, [{"分野": code, "分野名": name} for code, name in settings.areas.items()]),
    ]  # fmt: skip


def _round(round_: Round, groups: Sequence[str]) -> dict[str, str]:
    return {
        "回": round_.name,
        "四半期": QUARTER_LABELS.get(round_.quarter, ""),
        "締切": printed(round_.deadline, weekday=False),
        "入力欄": SEPARATOR.join(g for g in groups if g in round_.opens),
        "必須欄": SEPARATOR.join(g for g in groups if g in round_.requires),
        FORM: round_.form,
    }
