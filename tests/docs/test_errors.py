"""docs/errors.md names every problem, once in each language, with its status and the SDK's class."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from exchange.cli.output import NEGATIVE, UNUSABLE
from exchange.client.errors import BY_SLUG
from exchange.problems import KINDS

Rows = Callable[[str, str], list[list[str]]]
SLUG = r"[a-z]+(-[a-z]+)*"


@pytest.fixture(scope="module")
def documented(rows: Rows) -> list[list[str]]:
    """Rows of five cells: slug, status, class, when, what to do."""
    return [row for row in rows("docs/errors.md", SLUG) if len(row) == 5]


def test_every_problem_stands_there_in_both_languages_and_no_other(documented: list[list[str]]) -> None:
    assert Counter(row[0] for row in documented) == dict.fromkeys(KINDS, 2)


def test_statuses_and_classes_are_those_of_the_code(documented: list[list[str]]) -> None:
    told = {(slug, status, name) for slug, status, name, *_ in documented}
    assert told == {(slug, str(kind.status), BY_SLUG[slug].__name__) for slug, kind in KINDS.items()}


def test_every_problem_says_when_and_what_to_do(documented: list[list[str]]) -> None:
    english, chinese = documented[: len(KINDS)], documented[len(KINDS) :]
    assert [row[0] for row in english] == [row[0] for row in chinese] == list(KINDS)
    for _, _, _, when, do in english:
        assert when.strip()
        assert do.strip()
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in when + do)
    for slug, _, _, when, do in chinese:
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text) for text in (when, do)), slug


def test_exit_codes_are_those_of_the_command(document: Callable[[str], str]) -> None:
    lines = [line for line in document("docs/errors.md").splitlines() if re.match(r"\| \d \|", line)]
    assert [line[2] for line in lines] == ["0", str(NEGATIVE), str(UNUSABLE)]
