"""The register's own form and the way back: every title of the city, without a loss."""

import httpx
import pytest
from sqlmodel import Session

from seeds.forms import FORMS
from seeds.people import Record
from seeds.providers import Providers
from seeds.records import cast
from seeds.specifications.mappings import MAPPED, MAPPINGS
from standards import mappings
from standards.mapping import compile
from standards.mapping.rules import Counts
from standards.validation import Checker


def test_every_record_comes_back_from_its_form(records: dict[str, list[Record]], checkers: dict[str, Checker]) -> None:
    for dataset, form in FORMS.items():
        mapping = compile(MAPPED[dataset].document)
        own = [form(record) for record in records[dataset]]
        assert not any(map(checkers[dataset].valid, own))
        counted = Counts()
        assert [mapping.apply(record, counted) for record in own] == records[dataset]
        assert counted.unmapped == {}


def test_every_service_with_a_form_has_a_mapping() -> None:
    assert FORMS.keys() == MAPPED.keys()
    assert {draft.slug for draft in MAPPINGS} == {draft.slug for draft in MAPPED.values()}


@pytest.mark.parametrize("draft", MAPPINGS, ids=lambda draft: draft.slug)
def test_nothing_keeps_a_mapping_from_being_published(published: Session, draft: mappings.MappingDraft) -> None:
    tables = mappings.named_crosswalks(published, draft.document)
    assert mappings.faults(published, draft.document, tables) == []


def test_the_provider_answers_in_its_own_form(providers: Providers, records: dict[str, list[Record]]) -> None:
    answer = httpx.post(
        providers.address("planning", "real-estate-titles") + "/v1/lookups",
        json={"resident_id": cast(records).owner},
        headers={"Authorization": providers.credential("planning").value},
        trust_env=False,
    )
    (found,) = answer.json()["items"]
    assert found == FORMS["planning/real-estate-titles"](records["planning/real-estate-titles"][0])
