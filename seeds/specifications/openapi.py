"""Short words for writing interface specifications: look-ups by number and lists by district."""

from collections.abc import Mapping
from typing import Any

from seeds.districts import DISTRICTS
from seeds.specifications.shapes import VERSION
from standards.models import InterfaceDraft, StandardDraft

PAGE = 100
_CURSOR = "^[0-9]{1,9}$"
Document = dict[str, Any]


def interface(department: str, slug: str, zh: str, en: str, paths: Mapping[str, Document]) -> InterfaceDraft:
    """A specification whose problem shape is shared by all operations."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": zh, "summary": en, "version": VERSION, "x-hutong-department": department},
        "paths": dict(paths),
        "components": {"schemas": {"Problem": _PROBLEM}},
    }
    return InterfaceDraft(slug=slug, department=department, document=document)


def look_up_one(operation: str, title: tuple[str, str], key: str, schema: Document, record: StandardDraft) -> Document:
    """`POST` of one number in a closed body, answered by one record under `data` or by 404."""
    envelope = _closed({"data": _record(record)})
    return _post(operation, title, key, schema, "/data", envelope, may_miss=True)


def look_up_many(operation: str, title: tuple[str, str], key: str, schema: Document, record: StandardDraft) -> Document:
    """`POST` of one number in a closed body, answered by all its records under `items`; none is an empty list."""
    envelope = _closed({"items": _records(record)})
    return _post(operation, title, key, schema, "/items", envelope, may_miss=False)


def list_by(operation: str, title: tuple[str, str], filters: Mapping[str, Document], record: StandardDraft) -> Document:
    """`GET` of a page of records; `next` is the cursor of the following page or null."""
    envelope = _closed({"items": _records(record), "next": {"type": ["string", "null"], "pattern": _CURSOR}})
    bounds: dict[str, Document] = {
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE, "default": 20},
        "cursor": {"type": "string", "pattern": _CURSOR, "maxLength": 9},
    }
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in {**filters, **bounds}.items()]
    return {"get": _operation(operation, title, "/items", envelope) | {"parameters": parameters}}


def list_of(operation: str, title: tuple[str, str], name: str, schema: Document, record: StandardDraft) -> Document:
    """`GET` of all records of one thing named in the path; 404 when there is none of that name."""
    found = _operation(operation, title, "/items", _closed({"items": _records(record)}))
    found["responses"]["404"] = _problem("没有这样的记录 / No such record")
    return {"get": found | {"parameters": [{"name": name, "in": "path", "required": True, "schema": schema}]}}


def district() -> Document:
    """The code of a district, as a query parameter."""
    return {"type": "string", "enum": [place.code for place in DISTRICTS]}


def resident_id() -> Document:
    return {"type": "string", "format": "resident-id", "minLength": 18, "maxLength": 18}


def credit_code() -> Document:
    return {"type": "string", "format": "credit-code", "minLength": 18, "maxLength": 18}


def _post(
    operation: str,
    title: tuple[str, str],
    key: str,
    schema: Document,
    records: str,
    envelope: Document,
    may_miss: bool,
) -> Document:
    found = _operation(operation, title, records, envelope)
    found["x-hutong-subject"] = f"/{key}"
    found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _closed({key: schema})}}}
    if may_miss:
        found["responses"]["404"] = _problem("没有这样的记录 / No such record")
    return {"post": found}


def _operation(operation: str, title: tuple[str, str], records: str, envelope: Document) -> Document:
    zh, en = title
    return {
        "operationId": operation,
        "summary": zh,
        "description": en,
        "x-hutong-records": records,
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": envelope}}}},
    }


def _problem(description: str) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def _closed(properties: Mapping[str, Document]) -> Document:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
    }


def _record(record: StandardDraft) -> Document:
    """The standard, not the specification, says what a record is."""
    return {"type": "object", "description": f"urn:hutong:standard:{record.slug}:{record.version}"}


def _records(record: StandardDraft) -> Document:
    return {"type": "array", "maxItems": PAGE, "items": _record(record)}


_PROBLEM = _closed(
    {
        "type": {"type": "string", "maxLength": 200},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    }
)
