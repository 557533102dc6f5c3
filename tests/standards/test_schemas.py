"""Standards: what is published, what is refused and why, and the paths of their records."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import pytest
from sqlmodel import Session

from standards import codelists, compatibility, elements, models, schemas
from standards.models import CodeListDraft, ElementDraft, Standard, StandardDraft
from standards.validation import Checker, InvalidSchema
from standards.versions import AlreadyPublished

Publish = Callable[..., Standard]


@pytest.fixture
def publish(session: Session, now: datetime, name: dict[str, str]) -> Publish:
    codes = [{"code": code, "name": name} for code in ("1", "2", "9")]
    codelists.publish(session, CodeListDraft(slug="sex", version="1.0.0", name=name, codes=codes), "me", now)
    fragments = {
        "resident-id": {"type": "string", "format": "resident-id"},
        "sex": {"$ref": "urn:hutong:codes:sex:1.0.0"},
    }
    for slug, fragment in fragments.items():
        draft = ElementDraft(slug=slug, version="1.0.0", name=name, definition=name, fragment=fragment)
        elements.publish(session, draft, "me", now)

    def publish(document: Any, slug: str = "person", version: str = "1.0.0") -> Standard:
        draft = StandardDraft(slug=slug, version=version, name=name, document=document)
        return schemas.publish(session, draft, "me", now)

    return publish


PERSON: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"$ref": "urn:hutong:element:resident-id:1.0.0"},
        "sex": {"$ref": "urn:hutong:element:sex:1.0.0", "description": "as registered"},
        "address": {"type": "object", "properties": {"district": {"type": "string"}, "open": {"type": "object"}}},
        "children": {"type": "array", "items": {"$ref": "#"}},
        "house": {"allOf": [{"$ref": "#/$defs/house"}, {"properties": {"floor": {"type": "integer"}}}]},
    },
    "$defs": {
        "house": {"type": "object", "properties": {"within": {"$ref": "#/$defs/house"}, "no": {"type": "string"}}}
    },
}


def test_publishes_with_everything_bundled(publish: Publish) -> None:
    row = publish(PERSON)
    assert row.document == PERSON
    assert row.bundled["properties"]["id"] == {"$ref": "#/$defs/element:resident-id:1.0.0"}
    assert row.bundled["properties"]["sex"]["description"] == "as registered"
    assert row.bundled["$defs"].keys() == {
        "house",
        "codes:sex:1.0.0",
        "element:resident-id:1.0.0",
        "element:sex:1.0.0",
    }
    checker = Checker(row.bundled)
    assert checker.valid({"id": "11010519491231002X", "sex": "9", "children": [{"id": "11010519491231002X"}]})
    assert not checker.valid({"id": "11010519491231002X", "sex": "3"})
    assert checker.explain({"id": "11010519491231002X", "sex": "3"})[0].expected == "enum of 3 codes: 1, 2, 9"


def test_publishing_leaves_the_draft_alone(publish: Publish) -> None:
    before = repr(PERSON)
    publish(PERSON)
    assert repr(PERSON) == before


def test_paths_of_the_record(publish: Publish) -> None:
    bundled = publish(PERSON).bundled
    assert schemas.leaf_paths(bundled) == (
        "id",
        "sex",
        "address.district",
        "address.open",
        "children",
        "house.floor",
        "house.within",
        "house.no",
    )
    for path in (*schemas.leaf_paths(bundled), "address", "children.children.address.district"):
        assert schemas.has_path(bundled, path), path
    for path in ("", "nothing", "id.more", "address.", "address.district.x", "type", "$defs"):
        assert not schemas.has_path(bundled, path), path


def test_versions(publish: Publish, session: Session) -> None:
    publish(PERSON, version="1.9.0")
    publish(PERSON, version="1.10.0")
    with pytest.raises(AlreadyPublished, match="next version"):
        publish(PERSON, version="1.9.0")
    assert schemas.fetch(session, "person").version == "1.10.0"
    assert schemas.fetch(session, "person", "1.9.0").version == "1.9.0"
    for missing in (("person", "2.0.0"), ("nobody", None)):
        with pytest.raises(schemas.UnknownStandard):
            schemas.fetch(session, *missing)


def test_pages(publish: Publish, session: Session) -> None:
    for number in range(5):
        publish(PERSON, version=f"1.{number}.0")
    seen, cursor = [], None
    for _ in range(3):
        rows, cursor = schemas.page(session, limit=2, cursor=cursor)
        seen += [row.version for row in rows]
    assert seen == [f"1.{number}.0" for number in range(5)]
    assert cursor is None


def _pointers(publish: Publish, document: Any) -> dict[str, str]:
    with pytest.raises(InvalidSchema) as caught:
        publish(document)
    return {finding.pointer: finding.rule for finding in caught.value.findings}


def _of(property_schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": property_schema}, **more}


@pytest.mark.parametrize(
    ("document", "pointer", "rule"),
    [
        ({"type": "array"}, "/type", "type"),
        ({"properties": {"a": {}}}, "/type", "type"),
        ({"type": "object"}, "/properties", "properties"),
        (_of({}, propertees={}), "/propertees", "keyword"),
        (_of({"$id": "https://example.org/x"}), "/properties/a/$id", "keyword"),
        (_of({"$dynamicRef": "#x"}), "/properties/a/$dynamicRef", "keyword"),
        (_of({}, **{"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema", "$schema"),
        (_of({"type": "strng"}), "/properties/a/type", "type"),
        (_of({"minLength": -1}), "/properties/a/minLength", "minLength"),
        (_of({"pattern": "(?=a)"}), "/properties/a/pattern", "pattern"),
        (_of({"pattern": "(a"}), "/properties/a/pattern", "pattern"),
        (_of({"patternProperties": {"(?<!a)b": {}}}), "/properties/a/patternProperties/(?<!a)b", "pattern"),
        (_of({"pattern": "^(a{1000}){1000}$"}), "/properties/a/pattern", "pattern"),
        (_of({"format": "hostname"}), "/properties/a/format", "format"),
        (_of({"$ref": "https://example.org/schema"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "file:///etc/hostname"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "#/$defs/missing"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "#/properties/a"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "urn:hutong:element:nobody:1.0.0"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "urn:hutong:codes:sex:9.0.0"}), "/properties/a/$ref", "$ref"),
        (_of({"$ref": "urn:hutong:standard:person:1.0.0"}), "/properties/a/$ref", "$ref"),
        ({"type": "object", "properties": {"a.b": {}}}, "/properties/a.b", "properties"),
        ({"type": "object", "properties": {"姓名": {}}}, "/properties/姓名", "properties"),
        (
            _of({"$ref": "urn:hutong:codes:sex:1.0.0"}, **{"$defs": {"codes:sex:1.0.0": {}}}),
            "/$defs/codes:sex:1.0.0",
            "$defs",
        ),
        (_of({"patternProperties": {"a": {}}, "unevaluatedProperties": False}), "", "unevaluatedProperties"),
        ({"type": "object", "properties": {f"p{n}": {} for n in range(501)}}, "", "properties"),
        (_of({"$ref": "#/$defs/loop"}, **{"$defs": {"loop": {"anyOf": [{"$ref": "#/$defs/loop"}]}}}), "", "$ref"),
        (_of({"description": "x" * 2_100_000}), "", "size"),
        (_of({"default": "\ud800"}), "", "json"),
        (_of({"default": 2**70}), "", "json"),
    ],
)
def test_refuses(publish: Publish, document: Any, pointer: str, rule: str) -> None:
    assert _pointers(publish, document).get(pointer) == rule


def test_names_and_constants_are_not_mistaken_for_keywords(publish: Publish) -> None:
    publish(_of({"const": {"$ref": "http://example.org", "pattern": "("}, "examples": [{"type": 1}]}))
    publish({"type": "object", "properties": {"pattern": {}, "format": {"enum": ["x"]}}}, version="2.0.0")


def test_everything_wrong_is_said_at_once(publish: Publish) -> None:
    document = {
        "type": "array",
        "requird": [],
        "properties": {"a": {"type": "strng"}, "b": {"format": "x"}, "c": {"pattern": "("}, "d": {"$ref": "http://x"}},
    }
    assert _pointers(publish, document).keys() == {
        "/type",
        "/requird",
        "/properties/a/type",
        "/properties/b/format",
        "/properties/c/pattern",
        "/properties/d/$ref",
    }


def test_at_most_fifty_findings(publish: Publish) -> None:
    with pytest.raises(InvalidSchema) as caught:
        publish({"type": "object", "properties": {f"p{n}": {"format": "x", "typ": 1} for n in range(200)}})
    assert len(caught.value.findings) == 50


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {}}}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def test_too_deep_is_refused_before_anything_recurses(publish: Publish) -> None:
    assert _pointers(publish, _deep(5_000)) == {"": "depth"}


def test_many_distinct_paths_are_refused_quickly(publish: Publish) -> None:
    level = {"type": "object", "properties": {"leaf": {}}}
    definitions: dict[str, Any] = {"d0": level}
    for number in range(1, 25):
        below = {"$ref": f"#/$defs/d{number - 1}"}
        definitions[f"d{number}"] = {"type": "object", "properties": {"a": below, "b": below}}
    document = {"type": "object", "properties": {"a": {"$ref": "#/$defs/d24"}}, "$defs": definitions}
    assert _pointers(publish, document) == {"": "properties"}


def _closed(*names: str, required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in names}
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": [*required], **more}


def test_a_version_fits_those_before_it_in_its_major_version(publish: Publish) -> None:
    publish(_closed("a", required=("a",)), version="1.0.0")
    publish(_closed("a", "b", required=("a",)), version="1.1.0")
    with pytest.raises(schemas.Incompatible) as caught:
        publish(_closed("a", "b", "c", required=("a", "c")), version="1.2.0")
    assert "1.1.0" in str(caught.value)
    assert {found.breaks for found in caught.value.findings} == {"provider"}
    publish(_closed("a", "b", "c", required=("a", "c")), version="2.0.0")


def test_major_version_0_promises_nothing(publish: Publish) -> None:
    publish(_closed("a"), version="0.1.0")
    publish(_closed("b", required=("b",)), version="0.2.0")


def test_the_mode_belongs_to_the_major_version(session: Session, now: datetime, name: dict[str, str]) -> None:
    def publish(version: str, document: Any, mode: Any) -> Standard:
        draft = StandardDraft(slug="p", version=version, name=name, document=document, compatibility=mode)
        return schemas.publish(session, draft, "me", now)

    publish("1.0.0", _closed("a"), "none")
    publish("1.1.0", _closed("b", required=("b",)), "none")
    with pytest.raises(schemas.ModeChanged, match="none"):
        publish("1.2.0", _closed("b", required=("b",)), "full")
    publish("2.0.0", _closed("b"), "full")
    with pytest.raises(schemas.Incompatible):
        publish("2.1.0", _closed("b", "c"), "full")


def test_versions_are_compared_once(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question can take seconds, and whoever may read may ask it again and again."""
    old, new = publish(PERSON), publish({**PERSON, "required": []}, version="2.0.0")
    asked: list[Any] = []
    check = compatibility.check

    def counted(*told: Any) -> Any:
        asked.append(told)
        return check(*told)

    monkeypatch.setattr(schemas, "_VERDICTS", {})
    monkeypatch.setattr(compatibility, "check", counted)
    assert schemas.KIND.compare is not None
    told = schemas.KIND.compare(old, new)
    assert told is not None
    assert told["mode"] == "directional"
    assert schemas.KIND.compare(old, new) == told
    assert len(asked) == 1


def test_the_modes_are_those_of_the_checker() -> None:
    assert set(get_args(models.Mode)) == {mode.value for mode in compatibility.Mode}
