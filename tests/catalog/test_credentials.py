"""Headers of upstream credentials."""

import pytest

from catalog import credentials


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "apikey", "Proxy-Token"])
def test_a_header_that_only_identifies(header):
    assert credentials.is_fit(header)


@pytest.mark.parametrize(
    "header",
    [
        *("Host", "host", "Content-Length", "content-type", "Content-Encoding", "Transfer-Encoding", "TE", "Trailer"),
        *("Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade", "Expect", "Range", "Via"),
        *("Accept", "Accept-Encoding", "User-Agent", "Cookie", "Forwarded", "X-Forwarded-For", "x-forwarded-proto"),
        *("Hutong-Call", "HUTONG-X", "traceparent", "Tracestate", "", "a b", "a:", "a\r\nb", "a\n", "é", "K\u212aey"),
    ],
)
def test_a_header_that_would_do_more(header):
    assert not credentials.is_fit(header)
