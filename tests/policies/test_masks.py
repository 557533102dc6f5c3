import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import masks
from policies.masks import MASKS, Site, Unmaskable, detokenise

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
SITE = Site("agr-1", "person.name")


def mask(name, value, /, site=SITE, key=KEY, **arguments):
    kind = MASKS[name]
    return kind.build(kind.arguments.model_validate(arguments), site)(value, key)


def is_pseudonym(text):
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def test_every_mask_describes_itself_in_both_languages():
    assert set(MASKS) == {
        *("nullify", "constant", "keep-first", "keep-last", "keyed-hash", "date-to-year", "date-to-month"),
        *("round", "bucket", "email", "token", "verify", "pseudonym"),
    }
    assert all(kind.name == name and kind.title["zh"] and kind.title["en"] for name, kind in MASKS.items())


def test_a_second_mask_of_the_same_name_is_refused():
    with pytest.raises(masks.DuplicateMask, match="nullify"):
        masks.register(MASKS["nullify"])


@pytest.mark.parametrize("value", ["text", 5, None, {"a": 1}, [1, 2]])
def test_nullify_and_constant_leave_nothing_of_any_value(value):
    assert mask("nullify", value) is None
    assert mask("constant", value, value="***") == "***"


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("keep-first", "张三丰", {"count": 1}, "张**"),
        ("keep-first", "310101199001011234", {"count": 6}, "310101************"),
        ("keep-last", "13800138000", {"count": 4}, "*******8000"),
        ("email", "li.wei@example.cn", {}, "l***@example.cn"),
        ("date-to-year", "1990-05-17", {}, "1990"),
        ("date-to-year", "19900517", {}, "1990"),
        ("date-to-month", "1990-05-17", {}, "1990-05"),
        ("date-to-month", "2026-11-22T08:00:00+08:00", {}, "2026-11"),
        ("round", 14999, {"to": 10000}, 10000),
        ("round", 15000, {"to": 10000}, 20000),
        ("round", -14, {"to": 10}, -10),
        ("round", 14.96, {"to": 0.1}, 15.0),
        ("round", 0.29, {"to": 0.1}, 0.3),
        ("round", 14.9, {"to": 10}, 10.0),
        ("round", 2**64 - 1, {"to": 10**19}, 2e19),
        ("bucket", 17, {"edges": [18, 60]}, "<18"),
        ("bucket", 18, {"edges": [18, 60]}, "[18,60)"),
        ("bucket", 59.9, {"edges": [18, 60]}, "[18,60)"),
        ("bucket", 60, {"edges": [18, 60]}, ">=60"),
        ("bucket", 60, {"edges": [18, 60], "labels": ["minor", "adult", "senior"]}, "senior"),
    ],
)
def test_what_each_mask_leaves(name, value, arguments, expected):
    masked = mask(name, value, **arguments)
    assert masked == expected
    assert type(masked) is type(expected)


@pytest.mark.parametrize("name", ["keep-first", "keep-last"])
@pytest.mark.parametrize("value", ["", "a", "ab", "abc", "***", "****"])
def test_a_text_too_short_to_hide_anything_becomes_a_pseudonym(name, value):
    assert is_pseudonym(mask(name, value, count=3))


@pytest.mark.parametrize("value", ["x@example.cn", "no-address", "@example.cn", "a***@example.cn", ""])
def test_an_address_of_which_too_little_is_hidden_becomes_a_pseudonym(value):
    assert is_pseudonym(mask("email", value))


@given(st.text(), st.integers(1, 100))
def test_text_masks_never_return_the_original(value, count):
    for masked in (mask("keep-first", value, count=count), mask("keep-last", value, count=count), mask("email", value)):
        assert masked != value
    assert mask("keep-first", value, count=count)[count:].strip("*") == "" or len(value) <= count or "*" in value


def test_pseudonyms_agree_within_an_agreement_and_item_and_nowhere_else():
    here = mask("keyed-hash", "310101199001011234")
    assert is_pseudonym(here)
    assert mask("keyed-hash", "310101199001011234") == here
    assert mask("keyed-hash", "310101199001011235") != here
    assert mask("keyed-hash", "310101199001011234", key=OTHER_KEY) != here
    assert mask("keyed-hash", "310101199001011234", site=Site("agr-2", SITE.item)) != here
    assert mask("keyed-hash", "310101199001011234", site=Site(SITE.agreement, "person.id")) != here
    assert len({mask("keyed-hash", value) for value in (1, "1", 1.0, True, "true")}) == 5


def test_agreement_and_item_cannot_be_shifted_into_each_other():
    assert mask("keyed-hash", "x", site=Site("agr-1a", "b")) != mask("keyed-hash", "x", site=Site("agr-1", "ab"))


def test_one_compiled_mask_follows_a_change_of_key():
    kind = MASKS["keyed-hash"]
    compiled = kind.build(kind.arguments(), SITE)
    assert [compiled("x", key) for key in (KEY, OTHER_KEY, KEY)] == [
        mask("keyed-hash", "x", key=key) for key in (KEY, OTHER_KEY, KEY)
    ]


def test_too_short_values_get_the_pseudonym_of_the_keyed_hash():
    assert mask("keep-first", "ab", count=3) == mask("keyed-hash", "ab")


