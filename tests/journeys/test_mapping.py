"""A department keeps its records as they are; callers get records of the standard."""

import asyncio
import copy
import time
from typing import Any

import orjson
import pytest

from exchange.connectors.memory import Answer
from tests.town import documents, mapped
from tests.town.inside import ADDRESS, MemoryNode, behave, reply_with
from tests.town.people import Town, everything, nothing_of, problem_of

SERVICE = "/services/health/people"


async def revise(town: Town, **changes: Any) -> Any:
    """What the service is reviewed for changes while its dataset is withdrawn; then both are published again."""
    reason = {"reason": {"en": "another mapping"}}
    await town.did("health", "POST", "/datasets/health/people/withdraw", json=reason)
    answer = await revised(town, **changes)
    await town.put_in_force("health/people")
    return answer


async def revised(town: Town, **changes: Any) -> Any:
    tag = (await town.by("health", "GET", SERVICE)).headers["etag"]
    draft = documents.service(ADDRESS, **changes)
    draft.pop("credential")
    return await town.by("health", "PUT", SERVICE, json=draft, headers={"if-match": tag})


@pytest.fixture
async def own(town: Town, node: MemoryNode) -> Town:
    """The department's system answers in its own form, and the service knows the mapping."""
    await town.did("health", "POST", "/mappings", json=mapped.MAPPING)
    answer = await revise(town, mapping="own-people", mapping_version="1.0.0")
    assert answer.status_code == 200, answer.text
    behave(node.memory, reply_with(mapped.own_person(1), mapped.own_person(2)))
    return town


async def test_without_a_mapping_the_own_form_breaks_the_standard(town: Town, node: MemoryNode):
    behave(node.memory, reply_with(mapped.own_person(1)))
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (502, "provider-broke-standard")


async def test_a_mapped_record_is_reduced_and_masked_like_any_other(own: Town):
    answer = await own.call()
    assert answer.status_code == 200, answer.text
    masked = mapped.nobodys_id(1)[-4:].rjust(18, "*")
    expected = {"id": masked, "name": "Person 1", "address": {"district": "East"}, "children": [{"name": "Child"}]}
    assert answer.json() == {"data": expected}
    nothing_of([documents.LEAK, "SFZH"], everything(answer))
    listed = await own.call(path="/x/health/people/v1/people", method="GET")
    assert [each["name"] for each in listed.json()["items"]] == ["Person 1", "Person 2"]
    kinds = [leaf["type"] for leaf in await own.entries_of(answer.headers["hutong-call"])]
    assert kinds == ["request", "reply"]


async def test_a_record_that_cannot_be_mapped_is_refused_by_place_and_rule(own: Town, node: MemoryNode):
    wrong = mapped.own_person(2, QX="SECRET", DF="SECRET", ZN=[{"XM": "c", "CSRQ": "SECRET"}])
    behave(node.memory, reply_with(mapped.own_person(1), wrong))
    answer = await own.call(path="/x/health/people/v1/people", method="GET")
    assert (answer.status_code, problem_of(answer)) == (502, "provider-broke-standard")
    assert {(each["pointer"], each["rule"]) for each in answer.json()["errors"]} == {
        ("/items/1/score", "number"),
        ("/items/1/address/district", "unmapped"),
        ("/items/1/children/0/born", "date"),
    }
    nothing_of(["SECRET", "SFZH", "/QX"], everything(answer))
    outcomes = [leaf.get("outcome") for leaf in await own.entries_of(answer.headers["hutong-call"])]
    assert outcomes == [None, "reply-invalid"]


async def test_unmapped_codes_show_in_the_quality_of_the_dataset(own: Town, node: MemoryNode):
    behave(node.memory, reply_with(mapped.own_person(1, QX="SECRET")))
    assert (await own.call()).status_code == 502
    patience = time.monotonic() + 30
    while True:
        report = await own.did("health", "GET", "/datasets/health/people/quality")
        points = {(point["pointer"], point["rule"]) for point in report["conformance"]["points"]}
        if ("/data/address/district", "unmapped-code") in points:
            break
        assert time.monotonic() < patience, report
        await asyncio.sleep(0.05)
    nothing_of(["SECRET"], str(report))


async def test_a_mapped_record_is_still_held_against_the_standard(own: Town, node: MemoryNode):
    behave(node.memory, reply_with(mapped.own_person(1, SFZH="99010119900101001X")))
    answer = await own.call()
    assert (answer.status_code, problem_of(answer)) == (502, "provider-broke-standard")
    assert [(each["pointer"], each["rule"]) for each in answer.json()["errors"]] == [("/data/id", "format")]


