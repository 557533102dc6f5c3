"""What stands in a cell, written and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.template import cells, columns
from catalog.template.cells import Day, Free, Several, Unreadable, Whole, YesNo

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(st.lists(TEXTS, max_size=6))
def test_a_list_comes_back_as_it_was(values):
    form = Several()
    text = form.write(values, "zh")
    assert (form.read(text) if text else []) == values


@pytest.mark.parametrize("text", ["a;b", "a；b", "a\nb", " a ; b ;", '["a", "b"]'])
def test_a_list_as_clerks_write_it(text):
    assert Several().read(text) == ["a", "b"]


@pytest.mark.parametrize("text", ["[a", '["a", 1]', "[" * 100_000])
def test_a_list_that_is_none(text):
    with pytest.raises(Unreadable):
        Several().read(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("无条件共享", "unconditional"), ("无条件共享类", "unconditional"), ("Unconditional", "unconditional"),
        ("不予共享", "not-shared"), ("not-shared", "not-shared"), ("Not Shared", "not-shared"),
    ],
)  # fmt: skip
def test_labels_codes_and_both_languages_are_understood(text, code):
    assert columns.SHARING.read(text) == code


@pytest.mark.parametrize("column", [column for column in columns.ALL if column.form.options("zh")])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_label_is_read_as_what_it_was_written_for(column, language):
    options = column.form.options(language)
    assert len(set(options)) == len(options)
    assert [column.form.write(column.form.read(option), language) for option in options] == options


def test_what_is_no_choice_is_told_what_there_is():
    with pytest.raises(Unreadable, match="unconditional, conditional, not shared") as caught:
        columns.SHARING.read("perhaps")
    assert "无条件共享、有条件共享、不予共享" in caught.value.fix["zh"]


@pytest.mark.parametrize(
    "text", ["2026-01-31", "2026/1/31", "2026年1月31日", "２０２６－１－３１", "46053", "2026.1.31"]
)
def test_days(text):
    assert Day().read(text) == "2026-01-31"


@pytest.mark.parametrize("text", ["2026-02-30", "31.1.2026", "soon", "0", "460530", "2026-13-01"])
def test_no_days(text):
    with pytest.raises(Unreadable):
        Day().read(text)


def test_codes_are_read_in_one_width():
    assert Free(code=True).read("３０１００１／０００００１ ") == "301001/000001"
    assert Free().read("（全角）") == "（全角）"
    assert Whole().read("１８") == 18
    for text in ("-1", "1.5", "1" * 13, "x"):
        with pytest.raises(Unreadable):
            Whole().read(text)


@pytest.mark.parametrize(("text", "value"), [("是", True), ("no", False), ("1", True), ("0", False), ("TRUE", True)])
def test_yes_and_no(text, value):
    assert YesNo().read(text) is value


@pytest.mark.parametrize("text", ["10", "maybe", ""])
def test_neither_yes_nor_no(text):
    with pytest.raises(Unreadable):
        YesNo().read(text)


def test_nothing_is_left_that_a_workbook_cannot_hold():
    assert cells.clean(" a\x00b\r\nc\x0b\ufffe ") == "ab\nc"


def test_columns_are_named_once_and_lettered_as_excel_does():
    assert [columns.letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    assert len(columns.BY_KEY) == len(columns.ALL)
    national = ["信息资源分类", "信息资源名称", "信息资源代码", "信息资源提供方", "信息资源提供方代码", "信息资源摘要",
                "信息资源格式", "信息项名称", "数据类型", "共享类型", "共享条件", "共享方式", "是否向社会开放",
                "开放条件", "更新周期", "发布日期", "关联资源代码"]  # fmt: skip
    assert all(columns.plain(title) in columns.BY_TITLE for title in national)
