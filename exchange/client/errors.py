"""Everything that can go wrong for a client, by the slug of the exchange's problem document (RFC 9457).

    Exception
    └── ExchangeError                    .slug .problem .call .failed_checks .errors .status
        ├── Unidentified                 who calls is not known: key, token, a client switched off      401
        ├── Refused                      policy says no; each failed check says what would satisfy it   403
        ├── NotPermitted                 the scope for this act is missing                              403
        ├── MalformedRequest             no purpose, no strict JSON, framing                            400
        ├── InvalidRequest               against the specification; .errors has the pointers            413, 415, 422
        ├── NotFound                     no such service, operation or resource                         404, 405
        ├── Conflict                     somebody was there before                                      409, 412, 428
        ├── QuotaExhausted               .retry_after seconds                                           429
        ├── ProviderError                the exchange did its part
        │   ├── ProviderFailed                                                                          502
        │   ├── ProviderBrokeStandard    .errors has the pointers                                       502
        │   └── ProviderTooSlow                                                                         504
        ├── Unavailable                  nothing was released, try later                                500, 503
        ├── Unreachable                  no answer: refused, cut off, timed out
        ├── NotAnExchange                whatever answered there is no exchange, or another one
        └── Unverified                   a receipt does not prove the answer; .findings
            └── LogForked                the ledger was rewritten or cut; .remembered and .seen are the evidence

Texts hold no token, no key and nothing of what was sent.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

TYPE: Final = "urn:hutong:problem:"


class ExchangeError(Exception):
    """`problem` is the document as it came; empty where there was no answer."""

    def __init__(
        self, text: str, problem: Mapping[str, Any] | None = None, *, call: str | None = None, retry_after: int = 0
    ) -> None:
        super().__init__(text)
        self.problem = dict(problem or {})
        self.call = call or self.problem.get("call")
        self.retry_after = retry_after

    @property
    def slug(self) -> str:
        return str(self.problem.get("type", "")).removeprefix(TYPE)

    @property
    def status(self) -> int | None:
        found = self.problem.get("status")
        return found if isinstance(found, int) else None

    @property
    def failed_checks(self) -> list[dict[str, Any]]:
        """`[{"check", "satisfy": {"zh", "en"}}]` of a refusal."""
        return _documents(self.problem.get("failed_checks"))

    @property
    def errors(self) -> list[dict[str, Any]]:
        """`[{"pointer", "rule", "expected"}]` of what breaks a specification or standard."""
        return _documents(self.problem.get("errors"))


class Unidentified(ExchangeError):
    """The exchange does not know who calls."""


class Refused(ExchangeError):
    """Policy says no."""


class NotPermitted(ExchangeError):
    """The client lacks the scope."""


class MalformedRequest(ExchangeError):
    """The request could not be read."""


class InvalidRequest(ExchangeError):
    """The request breaks its specification."""


class NotFound(ExchangeError):
    """There is no such thing, or none that this client may know of."""


class Conflict(ExchangeError):
    """The change contradicts what is there."""


class QuotaExhausted(ExchangeError):
    """The agreement's quota is used up for `retry_after` seconds."""


class ProviderError(ExchangeError):
    """The provider did not do its part; nothing of its reply was released."""


class ProviderFailed(ProviderError):
    """The provider is down or answered nonsense."""


class ProviderBrokeStandard(ProviderError):
    """The provider's reply breaks the data standard; `errors` names the fields, never their values."""


class ProviderTooSlow(ProviderError):
    """The provider took too long."""


class Unavailable(ExchangeError):
    """The exchange cannot decide or record now, so it released nothing."""


class Unreachable(ExchangeError):
    """No answer came. A call may have been recorded and made all the same."""


class NotAnExchange(ExchangeError):
    """Something else than the expected exchange answers at this address."""


class Unverified(ExchangeError):
    """A receipt does not prove the answer: `findings` are `ledger.verify.Discrepancy`, or sentences."""

    def __init__(self, text: str, findings: Sequence[object] = (), *, call: str | None = None) -> None:
        super().__init__(text, call=call)
        self.findings = tuple(findings)


