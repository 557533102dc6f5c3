"""`hutong dataset search` and `reindex` on a data directory."""

import sqlite3

import pytest

from tests.town.inside import MemoryNode, Template, settings_for


@pytest.fixture
def var(template: Template, tmp_path):
    return template.copy(tmp_path) / "var"


def test_a_search_shows_what_was_found(hutong, var):
    ran = hutong("dataset", "search", "people", "--sharing-class", "conditional", "--data", var)
    assert ran.code == 0
    assert "health/people" in ran.out
    assert "1 found" in ran.err
    ran = hutong("dataset", "search", "people", "--data", var, "--json")
    assert {item["id"] for item in ran.document["items"]} == {"health/people", "health/sealed"}


def test_no_hit_is_a_negative_answer_with_suggestions(hutong, var):
    ran = hutong("dataset", "search", "peeople", "--data", var)
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean · 您是否要找: people" in ran.err


def test_what_cannot_be_looked_for_is_refused(hutong, var):
    ran = hutong("dataset", "search", "?!", "--data", var)
    assert (ran.code, ran.out) == (1, "")
    assert "at least one letter" in ran.err


def test_a_lost_index_is_made_again(hutong, var):
    def emptied():
        with sqlite3.connect(var / "exchange.db") as database:
            for table in ("search_text", "search_document", "search_tally"):
                database.execute(f"DELETE FROM {table}")
        return hutong("dataset", "search", "people", "--data", var).code

    assert emptied() == 1
    ran = hutong("dataset", "reindex", "--data", var, "--json")
    assert (ran.code, ran.document) == (0, {"datasets": 2})
    assert hutong("dataset", "search", "people", "--data", var).code == 0


def test_an_index_that_lacks_datasets_is_completed_at_the_start(tmp_path, hutong, var):
    with sqlite3.connect(var / "exchange.db") as database:
        database.execute("DELETE FROM search_document")
        database.execute("DELETE FROM search_text")
    MemoryNode.open(settings_for(tmp_path)).close()
    assert hutong("dataset", "search", "people", "--data", var).code == 0
