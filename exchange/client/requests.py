"""What a call sends, checked before anything leaves: addresses that stay where they point, headers that are one line.

Texts of errors name the place, never the value.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VISIBLE = re.compile(r"[\x20-\x7e]*")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


def exchange_url(url: str, *, secret: bool = True) -> str:
    """The address without a slash at its end. Raises ValueError; a `secret`, such as a token, travels in
    clear on the loopback only.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("The exchange's address reads https://<host>[:<port>].")
    if secret and parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname):
        raise ValueError(f"Tokens would travel to {parts.hostname} in clear: use its https address.")
    return url.rstrip("/")


def call_path(department: str, service: str, path: str) -> str:
    """`/x/{department}/{service}{path}`. Raises ValueError."""
    if not _SLUG.fullmatch(department) or not _SLUG.fullmatch(service):
        raise ValueError("Department and service are slugs: lower-case letters, digits and hyphens.")
    return f"/x/{department}/{service}{own_path(path)}"


def own_path(path: str) -> str:
    """A path that httpx sends as it stands, to the exchange and nowhere else. Raises ValueError."""
    steps = path.split("/")
    if not path.startswith("/") or "" in steps[1:-1] or len(steps) < 2:
        raise ValueError("A path begins with one slash and has no empty steps.")
    if {".", ".."} & {step.lower().replace("%2e", ".") for step in steps} or not _VISIBLE.fullmatch(path):
        raise ValueError("A path has no dot steps and no control characters: quote parts with urllib.parse.quote.")
    if {"?", "#", "\\", " "} & set(path):
        raise ValueError("A path has no query: give params=…, and quote parts with urllib.parse.quote(…, safe='').")
    return path


def call_headers(
    *,
    purpose: str,
    basis: str | None,
    case: str | None,
    actor: str | None,
    fields: str | Iterable[str] | None,
    trace: str | None,
) -> httpx.Headers:
    """The Hutong-* headers and `traceparent`; None is left out. Raises ValueError."""
    listed = fields if fields is None or isinstance(fields, str) else ",".join(fields)
    given = {
        "hutong-purpose": purpose,
        "hutong-basis": basis,
        "hutong-case": case,
        "hutong-actor": actor,
        "hutong-fields": listed,
        "traceparent": trace,
    }
    headers = {name: value for name, value in given.items() if value is not None}
    for name, value in headers.items():
        if not _VISIBLE.fullmatch(value):
            raise ValueError(f"{name} holds visible ASCII characters only.")
    return httpx.Headers(headers)


def etag(revision: str | int) -> str:
    """If-Match of a revision as the API shows it, or of an ETag."""
    return f'"{revision}"' if isinstance(revision, int) or revision.isdecimal() else revision
