"""From draft to retired: every step, who may not take it, and what it refuses."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from standards import elements, lives, schemas, versions
from standards.models import Deprecation, ElementDraft, Life, Reference, StandardDraft
from standards.validation import InvalidSchema
from standards.versions import AlreadyPublished

AUTHOR, OTHER = ("author", "key-a"), ("reviewer", "key-b")
KIND = elements.KIND


def draft(version: str = "1.0.0", fragment: Any = None, slug: str = "phone", **more: Any) -> ElementDraft:
    text = {"en": slug}
    return ElementDraft(
        slug=slug, version=version, name=text, definition=text, fragment=fragment or {"type": "string"}, **more
    )


def submitted(session: Session, now: datetime, **more: Any) -> Any:
    wanted = draft(**more)
    lives.propose(session, KIND, wanted, *AUTHOR, now)
    return lives.submit(session, KIND, wanted.slug, wanted.version, *AUTHOR, now)


def published(session: Session, now: datetime, **more: Any) -> Any:
    row = submitted(session, now, **more)
    return lives.approve(session, KIND, row.slug, row.version, *OTHER, now)


def deprecated(session: Session, now: datetime, **notice: Any) -> Any:
    row = published(session, now)
    said = {"reason": {"en": "gone"}, "sunset": now.date(), **notice}
    return lives.deprecate(session, KIND, row.slug, row.version, Deprecation(**said), *OTHER, now)


def test_a_whole_life(session: Session, now: datetime) -> None:
    row = lives.propose(session, KIND, draft(), *AUTHOR, now)
    assert (row.state, row.revision, row.published_by) == (Life.DRAFT, 1, None)
    assert lives.submit(session, KIND, "phone", "1.0.0", *AUTHOR, now).state == Life.REVIEW
    lives.approve(session, KIND, "phone", "1.0.0", *OTHER, now)
    assert (row.state, row.revision, row.published_by, row.published_at) == (Life.PUBLISHED, 3, "reviewer", now)
    notice = Deprecation(reason={"en": "no longer asked for"}, sunset=now.date())
    lives.deprecate(session, KIND, "phone", "1.0.0", notice, *OTHER, now)
    assert elements.fetch(session, "phone", "1.0.0").state == Life.DEPRECATED, "still in force"
    lives.retire(session, KIND, "phone", "1.0.0", *OTHER, now)
    assert [act["act"] for act in row.history] == ["drafted", "submitted", "published", "deprecated", "retired"]
    assert {(act["by"], act["key"]) for act in row.history} == {AUTHOR, OTHER}


@pytest.mark.parametrize("state", [Life.DRAFT, Life.REVIEW, Life.RETIRED])
def test_only_what_is_in_force_is_found(session: Session, now: datetime, state: Life) -> None:
    row = published(session, now)
    assert elements.fetch(session, "phone") is row
    row.state = state
    session.flush()
    for version in (None, "1.0.0"):
        with pytest.raises(elements.UnknownElement):
            elements.fetch(session, "phone", version)
    assert lives.fetch(session, KIND, "phone", "1.0.0", {state}) is row
    assert elements.page(session) == ([], None)
    with pytest.raises(InvalidSchema) as caught:
        schemas.publish(session, StandardDraft(**STANDARD), "me", now)
    assert [found.pointer for found in caught.value.findings] == ["/properties/phone/$ref"]


STANDARD: dict[str, Any] = {
    "slug": "person",
    "version": "1.0.0",
    "name": {"en": "Person"},
    "document": {"type": "object", "properties": {"phone": {"$ref": "urn:hutong:element:phone:1.0.0"}}},
}


def test_the_latest_is_one_that_is_not_deprecated(session: Session, now: datetime) -> None:
    published(session, now, version="1.0.0")
    published(session, now, version="2.0.0")
    notice = Deprecation(successor=Reference(slug="phone", version="1.0.0"), sunset=now.date())
    lives.deprecate(session, KIND, "phone", "2.0.0", notice, *OTHER, now)
    assert elements.fetch(session, "phone").version == "1.0.0"
    assert elements.fetch(session, "phone", "2.0.0").state == Life.DEPRECATED


@pytest.mark.parametrize(
    "reviewer",
    [AUTHOR, ("author", "another key"), ("another name", "key-a"), ("reviser", ""), ("no one", "key-r")],
)
def test_nobody_approves_what_they_wrote(session: Session, now: datetime, reviewer: tuple[str, str]) -> None:
    """By name or by key; whoever revised it wrote it too."""
    lives.propose(session, KIND, draft(), *AUTHOR, now)
    lives.revise(session, KIND, "phone", "1.0.0", draft(sensitivity=2), 1, "reviser", "key-r", now)
    lives.submit(session, KIND, "phone", "1.0.0", *AUTHOR, now)
    with pytest.raises(lives.SelfReview):
        lives.approve(session, KIND, "phone", "1.0.0", *reviewer, now)
    assert lives.held(session, KIND, "phone", "1.0.0").state == Life.REVIEW


def test_whoever_returned_it_may_approve_it_later(session: Session, now: datetime) -> None:
    submitted(session, now)
    row = lives.send_back(session, KIND, "phone", "1.0.0", "say more", *OTHER, now)
    assert (row.state, row.history[-1]["reason"]) == (Life.DRAFT, "say more")
    lives.revise(session, KIND, "phone", "1.0.0", draft(source="GB"), row.revision, *AUTHOR, now)
    lives.submit(session, KIND, "phone", "1.0.0", *AUTHOR, now)
    assert lives.approve(session, KIND, "phone", "1.0.0", *OTHER, now).source == "GB"


STEPS: dict[str, Any] = {
    "submit": lambda s, n, **k: lives.submit(s, KIND, "phone", "1.0.0", *AUTHOR, n, **k),
    "approve": lambda s, n, **k: lives.approve(s, KIND, "phone", "1.0.0", *OTHER, n, **k),
    "return": lambda s, n, **k: lives.send_back(s, KIND, "phone", "1.0.0", "x", *OTHER, n, **k),
    "discard": lambda s, n, **k: lives.discard(s, KIND, "phone", "1.0.0", **k),
    "revise": lambda s, n, expected_revision=1: lives.revise(
        s, KIND, "phone", "1.0.0", draft(), expected_revision, *AUTHOR, n
    ),
    "deprecate": lambda s, n, **k: lives.deprecate(
        s, KIND, "phone", "1.0.0", Deprecation(reason={"en": "x"}, sunset=n.date()), *OTHER, n, **k
    ),
    "retire": lambda s, n, **k: lives.retire(s, KIND, "phone", "1.0.0", *OTHER, n, **k),
}
ALLOWED = {
    Life.DRAFT: {"submit", "discard", "revise"},
    Life.REVIEW: {"approve", "return", "discard"},
    Life.PUBLISHED: {"deprecate"},
    Life.DEPRECATED: {"retire"},
    Life.RETIRED: set(),
}


@pytest.mark.parametrize(("state", "step"), [(state, step) for state in Life for step in STEPS])
def test_each_step_starts_from_its_own_state(session: Session, now: datetime, state: Life, step: str) -> None:
    row = lives.propose(session, KIND, draft(), *AUTHOR, now)
    row.state = state
    if state == Life.DEPRECATED:
        row.deprecation = {"sunset": now.date().isoformat()}
    session.flush()
    if step in ALLOWED[state]:
        STEPS[step](session, now)
    else:
        with pytest.raises(lives.WrongState, match=state):
            STEPS[step](session, now)
        assert row.state == state


@pytest.mark.parametrize("step", STEPS)
def test_a_lost_update_is_refused(session: Session, now: datetime, step: str) -> None:
    lives.propose(session, KIND, draft(), *AUTHOR, now)
    with pytest.raises(lives.Outdated, match="revision 1"):
        STEPS[step](session, now, expected_revision=7)


@pytest.mark.parametrize("step", STEPS)
def test_what_is_not_there_has_no_life(session: Session, now: datetime, step: str) -> None:
    with pytest.raises(elements.UnknownElement):
        STEPS[step](session, now)


def test_a_lost_revision_tells_what_differs(session: Session, now: datetime) -> None:
    lives.propose(session, KIND, draft(), *AUTHOR, now)
    lives.revise(session, KIND, "phone", "1.0.0", draft(sensitivity=3), 1, *AUTHOR, now)
    with pytest.raises(lives.Outdated) as caught:
        lives.revise(session, KIND, "phone", "1.0.0", draft(sensitivity=4), 1, *AUTHOR, now)
    assert caught.value.changes == ({"change": "changed", "pointer": "/sensitivity", "old": 3, "new": 4},)


def test_a_draft_keeps_its_name(session: Session, now: datetime) -> None:
    lives.propose(session, KIND, draft(), *AUTHOR, now)
    for other in (draft(slug="fax"), draft(version="1.0.1")):
        with pytest.raises(lives.Renamed):
            lives.revise(session, KIND, "phone", "1.0.0", other, 1, *AUTHOR, now)


def test_a_version_is_taken_once_and_free_again_when_discarded(session: Session, now: datetime) -> None:
    lives.propose(session, KIND, draft(), *AUTHOR, now)
    with pytest.raises(AlreadyPublished, match="as draft"):
        lives.propose(session, KIND, draft(), *OTHER, now)
    with pytest.raises(AlreadyPublished):
        elements.publish(session, draft(), "me", now)
    lives.discard(session, KIND, "phone", "1.0.0")
    assert lives.propose(session, KIND, draft(), *OTHER, now).history[0]["by"] == "reviewer"


def test_published_content_is_what_was_reviewed_and_checked_anew(session: Session, now: datetime) -> None:
    """A reference that was retired between submission and approval is found."""
    published(session, now)
    kind = schemas.KIND
    lives.propose(session, kind, StandardDraft(**STANDARD), *AUTHOR, now)
    lives.submit(session, kind, "person", "1.0.0", *AUTHOR, now)
    elements.fetch(session, "phone").state = Life.RETIRED
    session.flush()
    with pytest.raises(InvalidSchema):
        lives.approve(session, kind, "person", "1.0.0", *OTHER, now)


def test_versions_of_a_major_version_come_in_their_order(session: Session, now: datetime) -> None:
    published(session, now, version="1.2.0")
    with pytest.raises(lives.OutOfOrder, match=r"1\.2\.0"):
        submitted(session, now, version="1.1.9")
    published(session, now, version="0.9.0")
    published(session, now, version="2.0.0")
    published(session, now, version="1.10.0")
    assert [row.version for row in versions.in_force(session, KIND.table, "phone", 1)] == ["1.2.0", "1.10.0"]


@pytest.mark.parametrize(
    ("notice", "pointer"),
    [
        ({"reason": None}, "/successor"),
        ({"sunset": date(2026, 11, 21)}, "/sunset"),
        ({"successor": Reference(slug="phone", version="1.0.0")}, "/successor"),
        ({"successor": Reference(slug="nobody", version="1.0.0")}, "/successor"),
    ],
)
def test_a_deprecation_leaves_nobody_alone(session: Session, now: datetime, notice: Any, pointer: str) -> None:
    with pytest.raises(lives.InvalidDeprecation) as caught:
        deprecated(session, now, **notice)
    assert [found.pointer for found in caught.value.findings] == [pointer]


def test_a_draft_is_no_successor(session: Session, now: datetime) -> None:
    lives.propose(session, KIND, draft(version="2.0.0"), *AUTHOR, now)
    with pytest.raises(lives.InvalidDeprecation):
        deprecated(session, now, successor=Reference(slug="phone", version="2.0.0"))


def test_nothing_is_retired_before_its_day(session: Session, now: datetime) -> None:
    deprecated(session, now, sunset=now.date() + timedelta(days=2))
    with pytest.raises(lives.InvalidDeprecation, match="mend"):
        lives.retire(session, KIND, "phone", "1.0.0", *OTHER, now + timedelta(days=1))
    assert lives.retire(session, KIND, "phone", "1.0.0", *OTHER, now + timedelta(days=2)).state == Life.RETIRED


def test_whoever_refers_to_something_deprecated_is_warned(session: Session, now: datetime) -> None:
    published(session, now, version="2.0.0")
    deprecated(session, now, successor=Reference(slug="phone", version="2.0.0"))
    row = lives.propose(session, schemas.KIND, StandardDraft(**STANDARD), *AUTHOR, now)
    (found,) = lives.warnings(session, schemas.KIND, row)
    assert (found.pointer, found.rule) == ("/document/properties/phone", "deprecated")
    assert "phone 2.0.0" in found.expected


def test_pages_by_state_words_and_department(session: Session, now: datetime) -> None:
    published(session, now, slug="phone")
    lives.propose(session, KIND, draft(slug="fax", department="health"), *AUTHOR, now)
    lives.propose(session, KIND, draft(slug="telex", department="tax"), *AUTHOR, now)
    row = elements.fetch(session, "phone")
    row.name = {"zh": "联系电话", "en": "Phone 100%"}
    session.flush()

    def found(**more: Any) -> list[str]:
        rows, _ = versions.page(session, KIND.table, 50, None, **more)
        return [each.slug for each in rows]

    everything = tuple(Life)
    assert found() == ["phone"]
    assert found(states=everything) == ["phone", "fax", "telex"]
    assert found(states=everything, departments=["health"]) == ["phone", "fax"]
    assert found(states=everything, departments=[]) == ["phone"]
    assert found(states=everything, by_slug=True) == ["fax", "phone", "telex"]
    assert found(states=everything, by_slug=True, descending=True) == ["telex", "phone", "fax"]
    assert found(words="电话") == found(words="100%") == found(words="PHONE") == ["phone"]
    assert found(words="%") == ["phone"]
    assert found(words="_") == []
