"""The one table from domain errors to problem documents, and its handlers.

An exception that is not in the table is a fault of ours: 500 `internal`, logged without its message, for that may
quote what it choked on.
"""

import traceback
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from catalog import (
    classification,
    datasets,
    departments,
    evidence,
    imports,
    notices,
    registration,
    reviews,
    services,
    webhooks,
)
from catalog.harvest import runs, sources
from catalog.quality import suspension
from catalog.search import words
from catalog.template import faults
from catalog.versions import UnknownVersion
from exchange import problems
from exchange.api import openapi, traces
from exchange.api.depends import MalformedEtag, PreconditionRequired
from exchange.api.slots import Busy
from exchange.api.trial import NotTestable
from exchange.broker.snapshot import Stale
from exchange.identity import clients, hands, keys, public_keys
from exchange.identity.callers import NotPermitted
from exchange.identity.tokens import Unidentified
from exchange.ledger import reading, receipts, store, tiles
from exchange.ledger.writer import Unavailable
from policies import (
    activation,
    agreements,
    amendments,
    obligations,
    publication,
    retirement,
    signatures,
    signing,
    standing,
    withdrawals,
)
from policies import versions as agreed_versions
from policies.clocks import deadlines, extensions, profiles, years
from policies.consents import life as consents
from policies.emergencies import life as emergencies
from policies.guards import life as guards
from policies.requests import lives as requests
from policies.requests import narrowing, offers
from standards import (
    codelists,
    crosswalks,
    elements,
    interfaces,
    lives,
    mapping,
    mappings,
    overrides,
    paging,
    schemas,
    versions,
)
from standards.validation import InvalidSchema

RETRY_SECONDS = 5

log = structlog.get_logger("exchange.api")

