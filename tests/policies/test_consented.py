import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.consented import NOBODY, Consents, digest_of

KEY = bytes(range(32))
OF = ("newborn", "police/population", "civil")


def given_by(*subjects, until=None):
    return Consents.of(KEY, [(digest_of(KEY, subject, *OF), until) for subject in subjects])


def test_everybody_whom_the_call_names_has_to_consent():
    consents = given_by("a", "b")
    assert consents.hold(["a"], *OF, at=0)
    assert consents.hold(["a", "b"], *OF, at=0)
    assert not consents.hold(["a", "c"], *OF, at=0)


def test_naming_nobody_is_nobodys_consent():
    assert not given_by("a").hold([], *OF, at=0)
    assert not NOBODY.hold(["a"], *OF, at=0)


@pytest.mark.parametrize(
    "other",
    [
        ("housing", "police/population", "civil"),
        ("newborn", "police/other", "civil"),
        ("newborn", "police/population", "tax"),
    ],
)
def test_a_consent_is_for_one_purpose_one_dataset_and_one_department(other):
    assert not given_by("a").hold(["a"], *other, at=0)


def test_a_consent_ends_at_its_moment():
    consents = given_by("a", until=1000)
    assert consents.hold(["a"], *OF, at=999)
    assert not consents.hold(["a"], *OF, at=1000)


def test_withdrawing_leaves_the_old_view_and_all_others_as_they_were():
    before = given_by("a", "b")
    after = before.without(digest_of(KEY, "a", *OF))
    assert not after.hold(["a"], *OF, at=0)
    assert after.hold(["b"], *OF, at=0)
    assert before.hold(["a"], *OF, at=0)
    assert (len(before), len(after)) == (2, 1)


@given(st.lists(st.tuples(st.text(max_size=3), st.booleans()), max_size=30))
def test_the_view_follows_whatever_is_given_and_withdrawn(acts):
    consents, expected = Consents(KEY), set()
    for subject, gives in acts:
        digest = digest_of(KEY, subject, *OF)
        consents = consents.with_consent(digest, None) if gives else consents.without(digest)
        (expected.add if gives else expected.discard)(subject)
    assert all(consents.hold([subject], *OF, at=0) == (subject in expected) for subject, _ in acts)


def test_no_identifier_is_kept():
    assert b"310101199001011234" not in repr(given_by("310101199001011234")._shards).encode()
