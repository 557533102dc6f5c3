"""Publishing interfaces over HTTP: judged by rules and against their neighbours, let off by operators alone.

A heavy document keeps nobody else from changing something.
"""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from exchange.unit_of_work import Change
from standards import interfaces, lint
from standards.models import InterfaceDraft
from standards.overrides import InvalidOverride
from tests.town import documents
from tests.town.people import Town, problem_of


@pytest.mark.parametrize("findings", [True, False])
async def test_a_specification_is_judged_before_the_write_lock_is_taken(town: Town, node, monkeypatch, findings):
    """Judging may take seconds: meanwhile tokens are issued and agreements revoked."""
    free = []
    judge = interfaces.faults

    def watched(*given):
        with node.writing.connect() as connection:  # the one connection that writes; a timeout fails the test
            free.append(connection.exec_driver_sql("SELECT 1").scalar())
        return judge(*given)

    monkeypatch.setattr(interfaces, "faults", watched)
    document = documents.INTERFACE["document"]
    draft = documents.INTERFACE | {"slug": "heavy", "document": document | ({"paths": {}} if findings else {})}
    answer = await town.by("health", "POST", "/interfaces", json=draft)
    assert answer.status_code == (422 if findings else 201)
    assert free == [1]


OVERRIDE = {"rule": "contact", "reason": "The office moves house until spring.", "until": "2999-01-31"}


def draft(version: str = "1.1.0", **more: Any) -> dict[str, Any]:
    document = copy.deepcopy(documents.INTERFACE["document"])
    document["info"]["version"] = version
    return documents.INTERFACE | {"document": document} | more


def look_up(given: dict[str, Any]) -> Any:
    return given["document"]["paths"]["/v1/lookups"]["post"]


async def test_nobody_publishes_for_another_department(town: Town):
    assert (await town.by(None, "POST", "/interfaces", json=draft())).status_code == 401
    for who in ("justice", "auditor", "services/newborn"):
        assert problem_of(await town.by(who, "POST", "/interfaces", json=draft())) == "not-permitted"


async def test_a_version_that_breaks_nobody_is_published_with_its_report(town: Town):
    given = draft()
    look_up(given)["responses"]["410"] = {"description": "gone"}
    row = await town.did("health", "POST", "/interfaces", json=given)
    assert (row["version"], row["overrides"]) == ("1.1.0", [])
    assert row["report"]["compared"] == ["1.0.0"]
    assert row["report"]["breaking"] == []
    assert {finding["rule"] for finding in row["report"]["lint"]} == {"described", "identifier-fits"}
    assert (await town.by(None, "GET", "/interfaces/people")).json()["report"] == row["report"]


async def test_a_breaking_version_is_refused_unless_its_major_version_rises(town: Town):
    given = draft()
    del look_up(given)["responses"]["404"]
    answer = await town.by("health", "POST", "/interfaces", json=given)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    (finding,) = answer.json()["errors"]
    assert (finding["rule"], finding["code"], finding["operation"]) == ("breaking-change", "status-removed", "lookUp")
    assert finding["pointer"] == "/paths/~1v1~1lookups/post/responses/404"
    assert [row["version"] for row in (await town.by(None, "GET", "/interfaces")).json()["items"]] == ["1.0.0"]
    given["document"]["info"]["version"] = "2.0.0"
    row = await town.did("health", "POST", "/interfaces", json=given)
    assert [each["code"] for each in row["report"]["breaking"]] == ["status-removed"]


async def test_a_version_between_two_is_held_to_both(town: Town):
    later = draft("1.2.0")
    look_up(later)["responses"]["410"] = {"description": "gone"}
    await town.did("health", "POST", "/interfaces", json=later)
    between = draft("1.1.0")
    look_up(between)["responses"]["409"] = {"description": "busy"}
    answer = await town.by("health", "POST", "/interfaces", json=between)
    assert [(each["code"], each["within"]) for each in answer.json()["errors"]] == [("status-removed", "old")]
    row = await town.did("health", "POST", "/interfaces", json=draft("1.1.0"))
    assert row["report"]["compared"] == ["1.0.0", "1.2.0"]


async def test_an_override_is_the_operators_and_is_recorded(town: Town, node):
    given = draft(overrides=[OVERRIDE])
    del given["document"]["info"]["contact"]
    assert problem_of(await town.by("health", "POST", "/interfaces", json=given)) == "not-permitted"
    row = await town.did("operator", "POST", "/interfaces", json=given)
    assert row["overrides"] == [OVERRIDE]
    assert next(iter(row["report"]["lint"]))["rule"] == "contact"
    with Session(node.reading) as session:
        change = session.exec(select(Change).where(Change.subject == "people:1.1.0")).one()
    assert (change.kind, change.details) == (
        "interface.published",
        {"overrides": {"contact": "The office moves house until spring."}},
    )


