"""The description is DCAT-AP: shapes accept it and refuse each thing taken away; JSON-LD and Turtle say the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyshacl
import pytest
from rdflib import DCTERMS, FOAF, RDF, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic, to_isomorphic

import catalog.dcat
from catalog.dcat import gathering, writing
from catalog.dcat.vocabulary import TERMS
from catalog.models import Dataset, DatasetState

SHAPES = Graph().parse(Path(catalog.dcat.__file__).with_name("shapes.ttl"), format="turtle")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
BIRTHS = URIRef("https://exchange.city.example/catalog/datasets/health/births")
Nodes = Callable[[], tuple[dict[str, Any], list[dict[str, Any]]]]


def conforms(graph: Graph) -> tuple[bool, str]:
    verdict, _, text = pyshacl.validate(graph, shacl_graph=SHAPES, advanced=False, inference="none")
    return verdict, text


@pytest.fixture
def turtle(full: Dataset, nodes: Nodes) -> bytes:
    return b"".join(writing.turtle(*nodes()))


@pytest.fixture
def graph(turtle: bytes) -> Graph:
    return Graph().parse(data=turtle, format="turtle")


def test_both_formats_say_the_same(full: Dataset, nodes: Nodes, graph: Graph) -> None:
    linked = Graph().parse(data=b"".join(writing.json_ld(*nodes())), format="json-ld")
    assert len(graph) > 200
    assert isomorphic(to_isomorphic(linked), to_isomorphic(graph))


def test_a_single_description_stands_by_itself(full: Dataset, nodes: Nodes) -> None:
    node = nodes()[1][0]
    one, other = (
        Graph().parse(data=writing.single(node, kind), format=name)
        for kind, name in ((writing.JSON_LD, "json-ld"), (writing.TURTLE, "turtle"))
    )
    assert isomorphic(one, other)
    assert conforms(one)[0]


def test_the_shapes_accept_the_export(graph: Graph) -> None:
    verdict, text = conforms(graph)
    assert verdict, text


def test_an_empty_catalog_is_a_catalog_in_both_formats(session: Any, nodes: Nodes) -> None:
    node, _ = nodes()
    linked = Graph().parse(data=b"".join(writing.json_ld(node, ())), format="json-ld")
    assert isomorphic(linked, Graph().parse(data=b"".join(writing.turtle(node, ())), format="turtle"))
    assert conforms(linked)[0]


MANDATORY = [
    (DCAT.Catalog, DCTERMS.title), (DCAT.Catalog, DCTERMS.description), (DCAT.Catalog, DCTERMS.publisher),
    (DCAT.Dataset, DCTERMS.title), (DCAT.Dataset, DCTERMS.description), (DCAT.Distribution, DCAT.accessURL),
    (DCAT.DataService, DCTERMS.title), (DCAT.DataService, DCAT.endpointURL), (FOAF.Agent, FOAF.name),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "property"), MANDATORY, ids=lambda iri: iri.split("/")[-1])
def test_the_shapes_refuse_a_mandatory_property_taken_away(graph: Graph, kind: URIRef, property: URIRef) -> None:
    for subject in list(graph.subjects(RDF.type, kind)):
        graph.remove((subject, property, None))
    verdict, text = conforms(graph)
    assert not verdict
    assert str(property).rsplit("/", 1)[-1].rsplit("#", 1)[-1] in text


REFERRED = [
    DCTERMS.accessRights, DCTERMS.accrualPeriodicity, DCTERMS.conformsTo, DCTERMS.language, DCTERMS.license,
    DCTERMS.provenance, DCTERMS.publisher, DCTERMS.relation, DCTERMS.source, DCTERMS.spatial, DCTERMS.temporal,
    DCTERMS.format, DCAT.accessService, DCAT.accessURL, DCAT.contactPoint, DCAT.distribution, DCAT.endpointURL,
    DCAT.endpointDescription, DCAT.landingPage, DCAT.theme, DCAT.previousVersion, DCATAP.applicableLegislation,
]  # fmt: skip


@pytest.mark.parametrize("property", REFERRED, ids=lambda iri: iri.rsplit("/", 1)[-1])
def test_the_shapes_refuse_what_is_referred_to_without_a_type(graph: Graph, property: URIRef) -> None:
    referred = list(graph.objects(BIRTHS, property)) or list(graph.objects(None, property))
    assert referred, "the full description says it"
    graph.remove((referred[0], RDF.type, None))
    assert not conforms(graph)[0]


@pytest.mark.parametrize(
    ("property", "value"),
    [
        (DCTERMS.title, Literal("no language")),
        (DCTERMS.accessRights, URIRef("https://city.example/secret")),
        (DCTERMS.accrualPeriodicity, URIRef("https://city.example/often")),
        (DCTERMS.modified, Literal("yesterday")),
        (DCAT.version, Literal(3)),
    ],
    ids=("title", "rights", "frequency", "modified", "version"),
)
def test_the_shapes_refuse_a_value_of_another_kind(graph: Graph, property: URIRef, value: Any) -> None:
    graph.remove((BIRTHS, property, None))
    graph.add((BIRTHS, property, value))
    assert not conforms(graph)[0]


def test_the_full_description_uses_every_term_of_the_context(full: Dataset, nodes: Nodes) -> None:
    """A term that nothing says would be a promise without a keeper."""
    pages = {"view", "firstPage", "nextPage", "service", "dataset"}  # of pages and catalogs
    pages |= {name for name, term in TERMS.items() if term["@id"].startswith("odrl:")}  # of policies
    pages |= {"value", "emergencyHours", "emergencySkips", "safeguard", "suppliedBasis"}
    pages |= {"withdrawsAt", "withdrawalReason"}  # of a dataset whose withdrawal is announced
    said: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            said.update(value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(nodes())
    assert set(TERMS) - pages <= said


def test_what_is_told_of_a_dataset(graph: Graph) -> None:
    def of(property: URIRef) -> set[str]:
        return {str(value) for value in graph.objects(BIRTHS, property)}

    vocabulary = "http://publications.europa.eu/resource/authority"
    assert of(DCTERMS.title) == {"出生医学证明", "Birth certificates"}
    assert of(DCTERMS.identifier) == {"health/births", "102003/00001"}
    assert of(DCTERMS.accessRights) == {f"{vocabulary}/access-right/RESTRICTED"}
    assert of(DCTERMS.accrualPeriodicity) == {f"{vocabulary}/frequency/DAILY"}
    assert of(DCTERMS.conformsTo) == {"urn:hutong:standard:birth-certificate:1.0.0"}
    assert f"{vocabulary}/data-theme/HEAL" in of(DCAT.theme)
    assert "https://law.city.example/eli/2020/1" in of(DCATAP.applicableLegislation)
    assert of(DCTERMS.source) == {"https://exchange.city.example/catalog/datasets/health/base"}
    services = {str(value) for value in graph.objects(None, DCAT.endpointURL)}
    assert "https://exchange.city.example/x/health/births" in services
    assert not any("data.health.example" in str(term) for triple in graph for term in triple), "a provider's address"


def test_only_what_is_published_is_told(session: Any, publish: Any, nodes: Nodes) -> None:
    publish("open", derived_from=["health/hidden"], related=["health/nowhere"])
    publish("hidden", state=DatasetState.DRAFT)
    publish("gone", state=DatasetState.WITHDRAWN)
    text = b"".join(writing.turtle(*nodes())).decode()
    assert "health/open" in text
    assert not any(word in text for word in ("hidden", "nowhere", "health/gone"))
    with pytest.raises(LookupError):
        gathering.one(session, "health/hidden")


def test_pages_are_the_whole(session: Any, publish: Any) -> None:
    for number in range(7):
        publish(f"d{number}")
    seen, cursor = [], None
    while True:
        entries, cursor = gathering.page(session, limit=3, cursor=cursor)
        seen += [entry.dataset.id for entry in entries]
        if cursor is None:
            break
    assert seen == [f"health/d{number}" for number in range(7)]


HOSTILE = [
    '">} . <urn:x> a <urn:y> .',
    'a"""b',
    "\\u0041 \\",
    "\u2028 \ufffe",
    "emoji 😀 𠮷",
    "x" * 2000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_come_out_as_they_are_and_break_nothing(publish: Any, nodes: Nodes, text: str) -> None:
    publish("odd", title={"en": text}, keywords=[text[:200]], licence=text[:500], spatial=[text[:200]])
    node, descriptions = nodes()
    for format, data in (("turtle", writing.turtle), ("json-ld", writing.json_ld)):
        found = Graph().parse(data=b"".join(data(node, descriptions)), format=format)
        subject = URIRef("https://exchange.city.example/catalog/datasets/health/odd")
        assert [str(title) for title in found.objects(subject, DCTERMS.title)] == [text]
        assert (None, None, URIRef("urn:y")) not in found


def test_the_document_carries_its_context(full: Dataset, nodes: Nodes) -> None:
    """Nothing has to be fetched to read it."""
    document = orjson.loads(b"".join(writing.json_ld(*nodes())))
    assert isinstance(document["@context"], dict)
    assert json.loads(writing.context())["@context"] == document["@context"]
