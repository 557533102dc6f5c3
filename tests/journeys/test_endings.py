"""How a dataset ends, over HTTP: a registration that is given up, a withdrawal that is announced."""

import pytest

from tests.journeys.test_reviews import OUTSIDE, tag
from tests.town import documents
from tests.town.inside import ADDRESS
from tests.town.people import Town, problem_of

URL = "/datasets/health/more"


@pytest.fixture
async def drafted(town: Town) -> Town:
    """A second dataset of the health department with its service, as a draft."""
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="more", title={"en": "Sundry"}))
    await town.did("health", "POST", "/services", json=documents.service(ADDRESS, slug="more", dataset="more"))
    return town


async def test_nobody_but_its_steward_gives_a_registration_up(drafted: Town):
    for who in (None, "justice", "operator", "operator-2", "auditor", "services/newborn"):
        answer = await drafted.by(who, "POST", f"{URL}/discard")
        assert answer.status_code == (401 if who is None else 403), who
        answer = await drafted.by(who, "POST", "/datasets/health/nothing/discard")
        assert answer.status_code == (401 if who is None else 403), "and nobody learns what is there"
    assert (await drafted.by("health", "POST", "/datasets/health/nothing/discard")).status_code == 404
    assert (await drafted.did("health", "GET", URL))["state"] == "draft"


async def test_a_registration_is_given_up_and_its_name_is_free_again(drafted: Town, node):
    row = await drafted.did("health", "POST", f"{URL}/submit", json={"review": "registration"})
    row = await drafted.did("operator-2", "POST", f"{URL}/approve", headers=tag(row))
    code, before = row["resource_code"], node.current.newest.services
    late = await drafted.by("health", "POST", f"{URL}/discard", headers={"if-match": '"1"'})
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    gone = await drafted.did("health", "POST", f"{URL}/discard", headers=tag(row))
    assert gone == {
        "id": "health/more", "state": "discarded", "revision": row["revision"] + 1, "resource_code": code,
        "services": ["health/more"], "agreements": [],
    }  # fmt: skip
    assert node.current.newest.services is before, "calls never heard of it"
    for who in (*OUTSIDE, "health", "operator"):
        assert (await drafted.by(who, "GET", URL)).status_code == 404
        assert (await drafted.by(who, "GET", f"{URL}/versions")).status_code == 404
        listed = (await drafted.by(who, "GET", "/datasets")).json()["items"]
        assert "health/more" not in [each["id"] for each in listed]
        assert (await drafted.by(who, "GET", "/search", params={"q": "sundry"})).json()["total"] == 0
    assert (await drafted.by("health", "GET", "/services/health/more")).status_code == 404
    assert (await drafted.by("health", "POST", f"{URL}/discard")).status_code == 404

    node.drain.drain()
    leaf = next(one for one in await drafted.found(type="change") if one["kind"] == "dataset.discarded")
    assert leaf["details"]["resource_code"] == code

    row = await drafted.did("health", "POST", "/datasets", json=documents.dataset(slug="more"))
    assert (row["version"], row["revision"], row["resource_code"]) == (2, gone["revision"] + 1, None)
    stages = (await drafted.did("health", "GET", f"{URL}/versions"))["items"]
    assert [(one["number"], one["stage"]) for one in stages] == [(2, "draft"), (1, "discarded")]
    row = await drafted.did("health", "POST", f"{URL}/submit", json={"review": "registration"})
    row = await drafted.did("operator-2", "POST", f"{URL}/approve", headers=tag(row))
    assert row["resource_code"] > code, "that one is given to nobody again"
