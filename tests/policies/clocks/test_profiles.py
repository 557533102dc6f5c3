"""Profiles of clocks."""

from datetime import UTC, datetime

import pytest

from policies.clocks import profiles
from policies.clocks.models import ProfileDraft, Term

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def draft(id="own", **changes) -> ProfileDraft:
    return ProfileDraft(**{"id": id, "title": {"en": "Own"}, "clocks": {"answer-conditional": {"days": 7}}} | changes)


@pytest.mark.parametrize(
    ("profile", "clock", "days", "after"),
    [
        ("national", "answer-unconditional", 1, ()),
        ("national", "answer-conditional", 10, ()),
        ("national", "deliver", 20, ()),
        ("national", "correction", 10, ()),
        ("national", "emergency-review", 3, ()),
        ("shanghai", "answer-uncatalogued", 15, ()),
        ("shanghai", "answer-conditional", 10, ()),
        ("gaoping", "check", 2, ()),
        ("gaoping", "answer-conditional", 7, ("check",)),
        ("gaoping", "answer-uncatalogued", 12, ("check",)),
        ("gaoping", "deliver", 20, ()),
    ],
)
def test_the_shipped_profiles_say_what_the_rules_of_their_place_say(session, profile, clock, days, after):
    found = profiles.clock(session, clock, profile)
    assert (found.profile, found.days, found.after) == (profile, days, after)


def test_only_the_check_is_the_operators(session):
    assert profiles.clock(session, "check", "gaoping").by_operator
    assert not profiles.clock(session, "answer-conditional", "gaoping").by_operator


def test_the_national_one_is_in_force_until_another_is_chosen(session):
    assert profiles.in_force(session) == "national"
    profiles.choose(session, "gaoping", "person-1", NOW)
    assert profiles.clock(session, "answer-conditional").days == 7
    profiles.choose(session, "national", "person-1", NOW)
    assert profiles.clock(session, "answer-conditional").days == 10


def test_operators_register_their_own(session):
    profiles.register(session, draft(extends="national"), "person-1", NOW)
    assert profiles.clock(session, "answer-conditional", "own").days == 7
    assert profiles.clock(session, "answer-conditional", "own").extension is None
    assert profiles.clock(session, "deliver", "own").days == 20
    profiles.register(session, draft(clocks={"deliver": Term(days=3)}), "person-2", NOW)
    assert [profile.id for profile in profiles.all_of(session)][-1] == "own"
    with pytest.raises(profiles.UnknownClock):
        profiles.clock(session, "answer-conditional", "own")


def test_what_is_shipped_is_not_written_over(session):
    with pytest.raises(profiles.TakenProfile):
        profiles.register(session, draft("national"), "person-1", NOW)


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        ({"clocks": {}}, "/clocks", "empty"),
        ({"extends": "nowhere"}, "/extends", "known"),
        ({"extends": "own"}, "/extends", "cycle"),
        ({"clocks": {"a": {"days": 1, "after": "b"}}}, "/clocks/a/after", "known"),
        (
            {"clocks": {"a": {"days": 1, "after": "b"}, "b": {"days": 1, "after": "a"}}},
            "/clocks/a/after",
            "cycle",
        ),
    ],
)
def test_a_profile_that_cannot_be_resolved_is_refused(session, changes, pointer, rule):
    with pytest.raises(profiles.InvalidProfile) as refused:
        profiles.register(session, draft(**changes), "person-1", NOW)
    assert (refused.value.findings[0].pointer, refused.value.findings[0].rule) == (pointer, rule)


def test_two_profiles_do_not_extend_each_other(session):
    profiles.register(session, draft("one"), "person-1", NOW)
    profiles.register(session, draft("two", extends="one"), "person-1", NOW)
    with pytest.raises(profiles.InvalidProfile):
        profiles.register(session, draft("one", extends="two"), "person-1", NOW)


def test_unknown_profiles_and_clocks_are_said_to_be(session):
    with pytest.raises(profiles.UnknownProfile):
        profiles.choose(session, "nowhere", "person-1", NOW)
    with pytest.raises(profiles.UnknownClock):
        profiles.clock(session, "answer-uncatalogued")
