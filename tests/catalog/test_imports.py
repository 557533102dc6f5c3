"""Imports: prepared before anything is locked, taken as they were prepared, bounded."""

import pytest

from catalog import datasets, departments, drafts, imports
from catalog.imports import Incoming, Refused
from catalog.registration import InvalidRegistration

TEXT = {"en": "Wells"}
BY = "person-00000001"


def wells(number: int = 1, **changes) -> Incoming:
    said = {"title": TEXT, "description": TEXT, "sharing_class": "conditional"}
    return Incoming(f"urn:x:{number}", f"wells-{number}", said | changes)


@pytest.fixture
def looked(monkeypatch) -> list[str]:
    """The drafts that were looked through."""
    real, seen = drafts.findings, list[str]()

    def findings(session, draft):
        seen.append(draft.slug)
        return real(session, draft)

    monkeypatch.setattr(drafts, "findings", findings)
    return seen


def test_what_was_prepared_is_looked_through_once_more_where_it_is_written(session, health, now, looked):
    prepared = imports.prepare(session, [wells(1), wells(2)], "health")
    assert looked == ["wells-1", "wells-2"]
    assert not session.new
    assert not session.dirty
    imports.take_prepared(session, prepared, "health", BY, now)
    assert looked == ["wells-1", "wells-2"] * 2
    prepared = imports.prepare(session, [wells(1), wells(2)], "health")
    del looked[:]
    assert imports.take_prepared(session, prepared, "health", BY, now)[0].unchanged == [
        "health/wells-1", "health/wells-2"
    ]  # fmt: skip
    assert looked == [], "what is as it was costs nothing"


def test_a_rehearsal_says_what_would_come(session, health, now):
    imports.take_all(session, [wells(1), wells(2)], "health", BY, now)
    every = [wells(1), wells(2, title={"en": "Deep"}), wells(3)]
    said = imports.report(imports.prepare(session, every, "health"))
    assert (said.created, said.changed, said.unchanged) == (
        ["health/wells-3"], ["health/wells-2"], ["health/wells-1"]
    )  # fmt: skip
    done, _ = imports.take_all(session, every, "health", BY, now)
    assert done.as_dict() == said.as_dict()


def test_what_changed_meanwhile_is_prepared_again(session, health, now):
    imports.take_all(session, [wells(1)], "health", BY, now)
    prepared = imports.prepare(session, [wells(1), wells(2)], "health")
    imports.take_all(session, [wells(1, keywords=["deep"], title={"en": "X"}), wells(2)], "health", BY, now)
    report, _ = imports.take_prepared(session, prepared, "health", BY, now)
    assert (report.created, report.changed, report.unchanged) == ([], ["health/wells-1"], ["health/wells-2"])
    row = datasets.fetch(session, "health/wells-1")
    assert (row.title, row.about["keywords"]) == (TEXT, ["deep"])


def test_what_went_wrong_meanwhile_refuses_all(session, health, now, monkeypatch):
    prepared = imports.prepare(session, [wells(1)], "health")
    monkeypatch.setattr(drafts, "findings", lambda session, draft: [imports.Finding("/slug", "taken", "another")])
    with pytest.raises(Refused) as caught:
        imports.take_prepared(session, prepared, "health", BY, now)
    assert [finding.pointer for finding in caught.value.findings] == ["/urn:x:1/slug"]


def test_a_suspended_department_takes_nothing_in(session, health, now):
    imports.take_all(session, [wells(1)], "health", BY, now)
    prepared = imports.prepare(session, [wells(1, title={"en": "X"})], "health")
    departments.deactivate(session, "health", BY, now)
    with pytest.raises(Refused):
        imports.take_prepared(session, prepared, "health", BY, now)
    with pytest.raises(Refused):
        imports.prepare(session, [wells(2)], "health")
    with pytest.raises((Refused, InvalidRegistration)):
        imports.take_one(session, wells(1, title={"en": "X"}), "health", BY, now)


def test_so_many_and_no_more(session, health, monkeypatch, looked):
    monkeypatch.setattr(imports, "MOST", 2)
    monkeypatch.setattr(imports, "MOST_ITEMS", 3)
    for every in ([wells(number) for number in range(3)], [wells(1, items=[{}] * 2), wells(2, items=[{}] * 2)]):
        with pytest.raises(Refused) as caught:
            imports.prepare(session, every, "health")
        assert [(finding.rule, "pages" in finding.expected) for finding in caught.value.findings] == [
            ("too-many", True)
        ]
    assert looked == []
