"""Headers are allow-lists in both directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.base import ProviderFailed
from exchange.connectors.headers import UPWARD, credential, judge, returned, upward


@given(st.lists(st.tuples(st.text(max_size=12) | st.sampled_from(sorted(UPWARD)), st.text(max_size=12)), max_size=8))
def test_whatever_comes_only_listed_names_with_printable_values_go_up(pairs: list[tuple[str, str]]) -> None:
    sent = upward(pairs)
    assert {name for name, _ in sent} <= UPWARD
    assert len({name for name, _ in sent}) == len(sent)
    assert all(value.isascii() and value.isprintable() for _, value in sent)


def test_the_first_of_a_name_goes_up() -> None:
    assert upward([("Hutong-Call", "a"), ("hutong-call", "b")]) == [("hutong-call", "a")]


@pytest.mark.parametrize("named", ["traceparent", "close, Traceparent", " TRACEPARENT ,x"])
def test_what_connection_names_stays_behind(named: str) -> None:
    assert upward([("traceparent", "00"), ("accept", "a/b"), ("Connection", named)]) == [("accept", "a/b")]


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\nb", "a\x00", "ü", "\x7f"])
def test_a_value_that_could_end_the_header_stays_behind(value: str) -> None:
    assert upward([("traceparent", value)]) == []


@pytest.mark.parametrize("name", [b"Authorization", b"X-Api-Key", b"apikey", b"Proxy-Token"])
def test_a_credential_is_one_header(name: bytes) -> None:
    assert credential((name, b"Bearer abc")) == ((name.decode(), "Bearer abc"),)
    assert credential(None) == ()


@pytest.mark.parametrize(
    "pair",
    [
        *((name, b"x") for name in (b"Host", b"content-length", b"Range", b"Connection", b"Cookie", b"TE")),
        *((name, b"x") for name in (b"Hutong-Call", b"X-Forwarded-For", b"", b"a b", b"a:", b"a\r\nb", b"\xff")),
        *((b"Authorization", value) for value in (b"", b" x", b"x\r\nHost: y", b"\xff", b"x\x00")),
    ],
)
def test_a_credential_that_would_do_more_is_refused_without_being_shown(pair: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="redential") as refused:
        credential(pair)
    assert "Host: y" not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [b"application/json", b"Application/JSON ; charset=UTF-8", b'application/json;charset="utf-8"'],
)
def test_json_in_utf8_is_accepted(value: bytes) -> None:
    assert judge(200, [(b"Content-Type", value)]) == "application/json"


def test_problem_json_keeps_its_name_but_returns_as_json() -> None:
    assert judge(404, [(b"content-type", b"application/problem+json")]) == "application/problem+json"
    assert returned(404, "application/problem+json", b"{}") == [(b"content-type", b"application/json")]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(101, "malformed"), (199, "malformed"), (302, "redirect"), (600, "malformed"), (0, "malformed")],
)
def test_other_statuses_are_not_replies(status: int, reason: str) -> None:
    with pytest.raises(ProviderFailed) as failed:
        judge(status, [(b"Content-Type", b"application/json")])
    assert (failed.value.reason, failed.value.status) == (reason, status)


def test_an_undeclared_body_is_refused_and_no_body_needs_no_declaration() -> None:
    assert returned(204, judge(204, []), b"") == []
    with pytest.raises(ProviderFailed):
        returned(200, judge(200, []), b"{}")
