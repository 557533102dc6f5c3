"""A small town's paper: one standard, one interface, one calling rule, and what two sides agree on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import stdnum.cn.ric
import stdnum.cn.uscc

PURPOSES = ("newborn-registration", "statistics", "school-entry")
BASIS = "Registration-Act-12"
LEAK = "LEAK7f3a9c"
"""Stands in values that no caller may see; it must not be found anywhere outside the provider."""


def resident_id(number: int) -> str:
    """A number with a valid check digit; never a real person's."""
    body = f"11010519900101{number % 1000:03d}"
    return body + str(stdnum.cn.ric.calc_check_digit(body + "0"))


def credit_code(number: int) -> str:
    body = f"11110000{number:09d}"
    return body + stdnum.cn.uscc.calc_check_digit(body)


def closed(properties: dict[str, Any], *, required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties) if required is None else required,
        "properties": properties,
    }


TEXT = {"type": "string", "maxLength": 200}
PERSON = closed(
    {
        "id": {"type": "string", "format": "resident-id"},
        "name": TEXT,
        "phone": TEXT,
        "score": {"type": "number"},
        "address": closed({"district": TEXT, "street": TEXT}),
        "children": {"type": "array", "maxItems": 20, "items": closed({"name": TEXT, "born": TEXT})},
    }
)
ITEMS = ("id", "name", "phone", "score", "address.district", "address.street", "children.name", "children.born")
AGREED = ("id", "name", "address.district", "children.name")
"""What the newborn desk may see; `id` is masked to its last four characters."""

STANDARD = {"slug": "person", "version": "1.0.0", "name": {"zh": "人", "en": "Person"}, "document": PERSON}


def _answer(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {"description": "answer", "content": {media_type: {"schema": schema}}}


_RECORD = {"type": "object", "x-hutong-standard": "urn:hutong:standard:person:1.0.0"}
_NEXT = {"type": ["string", "null"], "maxLength": 40}
_MANY = closed({"items": {"type": "array", "maxItems": 2000, "items": _RECORD}, "next": _NEXT}, required=["items"])
_PROBLEM = closed({"title": TEXT})
_TOO_MANY = _answer(_PROBLEM, "application/problem+json") | {"headers": {"Retry-After": {"schema": TEXT}}}
_PAGE = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "cursor", "in": "query", "schema": {"type": "string", "maxLength": 40}},
]
PATHS: dict[str, Any] = {
    "/v1/lookups": {
        "post": {
            "operationId": "lookUp",
            "summary": "One person",
            "x-hutong-records": "/data",
            "x-hutong-subject": "/resident_id",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": closed({"resident_id": {"type": "string", "format": "resident-id"}})}
                },
            },
            "responses": {
                "200": _answer(closed({"data": _RECORD})),
                "404": _answer(_PROBLEM, "application/problem+json"),
                "429": _TOO_MANY,
            },
        }
    },
    "/v1/people": {
        "get": {
            "operationId": "listPeople",
            "summary": "Many people",
            "x-hutong-records": "/items",
            "parameters": [
                *_PAGE,
                {"name": "district", "in": "query", "schema": {"type": "string", "maxLength": 40}},
            ],
            "responses": {"200": _answer(_MANY), "429": _TOO_MANY},
        }
    },
    "/v1/districts/{district}/people": {
        "get": {
            "operationId": "listDistrict",
            "summary": "People of one district",
            "x-hutong-records": "/items",
            "parameters": [
                {"name": "district", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}},
                *_PAGE,
            ],
            "responses": {"200": _answer(_MANY), "429": _TOO_MANY},
        }
    },
}
OPERATIONS = ("lookUp", "listPeople", "listDistrict")
INTERFACE = {
    "slug": "people",
    "department": "health",
    "document": {
        "openapi": "3.1.0",
        "info": {
            "title": "People",
            "version": "1.0.0",
            "x-hutong-department": "health",
            "contact": {"name": "Data desk", "url": "https://health.example/data"},
        },
        "security": [{"upstream": []}],
        "x-hutong-purposes": list(PURPOSES),
        "x-hutong-bases": [BASIS],
        "paths": PATHS,
        "components": {"securitySchemes": {"upstream": {"type": "http", "scheme": "bearer"}}},
    },
}

CALLING_RULE = {
    "purposes": ["newborn-registration", "statistics"],
    "bases": [BASIS],
    "case_required": False,
    "actor_required": False,
    "masks": {"id": "keep-last"},
}

WEBHOOK = {"owner": "health", "url": "https://hooks.health.example/notices", "kinds": ["dataset.*"]}


REASON = {"reason": {"en": "for the test"}}
GUARD: dict[str, Any] = {
    "slug": "not-at-night",
    "title": {"en": "Nothing at night"},
    "reason": {"zh": "夜间不提供。", "en": "Nothing is served at night."},
    "deny_when": {"item": "minute", "op": "lt", "value": 360},
}
CONSENT: dict[str, Any] = {
    "subject": "somebody",
    "purpose": "newborn-registration",
    "dataset": "health/people",
    "department": "health",
    "evidence": "FORM-1",
}
EMERGENCY: dict[str, Any] = {"agreement": "agr-0", "reason": "the road is flooded", "hours": 1}
SERVICE_ITEM: dict[str, Any] = {
    "code": "vaccination",
    "department": "health",
    "name": {"zh": "疫苗接种", "en": "Vaccination"},
    "requirements": [
        {
            "slug": "who",
            "name": {"zh": "身份证明", "en": "Proof of identity"},
            "proofs": [{"dataset": "health/people", "items": ["name"]}],
        }
    ],
}
CLASSIFICATION = {
    "categories": [
        {"code": code, "name": {"zh": f"分类{code}", "en": f"Branch {code}"}} for code in ("3", "301", "301001")
    ]
}


