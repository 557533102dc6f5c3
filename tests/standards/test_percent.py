"""Paths and queries are decoded exactly once, strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.percent import MalformedPath, decode_query, encode, segments


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "v1/a",
        "/v1//a",
        "/v1/a/",
        "/v1/%2Fetc",
        "/v1/a%2fb",
        "/v1/a%5Cb",
        "/v1/a\\b",
        "/v1/%00",
        "/v1/a%0d%0aX",
        "/v1/%7f",
        "/v1/%c2%85",
        "/v1/.",
        "/v1/..",
        "/v1/../v1/a",
        "/v1/%2e%2e",
        "/v1/.%2E/a",
        "/v1/%2e",
        "/v1/%ff",
        "/v1/%c0%ae%c0%ae",
        "/v1/%ed%a0%80",
        "/v1/%",
        "/v1/%2",
        "/v1/%zz",
        "/v1/a b",
        "/v1/张",
        "/v1/a?b",
        "/v1/a#b",
        "/v1/a\x00",
        "/v1/a\n",
        "/v1/" + "a" * 257,
        "/v1/" + "%E5%BC%A0" * 257,
        "/v1" + "/a" * 1100,
    ],
)
def test_malformed_paths(path: str) -> None:
    with pytest.raises(MalformedPath):
        segments(path)


def test_double_encoding_survives_exactly_once() -> None:
    assert segments("/v1/%252e%252e/%252F/100%25") == ("v1", "%2e%2e", "%2F", "100%")
    assert encode("%2e%2e") == "%252e%252e"


def test_a_path_parameter_of_tomcat_loses_its_teeth() -> None:
    assert segments("/v1/..;/x")[1] == "..;"
    assert encode("..;") == "..%3B"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\\ufeff\u2028\u2029"), min_size=1)


@given(TEXT.filter(lambda text: text not in (".", "..") and len(text) < 50))
def test_every_other_text_comes_back(text: str) -> None:
    assert segments("/v1/" + encode(text)) == ("v1", text)


@given(st.text(max_size=40))
def test_nothing_dangerous_is_ever_decoded(text: str) -> None:
    try:
        parts = segments("/" + text)
    except MalformedPath:
        return
    for part in parts:
        assert part
        assert part not in (".", "..")
        assert not set(part) & set("/\\\x00\r\n")


def test_queries() -> None:
    assert decode_query("a+b%2B%E5%BC%A0") == "a b+张"
    for raw in ("%", "%zz", "%ff", "%00", "a b", "a#", "张", "%0a", "a\n"):
        with pytest.raises(ValueError, match=r".+"):
            decode_query(raw)
