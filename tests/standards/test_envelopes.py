"""What stands beside the records of a reply."""

import pytest

from standards.envelopes import beside

TEXT_OR_NULL = {"type": ["string", "null"]}


def envelope(**more):
    return {"type": "object", "properties": {"items": {"type": "array"}, **more}}


@pytest.mark.parametrize("cursor", [{"type": "string"}, TEXT_OR_NULL, {"$ref": "#/components/schemas/Cursor"}])
def test_a_cursor_tells_nothing_of_the_records(cursor):
    document = {"components": {"schemas": {"Cursor": TEXT_OR_NULL}}}
    assert not list(beside(document, envelope(next=cursor), ("items",)))


@pytest.mark.parametrize("kind", ["integer", ["integer", "null"], ["string", "integer"], "object", "array", None])
def test_what_is_no_text_is_no_cursor(kind):
    assert list(beside({}, envelope(next={"type": kind}), ("items",))) == ["next"]


def test_whatever_else_stands_there_is_named_on_every_level():
    inner = envelope(page={"type": "integer"}, next=TEXT_OR_NULL)
    outer = {"type": "object", "properties": {"data": inner, "total": {"type": "integer"}, "note": {"type": "string"}}}
    document = {"components": {"schemas": {"Page": outer}}}
    schema = {"$ref": "#/components/schemas/Page"}
    assert set(beside(document, schema, ("data", "items"))) == {"page", "total", "note"}


def test_records_without_an_envelope_have_nothing_beside_them():
    assert not list(beside({}, {"type": "array"}, ()))
