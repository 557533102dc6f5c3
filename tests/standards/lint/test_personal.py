"""No finding repeats a number; nobody's numbers pass; patterns made for identifiers are told from free text."""

import copy
import json
from typing import Any

import pytest
import stdnum.cn.ric
import stdnum.cn.uscc

from standards import lint, mappings
from standards.identifiers import is_credit_code, is_phone, is_resident_id
from standards.lint import personal
from tests.standards.breakage import LIST, parameter, query, record
from tests.standards.conftest import RESIDENT_ID

Document = dict[str, Any]
MOBILE = "138" + "00138000"
NOBODYS_BODY = "99000019900101001"
NOBODYS_ID = NOBODYS_BODY + str(stdnum.cn.ric.calc_check_digit(NOBODYS_BODY + "0"))
NOBODYS_MOBILE = "15400000001"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
SHOWN = lint.RULES.chosen(only=["resident-id-shown", "mobile-number-shown"])
FITTING = lint.RULES.chosen(only=["identifier-by-pattern", "identifier-fits"])


def found(document: Document, rules: Any = SHOWN) -> list[tuple[str, str]]:
    return [(each.rule, each.pointer) for each in lint.lint(document, rules, 500)]


def told(document: Document) -> str:
    """Everything that all rules say of it."""
    return json.dumps([each.as_dict() for each in lint.lint(document, limit=500)], ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (RESIDENT_ID, "resident-id-shown"),
        (RESIDENT_ID.lower(), "resident-id-shown"),
        (f"such as {RESIDENT_ID}.", "resident-id-shown"),
        (f"证件号{RESIDENT_ID}的", "resident-id-shown"),
        (f"no. 5 {RESIDENT_ID}", "resident-id-shown"),
        (" ".join((RESIDENT_ID[:6], RESIDENT_ID[6:14], RESIDENT_ID[14:])), "resident-id-shown"),
        ("-".join(RESIDENT_ID), "resident-id-shown"),
        (RESIDENT_ID.translate(WIDE), "resident-id-shown"),
        (MOBILE, "mobile-number-shown"),
        (f"+86{MOBILE}", "mobile-number-shown"),
        (f"call 86-{MOBILE}", "mobile-number-shown"),
        (f"{MOBILE[:3]}-{MOBILE[3:7]}-{MOBILE[7:]}", "mobile-number-shown"),
        (f"电话：{MOBILE[:3]} {MOBILE[3:7]} {MOBILE[7:]}", "mobile-number-shown"),
        (MOBILE.translate(WIDE), "mobile-number-shown"),
    ],
)
def test_somebodys_number_is_found_and_never_repeated(sound: Document, text: str, rule: str) -> None:
    query(sound)["description"] = text
    record(sound)["default"] = {"a": [text]}
    record(sound)["examples"] = [text]
    record(sound)["enum"] = [text]
    record(sound)["example"] = int(text) if text.isascii() and text.isdecimal() else text
    record(sound)[f"x-{text}"] = {"inner": text}
    pointers = {pointer for found_rule, pointer in found(sound) if found_rule == rule}
    person = "/components/schemas/Person"
    assert pointers == {
        "/paths/~1v1~1people~1query/post/description", f"{person}/default/a/0", f"{person}/examples/0",
        f"{person}/enum/0", f"{person}/example", f"{person}/*", f"{person}/*/inner",
    }  # fmt: skip
    assert {found_rule for found_rule, _ in found(sound)} == {rule}
    del record(sound)[f"x-{text}"]  # a keyword is told by the rule `schema` too
    assert text not in told(sound)


@pytest.mark.parametrize(
    "text",
    [
        NOBODYS_ID,
        NOBODYS_MOBILE,
        f"{NOBODYS_ID} +86 154-0000-0001",
        RESIDENT_ID[:-1] + "3",  # a wrong check digit
        RESIDENT_ID[:10] + "13" + RESIDENT_ID[12:],  # no such month
        "9" + MOBILE,
        MOBILE + "9",
        "021-12345678",
        "12345678901",
        "2026-01-01 10:00:00",
        "1990-01-01-001",
        "20260101T120000Z",
        "310115001001",
        "^(?:\\+86)?1[3-9][0-9]{9}$",
        "^[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9X]$",
    ],
)
def test_nobodys_numbers_and_other_digits_pass(sound: Document, text: str) -> None:
    query(sound)["description"] = text
    record(sound)["examples"] = [text, {text: text}]
    assert found(sound) == []


def test_a_bound_is_nobodys_number_and_an_example_may_be(sound: Document) -> None:
    record(sound)["properties"] = {"fen": {"type": "integer", "maximum": int(MOBILE), "example": int(MOBILE)}}
    assert found(sound) == [("mobile-number-shown", "/components/schemas/Person/properties/fen/example")]
    record(sound)["properties"] = {"maximum": {"const": MOBILE}}
    assert found(sound) == [("mobile-number-shown", "/components/schemas/Person/properties/maximum/const")]


def test_the_message_of_another_rule_does_not_repeat_it(sound: Document) -> None:
    sound["info"]["title"] = [RESIDENT_ID, MOBILE]
    assert ("openapi-valid", "/info/title") in found(sound, lint.RULES)
    assert RESIDENT_ID not in told(sound)
    assert MOBILE not in told(sound)


def test_the_convention_is_that_of_the_examples_of_mappings() -> None:
    assert is_resident_id(NOBODYS_ID)
    assert is_phone(NOBODYS_MOBILE)
    assert list(mappings.examples.personal({"examples": [NOBODYS_ID, NOBODYS_MOBILE]})) == []


