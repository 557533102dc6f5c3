"""Guards by two operators, consent by data subjects, emergencies and their reviews, from proposal to call."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from exchange.identity import assertions
from policies.emergencies import life
from tests.town import documents
from tests.town.people import Town, problem_of

LOOKUP = {"resident_id": documents.resident_id(1)}


def failed_checks(answer) -> list[str]:
    return [check["check"] for check in answer.json()["failed_checks"]]


HEADERS = {"purpose": "hutong-purpose", "case": "hutong-case", "basis": "hutong-basis", "emergency": "hutong-emergency"}


async def looked_up(town: Town, who: str = "services/newborn", **claims):
    """A lookup by the application; a claim given as None is not made."""
    return await town.call(who, headers={HEADERS[name]: claim for name, claim in claims.items()})


GUARD = {
    "slug": "no-newborns",
    "title": {"zh": "停办", "en": "Closed"},
    "reason": {"zh": "系统停办，请择日再来。", "en": "Closed for now."},
    "deny_when": {"item": "purpose", "op": "eq", "value": "newborn-registration"},
}


async def third_operator(town: Town) -> str:
    """Who registered whom counts as one hand, so it takes two whom a third registered."""
    key = assertions.make_key()
    draft = {"name": {"en": "operator-3"}, "keys": [assertions.public_jwk(key)], "scopes": ["operator"]}
    person = await town.did("operator", "POST", "/people", json=draft)
    town.keys["operator-3"] = (person["id"], key)
    return "operator-3"


async def test_two_operators_put_a_guard_in_force_and_two_end_it(town: Town):
    third = await third_operator(town)
    assert (await looked_up(town)).status_code == 200
    row = await town.did(third, "POST", "/guards", json=GUARD)
    assert (await looked_up(town)).status_code == 200
    for same_hand in (third, "operator"):
        own = await town.by(same_hand, "POST", "/guards/no-newborns/approve")
        assert (own.status_code, problem_of(own)) == (403, "not-permitted")
    active = await town.did("operator-2", "POST", "/guards/no-newborns/approve")
    assert active["state"] == "active"
    late = await town.by(
        "operator-2", "POST", "/guards/no-newborns/approve", headers={"if-match": f'"{row["revision"]}"'}
    )
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    again = await town.by("operator-2", "POST", "/guards/no-newborns/approve")
    assert (again.status_code, problem_of(again)) == (409, "conflict")

    refused = await looked_up(town)
    assert refused.status_code == 403
    assert failed_checks(refused) == ["guard:no-newborns"]
    assert "Closed for now." in refused.json()["failed_checks"][0]["satisfy"]["en"]

    await town.did("operator-2", "POST", "/guards/no-newborns/end", json={"reason": "open again"})
    assert (await looked_up(town)).status_code == 403, "it denies until another operator approves its end"
    assert (await town.by("operator-2", "POST", "/guards/no-newborns/approve")).status_code == 403
    await town.did(third, "POST", "/guards/no-newborns/approve")
    assert (await looked_up(town)).status_code == 200
    kinds = [leaf["kind"] for leaf in await town.found(type="change", limit=8)]
    assert kinds[:4] == ["guard.ended", "guard.ending", "guard.activated", "guard.proposed"]


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"item": "colour", "op": "eq", "value": "red"}, "/deny_when/item"),
        ({"item": "purpose", "op": "like", "value": "x"}, "/deny_when/op"),
        ({}, "/deny_when"),
        ({"any": [{"item": "purpose", "op": "eq", "value": str(number)} for number in range(600)]}, "/deny_when"),
    ],
)
async def test_a_guard_that_could_not_be_asked_is_not_proposed(town: Town, condition, pointer):
    answer = await town.by("operator", "POST", "/guards", json=GUARD | {"deny_when": condition})
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_guard_on_what_a_call_does_not_say_denies(town: Town):
    guard = GUARD | {"slug": "basis", "deny_when": {"item": "basis", "op": "eq", "value": "forbidden"}}
    await town.did(await third_operator(town), "POST", "/guards", json=guard)
    await town.did("operator-2", "POST", "/guards/basis/approve")
    assert failed_checks(await looked_up(town)) == ["guard:basis"]
    named = await looked_up(town, basis=documents.BASIS)
    assert named.status_code == 200, named.text


async def test_a_call_needs_consent_and_is_refused_once_it_is_withdrawn(town: Town):
    await town.agree("services/stats", purposes=["newborn-registration"], consent={"statutes": []})
    asked = {"purpose": "newborn-registration"}
    refused = await looked_up(town, "services/stats", **asked)
    assert failed_checks(refused) == ["consent"]
    body = documents.CONSENT | {"subject": LOOKUP["resident_id"], "department": "services"}
    given = await town.did("services", "POST", "/consents", json=body)
    assert LOOKUP["resident_id"] not in str(given)
    assert "digest" not in given
    assert (await looked_up(town, "services/stats", **asked)).status_code == 200
    neighbour = await town.by("justice", "POST", f"/consents/{given['id']}/withdraw")
    assert neighbour.status_code == 403
    await town.did("health", "POST", f"/consents/{given['id']}/withdraw")
    assert failed_checks(await looked_up(town, "services/stats", **asked)) == ["consent"]
    twice = await town.by("services", "POST", f"/consents/{given['id']}/withdraw")
    assert (twice.status_code, problem_of(twice)) == (409, "conflict")


async def test_an_emergency_is_declared_told_used_and_reviewed(town: Town):
    agreement = await town.agree(
        "services/stats", purposes=["newborn-registration"], emergency={"skips": ["case"], "hours": 2}
    )
    without = {"purpose": "newborn-registration", "case": None}
    assert failed_checks(await looked_up(town, "services/stats", **without)) == ["case"]
    too_long = documents.EMERGENCY | {"agreement": agreement, "hours": 3}
    assert (await town.by("services", "POST", "/emergencies", json=too_long)).status_code == 422
    declared = await town.did(
        "services/stats", "POST", "/emergencies", json=documents.EMERGENCY | {"agreement": agreement}
    )
    id = declared["id"]
    assert declared["deadline"]["clock"] == "emergency-review"
    assert declared["deadline"]["met_at"] is None
    by_emergency = await looked_up(town, "services/stats", emergency=id, **without)
    assert by_emergency.status_code == 200, by_emergency.text
    (request, *_) = await town.entries_of(by_emergency.headers["hutong-call"], application="services/stats")
    assert request["emergency"] == id
    told = await town.did("health", "GET", "/me/notices")
    assert told["items"][0]["kind"] == "emergency.declared"
    other = await looked_up(town, emergency=id)
    assert failed_checks(other) == ["emergency"], "it is for one agreement"
    assert failed_checks(await looked_up(town, "services/stats", emergency="emg-0", **without)) == ["case", "emergency"]

    review = {"verdict": "objected", "reason": "there was no flood"}
    assert (await town.by("services", "POST", f"/emergencies/{id}/review", json=review)).status_code == 403
    reviewed = await town.did("health", "POST", f"/emergencies/{id}/review", json=review)
    assert reviewed["verdict"] == "objected"
    assert reviewed["deadline"]["late"] is False
    ended = await looked_up(town, "services/stats", emergency=id, **without)
    assert failed_checks(ended) == ["case", "emergency"], "an objection ends it"
    twice = await town.by("health", "POST", f"/emergencies/{id}/review", json=review)
    assert (twice.status_code, problem_of(twice)) == (409, "conflict")


async def test_nobody_declares_an_emergency_that_was_not_agreed(town: Town):
    body = documents.EMERGENCY | {"agreement": town.ids["newborn"]}
    answer = await town.by("services/newborn", "POST", "/emergencies", json=body)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert (await town.by("justice", "POST", "/emergencies", json=body)).status_code == 403


async def test_a_total_ends_the_calls_and_a_rate_makes_them_wait(town: Town):
    await town.agree("services/stats", purposes=["newborn-registration"], total=2)
    statuses = [(await looked_up(town, "services/stats", purpose="newborn-registration")).status_code for _ in range(3)]
    assert statuses == [200, 200, 403]
    await town.agree("services/newborn", purposes=["statistics"], rate={"count": 1, "seconds": 3600})
    assert (await looked_up(town, purpose="statistics")).status_code == 200
    limited = await looked_up(town, purpose="statistics")
    assert limited.status_code == 429
    assert failed_checks(limited) == ["rate"]
    assert 3500 < int(limited.headers["retry-after"]) <= 3600


async def test_a_reply_says_by_when_it_is_deleted_and_so_does_the_ledger(town: Town):
    masks = [{"item": "score", "function": "verify", "arguments": {"op": "ge", "value": 60}}]
    await town.agree(
        "services/stats",
        purposes=["newborn-registration"],
        items=["name", "score"],
        masks=masks,
        duties={"delete_after_days": 30},
    )
    answer = await looked_up(town, "services/stats", purpose="newborn-registration")
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["score"] is True
    leaves = await town.entries_of(answer.headers["hutong-call"], application="services/stats")
    assert leaves[-1]["delete_by"] == answer.headers["hutong-delete-by"]


async def test_a_restart_forgets_no_guard_no_consent_and_no_emergency(town: Town, node):
    """What a whole load of the snapshot leaves out would permit, or refuse, what it should not."""
    await town.did(await third_operator(town), "POST", "/guards", json=GUARD)
    await town.did("operator-2", "POST", "/guards/no-newborns/approve")
    agreement = await town.agree(
        "services/newborn", purposes=["statistics"], consent={"statutes": []}, emergency={"skips": ["case"]}
    )
    body = documents.CONSENT | {"subject": LOOKUP["resident_id"], "department": "services", "purpose": "statistics"}
    await town.did("services", "POST", "/consents", json=body)
    declared = await town.did("services", "POST", "/emergencies", json=documents.EMERGENCY | {"agreement": agreement})
    node.loader.load()
    assert failed_checks(await looked_up(town)) == ["guard:no-newborns"]
    answer = await looked_up(town, purpose="statistics", case=None, emergency=declared["id"])
    assert answer.status_code == 200, answer.text


async def test_withdrawing_one_consent_withdraws_every_other_for_the_same(town: Town):
    await town.agree("services/stats", purposes=["newborn-registration"], consent={"statutes": []})
    body = documents.CONSENT | {"subject": LOOKUP["resident_id"], "department": "services"}
    first = await town.did("services", "POST", "/consents", json=body)
    await town.did("services", "POST", "/consents", json=body | {"evidence": "FORM-2"})
    await town.did("services", "POST", f"/consents/{first['id']}/withdraw")
    assert failed_checks(await looked_up(town, "services/stats")) == ["consent"]


async def test_an_agreement_whose_calls_are_all_made_is_marked_and_told(town: Town, node):
    agreement = await town.agree("services/stats", purposes=["newborn-registration"], total=1)
    assert node.endings.look() == 0
    assert (await looked_up(town, "services/stats")).status_code == 200
    assert node.endings.look() == 1
    assert (await town.did("services", "GET", f"/agreements/{agreement}"))["state"] == "exhausted"
    assert failed_checks(await looked_up(town, "services/stats")) == ["purpose"]
    assert node.endings.look() == 0


async def test_a_review_that_is_overdue_is_listed_and_escalated(town: Town, node):
    agreement = await town.agree("services/stats", purposes=["newborn-registration"], emergency={"skips": ["case"]})
    declared = await town.did("services", "POST", "/emergencies", json=documents.EMERGENCY | {"agreement": agreement})
    assert (await town.did("operator", "GET", "/emergencies", params={"overdue": True}))["items"] == []
    node.deadlines._now = lambda: datetime.now(UTC) + timedelta(days=60)
    node.deadlines.look()
    kinds = [one["kind"] for one in (await town.did("operator", "GET", "/me/notices"))["items"]]
    assert "deadline.escalated" in kinds
    with Session(node.reading) as session:
        (late, *_), _ = life.page(session, overdue_at=datetime.now(UTC) + timedelta(days=60))
        assert late.id == declared["id"]
