"""`hutong policy evaluate`: files in, the state of each rule out; 0, 1 and 2, without a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Hutong

POLICY = """@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:p> a odrl:Set ;
  odrl:permission <urn:may> ; odrl:prohibition <urn:must-not> .
<urn:may> odrl:action odrl:read ; odrl:target <urn:register> ; odrl:duty <urn:tell> ; odrl:constraint
  [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isAnyOf ; odrl:rightOperand "care", "study" ],
  [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;
    odrl:rightOperand "2027-01-01T00:00:00+08:00"^^xsd:dateTime ] .
<urn:tell> odrl:action odrl:inform .
<urn:must-not> odrl:action odrl:distribute .
"""
REQUEST: dict[str, Any] = {"action": "read", "target": "urn:register", "context": {"purpose": "care"}}
NOW = ("--at", "2026-11-22T09:00:00+08:00")


@pytest.fixture(autouse=True)
def policy(hutong: Hutong) -> None:
    Path("policy.ttl").write_text(POLICY)


def ask(**changes: Any) -> Path:
    Path("request.json").write_text(json.dumps({**REQUEST, **changes}))
    return Path("request.json")


def test_a_permit_ends_with_0_and_says_what_is_still_to_be_done(hutong: Hutong) -> None:
    done = hutong("policy", "evaluate", "policy.ttl", ask(), *NOW)
    assert done.code == 0
    for shown in ("permission 许可 urn:may", "active 生效", "odrl:purpose odrl:isAnyOf care, study", "inactive 未生效"):
        assert shown in done.out
    assert "PERMIT · 允许" in done.err
    assert "still to be done · 待履行: urn:tell" in done.err
    document = hutong("policy", "evaluate", "policy.ttl", "request.json", "--json", *NOW).document
    assert document["decision"] == "permit"
    assert [(rule["id"], rule["state"]) for rule in document["rules"]] == [
        ("urn:may", "active"),
        ("urn:must-not", "inactive"),
    ]
    given = {one["left"].rpartition("/")[2]: one["given"] for one in document["rules"][0]["constraints"]}
    assert given == {"purpose": ["care"], "dateTime": ["2026-11-22T09:00:00+08:00"]}
    assert document["at"] == "2026-11-22T09:00:00+08:00"


@pytest.mark.parametrize(
    ("changes", "at", "decision"),
    [
        ({"action": "distribute"}, NOW, "deny"),
        ({"context": {"purpose": "sale"}}, NOW, "deny"),
        ({"context": {}}, NOW, "undetermined"),
        ({}, ("--at", "2026-12-31T16:00:00Z"), "deny"),
        ({"context": {"purpose": "care", "dateTime": "2027-01-01T00:00:00Z"}}, (), "deny"),
    ],
)
def test_everything_else_ends_with_1(hutong: Hutong, changes: Any, at: tuple[str, ...], decision: str) -> None:
    done = hutong("policy", "evaluate", "policy.ttl", ask(**changes), "--json", *at)
    assert (done.code, done.document["decision"]) == (1, decision)


def test_json_ld_in_and_a_request_of_odrl(hutong: Hutong) -> None:
    context = "http://www.w3.org/ns/odrl.jsonld"
    rule = {"action": "print", "target": "urn:register"}
    Path("policy.jsonld").write_text(
        json.dumps({"@context": context, "@type": "Set", "uid": "urn:q", "permission": [rule]})
    )
    Path("ask").write_text(json.dumps({"@context": context, "@type": "Request", "uid": "urn:a", "permission": [rule]}))
    assert hutong("policy", "evaluate", "policy.jsonld", "ask").code == 0


@pytest.mark.parametrize(
    ("policy", "request_", "at"),
    [
        ("<urn:p> a", "{}", None),
        ("<urn:p> a <urn:t> .", "{}", None),
        (POLICY, '{"action": ', None),
        (POLICY, '{"acton": "read"}', None),
        (POLICY, '{"@context": "https://a.example/c", "@type": "Request"}', None),
        (POLICY, "{}", "yesterday"),
        (POLICY, "{}", "2026-11-22"),
    ],
)
def test_what_cannot_be_read_ends_with_2(hutong: Hutong, policy: str, request_: str, at: str | None) -> None:
    Path("p.ttl").write_text(policy)
    Path("r.json").write_text(request_)
    words = ("policy", "evaluate", "p.ttl", "r.json", *(("--at", at) if at else ()))
    done = hutong(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("hutong: ")
    assert hutong(*words, "--json").document["detail"]


def test_a_file_that_is_not_there(hutong: Hutong) -> None:
    assert hutong("policy", "evaluate", "nowhere.ttl", ask()).code == 2


def test_nothing_that_a_terminal_would_obey_is_printed(hutong: Hutong) -> None:
    Path("policy.ttl").write_text(POLICY.replace('"care", "study"', '"care\\u001b[2J"'))
    done = hutong("policy", "evaluate", "policy.ttl", ask(), *NOW)
    assert done.code == 1
    assert "\x1b" not in done.out