class LogForked(Unverified):
    """Two checkpoints, both signed by the log, contradict each other: keep both and tell the auditors."""

    def __init__(self, text: str, remembered: bytes, seen: bytes) -> None:
        super().__init__(f"THE LEDGER WAS REWRITTEN: {text}. Keep both checkpoints and tell the auditors.")
        self.remembered = remembered
        self.seen = seen


BY_SLUG: Final[Mapping[str, type[ExchangeError]]] = {
    "malformed-request": MalformedRequest,
    "malformed-json": MalformedRequest,
    "missing-purpose": MalformedRequest,
    "unidentified": Unidentified,
    "refused": Refused,
    "not-permitted": NotPermitted,
    "unknown-service": NotFound,
    "unknown-operation": NotFound,
    "not-found": NotFound,
    "method-not-allowed": NotFound,
    "conflict": Conflict,
    "outdated": Conflict,
    "precondition-required": Conflict,
    "body-too-large": InvalidRequest,
    "unsupported-media-type": InvalidRequest,
    "invalid-request": InvalidRequest,
    "invalid-signature": InvalidRequest,
    "not-publishable": InvalidRequest,
    "incompatible": InvalidRequest,
    "quota-exhausted": QuotaExhausted,
    "internal": Unavailable,
    "provider-failed": ProviderFailed,
    "provider-broke-standard": ProviderBrokeStandard,
    "busy": Unavailable,
    "ledger-unavailable": Unavailable,
    "snapshot-unavailable": Unavailable,
    "obligation-failed": Unavailable,
    "provider-too-slow": ProviderTooSlow,
}
"""Every slug of `exchange.problems` (tested)."""


def of_response(response: httpx.Response) -> ExchangeError:
    """The error that an answer of the exchange's own stands for."""
    problem = _problem(response)
    call = response.headers.get("hutong-call")
    kind = BY_SLUG.get(str(problem.get("type", "")).removeprefix(TYPE))
    if kind is None and not problem:
        text = f"The answer {response.status_code} from {response.url.host} is no problem document of an exchange."
        return NotAnExchange(text, call=call)
    seconds = response.headers.get("retry-after", "")
    return (kind or ExchangeError)(
        describe(problem), problem, call=call, retry_after=int(seconds) if seconds.isdecimal() else 0
    )


def of_token_response(response: httpx.Response) -> ExchangeError:
    """The error that a refused token request stands for (RFC 6749 §5.2)."""
    document = _document(response)
    if "error" not in document:
        return of_response(response)
    text = f"No token was given: {document['error']}. {document.get('error_description', '')}".strip()
    problem = {"type": TYPE + "unidentified", "title": "No token was given", "status": response.status_code, **document}
    return Unidentified(text, problem)


def of_transport(error: httpx.RequestError, url: httpx.URL) -> Unreachable:
    text = f"{url.scheme}://{url.netloc.decode()} gave no answer ({type(error).__name__}): is the exchange running?"
    return Unreachable(text)


def describe(problem: Mapping[str, Any]) -> str:
    """Title, detail, and for each failed check or finding what would satisfy it; one line each."""
    chinese = not str(problem.get("title", "")).isascii()
    lines = [f"{problem.get('title', 'The exchange said no')}: {problem.get('detail', '')}".removesuffix(": ")]
    for failed in _documents(problem.get("failed_checks")):
        satisfy = failed.get("satisfy")
        wanted = satisfy.get("zh" if chinese else "en", "") if isinstance(satisfy, dict) else ""
        lines.append(f"  {failed.get('check')}: {wanted}")
    lines += [
        f"  {finding.get('pointer') or '/'}: {finding.get('expected')} ({finding.get('rule')})"
        for finding in _documents(problem.get("errors"))
    ]
    if problem.get("call"):
        lines.append(f"  call {problem['call']}")
    return "\n".join(lines)


def _problem(response: httpx.Response) -> dict[str, Any]:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    return _document(response) if media_type == "application/problem+json" else {}


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _documents(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
