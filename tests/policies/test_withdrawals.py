"""A withdrawal at once or announced: who is told when, what is shown, what happens at the moment."""

from datetime import timedelta

import pytest
from sqlmodel import select

from catalog import datasets, reviews, versions
from catalog.models import DatasetState
from catalog.notices import Notice
from catalog.registration import Outdated
from policies import withdrawals
from tests.policies.conftest import NOW, STEWARD, publish

ID, REASON = "health/births", {"en": "switched off"}
DAY = NOW + timedelta(days=30)


def told(session):
    return [(one.recipient, one.kind) for one in session.exec(select(Notice)).all() if "withdraw" in one.kind]


def announce(session, at=DAY, reason=REASON, **more):
    return withdrawals.announce(session, ID, reason, at, STEWARD, NOW, **more)


def test_an_announcement_tells_the_users_at_once_and_ends_nothing(session, published, activated):
    activated()
    revision = published.dataset.revision
    dataset, users = announce(session, expected_revision=revision)
    assert (dataset.state, dataset.withdraws_at, dataset.withdrawal_reason) == ("published", DAY, REASON)
    assert (users, told(session)) == (("services",), [("services", "dataset.withdrawal-announced")])
    assert dataset.revision == revision + 1
    pointers = [one["pointer"] for one in versions.changes_since(session, ID, revision)]
    assert pointers == ["/withdraws_at", "/withdrawal_reason"]
    assert withdrawals.due(session, DAY - timedelta(microseconds=1)) == []
    assert withdrawals.carry_out(session, ID, "exchange", DAY - timedelta(microseconds=1)) is None
    assert dataset.state == DatasetState.PUBLISHED


def test_at_the_moment_it_is_withdrawn_as_was_said(session, published, activated):
    activated()
    announce(session)
    assert withdrawals.due(session, DAY) == [ID]
    dataset = withdrawals.carry_out(session, ID, "exchange", DAY)
    assert (dataset.state, dataset.withdraws_at, dataset.withdrawal_reason) == ("withdrawn", None, None)
    assert sorted(told(session)[1:]) == [("health", "dataset.withdrawn"), ("services", "dataset.withdrawn")]
    said = versions.fetch(session, ID, dataset.version).reviews[-1]
    assert (said["verdict"], said["reason"], said["by"]) == ("withdrawn", REASON, "exchange")
    assert withdrawals.due(session, DAY) == []
    assert withdrawals.carry_out(session, ID, "exchange", DAY) is None, "once"
    assert publish(session, ID).withdraws_at is None, "published again, it ends no second time"


def test_it_can_be_put_off_called_off_and_brought_forward(session, published, activated):
    activated()
    announce(session)
    dataset, _ = announce(session, DAY + timedelta(days=1), {"zh": "停用"})
    assert (withdrawals.due(session, DAY), dataset.withdrawal_reason) == ([], {"zh": "停用"})
    dataset, users = withdrawals.cancel(session, ID, STEWARD, NOW)
    assert (dataset.withdraws_at, dataset.withdrawal_reason, users) == (None, None, ("services",))
    assert told(session)[-1] == ("services", "dataset.withdrawal-cancelled")
    assert withdrawals.due(session, DAY + timedelta(days=2)) == []
    with pytest.raises(withdrawals.NotAnnounced):
        withdrawals.cancel(session, ID, STEWARD, NOW)
    announce(session)
    dataset, _ = withdrawals.withdraw(session, ID, REASON, STEWARD, NOW)
    assert (dataset.state, dataset.withdraws_at) == ("withdrawn", None)


def test_a_new_version_does_not_put_it_off(session, published, dataset_draft):
    announce(session)
    revision = published.dataset.revision
    datasets.revise(session, ID, dataset_draft(title={"en": "Anew"}), revision, STEWARD, NOW)
    dataset = publish(session, ID)
    assert (dataset.version, dataset.title, dataset.withdraws_at) == (2, {"en": "Anew"}, DAY)


def test_what_cannot_be_announced(session, city):
    for step in (announce, lambda session: withdrawals.cancel(session, ID, STEWARD, NOW)):
        with pytest.raises(datasets.NotPublished):
            step(session)
    publish(session, ID)
    for at in (NOW, NOW - timedelta(days=1)):
        with pytest.raises(withdrawals.NotAhead) as caught:
            announce(session, at)
        assert [finding.pointer for finding in caught.value.findings] == ["/on"]
    with pytest.raises(reviews.NoReason):
        announce(session, reason={"zh": " "})
    with pytest.raises(Outdated):
        announce(session, expected_revision=1)
    announce(session)
    with pytest.raises(withdrawals.NotAnnounced):
        withdrawals.cancel(session, ID, STEWARD, DAY)
