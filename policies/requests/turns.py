"""Whose turn it is with a request, and until when; and what each step tells both sides. Pure."""

from datetime import datetime
from typing import Any

from policies.clocks.models import Deadline
from policies.requests.models import AccessRequest, RequestState

KIND = "request"
BOTH = "both"
_ACTS: dict[str, tuple[str, dict[str, str]]] = {
    RequestState.DRAFT: ("consumer", {"zh": "完善并提交申请", "en": "complete the request and submit it"}),
    RequestState.SUBMITTED: ("provider", {"zh": "答复申请", "en": "answer the request"}),
    RequestState.RETURNED: (
        "consumer",
        {"zh": "一次补齐材料并重新提交", "en": "add all that is missing and submit again"},
    ),
    RequestState.GRANTED: (BOTH, {"zh": "双方签署协议", "en": "sign the agreement"}),
    RequestState.GRANTED_IN_PART: (BOTH, {"zh": "双方签署协议", "en": "sign the agreement"}),
}
_STEPS = {
    "submitted": ("已提交申请", "was submitted"),
    "resubmitted": ("已补齐并重新提交申请", "was completed and submitted again"),
    "accepted": ("申请材料齐全，已受理", "was found complete"),
    "returned": ("申请已退回，请一次补齐全部材料", "was returned: add all the parts that are missing"),
    "granted": ("已同意申请，协议草案已生成", "was granted, and an agreement drafted"),
    "granted-in-part": ("已部分同意申请，协议草案已生成", "was granted in part, and an agreement drafted"),
    "refused": ("未同意申请，理由见答复", "was refused; the answer says why"),
    "withdrawn": ("已撤回申请", "was withdrawn"),
}


def turn(row: AccessRequest, deadline: Deadline | None) -> dict[str, Any] | None:
    """Who acts next, what they do, since when, and until when; None when nobody does.

    `deadline` is the open one of the answer, or after a grant that of the delivery; a pausing one names no end.
    """
    if row.state not in _ACTS:
        return None
    who, act = _ACTS[row.state]
    departments = {"consumer": [row.consumer], "provider": [row.provider], BOTH: [row.consumer, row.provider]}[who]
    runs = deadline is not None and deadline.open and deadline.due_at is not None
    return {
        "who": who,
        "departments": departments,
        "act": act,
        "since": _since(row),
        "until": deadline.due_at.isoformat() if runs and deadline and deadline.due_at else None,
        "due_on": deadline.due_on if runs and deadline else None,
        "assumed": bool(runs and deadline and deadline.assumed),
    }


def message(row: AccessRequest, step: str, due_on: str | None = None) -> dict[str, str]:
    """What both sides are told of a step; no data about persons."""
    zh, en = _STEPS[step]
    until_zh, until_en = (f"，应于 {due_on} 前答复", f"; an answer is due on {due_on}") if due_on else ("", "")
    return {
        "zh": f"{row.application_id} 对 {row.service_id} 的共享申请 {row.id}：{zh}{until_zh}",
        "en": f"The request {row.id} of {row.application_id} for {row.service_id} {en}{until_en}",
    }


def _since(row: AccessRequest) -> str:
    return row.trail[-1]["at"] if row.trail else _text(row.created_at)


def _text(moment: datetime) -> str:
    return moment.isoformat()