EXCEPTIONS: dict[type[Exception], str] = {
    Unidentified: "unidentified",
    NotPermitted: "not-permitted",
    hands.SameHand: "not-permitted",
    signatures.SelfApproval: "not-permitted",
    signatures.OneHand: "not-permitted",
    lives.SelfReview: "not-permitted",
    Stale: "snapshot-unavailable",
    Unavailable: "ledger-unavailable",
    PreconditionRequired: "precondition-required",
    MalformedEtag: "malformed-request",
    paging.InvalidCursor: "malformed-request",
    departments.UnknownDepartment: "not-found",
    departments.UnknownApplication: "not-found",
    datasets.UnknownDataset: "not-found",
    words.Unsearchable: "malformed-request",
    evidence.UnknownServiceItem: "not-found",
    services.UnknownService: "not-found",
    notices.UnknownNotice: "not-found",
    webhooks.UnknownWebhook: "not-found",
    webhooks.UnknownDelivery: "not-found",
    webhooks.NotDead: "conflict",
    agreements.UnknownAgreement: "not-found",
    guards.UnknownGuard: "not-found",
    guards.SelfApproval: "not-permitted",
    guards.WrongState: "conflict",
    consents.UnknownConsent: "not-found",
    consents.Withdrawn: "conflict",
    emergencies.UnknownEmergency: "not-found",
    emergencies.SelfReview: "not-permitted",
    emergencies.Reviewed: "conflict",
    emergencies.Over: "conflict",
    agreed_versions.UnknownVersion: "not-found",
    signatures.NotSigned: "not-found",
    clients.UnknownClient: "not-found",
    clients.UnknownKey: "not-found",
    elements.UnknownElement: "not-found",
    codelists.UnknownCodeList: "not-found",
    schemas.UnknownStandard: "not-found",
    interfaces.UnknownInterface: "not-found",
    mappings.UnknownMapping: "not-found",
    crosswalks.UnknownCrosswalk: "not-found",
    versions.AlreadyPublished: "conflict",
    versions.TakenSlug: "conflict",
    lives.WrongState: "conflict",
    lives.OutOfOrder: "conflict",
    lives.Outdated: "outdated",
    lives.Renamed: "invalid-request",
    lives.InvalidDeprecation: "invalid-request",
    schemas.Incompatible: "incompatible",
    schemas.ModeChanged: "incompatible",
    codelists.MeaningChanged: "incompatible",
    codelists.InvalidCodeList: "invalid-request",
    crosswalks.InvalidCrosswalk: "invalid-request",
    retirement.Unacknowledged: "conflict",
    retirement.StillUsed: "conflict",
    registration.AlreadyRegistered: "conflict",
    registration.Outdated: "outdated",
    registration.InvalidRegistration: "invalid-request",
    faults.InvalidSheet: "invalid-request",
    sources.UnknownSource: "not-found",
    runs.UnknownRun: "not-found",
    runs.AlreadyRunning: "conflict",
    runs.NotRunning: "conflict",
    imports.Refused: "invalid-request",
    imports.Unreadable: "invalid-request",
    datasets.StillPublished: "conflict",
    datasets.NotPublished: "conflict",
    datasets.NothingPending: "conflict",
    UnknownVersion: "not-found",
    classification.UnknownCategory: "not-found",
    reviews.SelfReview: "not-permitted",
    reviews.WrongStage: "conflict",
    reviews.NoReason: "invalid-request",
    suspension.NotSuspended: "conflict",
    suspension.NoFloor: "not-found",
    clients.LastKey: "conflict",
    public_keys.UnacceptableKey: "invalid-request",
    keys.NoSigningKey: "internal",
    withdrawals.NotAhead: "invalid-request",
    withdrawals.NotAnnounced: "conflict",
    publication.NotPublishable: "not-publishable",
    agreements.InvalidTerms: "invalid-request",
    agreements.WrongState: "conflict",
    signing.InvalidSignature: "invalid-signature",
    signing.NotSignable: "invalid-request",
    signing.NotADocument: "invalid-request",
    activation.NotActivatable: "invalid-request",
    activation.Overlaps: "conflict",
    amendments.AlreadyProposed: "conflict",
    agreed_versions.NothingProposed: "conflict",
    standing.NoReason: "invalid-request",
    obligations.Unenforceable: "invalid-request",
    requests.UnknownRequest: "not-found",
    requests.WrongState: "conflict",
    requests.Incomplete: "invalid-request",
    requests.ReturnedOnce: "conflict",
    requests.NoReasons: "invalid-request",
    requests.NotGrantable: "invalid-request",
    narrowing.Wider: "invalid-request",
    offers.UnknownOffer: "not-found",
    offers.InvalidOffer: "invalid-request",
    offers.OfferWithdrawn: "conflict",
    deadlines.UnknownDeadline: "not-found",
    deadlines.AlreadyRunning: "conflict",
    deadlines.NotRunning: "conflict",
    extensions.NoExtension: "conflict",
    profiles.UnknownProfile: "not-found",
    profiles.UnknownClock: "not-found",
    profiles.TakenProfile: "conflict",
    profiles.InvalidProfile: "invalid-request",
    years.UnknownYear: "not-found",
    years.InvalidYear: "invalid-request",
    InvalidSchema: "invalid-request",
    interfaces.InvalidInterface: "invalid-request",
    mapping.InvalidMapping: "invalid-request",
    overrides.InvalidOverride: "invalid-request",
    NotTestable: "invalid-request",
    receipts.NoReceipt: "not-found",
    store.NoSuchTile: "not-found",
    store.NoSuchEntry: "not-found",
    tiles.BadPath: "not-found",
    reading.BadCursor: "malformed-request",
}

TRACED = (
    NotPermitted,
    hands.SameHand,
    guards.SelfApproval,
    emergencies.SelfReview,
    signatures.SelfApproval,
    signatures.OneHand,
    signing.InvalidSignature,
    lives.SelfReview,
    reviews.SelfReview,
)
"""Refusals of a known caller that leave an entry: doors that were tried, and signatures that were not theirs."""


