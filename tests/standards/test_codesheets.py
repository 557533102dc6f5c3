"""Code lists from CSV: encodings, columns, cells; every fault with its line, and nothing half-taken."""

from datetime import date
from typing import Any

import pytest

from standards import codesheets
from standards.codesheets import InvalidSheet

ABOUT: dict[str, Any] = {"slug": "sex", "version": "1.0.0", "name": {"zh": "性别"}}
TEXT = "代码,名称,英文名称,启用日期,上级代码,说明\n1,男,Male,2003-12-01,,\n2,女,Female,２００３年１２月１日,1,女性\n"


def read(text: str, encoding: str = "utf-8") -> Any:
    return codesheets.read(text.encode(encoding), **ABOUT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_encodings_are_recognised(encoding: str) -> None:
    one, two = read(TEXT, encoding).codes
    assert (one.code, one.name, one.valid_from, one.parent) == (
        "1",
        {"zh": "男", "en": "Male"},
        date(2003, 12, 1),
        None,
    )
    assert (two.valid_from, two.parent, two.definition) == (date(2003, 12, 1), "1", {"zh": "女性"})


def test_quotes_line_ends_and_empty_lines() -> None:
    draft = read('code,name_en\r\n1,"one, or ""1"""\r\n\r\n,\r\n2,"two\nlines"\r\n')
    assert [code.name["en"] for code in draft.codes] == ['one, or "1"', "two\nlines"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("/1", "column"), ("/1", "column")]),
        ("code\n1\n", [("/1", "column")]),
        ("code,name_en,colour\n1,one,red\n", [("/1/3", "column")]),
        ("code,code,name_en\n1,1,one\n", [("/1/2", "column")]),
        ("code,name_en\n", [("/2", "empty")]),
        ("code,name_en\n1,\n,two\n", [("/2/name_zh", "required"), ("/3/code", "string_too_short")]),
        ("code,name_en\n1,one\n1,two\n", [("/3/code", "unique")]),
        ("code,name_en\n\n12,one\n１２,two\n", [("/4/code", "unique")]),
        ("code,name_en,valid_from\n1,one,2026-02-30\n", [("/2/valid_from", "date")]),
        ("code,name_en,valid_from\n1,one,soon\n", [("/2/valid_from", "date")]),
        ("code,name_en\n1,=1+1\n", [("/2/name_en", "formula")]),
        ("code,name_en,parent\n1,one,2\n2,two,1\n", [("/2/parent", "circle")]),
        ('code,name_en\n1,"one\n', [("/2", "csv")]),
        ("code,name_en\n" + "1" * 65 + ",one\n", [("/2/code", "string_too_long")]),
    ],
)
def test_every_fault_has_its_line(text: str, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidSheet) as caught:
        read(text)
    assert [(found.pointer, found.rule) for found in caught.value.findings] == expected


def test_a_fault_names_the_other_line() -> None:
    with pytest.raises(InvalidSheet) as caught:
        read("code,name_en\n\n7,one\n8,two\n7,three\n")
    assert "line 3" in caught.value.findings[0].expected


@pytest.mark.parametrize(
    "content",
    [TEXT.encode("utf-16"), b"PK\x03\x04\x00\x00", b"\xff\xff\xff\xff", b"code,name_en\n1," + b"x" * (9 << 20)],
    ids=["UTF-16", "workbook", "no text", "9 MB"],
)
def test_refuses_other_files(content: bytes) -> None:
    with pytest.raises(InvalidSheet):
        codesheets.read(content, **ABOUT)


def test_is_bounded() -> None:
    many = "code,name_en\n" + "".join(f"{number},x\n" for number in range(20_001))
    with pytest.raises(InvalidSheet) as caught:
        read(many)
    assert [found.rule for found in caught.value.findings] == ["size"]
    with pytest.raises(InvalidSheet) as caught:
        read("code,name_en\n" + "1,\n" * 20_000)
    assert len(caught.value.findings) == 50
