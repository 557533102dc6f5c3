"""Short words for writing interface specifications: look-ups by number and lists by district."""

from collections.abc import Mapping
from typing import Any

from seeds.districts import DISTRICTS
from seeds.specifications.shapes import VERSION
from standards.models import InterfaceDraft, StandardDraft

PAGE = 100
_CURSOR = "^[0-9]{1,9}$"
Document = dict[str, Any]


def interface(
    department: str,
    slug: str,
    zh: str,
    en: str,
    paths: Mapping[str, Document],
    *,
    purposes: tuple[str, ...],
    bases: tuple[str, ...],
) -> InterfaceDraft:
    """A specification whose problems, credential, purposes and legal bases are shared by all operations."""
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": zh,
            "summary": en,
            "version": VERSION,
            "contact": {"name": "数据共享专员 data steward", "email": f"data@{department}.example"},
            "x-hutong-department": department,
        },
        "security": [{"upstream": []}],
        "x-hutong-purposes": list(purposes),
        "x-hutong-bases": list(bases),
        "paths": dict(paths),
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "responses": {"TooMany": _TOO_MANY},
            "securitySchemes": {"upstream": {"type": "http", "scheme": "bearer"}},
        },
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
    parameters = _in_query({**filters, **_page(20)})
    return {"get": _operation(operation, title, "/items", _listed(record)) | {"parameters": parameters}}


def list_of(operation: str, title: tuple[str, str], name: str, schema: Document, record: StandardDraft) -> Document:
    """`GET` of the records of one thing named in the path, page by page; 404 when there is none of that name."""
    found = _operation(operation, title, "/items", _listed(record))
    found["responses"]["404"] = _problem("没有这样的记录 / No such record")
    named = {"name": name, "in": "path", "required": True, "schema": schema}
    return {"get": found | {"parameters": [named, *_in_query(_page(PAGE))]}}


def _listed(record: StandardDraft) -> Document:
    return _closed({"items": _records(record), "next": {"type": ["string", "null"], "pattern": _CURSOR}})


def _page(usual: int) -> dict[str, Document]:
    return {
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE, "default": usual},
        "cursor": {"type": "string", "pattern": _CURSOR, "maxLength": 9},
    }


def _in_query(schemas: Mapping[str, Document]) -> list[Document]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


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
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": envelope}}},
            "429": {"$ref": "#/components/responses/TooMany"},
        },
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
    return {"type": "object", "x-hutong-standard": f"urn:hutong:standard:{record.slug}:{record.version}"}


def _records(record: StandardDraft) -> Document:
    return {"type": "array", "maxItems": PAGE, "items": _record(record)}


_PROBLEM = _closed(
    {
        "type": {"type": "string", "maxLength": 200},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    }
)
_TOO_MANY = _problem("请求过多，见 Retry-After / Too many requests, see Retry-After") | {
    "headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1, "maximum": 86_400}}}
}
