"""Sources, the evidence directory, lineage and related datasets over HTTP."""

from datetime import UTC, datetime

import pytest

from catalog import datasets
from tests.town.documents import PROPOSALS, SERVICE_ITEM, dataset
from tests.town.people import Town, problem_of

ELEMENT = PROPOSALS["elements"] | {"slug": "person-name"}


async def test_a_stranger_reads_but_changes_nothing(town: Town):
    assert problem_of(await town.by(None, "POST", "/service-items", json=SERVICE_ITEM)) == "unidentified"
    assert (await town.did(None, "GET", "/service-items"))["items"] == []
    assert problem_of(await town.by(None, "GET", "/evidence", params={"item": "vaccination"})) == "not-found"


async def test_another_department_changes_nothing(town: Town):
    await town.did("health", "POST", "/service-items", json=SERVICE_ITEM)
    for method in ("PUT", "DELETE"):
        body = {"json": SERVICE_ITEM} if method == "PUT" else {}
        answer = await town.by(
            "justice", method, "/service-items/health/vaccination", headers={"if-match": '"1"'}, **body
        )
        assert problem_of(answer) == "not-permitted"
        answer = await town.by(
            "justice", method, "/service-items/justice/vaccination", headers={"if-match": '"1"'}, **body
        )
        assert problem_of(answer) == "not-found"


async def test_the_evidence_of_a_service_item(town: Town):
    answer = await town.by("health", "POST", "/service-items", json=SERVICE_ITEM)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    found = await town.did("services/newborn", "GET", "/evidence", params={"item": "vaccination"})
    proof = found["requirements"][0]["proofs"][0]
    assert (proof["dataset"]["id"], proof["dataset"]["department"]) == ("health/people", "health")
    assert [item["path"] for item in proof["items"]] == ["name"]
    assert proof["services"][0]["specification"] == "/x/health/people/openapi.json"
    assert proof["available"]
    relying = await town.did(None, "GET", "/service-items", params={"dataset": "health/people"})
    assert [row["code"] for row in relying["items"]] == ["vaccination"]


async def test_a_service_item_is_revised_and_removed(town: Town):
    await town.did("health", "POST", "/service-items", json=SERVICE_ITEM)
    path = "/service-items/health/vaccination"
    assert problem_of(await town.by("health", "PUT", path, json=SERVICE_ITEM)) == "precondition-required"
    revised = SERVICE_ITEM | {"name": {"en": "Vaccinations"}}
    assert (await town.did("operator", "PUT", path, json=revised, headers={"if-match": '"1"'}))["revision"] == 2
    assert problem_of(await town.by("health", "DELETE", path, headers={"if-match": '"1"'})) == "outdated"
    answer = await town.by("health", "DELETE", path, headers={"if-match": '"2"'})
    assert (answer.status_code, answer.content) == (204, b"")
    assert problem_of(await town.by(None, "GET", path)) == "not-found"


async def test_who_is_the_source(town: Town, claimed):
    rows = (await town.did(None, "GET", "/once-only"))["items"]
    assert rows == []  # one of the two is not published: that is between its department and the operators
    for who in ("operator", "justice"):
        report = (await town.did(who, "GET", "/once-only"))["items"]
        assert [(row["element"], row["contested"], len(row["sources"])) for row in report] == [(claimed, True, 2)]
    assert len((await town.did(None, "GET", f"/elements/{claimed}/sources"))["sources"]) == 1
    assert problem_of(await town.by(None, "GET", "/elements/no-such/sources")) == "not-found"


@pytest.fixture
async def claimed(town: Town, node) -> str:
    """The element that the published `health/people` and a draft of another department both claim."""
    element = str(ELEMENT["slug"])
    await town.govern("/elements", ELEMENT)
    item = {"path": "name", "title": {"en": "Name of a person"}, "sharing_class": "conditional", "sensitivity": 2,
            "identifies": "person", "element": element, "authoritative": True}  # fmt: skip
    for department, slug in (("health", "register"), ("justice", "copy")):
        draft = dataset(department=department, slug=slug, items=[item], calling_rule=None, standard=None,
                        standard_version=None, derived_from=["health/people"])  # fmt: skip
        await town.did(department, "POST", "/datasets", json=draft)
    with node.units.begin("console", datetime.now(UTC)) as work:  # without its reviews, which are others' tests
        row = datasets.fetch(work.session, "health/register")
        datasets.mark_published(work.session, row, "console", work.now)
        work.record("dataset.published", row.id)
    return element


async def test_a_steward_is_warned_of_another_source(town: Town, claimed):
    item = {"path": "name", "title": {"en": "Name"}, "sharing_class": "conditional", "sensitivity": 2,
            "identifies": "person", "element": claimed, "authoritative": True}  # fmt: skip
    draft = dataset(department="justice", slug="third", items=[item], calling_rule=None, standard=None,
                    standard_version=None, related=["health/none"])  # fmt: skip
    checked = await town.did("justice", "POST", "/datasets/check", json=draft)
    registered = await town.did("justice", "POST", "/datasets", json=draft)
    for answer in (checked, registered):
        rules = [warning["rule"] for warning in answer["warnings"]]
        assert rules.count("once-only") == 2
        assert "unknown" in rules


async def test_a_form_is_checked(town: Town, claimed):
    form = {"items": [{"element": claimed}, {"text": "name of a person"}, {"text": "shoe size"}]}
    assert problem_of(await town.by(None, "POST", "/once-only/check", json=form)) == "unidentified"
    answer = await town.did("services/newborn", "POST", "/once-only/check", json=form)
    assert [item["verdict"] for item in answer["items"]] == ["available", "available", "unknown"]
    assert answer["items"][0]["sources"][0]["dataset"]["id"] == "health/register"
    refused = await town.by("services/newborn", "POST", "/once-only/check", json={"items": [{}]})
    assert problem_of(refused) == "invalid-request"


async def test_lineage_and_relations_hide_what_the_reader_may_not_see(town: Town, claimed):
    path = "/datasets/health/people"
    for who, nodes in ((None, 2), ("health", 2), ("justice", 3), ("operator", 3)):
        drawn = await town.did(who, "GET", f"{path}/lineage")
        assert (len(drawn["nodes"]), drawn["complete"]) == (nodes, True), who
        assert len((await town.did(who, "GET", f"{path}/related"))["items"]) == nodes - 1
    assert problem_of(await town.by(None, "GET", "/datasets/justice/copy/lineage")) == "not-found"
    assert problem_of(await town.by("health", "GET", "/datasets/justice/copy/related")) == "not-found"
    drawn = await town.did("justice", "GET", "/datasets/justice/copy/lineage", params={"depth": 1})
    assert drawn["edges"] == [{"from": "health/people", "to": "justice/copy"}]
    assert problem_of(await town.by(None, "GET", f"{path}/lineage", params={"depth": 11})) == "invalid-request"


async def test_a_ring_is_refused(town: Town, claimed):
    draft = dataset(derived_from=["health/register"])
    answer = await town.by("health", "POST", "/datasets/check", json=draft)
    assert "cycle" in [finding["rule"] for finding in answer.json()["findings"]]
