"""Publishing mappings: held against the standard, proved by their examples, empty of real people."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from standards import codelists, crosswalks, mappings, schemas, versions
from standards.mapping import InvalidMapping, Unmappable, examples, targets
from standards.mapping.document import parse
from standards.mapping.models import MappingDraft, PublishedMapping
from standards.mapping.rules import Counts
from standards.mappings import UnknownMapping
from standards.models import CodeListDraft, CrosswalkDraft, StandardDraft
from standards.versions import AlreadyPublished, TakenSlug
from tests.town import documents, mapped

Publish = Callable[..., PublishedMapping]
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def publish(session: Session, now: datetime) -> Publish:
    schemas.publish(session, StandardDraft.model_validate(documents.STANDARD), "me", now)

    def publish(change: Change = lambda document: None, **draft: Any) -> PublishedMapping:
        document = copy.deepcopy(mapped.DOCUMENT)
        change(document)
        given = MappingDraft.model_validate({**mapped.MAPPING, "document": document, **draft})
        return mappings.publish(session, given, "me", now)

    return publish


def test_publishes(publish: Publish, session: Session) -> None:
    row = publish()
    assert (row.slug, row.version, row.department) == ("own-people", "1.0.0", "health")
    assert (row.standard, row.standard_version) == ("person", "1.0.0")
    with pytest.raises(AlreadyPublished):
        publish()
    publish(version="1.1.0")
    assert mappings.fetch(session, "own-people").version == "1.1.0"
    assert len(versions.page(session, PublishedMapping, 50, None)[0]) == 2
    with pytest.raises(UnknownMapping):
        mappings.fetch(session, "own-people", "9.0.0")
    assert mappings.compiled(row).apply(mapped.own_person(7))["id"] == mapped.nobodys_id(7)


def test_examples_have_one_time_for_all_of_them(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MAX_SECONDS", -1.0)
    with pytest.raises(InvalidMapping) as caught:
        publish()
    assert [(each.pointer, each.rule) for each in caught.value.findings] == [("/examples/0", "time")]


def test_what_was_judged_is_judged_again_only_when_something_was_retired(
    publish: Publish, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = MappingDraft.model_validate(mapped.MAPPING)
    judged = mappings.judge(session, draft)
    with monkeypatch.context() as patched:
        patched.setattr(mappings, "faults", lambda *given: pytest.fail("judged twice"))
        mappings.publish(session, draft, "me", now, judged)
    later = draft.model_copy(update={"version": "1.1.0"})
    monkeypatch.setattr(mappings, "_standard", lambda *given: None)
    with pytest.raises(InvalidMapping, match="published standard"):
        mappings.publish(session, later, "me", now, judged)


def test_a_slug_stays_with_its_first_department(publish: Publish) -> None:
    publish()
    with pytest.raises(TakenSlug, match="published by the department health"):
        publish(version="9.0.0", department="justice")
    publish(version="9.0.0")


def test_a_slug_that_the_api_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="another slug"):
        MappingDraft.model_validate({**mapped.MAPPING, "slug": "schema"})


def _fields(document: dict[str, Any]) -> Any:
    return document["fields"]


WRONG: list[tuple[str, Change, str, str]] = [
    ("unknown standard", lambda d: d.update(standard="urn:hutong:standard:nobody:1.0.0"), "/standard", "published"),
    ("no such target", lambda d: _fields(d).update(age={"from": "/A", "op": "copy"}), "/fields/age", "target"),
    ("required left out", lambda d: _fields(d).pop("name"), "/fields", "total"),
    (
        "nested required left out",
        lambda d: _fields(d)["address"]["fields"].pop("street"),
        "/fields/address/fields",
        "total",
    ),
    (
        "required in a list left out",
        lambda d: _fields(d)["children"]["fields"].pop("born"),
        "/fields/children/fields",
        "total",
    ),
    (
        "required may be omitted",
        lambda d: _fields(d)["name"].update(on_missing="omit"),
        "/fields/name/on_missing",
        "total",
    ),
    ("null for text", lambda d: _fields(d)["name"].update(on_missing="null"), "/fields/name/on_missing", "standard"),
    (
        "another value of another type",
        lambda d: _fields(d)["score"].update(on_missing={"value": "none"}),
        "/fields/score/on_missing/value",
        "standard",
    ),
    ("text for a number", lambda d: _fields(d)["score"].update(to="text"), "/fields/score/op", "type"),
    (
        "constant of another type",
        lambda d: _fields(d).update(name={"op": "const", "value": 3}),
        "/fields/name/value",
        "standard",
    ),
    (
        "table of other codes",
        lambda d: d["tables"]["districts"]["codes"].update({"03": 3}),
        "/tables/districts/codes/03",
        "standard",
    ),
    (
        "group for text",
        lambda d: _fields(d).update(name={"fields": {"x": {"from": "/a", "op": "copy"}}}),
        "/fields/name",
        "type",
    ),
    (
        "list for text",
        lambda d: _fields(d).update(name={"each": "/a", "item": {"from": "", "op": "copy"}}),
        "/fields/name",
        "type",
    ),
    ("no example", lambda d: d.update(examples=[]), "/examples", "required"),
    (
        "example differs",
        lambda d: d["examples"][0]["expected"].update(name="x"),
        "/examples/0/expected/name",
        "differs",
    ),
    (
        "example lacks",
        lambda d: d["examples"][0]["expected"].pop("name"),
        "/examples/0/expected/name",
        "differs",
    ),
    (
        "example has more",
        lambda d: d["examples"][0]["expected"].update(more=1),
        "/examples/0/expected/more",
        "differs",
    ),
    (
        "example list is longer",
        lambda d: d["examples"][0]["expected"]["children"].append({}),
        "/examples/0/expected/children",
        "differs",
    ),
    (
        "example is not mapped",
        lambda d: d["examples"][0]["input"].update(QX="77"),
        "/examples/0/expected/address/district",
        "unmapped",
    ),
    (
        "example breaks the standard",
        lambda d: d["examples"][0]["input"].update(XM="x" * 300),
        "/examples/0/expected/name",
        "maxLength",
    ),
    (
        "a real-looking person",
        lambda d: d["examples"][0]["input"].update(SFZH=documents.resident_id(1)),
        "/examples/0/input/SFZH",
        "personal",
    ),
    (
        "a real-looking phone as a number",
        lambda d: d["examples"][0]["input"].update(DH=13800008000),
        "/examples/0/input/DH",
        "personal",
    ),
    (
        "a person as a name",
        lambda d: d["examples"][0]["input"].update({"13800008000": 1}),
        "/examples/0/input/13800008000",
        "personal",
    ),
]


@pytest.mark.parametrize(("change", "pointer", "rule"), [pytest.param(*each[1:], id=each[0]) for each in WRONG])
def test_what_is_wrong_is_said_where_it_stands(publish: Publish, change: Change, pointer: str, rule: str) -> None:
    with pytest.raises(InvalidMapping) as caught:
        publish(change)
    assert (pointer, rule) in [(finding.pointer, finding.rule) for finding in caught.value.findings]


def test_everything_wrong_is_said_at_once(publish: Publish) -> None:
    def change(document: dict[str, Any]) -> None:
        for _, one, pointer, _ in WRONG[1:5]:
            if pointer != "/fields":
                one(document)
        document["examples"][0]["input"]["SFZH"] = documents.resident_id(1)

    with pytest.raises(InvalidMapping) as caught:
        publish(change)
    assert {finding.rule for finding in caught.value.findings} == {"target", "total", "personal"}
    assert len(caught.value.findings) == 4


def test_nobodys_identifiers_pass(publish: Publish) -> None:
    def change(document: dict[str, Any]) -> None:
        document["examples"][0]["input"]["DH"] = document["examples"][0]["expected"]["phone"] = "15400001234"

    publish(change)


def test_a_finding_of_an_example_shows_what_the_mapping_gives_but_briefly(publish: Publish) -> None:
    def change(document: dict[str, Any]) -> None:
        document["examples"][0]["input"]["XM"] = "y" * 150

    with pytest.raises(InvalidMapping) as caught:
        publish(change)
    assert [len(finding.expected) < 120 for finding in caught.value.findings] == [True]


# -- crosswalks --------------------------------------------------------------------------------------------------------

WAY = "urn:hutong:crosswalk:own-districts:1.0.0"


@pytest.fixture
def districts(session: Session, now: datetime) -> None:
    for slug, codes in (("own", ["01", "02", "03"]), ("shared", ["East", "West"])):
        draft = {
            "slug": slug,
            "version": "1.0.0",
            "name": {"en": slug},
            "codes": [{"code": code, "name": {"en": code}} for code in codes],
        }
        codelists.publish(session, CodeListDraft.model_validate(draft), "me", now)
    pairs = [("01", "East", "exact"), ("02", "West", "broader"), ("03", "West", "related")]
    draft = {
        "slug": "own-districts",
        "version": "1.0.0",
        "name": {"en": "Districts"},
        "source": "own",
        "source_version": "1.0.0",
        "target": "shared",
        "target_version": "1.0.0",
        "pairs": [{"source": source, "target": target, "match": match} for source, target, match in pairs],
    }
    crosswalks.publish(session, CrosswalkDraft.model_validate(draft), "me", now)


def test_exact_and_broader_matches_of_a_crosswalk_translate(publish: Publish, districts: None) -> None:
    row = publish(lambda document: document["tables"].update(districts={"crosswalk": WAY}))
    assert row.crosswalks == {WAY: {"01": "East", "02": "West"}}
    counted = Counts()
    with pytest.raises(Unmappable):
        mappings.compiled(row).apply(mapped.own_person(QX="03"), counted)
    assert counted.unmapped == {"/address/district": 1}


def test_a_crosswalk_that_is_not_published(publish: Publish) -> None:
    with pytest.raises(InvalidMapping, match="crosswalk"):
        publish(lambda document: document["tables"].update(districts={"crosswalk": WAY}))


# -- versions of the standard ------------------------------------------------------------------------------------------


def test_a_mapping_fits_a_compatible_version_of_its_standard(publish: Publish, session: Session, now: datetime) -> None:
    row = publish()
    wider = copy.deepcopy(documents.STANDARD) | {"version": "1.1.0"}
    wider["document"]["properties"]["note"] = {"type": "string"}
    schemas.publish(session, StandardDraft.model_validate(wider), "me", now)
    stricter = copy.deepcopy(documents.STANDARD) | {"version": "2.0.0"}
    stricter["document"]["required"] = [*stricter["document"]["required"], "note"]
    stricter["document"]["properties"]["note"] = {"type": "string"}
    schemas.publish(session, StandardDraft.model_validate(stricter), "me", now)
    assert mappings.fits(session, row, "person", "1.0.0") == []
    assert mappings.fits(session, row, "person", "1.1.0") == []
    assert [finding.rule for finding in mappings.fits(session, row, "person", "2.0.0")] == ["total", "required"]
    assert mappings.fits(session, row, "person", "3.0.0")
    assert mappings.fits(session, row, "company", "1.0.0")


def test_alternatives_of_a_standard_are_seen(session: Session, now: datetime) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/a"}, "self": {"$ref": "#"}},
        "allOf": [{"required": ["a"]}],
        "anyOf": [{"properties": {"b": {"type": ["string", "null"]}}}, {"properties": {"c": {"type": "integer"}}}],
        "$defs": {"a": {"allOf": [{"type": "string"}, {"maxLength": 3}]}},
    }
    draft = {"slug": "either", "version": "1.0.0", "name": {"en": "x"}, "document": schema}
    schemas.publish(session, StandardDraft.model_validate(draft), "me", now)

    def found(fields: dict[str, Any]) -> set[tuple[str, str]]:
        document = {"mapping": "1", "standard": "urn:hutong:standard:either:1.0.0", "fields": fields}
        return {(each.pointer, each.rule) for each in mappings.faults(session, document, {})} - {
            ("/examples", "required")
        }

    copied = {"from": "/x", "op": "copy"}
    assert found({"a": copied, "b": {**copied, "on_missing": "null"}, "c": copied}) == set()
    assert found({"b": copied}) == {("/fields", "total")}
    assert found({"a": {"op": "const", "value": "long"}}) == {("/fields/a/value", "standard")}
    assert found({"a": copied, "self": {"fields": {"a": copied, "d": copied}}}) == {("/fields/self/fields/d", "target")}


def test_large_tables_are_looked_at_once_and_within_bounds() -> None:
    codes = [f"c{number}" for number in range(9_000)]
    listed = {"type": "string", "enum": codes}
    tables = {"t": {"codes": {code: code for code in codes}}}
    rule = {"from": "/x", "op": "code", "table": "t"}
    fields = {f"p{number}": rule for number in range(30)}
    document = {"mapping": "1", "standard": "urn:hutong:standard:x:1.0.0", "tables": tables, "fields": fields}
    alike = {"properties": {name: {"$ref": "#/$defs/c"} for name in fields}, "$defs": {"c": listed}}
    assert targets.faults(parse(document, {}), alike) == []
    each = {"properties": {name: {"type": "string", "maxLength": 50 + at} for at, name in enumerate(fields)}}
    (finding,) = targets.faults(parse(document, {}), each)
    assert (finding.pointer, finding.rule) == ("/tables", "size")
