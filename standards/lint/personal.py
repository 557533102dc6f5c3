"""Rules on identifiers of persons: none of somebody's is printed in a document, none fits into an address unnoticed.

No finding holds the number that it is about: the place is told, and where a name on the way there is one, it is `*`.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from itertools import cycle, islice
from typing import Any

import stdnum.cn.ric
import stdnum.cn.uscc

from standards import documents
from standards.dialect import Path
from standards.documents import mapping, resolve
from standards.identifiers import holds_mobile_number, holds_resident_id
from standards.lint import requests
from standards.lint.examined import Examined
from standards.lint.rules import Places, Severity, rule
from standards.validation import Checker, InvalidSchema

# a bound is nobody's number, and may well have eleven digits
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


# -- what stands in the document ---------------------------------------------------------------------------------------


@rule(
    "resident-id-shown",
    (
        "规范对外公开，各版本永久保留：写进示例或说明的身份证号无法收回。",
        "A document is public and every version is kept: a resident id in an example or a text cannot be taken back.",
    ),
    (
        "示例用 99 开头（不存在的区划）且校验位正确的号码。",
        "Write examples with region 99, which is no region, and the right check digit.",
    ),
)
def resident_id_shown(examined: Examined) -> Places:
    """Never let off: eighteen digits with a date and the check digit right are hardly anything else."""
    for at in _shown(examined.document, holds_resident_id):
        yield at, "nobody's number: a resident id of region 99, or none"


@rule(
    "mobile-number-shown",
    (
        "规范对外公开，各版本永久保留：写进示例或说明的手机号无法收回。只看位数，确非手机号的代码可申请豁免。",
        "A document is public and every version is kept: a mobile number in it cannot be taken back. Only the shape is "
        "seen, so a code of eleven digits that is none may be let off.",
    ),
    (
        "示例用 154 开头（未启用的号段）的号码；联系方式写岗位邮箱或网址。",
        "Write examples with 154, a block that is not given out; for contact give an office's email or url.",
    ),
    overridable=True,
)
def mobile_number_shown(examined: Examined) -> Places:
    for at in _shown(examined.document, holds_mobile_number):
        yield at, "nobody's number: a mobile number of 154, or none"


def _shown(document: Any, holds: Callable[[str], bool]) -> Iterator[Path]:
    """Where a text, a whole number or a name holds what is looked for."""
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            for name, inner in node.items():
                hit = holds(str(name))
                if hit:
                    yield (*path, "*")
                if name not in _BOUNDS or type(inner) is not int:
                    waiting.append(((*path, "*" if hit else str(name)), inner))
        elif isinstance(node, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(node))
        elif type(node) in (str, int) and holds(str(node)):
            yield path


# -- what fits into an address -----------------------------------------------------------------------------------------


@rule(
    "identifier-by-pattern",
    (
        "参数名看不出，但其格式正是身份证号、电话或信用代码的样子；地址会被每一级代理记录。",
        "Its name does not say so, but the form of this parameter is that of a resident id, a phone number or a credit "
        "code, and every proxy writes addresses down.",
    ),
    (
        "是标识就改用 POST 放进请求体；不是就把 pattern 写准（长度、前缀），使这些号码不合格。",
        "If it is an identifier, make it a POST with a body; if not, say the pattern more exactly (length, prefix), so "
        "that it takes none of these.",
    ),
    overridable=True,
)
def identifier_by_pattern(examined: Examined) -> Places:
    for at, kind, free in _fitting(examined):
        if not free:
            yield (*at, "schema"), f"a form that takes no {kind}"


@rule(
    "identifier-fits",
    (
        "自由文字也装得下身份证号、电话或信用代码。地名、关键词本来就是自由文字，所以只提醒，不拒绝。",
        "Free text also takes a resident id, a phone number or a credit code. Place names and keywords rightly are "
        "free text, which is why this warns and refuses nothing.",
    ),
    (
        "能用代码就用 enum 或 pattern，或将 maxLength 定在 10 以内；会有人填标识的改用 POST。",
        "Use codes (enum, a pattern) or a maxLength up to 10 where that is possible; where callers may put an "
        "identifier, make it a POST.",
    ),
    severity=Severity.WARN,
)
def identifier_fits(examined: Examined) -> Places:
    """Not the parameter `cursor`, which the rule `paginated` asks for: callers send back what they were given."""
    named = {at: parameter.get("name") for _, at, parameter in examined.parameters}
    for at, kind, free in _fitting(examined):
        if free and named[at] != "cursor":
            yield (*at, "schema"), f"a form that takes no {kind}, or a text nobody would put one into"


def _fitting(examined: Examined) -> Iterator[tuple[Path, str, bool]]:
    """Parameters of an address that take an identifier without saying so: place, kind, and whether they take any text.

    Each schema is compiled once, however many operations refer to it.
    """
    judged: dict[int, tuple[str, bool] | None] = {}
    for _, at, parameter in examined.parameters if examined.compilable else ():
        if not requests.is_in_url(parameter) or requests.says_identifier(examined.document, parameter):
            continue
        schema = parameter.get("schema")
        node = mapping(resolve(examined.document, schema))
        given = node.get("items") if node.get("type") == "array" else schema
        if id(given) not in judged:
            judged[id(given)] = _taken(examined, given)
        found = judged[id(given)]
        if found is not None:
            yield at, *found


def _taken(examined: Examined, schema: Any) -> tuple[str, bool] | None:
    """The kind of identifier that a schema takes, one that only such a form takes before others."""
    try:
        takes = Checker(documents.self_contained(examined.document, schema)).valid
    except (InvalidSchema, TypeError):
        return None  # schema-compiles or parameter-type says so
    kinds = [(kind, _is_free(takes, sample)) for kind, sample in samples() if takes(sample)]
    return min(kinds, key=lambda found: found[1], default=None)


def _is_free(takes: Callable[[Any], bool], sample: str) -> bool:
    """Whether the form takes words as well as this identifier, and no less when they are longer or shorter by one."""
    length = len(sample)
    return any(
        takes(word(letters, length)) and (takes(word(letters, length - 1)) or takes(word(letters, length + 1)))
        for letters in _WORDS
    )


def word(letters: str, length: int) -> str:
    return "".join(islice(cycle(letters), length))


_WORDS = ("a1bcdefghijklmnopqrstuvwxyz", "A1BCDEFGHIJKLMNOPQRSTUVWXYZ", "a1bcdef", "A1BCDEF")
_PROVINCES = (
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
)
_BIRTHS = (date(1900, 1, 1), date(2099, 12, 31))
"""Nobody alive."""


@lru_cache(maxsize=1)
def samples() -> tuple[tuple[str, str], ...]:
    """Identifiers of every shape, to try patterns with; made here, never told."""
    regions = [f"{province}0101" for province in (*_PROVINCES, 99)]
    found = [
        ("resident id", number) for region in regions for born in _BIRTHS for number in _resident_ids(region, born)
    ]
    mobiles = [f"1{block}00000000" for block in range(30, 100)]
    found += [("phone number", before + number) for number in mobiles for before in ("", "+86")]
    found += [("phone number", number) for number in ("010-00000000", "0571-00000000", "0310-0000000")]
    bodies = [
        f"{kind}{region}{rest}" for kind in ("11", "12", "51", "91", "92") for region in regions
        for rest in ("000000000", "HT000000X")
    ]  # fmt: skip
    found += [("credit code", body + stdnum.cn.uscc.calc_check_digit(body)) for body in bodies]
    return tuple(found)


def _resident_ids(region: str, born: date) -> Iterator[str]:
    """One that ends with a digit and one that ends with X."""
    bodies = [f"{region}{born:%Y%m%d}{order:03d}" for order in range(12)]
    numbers = [body + str(stdnum.cn.ric.calc_check_digit(body + "0")) for body in bodies]
    yield next(number for number in numbers if number[-1] != "X")
    yield from (number for number in numbers if number[-1] == "X")


RULES = (resident_id_shown, mobile_number_shown, identifier_by_pattern, identifier_fits)
