"""Provider addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8081",
        "https://data.health.example",
        "https://data.health.example/",
        "https://data.health.example:8443/api/births",
        "http://[::1]:8081/api",
        "http://localhost/a-b_c~d.e",
    ],
)
def test_addresses_that_are_fine(address):
    assert addresses.faults(address) == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "visible ASCII"),
        ("https://卫生.example", "visible ASCII"),
        ("https://health.example/a b", "visible ASCII"),
        ("https://health.example\r\nHost: evil", "visible ASCII"),
        ("https://health.example\\@evil.example", "visible ASCII"),
        ("ftp://health.example", "http or https"),
        ("//health.example", "http or https"),
        ("health.example/api", "http or https"),
        ("file:///etc/passwd", "host name"),
        ("https:///api", "host name"),
        ("https://-bad-.example", "host name"),
        ("https://a..b", "host name"),
        ("https://" + "a." * 140 + "b", "host name"),
        ("https://[::1%25eth0]", "host"),
        ("https://[v1.x]", "host"),
        ("https://[::1", "host"),
        ("https://health.example:0", "port"),
        ("https://health.example:", "port"),
        ("https://health.example:70000", "port"),
        ("https://health.example:http", "port"),
        ("https://user@health.example", "no user"),
        ("https://user:word@health.example", "no user"),
        ("https://health.example/api?a=1", "no query"),
        ("https://health.example/api?", "no query"),
        ("https://health.example/api#a", "no fragment"),
        ("https://health.example/a/../b", "base path"),
        ("https://health.example/./b", "base path"),
        ("https://health.example/a//b", "base path"),
        ("https://health.example//", "base path"),
        ("https://health.example/a%2Fb", "base path"),
        ("https://health.example/{id}", "base path"),
    ],
)
def test_addresses_that_are_refused(address, told):
    assert any(told in fault for fault in addresses.faults(address))


def test_everything_wrong_is_told_at_once_and_no_secret():
    faults = addresses.faults("ftp://u:s3cret@health.example/../a?token=s3cret#s3cret")
    assert len(faults) == 5
    assert "s3cret" not in "".join(faults)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://Data.Health.Example/Api/", "https://data.health.example/Api"),
        ("http://h.example/", "http://h.example"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_addresses_are_tidied(address, expected):
    assert addresses.tidy(address) == expected


@pytest.mark.parametrize(("path", "expected"), [("", ""), ("/", ""), ("/api/v2", "/api/v2"), ("/Api/", "/Api")])
def test_the_base_path_ends_without_a_slash(path, expected):
    assert addresses.base_path(f"http://h.example{path}") == expected


def test_an_origin_is_written_as_it_is_called():
    assert str(addresses.origin("http://H.example/a")) == "http://h.example:80"
    assert str(addresses.origin("https://[FD12::1]")) == "https://[fd12::1]:443"


def test_the_origin_counts_default_ports_and_the_root_dot():
    assert addresses.origin("https://h.example/a") == addresses.origin("https://H.example.:443/b")
    assert addresses.origin("https://h.example") != addresses.origin("http://h.example")
    assert addresses.origin("https://h.example") != addresses.origin("https://h.example:444")


@given(st.text(max_size=60))
def test_any_text_is_judged_without_a_crash(text):
    for address in (text, f"http://{text}", f"http://h.example/{text}"):
        if not addresses.faults(address):
            assert addresses.faults(addresses.tidy(address)) == []
            addresses.origin(address)
