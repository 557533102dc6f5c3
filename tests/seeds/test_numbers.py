from datetime import date

import pytest
import stdnum.cn.ric
import stdnum.cn.uscc
from hypothesis import given
from hypothesis import strategies as st

from seeds.districts import DISTRICTS
from seeds.numbers import ENTERPRISE, GOVERNMENT_BODY, ResidentIds, credit_code, resident_id
from standards.identifiers import is_credit_code, is_resident_id

divisions = st.sampled_from([district.code for district in DISTRICTS])


@given(divisions, st.dates(date(1920, 1, 1), date(2026, 11, 1)), st.integers(1, 999))
def test_resident_ids_carry_their_check_digit(division: str, birth: date, sequence: int) -> None:
    number = resident_id(division, birth, sequence)
    assert is_resident_id(number)
    assert number[-1] == stdnum.cn.ric.calc_check_digit(number)


@given(st.sampled_from([ENTERPRISE, GOVERNMENT_BODY]), divisions, st.integers(0, 999_999))
def test_credit_codes_carry_their_check_character(category: str, division: str, serial: int) -> None:
    number = credit_code(category, division, serial)
    assert is_credit_code(number)
    assert stdnum.cn.uscc.is_valid(number)


@pytest.mark.parametrize(("serial", "check"), [(0, "X"), (1, "8"), (4, "2"), (5, "0"), (6, "9"), (18, "1")])
def test_the_organisation_code_inside_has_a_check_character_of_its_own(serial: int, check: str) -> None:
    """GB 11714: H and T count 17 and 29; weights 3 7 9 10 5 8 4 2; 11 less the remainder by 11; 10 is X, 11 is 0."""
    assert credit_code(ENTERPRISE, "310101", serial)[8:17] == f"HT{serial:06d}{check}"


def test_no_two_people_share_a_number() -> None:
    ids = ResidentIds()
    given_out = [ids.next("310101", date(1990, 1, 1), male) for male in (True, False) for _ in range(300)]
    assert len(set(given_out)) == len(given_out)
    assert all(int(number[16]) % 2 == 1 for number in given_out[:300])
    assert all(int(number[16]) % 2 == 0 for number in given_out[300:])
