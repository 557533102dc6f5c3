"""Codes that can be told apart, that hang together, and that keep their meaning."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session

from standards import codelists, schemas
from standards.codelists import InvalidCodeList, MeaningChanged
from standards.models import CodeListDraft, StandardDraft
from standards.validation import Checker, InvalidSchema

NAME = {"zh": "名称", "en": "name"}


def code(value: str, **more: Any) -> dict[str, Any]:
    return {"code": value, "name": {"en": value}, **more}


def draft(*codes: Any, version: str = "1.0.0") -> CodeListDraft:
    return CodeListDraft(slug="kinds", version=version, name=NAME, codes=list(codes))


def findings(*codes: Any) -> list[tuple[str, str]]:
    return [(found.pointer, found.rule) for found in codelists.faults(draft(*codes))]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([code("1"), code("1")], [("/codes/1/code", "unique")]),
        ([code("12"), code("１２")], [("/codes/1/code", "unique")]),
        ([code("A"), code("Ａ")], [("/codes/1/code", "unique")]),
        ([code("1"), code("1 ")], [("/codes/1/code", "unique"), ("/codes/1/code", "plain")]),
        ([code("1\u0007")], [("/codes/0/code", "plain")]),
        ([code("1", valid_from="2026-02-01", valid_until="2026-01-31")], [("/codes/0/valid_until", "period")]),
        ([code("1", parent="9")], [("/codes/0/parent", "known")]),
        ([code("1", parent="1")], [("/codes/0/parent", "circle")]),
        ([code("1", parent="2"), code("2", parent="3"), code("3", parent="1")], [("/codes/0/parent", "circle")]),
        ([code("0", parent="1"), code("1", parent="2"), code("2", parent="1")], [("/codes/1/parent", "circle")]),
    ],
)
def test_refuses(codes: Any, expected: list[tuple[str, str]]) -> None:
    assert findings(*codes) == expected


def test_accepts_what_only_looks_odd() -> None:
    """Gaps, upper and lower case, roman numerals, one day of validity, a tree of several levels."""
    assert findings(code("1"), code("7"), code("a"), code("A"), code("Ⅲ")) == []
    assert findings(code("1", valid_from="2026-01-01", valid_until="2026-01-01")) == []
    assert findings(code("1"), code("11", parent="1"), code("111", parent="11"), code("112", parent="11")) == []


def test_many_codes_are_judged_quickly() -> None:
    chain = [code(str(number), parent=str(number + 1)) for number in range(19_999)]
    assert findings(*chain, code("19999")) == []
    assert findings(*chain, code("19999", parent="0")) == [("/codes/0/parent", "circle")]
    assert len(codelists.faults(draft(*(code("1") for _ in range(20_000))))) == 50


def test_nothing_is_kept_of_a_list_with_faults(session: Session, now: datetime) -> None:
    with pytest.raises(InvalidCodeList):
        codelists.publish(session, draft(code("1"), code("１")), "me", now)
    assert codelists.page(session) == ([], None)


FIRST = (code("1", definition={"zh": "一"}), code("2"), code("3", parent="1"))


@pytest.mark.parametrize(
    ("codes", "pointers"),
    [
        ((*FIRST, code("4")), []),
        ((FIRST[0], code("2", valid_until="2026-01-01"), FIRST[2]), []),
        ((FIRST[0], {"code": "2", "name": {"en": "2", "zh": "二"}}, FIRST[2]), []),
        ((FIRST[1], FIRST[0], FIRST[2]), []),
        ((FIRST[0], FIRST[2]), ["/codes"]),
        ((FIRST[0], {"code": "2", "name": {"en": "two"}}, FIRST[2]), ["/codes/1"]),
        ((FIRST[0], {"code": "2", "name": {"zh": "二"}}, FIRST[2]), ["/codes/1"]),
        ((code("1", definition={"zh": "壹"}), *FIRST[1:]), ["/codes/0"]),
        ((code("1"), *FIRST[1:]), ["/codes/0"]),
        ((*FIRST[:2], code("3", parent="2")), ["/codes/2"]),
        ((FIRST[2], FIRST[0]), ["/codes"]),
    ],
)
def test_codes_keep_their_meaning_within_a_major_version(
    session: Session, now: datetime, codes: Any, pointers: list[str]
) -> None:
    codelists.publish(session, draft(*FIRST), "me", now)
    codelists.publish(session, draft(*codes, version="2.0.0"), "me", now)
    if not pointers:
        codelists.publish(session, draft(*codes, version="1.1.0"), "me", now)
        return
    with pytest.raises(MeaningChanged) as caught:
        codelists.publish(session, draft(*codes, version="1.1.0"), "me", now)
    assert [found.pointer for found in caught.value.findings] == pointers


def test_an_enum_of_all_codes_or_of_one_day(session: Session, now: datetime) -> None:
    codes = [code("old", valid_until="2025-12-31"), code("new", valid_from="2026-01-01"), code("always")]
    row = codelists.publish(session, draft(*codes), "me", now)
    assert codelists.enum(row) == ["old", "new", "always"]
    assert codelists.enum(row, date(2025, 12, 31)) == ["old", "always"]
    assert codelists.enum(row, date(2026, 1, 1)) == ["new", "always"]


def _standard(ref: str) -> StandardDraft:
    document = {"type": "object", "properties": {"kind": {"$ref": ref}}}
    return StandardDraft(slug="thing", version="1.0.0", name=NAME, document=document)


def test_a_standard_may_ask_for_the_codes_of_a_day(session: Session, now: datetime) -> None:
    codes = [code("old", valid_until="2025-12-31"), code("new", valid_from="2026-01-01")]
    codelists.publish(session, draft(*codes), "me", now)
    whole = Checker(schemas.columns(session, _standard("urn:hutong:codes:kinds:1.0.0"))["bundled"])
    day = Checker(schemas.columns(session, _standard("urn:hutong:codes:kinds:1.0.0@2026-06-30"))["bundled"])
    assert whole.valid({"kind": "old"})
    assert not day.valid({"kind": "old"})
    assert day.valid({"kind": "new"})


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "0000-00-00", "----------", "1999-01-01"])
def test_a_day_without_codes_is_refused(session: Session, now: datetime, day: str) -> None:
    codelists.publish(session, draft(code("new", valid_from="2026-01-01")), "me", now)
    with pytest.raises(InvalidSchema) as caught:
        schemas.columns(session, _standard(f"urn:hutong:codes:kinds:1.0.0@{day}"))
    assert [found.pointer for found in caught.value.findings] == ["/properties/kind/$ref"]
