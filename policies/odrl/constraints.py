"""Constraints against what is asked: satisfied, not satisfied, or undetermined, and why. Pure.

What the ask does not say is undetermined, never false and never true; so is what cannot be compared. Logical
constraints follow from their parts (Information Model, section 2.5.3): `and`, `or` and `xone` as far as the known parts
decide them. `andSequence` is read as `and`: one moment shows no order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from policies.odrl import values
from policies.odrl.asking import Ask, Facts
from policies.odrl.structure import Constraint
from policies.odrl.values import Value
from policies.odrl.vocabulary import ODRL, OPERATORS

MAX_KIN: Final = 1_000

WHY: Final[Mapping[str, Mapping[str, str]]] = {
    "holds": {"zh": "成立", "en": "it holds"},
    "fails": {"zh": "不成立", "en": "it does not hold"},
    "parts": {"zh": "由各部分得出", "en": "as its parts are"},
    "not-stated": {"zh": "请求未说明", "en": "the request does not state it"},
    "incomparable": {"zh": "无法比较", "en": "the two cannot be compared"},
    "unknown-operator": {"zh": "未知运算符", "en": "an operator that is not known"},
    "not-fetched": {"zh": "所引用的值不会被获取", "en": "a value elsewhere, and nothing is fetched"},
    "no-right-operand": {"zh": "缺少右操作数", "en": "it has no right operand"},
    "no-facts": {"zh": "缺少归属或类别信息", "en": "nothing is known of what it is or is part of"},
    "several-values": {"zh": "请求中的多个值结果不一", "en": "of several values some do and some do not"},
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A constraint, whether it is satisfied, and why; `parts` of a logical one."""

    constraint: Constraint
    satisfied: bool | None
    why: str
    given: tuple[Value, ...] = ()
    parts: tuple["Judged", ...] = ()

    def as_dict(self) -> dict[str, Any]:
        one = self.constraint
        said: dict[str, Any] = {
            "id": one.id,
            "state": state_of(self.satisfied),
            "why": {"code": self.why, **WHY[self.why]},
        }
        if one.logical:
            return {**said, "operator": str(ODRL[one.logical]), "parts": [part.as_dict() for part in self.parts]}
        right = [value.text for value in one.right] or ([one.referred] if one.referred else [])
        given = [value.text for value in self.given]
        return {**said, "left": one.left, "operator": one.operator, "right": right, "given": given}


def state_of(satisfied: bool | None) -> str:
    return {True: "satisfied", False: "not-satisfied", None: "undetermined"}[satisfied]


def judge(constraint: Constraint, ask: Ask, at: datetime) -> Judged:
    """Whether a constraint is satisfied at this moment; `at` carries the zone in which days are read."""
    if constraint.logical:
        parts = tuple(judge(part, ask, at) for part in constraint.parts)
        known = [part.satisfied for part in parts]
        return Judged(constraint, _LOGIC[constraint.logical](known) if known else None, "parts", (), parts)
    operator = constraint.operator.removeprefix(str(ODRL))
    if constraint.operator != str(ODRL[operator]) or operator not in OPERATORS:
        return Judged(constraint, None, "unknown-operator")
    given = _given(constraint.left, ask, at)
    if constraint.referred is not None:
        return Judged(constraint, None, "not-fetched", given)
    if not given:
        return Judged(constraint, None, "not-stated")
    if not constraint.right and operator not in _OF_SETS:
        return Judged(constraint, None, "no-right-operand", given)
    satisfied, why = _compared(operator, given, constraint.right, ask, at)
    return Judged(constraint, satisfied, why, given)


def all_of(satisfied: Sequence[bool | None]) -> bool | None:
    """Of all of them; true for none."""
    if False in satisfied:
        return False
    return None if None in satisfied else True


def any_of(satisfied: Sequence[bool | None]) -> bool | None:
    if True in satisfied:
        return True
    return None if None in satisfied else False


def _one_of(satisfied: Sequence[bool | None]) -> bool | None:
    if sum(one is True for one in satisfied) > 1:
        return False
    return None if None in satisfied else satisfied.count(True) == 1


_OF_SETS: Final = frozenset({"isAnyOf", "isAllOf", "isNoneOf"})
"""Of these the right operand may be an empty set."""
_LOGIC: Final = {"and": all_of, "andSequence": all_of, "or": any_of, "xone": _one_of}


def _given(left: str, ask: Ask, at: datetime) -> tuple[Value, ...]:
    if left == str(ODRL.dateTime):
        return (Value(at.isoformat(), "dateTime"),)
    if left == str(ODRL.recipient) and left not in ask.context and ask.assignee is not None:
        return (Value(ask.assignee, iri=True),)
    return ask.context.get(left, ())


def _compared(
    operator: str, given: tuple[Value, ...], right: tuple[Value, ...], ask: Ask, at: datetime
) -> tuple[bool | None, str]:
    if operator == "isAllOf":
        found = all_of([any_of([_equal(one, wanted, at) for one in given]) for wanted in right]) if right else None
        return found, _why(found)
    each = [_single(operator, one, right, ask, at) for one in given]
    if len(set(each)) > 1:
        return None, "several-values"
    if each[0] is None and operator in ("isA", "isPartOf", "hasPart"):
        return None, "no-facts"
    return each[0], _why(each[0])


def _why(found: bool | None) -> str:
    return "incomparable" if found is None else "holds" if found else "fails"


def _single(operator: str, given: Value, right: tuple[Value, ...], ask: Ask, at: datetime) -> bool | None:
    """One value against all right operands."""
    if operator in ("isAnyOf", "isNoneOf"):
        found = any_of([_equal(given, wanted, at) for wanted in right])
        return found if operator == "isAnyOf" or found is None else not found
    if operator == "isA":
        return any_of([_belongs(given.text, wanted.text, ask.is_a) for wanted in right])
    if operator == "isPartOf":
        return any_of([_within(given, wanted, ask.part_of) for wanted in right])
    if operator == "hasPart":
        return all_of([_belongs(wanted.text, given.text, ask.part_of) for wanted in right])
    compared = [values.compared(operator, given, wanted, at.tzinfo or UTC) for wanted in right]
    return all_of(compared) if operator == "neq" else (compared[0] if len(compared) == 1 else None)


def _equal(given: Value, wanted: Value, at: datetime) -> bool | None:
    return values.compared("eq", given, wanted, at.tzinfo or UTC)


def _belongs(one: str, other: str, facts: Facts) -> bool | None:
    """Whether facts lead from one to the other; None where they say nothing of it at all."""
    if one == other:
        return True
    if one not in facts:
        return None
    return other in _kin(one, facts)


def member(one: str, collection: str, facts: Facts) -> bool:
    """Whether one is, or is part of, a collection, as far as anything is known."""
    return one == collection or collection in _kin(one, facts)


def _kin(one: str, facts: Facts) -> set[str]:
    """All that it leads to; a circle is walked once."""
    found, waiting = set[str](), [one]
    while waiting and len(found) <= MAX_KIN:
        for other in facts.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _within(given: Value, wanted: Value, facts: Facts) -> bool | None:
    """Part of a collection; or a time of day within a daily window `HH:MM/HH:MM`, which may pass midnight."""
    start, slash, end = wanted.text.partition("/")
    if slash and all(_CLOCK.fullmatch(one) for one in (start, end, given.text)):
        return start <= given.text < end if start < end else given.text >= start or given.text < end
    return _belongs(given.text, wanted.text, facts)
