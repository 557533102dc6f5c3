"""The life of an access request, step by step; each is told to both sides and takes the clocks along.

LookupError
└── UnknownRequest   no request has this id
ValueError
├── WrongState       it is past the state that this step starts from
├── Incomplete       .findings: everything that is missing
├── ReturnedOnce     all missing parts are named once
├── NoReasons        what is refused, wholly or in part, is refused with reasons
└── NotGrantable     .findings: what stands against the agreement that would come of it
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import datasets, departments, notices, services
from catalog.models import STRICTNESS, Dataset, DatasetState, Service, SharingClass
from catalog.registration import Outdated, lock, told
from policies import activation, agreements
from policies.calendar import Calendar
from policies.clocks import deadlines
from policies.clocks.models import Deadline
from policies.models import AgreementDraft, AgreementTerms
from policies.requests import completeness, narrowing, offers, turns
from policies.requests.models import AccessRequest, Asked, Completion, Grant, Refusal, RequestDraft, RequestState
from standards import interfaces
from standards.validation import Finding

KIND = turns.KIND
CHECK, DELIVER = "check", "deliver"
UNANSWERED = (RequestState.DRAFT, RequestState.SUBMITTED, RequestState.RETURNED)


class UnknownRequest(LookupError):
    """No request has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No access request has the id {id!r}: look it up in the list of requests.")


class WrongState(ValueError):
    """Somebody was faster, or the step was taken already."""

    def __init__(self, id: str, state: str, step: str) -> None:
        super().__init__(f"{id} is {state} and cannot be {step}: read it again.")


class Incomplete(ValueError):
    """Everything that is missing, at once."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The request cannot be submitted. {told(self.findings)}")


class ReturnedOnce(ValueError):
    """一次性告知."""

    def __init__(self, id: str) -> None:
        super().__init__(f"{id} was returned for completion once already: grant it, in part or whole, or refuse it.")


class NoReasons(ValueError):
    """Whoever gets less than they asked for learns why."""

    def __init__(self) -> None:
        super().__init__("Less is granted than was asked for: give the reasons for it in zh, en or both.")


class NotGrantable(ValueError):
    """What would keep the agreement from being activated."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"No agreement could come of this grant. {told(self.findings)}")


