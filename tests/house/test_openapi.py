"""The management API against its own OpenAPI document: schemathesis with all its checks on a live server."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from exchange.api import answers, examples, openapi
from exchange.app import management
from exchange.identity import assertions
from standards.identifiers import looks_like_personal
from tests.house.test_access import routes_of
from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider

CONFIG = Path(__file__).with_name("schemathesis.toml")
SCOPES = ["operator", "auditor", "steward:health"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveExchange]:
    provider = ScriptedProvider()
    exchange = LiveExchange(tmp_path_factory.mktemp("live"), provider, HUTONG_LOG_LEVEL="error")
    exchange.found()
    exchange.start()
    try:
        asyncio.run(exchange.build())
        yield exchange
    finally:
        exchange.stop()
        provider.close()


async def _token(live: LiveExchange, scopes: list[str]) -> str:
    async with live.town() as town:
        key = assertions.make_key()
        draft = {"name": {"en": "Tester"}, "department": "health", "keys": [assertions.public_jwk(key)]}
        person = await town.did("operator", "POST", "/people", json=draft | {"scopes": scopes})
        town.keys["tester"] = (person["id"], key)
        return await town.token("tester")


def _run(live: LiveExchange, *options: str) -> str:
    """What schemathesis prints; it has to find nothing."""
    token = asyncio.run(_token(live, SCOPES))
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{live.url}/openapi.json",
            "--checks", "all", "--header", f"Authorization: Bearer {token}", "--no-color", "--request-timeout", "30",
            "--suppress-health-check", "all", *options,
        ],
        cwd=live.directory, capture_output=True, text=True, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "crashed" not in live.log.read_text()
    return done.stdout


def test_no_request_breaks_the_api_or_its_document(live: LiveExchange) -> None:
    told = _run(live, "--phases", "examples,coverage", "--max-examples", "5", "--seed", "1")
    selected = re.search(r"Tested: (\d+)", told)
    assert selected is not None
    assert int(selected[1]) > 80


@pytest.mark.long
def test_no_request_of_a_thousand_breaks_the_api(live: LiveExchange) -> None:
    _run(live, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100")


def test_the_document_names_every_route_once() -> None:
    application = management()
    document = application.openapi()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    served = {(method, path.replace(":path", "")) for method, path in routes_of() if method != "HEAD"}
    assert described == served
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


def test_every_operation_answers_problems_and_says_who_may_call() -> None:
    document: dict[str, Any] = management().openapi()
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
            assert "422" not in operation["responses"]
            assert operation.get("description"), path
    assert document["paths"]["/api/v1/departments"]["post"]["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/healthz"]["get"]
    assert document["paths"]["/api/v1/services"]["get"]["security"] == [{}, {"bearer": []}]


def test_the_document_is_valid_openapi() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert list(OpenAPIV31SpecValidator(management().openapi()).iter_errors()) == []


def _shown() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Id, schema and examples of each JSON body and each JSON answer of success that has examples."""
    document = management().openapi()
    for item in document["paths"].values():
        for operation in item.values():
            said = [(operation["operationId"], operation.get("requestBody", {}), True)]
            said += [
                (f"{operation['operationId']} {status}", answer, False)
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            ]
            for id, each, needed in said:
                content = each.get("content", {}).get("application/json")
                if content is not None and (needed or "examples" in content):
                    schema = {"components": document["components"], **content["schema"]}
                    yield id, schema, content.get("examples", {})


def test_every_json_body_has_examples_that_fit_and_are_nobodys() -> None:
    shown = list(_shown())
    assert len(shown) > 60
    assert [id for id, _, named in shown if not named] == []
    for id, schema, named in shown:
        for example in named.values():
            errors = jsonschema.Draft202012Validator(schema).iter_errors(example["value"])
            assert [(id, error.json_path, error.message) for error in errors] == []
            assert not looks_like_personal(json.dumps(example["value"], ensure_ascii=False)), id
            assert " · " in example["summary"], id


def test_drafts_among_the_examples_are_accepted_by_their_models() -> None:
    accepted = 0
    for _, route in openapi.routes(management().routes):
        for example in examples.BODIES.get(openapi.operation_id(route), {}).values():
            assert route.body_field is not None
            _, errors = route.body_field.validate(example["value"], {}, loc=("body",))
            assert not errors, route.path
            accepted += 1
    assert accepted == sum(map(len, examples.BODIES.values()))


def test_every_example_belongs_to_an_operation() -> None:
    known = {openapi.operation_id(route) for _, route in openapi.routes(management().routes)}
    assert (examples.BODIES.keys() | answers.ANSWERS.keys()) <= known


def test_the_tables_are_imported_with_the_document_only() -> None:
    code = "import sys, exchange.app; print({'exchange.api.examples', 'exchange.api.answers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr
