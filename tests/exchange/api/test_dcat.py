"""The catalog as linked data over HTTP: for everybody, in pages or whole, only again when something changed."""

import re

import pytest
from rdflib import RDF, Graph, Namespace, URIRef

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
