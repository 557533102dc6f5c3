"""Where a department's own systems stand is nobody else's business."""

from typing import Any

import pytest

from tests.town.inside import ADDRESS
from tests.town.people import Town, problem_of

UPSTREAM = {"address", "connector", "has_credential"}


async def services(town: Town, who: str | None) -> list[dict[str, Any]]:
    """The service as the list and as its own page show it."""
    listed = await town.by(who, "GET", "/services")
    single = await town.by(who, "GET", "/services/health/people")
    assert (listed.status_code, single.status_code) == (200, 200)
    assert single.headers["etag"] == '"1"'
    return [listed.json()["items"][0], single.json()]


@pytest.mark.parametrize("who", [None, "justice", "auditor", "services/newborn"])
async def test_others_see_the_service_and_not_what_is_behind_it(town: Town, who):
    for shown in await services(town, who):
        assert shown["path"] == "/x/health/people"
        assert not UPSTREAM & shown.keys()
        assert ADDRESS not in str(shown)


@pytest.mark.parametrize("who", ["health", "operator"])
async def test_the_steward_and_operators_see_it_but_for_the_credential(town: Town, who):
    for shown in await services(town, who):
        assert (shown["address"], shown["connector"]) == (ADDRESS, "memory")
        assert isinstance(shown["has_credential"], bool)
        assert "credential" not in shown


@pytest.mark.parametrize("path", ["/services", "/services/health/people"])
async def test_a_bad_token_is_refused_where_none_is_needed(town: Town, path):
    answer = await town.by(None, "GET", path, headers={"authorization": "Bearer nonsense"})
    assert (answer.status_code, problem_of(answer)) == (401, "unidentified")
