"""Custom document properties of a package."""

from __future__ import annotations

import io

import xlsxwriter

from dxreport.ooxml.edit import PackageEdit
from dxreport.ooxml.package import Package
from dxreport.ooxml.properties import read_property, set_property
from tests.support.packages import faults


def book(**properties: str) -> Package:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    workbook.add_worksheet()
    for name, text in properties.items():
        workbook.set_custom_property(name, text)
    workbook.close()
    return Package(stream.getvalue())


def with_property(package: Package, name: str, text: str) -> Package:
    edit = PackageEdit(package)
    set_property(edit, name, text)
    data = edit.data()
    assert faults(data) == []
    return Package(data)


def ids(package: Package) -> list[str | None]:
    return [p.get("pid") for p in package.xml("docProps/custom.xml")]


def test_a_property_is_added_to_a_package_without_any() -> None:
    package = book()
    assert read_property(package, "甲") == ""
    after = with_property(package, "甲", "一 <&>")
    assert read_property(after, "甲") == "一 <&>" and ids(after) == ["2"]
    assert read_property(after, "乙") == ""
    assert [n for n in package.names if package.read(n) != after.read(n)] == ["[Content_Types].xml", "_rels/.rels"]


def test_a_property_is_set_next_to_others() -> None:
    after = with_property(with_property(book(甲="一", 乙="二"), "丙", "三"), "乙", "四")
    assert [read_property(after, name) for name in "甲乙丙"] == ["一", "四", "三"]
    assert ids(after) == ["2", "3", "4"]
