"""The harvest over HTTP: sources are the operator's, their log also the department's, changes keep their order."""

import pytest

from tests.town import documents
from tests.town.people import Town, problem_of

SOURCES = "/harvest/sources"


@pytest.fixture
async def sourced(town: Town) -> Town:
    await town.did("operator", "POST", SOURCES, json=documents.harvest_source())
    return town


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"address": "ftp://portal.test/"}, "/address"),
        ({"address": "http://user:pass@portal.test/"}, "/address"),
        ({"address": "http://portal.test/?q=a b"}, "/address"),
        ({"address": "http://portal.test/?q=1", "kind": "ckan"}, "/address"),
        ({"address": "http://portal.test/../x"}, "/address"),
        ({"every_hours": 0}, "/every_hours"),
        ({"kind": "oai-pmh"}, "/kind"),
        ({"id": "Portal"}, "/id"),
        ({"title": {}}, "/title"),
        ({"secret": "x"}, "/secret"),
    ],
)
async def test_a_source_that_cannot_be_one_is_refused_where_it_is_wrong(town: Town, changes, pointer):
    answer = await town.by("operator", "POST", SOURCES, json=documents.harvest_source(**changes))
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


async def test_a_department_that_is_none_and_an_id_that_is_taken(sourced: Town):
    unknown = documents.harvest_source(id="other", department="nobody")
    assert (await sourced.by("operator", "POST", SOURCES, json=unknown)).status_code == 404
    again = await sourced.by("operator", "POST", SOURCES, json=documents.harvest_source())
    assert (again.status_code, problem_of(again)) == (409, "conflict")


async def test_a_source_is_changed_by_who_has_read_it(sourced: Town):
    path = f"{SOURCES}/portal"
    read = await sourced.by("health", "GET", path)
    changed = documents.harvest_source(every_hours=24, title={"en": "Daily"})
    assert (await sourced.by("operator", "PUT", path, json=changed)).status_code == 428
    tag = {"if-match": read.headers["etag"]}
    answer = await sourced.by("operator", "PUT", path, json=changed, headers=tag)
    assert (answer.json()["every_hours"], answer.headers["etag"]) == (24, '"2"')
    assert problem_of(await sourced.by("operator", "PUT", path, json=changed, headers=tag)) == "outdated"
    other = documents.harvest_source(kind="ckan")
    fixed = await sourced.by("operator", "PUT", path, json=other, headers={"if-match": '"2"'})
    assert [error["pointer"] for error in fixed.json()["errors"]] == ["/kind"]


async def test_runs_are_asked_for_read_and_stopped(sourced: Town, node):
    asked = await sourced.by("health", "POST", f"{SOURCES}/portal/run")
    assert asked.status_code == 202
    run = asked.json()
    assert (run["state"], run["asked_by"]) == ("waiting", sourced.keys["health"][0])
    assert "holder" not in run
    again = await sourced.by("operator", "POST", f"{SOURCES}/portal/run", json={"accept_deletions": True})
    assert (again.status_code, problem_of(again)) == (409, "conflict")
    for who in ("health", "operator"):
        listed = await sourced.did(who, "GET", "/harvest/runs?source=portal")
        assert [one["id"] for one in listed["items"]] == [run["id"]]
        assert (await sourced.did(who, "GET", f"/harvest/runs/{run['id']}/faults"))["next"] is None
    stopped = await sourced.did("operator", "POST", f"/harvest/runs/{run['id']}/stop")
    assert (stopped["state"], stopped["failure"]) == ("stopped", "stopped")
    twice = await sourced.by("operator", "POST", f"/harvest/runs/{run['id']}/stop")
    assert (twice.status_code, problem_of(twice)) == (409, "conflict")
    assert (await sourced.by("operator", "GET", "/harvest/runs/999")).status_code == 404
    assert (await sourced.did("health", "GET", f"{SOURCES}/portal/records?state=deleted"))["items"] == []


async def test_what_changes_the_harvest_changes_no_call(sourced: Town, node):
    views = node.current.newest.services
    await sourced.did("operator", "POST", f"{SOURCES}/portal/run")
    assert node.current.newest.services is views, "the snapshot was not built anew"
