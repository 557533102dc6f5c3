"""Bodies of requests as the OpenAPI document shows them, in both languages; tests send them as they stand.

They tell one story: the public security bureau shares its residence permits, the service bureau uses them. Nothing in
it is anybody's: no person's number stands in it, the addresses are of `.example`, and the keys' private halves are
gone. The table is imported when the document is first asked for, not before.
"""

from typing import Any

from exchange.api import decision_examples, request_examples

DATASET: dict[str, Any] = {
    "department": "public-security",
    "slug": "residence-permits",
    "title": {"zh": "居住证", "en": "Residence permits"},
    "description": {"zh": "本市签发的居住证。", "en": "Residence permits issued in the city."},
    "sharing_class": "conditional",
    "sharing_reason": {"zh": "仅用于办理政务服务事项。", "en": "For service items only."},
    "category": "301001",
    "keywords": ["居住证", "residence permit"],
    "update_cycle": "daily",
    "standard": "residence-permit",
    "standard_version": "1.0.0",
    "items": [
        {
            "path": "permit_number",
            "title": {"zh": "居住证号码", "en": "Permit number"},
            "sharing_class": "conditional",
            "sensitivity": 3,
            "identifies": "person",
            "data_type": "character",
            "length": 10,
        },
        {
            "path": "state",
            "title": {"zh": "居住证状态", "en": "State of the permit"},
            "sharing_class": "conditional",
            "sensitivity": 2,
            "identifies": "nobody",
            "data_type": "character",
            "length": 1,
        },
        {
            "path": "issued_on",
            "title": {"zh": "签发日期", "en": "Issued on"},
            "sharing_class": "conditional",
            "sensitivity": 2,
            "identifies": "nobody",
            "data_type": "date",
        },
    ],
    "calling_rule": {
        "purposes": ["newborn-registration"],
        "bases": ["residence-permit-regulation"],
        "quota": {"count": 10_000, "window": "day"},
    },
}
BARE = {name: DATASET[name] for name in ("department", "slug", "title", "description", "sharing_class", "update_cycle")}
REASON = {"reason": {"zh": "请补充信息项说明。", "en": "Describe the items, please."}}
WITHDRAWAL = {"reason": {"zh": "系统停用。", "en": "The system behind it is switched off."}}
ANNOUNCEMENT = WITHDRAWAL | {"on": "2199-01-31"}
CLASSIFICATION = {
    "categories": [
        {"code": "3", "name": {"zh": "部门信息资源", "en": "Resources of departments"}},
        {"code": "301", "name": {"zh": "公安", "en": "Public security"}},
        {"code": "301001", "name": {"zh": "户政", "en": "Household administration"}},
    ]
}
DEPARTMENT: dict[str, Any] = {
    "slug": "public-security",
    "name": {"zh": "市公安局", "en": "Public Security Bureau"},
    "credit_code": "119900000000000174",
    "contact": "数据科 · Data desk, https://public-security.example/data",
}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "GM35O8M_Kkyjc8HUX8NCG6lz2w1XeHTuSPTqflvosPM",
    "y": "_UOKzRDoQIsrjTqdTJC9oU5G6U8hfiE4m_mMSX5HZxc",
    "use": "sig",
}
OTHER_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "1O82DN7Mb-VoEwOiSwB_9VtC90wgayFHZALwL3bq0Q0",
    "y": "MUzY7TVKsulOyY_3JWO_T-Rjs-FqOZCqogTDmqyCHZg",
    "use": "sig",
}
NEXT_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "c8uuKEMikwMK5Y0mMmfBX8z8NbbVq7BbcupW641caLI",
    "y": "ZPx85Sa3GVVKR1uywIO8_-FcvTpvkjRX2IsC_-Sd6jw",
    "use": "sig",
}
PERSON: dict[str, Any] = {
    "name": {"zh": "公安数据管理员", "en": "Data steward of public security"},
    "department": "public-security",
    "keys": [KEY],
    "scopes": ["steward:public-security"],
}
APPLICATION: dict[str, Any] = {
    "department": "services",
    "slug": "school-entry",
    "name": {"zh": "入学报名", "en": "School entry"},
    "keys": [OTHER_KEY],
}

