"""Which headers cross the exchange, in both directions. Pure.

Both ways are allow-lists: what is not named here stays behind. So the caller's Authorization, Cookie, Hutong-* and
X-Forwarded-* never go up, the provider's Set-Cookie, WWW-Authenticate, Server and Location never come back, and the
hop-by-hop fields of RFC 9110 §7.6.1 go neither way.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from catalog import credentials
from exchange.connectors.base import ProviderFailed

UPWARD = frozenset({"accept", "content-type", "traceparent", "tracestate", "hutong-call"})
CONTENT_TYPES = frozenset({b"application/json", b"application/problem+json"})
RETURNED = ((b"content-type", b"application/json"),)

# No encoding is asked for, so none is undone: a body that has one cannot be judged.
_ENCODINGS = {b"content-encoding": (b"identity",), b"transfer-encoding": (b"chunked",)}


def upward(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers that may go to the provider, first of each name; a value that is not printable ASCII is left out."""
    kept: dict[str, str] = {}
    named: set[str] = set()
    for name, value in headers:
        key = name.lower()
        if key in UPWARD:
            if value.isascii() and value.isprintable():
                kept.setdefault(key, value)
        elif key == "connection":
            named.update(option.strip().lower() for option in value.split(","))
    return [pair for pair in kept.items() if pair[0] not in named] if named else list(kept.items())


def credential(pair: tuple[bytes, bytes] | None) -> tuple[tuple[str, str], ...]:
    """The service's own header as text, ready to send. Raises ValueError when it would do more than identify us."""
    if pair is None:
        return ()
    name, value = pair[0].decode("latin-1"), pair[1].decode("latin-1")
    if not credentials.is_fit(name):
        raise ValueError("This header cannot serve as a credential. Use Authorization or a header of the provider's.")
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("A credential's value is printable ASCII without spaces around it.")
    return ((name, value),)


def judge(status: int, headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The reply's content type ("" when it names none), judged before its body is read. Raises ProviderFailed."""
    if 300 <= status < 400:
        raise ProviderFailed("redirect", status=status)
    if not 200 <= status < 600:
        raise ProviderFailed("malformed", status=status)
    content_type: bytes | None = None
    for name, value in headers:
        key = name.lower()
        if key == b"content-type":
            if content_type is not None:
                raise _not_json(status)
            content_type = value
        elif key in _ENCODINGS and value.strip().lower() not in _ENCODINGS[key]:
            raise ProviderFailed(
                "malformed", f"The provider answered {status} with a body in an encoding nobody asked for.", status
            )
    if content_type is None:
        return ""
    if not (known := _media_type(content_type)):
        raise _not_json(status)
    return known


def returned(status: int, content_type: str, body: bytes) -> list[tuple[bytes, bytes]]:
    """The headers that may go back to the caller. Raises ProviderFailed for a body that was not declared as JSON."""
    if not body:
        return []
    if not content_type:
        raise _not_json(status)
    return list(RETURNED)


def modified(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The provider's Last-Modified, b"" when it names none or too much to be one."""
    for name, value in headers:
        if len(name) == 13 and name.lower() == b"last-modified":
            return value if len(value) <= 64 else b""
    return b""


@lru_cache(maxsize=256)
def _media_type(value: bytes) -> str:
    """`application/json` or `application/problem+json`; "" for everything else, other charsets than UTF-8 included."""
    media_type, *parameters = (part.strip().lower() for part in value.split(b";"))
    if media_type not in CONTENT_TYPES or len(parameters) > 1:
        return ""
    if parameters and parameters[0] not in (b"charset=utf-8", b'charset="utf-8"'):
        return ""
    return media_type.decode()


def _not_json(status: int) -> ProviderFailed:
    return ProviderFailed(
        "malformed", f"The provider answered {status} with something other than application/json in UTF-8.", status
    )
