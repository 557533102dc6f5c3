"""Answers of success as the OpenAPI document shows them, for the main resources: what came of the examples sent.

Imported when the document is first asked for, as the table of bodies is.
"""

from typing import Any

from exchange.api import examples
from exchange.api.examples import Shown, shown

_OPERATOR, _STEWARD, _USER = "person-1a2b3c4d", "person-5e6f7a8b", "person-9c0d1e2f"
_AT = "2026-01-05T01:30:00.000000Z"
_UNCHANGED: dict[str, Any] = {"revision": 1, "changed_at": None, "changed_by": None}
_PROPOSED: dict[str, Any] = {
    "state": "draft",
    "revision": 1,
    "deprecation": None,
    "published_by": None,
    "published_at": None,
    "history": [{"act": "drafted", "by": _STEWARD, "at": _AT}],
    "warnings": [],
}


def _made(body: dict[str, Any], by: str, **more: Any) -> dict[str, Any]:
    return {**body, "created_at": _AT, "created_by": by, **_UNCHANGED, **more}


def _client(draft: dict[str, Any], by: str, kid: str, **more: Any) -> dict[str, Any]:
    """`kid` is the thumbprint of the draft's only key (RFC 7638)."""
    named = {"department": draft["department"], "name": draft["name"], "keys": [{**draft["keys"][0], "kid": kid}]}
    return _made({**named, "enabled": True}, by, **more)


_STANDARD = {
    **examples.STANDARD,
    **_PROPOSED,
    "bundled": {
        **examples.STANDARD["document"],
        "properties": {
            **examples.STANDARD["document"]["properties"],
            "permit_number": {"$ref": "#/$defs/element:permit-number:1.0.0"},
            "state": {"$ref": "#/$defs/codes:permit-states:1.0.0"},
        },
        "$defs": {
            "element:permit-number:1.0.0": examples.ELEMENT["fragment"],
            "codes:permit-states:1.0.0": {"type": "string", "enum": ["1", "2", "9"]},
        },
    },
}
_MAPPING = {
    **examples.MAPPING,
    "standard": "residence-permit",
    "standard_version": "1.0.0",
    "crosswalks": {},
    "published_by": _STEWARD,
    "published_at": _AT,
}
_MAPPED = {
    "standard": "residence-permit:1.0.0",
    "mapped": 1,
    "failed": 0,
    "unmapped": {},
    "records": [
        {"record": {"permit_number": "RP00000001", "state": "1", "issued_on": "2026-01-05"}, "failures": []},
    ],
}
_DEPARTMENT = _made(examples.DEPARTMENT, _OPERATOR, active=True)
_PERSON = _client(
    examples.PERSON,
    _OPERATOR,
    "GkNaDpJ99oPJG6rmHQn47m-xhPf0Edz9Lxlt4ALd-oE",
    id=_STEWARD,
    kind="person",
    scopes=examples.PERSON["scopes"],
    application_id=None,
)
_APPLICATION = {
    "id": "services/school-entry",
    **{name: examples.APPLICATION[name] for name in ("department", "slug", "name")},
    "created_at": _AT,
    "created_by": _USER,
    "client": _client(
        examples.APPLICATION,
        _USER,
        "Flqzj08_dRJnxTEJyrI8RSBeltBigzTktWiJzdMqTHg",
        id="services.school-entry",
        kind="application",
        scopes=["call"],
        application_id="services/school-entry",
    ),
}
_PERMITS = "public-security/residence-permits"
_SERVICE = {name: value for name, value in examples.SERVICE.items() if name not in ("dataset", "credential")} | _made(
    {"id": _PERMITS, "dataset_id": _PERMITS, "mapping": None, "mapping_version": None, "approved_version": None},
    _STEWARD,
    has_credential=True,
    path=f"/x/{_PERMITS}",
)
_ITEM = {**examples.SERVICE_ITEM, "created_at": _AT, "revision": 1, "changed_at": None}
_AGREEMENT = {
    "id": "agr-0a1b2c3d4e5f6a7b",
    "application_id": "services/school-entry",
    "service_id": _PERMITS,
    "terms": {"supplied_basis": None, "row_filter": None, "suppress": None, **examples.AGREEMENT["terms"]},
    "drafted_by": _USER,
    "drafted_at": _AT,
    "version": 1,
    "valid_until": "2035-12-30T16:00:00.000000Z",
    "total": None,
    "state": "draft",
    "revision": 1,
    "activated_by": None,
    "activated_at": None,
    "suspended_reason": None,
    "revoked_by": None,
    "revoked_at": None,
    "revoked_reason": None,
    "ended_at": None,
    "changed_by": _USER,
    "changed_at": _AT,
}
_PROPOSED_VERSION: dict[str, Any] = {
    "agreement": "agr-0a1b2c3d4e5f6a7b",
    "number": 1,
    "state": "proposed",
    "drafted_by": _USER,
    "drafted_at": _AT,
    "activated_by": None,
    "activated_at": None,
    "superseded_at": None,
    "signatures": [],
}
_HEALTH = {"failures": 0, "failed_at": None, "succeeded_at": None}
_WEBHOOK = _made(examples.WEBHOOK, _STEWARD, id="webhook-0a1b2c3d4e5f", enabled=True, health=_HEALTH)
_SOURCE = _made(examples.HARVEST_SOURCE, _OPERATOR, enabled=True)