async def test_a_provider_changes_its_form_and_a_new_version_takes_it_up_without_a_pause(own: Town, node: MemoryNode):
    def renamed(record: dict[str, Any]) -> dict[str, Any]:
        return {("XINGMING" if name == "XM" else name): value for name, value in record.items()}

    behave(node.memory, reply_with(renamed(mapped.own_person(1))))
    assert (await own.call()).status_code == 502
    document = copy.deepcopy(mapped.DOCUMENT)
    document["fields"]["name"]["from"] = "/XINGMING"
    document["examples"][0]["input"] = renamed(document["examples"][0]["input"])
    await own.did("health", "POST", "/mappings", json={**mapped.MAPPING, "version": "1.1.0", "document": document})
    assert (await own.call()).status_code == 502
    assert (await revise(own, mapping="own-people", mapping_version="1.1.0")).status_code == 200
    assert (await own.call()).json()["data"]["name"] == "Person 1"
    assert (await revise(own)).status_code == 200
    assert (await own.call()).status_code == 502


async def test_pseudonyms_outlive_a_version_and_are_of_the_exchange_alone(own: Town, node: MemoryNode):
    async def pseudonym(version: str) -> str:
        document = copy.deepcopy(mapped.DOCUMENT)
        document["fields"]["name"] = {"from": "/SFZH", "op": "hash", "length": 32}
        tried = {"document": document, "records": [document["examples"][0]["input"]]}
        shown = (await own.did("health", "POST", "/mappings/try", json=tried))["records"][0]["record"]["name"]
        document["examples"][0]["expected"]["name"] = shown
        await own.did("health", "POST", "/mappings", json={**mapped.MAPPING, "version": version, "document": document})
        assert (await revise(own, mapping="own-people", mapping_version=version)).status_code == 200
        found = (await own.call()).json()["data"]["name"]
        assert len(found) == 32
        assert found != shown
        return str(found)

    assert await pseudonym("1.1.0") == await pseudonym("1.2.0")


async def test_a_trial_maps_too(own: Town, node: MemoryNode):
    trial = {"method": "GET", "path": "/v1/people"}
    report = await own.did("health", "POST", f"{SERVICE}/test", json=trial)
    assert (report["conforms"], report["records"], report["unmapped"]) == (True, 2, {})
    behave(node.memory, reply_with(mapped.own_person(1, QX="SECRET"), mapped.own_person(2, QX="SECRET")))
    answer = await own.by("health", "POST", f"{SERVICE}/test", json=trial)
    assert answer.json()["unmapped"] == {"/items/*/address/district": 2}
    assert not answer.json()["conforms"]
    nothing_of(["SECRET"], everything(answer))


async def test_a_small_reply_cannot_be_mapped_to_a_huge_one(own: Town, node: MemoryNode):
    document = copy.deepcopy(mapped.DOCUMENT)
    document["fields"]["children"]["fields"]["born"] = {"from": "#/XM", "op": "copy"}
    document["examples"][0]["expected"]["children"][0]["born"] = "Person 1"
    await own.did("health", "POST", "/mappings", json={**mapped.MAPPING, "version": "1.1.0", "document": document})
    assert (await revise(own, mapping="own-people", mapping_version="1.1.0")).status_code == 200
    assert (await own.call()).status_code == 200
    big = mapped.own_person(1, XM="x" * 100_000, ZN=[{"XM": "c"}] * 4_000)
    behave(node.memory, Answer(body=orjson.dumps({"data": big})))
    answer = await own.call()
    assert (answer.status_code, problem_of(answer)) == (502, "provider-failed")
    assert "mapped" in answer.json()["detail"]


async def test_a_dataset_is_not_published_under_a_standard_that_its_mapping_does_not_make(own: Town):
    other = copy.deepcopy(documents.STANDARD) | {"slug": "other"}
    await own.govern("/standards", other)
    tag = (await own.by("health", "GET", "/datasets/health/people")).headers["etag"]
    draft = documents.dataset(standard="other")
    await own.did("health", "PUT", "/datasets/health/people", json=draft, headers={"if-match": tag})
    answer = await own.submit("health", "/datasets/health/people")
    assert problem_of(answer) == "not-publishable"
    assert ("/services/people/mapping", "standard") in [
        (each["pointer"], each["rule"]) for each in answer.json()["errors"]
    ]
    assert (await own.call()).status_code == 200
