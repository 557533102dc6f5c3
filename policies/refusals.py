"""Refusals: which checks failed, what would satisfy them, and whom to ask, in Chinese and English.

The texts name what the caller's own agreement permits and whom to ask; never what the caller sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

Satisfy = dict[str, str]
"""{"zh": …, "en": …}"""


class FailedCheck(NamedTuple):
    """`check` is sharing-class, department, suspended, guard:<id>, agreement, operation, purpose, legal-basis,
    validity, time-of-day, fields, case, actor, consent, emergency or internal."""

    check: str
    satisfy: Satisfy


@dataclass(frozen=True, slots=True)
class Refusal:
    """At least one failed check; `agreement` is the one that came nearest, None before any was looked at."""

    failed: tuple[FailedCheck, ...]
    agreement: str | None = None


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "sharing-class": (
        "该数据资源不予共享。依据：{zh_law}。如有异议，请联系{contact}。",
        "This dataset is not shared. Reason: {en_law}. If you disagree, ask {contact}.",
    ),
    "department": (
        "提供该服务的部门已被暂停，恢复后方可调用。请联系{contact}。",
        "The department that provides this service is suspended; calls are possible once it is not. Ask {contact}.",
    ),
    "suspended": (
        "该数据资源已暂停调用：{zh_law}。恢复后方可调用，请联系{contact}。",
        "Calls of this dataset are suspended: {en_law}. They are possible once it is resumed. Ask {contact}.",
    ),
    "calling-department": (
        "贵部门已被暂停，恢复后方可调用。请联系平台运营方；业务事宜可咨询{contact}。",
        "Your department is suspended; it can call once it is not. Ask the exchange's operator, "
        "or {contact} about the service itself.",
    ),
    "guard": (
        "平台规则未能给出结论，故不予放行。请联系平台运营方，或咨询{contact}。",
        "A rule of the platform could not be evaluated and so denies. Ask the exchange's operator, or {contact}.",
    ),
    "guard-denies": (
        "平台规则不予放行：{zh_law}。如有疑问，请联系{contact}。",
        "A rule of the platform denies this: {en_law}. If in doubt, ask {contact}.",
    ),
    "agreement": (
        "贵应用系统与该服务之间没有生效的共享协议。请向{contact}提出共享申请。",
        "No active agreement lets your application use this service. Request one from {contact}.",
    ),
    "operation": (
        "协议{agreement}允许的操作：{allowed}。需要其他操作，请与{contact}修订协议。",
        "Agreement {agreement} permits these operations: {allowed}. For others, ask {contact} for an agreement.",
    ),
    "purpose": (
        "请在Hutong-Purpose中写明协议{agreement}允许的用途：{allowed}。需要其他用途，请向{contact}申请。",
        "Give in Hutong-Purpose a purpose that agreement {agreement} permits: {allowed}. For others, ask {contact}.",
    ),
    "legal-basis": (
        "请在Hutong-Basis中写明协议{agreement}认可的依据：{allowed}。需要其他依据，请向{contact}申请。",
        "Give in Hutong-Basis a legal basis that agreement {agreement} accepts: {allowed}. For others, ask {contact}.",
    ),
    "validity": (
        "协议{agreement}的有效期：{allowed}。请在有效期内调用，或向{contact}申请续签。",
        "Agreement {agreement} is valid {allowed}. Call within this time, or ask {contact} to renew it.",
    ),
    "time-of-day": (
        "协议{agreement}允许的每日时段：{allowed}。请在该时段内调用，或与{contact}修订协议。",
        "Agreement {agreement} permits calls daily {allowed}. Call within this time, or ask {contact} to change it.",
    ),
    "fields": (
        "请在Hutong-Fields中只写协议{agreement}允许的信息项，或省略该请求头：{allowed}。需要其他信息项，请向{contact}申请。",
        "Name in Hutong-Fields only items of agreement {agreement}, or leave the header out: {allowed}. "
        "For others, ask {contact}.",
    ),
    "case": (
        "协议{agreement}要求在Hutong-Case中写明办件编号。如有疑问，请联系{contact}。",
        "Agreement {agreement} requires a case number in Hutong-Case. If in doubt, ask {contact}.",
    ),
    "actor": (
        "协议{agreement}要求在Hutong-Actor中写明责任人。如有疑问，请联系{contact}。",
        "Agreement {agreement} requires the responsible person in Hutong-Actor. If in doubt, ask {contact}.",
    ),
    "consent": (
        "协议{agreement}要求数据主体同意本用途，或依据法定事由调用：{allowed}。请先登记同意，或咨询{contact}。",
        "Agreement {agreement} asks for the data subject's consent to this purpose, or for a statutory basis: "
        "{allowed}. Register the consent first, or ask {contact}.",
    ),
    "emergency": (
        "Hutong-Emergency所指的紧急调用声明对协议{agreement}无效或已过期。请重新声明，或联系{contact}。",
        "The declaration in Hutong-Emergency does not hold for agreement {agreement}, or no longer. "
        "Declare the emergency anew, or ask {contact}.",
    ),
    "internal": (
        "未能作出决定，因此没有放行任何数据。请将调用编号告知平台运营方。",
        "No decision could be made, so nothing was released. Give the call's id to the exchange's operator.",
    ),
}
_LISTED: Final = 12


def explain(
    check: str, contact: str, *, agreement: str = "", allowed: str = "", law: Mapping[str, str] | None = None
) -> Satisfy:
    """What would satisfy `check`. `law` is a language map of which either language may be missing."""
    reasons = law or {"zh": "登记时未注明", "en": "none was registered"}
    either = next(iter(reasons.values()))
    values = {
        "contact": contact,
        "agreement": agreement,
        "allowed": allowed,
        "zh_law": reasons.get("zh", either),
        "en_law": reasons.get("en", either),
    }
    chinese, english = _TEXTS[check]
    return {"zh": chinese.format_map(values), "en": english.format_map(values)}


def enumerate_some(names: Iterable[str]) -> str:
    """The first dozen in order, so that a refusal stays readable."""
    ordered = sorted(names)
    return ", ".join(ordered[:_LISTED]) + (", …" if len(ordered) > _LISTED else "") or "—"


UNDECIDED: Final = Refusal((FailedCheck("internal", explain("internal", "")),))
