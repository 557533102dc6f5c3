"""What lies within a standing offer."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.requests import narrowing, offers
from policies.requests.models import Asked, OfferTerms

START = datetime(2026, 1, 1, tzinfo=UTC)
LISTS = {name: ["a", "b"] for name in narrowing.LISTS}


def offered(**changes) -> OfferTerms:
    return OfferTerms(**LISTS | {"days": 30, "quota": {"count": 100, "window": "day"}} | changes)


def asked(**changes) -> Asked:
    lists = {name: ["a"] for name in narrowing.LISTS}
    given = lists | {"valid_from": START, "valid_until": START + timedelta(days=30)}
    return Asked(**given | changes)


def test_what_lies_within() -> None:
    assert offers.covers(offered(), asked())
    assert offers.covers(offered(), asked(quota={"count": 100, "window": "day"}))
    assert offers.covers(offered(quota=None), asked(quota={"count": 10**9, "window": "minute"}))


@pytest.mark.parametrize(
    "beyond",
    [
        *({name: ["a", "c"]} for name in narrowing.LISTS),
        {"quota": {"count": 101, "window": "day"}},
        {"quota": {"count": 5, "window": "hour"}},
        {"valid_until": START + timedelta(days=30, seconds=1)},
        {"valid_from": None},
        {"valid_until": None},
    ],
)
def test_what_goes_beyond(beyond) -> None:
    assert not offers.covers(offered(), asked(**beyond))


def test_the_offers_conditions_come_with_the_grant() -> None:
    condition = {"item": "a", "op": "eq", "value": 1}
    offer = offered(row_filter=condition, masks=[{"item": "a", "function": "nullify"}], case_required=False)
    terms = narrowing.narrowed(asked(), offers.grant(offer, asked()))
    assert (terms.quota.count, terms.row_filter, terms.case_required) == (100, condition, False)
    assert terms.masks[0].function == "nullify"
    smaller = asked(quota={"count": 3, "window": "day"})
    assert narrowing.narrowed(smaller, offers.grant(offer, smaller)).quota.count == 3
