"""The life of standards over HTTP: who may, who sees, what is told, and that no update is lost."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.identity import assertions
from tests.town import documents
from tests.town.people import Town, problem_of

KINDS = tuple(documents.PROPOSALS)
ONE = "x/1.0.0"
TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
async def drafted(town: Town) -> Town:
    """One draft of each kind by the health department; the code list is published, for the crosswalk needs it."""
    await town.govern("/code-lists", documents.PROPOSALS["code-lists"])
    for kind in ("elements", "standards", "crosswalks"):
        await town.did("health", "POST", f"/{kind}", json=documents.PROPOSALS[kind])
    await town.did("health", "POST", "/code-lists", json=documents.PROPOSALS["code-lists"] | {"version": "1.1.0"})
    return town


def version_of(kind: str) -> str:
    return "1.1.0" if kind == "code-lists" else "1.0.0"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_draft_is_seen_by_its_department_and_operators_only(drafted: Town, kind: str) -> None:
    version = version_of(kind)
    for who, sees in ((None, False), ("justice", False), ("services/newborn", False), ("auditor", False),
                      ("health", True), ("health-2", True), ("operator", True)):  # fmt: skip
        one = await drafted.by(who, "GET", f"/{kind}/x", params={"version": version})
        assert one.status_code == (200 if sees else 404), who
        assert sees or problem_of(one) == "not-found"
        listed = (await drafted.by(who, "GET", f"/{kind}", params={"state": "draft"})).json()["items"]
        assert [row["slug"] for row in listed] == (["x"] if sees else []), who
        every = await drafted.by(who, "GET", f"/{kind}/x/versions")
        seen = [row["version"] for row in every.json()["items"]] if every.is_success else []
        assert (version in seen) == sees, who
    default = (await drafted.by("health", "GET", f"/{kind}")).json()["items"]
    assert all(row["state"] == "published" for row in default)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_draft_is_changed_by_its_own_side_only(drafted: Town, kind: str) -> None:
    version = version_of(kind)
    body = documents.PROPOSALS[kind] | {"version": version}
    path = f"/{kind}/x/{version}"
    tag = {"if-match": '"1"'}
    for act in (("PUT", path, body), ("POST", f"{path}/submit", None), ("DELETE", path, None)):
        method, where, sent = act
        more = {"json": sent} if sent else {}
        stranger = await drafted.by(None, method, where, headers=tag, **more)
        assert problem_of(stranger) == "unidentified"
        for who in ("justice", "auditor", "services/newborn"):
            answer = await drafted.by(who, method, where, headers=tag, **more)
            assert problem_of(answer) == "not-permitted", (who, act)
            there = await drafted.by(who, method, where.replace("/x/", "/nothing/"), headers=tag, **more)
            assert (there.status_code, there.json()["detail"]) == (answer.status_code, answer.json()["detail"])
    revised = await drafted.by("health-2", "PUT", path, json=body | {"name": {"en": "y"}}, headers=tag)
    assert (revised.status_code, revised.headers["etag"]) == (200, '"2"')


async def test_a_steward_proposes_for_their_own_department_only(town: Town) -> None:
    body = documents.PROPOSALS["elements"]
    for department in ("justice", None):
        answer = await town.by("health", "POST", "/elements", json=body | {"department": department})
        assert problem_of(answer) == "not-permitted"
    await town.did("health", "POST", "/elements", json=body)
    tag = {"if-match": '"1"'}
    given_away = await town.by("health", "PUT", f"/elements/{ONE}", json=body | {"department": "justice"}, headers=tag)
    assert problem_of(given_away) == "not-permitted"


async def test_review_needs_another_hand(town: Town) -> None:
    """Not who registered the author, not under another name with the author's key; refusals are in the ledger."""
    key = town.keys["health"][1]
    for name, keys in (("twin", [key]), ("rolled", [key, assertions.make_key()])):
        draft = {"name": {"en": name}, "keys": [assertions.public_jwk(each) for each in keys], "scopes": ["operator"]}
        town.keys[name] = ((await town.did("operator", "POST", "/people", json=draft))["id"], keys[-1])
    await town.did("health", "POST", "/elements", json=documents.PROPOSALS["elements"])
    await town.stepped("health", f"/elements/{ONE}", "submit")
    for who in ("operator", "twin", "rolled"):
        answer = await town.step(who, f"/elements/{ONE}", "approve")
        assert problem_of(answer) == "not-permitted", who
        assert "another operator" in answer.json()["detail"]
    refusals = [leaf for leaf in await town.found(type="refusal") if leaf["failed"] == ["self-approval"]]
    assert len(refusals) == 3
    assert (await town.stepped("operator-2", f"/elements/{ONE}", "approve"))["state"] == "published"


