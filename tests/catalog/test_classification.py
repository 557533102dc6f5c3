"""The classification and the codes given out under it."""

import pytest
from pydantic import ValidationError

from catalog import classification
from catalog.models import Category, CategoryDraft
from catalog.registration import InvalidRegistration


@pytest.fixture
def load(session):
    def bring(*codes, name="x"):
        return classification.load(session, [CategoryDraft(code=code, name={"en": name}) for code in codes])

    return bring


def test_levels_and_parents_follow_from_the_code():
    codes = ["3", "301", "301001", "3010011", "301001123456"]
    assert [classification.level(code) for code in codes] == [1, 2, 3, 4, 4]
    assert [classification.parent(code) for code in codes] == [None, "3", "301", "301001", "301001"]


@pytest.mark.parametrize("code", ["", "0", "30", "3010", "30100", "x", "３", "301001" + "1" * 13])
def test_a_code_of_another_form_is_refused(code):
    with pytest.raises(ValidationError):
        CategoryDraft(code=code, name={"en": "x"})


def test_a_tree_grows_and_is_renamed_and_loses_nothing(session, load):
    assert load("301001", "3", "301") == 3, "in any order"
    assert load("3", "301") == 0
    assert load("301", name="y") == 1
    assert load("301002", "301002001") == 2
    assert [row.code for row in classification.page(session)[0]] == ["3", "301", "301001", "301002", "301002001"]
    assert [row.code for row in classification.page(session, parent="301")[0]] == ["301001", "301002"]
    assert classification.fetch(session, "301").name == {"en": "y"}
    with pytest.raises(classification.UnknownCategory, match="404"):
        classification.fetch(session, "404")


@pytest.mark.parametrize("codes", [("3", "3"), ("301",), ("3", "301001"), ("3", "301", "302001")])
def test_codes_twice_and_codes_without_parents_are_refused(session, load, codes):
    with pytest.raises(InvalidRegistration):
        load(*codes)
    assert classification.page(session) == ([], None)


def test_codes_are_counted_within_each_category_and_never_given_again(session, load):
    load("3", "301", "301001", "301002")
    given = [classification.issue(session, code) for code in ("301001", "301001", "301002")]
    assert given == ["301001/000001", "301001/000002", "301002/000001"]
    load("301001", name="renamed")
    assert classification.issue(session, "301001") == "301001/000003"
    session.get(Category, "301001").issued = 999_999
    assert classification.issue(session, "301001") == "301001/1000000"
    with pytest.raises(classification.UnknownCategory):
        classification.issue(session, "301003")
