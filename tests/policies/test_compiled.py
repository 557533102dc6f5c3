from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from policies import compiled
from policies.compiled import Item
from policies.models import AgreementTerms
from policies.obligations import Unenforceable
from policies.quotas import UNLIMITED, Limits, Quota

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHARED, WITHHELD = Item("conditional", 3, "person"), Item("not-shared", 4, "person")
ITEMS = dict.fromkeys(("name", "id", "address", "address.district", "record"), SHARED)
ITEMS |= {"health": WITHHELD, "record.verdict": WITHHELD, "odd": Item("Conditional", 1, "nobody")}
TERMS = {
    "operations": ["find"],
    "purposes": ["newborn"],
    "bases": ["reg-12", "reg-13"],
    "supplied_basis": "reg-12",
    "items": ["name", "id", "address.district"],
    "valid_from": datetime(2026, 1, 1, tzinfo=SHANGHAI),
    "valid_until": datetime(2027, 1, 1, tzinfo=SHANGHAI),
    "masks": [{"item": "id", "function": "nullify"}],
    "quota": {"count": 5, "window": "day"},
}


def agreement(zone=SHANGHAI, **terms):
    return compiled.compile(
        AgreementTerms.model_validate({**TERMS, **terms}),
        id="agr-1",
        version=3,
        application="civil/newborn",
        service="police/population",
        items=ITEMS,
        timezone=zone,
    )


def ms(*when, zone=SHANGHAI):
    return int(datetime(*when, tzinfo=zone).timestamp() * 1000)


def test_terms_are_carried_over():
    one = agreement()
    assert (one.id, one.version, one.application, one.service) == ("agr-1", 3, "civil/newborn", "police/population")
    assert (one.operations, one.purposes, one.bases) == ({"find"}, {"newborn"}, {"reg-12", "reg-13"})
    assert one.items == one.plan.fields == {"name", "id", "address.district"}
    assert one.limits == Limits(Quota(5, "day"))
    assert one.case_required
    assert one.actor_required
    assert agreement(quota=None, case_required=False).limits == UNLIMITED
    assert not agreement(case_required=False).case_required
    assert not agreement(actor_required=False).actor_required


def test_masks_row_filter_and_suppression_are_in_the_plan():
    duties = {"row_filter": {"item": "name", "op": "prefix", "value": "L"}, "suppress": {"by": ["name"], "below": 2}}
    records = [{"name": name, "id": "x"} for name in ("Li", "Li", "Lu", "Wang", "Wang")]
    applied = agreement(**duties).plan.apply(records, bytes(32))
    assert applied[:2] == ([{"name": "Li", "id": None}] * 2, 3)


def test_validity_is_rounded_inwards_to_whole_milliseconds():
    narrow = agreement(
        valid_from=TERMS["valid_from"] + timedelta(microseconds=1),
        valid_until=TERMS["valid_until"] - timedelta(microseconds=1),
    )
    assert (narrow.not_before, narrow.not_after) == (ms(2026, 1, 1) + 1, ms(2027, 1, 1) - 1)
    assert (agreement().not_before, agreement().not_after) == (ms(2026, 1, 1), ms(2027, 1, 1))


def test_validity_can_be_told_for_any_years():
    assert agreement().validity() == "2026-01-01T00:00:00+08:00 – 2027-01-01T00:00:00+08:00"
    forever = agreement(
        valid_from=datetime(1, 1, 1, tzinfo=UTC), valid_until=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    )
    assert forever.validity().endswith("9999-12-30T08:00:00+08:00")


def test_without_a_window_every_minute_is_inside():
    assert all(agreement().within_window(ms(2026, 1, 1, hour)) for hour in range(24))


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        ("09:00", "17:30", [(9, 0), (17, 29), (12, 0)], [(8, 59), (17, 30), (0, 0), (23, 59)]),
        ("22:00", "06:00", [(22, 0), (23, 59), (0, 0), (5, 59)], [(6, 0), (21, 59), (12, 0)]),
        ("18:00", "00:00", [(18, 0), (23, 59)], [(0, 0), (17, 59)]),
        ("00:00", "00:01", [(0, 0)], [(0, 1), (23, 59)]),
    ],
)
@pytest.mark.parametrize("zone", [SHANGHAI, ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=5, minutes=45))])
def test_the_daily_window_is_local_and_may_pass_midnight(start, end, inside, outside, zone):
    windowed = agreement(zone, time_of_day={"start": start, "end": end})
    for month in (2, 7):
        for hour, minute in inside:
            assert windowed.within_window(ms(2026, month, 9, hour, minute, 59, zone=zone) + 999)
        for hour, minute in outside:
            assert not windowed.within_window(ms(2026, month, 9, hour, minute, zone=zone))


def test_permits_are_remembered_but_not_without_bound():
    one = agreement(bases=[f"b{number}" for number in range(50)], supplied_basis="b0")
    subsets = [None, frozenset({"name"}), frozenset({"id"}), frozenset({"name", "id"})]
    for fields in subsets:
        for basis in (None, *sorted(one.bases)):
            permit = one.permit("newborn", basis, fields)
            assert permit is one.permit("newborn", basis, fields and frozenset(sorted(fields)))
            assert (permit.basis, permit.fields) == (basis or "b0", fields or one.items)
            assert permit.plan.fields == permit.fields
    assert len(one._permits) <= 64


def test_no_permit_is_made_for_what_was_not_agreed():
    with pytest.raises(ValueError, match="basis"):
        agreement().permit("newborn", "other", None)
    with pytest.raises(ValueError, match="basis"):
        agreement(supplied_basis=None).permit("newborn", None, None)
    with pytest.raises(ValueError, match="narrowed"):
        agreement().permit("newborn", None, frozenset({"health"}))
    assert agreement().plan_for("newborn", None).fields == {"name", "id", "address.district"}
    assert agreement().plan_for("newborn", frozenset({"id"})).fields == {"id"}


@pytest.mark.parametrize(
    ("terms", "pointers"),
    [
        ({"supplied_basis": "other"}, {"/supplied_basis"}),
        ({"valid_until": TERMS["valid_from"]}, {"/valid_until"}),
        ({"time_of_day": {"start": "08:00", "end": "08:00"}}, {"/time_of_day/end"}),
        ({"items": ["id", "health"]}, {"/items/1"}),
        ({"items": ["id", "record"]}, {"/items/1"}),
        ({"items": ["id", "odd"]}, {"/items/1"}),
        ({"items": ["id", "unknown"]}, {"/items/1"}),
        ({"items": ["id", "address", "address.district"]}, {"/items/2"}),
        ({"items": ["name"]}, {"/masks/0/item"}),
        ({"row_filter": {"item": "unknown", "op": "eq", "value": 1}}, {"/row_filter/item"}),
        (
            {"supplied_basis": "other", "items": ["health"], "masks": [{"item": "health", "function": "?"}]},
            {"/supplied_basis", "/items/0", "/masks/0/function"},
        ),
    ],
)
def test_unenforceable_terms_are_refused_with_everything_wrong(terms, pointers):
    with pytest.raises(Unenforceable) as refused:
        agreement(**terms)
    assert {finding.pointer for finding in refused.value.findings} == pointers


def test_equal_sets_of_many_agreements_are_one_object():
    assert agreement().purposes is agreement().purposes
    assert agreement().items is agreement().items