async def test_an_operator_who_writes_asks_one_they_have_not_registered(town: Town) -> None:
    await town.did("operator", "POST", "/elements", json=documents.PROPOSALS["elements"])
    await town.stepped("operator", f"/elements/{ONE}", "submit")
    for who in ("operator", "operator-2"):
        assert problem_of(await town.step(who, f"/elements/{ONE}", "approve")) == "not-permitted", who


async def test_an_author_is_told_why(drafted: Town) -> None:
    await drafted.stepped("health", f"/standards/{ONE}", "submit")
    note = await notice(drafted, "operator", "standard.submitted")
    assert note["subject"] == "x:1.0.0"
    assert set(note["message"]) == {"zh", "en"}
    await drafted.stepped("operator", f"/standards/{ONE}", "return", json={"reason": "Say more."})
    assert await notice(drafted, "health", "standard.returned")
    row = await drafted.did("health", "GET", "/standards/x", params={"version": "1.0.0"})
    assert [act["act"] for act in row["history"]] == ["drafted", "submitted", "returned"]
    assert row["history"][-1]["reason"] == "Say more."
    assert not any("key" in act for act in row["history"])
    await drafted.stepped("health", f"/standards/{ONE}", "submit")
    await drafted.stepped("operator-2", f"/standards/{ONE}", "approve")
    assert await notice(drafted, "health", "standard.published")
    assert "history" not in (await drafted.by(None, "GET", "/standards/x")).json()


async def notice(town: Town, who: str, kind: str) -> dict[str, Any]:
    listed = (await town.did(who, "GET", "/me/notices"))["items"]
    return next(one for one in listed if one["kind"] == kind)


async def test_a_lost_update_is_refused_with_a_diff(drafted: Town) -> None:
    body, path = documents.PROPOSALS["elements"], f"/elements/{ONE}"
    bare = await drafted.by("health", "PUT", path, json=body)
    assert problem_of(bare) == "precondition-required"
    tag = {"if-match": '"1"'}
    await drafted.did("health", "PUT", path, json=body | {"sensitivity": 2}, headers=tag)
    lost = await drafted.by("health-2", "PUT", path, json=body | {"sensitivity": 3}, headers=tag)
    assert (lost.status_code, problem_of(lost)) == (412, "outdated")
    assert lost.json()["changes"] == [{"change": "changed", "pointer": "/sensitivity", "old": 2, "new": 3}]
    for step in ("submit", "approve", "retire"):
        old = await drafted.by("operator-2", "POST", f"{path}/{step}", headers=tag)
        assert problem_of(old) == "outdated", step


