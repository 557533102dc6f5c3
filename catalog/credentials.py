"""Which header an upstream credential may be (RFC 9110, section 5.1). Pure; asked at registration and at sending."""

import re

# Fields that frame, route or describe the message (RFC 9110, section 7.6.1), and those the exchange itself sets.
_TAKEN = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "cookie"}
    | {"expect", "forwarded", "host", "keep-alive", "proxy-authorization", "proxy-connection", "range", "te"}
    | {"traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"}
)
_TAKEN_FAMILIES = ("hutong-", "x-forwarded-")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def is_fit(header: str) -> bool:
    """Is it a header name that would do no more than identify us?"""
    name = header.lower()
    return bool(_TOKEN.fullmatch(header)) and name not in _TAKEN and not name.startswith(_TAKEN_FAMILIES)
