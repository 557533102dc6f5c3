"""A service is reviewed with its dataset: by whom, what it may change afterwards, and when it is called."""

from typing import Any

import pytest

from exchange.identity import assertions
from tests.town import documents, mapped
from tests.town.inside import ADDRESS
from tests.town.people import Town, problem_of

DATASET, SECOND = "/datasets/health/people", "/services/health/second"
CALLED = "/x/health/second/v1/lookups"


async def person(town: Town, by: str, name: str, *scopes: str) -> None:
    key = assertions.make_key()
    draft = {"name": {"en": name}, "keys": [assertions.public_jwk(key)], "scopes": scopes, "department": "health"}
    town.keys[name] = ((await town.did(by, "POST", "/people", json=draft))["id"], key)


async def etag(town: Town, url: str) -> dict[str, str]:
    return {"if-match": (await town.by("operator", "GET", url)).headers["etag"]}


async def approved(town: Town, who: str, url: str = DATASET) -> Any:
    return await town.by(who, "POST", f"{url}/approve", headers=await etag(town, url))


async def revised(town: Town, slug: str = "people", **changes: Any) -> Any:
    url = f"/services/health/{slug}"
    draft = documents.service(ADDRESS, slug=slug, dataset="people") | changes
    return await town.by("health", "PUT", url, json=draft, headers=await etag(town, url))


@pytest.fixture
async def second(town: Town) -> Town:
    """Somebody who is steward and operator registers a second service of a published dataset."""
    await person(town, "operator", "both", "steward:health", "operator")
    draft = documents.service(ADDRESS, slug="second", dataset="people")
    await town.did("both", "POST", "/services", json=draft)
    return town


async def test_a_service_that_joins_a_published_dataset_waits_for_a_review(second: Town):
    town = second
    drafted = {"application": "services/newborn", "service": "health/second", "terms": documents.terms()}
    id = (await town.did("services", "POST", "/agreements", json=drafted))["id"]

    async def unseen() -> None:
        assert problem_of(await town.call(path=CALLED)) == "unknown-service"
        for who in (None, "justice"):
            assert (await town.by(who, "GET", SECOND)).status_code == 404
            assert "health/second" not in (await town.by(who, "GET", "/services")).text
        refused = await town.by("health", "POST", f"/agreements/{id}/activate")
        assert ("/service", "published") in [(one["pointer"], one["rule"]) for one in refused.json()["errors"]]

    await unseen()
    row = await town.submitted("health", DATASET)
    assert (row["pending"]["number"], row["pending"]["stage"]) == (2, "publication-review")
    await unseen()
    assert (await town.call()).status_code == 200, "the service in force goes on"
    assert (await approved(town, "operator-2")).status_code == 200
    assert (await town.by(None, "GET", SECOND)).json()["approved_version"] == 2
    await town.put_under(id, "services", "health")
    assert (await town.call(path=CALLED)).status_code == 200
    assert problem_of(await town.submit("health", DATASET)) == "conflict", "nothing waits any more"


async def test_whoever_wrote_a_service_does_not_approve_its_publication(second: Town):
    """Nor whose account its author is, nor who revised it."""
    town = second
    await person(town, "operator", "other", "steward:health", "operator")
    draft = documents.service(ADDRESS, slug="second", dataset="people", title={"en": "Revised"})
    await town.did("other", "PUT", SECOND, json=draft, headers=await etag(town, SECOND))
    await town.submitted("health", DATASET)
    for who in ("both", "other", "operator"):
        answer = await approved(town, who)
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted"), who
        assert "another operator" in answer.json()["detail"]
    assert (await approved(town, "operator-2")).status_code == 200


async def test_a_service_that_changes_under_review_is_read_again(second: Town):
    town = second
    await town.submitted("health", DATASET)
    read = await etag(town, DATASET)
    assert (await revised(town, "second", address="http://elsewhere.test")).status_code == 200
    answer = await town.by("operator-2", "POST", f"{DATASET}/approve", headers=read)
    assert answer.status_code == 412
    assert [one["pointer"] for one in answer.json()["changes"]] == ["/services/second"]
    read = await etag(town, DATASET)
    await town.did("health", "POST", "/services", json=documents.service(ADDRESS, slug="third", dataset="people"))
    assert (await town.by("operator-2", "POST", f"{DATASET}/approve", headers=read)).status_code == 412
    assert (await approved(town, "operator-2")).status_code == 200


async def test_what_was_reviewed_stays_as_long_as_the_service_is_in_force(second: Town):
    town = second
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    mapping = {"mapping": "own-people", "mapping_version": "1.0.0"}
    refused = await revised(town, **mapping)
    assert (refused.status_code, problem_of(refused)) == (409, "conflict")
    assert "mapping" in refused.json()["detail"]
    assert (await revised(town, "second", **mapping)).status_code == 200, "what waits may still change"


async def told(town: Town) -> list[str]:
    found = (await town.did("operator", "GET", "/me/notices?limit=200"))["items"]
    return [one["message"]["en"] for one in found if one["kind"] == "service.moved"]


async def test_operators_are_told_where_a_service_in_force_moves(second: Town):
    town = second
    assert (await revised(town, title={"en": "Only its title"}, credential=None)).status_code == 200
    assert (await revised(town, "second", address="http://elsewhere.test")).status_code == 200
    before = await told(town)
    assert (await revised(town, address="http://203.0.113.9/other", credential=None)).status_code == 200
    (after,) = (await told(town))[: len(await told(town)) - len(before)]
    assert "another address" in after
    assert "203.0.113.9" not in after
