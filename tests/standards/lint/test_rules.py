"""The registry: names are checked, and every rule can be broken and tells what it is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from standards import dialect, interfaces, lint
from standards.lint import Severity, UnknownRule
from standards.lint.rules import DuplicateRule, Registry, rule
from tests.standards.breakage import QUERY, SPOIL

Document = dict[str, Any]


def test_a_misspelt_name_fails_with_the_one_that_was_meant() -> None:
    for names in ({"only": ["contcat"]}, {"skip": ["contcat"]}):
        with pytest.raises(UnknownRule, match=r"contcat \(meant contact\?\)"):
            lint.RULES.chosen(**names)
    with pytest.raises(UnknownRule, match="nonsense;"):
        lint.RULES["nonsense"]


def test_a_name_is_given_once() -> None:
    made = rule("contact", ("因", "why"), ("改", "fix"))(lambda examined: iter(()))
    with pytest.raises(DuplicateRule, match="contact"):
        Registry([*lint.RULES, made])


def test_rules_are_chosen_and_skipped() -> None:
    assert [each.id for each in lint.RULES.chosen(only=["contact", "summary"], skip=["summary"])] == ["contact"]
    assert len(lint.RULES.chosen()) == len(lint.RULES) > 40


def test_every_rule_says_why_and_how_in_both_languages() -> None:
    for each in lint.RULES:
        for text in (each.why, each.fix):
            assert text.keys() == {"zh", "en"}
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text["zh"]), each.id
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in text["en"]), each.id
        assert each.id == each.id.lower()


def test_only_new_demands_of_style_may_be_let_off() -> None:
    """What the broker relies on is never overridden."""
    assert {each.id for each in lint.RULES if each.overridable} == {
        "contact", "servers", "summary", "security", "problem-json", "rate-limit", "closed", "bounded", "paginated",
        "purpose", "basis", "linked", "mobile-number-shown", "identifier-by-pattern",
    }  # fmt: skip
    assert all(each.severity == Severity.ERROR for each in lint.RULES if each.overridable)


def test_every_rule_can_be_broken() -> None:
    assert {each.id for each in lint.RULES} == {id for id, *_ in SPOIL} | {"schema-compiles"}


def test_a_schema_that_only_the_engine_refuses(sound: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    """`schema` knows of everything that the engine refuses; if it ever did not, this would."""
    monkeypatch.setattr(dialect, "faults", lambda *given: [])
    sound["components"]["schemas"]["Person"]["multipleOf"] = 0
    wanted = lint.RULES.chosen(only=["schema-compiles"])
    assert "/components/schemas/Person/multipleOf" in {each.pointer for each in lint.lint(sound, wanted)}


@pytest.mark.parametrize(("id", "change", "pointer"), SPOIL, ids=[f"{id}-{n}" for n, (id, *_) in enumerate(SPOIL)])
def test_breaking_a_rule_is_found_where_it_was_done(
    sound: Document, id: str, change: Callable[[Document], Any], pointer: str
) -> None:
    change(sound)
    found = {(each.pointer, each.rule) for each in lint.lint(sound, limit=500)}
    assert (pointer, id) in found
    assert found == {(each.pointer, each.rule) for each in lint.lint(copy.deepcopy(sound), limit=500)}


def test_a_sound_document_has_no_findings(sound: Document) -> None:
    assert lint.lint(sound, limit=500) == []


def test_errors_are_told_before_hints(sound: Document) -> None:
    sound["paths"]["/v1/people/query"]["post"].pop("description")
    sound["info"].pop("contact")
    assert [each.rule for each in lint.lint(sound)] == ["contact", "described"]
    assert [each.rule for each in lint.lint(sound, limit=1)] == ["contact"]


def test_what_is_let_off_is_no_fault_and_the_rest_still_is(sound: Document) -> None:
    sound["info"].pop("contact")
    sound["paths"]["/v1/people/query"]["post"].pop("operationId")
    assert [each.rule for each in interfaces.faults(sound)] == ["contact", "operation-id"]
    assert [each.rule for each in interfaces.faults(sound, ["contact", "operation-id"])] == ["operation-id"]


def test_identifiers_and_secrets_are_known_by_their_names(sound: Document) -> None:
    wanted = lint.RULES.chosen(only=["identifier-in-url", "secret-in-url"])

    def found(name: str) -> list[str]:
        parameter = {"name": name, "in": "query", "schema": {"type": "string", "maxLength": 9}}
        document = copy.deepcopy(sound)
        document["paths"]["/v1/people/query"]["post"]["parameters"] = [parameter]
        return [each.rule for each in lint.lint(document, wanted)]

    for name in ("phone", "mobilePhone", "id_card", "residentId", "credit-code", "contact_email", "residentid", "idno",
                 "id_number", "IDNUMBER", "cardno", "certNo", "uscc", "creditcode", "gongminshenfenhaoma", "userphone",
                 "tel", "telNo", "身份证号", "姓名", "联系电话", "手机号码", "统一社会信用代码",
                 "ｐｈｏｎｅ"):  # fmt: skip
        assert found(name) == ["identifier-in-url"], name
    for name in ("token", "accessToken", "api_key", "apiKey", "PASSWORD", "client-secret", "session_id", "accesstoken",
                 "apikey", "appsecret", "userpassword", "密码"):  # fmt: skip
        assert found(name) == ["secret-in-url"], name
    for name in ("cursor", "page_token", "nextPageToken", "keyword", "tokens_used", "district", "kind", "identity",
                 "telemetry", "hotel", "address", "valid_now", "grid_no", "gridNumber", "bid_number", "automobile",
                 "secretary", "discard_notes", "name", "地址", "区划代码"):  # fmt: skip
        assert found(name) == [], name


def test_a_key_in_the_query_is_found_in_the_security_scheme(sound: Document) -> None:
    sound["components"]["securitySchemes"]["internal"]["in"] = "query"
    assert [each.pointer for each in lint.lint(sound)] == ["/components/securitySchemes/internal/in"]


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://u:p@a.example", "https://a.example?k=1", "ftp://a", "//a"]
)
def test_an_unsafe_server(sound: Document, url: str) -> None:
    sound["servers"] = [{"url": "/x/a/b"}, {"url": "https://a.example/base"}, {"url": url}]
    assert [each.pointer for each in lint.lint(sound)] == ["/servers/2/url"]


def test_an_operation_says_its_own_purpose_before_the_documents(sound: Document) -> None:
    sound["paths"]["/v1/people/query"]["post"]["x-hutong-purposes"] = []
    assert [(each.rule, each.pointer) for each in lint.lint(sound)] == [("purpose", QUERY + "/x-hutong-purposes")]


def test_properties_of_a_record_may_be_linked_one_by_one(sound: Document) -> None:
    person = sound["components"]["schemas"]["Person"]
    person.pop("x-hutong-standard")
    person["properties"] = {
        "name": {"type": "string", "x-hutong-element": "urn:hutong:element:person-name:1.0.0"},
        "sex": {"type": "string", "x-hutong-codes": "urn:hutong:codes:sex:1.0.0"},
        "homes": {"type": "array", "items": {"type": "object", "properties": {"street": {"type": "string"}}}},
    }
    found = {each.pointer for each in lint.lint(sound)}
    assert {pointer.rpartition("/Person")[2].partition("/items/properties/homes")[2] for pointer in found} == {
        "/items/properties/street"
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After"},
        {"RateLimit", "RateLimit-Policy"},
        {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"},
        {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"},
    ],
)
def test_the_headers_of_a_429_may_be_of_any_family_but_not_half_of_one(sound: Document, headers: set[str]) -> None:
    too_many = sound["components"]["responses"]["TooMany"]
    too_many["headers"] = {name: {"schema": {"type": "integer"}} for name in headers}
    assert lint.lint(sound) == []
    if len(headers) > 1:
        too_many["headers"].pop(min(headers))
        assert {each.rule for each in lint.lint(sound)} == {"rate-limit"}
