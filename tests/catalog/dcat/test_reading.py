"""What is told is read again as it was told; what others tell is taken as far as we have words for it."""

from collections.abc import Callable
from typing import Any

import pytest
from rdflib import Graph
from sqlmodel import Session

from catalog import imports
from catalog.dcat import reading, writing
from catalog.dcat.parsing import parsed
from catalog.imports import Refused, Verdict
from catalog.models import Dataset, DatasetDraft, Department, Metadata
from tests.catalog.dcat.conftest import FULL, NOW

Nodes = Callable[[], tuple[dict[str, Any], list[dict[str, Any]]]]
WRITERS = {writing.TURTLE: writing.turtle, writing.JSON_LD: writing.json_ld}


def as_sets(document: dict[str, Any]) -> dict[str, Any]:
    """A graph has no order, so neither has what is compared."""
    return {name: sorted(one) if name in imports.UNORDERED else one for name, one in document.items()}


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_exported_is_read_again_as_it_was_registered(
    full: Dataset, dataset_draft: Callable[..., DatasetDraft], nodes: Nodes, kind: str
) -> None:
    registered = dataset_draft(**FULL).model_dump(mode="json")
    raw = b"".join(WRITERS[kind](*nodes()))
    found, faults = reading.incoming(parsed(raw, kind))
    assert not faults
    births = next(one for one in found if one.source.endswith("/births"))
    read = DatasetDraft.model_validate({**births.said, "department": "health", "slug": births.slug})
    said = read.model_dump(mode="json", exclude={"calling_rule"})
    expected = {name: one for name, one in registered.items() if name != "calling_rule"}
    # an IRI has no angle brackets: they come back percent-encoded
    expected["landing_page"] = "https://health.city.example/births?a=1&b=%3C2%3E"
    assert as_sets(said) == as_sets(expected)
    assert set(Metadata.model_fields) <= set(said)
    assert births.notes == ()


def test_importing_ones_own_export_changes_nothing(full: Dataset, session: Session, nodes: Nodes) -> None:
    full_before = full.revision
    raw = b"".join(writing.turtle(*nodes()))
    found, _ = reading.incoming(parsed(raw, writing.TURTLE))
    report, rows = imports.take_all(session, found, "health", "person-00000001", NOW)
    assert report.unchanged == ["health/base", "health/other"]
    assert report.changed == ["health/births"], "only the address whose brackets were encoded"
    found, _ = reading.incoming(parsed(raw, writing.TURTLE))
    again, rows = imports.take_all(session, found, "health", "person-00000001", NOW)
    assert (again.created, again.changed, len(again.unchanged), rows) == ([], [], 3, [])
    assert session.get(Dataset, full.id).revision == full_before + 1


def test_the_order_of_what_has_none_is_no_change(publish: Any, session: Session, nodes: Nodes) -> None:
    publish("mixed", keywords=["b", "a", "c"], spatial=["2", "1"], themes=["x", "health"])
    found, _ = reading.incoming(parsed(b"".join(writing.turtle(*nodes())), writing.TURTLE))
    assert imports.take_all(session, found, "health", "person-00000001", NOW)[0].unchanged == ["health/mixed"]
    assert session.get(Dataset, "health/mixed").about["keywords"] == ["b", "a", "c"]


def test_the_calling_rule_survives_an_import_which_cannot_say_it(full: Dataset, session: Session, nodes: Nodes) -> None:
    found, _ = reading.incoming(parsed(b"".join(writing.turtle(*nodes())), writing.TURTLE))
    imports.take_all(session, found, "health", "person-00000001", NOW)
    documents = [imports._registered(session, f"health/{slug}") for slug in ("base", "births")]
    assert all(document["calling_rule"]["purposes"] == ["newborn"] for document in documents)


