"""Bodies of guards, consents, emergencies and steps of agreements, as `examples` shows them: name, summary, value."""

from typing import Any

GUARD: dict[str, Any] = {
    "slug": "office-hours",
    "title": {"zh": "敏感数据仅限工作时间", "en": "Sensitive data in office hours only"},
    "reason": {"zh": "四级数据仅在工作时间提供。", "en": "Items of grade 4 are served in office hours only."},
    "deny_when": {
        "all": [
            {"item": "sensitivity", "op": "ge", "value": 4},
            {"any": [{"item": "minute", "op": "lt", "value": 540}, {"item": "minute", "op": "ge", "value": 1050}]},
        ]
    },
}
CONSENT: dict[str, Any] = {
    "subject": "RP00000001",
    "purpose": "school-entry",
    "dataset": "public-security/residence-permits",
    "department": "services",
    "evidence": "CONSENT-2026-0001",
}
EMERGENCY: dict[str, Any] = {
    "agreement": "agr-0a1b2c3d4e5f6a7b",
    "reason": "the permit office is closed, the child is to be admitted today · 窗口停办，须当日办结",
    "hours": 2,
}
EMERGENCY_REVIEW: dict[str, Any] = {"verdict": "confirmed", "reason": "the calls fit the case · 调用与办件相符"}
SIGNATURE = {
    "side": "consumer",
    "signature": "R_t0Lzn1ES5bsiZrxykfRv4RbkSkH2dA3UQvwo0Y5XNQ-fbE2zYdGvdhUTdAM6EtWuXQ9rlsy3o_T0fK0eGmAA",
}
SUSPENSION = {"reason": "正在核查使用情况。Its use is being looked into."}
RESUMPTION = {"reason": "核查完毕。It was looked into."}

BODIES: dict[str, tuple[str, str, Any]] = {
    "sign_agreement": ("consumer", "使用方签署 · The consumer signs", SIGNATURE),
    "suspend_agreement": ("reason", "暂停理由 · A reason", SUSPENSION),
    "resume_agreement": ("reason", "恢复理由 · A reason", RESUMPTION),
    "propose_guard": ("hours", "仅限工作时间调用敏感数据 · Sensitive data in office hours only", GUARD),
    "end_guards": ("reason", "终止理由 · A reason", {"reason": "now in each agreement · 已写入各协议"}),
    "give_consent": ("consent", "一份同意 · A consent", CONSENT),
    "declare_emergency_emergencies": ("emergency", "一次紧急调用 · An emergency", EMERGENCY),
    "review_emergencies": ("confirmed", "核查属实 · Confirmed", EMERGENCY_REVIEW),
}
