"""Masks: what an agreement may do to the value of one item before it is released.

A mask is a `MaskKind` in a registry that refuses duplicates: a name, a description for catalogs, the shape of its
arguments, and `build`, which compiles it for one item of one agreement. Adding one touches one file and one test.

Keyed masks take the 32-byte masking key when applied. The key they work with is derived from it by HMAC-SHA-512 over
purpose, agreement and item, so that pseudonyms cannot be joined across agreements or items.

    ValueError ── Unmaskable     the value is of a kind that the mask cannot be put on; the message names the item only
               └─ InvalidToken   a token that was not made under this key, for this agreement and item
               └─ DuplicateMask  two masks of one name
"""

import base64
import hmac
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from hashlib import blake2b
from itertools import pairwise
from math import isfinite
from types import MappingProxyType
from typing import Annotated, Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import AfterValidator, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator
from pydantic import Field as Shape

from policies.conditions import comparison
from standards.models import Draft

Apply = Callable[[Any, bytes], Any]
"""(value, masking key of 32 bytes) → masked value; raises Unmaskable. A null stays null, save under `constant`."""

KEY_BYTES: Final = 32
_DAY = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:[Tt ].*)?", re.ASCII)
_SCALARS: Final = frozenset({str, int, float, bool})
_OPENING: Final = "tok1."


class Unmaskable(ValueError):
    """A value that a mask cannot be put on: the reply must not be released."""


class InvalidToken(ValueError):
    """A token that does not open."""


class DuplicateMask(ValueError):
    """A second mask of the same name."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a mask works: domain separation of its key, and what its errors may name."""

    agreement: str
    item: str

    def unfit(self, value: Any, needs: str) -> None:
        """None for a null, which has nothing to hide; otherwise raises Unmaskable."""
        if value is not None:
            raise Unmaskable(f"The mask of item {self.item} needs {needs}; correct the standard or the agreement.")

    def key(self, purpose: str, key: bytes) -> bytes:
        """The 64-byte key of this purpose, agreement and item under the masking key."""
        if len(key) != KEY_BYTES:
            raise Unmaskable(f"The masking key has to have {KEY_BYTES} bytes; check the exchange's keys.")
        return hmac.digest(key, orjson.dumps(["hutong-mask", purpose, self.agreement, self.item]), "sha512")

    def remembered_key(self, purpose: str) -> Callable[[bytes], bytes]:
        """The same, with the last one remembered: masking keys rarely change."""
        last: tuple[bytes, bytes] | None = None

        def derive(key: bytes) -> bytes:
            nonlocal last
            known = last
            if known is None or known[0] != key:
                known = last = (key, self.key(purpose, key))
            return known[1]

        return derive

    def pseudonym(self, value: Any, key: bytes) -> str:
        """What a mask gives for a value that is too short for it: the same as the mask `keyed-hash`."""
        return _digest(value, self.key("keyed-hash", key))


def _digest(value: Any, key: bytes) -> str:
    """Keyed BLAKE2b (RFC 7693), 128 bits in hex, over the JSON text: the number 1 and the text "1" differ."""
    return blake2b(orjson.dumps(value), key=key, digest_size=16).hexdigest()


