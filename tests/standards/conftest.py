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

_PERSON = {
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
        "total": {"type": "integer", "minimum": 0},
    },
}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Population", "version": "1.0.0", "x-hutong-department": "public-security"},
    "servers": [{"url": "http://internal.provider.example"}],
    "paths": {
        "/v1/people/query": {
            "post": {
                "operationId": "queryPeople",
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
                    "404": {"description": "nobody", "content": _json({"$ref": "#/components/schemas/NotFound"})},
                    "409": {"description": "busy"},
                    "500": {"description": "provider's own trouble"},
                },
            }
        },
        "/v1/districts/{district}/people": {
            "parameters": [
                {"name": "district", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}
            ],
            "get": {
                "operationId": "listPeople",
                "x-hutong-records": "/items",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    {"name": "sex", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {
                        "name": "order",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                    {"name": "alive", "in": "query", "schema": {"type": "boolean"}},
                ],
                "responses": {
                    "200": {"description": "found", "content": _json({"$ref": "#/components/schemas/People"})}
                },
            },
        },
        "/v1/districts/{district}": {
            "parameters": [{"$ref": "#/components/parameters/District"}],
            "get": {
                "operationId": "getDistrict",
                "x-hutong-records": "/data",
                "responses": {
                    "200": {
                        "description": "found",
                        "content": _json(
                            {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["data"],
                                "properties": {"data": {"type": "object"}},
                            }
                        ),
                    },
                    "4XX": {"description": "no"},
                },
            },
            "delete": {
                "operationId": "deleteDistrict",
                "x-hutong-records": "",
                "responses": {"200": {"description": "gone", "content": _json({"type": "array"})}},
            },
        },
        "/v1/districts/all": {
            "get": {
                "operationId": "allDistricts",
                "x-hutong-records": "",
                "responses": {
                    "200": {"description": "all", "content": _json({"type": "array"})},
                    "204": {"description": "none"},
                },
            }
        },
    },
    "components": {
        "schemas": {"Person": _PERSON, "People": _LIST, "NotFound": _NOT_FOUND},
        "parameters": {"District": {"name": "district", "in": "path", "required": True, "schema": {"type": "string"}}},
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
