"""The specification for callers: valid, complete, and silent about the provider's insides."""

import copy
import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from standards.openapi import broker_document


@pytest.fixture
def brokered(document: dict[str, Any]) -> dict[str, Any]:
    return broker_document(document, "public-security", "population", "https://exchange.example/")


def test_is_valid_openapi(brokered: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(brokered).iter_errors()) == []


def test_points_at_the_exchange(brokered: dict[str, Any]) -> None:
    assert [server["url"] for server in brokered["servers"]] == [
        "https://exchange.example/x/public-security/population"
    ]
    assert "security" not in brokered["paths"]["/v1/people/query"]["post"]
    flow = brokered["components"]["securitySchemes"]["hutong"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "https://exchange.example/oauth/token"
    assert brokered["security"] == [{"hutong": ["call"]}]


def test_hides_the_providers_insides(document: dict[str, Any]) -> None:
    document["paths"]["/v1/people/query"]["servers"] = [{"url": "http://inner.provider.example"}]
    response = document["paths"]["/v1/people/query"]["post"]["responses"]["200"]
    response["links"] = {"next": {"operationId": "queryPeople", "server": {"url": "http://link.provider.example"}}}
    text = json.dumps(broker_document(document, "a", "b", "https://exchange.example"))
    for hidden in ("provider.example", "x-hutong-subject", "x-hutong-department", "x-internal", "X-Key", "own trouble"):
        assert hidden not in text
    assert "x-hutong-records" in text


def test_names_headers_and_problems_of_the_exchange(brokered: dict[str, Any]) -> None:
    operation = brokered["paths"]["/v1/people/query"]["post"]
    assert {"$ref": "#/components/parameters/Hutong-Purpose"} in operation["parameters"]
    assert brokered["components"]["parameters"]["Hutong-Purpose"]["required"] is True
    expected = {200, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 502, 503, 504}
    assert {int(status) for status in operation["responses"]} == expected
    both = operation["responses"]["404"]["content"]["application/problem+json"]["schema"]["anyOf"]
    assert both == [{"$ref": "#/components/schemas/HutongProblem"}, {"$ref": "#/components/schemas/NotFound"}]
    assert "不予许可" in operation["responses"]["403"]["description"]
    assert "Refused" in operation["responses"]["403"]["description"]


def test_a_problem_of_the_provider_stays_beside_ours(document: dict[str, Any]) -> None:
    response = document["paths"]["/v1/people/query"]["post"]["responses"]["404"]
    response["content"] = {"application/problem+json": {"schema": {"type": "string", "const": "theirs"}}}
    brokered = broker_document(document, "a", "b", "https://exchange.example")
    schema = brokered["paths"]["/v1/people/query"]["post"]["responses"]["404"]["content"]["application/problem+json"]
    assert schema["schema"]["anyOf"][1] == {"type": "string", "const": "theirs"}
    assert list(OpenAPIV31SpecValidator(brokered).iter_errors()) == []


def test_leaves_the_published_document_alone(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    broker_document(document, "a", "b", "https://exchange.example")
    assert document == before
