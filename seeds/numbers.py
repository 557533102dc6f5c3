"""Identifying numbers with valid check digits, shaped so that they hardly meet a real person or organisation.

Faker's own resident ids fail the check in two of three, so they are computed here after the standards themselves.
"""

from datetime import date

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_LAST_MALE, _LAST_FEMALE = 995, 994

GOVERNMENT_BODY = "11"
ENTERPRISE = "91"
SHANGHAI = "310000"


def resident_id(division: str, birth: date, sequence: int) -> str:
    """A resident identity number (GB 11643): division, birth date, sequence (odd for men), ISO 7064 MOD 11-2 check."""
    body = f"{division}{birth:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def credit_code(category: str, division: str, serial: int) -> str:
    """A unified social credit code (GB 32100) around an organisation code (GB 11714).

    Organisation codes here begin with `HT`, which no register gives out.
    """
    organisation = f"HT{serial:06d}"
    total = sum(
        int(character, 36) * weight for character, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)
    )
    body = f"{category}{division}{organisation}{'0123456789X0'[(11 - total % 11) % 11]}"
    return body + _credit_check(body)


def _credit_check(body: str) -> str:
    total = sum(_CREDIT_ALPHABET.index(sign) * weight for sign, weight in zip(body, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


class ResidentIds:
    """Gives out resident ids without repetition.

    Sequences run down from the top of the range, which registrars hardly ever reach: fewer chance meetings with
    somebody's real number.
    """

    def __init__(self) -> None:
        self._given: dict[tuple[str, date, bool], int] = {}

    def next(self, division: str, birth: date, male: bool) -> str:
        key = (division, birth, male)
        earlier = self._given.get(key, 0)
        self._given[key] = earlier + 1
        return resident_id(division, birth, (_LAST_MALE if male else _LAST_FEMALE) - 2 * earlier)
