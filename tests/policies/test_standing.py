"""Suspended, resumed, and ended in each of the four ways; amended meanwhile."""

from datetime import timedelta

import pytest
from sqlmodel import select

from catalog.notices import Notice
from catalog.registration import Outdated
from policies import agreements, amendments, standing, versions
from policies.activation import NotActivatable, Overlaps
from policies.models import AgreementState, VersionState
from policies.signatures import SelfApproval
from tests.policies.conftest import APPLICANT, STEWARD
from tests.town import agreed

YEAR = timedelta(days=365)


@pytest.fixture
def now(published):
    return published.now


def told(session, kind):
    rows = session.exec(select(Notice).where(Notice.kind == kind)).all()
    return {row.recipient: row.message["en"] for row in rows}


def test_suspended_and_resumed_each_with_a_reason(session, activated, now):
    agreement = activated()
    with pytest.raises(standing.NoReason):
        standing.suspend(session, agreement.id, STEWARD, " ", now)
    standing.suspend(session, agreement.id, STEWARD, " under review ", now)
    assert (agreement.state, agreement.suspended_reason) == ("suspended", "under review")
    assert agreements.active(session) == []
    assert told(session, "agreement.suspended").keys() == {"services", "health"}
    assert "under review" in told(session, "agreement.suspended")["services"]
    with pytest.raises(agreements.WrongState, match="suspended"):
        standing.suspend(session, agreement.id, STEWARD, "twice", now)
    with pytest.raises(standing.NoReason):
        standing.resume(session, agreement.id, STEWARD, "", now)
    standing.resume(session, agreement.id, STEWARD, "reviewed", now)
    assert (agreement.state, agreement.suspended_reason) == ("active", None)
    assert agreements.active(session) == [agreement]


def test_a_suspended_agreement_keeps_its_place(session, activated, drafted, now):
    """It may be resumed: another on the same would then overlap."""
    standing.suspend(session, activated().id, STEWARD, "under review", now)
    with pytest.raises(Overlaps):
        agreed.agree(session, drafted().id, STEWARD, now)


def test_its_purpose_is_achieved(session, activated, drafted, now):
    with pytest.raises(agreements.WrongState, match="draft"):
        standing.achieve(session, drafted().id, APPLICANT, now)
    agreement = activated()
    assert standing.achieve(session, agreement.id, APPLICANT, now).state == AgreementState.ACHIEVED
    assert agreement.ended_at == now
    assert told(session, "agreement.achieved").keys() == {"services", "health"}


def test_its_date_has_come(session, activated, now):
    agreement, end = activated(), now + YEAR
    almost = end - timedelta(microseconds=1)
    assert standing.overdue(session, almost) == []
    assert standing.expire(session, agreement.id, almost) is None
    assert standing.overdue(session, end) == [agreement.id]
    assert standing.expire(session, agreement.id, end).state == AgreementState.EXPIRED
    assert (agreement.changed_by, agreement.ended_at) == (standing.EXCHANGE, end)
    assert standing.overdue(session, end) == []
    assert standing.expire(session, agreement.id, end) is None, "once"


def test_a_backward_clock_and_an_amendment_keep_it_alive(session, activated, now):
    agreement = activated()
    assert standing.expire(session, agreement.id, now - YEAR) is None
    longer = agreements.terms(agreement).model_copy(update={"valid_until": now + 2 * YEAR})
    amendments.propose(session, agreement.id, longer, APPLICANT, now)
    agreed.agree(session, agreement.id, STEWARD, now)
    assert standing.expire(session, agreement.id, now + YEAR) is None
    assert standing.overdue(session, now + 2 * YEAR) == [agreement.id]


def test_all_its_calls_are_made(session, activated, now):
    assert standing.exhaust(session, activated(purposes=["school-entry"]).id, 10**9, now) is None, "no total is agreed"
    agreement = activated(total=3)
    assert standing.limited(session) == {agreement.id: 3}
    assert standing.exhaust(session, agreement.id, 2, now) is None
    assert standing.exhaust(session, agreement.id, 3, now).state == AgreementState.EXHAUSTED
    assert standing.limited(session) == {}


@pytest.mark.parametrize("end", ["revoke", "achieve", "expire"])
def test_nothing_leads_out_of_an_end(session, activated, now, end):
    agreement, later = activated(), now + YEAR
    amendments.propose(session, agreement.id, agreements.terms(agreement), APPLICANT, now)
    {
        "revoke": lambda: standing.revoke(session, agreement.id, STEWARD, "over", later),
        "achieve": lambda: standing.achieve(session, agreement.id, STEWARD, later),
        "expire": lambda: standing.expire(session, agreement.id, later),
    }[end]()
    assert versions.fetch(session, agreement.id, 2).state == VersionState.DISCARDED
    state = agreement.state
    for step in (
        lambda: standing.suspend(session, agreement.id, STEWARD, "x", later),
        lambda: standing.resume(session, agreement.id, STEWARD, "x", later),
        lambda: standing.revoke(session, agreement.id, STEWARD, "x", later),
        lambda: standing.achieve(session, agreement.id, STEWARD, later),
        lambda: amendments.propose(session, agreement.id, agreements.terms(agreement), STEWARD, later),
        lambda: amendments.discard(session, agreement.id, STEWARD, later),
        lambda: agreed.activate(session, agreement.id, STEWARD, later),
    ):
        with pytest.raises(agreements.WrongState, match="new agreement"):
            step()
    assert agreement.state == state