_PROPOSED = {"version": "1.0.0", "department": "public-security"}
ELEMENT: dict[str, Any] = {
    "slug": "permit-number",
    **_PROPOSED,
    "name": {"zh": "居住证号码", "en": "Permit number"},
    "definition": {"zh": "签发机关编定的证件号码。", "en": "The number that the issuing office gave the permit."},
    "fragment": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{8}$", "maxLength": 10},
    "sensitivity": 3,
    "identifies": "person",
    "source": "居住证暂行条例 · Regulation on residence permits",
}
CODE_LIST: dict[str, Any] = {
    "slug": "permit-states",
    **_PROPOSED,
    "name": {"zh": "居住证状态", "en": "States of a permit"},
    "codes": [
        {"code": "1", "name": {"zh": "有效", "en": "Valid"}},
        {"code": "2", "name": {"zh": "过期", "en": "Expired"}},
        {"code": "9", "name": {"zh": "注销", "en": "Cancelled"}, "valid_from": "2026-01-01"},
    ],
    "source": "市公安局 · Public Security Bureau",
}
STANDARD: dict[str, Any] = {
    "slug": "residence-permit",
    **_PROPOSED,
    "name": {"zh": "居住证", "en": "Residence permit"},
    "document": {
        "type": "object",
        "additionalProperties": False,
        "required": ["permit_number", "state", "issued_on"],
        "properties": {
            "permit_number": {"$ref": "urn:hutong:element:permit-number:1.0.0"},
            "state": {"$ref": "urn:hutong:codes:permit-states:1.0.0"},
            "issued_on": {"type": "string", "format": "date"},
        },
    },
    "compatibility": "directional",
}
CROSSWALK: dict[str, Any] = {
    "slug": "permit-states-to-card-states",
    **_PROPOSED,
    "name": {"zh": "居住证状态与卡状态对照", "en": "States of a permit as states of a card"},
    "source": "permit-states",
    "source_version": "1.0.0",
    "target": "card-states",
    "target_version": "1.0.0",
    "pairs": [
        {"source": "1", "target": "active", "match": "exact"},
        {"source": "2", "target": "closed", "match": "broader"},
        {"source": "9", "target": "closed", "match": "broader"},
    ],
}
RETURN = {"reason": "请补充英文定义。Give the definition in English too, please."}
DEPRECATION: dict[str, Any] = {
    "successor": {"slug": "permit-number", "version": "2.0.0"},
    "reason": {"zh": "号码加长。", "en": "The number grows longer."},
    "sunset": "2035-12-31",
}

