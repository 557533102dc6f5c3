"""One error shape everywhere, and an answer only after the commit."""

import httpx
import orjson
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from exchange import problems
from exchange.api import errors, intake
from tests.town import documents
from tests.town.documents import LEAK
from tests.town.people import Town, everything, nothing_of, problem_of

DEPARTMENT = {
    "slug": "late", "name": {"en": "Late"}, "credit_code": documents.credit_code(77), "contact": "x",
}  # fmt: skip


class _DiskError(Exception):
    pass


@pytest.mark.parametrize("error", [_DiskError(LEAK), OperationalError(f"INSERT {LEAK}", {}, _DiskError(LEAK))])
async def test_a_commit_that_fails_is_an_error_and_never_a_201(town: Town, node, capsys, error):
    def fail(_connection: object) -> None:
        raise error

    await town.token("operator")
    version = node.current.newest.version
    event.listen(node.writing, "commit", fail)
    try:
        answer = await town.by("operator", "POST", "/departments", json=DEPARTMENT)
    finally:
        event.remove(node.writing, "commit", fail)
    assert (answer.status_code, problem_of(answer)) == (500, "internal")
    logged = "".join(capsys.readouterr())
    nothing_of([LEAK, "INSERT"], everything(answer), logged)
    assert "request.crashed" in logged
    assert (await town.by(None, "GET", "/departments/late")).status_code == 404
    assert node.current.newest.version == version
    assert (await town.by("operator", "POST", "/departments", json=DEPARTMENT)).status_code == 201, "and it goes on"


async def test_the_change_is_durable_and_in_the_snapshot_before_the_answer_leaves(town: Town, node):
    """What another reader sees at the moment the first byte of the answer is sent."""
    seen = []
    application = town.http._transport.app

    async def watching(scope, receive, send):
        async def watch(message):
            if message["type"] == "http.response.start":
                with node.reading.connect() as connection:
                    rows = connection.exec_driver_sql("SELECT count(*) FROM department WHERE slug='late'").scalar()
                    newest = connection.exec_driver_sql("SELECT max(id) FROM change").scalar()
                seen.append((message["status"], rows, newest == node.current.newest.version))
            await send(message)

        await application(scope, receive, watch)

    headers = await town.bearer("operator")
    transport = httpx.ASGITransport(watching)
    async with httpx.AsyncClient(transport=transport, base_url=town.issuer) as http:
        await http.post("/api/v1/departments", json=DEPARTMENT, headers=headers)
    assert seen == [(201, 1, True)]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/", 404),
        ("GET", "/x", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", "/api/v1/standards", 405),
        ("POST", "/ledger/checkpoint", 405),
        ("GET", "/api/v1/standards/none", 404),
        ("GET", "/api/v1/standards?limit=0", 422),
        ("GET", "/api/v1/standards?limit=x", 422),
        ("GET", "/api/v1/standards?cursor=x", 400),
        ("GET", "/ledger/tile/0/999", 404),
        ("GET", "/ledger/tile/../../etc/passwd", 404),
        ("GET", "/ledger/consistency?old=99999999", 404),
        ("GET", "/ledger/consistency", 422),
        ("PUT", "/x/health/people/v1/people", 401),
        ("GET", "/docs", 404),
    ],
)
async def test_every_error_is_a_problem_document(town: Town, method, path, status):
    answer = await town.http.request(method, path)
    assert answer.status_code == status
    assert problem_of(answer) in problems.KINDS
    assert "hutong-call" in answer.headers
    assert answer.headers["hutong-source"] == "exchange"
    if status == 405:
        assert "allow" in answer.headers


BODIES = {
    "not JSON": (b"{", 400),
    "duplicate keys": (b'{"slug":"a","slug":"b"}', 400),
    "NaN": (b'{"slug":NaN}', 400),
    "an array": (b"[]", 422),
    "an unknown member": (orjson.dumps(DEPARTMENT | {LEAK: LEAK}), 422),
    "a wrong type": (orjson.dumps(DEPARTMENT | {"contact": [LEAK]}), 422),
    "a bad slug": (orjson.dumps(DEPARTMENT | {"slug": f"{LEAK}/.."}), 422),
    "a bad credit code": (orjson.dumps(DEPARTMENT | {"credit_code": "9" * 18}), 422),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_management_body_is_a_problem_that_repeats_no_value(town: Town, capsys, name):
    content, status = BODIES[name]
    headers = {"content-type": "application/json"}
    answer = await town.by("operator", "POST", "/departments", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    problem_of(answer)
    assert answer.json()["errors"]
    values = [LEAK] if name != "an unknown member" else []
    nothing_of(values, everything(answer), "".join(capsys.readouterr()))


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_json_under_another_name_does_not_pass_the_strict_reader_by(town: Town, content_type):
    """Duplicate keys would otherwise be read the last-one-wins way."""
    content = orjson.dumps(DEPARTMENT).replace(b'"contact"', b'"slug":"other","contact"')
    headers = {"content-type": content_type} if content_type else {}
    answer = await town.by("operator", "POST", "/departments", content=content, headers=headers)
    assert answer.status_code in (400, 415, 422)
    problem_of(answer)
    assert (await town.by(None, "GET", "/departments/other")).status_code == 404


async def test_a_credential_is_in_no_answer_no_error_and_no_log(town: Town, node, capsys):
    draft = documents.service("http://provider.test", slug="more")
    assert LEAK in draft["credential"]["value"]
    for body in (draft, draft | {"dataset": 7}, draft | {"credential": draft["credential"] | {"header": "a b"}}):
        answer = await town.by("health", "POST", "/services", json=body)
        nothing_of([LEAK], everything(answer))
    for path in ("/services", "/services/health/people", "/services/health/more"):
        nothing_of([LEAK], everything(await town.by("health", "GET", path)))
    nothing_of([LEAK], "".join(capsys.readouterr()))
    stored = b"".join(file.read_bytes() for file in node.settings.data.iterdir())
    nothing_of([LEAK], stored)


async def test_problems_speak_the_callers_language(town: Town):
    answer = await town.http.get("/nowhere", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert answer.json()["title"] == "资源不存在"
    answer = await town.http.get("/nowhere", headers={"accept-language": "fr"})
    assert answer.json()["title"] == "There is no such resource"


def test_the_two_places_that_answer_use_the_same_documents():
    assert errors.problems is intake.problems is problems
