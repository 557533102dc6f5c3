"""Search over HTTP: everybody finds what is published, a department's steward and operators also what is theirs."""

import pytest

from tests.town.documents import secret_dataset
from tests.town.people import Town, problem_of


@pytest.fixture
async def shelf(town: Town) -> Town:
    draft = secret_dataset("hidden") | {
        "title": {"zh": "罕见病登记", "en": "Rare diseases"}, "keywords": ["罕见病"], "themes": ["health"],
    }  # fmt: skip
    await town.did("health", "POST", "/datasets", json=draft)
    return town


async def test_everybody_searches(shelf: Town):
    answer = await shelf.did(None, "GET", "/search", params={"q": "people", "sharing_class": "conditional"})
    assert [item["id"] for item in answer["items"]] == ["health/people"]
    assert answer["items"][0]["highlights"][0] == {"pointer": "/title/en", "text": "People", "marks": [[0, 6]]}
    assert answer["items"][0]["department_name"]
    assert (answer["total"], answer["next"], answer["facets_exact"]) == (1, None, True)
    assert answer["facets"]["department"][0]["value"] == "health"
    assert answer["facets"]["department"][0]["name"]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (None, False),
        ("justice", False),
        ("services/newborn", False),
        ("auditor", False),
        ("health", True),
        ("operator", True),
    ],
)
async def test_a_draft_is_its_departments(shelf: Town, who, sees):
    answer = await shelf.did(who, "GET", "/search", params={"q": "罕见病"})
    assert answer["total"] == len(answer["items"]) == sees
    assert bool(answer["facets"]["theme"]) == sees
    whole = await shelf.did(who, "GET", "/search")
    assert ("health/hidden" in [item["id"] for item in whole["items"]]) == sees
    assert {"value": "health", "count": 1} in whole["facets"]["theme"] or not sees
    assert bool((await shelf.did(who, "GET", "/search/suggest", params={"q": "罕"}))["items"]) == sees
    filtered = await shelf.did(who, "GET", "/search", params={"state": "draft"})
    assert bool(filtered["items"]) == sees


async def test_filters_and_pages(shelf: Town):
    first = await shelf.did("health", "GET", "/search", params={"limit": 1, "sort": "title"})
    rest = await shelf.did("health", "GET", "/search", params={"limit": 200, "sort": "title", "cursor": first["next"]})
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert len(ids) == len(set(ids)) == first["total"]
    only = await shelf.did("health", "GET", "/search", params={"theme": ["health", "other"], "sensitivity": 2})
    assert all("health" in item["themes"] for item in only["items"])
    assert (await shelf.did(None, "GET", "/search", params={"department": "justice"}))["total"] == 0


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"q": "?!"}, "malformed-request"),
        ({"q": " ".join(f"w{n}" for n in range(13))}, "malformed-request"),
        ({"q": "x" * 201}, "invalid-request"),
        ({"cursor": "x"}, "malformed-request"),
        ({"sharing_class": "secret"}, "invalid-request"),
        ({"sensitivity": 5}, "invalid-request"),
        ({"sort": "x"}, "invalid-request"),
        ({"limit": 0}, "invalid-request"),
        ({"theme": ["x"] * 21}, "invalid-request"),
    ],
)
async def test_what_cannot_be_asked(shelf: Town, query, problem):
    assert problem_of(await shelf.by(None, "GET", "/search", params=query)) == problem


async def test_a_bad_token_is_refused(shelf: Town):
    answer = await shelf.http.get("/api/v1/search", headers={"authorization": "Bearer x"})
    assert problem_of(answer) == "unidentified"


async def test_a_publication_is_found_by_all_at_once(shelf: Town):
    await shelf.put_in_force("health/hidden")
    assert (await shelf.did(None, "GET", "/search", params={"q": "罕见病"}))["total"] == 1