_RECORD = {"type": "object", "x-hutong-standard": "urn:hutong:standard:residence-permit:1.0.0"}
_PROBLEMS = "application/problem+json"
_PROBLEM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"title": {"type": "string", "maxLength": 200}},
}
_LOOK_UP = {
    "operationId": "lookUp",
    "summary": "按号码查一证 · One permit by its number",
    "x-hutong-records": "/data",
    "x-hutong-subject": "/permit_number",
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["permit_number"],
                    "properties": {"permit_number": {"type": "string", "maxLength": 10}},
                }
            }
        },
    },
    "responses": {
        "200": {
            "description": "居住证 · The permit",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["data"],
                        "properties": {"data": _RECORD},
                    }
                }
            },
        },
        "404": {
            "description": "查无此证 · No such permit",
            "content": {_PROBLEMS: {"schema": _PROBLEM}},
        },
        "429": {
            "description": "请稍后再试 · Try again later",
            "headers": {"Retry-After": {"schema": {"type": "string", "maxLength": 40}}},
            "content": {_PROBLEMS: {"schema": _PROBLEM}},
        },
    },
}
INTERFACE = {
    "slug": "residence-permits",
    "department": "public-security",
    "document": {
        "openapi": "3.1.0",
        "info": {
            "title": "居住证 · Residence permits",
            "version": "1.0.0",
            "x-hutong-department": "public-security",
            "contact": {"name": "数据科 · Data desk", "url": "https://public-security.example/data"},
        },
        "security": [{"upstream": []}],
        "x-hutong-purposes": ["newborn-registration", "school-entry"],
        "x-hutong-bases": ["residence-permit-regulation"],
        "paths": {"/v1/lookups": {"post": _LOOK_UP}},
        "components": {"securitySchemes": {"upstream": {"type": "http", "scheme": "bearer"}}},
    },
}
_OWN = {"ZJHM": "RP00000001", "ZT": "01", "QFRQ": "2026年1月5日"}
_MAPPING = {
    "mapping": "1",
    "standard": "urn:hutong:standard:residence-permit:1.0.0",
    "tables": {"states": {"codes": {"01": "1", "02": "2", "99": "9"}}},
    "fields": {
        "permit_number": {"from": "/ZJHM", "op": "copy"},
        "state": {"from": "/ZT", "op": "code", "table": "states"},
        "issued_on": {"from": "/QFRQ", "op": "date", "formats": ["YYYY年M月D日"]},
    },
    "examples": [{"input": _OWN, "expected": {"permit_number": "RP00000001", "state": "1", "issued_on": "2026-01-05"}}],
}
MAPPING: dict[str, Any] = {
    "slug": "own-permits",
    "version": "1.0.0",
    "department": "public-security",
    "name": {"zh": "本局居住证", "en": "Permits as we keep them"},
    "document": _MAPPING,
}
MAPPING_TRIAL = {"document": _MAPPING, "records": [_OWN]}
SERVICE: dict[str, Any] = {
    "department": "public-security",
    "slug": "residence-permits",
    "dataset": "residence-permits",
    "title": {"zh": "居住证查询", "en": "Look-up of residence permits"},
    "connector": "rest",
    "address": "https://permits.public-security.example",
    "credential": {"header": "Authorization", "value": "Bearer the-secret-that-the-source-gave-you"},
    "interface": "residence-permits",
    "interface_version": "1.0.0",
}
TRIAL = {"method": "POST", "path": "/v1/lookups", "body": {"permit_number": "RP00000001"}}
SERVICE_ITEM: dict[str, Any] = {
    "code": "school-entry",
    "department": "services",
    "name": {"zh": "义务教育入学", "en": "Entry into compulsory school"},
    "requirements": [
        {
            "slug": "residence",
            "name": {"zh": "居住证明", "en": "Proof of residence"},
            "proofs": [{"dataset": "public-security/residence-permits", "items": ["permit_number", "issued_on"]}],
        }
    ],
}
FORM = {"items": [{"element": "permit-number"}, {"text": "居住证签发日期 issued on"}]}
AGREEMENT: dict[str, Any] = {
    "application": "services/school-entry",
    "service": "public-security/residence-permits",
    "terms": {
        "operations": ["lookUp"],
        "purposes": ["newborn-registration"],
        "bases": ["residence-permit-regulation"],
        "items": ["permit_number", "issued_on"],
        "valid_from": "2026-01-01T00:00:00+08:00",
        "valid_until": "2035-12-31T00:00:00+08:00",
        "time_of_day": {"start": "08:00", "end": "20:00"},
        "masks": [{"item": "permit_number", "function": "keep-last", "arguments": {"count": 4}}],
        "quota": {"count": 1_000, "window": "day"},
        "case_required": True,
        "actor_required": True,
    },
}
AMENDMENT: dict[str, Any] = {"terms": {**AGREEMENT["terms"], "quota": {"count": 2_000, "window": "day"}}}
REVOCATION = {"reason": "协议用途已经完成。The purpose of the agreement is fulfilled."}
READING = {"until": 42}
WEBHOOK: dict[str, Any] = {
    "owner": "public-security",
    "url": "https://hooks.public-security.example/notices",
    "kinds": ["dataset.*", "agreement.*"],
}
SEARCH = {
    "department": "public-security",
    "type": "refusal",
    "since": "2026-01-01T00:00:00+08:00",
    "until": "2026-02-01T00:00:00+08:00",
    "limit": 50,
}
HARVEST_SOURCE: dict[str, Any] = {
    "id": "open-data",
    "kind": "dcat",
    "title": {"zh": "公共数据开放网站", "en": "Open data portal"},
    "address": "https://opendata.example/catalog.ttl",
    "department": "public-security",
    "every_hours": 24,
}
FLOOR = {"share": 0.95, "replies": 50}

Shown = dict[str, dict[str, Any]]
"""Example objects of OpenAPI by name, each a summary in both languages and the value."""


def shown(name: str, summary: str, value: Any) -> Shown:
    """One example object, by its name."""
    return {name: {"summary": summary, "value": value}}