@given(st.text() | st.integers(-(2**63), 2**64 - 1) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_token_opens_to_its_value_where_it_was_made_only(value):
    token = mask("token", value)
    assert token == mask("token", value)
    opened = detokenise(token, key=KEY, agreement=SITE.agreement, item=SITE.item)
    assert opened == value
    assert type(opened) is type(value)
    for elsewhere in (
        {"key": OTHER_KEY, "agreement": SITE.agreement, "item": SITE.item},
        {"key": KEY, "agreement": "agr-2", "item": SITE.item},
        {"key": KEY, "agreement": SITE.agreement, "item": "other"},
    ):
        with pytest.raises(masks.InvalidToken):
            detokenise(token, **elsewhere)


@pytest.mark.parametrize("forged", ["", "tok1.", "tok1.AAAA", "tok1.!!!!", "tok1.张", "tok2." + "A" * 40])
def test_what_is_no_token_does_not_open_and_is_not_repeated(forged):
    with pytest.raises(masks.InvalidToken) as refused:
        detokenise(forged, key=KEY, agreement="agr-1", item="name")
    assert refused.value.__context__ is None
    assert "tok" not in str(refused.value).replace("token", "")


def test_token_and_pseudonym_use_different_keys():
    assert SITE.key("token", KEY) != SITE.key("keyed-hash", KEY)


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("keep-first", {"count": 1}, 12345),
        ("keep-last", {"count": 1}, ["secret"]),
        ("email", {}, 5),
        ("keyed-hash", {}, {"secret": 1}),
        ("keyed-hash", {}, ["secret"]),
        ("token", {}, ["secret"]),
        ("date-to-year", {}, "1990"),
        ("date-to-year", {}, "1990-13-01"),
        ("date-to-month", {}, "1990-05"),
        ("date-to-month", {}, "secret 1990-05-17"),
        ("date-to-month", {}, "1990-05-17\nsecret"),
        ("date-to-year", {}, 19900517),
        ("round", {"to": 10}, True),
        ("round", {"to": 10}, "15"),
        ("bucket", {"edges": [1]}, False),
        ("bucket", {"edges": [1]}, "5"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_that_does_not_tell_it(name, arguments, value):
    with pytest.raises(Unmaskable, match=r"person\.name") as failed:
        mask(name, value, **arguments)
    assert "secret" not in str(failed.value)
    assert b"secret" not in pickle.dumps(failed.value)


@pytest.mark.parametrize("name", sorted(set(MASKS) - {"constant", "pseudonym"}))
def test_a_null_has_nothing_to_hide(name):
    arguments = {"keep-first": {"count": 1}, "keep-last": {"count": 1}, "round": {"to": 1}, "bucket": {"edges": [1]}}
    arguments["verify"] = {"op": "ge", "value": 12}
    assert mask(name, None, **arguments.get(name, {})) is None


@pytest.mark.parametrize("key", [b"", b"short", bytes(31), bytes(33), bytes(64)])
def test_a_key_of_another_length_masks_nothing(key):
    with pytest.raises(Unmaskable, match="32 bytes"):
        mask("keyed-hash", "value", key=key)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nullify", {"x": 1}),
        ("constant", {}),
        ("constant", {"value": {"a": 1}}),
        ("constant", {"value": float("nan")}),
        ("keep-first", {}),
        ("keep-first", {"count": 0}),
        ("keep-first", {"count": -1}),
        ("keep-last", {"count": 0}),
        ("keep-last", {"count": "4"}),
        ("keep-last", {"count": True}),
        ("round", {"to": 0}),
        ("round", {"to": -5}),
        ("round", {"to": float("inf")}),
        ("bucket", {"edges": []}),
        ("bucket", {"edges": [2, 1]}),
        ("bucket", {"edges": [1, 1]}),
        ("bucket", {"edges": [1, 2], "labels": ["a", "b"]}),
        ("bucket", {"edges": [1, 2], "labels": ["a", "b", "a"]}),
    ],
)
def test_arguments_are_checked(name, arguments):
    with pytest.raises(ValueError):
        MASKS[name].arguments.model_validate(arguments)


@pytest.mark.parametrize(
    ("op", "wanted", "value", "answer"),
    [
        ("ge", 12, 12, True),
        ("ge", 12, 11.5, False),
        ("eq", "A", "A", True),
        ("eq", "A", "a", False),
        ("in", ["A", "B"], "B", True),
        ("in", ["A", "B"], "C", False),
        ("prefix", "310", "310101", True),
        ("eq", True, False, False),
    ],
)
def test_verify_answers_yes_or_no_in_place_of_the_value(op, wanted, value, answer):
    assert mask("verify", value, op=op, value=wanted) is answer


@pytest.mark.parametrize("value", ["12", True, [12], {"a": 12}])
def test_a_value_of_another_type_is_not_verified_but_withheld(value):
    with pytest.raises(Unmaskable, match=r"person\.name"):
        mask("verify", value, op="ge", value=12)


@pytest.mark.parametrize("arguments", [{}, {"op": "like", "value": "x"}, {"op": "in", "value": []}, {"op": "ge"}])
def test_a_verification_that_cannot_be_made_is_refused_when_it_is_agreed(arguments):
    with pytest.raises(ValueError):
        MASKS["verify"].arguments.model_validate(arguments)


def test_pseudonyms_join_within_a_purpose_and_an_agreement_only():
    def pseudonym(value, purpose, agreement="agr-1", item="person.id"):
        site = Site(agreement, item)
        return MASKS["pseudonym"].build(MASKS["pseudonym"].arguments(), site).serving(purpose)(value, KEY)

    one = pseudonym("x", "newborn")
    assert is_pseudonym(one)
    assert one == pseudonym("x", "newborn", item="mother.id")
    assert len({one, pseudonym("x", "housing"), pseudonym("x", "newborn", "agr-2"), pseudonym("y", "newborn")}) == 4
    assert pseudonym(None, "newborn") is None


def test_a_pseudonym_without_a_purpose_is_withheld():
    with pytest.raises(Unmaskable, match="purpose"):
        mask("pseudonym", "x")
