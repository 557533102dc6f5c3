"""What a request may say of revisions and times, and what is refused instead of failing."""

from urllib.parse import quote

import pytest

from tests.town.people import Town, problem_of

CALLS = "/departments/health/calls"


@pytest.mark.parametrize("etag", [b"\xb2", b'"\xb2"', b'"-1"', b'"1e3"', b'"1", "2"', b"", b'"99999999999999"'])
async def test_an_etag_that_nobody_gave_out_is_refused(town: Town, etag: bytes) -> None:
    headers = {b"if-match": etag, b"authorization": (await town.bearer("health"))["authorization"].encode()}
    answer = await town.http.put("/api/v1/datasets/health/people", headers=headers, json={})
    assert problem_of(answer) in ("malformed-request", "invalid-request")


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-01-01T00:00:00Z", "0.5", "2026-11-22"]
)
@pytest.mark.parametrize("path", ["/datasets?updated_since=", f"{CALLS}?since=", f"{CALLS}?until="])
async def test_a_time_out_of_bounds_is_refused(town: Town, path: str, time: str) -> None:
    assert problem_of(await town.by("health", "GET", path + quote(time))) == "invalid-request"


async def test_a_time_in_any_zone_is_taken(town: Town) -> None:
    for time in ("2026-11-22T08:00:00+08:00", "2026-11-22T00:00:00Z"):
        assert (await town.by("health", "GET", f"{CALLS}?since={quote(time)}")).status_code == 200


async def test_the_auditors_search_has_the_same_bounds(town: Town) -> None:
    answer = await town.by("auditor", "POST", "/ledger/search".replace("/ledger", "/api/v1/ledger"),
                           json={"since": "0001-01-01T00:00:00+23:59"})  # fmt: skip
    assert problem_of(answer) == "invalid-request"