def test_of_two_at_once_the_second_is_told(session, activated, now):
    agreement = activated()
    seen = agreement.revision
    standing.suspend(session, agreement.id, STEWARD, "first", now, expected_revision=seen)
    for late in (
        lambda: standing.revoke(session, agreement.id, STEWARD, "second", now, expected_revision=seen),
        lambda: standing.achieve(session, agreement.id, STEWARD, now, expected_revision=seen),
        lambda: amendments.propose(
            session, agreement.id, agreements.terms(agreement), APPLICANT, now, expected_revision=seen
        ),
    ):
        with pytest.raises(Outdated, match=f"revision {seen + 1}"):
            late()
    assert agreement.state == AgreementState.SUSPENDED


# -- amendments ------------------------------------------------------------------------------------------------------


@pytest.fixture
def amended(session, now):
    def propose(agreement, by=APPLICANT, **changes):
        terms = agreements.terms(agreement).model_dump(mode="json") | changes
        return amendments.propose(session, agreement.id, agreements.AgreementTerms.model_validate(terms), by, now)

    return propose


def test_a_proposed_version_changes_nothing_until_it_is_in_force(session, activated, amended, now):
    agreement = activated()
    before = dict(agreement.terms)
    version = amended(agreement, quota={"count": 50, "window": "day"}, total=9)
    assert (version.number, version.state) == (2, VersionState.PROPOSED)
    assert (agreement.version, agreement.terms, agreement.total) == (1, before, None)
    agreed.agree(session, agreement.id, STEWARD, now)
    assert (agreement.version, agreement.terms["quota"]["count"], agreement.total) == (2, 50, 9)
    first = versions.fetch(session, agreement.id, 1)
    assert (first.state, first.superseded_at, first.terms) == (VersionState.SUPERSEDED, now, before)
    assert len(first.signatures) == 2, "kept"
    assert [row.number for row in versions.page(session, agreement.id)[0]] == [2, 1]


def test_an_amendment_takes_two_hands_and_all_the_checks(session, activated, amended, now):
    agreement = activated()
    version = amended(agreement, by=STEWARD, purposes=["marriage"])
    with pytest.raises(SelfApproval):
        agreed.activate(session, agreement.id, STEWARD, now)
    with pytest.raises(NotActivatable) as refusal:
        agreed.activate(session, agreement.id, agreed.PROVIDER, now)
    places = [finding.pointer for finding in refusal.value.findings]
    assert places == ["/terms/purposes/0", "/signatures/consumer", "/signatures/provider"]
    assert (agreement.version, version.state) == (1, VersionState.PROPOSED)


def test_it_does_not_overlap_with_itself_but_with_others(session, activated, amended, now):
    activated(purposes=["school-entry"])
    agreement = activated()
    amended(agreement, quota={"count": 50, "window": "day"})
    agreed.agree(session, agreement.id, STEWARD, now)
    amended(agreement, purposes=["newborn", "school-entry"])
    with pytest.raises(Overlaps):
        agreed.agree(session, agreement.id, STEWARD, now)


def test_one_version_is_proposed_at_a_time_and_numbers_are_never_given_again(session, activated, drafted, amended, now):
    agreement = activated()
    with pytest.raises(versions.NothingProposed):
        amendments.discard(session, agreement.id, APPLICANT, now)
    amended(agreement)
    with pytest.raises(amendments.AlreadyProposed, match="Version 2"):
        amended(agreement)
    assert amendments.discard(session, agreement.id, APPLICANT, now).state == VersionState.DISCARDED
    assert amended(agreement).number == 3
    with pytest.raises(agreements.WrongState, match="draft"):
        amended(drafted())


def test_empty_terms_are_not_proposed(session, activated, amended):
    agreement = activated()
    with pytest.raises(agreements.InvalidTerms):
        amended(agreement, purposes=[])
    assert versions.proposed(session, agreement.id) is None


def test_a_suspended_agreement_is_amended_and_stays_suspended(session, activated, amended, now):
    agreement = activated()
    standing.suspend(session, agreement.id, STEWARD, "until the terms are mended", now)
    amended(agreement, quota={"count": 50, "window": "day"})
    agreed.agree(session, agreement.id, STEWARD, now)
    assert (agreement.state, agreement.version) == (AgreementState.SUSPENDED, 2)


def test_two_versions_compared(session, activated, amended, now):
    agreement = activated()
    amended(agreement, quota={"count": 50, "window": "day"}, items=["number"])
    found = amendments.compare(session, agreement.id, 1, 2)
    assert found == [
        {"pointer": "/items", "old": ["number", "child"], "new": ["number"]},
        {"pointer": "/quota/count", "old": 100, "new": 50},
    ]
    assert amendments.compare(session, agreement.id, 2, 2) == []
    for number in (0, 3, 2**31):
        with pytest.raises(versions.UnknownVersion):
            amendments.compare(session, agreement.id, 1, number)
