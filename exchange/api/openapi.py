"""The management API's own OpenAPI 3.1 document: problems instead of FastAPI's errors, and who may call what.

What a route answers when it succeeds stands at the route. Everything else is one problem document (RFC 9457) whose
type and status docs/errors.md lists, so it is declared once, as the default answer.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from exchange.api import depends
from exchange.problems import KINDS, MEDIA_TYPE, type_of

BEARER = "bearer"
JSON = "application/json"
_FINDING = {
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "JSON Pointer of the place"},
        "rule": {"type": "string", "description": "what is broken"},
        "expected": {"type": "string", "description": "what would be right"},
    },
    "required": ["pointer", "rule", "expected"],
}
_LANGUAGE_MAP = {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}}
_PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457)",
    "properties": {
        "type": {"type": "string", "enum": [type_of(slug) for slug in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "call": {"type": "string", "description": "under which the operator finds the request"},
        "advice": _LANGUAGE_MAP,
        "errors": {"type": "array", "items": _FINDING},
    },
    "required": ["type", "title", "status", "detail", "advice"],
}
_DEFAULT = {
    "description": "A problem document",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of /oauth/token (client credentials with private_key_jwt)",
}


def describe(application: FastAPI) -> None:
    """Let the application show this document at /openapi.json; it is made once, when it is first asked for."""
    made = application.openapi

    def document() -> dict[str, Any]:
        if application.openapi_schema is None:
            application.openapi_schema = _completed(application, made())
        return application.openapi_schema

    setattr(application, "openapi", document)  # noqa: B010


def _completed(application: FastAPI, document: dict[str, Any]) -> dict[str, Any]:
    for path, route in routes(application.routes):
        for method in (route.methods or ()) if route.include_in_schema else ():
            operation = document["paths"][path][method.lower()]
            _complete(operation, route)
            _exemplify(operation)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = {BEARER: _SCHEME}
    components["responses"] = {"Problem": _DEFAULT}
    return document


def operation_id(route: Any) -> str:
    """The function's name, with the noun of the path where it does not say it already."""
    noun = next((part for part in route.path_format.split("/") if part not in ("", "api", "v1")), "")
    noun = noun.partition(".")[0].replace("-", "_")
    return str(route.name) if noun.rstrip("s") in route.name else f"{route.name}_{noun}"


def routes(of: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    """Path and route of each operation; included routers hold theirs under a prefix of their own."""
    for route in of:
        if isinstance(route, APIRoute):
            yield prefix + route.path_format, route
        elif (context := getattr(route, "include_context", None)) is not None:
            yield from routes(route.original_router.routes, prefix + context.prefix)


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    asked = {dependant.call for dependant in _all(route.dependant)}
    if depends.caller in asked:
        operation["security"] = [{BEARER: []}]
    elif depends.reader in asked:
        operation["security"] = [{}, {BEARER: []}]


def _exemplify(operation: dict[str, Any]) -> None:
    """Show what may be sent and what comes back."""
    from exchange.api import answers, examples  # tables that only who reads the document needs

    id = operation["operationId"]
    if (body := examples.BODIES.get(id)) is not None:
        operation["requestBody"]["content"][JSON]["examples"] = body
    if (answer := answers.ANSWERS.get(id)) is not None:
        success = next(status for status in operation["responses"] if status.startswith("2"))
        operation["responses"][success]["content"][JSON]["examples"] = answer


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)
