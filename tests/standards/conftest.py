"""A small published world: one interface specification, one in-memory database."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, create_engine

import standards.models  # noqa: F401  the tables must be known

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAME = {"zh": "名称", "en": "name"}
RESIDENT_ID = "11010519491231002X"

_LINK = {"x-hutong-standard": "urn:hutong:standard:person-basics:1.0.0"}
_TEXT = {"type": "string", "maxLength": 40}
_CODE = {"type": "string", "maxLength": 9}
_PERSON = {
    **_LINK,
    "type": "object",
    "required": ["residentId", "name"],
    "properties": {
        "residentId": {"type": "string", "format": "resident-id"},
        "name": {"type": "string"},
    },
}
_NOT_FOUND = {
    "type": "object",
    "additionalProperties": False,
    "required": ["code"],
    "properties": {"code": {"type": "string", "maxLength": 40}},
}
_LIST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["items", "total"],
    "properties": {
        "items": {"type": "array", "maxItems": 100, "items": {"$ref": "#/components/schemas/Person"}},
        "total": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "next": {"type": ["string", "null"], "maxLength": 40},
    },
}


_ROWS = {"type": "array", "maxItems": 100, "items": {"type": "object", **_LINK}}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _problem(schema: Any) -> dict[str, Any]:
    return {"application/problem+json": {"schema": schema}}


_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Population",
        "version": "1.0.0",
        "x-hutong-department": "public-security",
        "contact": {"name": "Data desk", "email": "data@desk.example"},
    },
    "servers": [{"url": "https://internal.provider.example"}],
    "security": [{"internal": []}],
    "x-hutong-purposes": ["newborn-registration"],
    "x-hutong-bases": ["Registration-Act-12"],
    "paths": {
        "/v1/people/query": {
            "post": {
                "operationId": "queryPeople",
                "summary": "People by number",
                "x-hutong-records": "/items",
                "x-hutong-subject": "/residentId",
                "x-internal": "http://secret.provider.example",
                "security": [{"internal": []}],
                "requestBody": {
                    "required": True,
                    "content": _json(
                        {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["residentId"],
                            "properties": {"residentId": {"type": "string", "format": "resident-id"}},
                        }
                    ),
                },
                "responses": {
                    "200": {"description": "found", "content": _json({"$ref": "#/components/schemas/People"})},
                    "404": {"description": "nobody", "content": _problem({"$ref": "#/components/schemas/NotFound"})},
                    "409": {"description": "busy"},
                    "429": {"$ref": "#/components/responses/TooMany"},
                    "500": {"description": "provider's own trouble"},
                },
            }
        },
        "/v1/districts/{district}/people": {
            "parameters": [
                {"name": "district", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 9}}
            ],
            "get": {
                "operationId": "listPeople",
                "summary": "People of a district",
                "x-hutong-records": "/items",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    {"name": "sex", "in": "query", "schema": {"type": "array", "maxItems": 9, "items": _CODE}},
                    {
                        "name": "order",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "maxItems": 9, "items": _CODE},
                    },
                    {"name": "alive", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "cursor", "in": "query", "schema": _TEXT},
                ],
                "responses": {
                    "200": {"description": "found", "content": _json({"$ref": "#/components/schemas/People"})},
                    "429": {"$ref": "#/components/responses/TooMany"},
                },
            },
        },
        "/v1/districts/{district}": {
            "parameters": [{"$ref": "#/components/parameters/District"}],
            "get": {
                "operationId": "getDistrict",
                "summary": "One district",
                "x-hutong-records": "/data",
                "responses": {
                    "200": {
                        "description": "found",
                        "content": _json(
                            {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["data"],
                                "properties": {"data": {"type": "object", **_LINK}},
                            }
                        ),
                    },
                    "429": {"$ref": "#/components/responses/TooMany"},
                    "4XX": {"description": "no"},
                },
            },
            "delete": {
                "operationId": "deleteDistrict",
                "summary": "Remove a district",
                "x-hutong-records": "",
                "responses": {
                    "200": {"description": "gone", "content": _json(_ROWS)},
                    "429": {"$ref": "#/components/responses/TooMany"},
                },
            },
        },
        "/v1/districts/all": {
            "get": {
                "operationId": "allDistricts",
                "summary": "All districts",
                "x-hutong-records": "",
                "responses": {
                    "429": {"$ref": "#/components/responses/TooMany"},
                    "200": {"description": "all", "content": _json(_ROWS)},
                    "204": {"description": "none"},
                },
            }
        },
    },
    "components": {
        "schemas": {"Person": _PERSON, "People": _LIST, "NotFound": _NOT_FOUND},
        "parameters": {"District": {"name": "district", "in": "path", "required": True, "schema": _CODE}},
        "responses": {
            "TooMany": {
                "description": "too many",
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                "content": _problem({"$ref": "#/components/schemas/NotFound"}),
            }
        },
        "securitySchemes": {"internal": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(_DOCUMENT)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def name() -> dict[str, str]:
    return dict(NAME)


@pytest.fixture
def sound(document: dict[str, Any]) -> dict[str, Any]:
    """The document with nothing left that any rule would mention."""
    del document["paths"]["/v1/districts/all"]
    for item in document["paths"].values():
        for method in item.keys() - {"parameters"}:
            item[method]["description"] = "What it is for."
    return document
