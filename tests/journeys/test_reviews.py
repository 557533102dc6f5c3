"""From a draft to a published dataset and its next version, by steward, operator and reader, over HTTP."""

from typing import Any

import httpx
import pytest

from exchange.api import examples
from exchange.identity import assertions
from tests.town import documents
from tests.town.inside import ADDRESS
from tests.town.people import Town, problem_of

URL = "/datasets/health/more"
OUTSIDE = (None, "justice", "auditor", "services/newborn")


def tag(row: dict[str, Any]) -> dict[str, str]:
    return {"if-match": f'"{row["revision"]}"'}


async def step(town: Town, who: str, name: str, body: Any = None, url: str = URL) -> Any:
    """The step, taken by somebody who has just read the dataset."""
    row = await town.did(who, "GET", url)
    return await town.did(who, "POST", f"{url}/{name}", json=body, headers=tag(row))


@pytest.fixture
async def drafted(town: Town) -> Town:
    """A second dataset of the health department with its service, as a draft."""
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="more"))
    await town.did("health", "POST", "/services", json=documents.service(ADDRESS, slug="more", dataset="more"))
    return town


async def test_a_whole_life(drafted: Town):
    town = drafted
    row = await town.did("health", "GET", URL)
    assert (row["state"], row["turn"]["who"], row["turn"]["department"]) == ("draft", "steward", "health")
    assert row["pending"]["stage"] == "draft"

    row = await town.submitted("health", URL)
    assert (row["pending"]["stage"], row["turn"]["who"]) == ("registration-review", "operator")
    waiting = await town.did("operator", "GET", "/reviews?turn=operator")
    assert [(one["dataset"], one["stage"]) for one in waiting["items"]] == [("health/more", "registration-review")]

    row = await step(town, "operator-2", "return", {"reason": {"zh": "请补充", "en": "Describe the items."}})
    assert row["pending"]["stage"] == "draft"
    (version,) = (await town.did("health", "GET", f"{URL}/versions"))["items"]
    assert version["reviews"][0]["reason"]["en"] == "Describe the items."
    draft = documents.dataset(slug="more", description={"en": "Described now."})
    await town.did("health", "PUT", URL, json=draft, headers=tag(row))

    await town.submitted("health", URL)
    row = await step(town, "operator-2", "approve")
    assert (row["state"], row["approved"], row["turn"]["who"]) == ("registered", ["registration"], "steward")
    assert row["resource_code"].startswith("301001/")
    assert problem_of(await town.call(path="/x/health/more/v1/lookups")) == "unknown-service"

    await town.submitted("health", URL)
    row = await step(town, "operator-2", "approve")
    assert (row["state"], row["approved"], row["turn"]) == ("published", ["publication"], None)
    answer = await town.call(path="/x/health/more/v1/lookups")
    assert (answer.status_code, answer.json()["failed_checks"][0]["check"]) == (403, "agreement")
    assert (await town.by(None, "GET", URL)).json()["description"] == {"en": "Described now."}

    kinds = [leaf["kind"] for leaf in await town.found(type="change") if leaf["id"] == "health/more"]
    steps = ["registered", "submitted", "returned", "revised", "submitted", "approved", "submitted", "published"]
    assert [kind for kind in reversed(kinds) if kind.startswith("dataset.")] == [f"dataset.{act}" for act in steps]


async def test_a_draft_is_seen_by_its_stewards_and_operators_only(drafted: Town):
    town = drafted
    for path in (URL, f"{URL}/versions", f"{URL}/versions/1", f"{URL}/versions/1/diff", "/services/health/more"):
        for who in OUTSIDE:
            assert (await town.by(who, "GET", path)).status_code == 404, (who, path)
        for who in ("health", "operator"):
            assert (await town.by(who, "GET", path)).status_code == 200, (who, path)
    for who in OUTSIDE:
        for path in ("/datasets", "/datasets?state=draft", "/datasets?stage=draft", "/services"):
            listed = (await town.by(who, "GET", path)).json()["items"]
            assert "health/more" not in {row["id"] for row in listed}, (who, path)
            if path.startswith("/datasets"):
                assert not {"pending", "turn", "created_by", "changed_by"} & {name for row in listed for name in row}
    assert problem_of(await town.by("services/newborn", "GET", "/reviews")) == "not-permitted"
    assert (await town.did("justice", "GET", "/reviews?department=health"))["items"] == []
    (seen,) = (await town.did("health", "GET", "/datasets?stage=draft"))["items"]
    assert (seen["id"], seen["turn"]["who"]) == ("health/more", "steward")


