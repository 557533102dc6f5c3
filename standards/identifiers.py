"""Formats of Chinese identifiers, as JSON Schema `format`s, and a look-out for personal identifiers in free text."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

import stdnum.cn.ric
import stdnum.cn.uscc

_RESIDENT_ID = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9X]")
_CREDIT_CODE = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}")
_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])"
_DIVISION_CODE = re.compile(_PROVINCE + r"[0-9]{4}(?:[0-9]{3}(?:[0-9]{3})?)?")
_PHONE = re.compile(r"(?:\+86)?1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8}")

_PERSONAL = re.compile(
    r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
    r"|(?<![0-9])(?:\+?86|0086)?1[3-9][0-9]{9}(?![0-9])"
    r"|(?<![0-9])" + _PROVINCE + r"[0-9]{6}"  # the form before 2013: division, yymmdd, order; no check digit
    r"(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|[12][0-9]))"
    r"[0-9]{3}(?![0-9])"
)
_NOBODYS = re.compile(r"(?<![0-9])(?:99[0-9]{15}[0-9Xx]|154[0-9]{8})(?![0-9])")
# numbers as people write them, with signs between the digits; the look-ahead lets candidates overlap
_ID_WRITTEN = re.compile(r"(?<![0-9])(?=([1-9](?:[\W_]{0,3}[0-9]){16}[\W_]{0,3}[0-9Xx])(?![0-9]))")
_MOBILE_WRITTEN = re.compile(
    r"(?<![0-9])(?:(?:\+|00)?86[ -]?)?(?!154)1[3-9][0-9]"
    r"(?:[ -]?[0-9]{4}[ -]?[0-9]{4}|[ -][0-9]{3}[ -][0-9]{5})(?![0-9])"
)
_SIGNS = re.compile(r"[\W_]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\W_]++(?=[0-9Xx])")


def is_resident_id(text: str) -> bool:
    """GB 11643: 18 characters, a real date of birth, the check digit; upper-case X, no separators.

    The region is not judged: stdnum's table rejects genuine numbers whose region code is younger than the birth year.
    """
    if not _RESIDENT_ID.fullmatch(text) or text[-1] != stdnum.cn.ric.calc_check_digit(text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def is_credit_code(text: str) -> bool:
    """GB 32100 unified social credit code: 18 characters with its check character; no separators, upper case.

    Remembered, since the codes of organisations come again and again and the check character costs 6 µs.
    """
    return bool(_CREDIT_CODE.fullmatch(text)) and text[-1] == stdnum.cn.uscc.calc_check_digit(text)


def is_division_code(text: str) -> bool:
    """GB/T 2260 (6 digits, county) or GB/T 10114 (9, township) or the statistical code (12, village)."""
    return bool(_DIVISION_CODE.fullmatch(text))


def is_phone(text: str) -> bool:
    """A mobile number, with or without +86, or a landline as `021-12345678`."""
    return bool(_PHONE.fullmatch(text))


def looks_like_personal(text: str) -> bool:
    """Whether something shaped like a resident id or a mobile number stands anywhere in the text.

    Only the shape counts, also with a wrong check digit, in full-width digits or with any signs between the digits;
    resident ids of 15 digits, as given out before 2013, count too.
    """
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return bool(_PERSONAL.search(folded) or _PERSONAL.search(_BETWEEN_DIGITS.sub("", folded)))


def without_nobodys(text: str) -> str:
    """The text without numbers that are nobody's, which examples are written with.

    Those are resident ids of region 99, which is no region, also with the check digit right, and mobile numbers of 154,
    a block that is not given out: both pass the formats `resident-id` and `phone-cn`.
    """
    return _NOBODYS.sub("-", unicodedata.normalize("NFKC", text))


def holds_resident_id(text: str) -> bool:
    """Whether a resident id that may be somebody's stands in the text: date and check digit right, region not 99."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found = (_SIGNS.sub("", candidate[1]).upper() for candidate in _ID_WRITTEN.finditer(folded))
    return any(is_resident_id(number) and not number.startswith("99") for number in found)


def holds_mobile_number(text: str) -> bool:
    """Whether a mobile number that may be somebody's stands in the text: 11 digits from 13 to 19, but not of 154."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _MOBILE_WRITTEN.search(folded) is not None


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "resident-id": is_resident_id,
    "credit-code": is_credit_code,
    "division-code": is_division_code,
    "phone-cn": is_phone,
}
# formats that name somebody: values of these never stand in a path or a query, where every proxy writes them down
IDENTIFYING = frozenset({"resident-id", "credit-code", "phone-cn", "email", "idn-email"})
