"""Formats of identifiers, and the look-out for personal ones."""

from datetime import date

import pytest
import stdnum.cn.ric
import stdnum.cn.uscc
from hypothesis import given
from hypothesis import strategies as st

from standards.identifiers import (
    FORMATS,
    is_credit_code,
    is_division_code,
    is_phone,
    is_resident_id,
    looks_like_personal,
)

ANY_REGION = st.integers(100_000, 999_999).map(str)


@given(ANY_REGION, st.dates(date(1800, 1, 1), date(2099, 12, 31)), st.integers(0, 999))
def test_resident_ids_of_any_region_and_date(region: str, born: date, order: int) -> None:
    stem = f"{region}{born:%Y%m%d}{order:03d}"
    number = stem + stdnum.cn.ric.calc_check_digit(stem + "0")
    assert is_resident_id(number)
    wrong = "0" if number[-1] != "0" else "1"
    assert not is_resident_id(number[:-1] + wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11010519491231002x",
        "110105 19491231 002X",
        "11010519491231002X\n",
        "1101051949123100２X",
        "110105194902310024",
        "11010519491231002",
        "110105194913310025",
        "x" * 100_000,
    ],
)
def test_what_is_not_a_resident_id(text: str) -> None:
    assert not is_resident_id(text)


@pytest.mark.parametrize("number", ["71000019900101001", "81000019900101001", "65900119900101001"])
def test_regions_that_stdnum_stumbles_over_are_accepted(number: str) -> None:
    assert is_resident_id(number + stdnum.cn.ric.calc_check_digit(number + "0"))


@pytest.mark.parametrize("text", ["91110000600037341L", "91310000MA1FL8XQ30"])
def test_credit_codes_as_stdnum_judges_them(text: str) -> None:
    assert is_credit_code(text) == stdnum.cn.uscc.is_valid(text)


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXYIO -", min_size=17, max_size=19))
def test_no_credit_code_that_stdnum_refuses(text: str) -> None:
    assert not is_credit_code(text) or stdnum.cn.uscc.is_valid(text)


def test_credit_code_needs_its_check_character_and_no_separators() -> None:
    assert is_credit_code("91110000600037341L")
    assert not is_credit_code("911100006000373410")
    assert not is_credit_code("91110000 600037341L")
    assert not is_credit_code("91110000600037341l")


def test_division_codes_and_phones() -> None:
    assert all(map(is_division_code, ["310101", "310101002", "310101002003"]))
    assert not any(map(is_division_code, ["990101", "31010", "3101010", "310101002003004", "３10101"]))
    assert all(map(is_phone, ["13800138000", "+8613800138000", "021-12345678"]))
    assert not any(map(is_phone, ["12800138000", "138001380000", "021-1", "1380013800O"]))


@given(st.sampled_from(sorted(FORMATS)), st.text())
def test_formats_never_raise(name: str, text: str) -> None:
    assert FORMATS[name](text) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X",
        "case 110105194912310021 of today",
        "ID11010519491231002x!",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "13800138000",
        "tel:+8613800138000",
        "008613800138000",
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "138:0013:8000",
        "+86(138)0013~8000",
        "310101,199909229946",
        "310101/199909229946",
        "310101(19990922)9946",
        "310101|1999|0922|9946",
        "310101·19990922·994·X",
        "case=310101990922994",
        "310101-990922-994",
        "３１０１０１９９０２２９９９４",
    ],
)
def test_looks_personal(text: str) -> None:
    assert looks_like_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "newborn-2026-000123",
        "GS-2026-1122-0001381",
        "1763798400000",
        "operator-7",
        "民办发〔2026〕12号",
        "NB-20261122-201530",
        "NB-2026-0001",
        "CASE-1",
        "SH-2026-000123",
        "SH/2026/11/22/000123",
        "202611220001381",
        "310101990231994",
        "990101990922994",
        "3101019909229941",
        "沪民〔2026〕310101号第990922994件",
        "1" * 10_000,
        "1-" * 5_000,
        "1" + "-" * 10_000,
    ],
)
def test_looks_harmless(text: str) -> None:
    assert not looks_like_personal(text)
