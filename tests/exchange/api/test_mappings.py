"""The API of mappings: strangers first, then other departments, then those whose they are."""

import pytest

from standards import mappings
from standards.mapping.document import schema
from tests.town import documents, mapped
from tests.town.people import Town, everything, problem_of


async def test_a_stranger_sees_that_there_is_a_mapping_and_not_what_stands_in_it(town: Town):
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    for who in (None, "justice", "services/newborn", "auditor"):
        answer = await town.by(who, "GET", "/mappings/own-people")
        shown = answer.json()
        assert (shown["department"], shown["standard"], shown["standard_version"]) == ("health", "person", "1.0.0")
        assert "SFZH" not in everything(answer)
        assert "SFZH" not in everything(await town.by(who, "GET", "/mappings"))
    for who in ("health", "operator"):
        assert (await town.did(who, "GET", "/mappings/own-people"))["document"] == mapped.DOCUMENT


async def test_nobody_publishes_for_another_department(town: Town):
    for who in (None, "justice", "services/newborn"):
        answer = await town.by(who, "POST", "/mappings", json=mapped.MAPPING)
        assert problem_of(answer) == ("unidentified" if who is None else "not-permitted")
    assert (await town.did("operator", "GET", "/mappings"))["items"] == []


async def test_publication_is_recorded_and_final(town: Town):
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    assert problem_of(await town.by("health", "POST", "/mappings", json=mapped.MAPPING)) == "conflict"
    assert problem_of(await town.by(None, "GET", "/mappings/nobodys")) == "not-found"
    answer = await town.by(None, "GET", "/mappings/own-people?version=9.0.0")
    assert problem_of(answer) == "not-found"


async def test_a_wrong_document_is_refused_with_all_its_findings_and_nothing_changes(town: Town, node):
    before = node.current.newest.version
    wrong = {**mapped.DOCUMENT, "fields": {"name": {"from": "x", "op": "guess"}, "age": {"from": "/a", "op": "copy"}}}
    answer = await town.by("health", "POST", "/mappings", json={**mapped.MAPPING, "document": wrong})
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    found = {finding["pointer"] for finding in answer.json()["errors"]}
    assert {"/fields/name/op", "/fields/age"} <= found
    assert node.current.newest.version == before


async def test_the_schema_is_published(town: Town):
    assert await town.did("health", "GET", "/mappings/schema") == schema()


async def test_a_document_is_tried_without_a_trace(town: Town, node):
    before = node.current.newest.version
    records = [mapped.own_person(1), mapped.own_person(2, QX="77"), mapped.own_person(3, XM="y" * 300), 3]
    report = await town.did("justice", "POST", "/mappings/try", json={"document": mapped.DOCUMENT, "records": records})
    assert (report["standard"], report["mapped"], report["failed"]) == ("person:1.0.0", 1, 3)
    assert report["unmapped"] == {"/address/district": 1}
    assert report["records"][0]["record"]["id"] == mapped.nobodys_id(1)
    assert [each["failures"][0]["pointer"] for each in report["records"][1:]] == ["/address/district", "/name", "/id"]
    assert report["records"][1]["failures"][0]["source"] == "/QX"
    assert node.current.newest.version == before
    assert (await town.did(None, "GET", "/mappings"))["items"] == []


@pytest.mark.parametrize("who", [None, "services/newborn", "auditor"])
async def test_trying_is_for_stewards_and_operators(town: Town, who):
    body = {"document": mapped.DOCUMENT, "records": [1]}
    assert problem_of(await town.by(who, "POST", "/mappings/try", json=body)) in ("unidentified", "not-permitted")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"document": mapped.DOCUMENT, "records": []}, "/records"),
        ({"document": mapped.DOCUMENT, "records": [1] * 101}, "/records"),
        ({"document": {}, "records": [1]}, "/mapping"),
        ({"document": {**mapped.DOCUMENT, "standard": "urn:hutong:standard:x:1.0.0"}, "records": [1]}, "/standard"),
    ],
)
async def test_what_cannot_be_tried_is_said(town: Town, body, pointer):
    answer = await town.by("health", "POST", "/mappings/try", json=body)
    assert problem_of(answer) == "invalid-request"
    assert pointer in [finding["pointer"] for finding in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"mapping": "own-people"}, "required"),
        ({"mapping_version": "1.0.0"}, "required"),
        ({"mapping": "own-people", "mapping_version": "9.0.0"}, "published"),
        ({"mapping": "theirs", "mapping_version": "1.0.0"}, "department"),
        ({"mapping": "other", "mapping_version": "1.0.0"}, "standard"),
    ],
)
async def test_a_service_takes_only_a_mapping_that_serves_it(town: Town, changes, rule):
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    await town.did("justice", "POST", "/mappings", json={**mapped.MAPPING, "slug": "theirs", "department": "justice"})
    other = documents.STANDARD | {"slug": "other"}
    await town.govern("/standards", other)
    document = {**mapped.DOCUMENT, "standard": "urn:hutong:standard:other:1.0.0"}
    await town.did("health", "POST", "/mappings", json={**mapped.MAPPING, "slug": "other", "document": document})
    draft = documents.service("http://provider.test", slug="mapped", **changes)
    answer = await town.by("health", "POST", "/services", json=draft)
    assert problem_of(answer) == "invalid-request"
    assert ("/mapping", rule) in [(each["pointer"], each["rule"]) for each in answer.json()["errors"]]


async def test_a_slug_stays_with_its_first_department(town: Town):
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    theirs = {**mapped.MAPPING, "department": "justice", "version": "9.0.0"}
    for who in ("justice", "operator"):
        answer = await town.by(who, "POST", "/mappings", json=theirs)
        assert problem_of(answer) == "conflict"
        assert "choose another slug" in answer.json()["detail"]
    assert (await town.did("health", "GET", "/mappings/own-people"))["version"] == "1.0.0"


async def test_a_mapping_is_judged_before_anything_is_locked(town: Town, node, monkeypatch):
    free, judge = [], mappings.faults

    def watched(*given):
        with node.writing.connect() as connection:  # the one connection that writes; a timeout fails the test
            free.append(connection.exec_driver_sql("SELECT 1").scalar())
        return judge(*given)

    monkeypatch.setattr(mappings, "faults", watched)
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    assert free == [1]
