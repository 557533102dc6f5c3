"""The catalog as linked data over HTTP: for everybody, in pages or whole, only again when something changed."""

import re
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, Graph, Namespace, URIRef
from sqlmodel import Session

import catalog.dcat
from exchange.api import dcat
from tests.town import documents
from tests.town.people import Town, problem_of

DCAT = Namespace("http://www.w3.org/ns/dcat#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
FORMATS = {"application/ld+json": "json-ld", "text/turtle": "turtle"}


def datasets_of(answer) -> set[str]:
    kind = answer.headers["content-type"].partition(";")[0]
    graph = Graph().parse(data=answer.content, format=FORMATS[kind])
    return {str(found).rsplit("/catalog/datasets/")[1] for found in graph.objects(None, DCAT.dataset)}


async def test_everybody_reads_the_published_catalog(town: Town):
    draft = documents.dataset(slug="drafted")
    await town.did("health", "POST", "/datasets", json=draft)
    for path in ("/catalog", "/catalog.jsonld", "/catalog.ttl"):
        answer = await town.http.get(path)
        assert answer.status_code == 200
        assert datasets_of(answer) == {"health/people", "health/sealed"}, path
        assert "drafted" not in answer.text
        assert "provider.test" not in answer.text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/ld+json"),
        ("*/*", "application/ld+json"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", "application/ld+json"),
        ("application/ld+json;q=0.1, text/turtle", "text/turtle"),
        ("application/json", "application/ld+json"),
        ("text/html, */*;q=0.8", "application/ld+json"),
        ("text/*, application/ld+json;q=0.2", "text/turtle"),
        ("text/turtle;q=x", "application/ld+json"),
        ("application/rdf+xml", "application/ld+json"),
        ("," * 5000, "application/ld+json"),
    ],
)
def test_accept_chooses_the_format(accept, expected):
    assert dcat.preferred(accept) == expected


async def test_negotiation_over_http(town: Town):
    answer = await town.http.get("/catalog", headers={"accept": "text/turtle"})
    assert answer.headers["content-type"].startswith("text/turtle")
    assert "Accept" in answer.headers["vary"]
    one = await town.http.get("/catalog/datasets/health/people", headers={"accept": "text/turtle"})
    assert (URIRef(f"{town.issuer}/catalog/datasets/health/people"), RDF.type, DCAT.Dataset) in Graph().parse(
        data=one.text, format="turtle"
    )


async def test_pages_lead_to_each_other_and_are_the_whole(town: Town):
    whole = datasets_of(await town.http.get("/catalog.ttl"))
    for path in ("/catalog", "/catalog.ttl", "/catalog.jsonld"):
        seen, address = set(), f"{path}?limit=1"
        for _ in range(len(whole) + 1):
            answer = await town.http.get(address)
            graph = Graph().parse(data=answer.content, format=FORMATS[answer.headers["content-type"].split(";")[0]])
            seen |= datasets_of(answer)
            link = answer.headers.get("link")
            following = [str(found) for found in graph.objects(None, HYDRA.next)]
            if link is None:
                assert not following
                break
            address = re.fullmatch(r'<(.+)>; rel="next"', link)[1]
            assert following == [address]
        assert seen == whole


async def test_a_dataset_that_is_not_published_has_no_description(town: Town):
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="drafted"))
    for slug in ("drafted", "nowhere"):
        answer = await town.http.get(f"/catalog/datasets/health/{slug}")
        assert (answer.status_code, problem_of(answer)) == (404, "not-found")


async def test_a_cursor_of_nobody_is_refused_before_anything_is_sent(town: Town):
    for path in ("/catalog", "/catalog.jsonld", "/catalog.ttl"):
        answer = await town.http.get(path, params={"cursor": "nonsense"})
        assert (answer.status_code, problem_of(answer)) == (400, "malformed-request")