def item(path: str) -> dict[str, Any]:
    return {
        "path": path,
        "title": {"en": path},
        "sharing_class": "conditional",
        "sensitivity": 3 if path == "id" else 2,
        "identifies": "person" if path == "id" else "nobody",
    }


def dataset(**changes: Any) -> dict[str, Any]:
    given = {
        "department": "health",
        "slug": "people",
        "title": {"en": "People"},
        "description": {"en": "One record per person."},
        "sharing_class": "conditional",
        "sharing_reason": {"en": "for newborn registration"},
        "category": "301001",
        "standard": "person",
        "standard_version": "1.0.0",
        "items": [item(path) for path in ITEMS],
        "calling_rule": CALLING_RULE,
    }
    return given | changes


def secret_dataset(slug: str = "sealed") -> dict[str, Any]:
    law = {"zh": "档案法第九条", "en": "Archives Law, article 9"}
    return dataset(
        slug=slug, sharing_class="not-shared", sharing_reason=law, items=[], calling_rule=None,
        standard=None, standard_version=None,
    )  # fmt: skip


def harvest_source(**changes: Any) -> dict[str, Any]:
    given = {
        "id": "portal",
        "kind": "dcat",
        "title": {"en": "Portal"},
        "address": "http://portal.test/catalog",
        "department": "health",
    }
    return given | changes


def service(address: str, connector: str = "memory", **changes: Any) -> dict[str, Any]:
    given = {
        "department": "health",
        "slug": "people",
        "dataset": "people",
        "title": {"en": "People"},
        "connector": connector,
        "address": address,
        "credential": {"header": "Authorization", "value": f"Bearer upstream-{LEAK}"},
        "interface": "people",
        "interface_version": "1.0.0",
    }
    return given | changes


def terms(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    given = {
        "operations": list(OPERATIONS),
        "purposes": ["newborn-registration"],
        "bases": [BASIS],
        "supplied_basis": BASIS,
        "items": list(AGREED),
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=30)).isoformat(),
        "masks": [{"item": "id", "function": "keep-last", "arguments": {"count": 4}}],
        "case_required": True,
        "actor_required": True,
    }
    return given | changes


def request(**changes: Any) -> dict[str, Any]:
    """What the courts ask of the health department; nothing is missing."""
    now = datetime.now(UTC)
    given = {
        "application": "justice/courts",
        "service": "health/people",
        "bases": [BASIS],
        "scenario": {"zh": "立案时核对当事人。", "en": "To check parties when a case is filed."},
        "operations": list(OPERATIONS),
        "purposes": ["newborn-registration", "statistics"],
        "items": ["id", "name", "phone", "address.district"],
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=300)).isoformat(),
        "quota": {"count": 1000, "window": "day"},
        "safeguards": ["access is logged"],
        "contact": "data desk of justice",
    }
    return given | changes


def offer(**changes: Any) -> dict[str, Any]:
    """What the health department gives to whoever asks within it."""
    given = {
        "operations": list(OPERATIONS),
        "purposes": ["statistics"],
        "bases": [BASIS],
        "items": ["name", "address.district"],
        "days": 365,
        "quota": {"count": 5000, "window": "day"},
        "case_required": False,
        "actor_required": False,
    }
    return given | changes


def person(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A record of the standard; what the agreement leaves out carries the leak marker."""
    given: dict[str, Any] = {
        "id": resident_id(number),
        "name": f"Person {number}",
        "phone": f"{LEAK}-phone",
        "score": 73.25,
        "address": {"district": "East", "street": f"{LEAK}-street"},
        "children": [{"name": "Child", "born": f"{LEAK}-born"}],
    }
    return given | changes


_PROPOSED = {"slug": "x", "version": "1.0.0", "name": {"en": "x"}, "department": "health"}
PROPOSALS: dict[str, dict[str, Any]] = {
    "elements": {**_PROPOSED, "definition": {"en": "x"}, "fragment": {"type": "string"}},
    "code-lists": {**_PROPOSED, "codes": [{"code": "1", "name": {"en": "one"}}, {"code": "2", "name": {"en": "two"}}]},
    "standards": {**_PROPOSED, "document": closed({"x": TEXT})},
    "crosswalks": {
        **_PROPOSED, "source": "purposes", "source_version": "1.0.0", "target": "x", "target_version": "1.0.0",
        "pairs": [{"source": "statistics", "target": "1", "match": "exact"}],
    },
}  # fmt: skip
"""One of each kind that is governed, proposed by the health department."""

STEPS: dict[str, dict[str, Any] | None] = {
    "submit": None,
    "approve": None,
    "return": {"reason": "say more"},
    "deprecate": {"sunset": "2099-12-31", "reason": {"en": "no longer needed"}},
    "retire": None,
}