async def test_a_breaking_change_can_be_let_off_too(town: Town):
    given = draft(overrides=[{"rule": "breaking-change", "reason": "Nobody calls this operation."}])
    del look_up(given)["responses"]["404"]
    row = await town.did("operator", "POST", "/interfaces", json=given)
    assert [each["code"] for each in row["report"]["breaking"]] == ["status-removed"]


@pytest.mark.parametrize(
    ("override", "member", "words"),
    [
        ({"rule": "contcat"}, "rule", "meant contact"),
        ({"rule": "operation-id"}, "rule", "may be let off"),
        ({"until": "2020-01-01"}, "until", "still to come"),
        ({"reason": "Ask 11010519900101123X about it."}, "reason", "without numbers of persons"),
    ],
)
async def test_an_override_that_cannot_be_granted(town: Town, override, member, words):
    answer = await town.by("operator", "POST", "/interfaces", json=draft(overrides=[OVERRIDE | override]))
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    (finding,) = answer.json()["errors"]
    assert finding["pointer"] == f"/overrides/0/{member}"
    assert words in finding["expected"]
    assert "11010519900101123X" not in answer.text


async def test_an_override_that_ran_out_is_not_granted_again(town: Town, node):
    first = draft("1.1.0", overrides=[OVERRIDE])
    await town.did("operator", "POST", "/interfaces", json=first)
    later = datetime(2999, 2, 1, tzinfo=UTC)
    wanted = InterfaceDraft.model_validate(draft("1.2.0", overrides=[OVERRIDE | {"until": None}]))
    with Session(node.reading) as session, pytest.raises(InvalidOverride, match="has run out"):
        interfaces.judge(session, wanted, later)


async def test_openapi_30_is_published_translated(town: Town):
    given = draft()
    given["document"]["openapi"] = "3.0.3"
    title = look_up(given)["responses"]["404"]["content"]["application/problem+json"]["schema"]["properties"]["title"]
    title["nullable"] = False
    row = await town.did("health", "POST", "/interfaces", json=given)
    assert row["document"] == draft()["document"]


async def test_the_report_of_two_versions_is_for_everybody(town: Town):
    given = draft("2.0.0")
    del look_up(given)["responses"]["404"]
    await town.did("health", "POST", "/interfaces", json=given)
    report = (await town.by(None, "GET", "/interfaces/people/breaking?old=1.0.0&new=2.0.0")).json()
    assert (report["breaks"], [each["code"] for each in report["items"]]) == (True, ["status-removed"])
    assert not (await town.by(None, "GET", "/interfaces/people/breaking?old=2.0.0&new=2.0.0")).json()["breaks"]
    missing = await town.by(None, "GET", "/interfaces/people/breaking?old=1.0.0&new=9.0.0")
    assert problem_of(missing) == "not-found"
    assert (await town.by(None, "GET", "/interfaces/people/breaking?old=1&new=2.0.0")).status_code == 422


async def test_the_rules_are_for_everybody(town: Town):
    rules = (await town.by(None, "GET", "/interface-rules")).json()["items"]
    assert [each["id"] for each in rules] == [*(each.id for each in lint.RULES), "breaking-change"]
    assert all(each["why"].keys() == each["fix"].keys() == {"zh", "en"} for each in rules)


async def test_a_neighbour_that_comes_meanwhile_is_looked_at(town: Town, node, monkeypatch):
    """Judged against 1.0.0; before it is written, 1.0.5 comes, which it would break."""
    ours, theirs = draft("1.1.0"), draft("1.0.5")
    look_up(theirs)["responses"]["409"] = {"description": "busy"}
    judge, judged = interfaces.judge, []

    def overtaken(session, given, now):
        found = judge(session, given, now)
        if not judged:
            judged.append(found)
            with node.units.begin("console", now) as work:
                interfaces.publish(work.session, InterfaceDraft.model_validate(theirs), "console", now, None)
                work.record("interface.published", "people:1.0.5")
        return found

    monkeypatch.setattr(interfaces, "judge", overtaken)
    answer = await town.by("health", "POST", "/interfaces", json=ours)
    assert [each["code"] for each in answer.json()["errors"]] == ["status-removed"]
