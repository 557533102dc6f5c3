"""The providers as seen from outside: over HTTP, held against their own interface specifications."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import pytest

from seeds.dials import Dials, Drift
from seeds.people import Record
from seeds.providers import Providers
from seeds.records import Cast, cast
from seeds.simulators import CONTROL, SECRET, bearer
from seeds.specifications.interfaces import INTERFACES
from standards.validation import Checker

SECRET_VALUE = "a-secret-of-more-than-sixteen"
DOCUMENTS = {f"{interface.department}/{interface.slug}": interface.document for interface in INTERFACES}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture(scope="module")
def who(records: dict[str, list[Record]]) -> Cast:
    return cast(records)


def send(
    client: httpx.Client, providers: Providers, dataset: str, path: str, json: Any = None, **options: Any
) -> httpx.Response:
    department, slug = dataset.split("/")
    headers = {"Authorization": providers.credential(department).value}
    method = "GET" if json is None else "POST"
    return client.request(
        method, providers.address(department, slug) + path, json=json, **{"headers": headers, **options}
    )


def conforms(dataset: str, template: str, method: str, reply: httpx.Response) -> bool:
    """Whether a reply is as its interface specification says, problems included."""
    document = DOCUMENTS[dataset]
    content = document["paths"][template][method]["responses"][str(reply.status_code)]["content"]
    schema = content[reply.headers["content-type"].split(";")[0]]["schema"]
    return Checker({**schema, "components": document["components"]}).valid(reply.json())


def test_every_lookup_answers_as_specified(client: httpx.Client, providers: Providers, who: Cast) -> None:
    for dataset, path, body in [
        ("public-security/population", "/v1/lookups", {"resident_id": who.mother}),
        ("civil-affairs/marriage", "/v1/lookups", {"resident_id": who.father}),
        ("health/birth-certificates", "/v1/lookups", {"certificate_number": who.certificate}),
        ("health/birth-certificates", "/v1/maternal-lookups", {"resident_id": who.mother}),
        ("market-regulation/companies", "/v1/lookups", {"credit_code": who.company}),
        ("social-security/contributions", "/v1/lookups", {"resident_id": who.insured}),
        ("planning/real-estate-titles", "/v1/lookups", {"resident_id": who.owner}),
    ]:
        reply = send(client, providers, dataset, path, body)
        assert reply.status_code == 200
        assert conforms(dataset, path, "post", reply)
        assert reply.json().get("data") or len(reply.json()["items"]) == 1


def test_every_list_answers_as_specified(
    client: httpx.Client, providers: Providers, checkers: dict[str, Checker]
) -> None:
    for dataset, path in [
        ("market-regulation/companies", "/v1/companies"),
        ("transport/road-sensors", "/v1/readings"),
        ("ecology/air-quality", "/v1/readings"),
        ("city-operations/events", "/v1/events"),
        ("public-security/cameras", "/v1/cameras"),
    ]:
        reply = send(client, providers, dataset, path, params={"district": "310115", "limit": 30})
        assert conforms(dataset, path, "get", reply)
        assert len(reply.json()["items"]) == 30
        assert all(checkers[dataset].valid(record) for record in reply.json()["items"])
        following = send(
            client, providers, dataset, path, params={"district": "310115", "cursor": reply.json()["next"]}
        )
        assert following.json()["items"][0] not in reply.json()["items"]


def test_one_sensor_is_named_in_the_path(client: httpx.Client, providers: Providers) -> None:
    template = "/v1/sensors/{sensor}/readings"
    for sensor, status, found in [("RS-00007", 200, 4), ("RS-99999", 404, 0)]:
        reply = send(client, providers, "transport/road-sensors", template.format(sensor=sensor))
        assert (reply.status_code, len(reply.json().get("items", []))) == (status, found)
        assert conforms("transport/road-sensors", template, "get", reply)


def test_what_is_not_there_is_a_declared_problem(client: httpx.Client, providers: Providers) -> None:
    reply = send(client, providers, "health/birth-certificates", "/v1/lookups", {"certificate_number": "Z319999999"})
    assert reply.status_code == 404
    assert conforms("health/birth-certificates", "/v1/lookups", "post", reply)
    empty = send(client, providers, "civil-affairs/marriage", "/v1/lookups", {"resident_id": "nobody"})
    assert empty.json() == {"items": []}


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "of the neighbour"])
def test_only_the_departments_own_credential_opens(
    client: httpx.Client, providers: Providers, authorization: str | None
) -> None:
    value = providers.credential("ecology").value if authorization == "of the neighbour" else authorization
    headers = {} if value is None else {"Authorization": value}
    reply = send(client, providers, "public-security/cameras", "/v1/cameras", headers=headers)
    assert reply.status_code == 401
    assert "items" not in reply.json()


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "0"}, {"limit": "101"}, {"cursor": "-1"}])
def test_a_bad_query_is_refused(client: httpx.Client, providers: Providers, query: dict[str, str]) -> None:
    assert send(client, providers, "ecology/air-quality", "/v1/readings", params=query).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"resident_id": ["x"]}'])
def test_a_bad_body_is_refused(client: httpx.Client, providers: Providers, body: bytes) -> None:
    headers = {"Authorization": providers.credential("civil-affairs").value}
    address = providers.address("civil-affairs", "marriage") + "/v1/lookups"
    assert client.post(address, content=body, headers=headers).status_code == 400


def test_latency_is_waited_for(client: httpx.Client, providers: Providers) -> None:
    providers.turn("ecology", Dials(latency_ms=300))
    started = time.monotonic()
    assert send(client, providers, "ecology/air-quality", "/v1/readings").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_errors_come_with_the_status_and_share_asked_for(client: httpx.Client, providers: Providers) -> None:
    providers.turn("ecology", Dials(error_rate=1.0, error_status=503))
    assert send(client, providers, "ecology/air-quality", "/v1/readings").status_code == 503
    providers.turn("ecology", Dials(error_rate=0.5))
    statuses = {send(client, providers, "ecology/air-quality", "/v1/readings").status_code for _ in range(40)}
    assert statuses == {200, 500}


DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@pytest.mark.parametrize(("down", "error"), [("refuse", httpx.ConnectError), ("close", DROPPED)])
def test_a_provider_that_is_down_answers_nobody_and_comes_back(
    client: httpx.Client, providers: Providers, down: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    assert send(client, providers, "transport/road-sensors", "/v1/readings").status_code == 200
    providers.turn("transport", Dials(down=down))
    for _ in range(2):
        with pytest.raises(error):
            send(client, providers, "transport/road-sensors", "/v1/readings")
    assert send(client, providers, "ecology/air-quality", "/v1/readings").status_code == 200
    providers.turn("transport")
    assert send(client, providers, "transport/road-sensors", "/v1/readings").status_code == 200


def test_drift_breaks_the_standard_until_it_is_turned_back(
    client: httpx.Client, providers: Providers, checkers: dict[str, Checker]
) -> None:
    checker = checkers["ecology/air-quality"]
    providers.turn("ecology", Dials(drift=Drift("pollutants.pm25", retype="list")))
    drifted = send(client, providers, "ecology/air-quality", "/v1/readings").json()["items"][0]
    assert [finding.pointer for finding in checker.explain(drifted)] == ["/pollutants/pm25"]
    providers.turn("ecology")
    assert checker.valid(send(client, providers, "ecology/air-quality", "/v1/readings").json()["items"][0])


def test_dials_obey_only_the_token(client: httpx.Client) -> None:
    with Providers(secret=SECRET_VALUE) as providers:
        control = str(providers._control.base_url) + "/dials/"
        stranger = {"Authorization": bearer(SECRET_VALUE, "health")}
        holder = {"Authorization": bearer(SECRET_VALUE, CONTROL)}
        assert client.put(control + "health", json={"down": "refuse"}).status_code == 401
        assert client.put(control + "health", json={"down": "refuse"}, headers=stranger).status_code == 401
        assert client.put(control + "nobody", json={}, headers=holder).status_code == 404
        assert client.put(control + "health", json={"colour": 1}, headers=holder).status_code == 400
        assert client.put(control + "health", content=b"{", headers=holder).status_code == 400
        assert client.put(control + "health", json={}, headers=holder).status_code == 204


@contextmanager
def start(*arguments: str, secret: str = SECRET_VALUE) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "seeds.simulators", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, SECRET: secret},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("ending", ["stdin", "signal"])
def test_the_process_is_small_and_ends_with_its_parent(ending: str) -> None:
    with start() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = orjson.loads(process.stdout.readline())
        assert len(ready["ports"]) == 9
        with open(f"/proc/{process.pid}/status") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        assert resident < 80 * 1024
        if ending == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_ports_can_be_fixed(providers: Providers) -> None:
    with start("--ports", f"health={providers.ports['health']}") as process:
        assert process.stderr is not None
        assert process.wait(10) == 1
        assert b"in use" in process.stderr.read()


@pytest.mark.parametrize(("arguments", "secret"), [((), "short"), (("--ports", "nobody=1"), SECRET_VALUE)])
def test_it_does_not_start_without_a_secret_or_with_unknown_names(arguments: tuple[str, ...], secret: str) -> None:
    with start(*arguments, secret=secret) as process:
        assert process.wait(10) == 2