class PerPurpose:
    """A mask that differs by the purpose of the call: `serving` gives the one of a purpose, by itself it fails."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    def __call__(self, value: Any, key: bytes) -> Any:
        raise Unmaskable(f"The mask of item {self._site.item} needs the purpose of the call; release nothing.")

    def serving(self, purpose: str) -> Apply:
        site = Site(self._site.agreement, "")
        derive = site.remembered_key("pseudonym:" + purpose)

        def mask(value: Any, key: bytes) -> Any:
            if type(value) not in _SCALARS:
                return self._site.unfit(value, "a text, a number or a boolean")
            return _digest(value, derive(key))

        return mask


@dataclass(frozen=True, slots=True)
class MaskKind:
    """`build` gets the arguments, checked, and the site; what it returns is applied to each value."""

    name: str
    title: Mapping[str, str]
    arguments: type[Draft]
    build: Callable[[Any, Site], Apply]


_kinds: dict[str, MaskKind] = {}
MASKS: Mapping[str, MaskKind] = MappingProxyType(_kinds)


def register(kind: MaskKind) -> None:
    """Raises DuplicateMask."""
    if kind.name in _kinds:
        raise DuplicateMask(f"There is a mask named {kind.name} already; choose another name.")
    _kinds[kind.name] = kind


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError("give a finite number")
    return value


Number = StrictInt | Annotated[StrictFloat, AfterValidator(_finite)]


class NoArguments(Draft):
    pass


class Constant(Draft):
    value: StrictStr | StrictBool | Number | None


class Keep(Draft):
    count: StrictInt = Shape(ge=1, le=100, description="characters that stay readable")


class Round(Draft):
    to: Annotated[Number, Shape(gt=0)] = Shape(description="the value becomes the nearest multiple of this")


class Bucket(Draft):
    """Edges 18, 60 make `<18`, `[18,60)`, `>=60`; labels, one more than edges, take their place."""

    model_config = ConfigDict(extra="forbid", str_max_length=100)
    edges: list[Number] = Shape(min_length=1, max_length=100)
    labels: list[StrictStr] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Bucket":
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("edges have to ascend")
        if self.labels is not None and len(set(self.labels)) != len(self.edges) + 1:
            raise ValueError("give one label more than edges, each different")
        return self


class Verify(Draft):
    """`op` and `value` as in a row condition: the answer takes the place of the value."""

    op: StrictStr
    value: StrictStr | StrictBool | Number | list[StrictStr | StrictBool | Number]

    @model_validator(mode="after")
    def _comparable(self) -> "Verify":
        comparison(self.op, self.value)
        return self


def _nullify(_: NoArguments, site: Site) -> Apply:
    return lambda value, key: None


def _constant(arguments: Constant, site: Site) -> Apply:
    constant = arguments.value
    return lambda value, key: constant


def _keyed_hash(_: NoArguments, site: Site) -> Apply:
    derive = site.remembered_key("keyed-hash")

    def mask(value: Any, key: bytes) -> Any:
        if type(value) not in _SCALARS:
            return site.unfit(value, "a text, a number or a boolean")
        return _digest(value, derive(key))

    return mask


def _verify(arguments: Verify, site: Site) -> Apply:
    """Yes or no in place of the value: it holds, or it does not."""
    test = comparison(arguments.op, arguments.value)

    def mask(value: Any, key: bytes) -> Any:
        answer = None if value is None else test(value)
        return answer if answer is not None else site.unfit(value, "a value of the type that it is compared with")

    return mask


def _pseudonym(_: NoArguments, site: Site) -> Apply:
    return PerPurpose(site)


def _keep_first(arguments: Keep, site: Site) -> Apply:
    count = arguments.count

    def mask(value: Any, key: bytes) -> Any:
        if type(value) is not str:
            return site.unfit(value, "a text")
        masked = value[:count] + "*" * (len(value) - count)
        # equal when too short, or when the text itself ends in asterisks
        return masked if masked != value else site.pseudonym(value, key)

    return mask


def _keep_last(arguments: Keep, site: Site) -> Apply:
    count = arguments.count

    def mask(value: Any, key: bytes) -> Any:
        if type(value) is not str:
            return site.unfit(value, "a text")
        masked = "*" * (len(value) - count) + value[-count:]
        return masked if masked != value else site.pseudonym(value, key)

    return mask


def _email(_: NoArguments, site: Site) -> Apply:
    def mask(value: Any, key: bytes) -> Any:
        if type(value) is not str:
            return site.unfit(value, "a text")
        local, _, domain = value.rpartition("@")
        masked = f"{local[:1]}***@{domain}"
        return masked if len(local) > 1 and masked != value else site.pseudonym(value, key)

    return mask


def _date(template: str) -> Callable[[NoArguments, Site], Apply]:
    def build(_: NoArguments, site: Site) -> Apply:
        def mask(value: Any, key: bytes) -> Any:
            day = _DAY.fullmatch(value) if type(value) is str else None
            return day.expand(template) if day else site.unfit(value, "a full date")

        return mask

    return build


def _round(arguments: Round, site: Site) -> Apply:
    """Halves go up. Whole numbers stay exact; a fraction on either side gives a fraction."""
    step = arguments.to
    exact_step = Decimal(str(step))

    def mask(value: Any, key: bytes) -> Any:
        kind = type(value)
        if kind is int and isinstance(step, int):
            nearest = (2 * value + step) // (2 * step) * step
            return nearest if -(2**63) <= nearest < 2**64 else float(nearest)
        if kind is not int and kind is not float:
            return site.unfit(value, "a number")
        steps = (Decimal(str(value)) / exact_step + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
        return float(steps * exact_step)

    return mask


def _bucket(arguments: Bucket, site: Site) -> Apply:
    edges = arguments.edges
    between = [f"[{low},{high})" for low, high in pairwise(edges)]
    labels = arguments.labels or [f"<{edges[0]}", *between, f">={edges[-1]}"]

    def mask(value: Any, key: bytes) -> Any:
        kind = type(value)
        return labels[bisect_right(edges, value)] if kind is int or kind is float else site.unfit(value, "a number")

    return mask


def _token(_: NoArguments, site: Site) -> Apply:
    """AES-256-SIV (RFC 5297), deterministic: equal values give equal tokens within one agreement and item."""
    derive = site.remembered_key("token")

    def mask(value: Any, key: bytes) -> Any:
        if type(value) not in _SCALARS:
            return site.unfit(value, "a text, a number or a boolean")
        sealed = AESSIV(derive(key)).encrypt(orjson.dumps(value), None)
        return _OPENING + base64.urlsafe_b64encode(sealed).decode()

    return mask


def detokenise(token: str, *, key: bytes, agreement: str, item: str) -> Any:
    """The value behind a token of the mask `token`; raises InvalidToken."""
    cipher = AESSIV(Site(agreement, item).key("token", key))
    try:
        if not token.startswith(_OPENING):
            raise ValueError
        return orjson.loads(cipher.decrypt(base64.b64decode(token[len(_OPENING) :], b"-_", validate=True), None))
    except (InvalidTag, ValueError):
        pass
    raise InvalidToken("The token was not made under this key for this agreement and item; check all three.")


for _kind in (
    MaskKind("nullify", {"zh": "置空", "en": "Replace by null"}, NoArguments, _nullify),
    MaskKind("constant", {"zh": "替换为固定值", "en": "Replace by a fixed value"}, Constant, _constant),
    MaskKind("keep-first", {"zh": "仅保留前若干位", "en": "Keep the first characters only"}, Keep, _keep_first),
    MaskKind("keep-last", {"zh": "仅保留后若干位", "en": "Keep the last characters only"}, Keep, _keep_last),
    MaskKind(
        "keyed-hash",
        {
            "zh": "带密钥散列：同一协议内可比对，不可还原",
            "en": "Keyed hash, comparable within one agreement",
        },
        NoArguments,
        _keyed_hash,
    ),
    MaskKind(
        "pseudonym",
        {
            "zh": "按用途化名：同一协议同一用途内可比对，不同用途之间不可比对",
            "en": "Pseudonym per purpose: comparable within one agreement and purpose, not between purposes",
        },
        NoArguments,
        _pseudonym,
    ),
    MaskKind(
        "verify",
        {"zh": "仅核验：以是或否代替原值", "en": "Verify only: yes or no in place of the value"},
        Verify,
        _verify,
    ),
    MaskKind("date-to-year", {"zh": "日期只留年份", "en": "Reduce a date to its year"}, NoArguments, _date(r"\1")),
    MaskKind("date-to-month", {"zh": "日期只留年月", "en": "Reduce a date to its month"}, NoArguments, _date(r"\1-\2")),
    MaskKind("round", {"zh": "数值取整", "en": "Round a number to a multiple"}, Round, _round),
    MaskKind("bucket", {"zh": "数值分段", "en": "Replace a number by its range"}, Bucket, _bucket),
    MaskKind(
        "email",
        {"zh": "电子邮箱只留首字符和域名", "en": "Keep first character and domain of an e-mail address"},
        NoArguments,
        _email,
    ),
    MaskKind(
        "token",
        {"zh": "可还原令牌：仅持密钥者可还原", "en": "Reversible token, opened only with the exchange's key"},
        NoArguments,
        _token,
    ),
):
    register(_kind)
