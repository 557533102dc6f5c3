"""A steward's trial of a service against its live source: does it answer, and does the answer conform?

The report counts and points; it shows no value of the reply. Nothing is released, so no call is recorded but the trial,
durably before the source hears of it.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field
from sqlmodel import Session

from catalog import datasets
from catalog.models import Service
from exchange.broker.call import new_id
from exchange.broker.replies import Broken, Sound, judge
from exchange.broker.snapshot_loader import credential_of
from exchange.clock import milliseconds
from exchange.connectors.base import EgressForbidden, ProviderFailed, ProviderTooSlow, Upstream, UpstreamRequest
from exchange.identity.callers import Caller
from exchange.node import Node
from standards import interfaces, mappings, schemas
from standards.mapping import Mapping
from standards.models import Draft
from standards.specification import MISSING, MalformedPath, Match, MethodNotAllowed
from standards.validation import Checker, Finding


class Trial(Draft):
    """The request to try: as an application would send it to the broker, without department and service."""

    method: str = Field(default="GET", pattern="^[A-Z]{3,7}$")
    path: str = Field(description="operation path, beginning with /v1/", max_length=2048)
    query: str = Field(default="", max_length=2048)
    body: Any = None


class TrialReport(BaseModel):
    """`conforms` is true when the reply passes; `errors` point to what does not."""

    conforms: bool
    status: int | None = None
    milliseconds: int = 0
    records: int = 0
    unmapped: dict[str, int] = Field(
        default_factory=dict, description="codes that the mapping does not know, by pointer into the reply"
    )
    detail: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list)


class NotTestable(ValueError):
    """The service lacks what a trial needs, or the request is not one of its operations; `findings` says what."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("The service cannot be tried with this request.")
        self.findings = findings


def try_service(here: Node, session: Session, service: Service, trial: Trial, who: Caller) -> TrialReport:
    """Call the live source once. Raises `NotTestable`."""
    match, standard, mapping = _prepare(session, service, trial)
    with here.units.begin(who.client_id, datetime.now(UTC), who.key_id) as work:  # ended before the slow part
        work.record("service.tested", service.id, operation=match.operation.id)
    upstream = Upstream.at(
        service.address,
        department=service.department,
        connector=service.connector,
        credential=credential_of(here.cipher, service),
        limits=here.limits,
    )
    headers = [("accept", "application/json"), ("hutong-call", new_id(milliseconds()))]
    body = None
    if trial.body is not None:
        body = orjson.dumps(trial.body)
        headers.append(("content-type", "application/json"))
    request = UpstreamRequest(match.operation.method, match.path, match.operation.query(trial.query), headers, body)
    started = time.perf_counter()
    fetching = here.connectors[service.connector].fetch(upstream, request)
    try:
        fetched = asyncio.run_coroutine_threadsafe(fetching, here.loop).result()
    except (ProviderFailed, ProviderTooSlow, EgressForbidden) as error:
        return TrialReport(conforms=False, detail=str(error))
    report = TrialReport(
        conforms=True, status=fetched.status, milliseconds=round((time.perf_counter() - started) * 1000)
    )
    return _judged(report, judge(match.operation, standard, fetched, here.reply_limits, mapping))


def _prepare(session: Session, service: Service, trial: Trial) -> tuple[Match, Checker, Mapping | None]:
    dataset = datasets.fetch(session, service.dataset_id)
    if service.interface is None or service.interface_version is None:
        raise NotTestable(Finding("/interface", "required", "a service with an interface specification"))
    if dataset.standard is None or dataset.standard_version is None:
        raise NotTestable(Finding("/standard", "required", "a dataset with a standard"))
    document = interfaces.fetch(session, service.interface, service.interface_version).document
    try:
        match = interfaces.compile(document).match(trial.method, trial.path)
    except MalformedPath as error:
        raise NotTestable(Finding("/path", "path", str(error))) from None
    if match is None or isinstance(match, MethodNotAllowed):
        raise NotTestable(Finding("/path", "operation", "method and path of one of the specification's operations"))
    findings = match.operation.check(match.arguments, trial.query, MISSING if trial.body is None else trial.body)
    if findings:
        raise NotTestable(*findings)
    standard = Checker(schemas.fetch(session, dataset.standard, dataset.standard_version).bundled)
    return match, standard, _mapping(session, service)


def _mapping(session: Session, service: Service) -> Mapping | None:
    if service.mapping is None:
        return None
    return mappings.compiled(mappings.fetch(session, service.mapping, service.mapping_version))


def _judged(report: TrialReport, judged: Sound | Broken) -> TrialReport:
    report = report.model_copy(update={"unmapped": dict(judged.unmapped)})
    if isinstance(judged, Sound):
        return report.model_copy(update={"records": len(judged.records or ())})
    errors = [{**finding.as_dict(), "pointer": judged.pointer + finding.pointer} for finding in judged.explain()]
    return report.model_copy(update={"conforms": False, "detail": judged.detail, "errors": errors})