async def test_a_new_version_stands_beside_the_published_one_and_changes_no_call(town: Town, node):
    url = "/datasets/health/people"
    before = node.current.newest
    row = await town.did("health", "GET", url)
    rule = documents.CALLING_RULE | {"bases": [*documents.CALLING_RULE["bases"], "law-2"]}
    draft = documents.dataset(title={"en": "Inhabitants"}, calling_rule=rule)
    row = await town.did("health", "PUT", url, json=draft, headers=tag(row))
    assert (row["title"], row["pending"]["number"], row["pending"]["title"]) == (
        {"en": "People"}, 2, {"en": "Inhabitants"},
    )  # fmt: skip
    assert node.current.newest.services is before.services, "nothing was rebuilt for it"
    for who in OUTSIDE:
        shown = await town.by(who, "GET", url)
        assert "Inhabitants" not in shown.text
        assert [one["number"] for one in (await town.by(who, "GET", f"{url}/versions")).json()["items"]] == [1]
        assert (await town.by(who, "GET", f"{url}/versions/2")).status_code == 404
        assert (await town.by(who, "GET", f"{url}/versions/2/diff")).status_code == 404
    diff = await town.did("operator", "GET", f"{url}/versions/2/diff")
    assert (diff["old"], diff["new"]) == (1, 2)
    assert {one["pointer"] for one in diff["changes"]} == {"/title/en", "/calling_rule/bases"}
    assert (await town.call()).status_code == 200

    await town.submitted("health", url)
    assert node.current.newest.services is before.services
    assert (await town.call()).status_code == 200
    row = await step(town, "operator-2", "approve", url=url)
    assert (row["title"], row["version"], row["pending"]) == ({"en": "Inhabitants"}, 2, None)
    assert node.current.newest.services is not before.services
    assert (await town.call()).status_code == 200, "its agreements fit the new offer"
    both = await town.did("justice", "GET", f"{url}/versions")
    assert [(one["number"], one["stage"]) for one in both["items"]] == [(2, "published"), (1, "superseded")]


async def test_agreements_that_would_not_fit_are_named_before_the_version_takes_over(town: Town):
    url = "/datasets/health/people"
    row = await town.did("health", "GET", url)
    draft = documents.dataset(calling_rule=documents.CALLING_RULE | {"purposes": ["statistics"]})
    await town.did("health", "PUT", url, json=draft, headers=tag(row))
    answer = await town.submit("health", url)
    assert (answer.status_code, problem_of(answer)) == (422, "not-publishable")
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/agreements/{town.ids['newborn']}"]
    row = await town.did("health", "POST", f"{url}/discard")
    assert row["pending"] is None
    assert problem_of(await town.submit("health", url)) == "conflict"


async def test_only_what_was_read_is_submitted(drafted: Town):
    town = drafted
    read = await town.did("health", "GET", URL)
    blind = await town.by("health", "POST", f"{URL}/submit")
    assert (blind.status_code, problem_of(blind)) == (428, "precondition-required")
    draft = documents.dataset(slug="more", title={"en": "Something else"})
    await town.did("health", "PUT", URL, json=draft, headers=tag(read))
    late = await town.by("health", "POST", f"{URL}/submit", headers=tag(read))
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    assert {"pointer": "/title/en", "old": "People", "new": "Something else"} in late.json()["changes"]