_NOTHING_SAID: dict[str, Any] = {
    **{name: [] for name in ("themes", "formats", "legislation", "spatial", "derived_from", "related")},
    **dict.fromkeys(("open_condition", "licence", "contact_point", "temporal", "source_system", "provenance")),
    "landing_page": None,
}
_UNSAID: dict[str, Any] = {
    "element": None,
    "authoritative": False,
    "description": None,
    "length": None,
    "open_class": None,
}
_DATASET = {
    **_NOTHING_SAID,
    **_made(examples.DATASET, _STEWARD),
    "id": _PERMITS,
    "languages": ["zh"],
    "sharing_mode": "interface",
    "open_class": "closed",
    "calling_rule": {**examples.DATASET["calling_rule"], "case_required": True, "actor_required": True, "masks": {}},
    "items": [{**_UNSAID, **item} for item in examples.DATASET["items"]],
    "version": 1,
    "suspended": None,
    "withdraws_at": None,
    "withdrawal_reason": None,
    "changed_at": _AT,
    "changed_by": _STEWARD,
}
_REGISTERED = {
    **_DATASET,
    "state": "draft",
    "resource_code": None,
    "published_at": None,
    "pending": {"number": 1, "stage": "draft", "since": _AT, "title": examples.DATASET["title"]},
    "turn": {
        "who": "steward",
        "department": "public-security",
        "act": {"zh": "完善并提交审核", "en": "complete it and submit it for review"},
        "since": _AT,
    },
    "warnings": [],
}
_PUBLISHED = {
    **_DATASET,
    "state": "published",
    "revision": 3,
    "resource_code": "301001/000003",
    "published_at": "2026-01-06T02:00:00.000000Z",
    "pending": None,
    "turn": None,
}


def _both(noun: str, summary: str, value: Any, *, made: str = "") -> dict[str, Shown]:
    """What making a resource answers, and what reading it does."""
    answer = shown("made", summary, value)
    return {made or f"register_{noun}": answer, f"read_{noun}": answer}


ANSWERS: dict[str, Shown] = {
    "propose_element": shown("draft", "草案 · A draft", {**examples.ELEMENT, **_PROPOSED}),
    "propose_code_list": shown("draft", "草案 · A draft", {**examples.CODE_LIST, **_PROPOSED}),
    "propose_standard": shown("draft", "草案 · A draft", _STANDARD),
    "propose_crosswalk": shown("draft", "草案 · A draft", {**examples.CROSSWALK, **_PROPOSED}),
    **_both("mapping", "已发布的映射 · A published mapping", _MAPPING, made="publish_mapping"),
    "try_mapping": shown("mapped", "转换结果 · What came of it", _MAPPED),
    **_both("department", "部门 · The department", _DEPARTMENT),
    **_both("client", "数据管理员 · The steward", _PERSON, made="register_person_people"),
    "register_application": shown("made", "应用及其客户端 · The application and its client", _APPLICATION),
    **_both("service", "服务 · The service", _SERVICE),
    "load_classification": shown("changed", "变更数 · How many changed", {"changed": 3}),
    "register_dataset": shown("draft", "草稿，轮到部门完善 · A draft; it is the steward's turn", _REGISTERED),
    "read_dataset": shown("published", "已发布，有资源代码 · Published, with its resource code", _PUBLISHED),
    **_both("service_item", "事项 · The service item", _ITEM),
    "draft_agreement": shown("draft", "协议草案 · The drafted agreement", _AGREEMENT),
    "read_agreement": shown(
        "draft", "协议草案 · The drafted agreement", {**_AGREEMENT, "quota_left": None, "proposed": _PROPOSED_VERSION}
    ),
    **_both("webhook", "通知地址 · The webhook", _WEBHOOK),
    **_both("harvest_source", "采集来源 · The source", _SOURCE),
}
"""What each operation answers, by its id."""
