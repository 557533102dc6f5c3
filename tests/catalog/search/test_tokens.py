"""One tokeniser for what is indexed and for what is asked."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import tokens
from catalog.search.engine import Phrase
from catalog.search.highlights import excerpt, marks
from catalog.search.words import LONGEST, MOST, Unsearchable, parse, phrase, relaxed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("人口库", ("人口", "口库", "库")),
        ("水", ("水",)),
        ("PM2.5 Air-Quality", ("pm2", "5", "air", "quality")),
        ("ＡＢＣ１２３", ("abc123",)),
        ("Électricité", ("electricite",)),
        ("5G基站", ("5g", "基站", "站")),
        ("resident_id", ("resident", "id")),
        ("，。！?", ()),
        ("𠀀𠀁", ("𠀀𠀁", "𠀁")),
        ("", ()),
    ],
)
def test_words(text, expected):
    assert tokens.words(text) == expected


def test_full_width_and_mixed_width_digits_are_equal():
    assert tokens.words("３１0115") == tokens.words("310115") == tokens.words("３１０１１５")


@given(st.text(max_size=40))
def test_places_are_those_of_the_original(text):
    placed = tokens.placed(text)
    assert tuple(token.text for token in placed) == tokens.words(text)
    for token in placed:
        assert 0 <= token.start < token.end <= len(text)
        assert token.text in tokens.fold(text[token.start : token.end])


@given(st.text(max_size=40))
def test_a_token_is_one_for_the_engine_and_means_nothing_in_its_language(text):
    for token in tokens.words(text):
        assert all(not one.isascii() or one.isalnum() for one in token)
        assert token == token.casefold()
        assert tokens.BARRIER not in token


def test_what_is_asked_leaves_out_what_the_pairs_say_already():
    assert phrase("人口库") == Phrase(("人口", "口库"))
    assert phrase("人") == Phrase(("人",), True)
    assert phrase("certif") == Phrase(("certif",), True)
    assert phrase("certif", quoted=True) == Phrase(("certif",))
    assert phrase("id") == Phrase(("id",))
    assert phrase("——") is None


def test_quotes_of_both_scripts_keep_words_together():
    whole = (Phrase(("birth", "certificate")),)
    assert parse('"birth certificate"') == parse("“birth certificate”") == parse("「birth certificate」") == whole
    assert parse('birth "certificate') == (Phrase(("birth",), True), Phrase(("certificate",), True))


def test_a_word_is_looked_for_once():
    assert parse("人口 人口") == (Phrase(("人口",)),)


def test_nothing_and_too_much_are_told_apart():
    assert parse("") == parse("   ") == ()
    for text, told in (("?!*", "at least one"), ("x" * (LONGEST + 1), "characters"), (" ".join(
        f"w{number}" for number in range(MOST + 1)), "words")):  # fmt: skip
        with pytest.raises(Unsearchable, match=told):
            parse(text)


def test_a_long_word_is_taken_apart():
    ways = relaxed("婚姻登记信息")
    assert (Phrase(("婚姻",)), Phrase(("登记",)), Phrase(("信息",))) in ways
    assert (Phrase(("婚姻", "姻登", "登记")), Phrase(("信息",))) in ways
    assert (Phrase(("不动", "动产")), Phrase(("登记",))) in relaxed("不动产登记")
    assert relaxed("人口") == relaxed("人口库") == relaxed("population") == relaxed('"婚姻登记信息"') == ()


def marked(text, words):
    return [text[start:end] for start, end in marks(text, parse(words))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("登记", ["登记"]),
        ("记信", []),
        ("水", ["水"]),
        ("certif", ["Certificates"]),
        ("abc", ["ＡＢＣ"]),
        ("婚姻登记", ["婚姻登记"]),
        ('"登记abc信息"', ["登记ＡＢＣ信息"]),
        ("登记 记ABC", ["登记ＡＢＣ"]),
        ("of births", ["of", "births"]),
    ],
)
def test_marks_stand_in_the_original_text(words, expected):
    assert marked("全市婚姻登记ＡＢＣ信息，水务局 <Certificates> of births", words) == expected


def test_marks_that_touch_are_joined():
    assert marked("社会保险缴纳", "社会 会保 保险") == ["社会保险"]


@given(st.text(max_size=60), st.text(min_size=1, max_size=6))
def test_marks_are_in_order_and_within_the_text(text, words):
    try:
        found = marks(text, parse(words))
    except Unsearchable:
        return
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(found))


def test_an_excerpt_is_around_the_first_mark_and_shifts_the_marks():
    text = "前" * 300 + "婚姻" + "后" * 300
    shown = excerpt(text, [(300, 302)])
    assert len(shown["text"]) == 122
    assert [shown["text"][start:end] for start, end in shown["marks"]] == ["婚姻"]
    assert shown["text"].startswith("…前")
    assert shown["text"].endswith("后…")
    assert excerpt("婚姻", [(0, 2)]) == {"text": "婚姻", "marks": [[0, 2]]}
