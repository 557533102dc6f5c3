"""Data contracts over HTTP: of published datasets for everybody, of others for those who may see them."""

import yaml

from tests.town import documents
from tests.town.people import Town, problem_of

PEOPLE = "/datasets/health/people/contract"


async def test_everybody_reads_the_contract_of_a_published_dataset(town: Town):
    answer = await town.by(None, "GET", f"{PEOPLE}.yaml")
    assert answer.headers["content-type"].startswith("application/yaml")
    linked = await town.by(None, "GET", f"{PEOPLE}.json")
    assert answer.headers["etag"] == linked.headers["etag"]
    made = yaml.safe_load(answer.text)
    assert made == linked.json()
    assert (made["kind"], made["status"]) == ("DataContract", "active")
    assert made["servers"][0]["location"] == f"{town.issuer}/x/health/people"
    assert documents.LEAK not in answer.text
    assert "provider.test" not in answer.text


async def test_the_contract_of_a_draft_is_for_its_own_people(town: Town):
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="drafted"))
    for suffix in ("yaml", "json"):
        path = f"/datasets/health/drafted/contract.{suffix}"
        for who in (None, "justice", "services/newborn"):
            answer = await town.by(who, "GET", path)
            assert (answer.status_code, problem_of(answer)) == (404, "not-found"), who
        for who in ("health", "operator"):
            assert (await town.by(who, "GET", path)).status_code == 200
