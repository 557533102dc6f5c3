"""The rules as a ruleset for Spectral 6, the linter of Stoplight, for editors and pipelines.

Only what its core functions can say is said; the others are named in the text with the reason, so that nobody takes
a silent Spectral for a publishable document.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from standards.lint import RULES
from standards.lint.rules import Rule

PREFIX = "hutong-"
_OPERATIONS = "$.paths[*][get,post,put,patch,delete]"
_URL_PARAMETERS = "$..parameters[?(@ && @.in && @.in.match(/^(query|path)$/))]"
_ERRORS = "$.paths[*][*].responses[?(@property && @property.match(/^[45]/))]"


def _pattern(given: str, match: str = "", field: str = "", refuse: str = "", needed: bool = False) -> dict[str, Any]:
    """`pattern` passes over what is not there; `needed` asks for that too."""
    options = {name: value for name, value in (("match", match), ("notMatch", refuse)) if value}
    rule = _then(given, "pattern", field, options)
    return {**rule, "then": [{"field": field, "function": "defined"}, rule["then"]]} if needed else rule


def _then(given: str, function: str, field: str = "", options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    then: dict[str, Any] = {"field": field} if field else {}
    then["function"] = function
    return {"given": given, "then": then | ({"functionOptions": dict(options)} if options else {})}


def _schema(given: str, schema: Mapping[str, Any], field: str = "") -> dict[str, Any]:
    return _then(given, "schema", field, {"schema": dict(schema)})


_MOBILE = "(^|[^0-9])1([346-9][0-9]|5[0-35-9])[0-9]{8}([^0-9]|$)"
_REQUIRED = {"type": "object"}
_LIMITS = [f"RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")]
SAID: Mapping[str, dict[str, Any]] = {
    "openapi-version": _pattern("$", r"^3\.(0|1)\.[0-9]+$", "openapi", needed=True),
    "semantic-version": _pattern("$.info", r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$", "version", needed=True),
    "department": _pattern("$.info", r"^[a-z0-9]+(-[a-z0-9]+)*$", "x-hutong-department", needed=True),
    "references": {**_pattern("$..['$ref']", r"^#/components/"), "resolved": False},
    "one-way": _then("$", "falsy", "webhooks"),
    "contact": _schema(
        "$.info",
        {
            **_REQUIRED,
            "required": ["name"],
            "anyOf": [{"required": ["email"]}, {"properties": {"url": {"pattern": "^https://"}}, "required": ["url"]}],
        },
        "contact",
    ),
    "servers": _pattern("$..servers[*]", r"^(https:[/]{2}[^@?#]+|/[^?#]*)$", "url"),
    "path-version": _pattern("$.paths[*]~", r"^/v[1-9][0-9]{0,2}/"),
    "path-segments": _pattern("$.paths[*]~", r"^/[^/]+(/([a-z0-9]+(-[a-z0-9]+)*|\{[A-Za-z_][A-Za-z0-9_]*\}))+/?$"),
    "trailing-slash": _pattern("$.paths[*]~", refuse="/$"),
    "methods": _pattern("$.paths[*][*]~", "^(get|post|put|patch|delete|summary|description|parameters|servers|x-.*)$"),
    "operation-count": _then("$.paths", "length", options={"min": 1}),
    "parameter-style": _then("$..parameters[*]", "enumeration", "in", {"values": ["path", "query"]}),
    "identifier-in-url": _pattern(
        f"{_URL_PARAMETERS}.schema", refuse="^(resident-id|credit-code|phone-cn|email|idn-email)$", field="format"
    ),
    "secret-in-url": _pattern(_URL_PARAMETERS, refuse="/(passwo?r?d|secret|api_?-?key|credential)/i", field="name"),
    "mobile-number-shown": _pattern(
        "$..[title,summary,description,example,default,const,value]", refuse=_MOBILE
    ),
    "identifier-fits": _schema(
        f"{_URL_PARAMETERS}[?(@property === 'schema')]",
        {
            "anyOf": [
                {"not": {**_REQUIRED, "properties": {"type": {"const": "string"}}, "required": ["type"]}},
                {"anyOf": [{"required": [name]} for name in ("pattern", "enum", "const", "format")]},
                {"properties": {"maxLength": {"maximum": 10}}, "required": ["maxLength"]},
            ]
        },
    ),
    "request-body": _schema(
        "$..requestBody.content", {**_REQUIRED, "required": ["application/json"], "maxProperties": 1}
    ),
    "summary": _then(_OPERATIONS, "truthy", "summary"),
    "described": _then(_OPERATIONS, "truthy", "description"),
    "records": _pattern(_OPERATIONS, r"^(/([^~/]|~[01])*)*$", "x-hutong-records", needed=True),
    "statuses": _pattern("$.paths[*][*].responses[*]~", "^([1-5]([0-9]{2}|XX)|x-.*)$"),
    "problem-json": _then(f"{_ERRORS}.content[*]~", "enumeration", options={"values": ["application/problem+json"]}),
    "rate-limit": _schema(
        f"{_OPERATIONS}.responses",
        {
            **_REQUIRED,
            "required": ["429"],
            "properties": {
                "429": {
                    "required": ["headers"],
                    "properties": {
                        "headers": {
                            "anyOf": [
                                {"required": ["Retry-After"]},
                                {"required": ["RateLimit", "RateLimit-Policy"]},
                                {"required": _LIMITS},
                                {"required": [f"X-{name}" for name in _LIMITS]},
                            ]
                        }
                    },
                }
            },
        },
    ),
    "closed": _then(
        "$..requestBody..[?(@ && @.type == 'object' && @.properties && @.unevaluatedProperties !== false)]",
        "falsy", "additionalProperties",
    ),
}  # fmt: skip
"""By the rule's id: what Spectral asks for the same, or nearly the same."""

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "operation-id": ("operation-operationId", "operation-operationId-unique", "operation-operationId-valid-in-url"),
    "path-unique": ("path-params",),
    "path-parameters": ("path-params",),
    "openapi-valid": ("oas3-schema",),
    "examples": ("oas3-valid-media-example", "oas3-valid-schema-example"),
}
"""Rules of `spectral:oas` that ask for what ours do."""