def test_samples_are_what_their_kinds_say() -> None:
    judges = {"resident id": is_resident_id, "phone number": is_phone, "credit code": is_credit_code}
    assert {kind for kind, _ in personal.samples()} == judges.keys()
    assert [kind for kind, sample in personal.samples() if not judges[kind](sample)] == []


def judged(sound: Document, schema: Document, name: str = "ref", place: str = "query") -> list[str]:
    document = copy.deepcopy(sound)
    parameter(document, name=name, schema=schema, **{"in": place})
    return [rule for rule, pointer in found(document, FITTING) if pointer == f"{LIST}/parameters/5/schema"]


def text(**more: Any) -> Document:
    return {"type": "string", **more}


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9]{17}[0-9X]$",
        "^[1-9]\\d{5}(19|20)\\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])\\d{3}[0-9Xx]$",
        "^\\d{18}$",
        "^310\\d{15}$",
        "^[0-9]{15,18}$",
        "^\\d+$",
        "[0-9]{11}",
        "^1[3-9][0-9]{9}$",
        "^1(3[0-9]|5[012356789]|8[0-9])\\d{8}$",
        "^(\\+86)?1\\d{10}$",
        "^0[0-9]{2,3}-[0-9]{7,8}$",
        "^[0-9A-HJ-NPQRTUWXY]{18}$",
        "^[0-9A-Z]{18}$",
        "^91[0-9A-Z]{16}$",
        "^[0-9]{8}[0-9A-Z]{10}$",
    ],
)
def test_a_pattern_made_for_identifiers_is_an_error(sound: Document, pattern: str) -> None:
    assert judged(sound, text(pattern=pattern)) == ["identifier-by-pattern"]
    assert judged(sound, text(pattern=pattern, maxLength=20)) == ["identifier-by-pattern"]
    assert judged(sound, {"type": "array", "maxItems": 3, "items": text(pattern=pattern)}) == ["identifier-by-pattern"]


@pytest.mark.parametrize(
    "schema",
    [
        text(maxLength=40),
        text(maxLength=18),
        text(maxLength=11),
        text(pattern="^.{1,40}$"),
        text(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", maxLength=64),
        text(pattern="^[A-Z0-9-]{4,30}$"),
        text(pattern="^[0-9a-f]{8,64}$"),
        {"type": "array", "maxItems": 3, "items": text(maxLength=40)},
    ],
)
def test_free_text_is_a_warning_that_refuses_nothing(sound: Document, schema: Document) -> None:
    assert judged(sound, schema) == ["identifier-fits"]
    assert judged(sound, schema, name="cursor") == []
    assert lint.RULES["identifier-fits"].severity == lint.Severity.WARN


@pytest.mark.parametrize(
    "schema",
    [
        text(maxLength=10),
        text(maxLength=10, pattern="^[0-9]+$"),
        text(enum=["east", "west"]),
        text(const="all"),
        text(format="date"),
        text(format="date-time"),
        text(format="uuid"),
        text(format="division-code"),
        text(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        text(pattern="^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"),
        text(pattern="^[0-9]{14}$"),
        text(pattern="^[0-9a-f]{32}$"),
        text(pattern="^[0-9]{20}$"),
        text(pattern="^[A-Z]{2}[0-9]{16}$"),
        text(pattern="^[\u4e00-\u9fff]{1,20}$"),
        {"type": "integer", "minimum": 0, "maximum": 2**53},
        {"type": "number", "minimum": 0, "maximum": 1e18},
        {"type": "boolean"},
    ],
)
def test_codes_dates_and_numbers_are_neither(sound: Document, schema: Document) -> None:
    assert judged(sound, schema) == []


def test_a_cursor_made_for_identifiers_is_one_all_the_same(sound: Document) -> None:
    assert judged(sound, text(pattern="^\\d{18}$"), name="cursor") == ["identifier-by-pattern"]


def test_in_a_path_and_through_references(sound: Document) -> None:
    sound["components"]["schemas"]["Ref"] = text(pattern="^\\d{18}$")
    assert judged(sound, {"$ref": "#/components/schemas/Ref"}) == ["identifier-by-pattern"]
    sound["components"]["parameters"]["District"]["schema"] = text(pattern="^\\d{18}$")
    assert {rule for rule, _ in found(sound, FITTING)} == {"identifier-by-pattern"}


def test_what_says_that_it_is_an_identifier_is_told_once(sound: Document) -> None:
    assert judged(sound, text(format="resident-id")) == []
    assert judged(sound, text(pattern="^\\d{18}$"), name="resident_id") == []


def test_a_schema_that_thousands_refer_to_is_tried_once(sound: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    taken = personal._taken
    monkeypatch.setattr(personal, "_taken", lambda *given: tried.append(given) or taken(*given))
    sound["components"]["parameters"]["Ref"] = {"name": "ref", "in": "query", "schema": text(pattern="^\\d{18}$")}
    path, item = next((path, item) for path, item in sound["paths"].items() if "{" in path)
    for number in range(20):
        sound["paths"][f"/v1/n{number}{path}"] = {**item, "parameters": [{"$ref": "#/components/parameters/Ref"}]}
    lint.lint(sound, lint.RULES.chosen(only=["identifier-by-pattern"]), 500)
    assert len({id(schema) for _, schema in tried}) == len(tried)