async def test_what_has_not_changed_is_not_sent_again(town: Town):
    for path in ("/catalog", "/catalog.jsonld", "/catalog.ttl", "/catalog/datasets/health/people"):
        first = await town.http.get(path)
        tag, date = first.headers["etag"], first.headers["last-modified"]
        for headers in ({"if-none-match": f'"x", W/{tag}'}, {"if-none-match": "*"}, {"if-modified-since": date}):
            again = await town.http.get(path, headers=headers)
            assert (again.status_code, again.content) == (304, b""), (path, headers)
            assert again.headers["etag"] == tag
        for headers in ({"if-none-match": '"x"', "if-modified-since": date}, {"if-modified-since": "never"}):
            assert (await town.http.get(path, headers=headers)).status_code == 200
    turtle = (await town.http.get("/catalog.ttl")).headers["etag"]
    linked = (await town.http.get("/catalog.jsonld")).headers["etag"]
    assert turtle != linked
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="drafted"))
    assert (await town.http.get("/catalog.ttl", headers={"if-none-match": turtle})).status_code == 200


async def test_the_context_is_served(town: Town):
    answer = await town.http.get("/catalog/context.jsonld")
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert answer.json()["@context"]["dcat"] == str(DCAT)


TURTLE = {"content-type": "text/turtle; charset=utf-8"}
IMPORT = "/catalog/import-dcat?department=health"
GOOD = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<https://other.example/dataset/wells> a dcat:Dataset ; dct:title "Wells"@en ; dct:description "Depths."@en .
"""


async def test_an_import_needs_the_department_s_steward_before_anything_is_read(town: Town):
    answer = await town.by(None, "POST", IMPORT, content=b"nonsense", headers=TURTLE)
    assert (answer.status_code, problem_of(answer)) == (401, "unidentified")
    for who in ("justice", "operator", "services/newborn"):
        answer = await town.by(who, "POST", IMPORT, content=b"nonsense", headers=TURTLE)
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted")


async def test_an_import_makes_drafts_once(town: Town, node):
    async def take(query=""):
        return await town.did("health", "POST", IMPORT + query, content=GOOD.encode(), headers=TURTLE)

    version = node.current.newest.version
    assert (await take("&dry_run=true"))["created"] == ["health/wells"]
    assert node.current.newest.version == version
    assert (await town.by("health", "GET", "/datasets/health/wells")).status_code == 404
    report = await take()
    assert (report["created"], report["dry_run"]) == (["health/wells"], False)
    made = await town.did("health", "GET", "/datasets/health/wells")
    assert (made["title"], made["state"]) == ({"en": "Wells"}, "draft")
    assert (await take())["unchanged"] == ["health/wells"]
    assert "wells" not in (await town.http.get("/catalog.ttl")).text


async def test_a_rehearsal_and_a_refusal_wait_for_nobody_s_change(town: Town, node):
    await town.token("health")
    with Session(node.writing) as session:
        session.connection()  # the write lock
        query = IMPORT + "&dry_run=true"
        report = await town.did("health", "POST", query, content=GOOD.encode(), headers=TURTLE)
        assert report["created"] == ["health/wells"]
        bad = GOOD + '<urn:x:a> a dcat:Dataset ; dct:title "A"@en ; dcat:landingPage <ftp://x/> .'
        answer = await town.by("health", "POST", IMPORT, content=bad.encode(), headers=TURTLE)
        assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")


async def test_a_bad_document_changes_nothing_and_says_every_reason(town: Town, node):
    version = node.current.newest.version
    wrong = (
        GOOD + '<urn:x:a> a dcat:Dataset ; dct:title "A"@en ; dcat:landingPage <ftp://x/> .\n<urn:x:b> a dcat:Dataset .'
    )
    for content, headers, count in (
        (wrong.encode(), TURTLE, 2),
        (b'{"@context": "https://x.example/c"}', {"content-type": "application/ld+json"}, 1),
        (b"<rdf/>", {"content-type": "application/rdf+xml"}, 1),
        (b"", TURTLE, 1),
        (GOOD.encode() * 2 + b"<", TURTLE, 1),
    ):
        answer = await town.by("health", "POST", IMPORT, content=content, headers=headers)
        assert (answer.status_code, problem_of(answer)) == (422, "invalid-request"), content
        assert len(answer.json()["errors"]) >= count
    assert node.current.newest.version == version
    assert (await town.by("health", "GET", "/datasets/health/wells")).status_code == 404


async def test_the_town_s_own_export_comes_back_unchanged(town: Town):
    exported = (await town.http.get("/catalog.jsonld")).content
    headers = {"content-type": "application/ld+json"}
    report = await town.did("health", "POST", IMPORT, content=exported, headers=headers)
    assert (report["created"], report["changed"]) == ([], [])
    assert report["unchanged"] == ["health/people", "health/sealed"]


ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
SHAPES = Path(catalog.dcat.__file__).with_name("shapes.ttl")


async def test_the_calling_rule_is_told_as_an_offer_within_the_shapes(town: Town):
    exported = Graph().parse(data=(await town.http.get("/catalog.ttl")).content, format="turtle")
    told = {str(one).rpartition("/datasets/")[2]: offer for one, offer in exported.subject_objects(ODRL.hasPolicy)}
    assert told.keys() == {"health/people"}, "what is not shared has no rule to tell"
    (permission,) = exported.objects(told["health/people"], ODRL.permission)
    left = {str(exported.value(one, ODRL.leftOperand)) for one in exported.objects(permission, ODRL.constraint)}
    assert {str(ODRL.purpose), "urn:hutong:vocabulary#legalBasis"} <= left
    shapes = Graph().parse(SHAPES, format="turtle")
    verdict, _, text = pyshacl.validate(exported, shacl_graph=shapes)
    assert verdict, text
    exported.remove((None, ODRL.assigner, None))
    assert not pyshacl.validate(exported, shacl_graph=shapes)[0]


async def test_an_offer_becomes_a_calling_rule_only_where_all_of_it_is_enforced(town: Town):
    offer = """
    <https://other.example/dataset/wells> odrl:hasPolicy <urn:offer> .
    <urn:offer> a odrl:Offer ; odrl:permission <urn:may> .
    <urn:may> odrl:action odrl:read ; odrl:target <https://other.example/dataset/wells> ; odrl:constraint
      [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isAnyOf ; odrl:rightOperand "drainage", "building" ],
      [ odrl:leftOperand h:legalBasis ; odrl:operator odrl:eq ; odrl:rightOperand "water-law-9" ]"""
    head = f"@prefix odrl: <{ODRL}> . @prefix h: <urn:hutong:vocabulary#> . {GOOD}"
    strange = ', [ odrl:leftOperand odrl:spatial ; odrl:operator odrl:eq ; odrl:rightOperand "here" ]'
    report = await town.did("health", "POST", IMPORT, content=f"{head}{offer}{strange} .".encode(), headers=TURTLE)
    (note,) = report["notes"]
    assert str(ODRL.spatial) in note["expected"]
    assert (await town.did("health", "GET", "/datasets/health/wells"))["calling_rule"] is None
    report = await town.did("health", "POST", IMPORT, content=f"{head}{offer} .".encode(), headers=TURTLE)
    assert (report["changed"], report["notes"]) == (["health/wells"], [])
    rule = (await town.did("health", "GET", "/datasets/health/wells"))["calling_rule"]
    assert (rule["purposes"], rule["bases"]) == (["building", "drainage"], ["water-law-9"])
    assert rule["case_required"] is False


async def test_the_profile_is_served_to_everybody(town: Town):
    answer = await town.http.get("/catalog/odrl-profile.ttl")
    assert answer.headers["content-type"].startswith("text/turtle")
    profile = Graph().parse(data=answer.content, format="turtle")
    assert (URIRef("urn:hutong:vocabulary#legalBasis"), RDF.type, ODRL.LeftOperand) in profile
