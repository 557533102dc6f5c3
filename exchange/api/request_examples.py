"""Bodies of access requests, standing offers and clocks, as `examples` shows them: name, summary, value."""

from typing import Any

EXTENSION = {"days": 5, "reason": "源系统迁移中。The source system is being moved."}
CONSENT = {"granted": True, "reason": "同意。Agreed."}
YEAR = {"holidays": ["2035-01-01", "2035-02-08", "2035-02-09"], "workdays": ["2035-02-10"]}
PROFILE: dict[str, Any] = {
    "id": "district",
    "title": {"zh": "本区时限", "en": "Terms of this district"},
    "extends": "national",
    "clocks": {"answer-conditional": {"days": 7, "extension": 5}},
}

BODIES: dict[str, tuple[str, str, Any]] = {
    "ask_extension_deadlines": ("extension", "申请延期 · Ask for more days", EXTENSION),
    "answer_extension_deadlines": ("consent", "同意延期 · Consent", CONSENT),
    "import_calendar": ("year", "一年的放假安排 · One year's arrangement", YEAR),
    "register_clock_profile": ("profile", "自定时限 · Terms of one's own", PROFILE),
    "choose_clock_profile": ("profile", "启用时限 · Put it in force", {"profile": "national"}),
}
"""By the operation's id."""