UNSAID: Mapping[str, str] = {
    "size": "counts bytes, nesting and what each schema reaches",
    "dialect": "compares with a default that may be absent",
    "major-agrees": "compares two places of the document",
    "parameter-type": "follows references and compositions",
    "security": "an operation's word stands before the document's",
    "resident-id-shown": "computes the check digit",
    "identifier-by-pattern": "tries identifiers on the engine that will run the pattern",
    "subject": "follows a JSON Pointer into the request's schema",
    "reply-content": "depends on the operation and the status together",
    "success": "compares the replies of an operation",
    "envelope": "follows a JSON Pointer into the reply's schema",
    "error-closed": "looks into every alternative, through references",
    "schema": "judges keywords, formats and patterns with the engine that will run them",
    "schema-cost": "counts the work that one value can cause",
    "schema-compiles": "compiles with the engine that will run it",
    "defaults": "validates with the engine that will run",
    "bounded": "leaves the records out, which belong to the standard",
    "linked": "follows a JSON Pointer to the records",
    "paginated": "depends on whether the records are a list",
    "purpose": "an operation's word stands before the document's",
    "basis": "an operation's word stands before the document's",
}
"""Rules that Spectral's core functions cannot say, and why."""


def ruleset() -> dict[str, Any]:
    """The ruleset as Spectral reads it."""
    rules: dict[str, Any] = {name: "error" for names in BUILT_IN.values() for name in names}
    return {"extends": [["spectral:oas", "off"]], "rules": rules | {PREFIX + id: _rule(RULES[id]) for id in SAID}}


def _rule(rule: Rule) -> dict[str, Any]:
    fix = f"{rule.fix['zh']} {rule.fix['en']}"
    description = f"{rule.why['zh']} {rule.why['en']}"
    return {"description": description, "message": fix, "severity": rule.severity.value, **SAID[rule.id]}


def text() -> str:
    """The ruleset in YAML, with what it leaves out as comments."""
    head = ["Rules for interface specifications of Hutong 互通, as far as Spectral can say them.", "Not said here:"]
    head += [f"  {id}: {reason}" for id, reason in UNSAID.items()]
    comment = "".join(f"# {line}\n" for line in head)
    return comment + yaml.safe_dump(ruleset(), allow_unicode=True, sort_keys=False, width=120)
