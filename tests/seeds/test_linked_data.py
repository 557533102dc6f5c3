"""The demonstration city's catalog is DCAT-AP by the project's own shapes, and comes back as it went out."""

from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import orjson
import pyshacl
from rdflib import RDF, Graph, Namespace
from sqlmodel import Session

import catalog.dcat
from catalog import contracts, imports
from catalog.dcat import describing, gathering, reading, writing
from catalog.dcat.parsing import parsed
from catalog.dcat.vocabulary import Names
from seeds.city import DEPARTMENTS
from seeds.datasets import DATASETS
from tests.seeds.conftest import NOW

DCAT = Namespace("http://www.w3.org/ns/dcat#")
NAMES = Names("https://exchange.city.example")


def exported(session: Session) -> bytes:
    entries, following = gathering.page(session)
    assert following is None
    title = {"zh": "目录", "en": "Catalog"}
    catalog_node = describing.catalog(NAMES, title, title, modified=NOW)
    return b"".join(writing.turtle(catalog_node, (describing.dataset(entry, NAMES) for entry in entries)))


def test_the_city_s_catalog_keeps_the_shapes(published: Session, loaded: dict[str, str]) -> None:
    graph = Graph().parse(data=exported(published), format="turtle")
    listed = set(graph.objects(None, DCAT.dataset))
    assert len(listed) == len(DATASETS)
    assert all((dataset, RDF.type, DCAT.Dataset) in graph for dataset in listed)
    shapes = Graph().parse(Path(catalog.dcat.__file__).with_name("shapes.ttl"), format="turtle")
    verdict, _, text = pyshacl.validate(graph, shacl_graph=shapes)
    assert verdict, text


def test_the_city_s_catalog_comes_back_unchanged(published: Session, loaded: dict[str, str]) -> None:
    found, faults = reading.incoming(parsed(exported(published), writing.TURTLE))
    assert (len(found), faults) == (len(DATASETS), [])
    for department in DEPARTMENTS:
        own = [one for one in found if f"/datasets/{department.slug}/" in one.source]
        report, rows = imports.take_all(published, own, department.slug, "steward", NOW)
        assert (report.created, report.changed, rows) == ([], [], []), department.slug


def test_every_dataset_of_the_city_has_a_data_contract(published: Session, loaded: dict[str, str]) -> None:
    schema = orjson.loads(files("open_data_contract_standard").joinpath("schema.json").read_bytes())
    odcs = jsonschema_rs.validator_for(schema, offline=True)
    entries, _ = gathering.page(published)
    for entry in entries:
        made = orjson.loads(orjson.dumps(contracts.contract(published, entry.dataset, NAMES.base)))
        assert [error.message for error in odcs.iter_errors(made)] == [], entry.dataset.id
        assert made["schema"][0]["properties"], entry.dataset.id
