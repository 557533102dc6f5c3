"""Lists of the management API, narrowed and ordered; every page goes on where the one before ended."""

import pytest

from tests.town.people import Town, problem_of

SLUGS = {
    "/departments": ("slug", ["health", "justice", "services"]),
    "/applications": ("id", ["justice/courts", "services/newborn", "services/stats"]),
    "/services": ("id", ["health/people"]),
    "/interfaces": ("slug", None),
}


async def listed(town: Town, path: str, **query) -> list[dict]:
    answer = await town.by(None, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.parametrize("path", SLUGS)
async def test_a_list_goes_both_ways_page_by_page(town: Town, path):
    name, expected = SLUGS[path]
    forwards = [row[name] for row in await listed(town, path, sort="slug")]
    assert forwards == sorted(forwards)
    assert expected is None or forwards == expected
    backwards, cursor = [], None
    while True:
        query = {"sort": "-slug", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await town.by(None, "GET", path, params=query)).json()
        backwards += [row[name] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert backwards == forwards[::-1]
    unknown = await town.by(None, "GET", path, params={"sort": "colour"})
    assert (unknown.status_code, problem_of(unknown)) == (422, "invalid-request")


async def test_words_and_owners_narrow_a_list(town: Town):
    assert [row["slug"] for row in await listed(town, "/departments", q="JUST")] == ["justice"]
    assert await listed(town, "/departments", q="%") == []
    assert await listed(town, "/departments", active="false") == []
    assert [row["id"] for row in await listed(town, "/applications", department="services", q="new")] == [
        "services/newborn"
    ]
    assert await listed(town, "/services", dataset="health/sealed") == []
    assert [row["id"] for row in await listed(town, "/services", dataset="health/people", q="peop")] == [
        "health/people"
    ]
    (interface,) = {row["slug"] for row in await listed(town, "/interfaces")}
    assert [row["slug"] for row in await listed(town, "/interfaces", department="health", slug=interface)] == [
        interface
    ]
    assert await listed(town, "/interfaces", department="justice") == []
    assert await listed(town, "/services", interface="other") == []
    assert await listed(town, "/mappings", q="nothing", department="health", sort="-slug") == []
