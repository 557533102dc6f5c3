"""A grant is never wider than what was asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules import QuotaTerms
from policies.offer import MINUTES
from policies.requests import narrowing
from policies.requests.models import Asked, Grant

WORDS = [f"w{number}" for number in range(6)]
START = datetime(2026, 1, 1, tzinfo=UTC)

lists = st.lists(st.sampled_from(WORDS), min_size=1, unique=True)
quotas = st.builds(QuotaTerms, count=st.integers(1, 10_000), window=st.sampled_from(sorted(MINUTES)))
moments = st.integers(0, 1000).map(lambda days: START + timedelta(days=days))
rows = st.sampled_from([None, {"item": "w0", "op": "eq", "value": 1}, {"item": "w1", "op": "eq", "value": 2}])


def asked(**changes) -> Asked:
    given = dict.fromkeys(narrowing.LISTS, WORDS[:3]) | {"valid_from": START, "valid_until": START + timedelta(days=9)}
    return Asked(**given | changes)


asking = st.builds(
    lambda words, quota, rows, start, length: Asked(
        **dict(zip(narrowing.LISTS, words, strict=True)),
        quota=quota, row_filter=rows, valid_from=start, valid_until=start + timedelta(days=length),
    ),
    st.tuples(lists, lists, lists, lists), st.none() | quotas, rows, moments, st.integers(1, 400),
)  # fmt: skip
granting = st.builds(
    lambda words, quota, rows, start, end: Grant(
        **dict(zip(narrowing.LISTS, words, strict=True)),
        quota=quota, row_filter=rows, valid_from=start, valid_until=end,
    ),
    st.tuples(*[st.none() | lists] * 4), st.none() | quotas, rows, st.none() | moments, st.none() | moments,
)  # fmt: skip


@given(asking, granting)
def test_whatever_is_granted_was_asked_for(wanted: Asked, grant: Grant) -> None:
    try:
        terms = narrowing.narrowed(wanted, grant)
    except narrowing.Wider:
        return
    for name in narrowing.LISTS:
        assert set(getattr(terms, name)) <= set(getattr(wanted, name))
    assert wanted.valid_from <= terms.valid_from < terms.valid_until <= wanted.valid_until
    if wanted.quota is not None:
        calls = terms.quota.count * max(1, MINUTES[wanted.quota.window] // MINUTES[terms.quota.window])
        assert calls <= wanted.quota.count
    for condition in (wanted.row_filter, grant.row_filter):
        assert condition is None or terms.row_filter == condition or condition in terms.row_filter["all"]


@given(asking, granting)
def test_an_empty_grant_is_all_of_it_and_another_that_narrows_is_a_part(wanted: Asked, grant: Grant) -> None:
    whole = narrowing.narrowed(wanted, Grant())
    assert not narrowing.in_part(wanted, whole)
    try:
        terms = narrowing.narrowed(wanted, grant)
    except narrowing.Wider:
        return
    same = all(set(getattr(terms, name)) == set(getattr(whole, name)) for name in narrowing.LISTS)
    same = same and all(
        getattr(terms, name) == getattr(whole, name) for name in ("quota", "row_filter", "valid_from", "valid_until")
    )
    assert narrowing.in_part(wanted, terms) == (not same)


def test_masks_and_conditions_of_use_are_added_and_are_no_part() -> None:
    grant = Grant(
        masks=[{"item": "w0", "function": "nullify"}], time_of_day={"start": "08:00", "end": "18:00"}, total=9
    )
    terms = narrowing.narrowed(asked(), grant)
    assert (terms.masks[0].function, terms.time_of_day.start, terms.total) == ("nullify", "08:00", 9)
    assert not narrowing.in_part(asked(), terms)


def test_words_that_differ_by_case_or_width_were_not_asked_for() -> None:
    for word in ("W0", "w０"):
        with pytest.raises(narrowing.Wider):
            narrowing.narrowed(asked(), Grant(purposes=[word]))


def test_one_basis_is_supplied_where_a_call_names_none() -> None:
    assert narrowing.narrowed(asked(bases=["w1"]), Grant()).supplied_basis == "w1"
    assert narrowing.narrowed(asked(), Grant()).supplied_basis is None
    assert narrowing.narrowed(asked(), Grant(bases=["w2"])).supplied_basis == "w2"


def test_a_pure_function_changes_neither_side() -> None:
    wanted, grant = asked(), Grant(items=["w0"])
    before = wanted.model_dump(), grant.model_dump()
    narrowing.narrowed(wanted, grant)
    assert (wanted.model_dump(), grant.model_dump()) == before
