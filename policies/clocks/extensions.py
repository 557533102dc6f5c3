"""The one extension of a deadline: asked for by the department, consented to by the competent one (the operators).

ValueError
└── NoExtension   there is none, or it was used, or it is too long, or nobody asks for it
"""

from datetime import datetime

from sqlmodel import Session

from catalog import notices
from policies.calendar import Calendar
from policies.clocks import deadlines
from policies.clocks.models import Deadline


class NoExtension(ValueError):
    """Why there is no extension to be had."""


def ask(session: Session, id: str, days: int, reason: str, by: str, now: datetime) -> Deadline:
    """Asks for the extension; the operators are told. Raises UnknownDeadline, NotRunning, NoExtension."""
    row = deadlines.held(session, id)
    if not row.open:
        raise deadlines.NotRunning(id, "extended")
    _require(row, days, reason)
    row.extension = {
        "days": days,
        "reason": reason.strip(),
        "asked_by": by,
        "asked_at": now.isoformat(),
        "granted": None,
        **dict.fromkeys(("answer", "answered_by", "answered_at")),
    }
    text = {
        "zh": f"{row.department}申请将{row.subject_id}（{row.clock}）的时限延长{days}个工作日，请答复",
        "en": f"{row.department} asks to extend {row.clock} of {row.subject_id} by {days} working days",
    }
    notices.tell(session, notices.OPERATOR, "deadline.extension-asked", row.subject_id, text, now)
    return deadlines.stored(session, row)


def answer(session: Session, id: str, granted: bool, reason: str, by: str, now: datetime, here: Calendar) -> Deadline:
    """Consents, or does not, with the reason; the department is told.

    Raises UnknownDeadline, NotRunning, NoExtension.
    """
    row = deadlines.held(session, id)
    if not row.open:
        raise deadlines.NotRunning(id, "extended")
    if row.extension is None or row.extension["granted"] is not None:
        raise NoExtension(f"Nobody asks for an extension of {id} now: the department has to ask first.")
    if not granted and not reason.strip():
        raise NoExtension("An extension is declined with a reason: say why in a sentence.")
    said = {"granted": granted, "answer": reason.strip(), "answered_by": by, "answered_at": now.isoformat()}
    row.extension = {**row.extension, **said}
    if granted:
        row.days += row.extension["days"]
        row.escalated_at = None
    changed = deadlines.changed(session, row, here, now)
    notices.tell(session, row.department, "deadline.extension-answered", row.subject_id, _text(row, granted), now)
    return changed


def _text(row: Deadline, granted: bool) -> dict[str, str]:
    if granted:
        until = (
            ("暂停中", "it pauses") if row.due_on is None else (f"新的到期日为{row.due_on}", f"now due on {row.due_on}")
        )
        return {
            "zh": f"{row.subject_id}（{row.clock}）的延期申请已获同意，{until[0]}",
            "en": f"The extension of {row.clock} of {row.subject_id} is granted: {until[1]}",
        }
    return {
        "zh": f"{row.subject_id}（{row.clock}）的延期申请未获同意",
        "en": f"The extension of {row.clock} of {row.subject_id} is declined",
    }


def _require(row: Deadline, days: int, reason: str) -> None:
    if row.most_extension is None:
        raise NoExtension(f"The clock {row.clock} of the profile {row.profile} has no extension: answer in time.")
    if row.extension is not None and row.extension["granted"] is not False:
        raise NoExtension(f"{row.id} has one extension, and it was asked for already.")
    if not 1 <= days <= row.most_extension:
        raise NoExtension(f"An extension of {row.id} has 1 to {row.most_extension} working days: ask for as many.")
    if not reason.strip():
        raise NoExtension("An extension is asked for with a reason: say why in a sentence.")