def test_an_export_can_be_taken_up_by_another_department(
    full: Dataset, session: Session, nodes: Nodes, department_draft: Any, credit_code: Any
) -> None:
    from catalog import departments

    draft = department_draft(slug="archive", name={"en": "Archive"}, credit_code=credit_code(2))
    departments.register(session, draft, "person-00000001", NOW)
    found, _ = reading.incoming(parsed(b"".join(writing.turtle(*nodes())), writing.TURTLE))
    report, rows = imports.take_all(session, found, "archive", "person-00000001", NOW)
    assert report.created == ["archive/base", "archive/births", "archive/other"]
    assert {row.state for row in rows} == {"draft"}, "nothing is published by an import"


FOREIGN = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
<https://other.example/catalog> a dcat:Catalog ; dcat:dataset <https://other.example/dataset/Water%20Levels> .
<https://other.example/dataset/Water%20Levels> a dcat:Dataset ;
  dct:title "Wasserstände"@de, "Water levels"@en-GB ; dct:description "水位"@zh-Hans ;
  dcat:keyword "water"@en, "水"@zh ; dct:publisher [ a foaf:Agent ; foaf:name "Water office" ] ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/BIWEEKLY> ;
  dct:language <http://publications.europa.eu/resource/authority/language/ENG> ;
  dcat:contactPoint [ a vcard:Organization ; vcard:fn "Desk" ; vcard:hasEmail <mailto:desk@other.example> ;
    vcard:hasTelephone [ vcard:hasValue <tel:+8610123> ] ] ;
  dct:temporal [ a dct:PeriodOfTime ; dcat:startDate "2020"^^xsd:gYear ; dcat:endDate "2021-05-06T00:00:00"^^xsd:dateTime ] ;
  dct:spatial [ a dct:Location ; skos:prefLabel "River basin"@en ] ; dct:provenance [ dct:description "measured" ] ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI>, <https://other.example/t/Rivers> ;
  dct:source <https://third.example/raw> ;
  dcat:distribution [ a dcat:Distribution ; dct:license <https://other.example/open> ;
    dct:format <http://publications.europa.eu/resource/authority/file-type/CSV> ; dcat:mediaType "text/csv" ] .
<https://other.example/dataset/unlisted> a dcat:Dataset ; dct:title "x" .
[] a hydra:PagedCollection ; hydra:nextPage "https://other.example/catalog?page=2" .
"""  # noqa: E501


def test_a_foreign_catalog_is_read_as_far_as_there_are_words() -> None:
    graph = parsed(FOREIGN.encode(), writing.TURTLE)
    found, faults = reading.incoming(graph)
    assert (len(found), faults) == (1, [])
    incoming = found[0]
    assert incoming.slug == "water-levels"
    assert incoming.defaults == {"sharing_class": "conditional"}
    said = {name: one for name, one in incoming.said.items() if one}
    assert said == {
        "title": {"en": "Water levels"},
        "description": {"zh": "水位"},
        "themes": ["Rivers"],
        "keywords": ["water", "水"],
        "formats": ["csv", "text/csv"],
        "licence": "https://other.example/open",
        "contact_point": {"name": {"en": "Desk"}, "email": "desk@other.example", "phone": "+8610123"},
        "spatial": ["River basin"],
        "temporal": {"start": "2020-01-01", "end": "2021-05-06"},
        "provenance": {"en": "measured"},
        "languages": ["en"],
        "update_cycle": "monthly",
    }
    assert [note.pointer for note in incoming.notes] == ["/derived_from"]
    assert reading.following(graph) == "https://other.example/catalog?page=2"


def turtle(body: str) -> Graph:
    head = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
    return parsed((head + body).encode(), writing.TURTLE)


def test_blank_nodes_that_lead_in_a_circle_lead_nowhere() -> None:
    loop = """<urn:a> a dcat:Dataset ; dct:title "A" ; dct:temporal _:a ; dct:spatial _:a ; dcat:contactPoint _:a ;
      dct:provenance _:b ; dcat:distribution _:a ; dct:license _:b ; dcat:theme _:a .
      _:a dcat:startDate _:b ; dct:license _:a ; <http://www.w3.org/2006/vcard/ns#hasEmail> _:a . _:b dct:title _:a ."""
    found, faults = reading.incoming(turtle(loop))
    assert not faults
    assert found[0].said["title"] == {"en": "A"}


def test_datasets_without_an_iri_and_documents_without_datasets_are_named() -> None:
    assert reading.incoming(turtle('[] a dcat:Dataset ; dct:title "A" .'))[1][0].rule == "iri"
    assert reading.incoming(turtle('<urn:a> dct:title "A" .'))[1][0].rule == "empty"


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_taken(session: Session, health: Department) -> None:
    body = """<urn:x:good> a dcat:Dataset ; dct:title "Good"@en ; dct:description "d"@en .
      <urn:x:untitled> a dcat:Dataset ; dct:description "d"@en .
      <urn:x:odd> a dcat:Dataset ; dct:title "Odd"@en ; dct:description "d"@en ;
        dcat:landingPage <ftp://odd.example/> ; dct:conformsTo <urn:hutong:standard:nowhere:1.0.0> .
      <urn:y:good> a dcat:Dataset ; dct:title "Twin"@en ; dct:description "d"@en ."""
    found, _ = reading.incoming(turtle(body))
    with pytest.raises(Refused) as refused:
        imports.take_all(session, found, "health", "person-00000001", NOW)
    pointers = {finding.pointer for finding in refused.value.findings}
    assert pointers == {"/urn:x:untitled/title", "/urn:x:odd/landing_page", "/urn:y:good/slug"}
    assert session.get(Dataset, "health/good") is None


def test_one_by_one_what_cannot_be_taken_of_the_optional_is_left_out(session: Session, health: Department) -> None:
    body = """<urn:x:odd> a dcat:Dataset ; dct:title "Odd"@en ; dct:description "d"@en ; dcat:keyword "k" ;
        dcat:landingPage <ftp://odd.example/> ; dct:conformsTo <urn:hutong:standard:nowhere:1.0.0> ."""
    found, _ = reading.incoming(turtle(body))
    verdict, row, left_out = imports.take_one(session, found[0], "health", "harvest", NOW)
    assert (verdict, row.id, row.standard, row.about["keywords"]) == (Verdict.CREATED, "health/odd", None, ["k"])
    assert {finding.pointer for finding in left_out} == {"/landing_page", "/standard"}
    untitled, _ = reading.incoming(turtle('<urn:x:u> a dcat:Dataset ; dct:description "d"@en .'))
    with pytest.raises(Refused):
        imports.take_one(session, untitled[0], "health", "harvest", NOW)


def test_slugs_are_made_of_what_there_is() -> None:
    make = imports.slug_of
    assert make("Water Levels 2020", {}, "urn:a") == "water-levels-2020"
    assert make("水位", {"en": "Water"}, "urn:a") == "water"
    assert make("水位", {"zh": "水位"}, "urn:a").startswith("dataset-")
    assert make("x" * 65, {}, "urn:a") == make("y" * 65, {}, "urn:a") != make("x" * 65, {}, "urn:b")


def test_what_many_datasets_share_is_looked_at_once(monkeypatch):
    labels = " ".join(f'; <http://www.w3.org/2004/02/skos/core#prefLabel> "{number}"@zh' for number in range(50))
    body = " ".join(f"<urn:x:d{number}> a dcat:Dataset ; dcat:theme <urn:x:t> ." for number in range(50))
    looks = []
    wanted = reading._Description._written
    monkeypatch.setattr(
        reading._Description,
        "_written",
        lambda self, node, name: looks.append((node, name)) or wanted(self, node, name),
    )
    found, _ = reading.incoming(turtle(f"{body} <urn:x:t> a <http://www.w3.org/2004/02/skos/core#Concept> {labels} ."))
    assert {tuple(one.said["themes"]) for one in found} == {("0",)}
    assert len([node for node, _ in looks if str(node) == "urn:x:t"]) <= 2
