"""Hostile policies and requests: refused with place and expectation, within bounds, and nothing is fetched."""

import socket
import time
from typing import Any

import orjson
import pytest

from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Unreadable
from policies.odrl import asking, documents, structure
from tests.policies.odrl.conftest import PREFIXES


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def refused(raw: bytes | str, kind: str = TURTLE) -> str:
    raw = (PREFIXES + raw).encode() if isinstance(raw, str) else raw
    with pytest.raises(Unreadable) as error:
        structure.policies(documents.graph_of(raw, kind))
    (finding,) = error.value.findings
    assert finding.expected
    return finding.rule


def linked(**members: Any) -> bytes:
    return orjson.dumps({"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": "urn:p", **members})


def test_the_context_of_odrl_is_known_and_no_other_is_fetched() -> None:
    (policy,) = structure.policies(documents.graph_of(linked(permission=[{"action": "read"}]), JSON_LD))
    assert [action.id for rule in policy.rules for action in rule.actions] == ["http://www.w3.org/ns/odrl/2/read"]
    for elsewhere in ("https://a.example/c", "http://www.w3.org/ns/odrl.jsonld#x", "file:///etc/passwd"):
        assert refused(orjson.dumps({"@context": [elsewhere, {}], "@type": "Set"}), JSON_LD) == "remote"


def test_a_misspelt_member_is_not_silently_dropped() -> None:
    own = {"odrl": "http://www.w3.org/ns/odrl/2/", "permission": "odrl:permission", "action": "odrl:action"}
    document = {"@context": own, "@type": "odrl:Set", "permission": {"action": "odrl:read", "constrant": {}}}
    assert refused(orjson.dumps(document), JSON_LD) == "undefined-term"
    (policy,) = structure.policies(
        documents.graph_of(linked(permission=[{"action": "read", "constrant": "x"}]), JSON_LD)
    )
    assert [note.expected for note in policy.notes] == ["a policy without http://www.w3.org/ns/odrl/2/constrant"]


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        (":x a :Thing .", "empty"),
        (":p a odrl:Set ; odrl:inheritFrom :p .", "circle"),
        (":p a odrl:Set ; odrl:inheritFrom :q . :q a odrl:Set ; odrl:inheritFrom :p .", "circle"),
        (":p a odrl:Set ; odrl:permission [ odrl:constraint :c ] . :c odrl:and :d . :d odrl:or :c .", "circle"),
        (":p a odrl:Set ; odrl:permission [ odrl:constraint _:c ] . _:c odrl:xone _:c .", "circle"),
        (":p a odrl:Set ; odrl:permission [ odrl:duty _:d ] . _:d odrl:consequence _:d .", "too-deep"),
        (":p a odrl:Set ; odrl:permission [ odrl:constraint [ odrl:leftOperand odrl:purpose ] ] .", "constraint"),
        (":p a odrl:Set ; odrl:permission [ odrl:constraint [ odrl:and :a ; odrl:or :b ] ] .", "constraint"),
        (':p a odrl:Set ; odrl:permission "all of it" .', "permission"),
    ],
)
def test_what_leads_nowhere_is_refused(policy: str, rule: str) -> None:
    assert refused(policy) == rule


def test_a_list_without_an_end() -> None:
    one = "odrl:leftOperand odrl:purpose ; odrl:operator odrl:isAnyOf ; odrl:rightOperand _:l"
    assert (
        refused(f':p a odrl:Set ; odrl:permission [ odrl:constraint [ {one} ] ] . _:l rdf:first "a" ; rdf:rest _:l .')
        == "circle"
    )


def test_constraints_nested_deeper_than_anybody_needs() -> None:
    deep = "[ odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand 1 ]"
    for _ in range(structure.MAX_DEPTH + 1):
        deep = f"[ odrl:and {deep} ]"
    assert refused(f":p a odrl:Set ; odrl:permission [ odrl:constraint {deep} ] .") == "too-deep"


def test_parts_that_are_shared_do_not_multiply_without_bound() -> None:
    """Fifteen levels of ten constraints, each of which has all of the next level as its parts."""
    levels = "".join(
        f":c{level}-{one} odrl:and {', '.join(f':c{level + 1}-{other}' for other in range(10))} .\n"
        for level in range(14)
        for one in range(10)
    )
    ends = "".join(
        f":c14-{one} odrl:leftOperand :l ; odrl:operator odrl:eq ; odrl:rightOperand 1 .\n" for one in range(10)
    )
    started = time.monotonic()
    assert refused(f":p a odrl:Set ; odrl:permission [ odrl:constraint :c0-0 ] .\n{levels}{ends}") == "too-many"
    parents = "".join(
        f":q{level}-{one} a odrl:Set ; odrl:inheritFrom {', '.join(f':q{level + 1}-{up}' for up in range(10))} .\n"
        for level in range(14)
        for one in range(10)
    )
    structure.policies(documents.graph_of((PREFIXES + parents).encode(), TURTLE))
    assert time.monotonic() - started < 30


def test_size() -> None:
    assert refused(b"#" * (documents.MAX_BYTES + 1)) == "too-large"
    assert refused("".join(f":s{one} a :T .\n" for one in range(documents.MAX_TRIPLES + 1))) == "too-large"
    rules = ", ".join(f"[ odrl:action :a{one} ]" for one in range(structure.MAX_RULES + 1))
    assert refused(f":p a odrl:Set ; odrl:permission {rules} .") == "too-many"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"actoin": "read"}, "/actoin"),
        ({"action": 5}, "/action"),
        ({"action": "r" * 3_000}, "/action"),
        ({"context": []}, "/context"),
        ({"context": {"purpose": {"a": 1}}}, "/context/purpose"),
        ({"context": {"dateTime": "today"}}, "/context/dateTime"),
        ({"duties": {"inform": "perhaps"}}, "/duties"),
    ],
)
def test_requests_that_say_something_else(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Unreadable) as error:
        asking.from_json(document)
    assert error.value.findings[0].pointer == pointer


@pytest.mark.parametrize(
    "request_",
    [
        ":a a odrl:Request ; odrl:permission [ odrl:action odrl:read ] . :b a odrl:Request .",
        ":a a odrl:Request ; odrl:permission [ odrl:action odrl:read ], [ odrl:action odrl:use ] .",
        ":a a odrl:Request ; odrl:permission [ odrl:action odrl:read, odrl:use ] .",
        ":a a odrl:Set .",
        ":a a odrl:Request ; odrl:permission [ odrl:constraint "
        "[ odrl:leftOperand odrl:count ; odrl:operator odrl:lt ; odrl:rightOperand 1 ] ] .",
    ],
)
def test_requests_for_several_things(request_: str) -> None:
    with pytest.raises(Unreadable):
        asking.from_graph(documents.graph_of((PREFIXES + request_).encode(), TURTLE))
