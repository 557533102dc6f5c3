"""From an empty exchange to a verified receipt: everything over HTTP, each step by whoever does it in real life."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from exchange.connectors.memory import Answer
from exchange.identity import assertions
from exchange.ledger.verify import verify_receipt
from tests.town import documents
from tests.town.inside import ADDRESS, MemoryNode, behave, over, reply_with, settings_for
from tests.town.people import LOOKUP, Town, first_operator, problem_of


async def test_a_town_is_built_and_called_over_http_alone(tmp_path):
    node = MemoryNode.open(settings_for(tmp_path))
    try:
        behave(node.memory)
        async with over(node, first_operator(node)) as town:
            assert (await town.call(None)).status_code == 401
            await town.build(ADDRESS)
            answer = await town.call()
            assert answer.status_code == 200, answer.text
            assert answer.json() == {
                "data": {
                    "id": "*" * 14 + documents.resident_id(1)[-4:],
                    "name": "Person 1",
                    "address": {"district": "East"},
                    "children": [{"name": "Child"}],
                }
            }
    finally:
        node.close()


async def test_the_first_attempt_to_publish_lists_everything_missing_at_once(town: Town):
    bare = documents.dataset(
        slug="bare",
        sharing_reason=None,
        standard=None,
        standard_version=None,
        items=[],
        calling_rule=None,
        category=None,
    )
    await town.did("health", "POST", "/datasets", json=bare)
    submission = {"review": "publication"}
    answer = await town.submit("health", "/datasets/health/bare", json=submission)
    assert (answer.status_code, problem_of(answer)) == (422, "not-publishable")
    missing = {finding["pointer"] for finding in answer.json()["errors"]}
    assert missing == {"/category", "/standard", "/items", "/services", "/calling_rule", "/sharing_reason"}
    assert (await town.by("health", "GET", "/datasets/health/bare")).json()["state"] == "draft"


async def test_a_steward_tries_the_live_source_before_publishing(town: Town, node):
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="more"))
    draft = documents.service(ADDRESS, slug="more", dataset="more")
    await town.did("health", "POST", "/services", json=draft)
    trial = {"method": "POST", "path": "/v1/lookups", "body": {"resident_id": documents.resident_id(1)}}

    report = await town.did("health", "POST", "/services/health/more/test", json=trial)
    assert (report["conforms"], report["status"], report["records"]) == (True, 200, 1)

    behave(node.memory, reply_with(documents.person(1, score=f"{documents.LEAK} high")))
    answer = await town.by("health", "POST", "/services/health/more/test", json=trial)
    assert answer.json()["conforms"] is False
    assert answer.json()["errors"] == [{"pointer": "/data/score", "rule": "type", "expected": "type: number"}]
    assert documents.LEAK not in answer.text
    kinds = [leaf["kind"] for leaf in await town.found(type="change")]
    assert kinds.count("service.tested") == 2, "the trial reached a live source: it is an entry"


async def test_a_trial_that_is_none_of_the_operations_says_so(town: Town):
    trial = {"method": "GET", "path": "/v1/nowhere"}
    answer = await town.by("health", "POST", "/services/health/people/test", json=trial)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")


async def test_nobody_activates_what_they_drafted(town: Town):
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "drafted anew"})
    draft = {"application": "services/newborn", "service": "health/people", "terms": documents.terms()}
    row = await town.did("health", "POST", "/agreements", json=draft)
    for answer in (
        await town.sign("health", row["id"], "provider"),
        await town.by("health", "POST", f"/agreements/{row['id']}/activate"),
    ):
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted")
    assert problem_of(await town.call()) == "refused"
    await town.put_under(row["id"], "services", "health-2")
    assert (await town.call()).status_code == 200


async def test_the_consumers_steward_cannot_sign_for_the_provider(town: Town):
    draft = {"application": "justice/courts", "service": "health/people", "terms": documents.terms()}
    row = await town.did("justice", "POST", "/agreements", json=draft)
    for stranger in ("justice", "services", "operator", "auditor"):
        answer = await town.by(stranger, "POST", f"/agreements/{row['id']}/activate")
        assert problem_of(answer) == "not-permitted", stranger
    assert problem_of(await town.call("justice/courts")) == "refused"


async def test_terms_beyond_the_offer_are_refused_with_all_findings(town: Town):
    terms = documents.terms(
        purposes=["school-entry"], bases=["no-law"], items=["id", "iq"], masks=[], supplied_basis=None
    )
    draft = {"application": "justice/courts", "service": "health/people", "terms": terms}
    row = await town.did("justice", "POST", "/agreements", json=draft)
    await town.signed(row["id"], "justice", "health")
    answer = await town.by("health", "POST", f"/agreements/{row['id']}/activate")
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    pointers = " ".join(finding["pointer"] for finding in answer.json()["errors"])
    for member in ("purposes", "bases", "items", "masks"):
        assert member in pointers


async def test_receipts_go_to_caller_provider_and_auditor_and_to_nobody_else(town: Town, node):
    answer = await town.call()
    receipt = answer.headers["hutong-receipt"]
    for reader in ("services/newborn", "health", "services", "auditor"):
        fetched = await town.by(reader, "GET", receipt)
        verdict = verify_receipt(fetched.content, str(node.vkey))
        assert verdict.ok, (reader, verdict)
        bound = await town.by(reader, "GET", f"{receipt}.json")
        verdict = verify_receipt(bound.content, str(node.vkey), body=answer.content)
        assert verdict.ok
        assert verdict.body_confirmed
    for stranger in ("justice", "justice/courts", "services/stats", "operator"):
        for path in (receipt, f"{receipt}.json"):
            refused = await town.by(stranger, "GET", path)
            assert (refused.status_code, problem_of(refused)) == (404, "not-found"), stranger
    assert (await town.by(None, "GET", receipt)).status_code == 401
    unknown = await town.by("justice", "GET", "/ledger/receipts/" + "0" * 32)
    assert unknown.json()["detail"] == refused.json()["detail"], "an unknown call and a stranger's look the same"


async def test_whoever_else_reads_a_receipt_leaves_an_entry(town: Town):
    answer = await town.call()
    receipt = answer.headers["hutong-receipt"]
    await town.by("services/newborn", "GET", receipt)
    before = len(await town.found(type="read"))
    for reader in ("auditor", "health", "services"):
        await town.by(reader, "GET", receipt)
    await town.by("services/newborn", "GET", receipt)
    reads = await town.found(type="read")
    readers = [leaf["by"] for leaf in reads if leaf["what"].get("receipt") == answer.headers["hutong-call"]]
    assert sorted(readers) == sorted(town.keys[name][0] for name in ("auditor", "health", "services"))
    assert len(reads) == before + 1 + 3  # the search before is a read too


async def test_a_steward_sees_who_called_and_leaves_an_entry(town: Town):
    answer = await town.call()
    page = await town.did("health", "GET", "/departments/health/calls")
    leaf = next(one["leaf"] for one in page["items"] if one["leaf"]["call"] == answer.headers["hutong-call"])
    assert leaf["call"] == answer.headers["hutong-call"]
    seen = {(one["leaf"].get("caller") or {}).get("application") for one in page["items"]}
    assert "services/newborn" in seen
    for stranger in ("justice", "services", "operator"):
        assert problem_of(await town.by(stranger, "GET", "/departments/health/calls")) == "not-permitted"
    reads = [leaf for leaf in await town.found(type="read") if leaf["by"] == town.keys["health"][0]]
    assert reads[0]["what"]["department"] == "health"


async def test_an_auditor_finds_a_call_by_case_person_and_time(town: Town):
    before = datetime.now(UTC)
    answer = await town.call(headers={"hutong-case": "CASE-77", "hutong-actor": "clerk-99"})
    call = answer.headers["hutong-call"]
    await town.call(headers={"hutong-case": "CASE-78"})
    for query in (
        {"case": "CASE-77"},
        {"actor": "clerk-99"},
        {"subject": documents.resident_id(1), "case": "CASE-77"},
        {"application": "services/newborn", "case": "CASE-77", "since": before.isoformat()},
    ):
        leaves = [
            leaf for leaf in await town.found(**query) if leaf["type"] != "read"
        ]  # searches for a person are found too
        assert [leaf["type"] for leaf in leaves] == ["reply", "request"], query
        assert {leaf["call"] for leaf in leaves} == {call}
    assert call in {leaf.get("call") for leaf in await town.found(subject=documents.resident_id(1))}
    assert not await town.found(case="CASE-77", until=before.isoformat())
    assert not await town.found(case="CASE-77", since=(before + timedelta(hours=1)).isoformat())
    searches = await town.found(type="read")
    text = orjson.dumps(searches).decode()
    assert "clerk-99" not in text
    assert documents.resident_id(1) not in text


async def test_a_revoked_agreement_is_refused_on_the_next_call(town: Town, node):
    assert (await town.call()).status_code == 200
    asked = len(node.memory.received)
    revocation = {"reason": "the pilot has ended"}
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json=revocation)
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (403, "refused")
    assert answer.json()["failed_checks"][0]["check"] == "agreement"
    assert len(node.memory.received) == asked, "the provider hears nothing of a refused call"
    (leaf,) = await town.entries_of(answer.headers["hutong-call"], case="CASE-1")
    assert (leaf["type"], leaf["failed"]) == ("refusal", ["agreement"])


async def test_a_disabled_client_is_refused_on_the_next_call_and_enabled_again(town: Town):
    assert (await town.call()).status_code == 200
    client = town.keys["services/newborn"][0]
    await town.did("services", "POST", f"/clients/{client}/disable")
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (401, "unidentified")
    assert (await town.ask_token("services/newborn", town.assertion("services/newborn"))).status_code == 401
    await town.did("operator", "POST", f"/clients/{client}/enable")
    assert (await town.call()).status_code == 200


async def test_a_disabled_person_acts_no_more(town: Town):
    await town.token("health")
    await town.did("operator", "POST", f"/clients/{town.keys['health'][0]}/disable")
    answer = await town.by("health", "POST", "/datasets/health/people/withdraw", json=documents.REASON)
    assert answer.status_code == 401


@pytest.mark.parametrize("department", ["health", "services"], ids=["provider", "consumer"])
async def test_a_suspended_department_is_not_called_and_calls_nobody_until_it_is_back(town: Town, department: str):
    await town.did("operator", "POST", f"/departments/{department}/deactivate")
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (403, "refused")
    assert "department" in {check["check"] for check in answer.json()["failed_checks"]}
    await town.did("operator", "POST", f"/departments/{department}/reactivate")
    assert (await town.call()).status_code == 200


async def test_a_withdrawn_dataset_is_gone_on_the_next_call(town: Town):
    await town.did("health", "POST", "/datasets/health/people/withdraw", json=documents.REASON)
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (404, "unknown-service")
    await town.put_in_force("health/people")
    assert (await town.call()).status_code == 200, "its agreements outlive the withdrawal"


async def test_tokens_of_the_old_signing_key_last_until_they_expire(town: Town):
    old = await town.token("services/newborn")
    before = {key["kid"] for key in (await town.by(None, "GET", "/oauth/jwks.json")).json()["keys"]}
    rotated = await town.did("operator", "POST", "/keys/rotate")
    after = {key["kid"] for key in (await town.by(None, "GET", "/oauth/jwks.json")).json()["keys"]}
    assert after == before | {rotated["kid"]}
    assert (await town.call()).status_code == 200
    town.tokens.clear()
    assert await town.token("services/newborn") != old
    assert (await town.call()).status_code == 200
    kinds = [leaf["kind"] for leaf in await town.found(type="change")]
    assert kinds[0] == "signing-key.rotated"


async def test_a_key_that_was_removed_ends_its_tokens(town: Town):
    client, old = town.keys["services/newborn"]
    row = await town.did("services", "GET", f"/clients/{client}")
    fresh = assertions.make_key()
    tag = {"if-match": f'"{row["revision"]}"'}
    body = {"key": assertions.public_jwk(fresh)}
    row = await town.did("services", "POST", f"/clients/{client}/keys", json=body, headers=tag)
    assert (await town.call()).status_code == 200
    tag = {"if-match": f'"{row["revision"]}"'}
    await town.did("services", "DELETE", f"/clients/{client}/keys/{old['kid']}", headers=tag)
    assert (await town.call()).status_code == 401
    town.keys["services/newborn"] = (client, fresh)
    town.tokens.clear()
    assert (await town.call()).status_code == 200


async def test_an_update_made_on_an_old_copy_is_refused(town: Town):
    url = "/datasets/health/people"
    read = await town.by(None, "GET", url)
    tag = read.headers["etag"]
    await town.did("health", "POST", f"{url}/withdraw", json=documents.REASON)
    draft = documents.dataset(title={"en": "Renamed"})
    missing = await town.by("health", "PUT", url, json=draft)
    assert (missing.status_code, problem_of(missing)) == (428, "precondition-required")
    outdated = await town.by("health", "PUT", url, json=draft, headers={"if-match": tag})
    assert (outdated.status_code, problem_of(outdated)) == (412, "outdated")
    garbled = await town.by("health", "PUT", url, json=draft, headers={"if-match": "yes"})
    assert (garbled.status_code, problem_of(garbled)) == (400, "malformed-request")
    assert {"pointer": "/stage", "old": "published", "new": "withdrawn"} in outdated.json()["changes"]
    fresh = (await town.by("health", "GET", url)).headers["etag"]
    revised = await town.by("health", "PUT", url, json=draft, headers={"if-match": fresh})
    assert revised.status_code == 200
    assert revised.headers["etag"] not in (tag, fresh)
    assert (await town.by("health", "GET", url)).json()["pending"]["title"] == {"en": "Renamed"}


async def test_lists_come_in_pages_without_gap_or_repetition(town: Town):
    for number in range(5):
        draft = {"slug": f"list-{number}", "version": "1.0.0", "name": {"en": "x"}, "codes": [
            {"code": "1", "name": {"en": "one"}}]}  # fmt: skip
        await town.govern("/code-lists", draft)
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await town.by(None, "GET", "/code-lists", params=params)).json()
        assert len(page["items"]) <= 2
        seen += [row["slug"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["purposes", *(f"list-{number}" for number in range(5))]
    assert len(page["items"]) > 0
    garbled = await town.by(None, "GET", "/code-lists", params={"cursor": "%%%"})
    assert (garbled.status_code, problem_of(garbled)) == (400, "malformed-request")


async def test_the_ledger_comes_in_pages_without_gap_or_repetition(town: Town):
    calls = [(await town.call(headers={"hutong-case": "PAGED"})).headers["hutong-call"] for _ in range(4)]
    seen, cursor = [], None
    while True:
        query = {"case": "PAGED", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await town.did("auditor", "POST", "/api/v1/ledger/search", json=query)
        seen += [(one["leaf"]["call"], one["leaf"]["type"]) for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    expected = [(call, kind) for call in reversed(calls) for kind in ("reply", "request")]
    assert seen == expected


async def test_an_application_sees_its_agreements_and_what_is_left_of_the_quota(town: Town):
    path = "/x/health/people/v1/people"
    for _ in range(3):
        answer = await town.call("services/stats", path, "GET", headers={"hutong-purpose": "statistics"})
        assert answer.status_code == 200, answer.text
    mine = await town.did("services/stats", "GET", "/me/agreements")
    assert [(row["id"], row["quota_left"]) for row in mine["items"]] == [(town.ids["stats"], 7)]
    assert problem_of(await town.by("health", "GET", "/me/agreements")) == "not-permitted"


@pytest.mark.parametrize("header", ["hutong-case", "hutong-actor"])
async def test_what_the_agreement_demands_is_demanded(town: Town, header):
    answer = await town.call(headers={header: None})
    assert (answer.status_code, problem_of(answer)) == (403, "refused")
    assert [check["check"] for check in answer.json()["failed_checks"]] == [header.removeprefix("hutong-")]


async def test_fields_narrow_the_reply_and_never_widen_it(town: Town):
    answer = await town.call(headers={"hutong-fields": "name, address.district"})
    assert answer.json() == {"data": {"name": "Person 1", "address": {"district": "East"}}}
    for wide in ("phone", "name,phone", "address", "nonsense"):
        answer = await town.call(headers={"hutong-fields": wide})
        assert (answer.status_code, problem_of(answer)) == (403, "refused"), wide
        assert answer.json()["failed_checks"][0]["check"] == "fields"


async def test_a_service_describes_itself_to_callers_without_its_upstream(town: Town):
    answer = await town.by(None, "GET", "/x/health/people/openapi.json")
    document = answer.json()
    assert document["servers"][0]["url"].endswith("/x/health/people")
    assert "/v1/lookups" in document["paths"]
    assert "provider.test" not in answer.text
    assert problem_of(await town.by(None, "GET", "/x/health/sealed/openapi.json")) == "unknown-service"


async def test_many_callers_at_once_each_get_their_own(town: Town, node):
    def own(received):
        number = int(orjson.loads(received.body)["resident_id"][14:17])
        return Answer(body=orjson.dumps({"data": documents.person(number)}), delay=0.001 * (number % 7))

    behave(node.memory, own)

    async def one(number):
        body = {"resident_id": documents.resident_id(number)}
        answer = await town.call(path=LOOKUP, json=body)
        return number, answer.status_code, answer.json()["data"]["name"], answer.headers["hutong-call"]

    await town.token("services/newborn")
    answers = await asyncio.gather(*(one(number) for number in range(1, 101)))
    assert all(status == 200 and name == f"Person {number}" for number, status, name, _ in answers)
    assert len({call for *_, call in answers}) == 100


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [
        ("health", "/agreements/{newborn}/revoke", {"reason": "purpose achieved"}),
        ("health", "/datasets/health/people/withdraw", documents.REASON),
        ("services", "/clients/services.newborn/disable", None),
        ("operator", "/departments/services/deactivate", None),
    ],
)
async def test_a_step_that_names_an_old_revision_is_not_taken(who: str, path: str, body, town: Town):
    answer = await town.by(who, "POST", path.format(**town.ids), json=body, headers={"if-match": '"999"'})
    assert (answer.status_code, problem_of(answer)) == (412, "outdated")
    assert answer.json()["call"] == answer.headers["hutong-call"]
    assert (await town.call()).status_code == 200


async def test_an_agreement_tells_its_revision(town: Town):
    agreement = await town.by("health", "GET", f"/agreements/{town.ids['newborn']}")
    tag = agreement.headers["etag"]
    path, reason = f"/agreements/{town.ids['newborn']}/revoke", {"reason": "purpose achieved"}
    revoked = await town.by("health", "POST", path, json=reason, headers={"if-match": tag})
    assert revoked.status_code == 200
    assert revoked.headers["etag"] != tag


async def test_who_asks_comes_before_what_is_asked(town: Town):
    for method, path, more in (
        ("POST", "/agreements", {"content": b"{not json"}),
        ("POST", "/agreements", {"content": b"x" * 2_000_000}),
        ("PUT", "/departments/health", {"json": {}}),
    ):
        answer = await town.by(None, method, path, **more)
        assert (answer.status_code, problem_of(answer)) == (401, "unidentified")


async def test_a_person_whose_call_was_refused_may_read_its_receipt(town: Town):
    """Whoever called is a caller, permitted or not."""
    refused = await town.call("operator")
    assert refused.status_code == 403
    receipt = await town.by("operator", "GET", f"/ledger/receipts/{refused.headers['hutong-call']}.json")
    assert receipt.status_code == 200
    assert receipt.json()["leaf"]["type"] == "refusal"
