"""Bodies as the OpenAPI document shows them, in both languages; tests send them as they stand."""

from typing import Any

from fastapi.openapi.models import Example

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
    "items": [
        {
            "path": "permit_number",
            "title": {"zh": "居住证号码", "en": "Permit number"},
            "sharing_class": "conditional",
            "sensitivity": 3,
            "identifies": "person",
            "data_type": "character",
            "length": 18,
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
CLASSIFICATION = {
    "categories": [
        {"code": "3", "name": {"zh": "部门信息资源", "en": "Resources of departments"}},
        {"code": "301", "name": {"zh": "公安", "en": "Public security"}},
        {"code": "301001", "name": {"zh": "户政", "en": "Household administration"}},
    ]
}


def shown(**named: tuple[str, Any]) -> dict[str, Example]:
    """Examples by name, each a summary in both languages and the body."""
    return {name: Example(summary=summary, value=value) for name, (summary, value) in named.items()}