def draft(session: Session, draft: RequestDraft, by: str, now: datetime) -> AccessRequest:
    """Writes a request down; nobody but its department sees it yet. Raises UnknownApplication, UnknownService."""
    application = departments.fetch_application(session, draft.application)
    service = services.fetch(session, draft.service)
    row = AccessRequest(
        id=f"req-{secrets.token_hex(8)}",
        application_id=application.id,
        service_id=service.id,
        consumer=application.department,
        provider=service.department,
        asked=_asked(draft),
        authors=[by],
        trail=[_step("drafted", by, now)],
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def revise(session: Session, id: str, draft: RequestDraft, by: str, now: datetime) -> AccessRequest:
    """Writes it anew, before it is submitted or after it was returned.

    Raises UnknownRequest, WrongState, Incomplete.
    """
    row = _held(session, id, RequestState.DRAFT, RequestState.RETURNED, step="revised")
    fixed = {"application": row.application_id, "service": row.service_id}
    if wrong := [name for name, value in fixed.items() if getattr(draft, name) != value]:
        raise Incomplete([Finding(f"/{name}", "fixed", f"{fixed[name]}, or a request of its own") for name in wrong])
    row.asked = _asked(draft)
    row.authors = list(dict.fromkeys([*row.authors, by]))
    return _moved(session, row, "revised", by, now)


def submit(
    session: Session, id: str, by: str, now: datetime, here: Calendar, *, may_offer: Callable[[str], bool]
) -> AccessRequest:
    """Hands it to the provider, whose time to answer begins, or goes on after a completion.

    Within a standing offer it is granted at once; `may_offer` says whether whoever published one is of another hand
    than the authors. Raises UnknownRequest, WrongState, Incomplete, UnknownClock, NotGrantable.
    """
    row = _held(session, id, RequestState.DRAFT, RequestState.RETURNED, step="submitted")
    act = "resubmitted" if row.state == RequestState.RETURNED else "submitted"
    dataset = _require_complete(session, row, now)
    row.sharing_class = _sharing_class(session, row, dataset)
    row.authors = list(dict.fromkeys([*row.authors, by]))
    row.state, row.submitted_by = RequestState.SUBMITTED, by
    row.submitted_at = row.submitted_at or now
    clock = _clocked(session, row, now, here)
    _moved(session, row, act, by, now)
    offer = offers.covering(session, row.service_id, asked(row), row.sharing_class, now)
    if offer is None or not may_offer(offer.published_by):
        _tell(session, row, act, now, clock.due_on)
        return row
    row.offer_id = offer.id
    return _granted(session, row, offers.grant(offers.terms(offer), asked(row)), offer.published_by, now, here)


def accept(session: Session, id: str, by: str, now: datetime) -> AccessRequest:
    """Says that it is complete (受理), which meets the clock of the check where the profile has one.

    Raises UnknownRequest, WrongState.
    """
    row = _held(session, id, RequestState.SUBMITTED, step="accepted")
    if any(step["act"] == "accepted" for step in row.trail):
        raise WrongState(id, "accepted", "accepted again")
    _meet(session, row, CHECK, now)
    _tell(session, row, "accepted", now)
    return _moved(session, row, "accepted", by, now)


def send_back(
    session: Session, id: str, completion: Completion, by: str, now: datetime, here: Calendar
) -> AccessRequest:
    """Asks for all that is missing, once; the time to answer stands meanwhile.

    Raises UnknownRequest, WrongState, ReturnedOnce.
    """
    row = _held(session, id, RequestState.SUBMITTED, step="returned")
    if row.returned is not None:
        raise ReturnedOnce(id)
    missing = [part.model_dump(mode="json") for part in completion.missing]
    row.returned = {"missing": missing, "by": by, "at": now.isoformat()}
    row.state = RequestState.RETURNED
    _meet(session, row, CHECK, now)
    if (running := _answering(session, row)) is not None:
        deadlines.pause(session, running.id, now, here)
    _tell(session, row, "returned", now)
    return _moved(session, row, "returned", by, now)


def grant(session: Session, id: str, grant: Grant, by: str, now: datetime, here: Calendar) -> AccessRequest:
    """Grants it, or less, and drafts the agreement; from now on the time to deliver runs.

    Raises UnknownRequest, WrongState, Wider, NoReasons, NotGrantable.
    """
    return _granted(session, _held(session, id, RequestState.SUBMITTED, step="granted"), grant, by, now, here)


def refuse(session: Session, id: str, refusal: Refusal, by: str, now: datetime) -> AccessRequest:
    """Refuses it with written reasons. Raises UnknownRequest, WrongState."""
    row = _held(session, id, RequestState.SUBMITTED, step="refused")
    row.state, row.answered_by, row.answered_at = RequestState.REFUSED, by, now
    row.answer = {"reasons": _said(refusal.reasons)}
    _meet_answer(session, row, now)
    _tell(session, row, "refused", now)
    return _moved(session, row, "refused", by, now)


def withdraw(session: Session, id: str, by: str, now: datetime) -> AccessRequest:
    """Takes it back before it was answered; its clocks stop. Raises UnknownRequest, WrongState."""
    row = _held(session, id, *UNANSWERED, step="withdrawn")
    for deadline in deadlines.of(session, KIND, id):
        if deadline.open:
            deadlines.stop(session, deadline.id, now)
    if row.state != RequestState.DRAFT:
        _tell(session, row, "withdrawn", now)
    row.state = RequestState.WITHDRAWN
    return _moved(session, row, "withdrawn", by, now)


def fetch(session: Session, id: str) -> AccessRequest:
    """Raises UnknownRequest."""
    row = session.get(AccessRequest, id)
    if row is None:
        raise UnknownRequest(id)
    return row


def asked(row: AccessRequest) -> Asked:
    """What is asked for, read back from the row."""
    return Asked.model_validate(row.asked)


def answer_clock(row: AccessRequest) -> str:
    """The clock of the answer, by the sharing class of what was asked for."""
    return f"answer-{row.sharing_class}"


def current(session: Session, row: AccessRequest) -> Deadline | None:
    """The deadline that counts now: of the answer, after a grant of the delivery."""
    if row.agreement_id:
        return deadlines.running(session, KIND, row.id, DELIVER)
    return _answering(session, row)


def expect(row: AccessRequest, revision: int | None) -> None:
    """Raises Outdated when the row is at another revision; None expects nothing."""
    if revision is not None and revision != row.revision:
        raise Outdated(row.id, row.revision)


def _granted(
    session: Session, row: AccessRequest, grant: Grant, by: str, now: datetime, here: Calendar
) -> AccessRequest:
    terms = narrowing.narrowed(asked(row), grant)
    part = row.offer_id is None and narrowing.in_part(asked(row), terms)
    if part and grant.reasons is None:
        raise NoReasons
    row.agreement_id = _drafted(session, row, terms, now)
    row.state = RequestState.GRANTED_IN_PART if part else RequestState.GRANTED
    row.answered_by, row.answered_at = by, now
    row.answer = {"terms": terms.model_dump(mode="json"), "reasons": grant.reasons and _said(grant.reasons)}
    _meet_answer(session, row, now)
    deadlines.start(session, KIND, row.id, DELIVER, row.provider, now, here)
    _tell(session, row, row.state, now)
    return _moved(session, row, row.state, by, now)


def _drafted(session: Session, row: AccessRequest, terms: AgreementTerms, now: datetime) -> str:
    """The id of the agreement. Its drafter is who asked for it: the provider's steward has yet to sign."""
    made = AgreementDraft(application=row.application_id, service=row.service_id, terms=terms)
    agreement = agreements.draft(session, made, row.submitted_by or row.created_by, now)
    if findings := activation.obstacles(session, agreement, now):
        raise NotGrantable(findings)
    return agreement.id


def _require_complete(session: Session, row: AccessRequest, now: datetime) -> Dataset:
    service = services.fetch(session, row.service_id)
    dataset = datasets.fetch(session, service.dataset_id)
    shared = {
        item.path for item in datasets.items(session, dataset.id) if item.sharing_class != SharingClass.NOT_SHARED
    }
    rule = dataset.calling_rule or {}
    findings = completeness.findings(
        asked(row), items=shared, operations=_operations(session, service), has_quota=bool(rule.get("quota")), now=now
    )
    findings += departments.suspension(departments.fetch(session, row.consumer))
    if dataset.state != DatasetState.PUBLISHED or dataset.sharing_class == SharingClass.NOT_SHARED:
        findings.append(Finding("/service", "shared", "a service of a dataset that is published and shared"))
    if findings:
        raise Incomplete(findings)
    return dataset


def _operations(session: Session, service: Service) -> frozenset[str]:
    if service.interface is None:
        return frozenset()
    interface = interfaces.fetch(session, service.interface, service.interface_version)
    return frozenset(interfaces.compile(interface.document).operations)


def _sharing_class(session: Session, row: AccessRequest, dataset: Dataset) -> str:
    """The strictest of the dataset and of the items that are asked for."""
    wanted = set(asked(row).items)
    items = [item.sharing_class for item in datasets.items(session, dataset.id) if item.path in wanted]
    return max((dataset.sharing_class, *items), key=lambda each: STRICTNESS[SharingClass(each)])


def _clocked(session: Session, row: AccessRequest, now: datetime, here: Calendar) -> Deadline:
    """The clock of the answer: resumed, or begun where there is none or it is that of another sharing class."""
    known = _answering(session, row)
    if known is not None and known.clock == answer_clock(row):
        return deadlines.resume(session, known.id, now, here)
    if known is not None:
        deadlines.stop(session, known.id, now)
    started = deadlines.start(session, KIND, row.id, answer_clock(row), row.provider, now, here)
    if known is None and CHECK in deadlines.comes_after(session, started):
        deadlines.start(session, KIND, row.id, CHECK, row.provider, now, here)
    return started


def _answering(session: Session, row: AccessRequest) -> Deadline | None:
    """The open deadline of the answer."""
    running = (each for each in deadlines.of(session, KIND, row.id) if each.open)
    return next((each for each in running if each.clock.startswith("answer-")), None)


def _meet_answer(session: Session, row: AccessRequest, now: datetime) -> None:
    _meet(session, row, CHECK, now)
    _meet(session, row, answer_clock(row), now)


def _meet(session: Session, row: AccessRequest, clock: str, now: datetime) -> None:
    if (running := deadlines.running(session, KIND, row.id, clock)) is not None:
        deadlines.meet(session, running.id, now)


def _tell(session: Session, row: AccessRequest, step: str, now: datetime, due_on: str | None = None) -> None:
    for recipient in sorted({row.consumer, row.provider}):
        notices.tell(session, recipient, f"request.{step}", row.id, turns.message(row, step, due_on), now)


def _moved(session: Session, row: AccessRequest, act: str, by: str, now: datetime) -> AccessRequest:
    row.trail = [*row.trail, _step(act, by, now)]
    row.revision += 1
    session.add(row)
    session.flush()
    return row


def _held(session: Session, id: str, *states: RequestState, step: str) -> AccessRequest:
    row = lock(session, AccessRequest, id)
    if row is None:
        raise UnknownRequest(id)
    if row.state not in states:
        raise WrongState(id, row.state, step)
    return row


def _step(act: str, by: str, now: datetime) -> dict[str, str]:
    return {"act": act, "by": by, "at": now.isoformat()}


def _asked(draft: RequestDraft) -> dict[str, Any]:
    return draft.model_dump(mode="json", exclude={"application", "service"})


def _said(reasons: Mapping[Any, str]) -> dict[str, str]:
    return {str(language): text for language, text in reasons.items()}
