"""What a call asks for: its headers read and bounded, its body read strictly, the data subjects that it names."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from exchange.broker.call import ACTOR, BASIS, CASE, EMERGENCY, FIELDS, PURPOSE, Call, Refused
from exchange.ledger.entries import MOST_SUBJECTS
from standards.identifiers import looks_like_personal
from standards.specification import MISSING, Operation
from standards.strict_json import UnreadableJson, loads

_VISIBLE = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ITEM = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_LIMITS = {PURPOSE: 64, CASE: 64, ACTOR: 64, BASIS: 128, EMERGENCY: 64}
MAX_HEADER_BYTES = 16 * 1024
MAX_PATH_BYTES = 2048

NOT_AN_APPLICATION = {
    "check": "application",
    "satisfy": {
        "en": "Only an application with the scope `call` may call; ask your department's data steward to register one.",
        "zh": "只有具备 call 权限的应用系统可以调用；请联系本部门数据专员登记应用系统。",
    },
}


def outside_rows(contact: str) -> dict[str, Any]:
    return {
        "check": "rows",
        "satisfy": {
            "en": f"The record lies outside the rows that the agreement covers; for a wider one, ask {contact}.",
            "zh": f"该记录不在协议约定的数据范围内；如需扩大范围，请联系 {contact}。",
        },
    }


_USED_UP = {
    "quota": (
        "协议在本时间窗口内的 {limit} 次调用已用完；请等待下一窗口，或联系 {contact}。",
        "All {limit} calls of the agreement's window are used; wait for the next one, or ask {contact}.",
    ),
    "rate": (
        "协议允许的 {limit} 次连续调用已用完；请按 Retry-After 稍候再调用，或联系 {contact}。",
        "The {limit} calls that the agreement allows at a stretch are used; wait as Retry-After says or ask {contact}.",
    ),
    "total": (
        "协议约定的总计 {limit} 次调用已用完；如需继续调用，请向 {contact} 重新申请。",
        "All {limit} calls of the agreement are used; for more, request a new one from {contact}.",
    ),
}


def limit_reached(check: str, limit: int, contact: str) -> dict[str, Any]:
    """`check` is quota, rate or total."""
    chinese, english = (text.format(limit=limit, contact=contact) for text in _USED_UP[check])
    return {"check": check, "satisfy": {"en": english, "zh": chinese}}


class Asked(NamedTuple):
    """What the Hutong-* headers claim; `actor` is the responsible person, `emergency` the id of a declaration."""

    purpose: str
    basis: str | None
    case: str | None
    actor: str | None
    fields: frozenset[str] | None
    emergency: str | None = None


def check_framing(call: Call) -> None:
    """Refuses paths and header sections that no honest client sends."""
    if "%" in call.department or "%" in call.service or not call.department or not call.service:
        raise Refused("malformed-request", "Department and service are plain lower-case slugs.")
    if len(call.path) + len(call.query) > MAX_PATH_BYTES:
        raise Refused("malformed-request", f"Path and query may have {MAX_PATH_BYTES} bytes together.")
    if sum(map(len, call.headers.values())) > MAX_HEADER_BYTES:
        raise Refused("malformed-request", f"The header section may have {MAX_HEADER_BYTES} bytes.")


def read_headers(call: Call) -> Asked:
    """Read and bound the Hutong-* headers; their values are never repeated in a refusal."""
    if call.repeated:
        raise Refused("malformed-request", f"{call.repeated[0].decode()} came more than once.")
    headers = call.headers
    purpose = _bounded(headers.get(PURPOSE) or None, PURPOSE)
    if purpose is None:
        raise Refused("missing-purpose")
    return Asked(
        purpose,
        _impersonal(headers.get(BASIS), BASIS),
        _impersonal(headers.get(CASE), CASE),
        _impersonal(headers.get(ACTOR), ACTOR),
        _items(headers.get(FIELDS)),
        _bounded(headers.get(EMERGENCY), EMERGENCY),
    )


def _bounded(value: bytes | None, name: bytes) -> str | None:
    if value is None:
        return None
    if len(value) > _LIMITS[name] or not _VISIBLE.fullmatch(value):
        detail = f"{name.decode()} holds 1 to {_LIMITS[name]} visible ASCII characters."
        raise Refused("malformed-request", detail)
    return value.decode("ascii")


def _impersonal(value: bytes | None, name: bytes) -> str | None:
    text = _bounded(value, name)
    if text is not None and looks_like_personal(text):
        raise Refused(
            "malformed-request",
            f"{name.decode()} is shaped like a resident id or phone number; those never stand in headers. "
            "Name a case, a staff account or a legal basis.",
        )
    return text


def _items(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    names = [part.strip() for part in value.decode("latin-1").split(",")]
    if len(names) > 500 or not all(_ITEM.fullmatch(name) for name in names):
        raise Refused("malformed-request", "hutong-fields is a comma list of item names.")
    return frozenset(names)


async def read_body(call: Call, operation: Operation) -> tuple[bytes | None, Any]:
    """The body as bytes (None when none was announced) and as strict JSON (MISSING where there is none)."""
    headers = call.headers
    announced = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if not announced:
        return None, MISSING
    if not operation.has_body:
        finding = {"pointer": "", "rule": "body", "expected": "a request without a body"}
        raise Refused("invalid-request", errors=[finding])
    media_type, _, parameters = headers.get(b"content-type", b"").lower().partition(b";")
    if media_type.strip() != b"application/json" or b"content-encoding" in headers:
        raise Refused("unsupported-media-type")
    if parameters and parameters.replace(b" ", b"").replace(b'"', b"") not in (b"charset=utf-8", b"charset=utf8"):
        raise Refused("unsupported-media-type", "JSON is UTF-8 here; send no other charset.")
    body = await call.read()
    if not body:
        return b"", MISSING
    try:
        return body, loads(body)
    except UnreadableJson as error:
        finding = {"pointer": "", "rule": error.reason, "expected": "strict JSON in UTF-8"}
        raise Refused("malformed-json", errors=[finding]) from None


def upstream_headers(call: Call, has_body: bool) -> list[tuple[str, str]]:
    """The few headers a provider gets from the broker; the trace goes on with the call as its parent span."""
    headers = [("accept", "application/json"), ("hutong-call", call.id)]
    if has_body:
        headers.append(("content-type", "application/json"))
    trace = call.headers.get(b"traceparent")
    if trace is not None and _TRACEPARENT.fullmatch(text := trace.decode("latin-1")):
        headers.append(("traceparent", f"{text[:36]}{call.id[-16:]}{text[52:]}"))
        state = call.headers.get(b"tracestate", b"")
        if state and len(state) <= 512 and _VISIBLE.fullmatch(state):
            headers.append(("tracestate", state.decode("ascii")))
    return headers


def subjects_of(operation: Operation, value: Any) -> list[str]:
    """The data subjects' identifiers that the request names, where the specification says it does. Raises Refused."""
    found: list[str] = []
    if operation.subject is not None and value is not MISSING:
        _collect(value, operation.subject, 0, found)
    if len(set(found)) > MOST_SUBJECTS:
        raise Refused("invalid-request", f"A request names at most {MOST_SUBJECTS} data subjects; ask in parts.")
    return found


def identifiers(records: Iterable[Any], paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Values of the items that identify a person or an organisation, in these records; lists are passed through.

    Raises Refused beyond what one ledger entry commits to.
    """
    found: list[str] = []
    for record in records:
        for path in paths:
            _collect(record, path, 0, found)
    if len(set(found)) > MOST_SUBJECTS:
        detail = f"The provider's reply names more than {MOST_SUBJECTS} persons; ask for a smaller page."
        raise Refused("provider-failed", detail, outcome="provider-failed")
    return found


def _collect(value: Any, path: tuple[str, ...], depth: int, found: list[str]) -> None:
    if isinstance(value, list):
        for element in value:
            _collect(element, path, depth, found)
    elif depth == len(path):
        if isinstance(value, str | int) and value != "":
            found.append(str(value))
    elif isinstance(value, dict) and path[depth] in value:
        _collect(value[path[depth]], path, depth + 1, found)
