"""Addresses, limits and what errors and shapes may say."""

import pytest

from catalog.addresses import Origin
from exchange.connectors.base import (
    REASONS,
    EgressForbidden,
    ProviderFailed,
    ProviderTooSlow,
    Upstream,
    UpstreamReply,
    UpstreamRequest,
)


@pytest.mark.parametrize(
    ("address", "origin", "base_path"),
    [
        ("http://a.example", Origin("http", "a.example", 80), ""),
        ("https://A.example/", Origin("https", "a.example", 443), ""),
        ("https://a.example.:8443/x", Origin("https", "a.example", 8443), "/x"),
        ("http://10.0.0.1:9001/api/v2/", Origin("http", "10.0.0.1", 9001), "/api/v2"),
        ("http://[FD12::1]:8443/x", Origin("http", "fd12::1", 8443), "/x"),
    ],
)
def test_an_address_is_origin_and_base_path(address: str, origin: Origin, base_path: str) -> None:
    upstream = Upstream.at(address, department="health")
    assert (upstream.origin, upstream.base_path) == (origin, base_path)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a.example", "ftp://a.example", "file:///etc/passwd", "http://", "http:///x", "http://u:p@a.example"),
        *("http://@a.example", "http://a.example?x=1", "http://a.example/#f", "http://a.example:99999", "http://a b"),
        *("http://例.example", "http://a.example/\r\nx", "http://a.example:0", "http://[::1", "http://a.example/../x"),
        *("http://a.example/x\\y", "http://a.example/%2e%2e/x", "http://a_b\\@c/"),
        *("http://a.example:", "http://a.example?", "http://a.example//x", "http://[::1%25lo]"),
    ],
)
def test_more_or_less_than_that_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        Upstream.at(address, department="health")


def test_nothing_secret_is_shown() -> None:
    secret = "s3cret"
    upstream = Upstream.at("http://a.example", department="health", credential=(b"Authorization", secret.encode()))
    request = UpstreamRequest("POST", "/v1/x", f"q={secret}", [("traceparent", secret)], secret.encode())
    reply = UpstreamReply(200, [], "application/json", secret.encode())
    assert secret not in f"{upstream!r} {request!r} {reply!r}"


def test_errors_are_the_builtin_category_they_are() -> None:
    assert isinstance(ProviderFailed("refused"), ConnectionError)
    assert isinstance(ProviderTooSlow(), TimeoutError)
    assert isinstance(EgressForbidden("health", "10.0.0.1"), PermissionError)
    assert "10.0.0.1" not in str(EgressForbidden("health", "10.0.0.1"))
    assert all(str(ProviderFailed(reason)).endswith(".") for reason in REASONS)
