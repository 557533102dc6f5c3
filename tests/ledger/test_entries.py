"""What leaves say, and what they must not say."""

import hashlib
import hmac
import json
from typing import Any

import pytest
import rfc8785

from exchange.ledger import entries, merkle
from exchange.ledger.entries import Entry
from exchange.ledger.note import decode, encode

from .conftest import ACTOR, NOW, SUBJECT, builder, change, refusal, reply, request


def content(entry: Entry) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(entry.leaf)
    assert rfc8785.dumps(parsed) == entry.leaf
    return parsed


def every_kind() -> list[Entry]:
    asked = request()
    return [
        asked,
        reply(asked, 0, subjects=[SUBJECT, "110101199003070028"]),
        refusal(agreement="agr-1", case="CASE-1", basis="law"),
        builder.unknown(call=asked.call or "", at=NOW, request_index=0),
        builder.attempts(at=NOW, since=NOW - 60_000, until=NOW, counts=[{"reason": "r", "network": "n", "count": 1}]),
        change(1),
        builder.read(at=NOW, by="person-1", what={"limit": 5}, people=[("subject", SUBJECT), ("actor", ACTOR)]),
        builder.export(at=NOW, by="person-1", size=5, root=b"r" * 32),
    ]


def test_every_kind_is_canonical_and_says_what_it_is() -> None:
    for entry in every_kind():
        leaf = content(entry)
        assert (leaf["v"], leaf["type"], leaf["node"], leaf["at"]) == (1, entry.kind, "node-1", entry.at)


def test_no_identifier_and_no_unkeyed_digest_is_in_any_leaf() -> None:
    for entry in every_kind():
        for secret in (SUBJECT, ACTOR, "110101199003070028", "what was released"):
            raw = secret.encode()
            digest = hashlib.sha256(raw).digest()
            for trace in (raw, digest.hex().encode(), encode(digest).encode(), encode(raw).encode()):
                assert trace not in entry.leaf


def test_commitments_open_with_their_randomness_only() -> None:
    asked = request()
    actor, subject = asked.private.commitments
    leaf = content(asked)
    assert leaf["actor"] == encode(hmac.digest(actor.r, ACTOR.encode(), "sha256"))
    assert leaf["subjects"] == [encode(hmac.digest(subject.r, SUBJECT.encode(), "sha256"))]
    assert content(request())["subjects"] != leaf["subjects"]


def test_only_distinct_subjects_are_committed_to() -> None:
    asked = request()
    assert len(content(reply(asked, 0, subjects=[SUBJECT] * 20))["subjects"]) == 1


def test_many_subjects_become_a_count_and_a_root() -> None:
    asked = request()
    assert len(content(reply(asked, 0, subjects=[f"id-{at}" for at in range(8)]))["subjects"]) == 8
    many = reply(asked, 0, subjects=[f"id-{at}" for at in range(2000)])
    values = [merkle.leaf_hash(one.value) for one in many.private.commitments]
    assert content(many)["subjects"] == {"count": 2000, "root": encode(merkle.root_of(values))}


def test_one_entry_commits_to_so_many_persons_and_no_more() -> None:
    people = [str(at) for at in range(entries.MOST_SUBJECTS)]
    asked = request(subjects=[*people, *people])
    assert content(asked)["subjects"]["count"] == entries.MOST_SUBJECTS
    with pytest.raises(ValueError, match="at most 4096 persons, not 4097"):
        reply(asked, 0, subjects=[*people, "one more"])


def test_bodies_are_digested_under_the_key_of_their_call() -> None:
    asked = request(body=b"question")
    answer = reply(asked, 3, provider_body=b"raw", released_body=b"reduced")
    for entry, member, body in (
        (asked, "request_body", b"question"),
        (answer, "provider_body", b"raw"),
        (answer, "released_body", b"reduced"),
    ):
        recorded = content(entry)[member]
        assert recorded["size"] == len(body)
        assert decode(recorded["digest"]) == hmac.digest(asked.digest_key, body, "sha256")
    assert request().digest_key != asked.digest_key
    assert content(answer)["request"] == 3
    assert "released_body" not in content(reply(asked, 3, released_body=None, outcome="reply-invalid", status=502))


def test_a_request_says_on_what_it_rests_and_counts_against_its_quota() -> None:
    asked = request(at=120_000)
    leaf = content(asked)
    assert leaf["agreement"] == {"id": "agr-0123456789abcdef", "version": 2}
    assert (leaf["purpose"], leaf["basis"], leaf["case"]) == ("newborn-registration", "law-12", "CASE-2026-000123")
    assert asked.usage == ("agr-0123456789abcdef", 2)
    assert "subjects" in leaf
    assert "case" not in content(request(case=None))
    assert "actor" not in content(request(actor=None))


def test_what_a_refusal_says() -> None:
    leaf = content(refusal(failed=["purpose", "fields"], agreement="agr-1"))
    assert (leaf["status"], leaf["failed"], leaf["agreement"]) == (403, ["purpose", "fields"], {"id": "agr-1"})
    assert refusal().usage is None


def test_a_very_long_call_still_fits() -> None:
    asked = request(fields=[f"some-rather-long-item-name-{at}" for at in range(400)])
    assert len(asked.leaf) <= 4096
    assert content(asked)["fields"]["count"] == 400
    assert content(asked)["agreement"]["id"] == "agr-0123456789abcdef"


def test_an_unheard_of_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="one of"):
        reply(request(), 0, outcome="fine")


def test_only_calls_have_a_digest_key() -> None:
    with pytest.raises(LookupError):
        _ = change(1).digest_key
