"""Bodies of access requests, standing offers and clocks, as `examples` shows them: name, summary, value."""

from typing import Any

EXTENSION = {"days": 5, "reason": "源系统迁移中。The source system is being moved."}
CONSENT = {"granted": True, "reason": "同意。Agreed."}
YEAR = {"holidays": ["2035-01-01"], "workdays": ["2035-02-10"]}
PROFILE: dict[str, Any] = {
    "id": "district",
    "title": {"zh": "本区时限", "en": "Terms of this district"},
    "extends": "national",
    "clocks": {"answer-conditional": {"days": 7, "extension": 5}},
}
REQUEST: dict[str, Any] = {
    "application": "services/school-entry",
    "service": "public-security/residence-permits",
    "bases": ["residence-permit-regulation"],
    "scenario": {"zh": "入学报名时核验居住证。", "en": "To check the permit when a child is entered at school."},
    "operations": ["lookUp"],
    "purposes": ["newborn-registration"],
    "items": ["permit_number", "state", "issued_on"],
    "valid_from": "2026-01-01T00:00:00+08:00",
    "valid_until": "2035-12-31T00:00:00+08:00",
    "quota": {"count": 1_000, "window": "day"},
    "safeguards": ["访问留痕 · Every access is logged"],
    "contact": "数据科 · Data desk, https://services.example/data",
}
COMPLETION = {
    "missing": [{"pointer": "/safeguards", "need": {"zh": "请说明谁可访问。", "en": "Say who has access."}}],
}
GRANT: dict[str, Any] = {
    "items": ["permit_number", "issued_on"],
    "masks": [{"item": "permit_number", "function": "keep-last", "arguments": {"count": 4}}],
    "reasons": {"zh": "状态与报名无关。", "en": "The state has nothing to do with entering school."},
}
REFUSAL = {"reasons": {"zh": "目的与依据不符。", "en": "The basis does not cover the purpose."}}
OFFER: dict[str, Any] = {
    "service": "public-security/residence-permits",
    "terms": {
        "operations": ["lookUp"],
        "purposes": ["newborn-registration"],
        "bases": ["residence-permit-regulation"],
        "items": ["state", "issued_on"],
        "days": 365,
        "quota": {"count": 1_000, "window": "day"},
    },
}

BODIES: dict[str, tuple[str, str, Any]] = {
    "draft_request": ("request", "入学报名申请居住证 · School entry asks for residence permits", REQUEST),
    "revise_request": ("request", "补正后的申请 · The request, completed", REQUEST),
    "return_request": ("missing", "一次性告知 · All that is missing", COMPLETION),
    "grant_request": ("part", "部分同意 · A grant in part", GRANT),
    "refuse_request": ("refusal", "不予同意 · A refusal", REFUSAL),
    "publish_offer": ("offer", "无条件共享的要约 · What whoever asks may have", OFFER),
    "ask_extension_deadlines": ("extension", "申请延期 · Ask for more days", EXTENSION),
    "answer_extension_deadlines": ("consent", "同意延期 · Consent", CONSENT),
    "import_calendar": ("year", "一年的放假安排 · One year's arrangement", YEAR),
    "register_clock_profile": ("profile", "自定时限 · Terms of one's own", PROFILE),
    "choose_clock_profile": ("profile", "启用时限 · Put it in force", {"profile": "national"}),
}
"""By the operation's id."""