async def test_nobody_approves_their_own(drafted: Town):
    """Neither under the same name, nor through an account of their making, nor with the same key."""
    town = drafted
    own = assertions.make_key()
    both = {"name": {"en": "both"}, "keys": [assertions.public_jwk(own)], "scopes": ["operator", "steward:health"]}
    person = await town.did("operator", "POST", "/people", json=both | {"department": "health"})
    town.keys["both"] = (person["id"], own)
    await town.submitted("both", URL)
    row = await town.did("operator", "GET", URL)
    for who, said in (("both", "does not review"), ("operator", "one hand")):
        answer = await town.by(who, "POST", f"{URL}/approve", headers=tag(row))
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted"), who
        assert said in answer.json()["detail"]
    assert (await town.did("health", "GET", URL))["state"] == "draft"
    assert (await town.did("operator-2", "POST", f"{URL}/approve", headers=tag(row)))["state"] == "registered"


async def test_only_what_was_read_is_approved(drafted: Town):
    town = drafted
    read = await town.submitted("health", URL)
    blind = await town.by("operator-2", "POST", f"{URL}/approve")
    assert (blind.status_code, problem_of(blind)) == (428, "precondition-required")
    draft = documents.dataset(slug="more", title={"en": "Something else"})
    await town.did("health", "PUT", URL, json=draft, headers=tag(read))
    await town.submitted("health", URL)
    answer = await town.by("operator-2", "POST", f"{URL}/approve", headers=tag(read))
    assert (answer.status_code, problem_of(answer)) == (412, "outdated")
    assert {"pointer": "/title/en", "old": "People", "new": "Something else"} in answer.json()["changes"]


async def test_a_withdrawal_is_told_to_those_who_use_the_dataset(town: Town):
    url = "/datasets/health/people"
    unsaid = await town.by("health", "POST", f"{url}/withdraw", json={"reason": {"en": " "}})
    assert (unsaid.status_code, problem_of(unsaid)) == (422, "invalid-request")
    row = await town.did("health", "POST", f"{url}/withdraw", json=examples.WITHDRAWAL)
    assert (row["state"], row["told"]) == ("withdrawn", ["services"])
    assert problem_of(await town.call()) == "unknown-service"
    notices = (await town.did("services", "GET", "/me/notices"))["items"]
    assert [one["subject"] for one in notices if one["kind"] == "dataset.withdrawn"] == ["health/people"]
    assert (await town.by(None, "GET", url)).status_code == 404


async def test_a_steward_hears_everything_wrong_and_missing_before_anything_changes(town: Town, node):
    version = node.current.newest.version
    draft = documents.dataset(slug="new", category=None, items=[documents.item("id"), documents.item("iq")])
    said = await town.did("health", "POST", "/datasets/check", json=draft)
    assert [one["pointer"] for one in said["findings"]] == ["/items/1/path"]
    assert {"/category", "/services", "/items"} <= {one["pointer"] for one in said["missing"]}
    assert (said["revision"], said["changes"]) == (None, None)
    known = await town.did("health", "POST", "/datasets/check", json=documents.dataset(title={"en": "X"}))
    assert [one["pointer"] for one in known["changes"]] == ["/title/en"]
    assert node.current.newest.version == version


@pytest.mark.parametrize(
    ("categories", "rule"),
    [
        ([("3", "x"), ("3", "y")], "unique"),
        ([("301001", "x")], "parent"),
        ([("9", "x"), ("901001", "y")], "parent"),
    ],
)
async def test_a_broken_classification_changes_nothing(town: Town, categories, rule):
    tree = {"categories": [{"code": code, "name": {"en": name}} for code, name in categories]}
    if rule == "parent":
        tree["categories"] = [one | {"code": one["code"].replace("3", "8")} for one in tree["categories"]]
    before = (await town.by(None, "GET", "/classification")).json()
    answer: httpx.Response = await town.by("operator", "POST", "/classification", json=tree)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert rule in {one["rule"] for one in answer.json()["errors"]}
    assert (await town.by(None, "GET", "/classification")).json() == before