def install(application: FastAPI) -> None:
    for error in EXCEPTIONS:
        application.add_exception_handler(error, _domain)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _http)
    application.add_exception_handler(OperationalError, _busy)
    application.add_exception_handler(TimeoutError, _busy)
    application.add_exception_handler(Busy, _busy)
    application.add_exception_handler(Exception, _crashed)


def answer(
    request: Request, slug: str, detail: str = "", headers: dict[str, str] | None = None, **more: Any
) -> Response:
    language = problems.language_of(request.headers.get("accept-language", ""))
    document = problems.document(slug, detail, language=language, call=request.state.call, **more)
    return Response(problems.encode(document), problems.KINDS[slug].status, headers, problems.MEDIA_TYPE)


async def _domain(request: Request, error: Exception) -> Response:
    try:
        await _trace(request, error)
    except Unavailable as unavailable:
        error = unavailable
    slug = next(EXCEPTIONS[kind] for kind in type(error).__mro__ if kind in EXCEPTIONS)
    findings: Sequence[Any] = getattr(error, "findings", ())
    headers = {"WWW-Authenticate": 'Bearer realm="hutong"'} if slug == "unidentified" else None
    changes = list(getattr(error, "changes", ()))
    errors = [finding.as_dict() for finding in findings]
    return answer(request, slug, str(error), headers, errors=errors, changes=changes, **getattr(error, "members", {}))


async def _trace(request: Request, error: Exception) -> None:
    """Raises Unavailable when a refusal cannot be recorded."""
    if isinstance(error, Unidentified):
        traces.attempt(request, error.reason)
    elif isinstance(error, TRACED):
        await traces.refusal(request, request.state.caller, error, EXCEPTIONS[type(error)])


async def _invalid(request: Request, error: Exception) -> Response:
    """Pydantic's findings without its inputs: a value is never sent back."""
    assert isinstance(error, RequestValidationError)
    findings = [
        {"pointer": _pointer(found["loc"]), "rule": str(found["type"]), "expected": _expected(found)}
        for found in error.errors()[:50]
    ]
    return answer(request, "invalid-request", errors=findings)


def _pointer(location: Sequence[Any]) -> str:
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in location]
    return "".join(f"/{step}" for step in (steps[1:] if steps and steps[0] == "body" else steps))


def _expected(found: dict[str, Any]) -> str:
    """What pydantic wanted: its message speaks of the rule, except where a validator of ours speaks."""
    return str(found["msg"])[:300]


async def _http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such route, another method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    slugs = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "unsupported-media-type"}
    return answer(request, slugs.get(error.status_code, "malformed-request"), headers=headers)


async def _busy(request: Request, error: Exception) -> Response:
    """Somebody else holds the one writing connection, or the database's lock, for longer than anybody waits."""
    if isinstance(error, Busy):
        return answer(request, "busy", str(error), headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, TimeoutError) or "locked" in str(error):
        log.warning("request.waited", error=type(error).__name__)
        return answer(request, "busy", headers={"Retry-After": str(RETRY_SECONDS)})
    return await _crashed(request, error)


def _allowed(request: Request) -> set[str]:
    """Every method of the path (RFC 9110 §15.5.6): the framework names those of one route only.

    Where a literal path and one with parameters fit, as `/elements/{slug}/diff` does, the literal one is meant.
    """
    methods: dict[str, set[str]] = defaultdict(set)
    for path, route in openapi.routes(request.app.routes):
        if compile_path(path)[0].match(request.url.path):
            methods[path] |= route.methods or set()
    return methods[min(methods, key=lambda path: path.count("{"))] if methods else set()


async def _crashed(request: Request, error: Exception) -> Response:
    frames = traceback.format_tb(error.__traceback__)
    log.error("request.crashed", error=type(error).__name__, at=frames[-6:])
    return answer(request, "internal")