async def test_two_approvals_at_once_publish_once(drafted: Town) -> None:
    await drafted.stepped("health", f"/elements/{ONE}", "submit")
    seen, url = {"if-match": '"2"'}, f"/elements/{ONE}/approve"
    both = await asyncio.gather(*(drafted.by("operator-2", "POST", url, headers=seen) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 412]


@pytest.mark.parametrize("kind", KINDS)
async def test_no_step_is_taken_without_what_was_read(drafted: Town, kind: str) -> None:
    path = f"/{kind}/x/{version_of(kind)}"
    bodies = {"return": {"reason": "x"}, "deprecate": {"sunset": TODAY, "reason": {"en": "x"}}}
    for step in ("submit", "approve", "return", "deprecate", "retire"):
        more = {"json": bodies[step]} if step in bodies else {}
        blind = await drafted.by("operator-2", "POST", f"{path}/{step}", **more)
        assert (blind.status_code, problem_of(blind)) == (428, "precondition-required"), step
    assert problem_of(await drafted.by("health", "DELETE", path)) == "precondition-required"
    assert (await drafted.did("health", "GET", f"/{kind}/x", params={"version": version_of(kind)}))["revision"] == 1


async def test_what_was_changed_after_it_was_read_is_not_approved(drafted: Town) -> None:
    body, path = documents.PROPOSALS["elements"], f"/elements/{ONE}"
    read = await drafted.stepped("health", path, "submit")
    back = await drafted.stepped("operator-2", path, "return", json={"reason": "Say more."})
    tag = {"if-match": f'"{back["revision"]}"'}
    await drafted.did("health", "PUT", path, json=body | {"sensitivity": 1}, headers=tag)
    await drafted.stepped("health", path, "submit")
    old = await drafted.by("operator-2", "POST", f"{path}/approve", headers={"if-match": f'"{read["revision"]}"'})
    assert problem_of(old) == "outdated"
    assert (await drafted.stepped("operator-2", path, "approve"))["sensitivity"] == 1


async def test_changes_are_recorded_without_rebuilding_what_calls_need(drafted: Town, node: Any) -> None:
    services = node.current.newest.services
    await drafted.stepped("health", f"/standards/{ONE}", "submit")
    await drafted.stepped("operator-2", f"/standards/{ONE}", "approve")
    await drafted.stepped("health", "/code-lists/x/1.1.0", "submit")
    await drafted.stepped("operator-2", "/code-lists/x/1.1.0", "approve")
    await drafted.stepped("health", f"/crosswalks/{ONE}", "submit")
    assert node.current.newest.services is services


async def test_an_incompatible_version_is_refused_with_reasons(town: Town) -> None:
    wider = documents.closed(documents.PERSON["properties"] | {"born": documents.TEXT})
    draft = documents.STANDARD | {"version": "1.1.0", "document": wider}
    await town.did("operator", "POST", "/standards", json=draft)
    refused = await town.step("operator", "/standards/person/1.1.0", "submit")
    assert (refused.status_code, problem_of(refused)) == (422, "incompatible")
    (found,) = refused.json()["errors"]
    assert (found["breaks"], found["pointer"].startswith("/required")) == ("provider", True)
    params = {"old": "1.0.0", "new": "1.1.0"}
    diff = await town.did("operator", "GET", "/standards/person/diff", params=params)
    assert {change["pointer"] for change in diff["changes"]} == {
        "/document/properties/born", "/document/required/6"}  # fmt: skip
    assert diff["compatibility"]["compatible"] is False
    assert problem_of(await town.by(None, "GET", "/standards/person/diff", params=params)) == "not-found"
    await town.govern("/standards", draft | {"version": "2.0.0"})


async def test_a_code_list_that_changes_a_meaning_is_refused(drafted: Town) -> None:
    tag = {"if-match": '"1"'}
    body = documents.PROPOSALS["code-lists"] | {"version": "1.1.0", "codes": [{"code": "1", "name": {"en": "uno"}}]}
    await drafted.did("health", "PUT", "/code-lists/x/1.1.0", json=body, headers=tag)
    refused = await drafted.step("health", "/code-lists/x/1.1.0", "submit")
    assert problem_of(refused) == "incompatible"
    assert [found["rule"] for found in refused.json()["errors"]] == ["meaning", "removed"]
    diff = await drafted.did("health", "GET", "/code-lists/x/diff", params={"old": "1.0.0", "new": "1.1.0"})
    assert [(change["change"], change["pointer"]) for change in diff["changes"]] == [
        ("changed", "/codes/1/name/en"), ("removed", "/codes/2")]  # fmt: skip


async def test_codes_and_crosswalks_answer_questions(drafted: Town) -> None:
    await drafted.stepped("health", f"/crosswalks/{ONE}", "submit")
    await drafted.stepped("operator-2", f"/crosswalks/{ONE}", "approve")

    async def asked(path: str, **params: Any) -> Any:
        return (await drafted.by(None, "GET", path, params=params)).json()

    assert (await asked("/crosswalks/x/translate", code="statistics"))["target"] == "1"
    assert (await asked("/crosswalks/x/translate", code="1", inverse=True))["target"] == "statistics"
    assert (await asked("/crosswalks/x/translate", code="school-entry"))["target"] is None
    assert (await asked("/code-lists/x/enum", day="2026-01-01"))["enum"] == ["1", "2"]


async def test_nothing_is_deprecated_unseen_or_retired_in_use(town: Town) -> None:
    """Users are counted down to the agreements; the number has to be said; whoever uses it is told."""
    path = "/standards/person/1.0.0"
    assert problem_of(await town.by("health", "GET", f"{path}/users")) == "not-permitted"
    shown = await town.did("operator", "GET", f"{path}/users", params={"limit": 2})
    assert {kind: count for kind, count in shown["counts"].items() if count} == {
        "dataset": 1, "service": 1, "agreement": 2}  # fmt: skip
    rest = await town.did("auditor", "GET", f"{path}/users", params={"limit": 2, "cursor": shown["next"]})
    found = [(user["kind"], user["id"]) for user in (*shown["items"], *rest["items"])]
    assert found[:2] == [("dataset", "health/people"), ("service", "health/people")]
    assert sorted(id for _, id in found[2:]) == sorted(town.ids[name] for name in ("newborn", "stats"))
    assert rest["next"] is None

    notice_of_end: dict[str, Any] = {"sunset": "2099-01-01", "reason": {"en": "replaced by nothing"}}
    for number in (None, 3):
        unseen = await town.step("operator", path, "deprecate", json=notice_of_end | {"acknowledged_users": number})
        assert (unseen.status_code, problem_of(unseen)) == (409, "conflict")
        assert unseen.json()["total"] == 4
    row = await town.stepped("operator", path, "deprecate", json=notice_of_end | {"acknowledged_users": 4})
    assert (row["state"], row["deprecation"]["sunset"]) == ("deprecated", "2099-01-01")
    assert await notice(town, "health", "standard.deprecated")
    late = await town.did("health", "POST", "/datasets", json=documents.dataset(slug="late"))
    assert [(found["pointer"], found["rule"]) for found in late["warnings"]] == [("/standard_version", "deprecated")]
    early = await town.step("operator", path, "retire")
    assert problem_of(early) == "invalid-request"
    assert (await town.call()).status_code == 200, "calls go on"


async def test_an_element_in_use_is_followed_to_its_successor(town: Town) -> None:
    element = documents.PROPOSALS["elements"]
    for version in ("1.0.0", "2.0.0"):
        await town.govern("/elements", element | {"version": version})
    refers = documents.closed({"x": {"$ref": "urn:hutong:element:x:1.0.0"}})
    standard = documents.PROPOSALS["standards"] | {"document": refers}
    assert (await town.govern("/standards", standard))["warnings"] == []
    users = await town.did("operator", "GET", "/elements/x/1.0.0/users")
    assert [(user["kind"], user["id"], user["state"]) for user in users["items"]] == [
        ("standard", "x:1.0.0", "published")]  # fmt: skip
    assert (await town.did("operator", "GET", "/elements/x/2.0.0/users"))["total"] == 0
    body = {"sunset": TODAY, "successor": {"slug": "x", "version": "2.0.0"}, "acknowledged_users": 1}
    await town.stepped("operator", "/elements/x/1.0.0", "deprecate", json=body)
    (warning,) = (await town.by(None, "GET", "/standards/x")).json()["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/document/properties/x", "deprecated")
    assert "x 2.0.0" in warning["expected"]
    used = await town.step("operator", "/elements/x/1.0.0", "retire")
    assert used.json()["errors"][0]["pointer"] == "/standard/x:1.0.0"
    moved = documents.closed({"x": {"$ref": "urn:hutong:element:x:2.0.0"}})
    await town.govern("/standards", standard | {"version": "1.1.0", "document": moved})
    end = {"sunset": TODAY, "successor": {"slug": "x", "version": "1.1.0"}, "acknowledged_users": 0}
    await town.stepped("operator", f"/standards/{ONE}", "deprecate", json=end)
    await town.stepped("operator", "/elements/x/1.0.0", "retire")
    again = await town.by("health", "POST", "/standards", json=standard | {"slug": "y"})
    assert [found["pointer"] for found in again.json()["errors"]] == ["/properties/x/$ref"]


async def test_a_standard_in_use_is_not_retired(town: Town) -> None:
    path = "/standards/person/1.0.0"
    body = {"sunset": TODAY, "reason": {"en": "x"}, "acknowledged_users": 4}
    await town.stepped("operator", path, "deprecate", json=body)
    used = await town.step("operator", path, "retire")
    assert (used.status_code, problem_of(used)) == (409, "conflict")
    assert used.json()["errors"][0]["pointer"] == "/dataset/health/people"
    await town.did("health", "POST", "/datasets/health/people/withdraw", json={"reason": {"en": "ends"}})
    assert (await town.stepped("operator", path, "retire"))["state"] == "retired"
    late = await town.by("health", "POST", "/datasets", json=documents.dataset(slug="late"))
    assert late.status_code == 422
    assert [found["pointer"] for found in late.json()["errors"]] == ["/standard"]
    assert (await town.by(None, "GET", "/standards/person", params={"version": "1.0.0"})).json()["state"] == "retired"


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_names_are_only_not_found(town: Town, kind: str) -> None:
    for slug in ("%00", "..%2e", "x'--", "%F0%9F%92%A5", "x" * 65):
        answer = await town.by("operator", "GET", f"/{kind}/{slug}")
        assert answer.status_code in (400, 404, 422), slug
        for cursor in ("dataset", "dataset ", "nothing x", "%"):
            users = await town.by("operator", "GET", f"/{kind}/x/1.0.0/users", params={"cursor": cursor})
            assert users.status_code in (400, 404)
