"""Provider addresses: an absolute http or https URL with a host and at most a base path (RFC 3986). Pure.

Where an address may point to is not judged here but when it is connected to.
"""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host (lower case, IPv6 without brackets) and port: what a credential is bound to (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def faults(address: str) -> list[str]:
    """What the address would have to be, one text per rule it breaks; empty when it is fine. Never repeats it."""
    if not _VISIBLE.fullmatch(address) or "\\" in address:
        return ["visible ASCII characters without a backslash, a name in another script as xn--…"]
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ["an absolute URL with a host and, if any, a port from 1 to 65535"]
    rules = {
        "an http or https URL": parts.scheme in _PORTS,
        "a host name or an IP address, in brackets for IPv6": _is_host(parts),
        "a port from 1 to 65535 after the colon, or no colon": port != 0 and not parts.netloc.endswith(":"),
        "no user or password: give a credential instead": "@" not in parts.netloc,
        "no query": "?" not in address,
        "no fragment": "#" not in address,
        "a base path of plain segments, without dot segments, empty segments or escapes": _is_path(parts.path),
    }
    return [expected for expected, kept in rules.items() if not kept]


def tidy(address: str) -> str:
    """The address with its scheme and host in small letters and without a slash at its end."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}{base_path(address)}"


def origin(address: str) -> Origin:
    """The origin of an address without faults."""
    parts = urlsplit(address)
    return Origin(parts.scheme, (parts.hostname or "").removesuffix("."), parts.port or _PORTS[parts.scheme])


def base_path(address: str) -> str:
    """What an address without faults puts before every path: "" or segments, without a slash at the end."""
    return urlsplit(address).path.removesuffix("/")


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    try:
        return "%" not in host and ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def _is_path(path: str) -> bool:
    if path in {"", "/"}:
        return True
    segments = path.removesuffix("/").split("/")[1:]
    return all(_SEGMENT.fullmatch(segment) and segment not in {".", ".."} for segment in segments)
