from typing import Any

import pytest

from seeds.people import Record
from seeds.records import Cast, cast
from seeds.specifications.interfaces import INTERFACES
from standards import interfaces, specification
from standards.models import InterfaceDraft

SHAPES = [pytest.param(interface, id=interface.slug) for interface in INTERFACES]
BY_SLUG = {interface.slug: interface for interface in INTERFACES}


@pytest.fixture(scope="module")
def who(records: dict[str, list[Record]]) -> Cast:
    return cast(records)


@pytest.mark.parametrize("interface", SHAPES)
def test_nothing_keeps_the_specification_from_being_published(interface: InterfaceDraft) -> None:
    assert interfaces.faults(interface.document) == []


@pytest.mark.parametrize("interface", SHAPES)
def test_the_department_is_named_inside(interface: InterfaceDraft) -> None:
    assert interface.document["info"]["x-hutong-department"] == interface.department


@pytest.mark.parametrize(
    ("slug", "body"),
    [
        ("population", lambda who: {"resident_id": who.mother}),
        ("marriage", lambda who: {"resident_id": who.father}),
        ("birth-certificates", lambda who: {"certificate_number": who.certificate}),
        ("companies", lambda who: {"credit_code": who.company}),
        ("contributions", lambda who: {"resident_id": who.insured}),
        ("real-estate-titles", lambda who: {"resident_id": who.owner}),
    ],
)
def test_lookups_take_one_number_and_name_it_as_subject(slug: str, body: Any, who: Cast) -> None:
    match = interfaces.compile(BY_SLUG[slug].document).match("POST", "/v1/lookups")
    assert isinstance(match, specification.Match)
    operation, request = match.operation, body(who)
    assert operation.check(match.arguments, "", request) == ()
    (key,) = request
    assert operation.subject == (key,)
    assert operation.check(match.arguments, "", {key: request[key] + "0"})
    assert operation.check(match.arguments, "", {**request, "more": 1})
    assert operation.check(match.arguments, "", {})
    assert operation.check(match.arguments, f"{key}={request[key]}", request)


@pytest.mark.parametrize(
    ("query", "fine"),
    [
        ("", True),
        ("district=310115&category=noise&limit=100&cursor=20", True),
        ("limit=101", False),
        ("limit=0", False),
        ("cursor=abc", False),
        ("district=110101", False),
        ("category=Noise%20", False),
        ("undeclared=1", False),
    ],
)
def test_lists_take_declared_filters_only(query: str, fine: bool) -> None:
    match = interfaces.compile(BY_SLUG["events"].document).match("GET", "/v1/events")
    assert isinstance(match, specification.Match)
    assert (match.operation.check(match.arguments, query, specification.MISSING) == ()) is fine
