"""Notices: to a department or the operators, read by each person for themselves."""

from datetime import UTC, datetime

import pytest

from catalog import departments, notices, webhooks
from catalog.registration import InvalidRegistration, Outdated
from catalog.webhooks import WebhookDraft

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEXT = {"zh": "已撤回", "en": "withdrawn"}
ANNE, BILL = "person-0000000a", "person-0000000b"


def tell(session, to="health", subject="health/births"):
    return notices.tell(session, to, "dataset.withdrawn", subject, TEXT, NOW)


def test_a_recipient_sees_its_own_newest_first(session):
    sent = [tell(session, subject=f"health/{number}").id for number in range(5)]
    tell(session, to="justice")
    rows, cursor = notices.page(session, ["health"], ANNE, limit=3)
    assert [row.id for row in rows] == sent[:1:-1]
    rows, cursor = notices.page(session, ["health"], ANNE, limit=3, cursor=cursor)
    assert [row.id for row in rows] == sent[1::-1]
    assert cursor is None
    assert notices.page(session, [], ANNE) == ([], None)


def test_each_person_reads_for_themselves(session):
    first, second = tell(session), tell(session)
    assert notices.counts(session, ["health", "operator"], ANNE) == {"health": (2, 2), "operator": (0, 0)}
    assert notices.mark_read(session, ["health"], ANNE, [first.id, first.id], NOW) == 1
    assert notices.mark_read(session, ["health"], ANNE, [first.id], NOW) == 0
    assert notices.counts(session, ["health"], ANNE) == {"health": (1, 2)}
    assert notices.counts(session, ["health"], BILL) == {"health": (2, 2)}
    unread, _ = notices.page(session, ["health"], ANNE, unread=True)
    assert [row.id for row in unread] == [second.id]
    assert notices.marks(session, ANNE, [first, second]) == {first.id: NOW}


def test_everything_up_to_a_notice_is_marked_at_once(session):
    rows = [tell(session) for _ in range(3)]
    tell(session, to="justice")
    notices.mark_read(session, ["health"], ANNE, [rows[0].id], NOW)
    assert notices.mark_all_read(session, ["health"], ANNE, rows[1].id, NOW) == 1
    assert notices.counts(session, ["health", "justice"], ANNE) == {"health": (1, 3), "justice": (1, 1)}


def test_nobody_marks_what_is_not_theirs(session):
    foreign = tell(session, to="justice")
    for id in (foreign.id, 999):
        with pytest.raises(notices.UnknownNotice, match=str(id)):
            notices.mark_read(session, ["health"], ANNE, [id], NOW)


def test_no_department_may_be_called_as_the_operators_are(session, department_draft):
    with pytest.raises(InvalidRegistration, match="stands for those who run it"):
        departments.register(session, department_draft(slug="operator"), ANNE, NOW)


# -- webhooks ---------------------------------------------------------------------------------------------------------


def hook(session, **changes):
    draft = WebhookDraft.model_validate({"owner": "health", "url": "https://hooks.example/in"} | changes)
    return webhooks.register(session, draft, ANNE, NOW)


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "https://a.example/?token=1", "https://u:p@a.example", "/in", "https://a b"]
)
def test_an_address_must_be_a_plain_one(session, url):
    with pytest.raises(InvalidRegistration, match="/url"):
        hook(session, url=url)


def test_a_lost_update_of_a_webhook_is_told_what_differs(session):
    row = hook(session)
    sent = WebhookDraft(owner="health", url="https://hooks.example/new", kinds=[])
    with pytest.raises(Outdated) as refused:
        webhooks.revise(session, row.id, sent, 7, ANNE, NOW)
    assert refused.value.changes == ({"pointer": "/url", "old": row.address, "new": sent.url},)


def test_an_owner_has_so_many_webhooks_and_no_more(session):
    for _ in range(webhooks.MOST_WEBHOOKS):
        hook(session)
    with pytest.raises(InvalidRegistration, match="at most"):
        hook(session)
    assert hook(session, owner="justice")


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ([], True), (["dataset.withdrawn"], True), (["dataset.*"], True), (["agreement.*", "dataset.published"], False),
        (["data.*"], False),
    ],
)  # fmt: skip
def test_kinds(kinds, wanted):
    assert webhooks.wants(kinds, "dataset.withdrawn") is wanted


def test_a_notice_is_queued_once_for_each_webhook_that_is_on(session):
    first, second = hook(session), hook(session)
    webhooks.switch(session, second.id, False, 1, ANNE, NOW)
    hook(session, owner="justice")
    tell(session)
    assert len(webhooks.deliveries(session, first.id)[0]) == 1
    assert webhooks.deliveries(session, second.id)[0] == []


def test_waits_double_up_to_an_hour():
    seconds = [webhooks.wait(attempts).total_seconds() for attempts in range(1, webhooks.MOST_ATTEMPTS + 6)]
    assert seconds[:4] == [10, 20, 40, 80]
    assert seconds[-1] == 3600


def test_what_ended_long_ago_is_forgotten_and_nothing_else(session):
    row = hook(session)
    for _ in range(2):
        tell(session)
    old, new = (one.id for one in webhooks.deliveries(session, row.id)[0])
    webhooks.succeed(session, old, 204, NOW)
    webhooks.forget(session, NOW + webhooks.KEPT)
    assert len(webhooks.deliveries(session, row.id)[0]) == 2
    webhooks.forget(session, NOW + webhooks.KEPT * 2)
    assert [one.id for one in webhooks.deliveries(session, row.id)[0]] == [new]


def test_only_a_dead_delivery_is_tried_again_by_hand(session):
    row = hook(session)
    tell(session)
    ((delivery,), _) = webhooks.deliveries(session, row.id)
    with pytest.raises(webhooks.NotDead, match="pending"):
        webhooks.retry(session, row.id, delivery.id, NOW)
    with pytest.raises(webhooks.UnknownDelivery):
        webhooks.retry(session, hook(session).id, delivery.id, NOW)
