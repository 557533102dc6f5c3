"""The shape of a calling rule."""

import pytest
from pydantic import ValidationError

from catalog.rules import CallingRule, is_reference

WORDS = [
    ("law-1", True),
    ("~!", True),
    ("a" * 128, True),
    ("a" * 129, False),
    ("", False),
    ("law 1", False),
    ("law\t1", False),
    ("law-1\n", False),
    ("law\x7f", False),
    ("law-\uff11", False),
    ("法", False),
]


@pytest.mark.parametrize(("word", "fine"), WORDS)
def test_references_are_visible_ascii(word, fine):
    assert is_reference(word) is fine


@pytest.mark.parametrize(("word", "fine"), WORDS)
@pytest.mark.parametrize("place", ["purposes", "bases"])
def test_a_calling_rule_takes_the_same_words(place, word, fine):
    document = {"purposes": ["newborn"], "bases": ["law-1"], place: [word]}
    if fine:
        assert getattr(CallingRule.model_validate(document), place) == [word]
    else:
        with pytest.raises(ValidationError):
            CallingRule.model_validate(document)


@pytest.mark.parametrize("place", ["purposes", "bases"])
def test_an_empty_rule_is_refused(place):
    with pytest.raises(ValidationError):
        CallingRule.model_validate({"purposes": ["newborn"], "bases": ["law-1"], place: []})


def test_case_and_actor_are_required_unless_waived():
    rule = CallingRule(purposes=["newborn"], bases=["law-1"])
    assert (rule.case_required, rule.actor_required) == (True, True)
