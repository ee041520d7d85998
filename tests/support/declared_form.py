"""A form that shows every field of a catalogue: a row for each of the measure's, a repeated row for each list.

Of one measure, or as a list the same for all measures of a department.
"""

from __future__ import annotations

import io

import xlsxwriter

from dxreport.domain.fields import Catalogue, Field, FieldKind, Period

PERCENT, THOUSANDS = "0.0%", "#,##0.0;△#,##0.0"


def number_format(field: Field) -> str:
    """Return the number format in which the form shows a field."""
    return PERCENT if field.unit == "%" else THOUSANDS


def template(catalogue: Catalogue, *, as_list: bool = False) -> bytes:
    """Return a template for a catalogue; what departments may write in some round is unlocked."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("様式")
    row = 1
    if as_list:
        sheet.write_string(row, 1, "一覧")
        sheet.write_string(row + 1, 0, "{% for measure in measures %}")
        row += 1
    for field in catalogue.members[""].values():
        sheet.write_string(row, 1, field.label)
        _cells(book, sheet, row, [(field, "measure")], catalogue)
        row += 1
    for items in catalogue.lists:
        fields = catalogue.members[items.prefix].values()
        tags = f"{{% for 行 in measure.{items.attribute} | at_least(1) | spare(2) %}}\n{{% endfor %}}"
        sheet.write_string(row, 1, items.label)
        sheet.write_string(row + 1, 0, tags)
        _cells(book, sheet, row + 1, [(field, "行") for field in fields], catalogue)
        row += 2
    if as_list:
        sheet.write_string(row, 0, "{% endfor %}")
        sheet.write_string(row, 1, "以上")
    book.close()
    return out.getvalue()


def _cells(book, sheet, row: int, fields: list[tuple[Field, str]], catalogue: Catalogue) -> None:
    column = 2
    for field, name in fields:
        number = {"num_format": number_format(field)} if field.kind is FieldKind.NUMBER else {}
        drawn = book.add_format({"locked": not field.group, "text_wrap": True, **number})
        for n in catalogue.periods(field):
            at = "" if field.period is Period.NONE else f"{field.period.letter}{n}."
            sheet.write_string(row, column, f"{{{{ {name}.{at}{field.name} }}}}", drawn)
            if field.declared and field.choices:
                alike = [f for f in catalogue.declared if f.name == field.name and f.choices]
                places = {"": "施策"} | {p: items.label for p, items in catalogue.by_prefix.items()}
                one = len({f.choices for f in alike}) == 1 and len(_offered(catalogue, field.name)) == len(alike)
                word = field.name if one else f"{places[field.prefix]}.{field.name}"
                sheet.data_validation(
                    row, column, row, column, {"validate": "list", "source": [f"{{{{ lists.{word} }}}}"]}
                )
            column += 1


def _offered(catalogue: Catalogue, name: str) -> list[Field]:
    """Return the declared fields with a name that offer words to choose from."""
    kinds = (FieldKind.PROGRESS, FieldKind.FLAG, FieldKind.CHECK)
    return [f for f in catalogue.declared if f.name == name and (f.choices or f.kind in kinds)]
