"""Terms within the calling rule."""

from datetime import timedelta

import pytest

from catalog.rules import CallingRule
from policies import offer
from policies.models import AgreementTerms


@pytest.fixture
def rule():
    def build(**changes):
        values = {
            "purposes": ["newborn", "school-entry"],
            "bases": ["Births-Law-12", "Births-Law-13"],
            "quota": {"count": 1000, "window": "day"},
            "masks": {"number": "keep-last"},
        }
        return CallingRule.model_validate(values | changes)

    return build


@pytest.fixture
def exceeded(agreement_draft, rule):
    def judge(offered=None, **changes):
        terms = agreement_draft(**changes).terms
        return [(finding.pointer, finding.rule) for finding in offer.exceeded(terms, rule(**(offered or {})))]

    return judge


def test_terms_within_the_rule(exceeded):
    assert exceeded() == []
    assert exceeded(purposes=["school-entry", "newborn"], bases=["Births-Law-13", "Births-Law-12"]) == []


@pytest.mark.parametrize("place", ["purposes", "bases"])
def test_an_empty_list_permits_nothing_and_is_refused(exceeded, place):
    assert exceeded(**{place: []}) == [(f"/{place}", "empty")]


@pytest.mark.parametrize("place", ["purposes", "bases"])
def test_every_word_outside_of_the_rule_is_named(exceeded, place):
    known = {"purposes": "newborn", "bases": "Births-Law-12"}[place]
    assert exceeded(**{place: ["a", known, "b"]}) == [(f"/{place}/0", "calling-rule"), (f"/{place}/2", "calling-rule")]


@pytest.mark.parametrize("word", ["", "a b", "a\tb", "目的", "a" * 129, "a\u200b"])
def test_words_that_no_header_holds_are_refused(exceeded, word):
    assert exceeded(purposes=[word]) == [("/purposes/0", "ascii")]
    assert exceeded(bases=[word]) == [("/bases/0", "ascii")]


@pytest.mark.parametrize("word", ["Newborn", "NEWBORN", "\uff4e\uff45\uff57\uff42\uff4f\uff52\uff4e"])
def test_a_near_miss_is_refused_and_told_how_to_write_it(agreement_draft, rule, word):
    (finding,) = offer.exceeded(agreement_draft(purposes=[word]).terms, rule())
    assert (finding.pointer, finding.rule) == ("/purposes/0", "case-or-width")
    assert "newborn, exactly" in finding.expected
    assert "differs only by case or width" in finding.expected
    assert word not in finding.expected


def test_a_near_miss_of_a_basis_too(exceeded):
    assert exceeded(bases=["births-law-12"]) == [("/bases/0", "case-or-width")]


@pytest.mark.parametrize(
    ("offered", "claimed", "within"),
    [
        (None, None, True),
        (None, (10**9, "minute"), True),
        ((100, "hour"), None, False),
        ((100, "hour"), (100, "hour"), True),
        ((100, "hour"), (101, "hour"), False),
        ((100, "hour"), (100, "day"), True),  # all of a day's calls may fall into one hour
        ((100, "hour"), (101, "day"), False),
        ((240, "day"), (10, "hour"), True),
        ((239, "day"), (10, "hour"), False),
        ((60, "hour"), (1, "minute"), True),
        ((59, "hour"), (1, "minute"), False),
        ((31, "month"), (1, "day"), True),
        ((30, "month"), (1, "day"), False),
    ],
)
def test_the_quota_lets_no_more_through_than_the_rule_in_any_of_its_windows(exceeded, offered, claimed, within):
    quotas = [None if quota is None else {"count": quota[0], "window": quota[1]} for quota in (offered, claimed)]
    expected = [] if within else [("/quota", "calling-rule")]
    assert exceeded({"quota": quotas[0]}, quota=quotas[1]) == expected


def test_the_rules_masks_are_carried(exceeded):
    assert exceeded(masks=[]) == [("/masks", "calling-rule")]
    assert exceeded(masks=[{"item": "number", "function": "nullify"}]) == [("/masks", "calling-rule")]
    assert exceeded(masks=[{"item": "child", "function": "keep-last"}]) == [("/masks", "calling-rule")]


def test_a_mask_of_an_item_that_is_not_asked_for_is_not_missed(exceeded):
    assert exceeded(masks=[], items=["child"]) == []


def test_more_masks_than_the_rule_has_are_fine(exceeded):
    assert exceeded({"masks": {}}) == []


@pytest.mark.parametrize("name", ["case_required", "actor_required"])
def test_case_and_actor_are_required_at_least_as_by_the_rule(exceeded, name):
    assert exceeded(**{name: False}) == [(f"/{name}", "calling-rule")]
    assert exceeded({name: False}, **{name: False}) == []
    assert exceeded({name: False}, **{name: True}) == []


def test_everything_is_listed_at_once(exceeded):
    found = exceeded(purposes=["marriage"], bases=[], quota=None, masks=[], case_required=False, actor_required=False)
    expected = ["/purposes/0", "/bases", "/quota", "/masks", "/case_required", "/actor_required"]
    assert [pointer for pointer, _ in found] == expected


def test_the_end_of_validity_is_a_moment_with_its_offset(agreement_draft):
    terms = agreement_draft().terms
    read = AgreementTerms.model_validate(terms.model_dump(mode="json"))
    assert read == terms
    assert read.valid_until - read.valid_from == timedelta(days=365)