def _lives(nouns: str, title: str, draft: dict[str, Any]) -> dict[str, Shown]:
    """What is sent in the life of something governed, by the operation's id."""
    noun = nouns.removesuffix("s")
    proposed = shown("proposal", title, draft)
    successor = {**DEPRECATION, "successor": {"slug": draft["slug"], "version": "2.0.0"}}
    return {
        f"propose_{noun}": proposed,
        f"revise_{noun}": proposed,
        f"send_back_{nouns}": shown("reason", "退回理由 · A reason", RETURN),
        f"deprecate_{nouns}": shown("successor", "由新版本接替 · Another version follows", successor),
    }


_WHOLE = {
    **shown("whole", "居住证，含信息项与调用规则 · Residence permits with items and calling rule", DATASET),
    **shown("bare", "先登记，后完善 · The least there is, to be completed", BARE),
}
_DEPARTMENT = shown("department", "一个部门 · A department", DEPARTMENT)
_SERVICE = shown("rest", "REST 服务 · A REST service", SERVICE)
_ITEM = shown("item", "一个事项及其证明 · An item and what proves it", SERVICE_ITEM)
_WEBHOOK = shown("datasets", "目录与协议的变化 · Changes of datasets and agreements", WEBHOOK)
_SOURCE = shown("dcat", "每日采集 DCAT 目录 · A DCAT catalog, every day", HARVEST_SOURCE)

BODIES: dict[str, Shown] = {
    **_lives("elements", "数据元 · A data element", ELEMENT),
    **_lives("code_lists", "代码表 · A code list", CODE_LIST),
    **_lives("standards", "数据标准 · A standard", STANDARD),
    **_lives("crosswalks", "代码对照 · A crosswalk", CROSSWALK),
    "publish_interface": shown("interface", "接口规范 · An interface specification", INTERFACE),
    "publish_mapping": shown("mapping", "本部门格式到标准 · From a form of one's own to the standard", MAPPING),
    "try_mapping": shown("record", "试转一条 · One record", MAPPING_TRIAL),
    "register_department": _DEPARTMENT,
    "revise_department": _DEPARTMENT,
    "register_service": _SERVICE,
    "revise_service": _SERVICE,
    "test_service": shown("lookup", "查一证 · One look-up", TRIAL),
    "load_classification": shown("tree", "一支分类 · One branch", CLASSIFICATION),
    "register_dataset": _WHOLE,
    "check_dataset": _WHOLE,
    "revise_dataset": _WHOLE,
    "submit_dataset": shown("publication", "提交发布审核 · For publication", {"review": "publication"}),
    "return_dataset": shown("reason", "退回理由 · A reason", REASON),
    "withdraw_dataset": {
        **shown("now", "立即撤回 · At once", WITHDRAWAL),
        **shown("announced", "预告撤回 · On a day to come", ANNOUNCEMENT),
    },
    "check_form_once_only": shown("form", "一张表的信息项 · The items of a form", FORM),
    "register_service_item": _ITEM,
    "revise_service_item": _ITEM,
    "register_application": shown("application", "一个应用 · An application", APPLICATION),
    "register_person_people": shown("steward", "部门数据管理员 · A department's steward", PERSON),
    "add_key_clients": shown("key", "更换密钥 · The next key", {"key": NEXT_KEY}),
    "draft_agreement": shown("agreement", "入学报名使用居住证 · School entry uses residence permits", AGREEMENT),
    "amend_agreement": shown("quota", "提高配额 · A larger quota", AMENDMENT),
    "revoke_agreement": shown("reason", "终止理由 · A reason", REVOCATION),
    "read_my_notices_me": shown("until", "到此为止都已读 · All up to this one", READING),
    "register_webhook": _WEBHOOK,
    "revise_webhook": _WEBHOOK,
    "search_ledger": shown("refusals", "一个月的拒绝 · Refusals of one month", SEARCH),
    "register_harvest_source": _SOURCE,
    "revise_harvest_source": _SOURCE,
    "run_harvest": shown("deletions", "接受大量删除 · Accept that much is gone", {"accept_deletions": True}),
    **{id: shown(*one) for id, one in {**request_examples.BODIES, **decision_examples.BODIES}.items()},
    "set_floor_datasets": shown("floor", "合格率下限 · At least this share conforms", FLOOR),
}
"""What each operation is sent, by its id."""
