"""What a call's headers and body may be, and what of them goes on."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.broker import request
from exchange.broker.call import Call, Refused, new_id
from exchange.ledger.entries import MOST_SUBJECTS
from tests.town.documents import resident_id


def call(headers=None, **changes):
    given = {
        "id": new_id(1), "at": 1, "method": "GET", "department": "health", "service": "people", "path": "/v1/x",
        "query": "", "headers": {b"hutong-purpose": b"p"} | (headers or {}), "repeated": [], "network": "",
        "read": None,
    }  # fmt: skip
    return Call(**(given | changes))


@given(st.dictionaries(st.sampled_from([b"hutong-purpose", b"hutong-case", b"hutong-actor", b"hutong-basis",
                                        b"hutong-fields"]), st.binary(max_size=200)))  # fmt: skip
def test_any_bytes_are_read_or_refused_and_never_repeated(headers):
    asked, refused = read(headers)
    if asked is None:
        assert refused.status == 400
        sent = [value for value in headers.values() if not any(value in name for name in headers)]
        assert all(len(value) < 12 or value.decode("latin-1") not in refused.detail for value in sent)
        return
    for text in (asked.purpose, asked.basis, asked.case, asked.actor):
        assert text is None or (text.isascii() and text.isprintable() and 0 < len(text) <= 128)


def read(headers):
    try:
        return request.read_headers(call(headers)), None
    except Refused as refused:
        return None, refused


@pytest.mark.parametrize("name", [b"hutong-case", b"hutong-actor", b"hutong-basis"])
@pytest.mark.parametrize("value", [resident_id(1), f"case/{resident_id(1).lower()}/2", "tel:13812345678"])
def test_identifiers_of_persons_stand_in_no_header(name, value):
    with pytest.raises(Refused) as refused:
        request.read_headers(call({name: value.encode()}))
    assert refused.value.slug == "malformed-request"
    assert value not in refused.value.detail


TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOBODY = b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01"


def test_the_trace_goes_on_with_the_call_as_parent():
    one = call({b"traceparent": TRACE, b"tracestate": b"a=1"})
    headers = dict(request.upstream_headers(one, has_body=False))
    assert headers["traceparent"] == f"00-0af7651916cd43dd8448eb211c80319c-{one.id[-16:]}-01"
    assert headers["tracestate"] == "a=1"
    assert set(headers) == {"accept", "hutong-call", "traceparent", "tracestate"}


@pytest.mark.parametrize(
    "bad", [b"", b"00", TRACE.upper(), TRACE + b"-x", b"01" + TRACE[2:], NOBODY, TRACE + b"\r\nX: 1"],
)  # fmt: skip
def test_a_malformed_trace_stays_behind(bad):
    headers = dict(request.upstream_headers(call({b"traceparent": bad, b"tracestate": b"a=1"}), has_body=True))
    assert set(headers) == {"accept", "hutong-call", "content-type"}


def test_call_ids_are_in_order_of_time_and_not_to_be_guessed():
    ids = [new_id(at) for at in range(1000)]
    assert ids == sorted(ids)
    assert len({one[12:] for one in ids}) == 1000
    assert all(len(one) == 32 for one in ids)


def test_identifiers_are_found_however_deep_they_lie():
    records = [{"a": [{"b": "1"}, {"b": ["2", None]}], "c": 3}, {"a": {"b": ""}}, {"c": None}]
    assert request.identifiers(records, [("a", "b"), ("c",)]) == ["1", "2", "3"]


def test_a_request_that_names_more_persons_than_one_entry_holds_is_refused():
    operation = SimpleNamespace(subject=("ids",))
    people = [str(at) for at in range(MOST_SUBJECTS)]
    assert len(request.subjects_of(operation, {"ids": [*people, *people]})) == 2 * MOST_SUBJECTS
    with pytest.raises(Refused) as refused:
        request.subjects_of(operation, {"ids": [*people, "one more"]})
    assert refused.value.slug == "invalid-request"


def test_a_reply_that_names_more_persons_than_one_entry_holds_is_the_providers_failure():
    records = [{"members": [f"{house}.{at}" for at in range(64)]} for house in range(MOST_SUBJECTS // 64)]
    assert len(request.identifiers(records, [("members",)])) == MOST_SUBJECTS
    with pytest.raises(Refused) as refused:
        request.identifiers([*records, {"members": "one more"}], [("members",)])
    assert (refused.value.slug, refused.value.outcome) == ("provider-failed", "provider-failed")
