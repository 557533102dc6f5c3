"""What both sides are told of an agreement's life, in the transaction of the act itself. No data about persons."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from catalog import notices
from policies.models import Agreement
from policies.signing import department_of

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "drafted": ("已起草，待双方签署", "was drafted and waits for both signatures"),
    "proposed": ("已提出新版本，待双方签署", "has a next version, which waits for both signatures"),
    "signed": ("已由一方签署", "was signed by one side"),
    "activated": ("已生效", "is in force"),
    "amended": ("新版本已生效", "is in force in its next version"),
    "discarded": ("拟议的版本已放弃", "lost its proposed version: it was given up"),
    "suspended": ("已暂停，调用将被拒绝", "is suspended; its calls are refused"),
    "resumed": ("已恢复", "is in force again"),
    "revoked": ("已撤销，调用将被拒绝", "was revoked; its calls are refused"),
    "achieved": ("使用目的已实现，协议终止", "has ended: its purpose is achieved"),
    "expired": ("已到期终止", "has ended by its date"),
    "exhausted": ("约定的调用总次数已用完，协议终止", "has ended: all its calls are made"),
}
"""By what was done: the Chinese and the English sentence, after the agreement's id."""


def tell(session: Session, agreement: Agreement, act: str, now: datetime, reason: str | None = None) -> None:
    """Tells both departments. `reason` was written for them."""
    zh, en = TEXTS[act]
    text = {"zh": f"协议{agreement.id}{zh}", "en": f"Agreement {agreement.id} {en}"}
    if reason:
        text = {"zh": f"{text['zh']}。理由：{reason}", "en": f"{text['en']}. Reason: {reason}"}
    for department in sorted({department_of(agreement.application_id), department_of(agreement.service_id)}):
        notices.tell(session, department, f"agreement.{act}", agreement.id, text, now)
