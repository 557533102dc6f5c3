"""Ledger entries: the leaf bytes that are hashed for ever, and beside them what must stay off the tree. Pure but for
randomness.

A leaf is canonical JSON (RFC 8785) of at most 4 KiB. It names organisations, rules, counts and times in clear; a person
only as a commitment c = HMAC-SHA-256(r, identifier), and a body only as HMAC-SHA-256(call key, body). The random r and
the call key travel in `Private` to the writer, which stores them off-tree and encrypted.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from exchange.ledger.canonical import leaf_of
from exchange.ledger.merkle import leaf_hash, root_of
from exchange.ledger.note import encode
from exchange.randomness import fresh

VERSION = 1
MAX_LISTED_SUBJECTS = 8
MOST_SUBJECTS = 4096
"""In one entry: each costs its author about 8 µs on the event loop, and the writer an index row and an opening."""
OUTCOMES = frozenset(
    {
        "released",
        "provider-failed",
        "provider-too-slow",
        "reply-invalid",
        "obligation-failed",
        "withheld",
        "abandoned",
        "ledger-late",
    }
)
CALL_KINDS = frozenset({"request", "reply"})
"""Far too frequent to search by. The others are refusal, unknown, attempts, change, export and read."""


class Commitment(NamedTuple):
    """How one commitment of a leaf is opened: HMAC-SHA-256(r, identifier). Held in memory, encrypted on disk."""

    kind: str
    identifier: str
    r: bytes

    @property
    def value(self) -> bytes:
        return keyed(self.r, self.identifier.encode())


class Private:
    """What belongs to an entry and must not be in the tree: the call's digest key, openings, and terms to search by."""

    __slots__ = ("call", "commitments", "digest_key", "terms")

    def __init__(
        self,
        call: bytes | None = None,
        digest_key: bytes | None = None,
        commitments: Sequence[Commitment] = (),
        terms: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.call = call
        self.digest_key = digest_key
        self.commitments = commitments
        self.terms = terms


class Entry:
    """One entry on its way into the ledger.

    `at` epoch ms · `usage` (agreement, epoch minute) when the entry uses up quota · `request` index of the request that
    this entry ends · `releases` whether it says that a reply was released · `change` number of the outbox row that it
    records · `digest_key` the call's, for its reply.
    """

    __slots__ = ("at", "call", "change", "kind", "leaf", "private", "releases", "request", "usage")

    def __init__(
        self,
        leaf: dict[str, Any],
        private: Private,
        *,
        usage: tuple[str, int] | None = None,
        request: int | None = None,
        change: int | None = None,
    ) -> None:
        self.leaf = leaf_of(leaf)
        self.kind: str = leaf["type"]
        self.at: int = leaf["at"]
        self.call: str | None = leaf.get("call")
        self.releases: bool = leaf.get("outcome") == "released"
        self.private = private
        self.usage = usage
        self.request = request
        self.change = change

    @property
    def digest_key(self) -> bytes:
        if self.private.digest_key is None:
            raise LookupError("only the entries of a call have a digest key")
        return self.private.digest_key


def keyed(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256. Unlike `hmac.digest` it keeps the interpreter's lock, which the writer's thread would take."""
    return hmac.new(key, message, "sha256").digest()


def keyed_digest(key: bytes, body: bytes) -> dict[str, Any]:
    """`{"digest": base64 HMAC-SHA-256(key, body), "size": bytes}`."""
    return {"digest": encode(keyed(key, body)), "size": len(body)}


def commit_to(kind: str, identifiers: Sequence[str]) -> list[Commitment]:
    """A fresh commitment for each distinct identifier, in their order. ValueError beyond MOST_SUBJECTS of them."""
    distinct = dict.fromkeys(identifiers)
    if len(distinct) > MOST_SUBJECTS:
        raise ValueError(f"an entry commits to at most {MOST_SUBJECTS} persons, not {len(distinct)}: ask for fewer")
    return [Commitment(kind, name, fresh()) for name in distinct]


def listed(commitments: Sequence[Commitment]) -> list[str] | dict[str, Any]:
    """Up to eight commitments one by one, more as their count and RFC 6962 root (the commitments are the leaves)."""
    if len(commitments) <= MAX_LISTED_SUBJECTS:
        return [encode(one.value) for one in commitments]
    root = root_of([leaf_hash(one.value) for one in commitments])
    return {"count": len(commitments), "root": encode(root)}


class Builder:
    """Builds the entries of one node."""

    __slots__ = ("node",)

    def __init__(self, node: str) -> None:
        self.node = node

    def request(
        self,
        *,
        call: str,
        at: int,
        snapshot: int,
        caller: Mapping[str, str],
        actor: str | None,
        provider: Mapping[str, str],
        dataset: str,
        fields: Sequence[str],
        sensitivity: int,
        purpose: str,
        basis: str | None,
        agreement: str,
        agreement_version: int,
        case: str | None,
        subjects: Sequence[str],
        body: bytes,
        emergency: str | None = None,
    ) -> Entry:
        """A permitted call about to be sent to its provider.

        `caller` {department, application, key} · `provider` {department, service, version, operation} · `emergency` the
        declaration by which checks were passed over.
        """
        key = fresh()
        people = _people(actor, subjects)
        leaf = {
            **self._head("request", at),
            "snapshot": snapshot,
            "call": call,
            "caller": dict(caller),
            **_named(people),
            "provider": dict(provider),
            "dataset": dataset,
            "fields": list(fields),
            "sensitivity": sensitivity,
            "purpose": purpose,
            "agreement": {"id": agreement, "version": agreement_version},
            "request_body": keyed_digest(key, body),
            **_given(basis=basis, case=case, emergency=emergency),
        }
        private = Private(bytes.fromhex(call), key, people, _terms(caller, provider, case))
        return Entry(leaf, private, usage=(agreement, at // 60_000))

    def refusal(
        self,
        *,
        call: str,
        at: int,
        snapshot: int,
        caller: Mapping[str, str],
        actor: str | None,
        provider: Mapping[str, str] | None,
        dataset: str | None,
        purpose: str | None,
        basis: str | None,
        case: str | None,
        subjects: Sequence[str],
        body: bytes | None,
        status: int,
        problem: str,
        failed: Sequence[str],
        agreement: str | None,
    ) -> Entry:
        """An identified call that was refused before its provider was contacted; `failed` names the checks."""
        key = fresh()
        people = _people(actor, subjects)
        leaf = {
            **self._head("refusal", at),
            "snapshot": snapshot,
            "call": call,
            "caller": dict(caller),
            **_named(people),
            "status": status,
            "problem": problem,
            "failed": list(failed),
            **_given(dataset=dataset, purpose=purpose, basis=basis, case=case),
        }
        if provider is not None:
            leaf["provider"] = dict(provider)
        if body is not None:
            leaf["request_body"] = keyed_digest(key, body)
        if agreement is not None:
            leaf["agreement"] = {"id": agreement}
        return Entry(leaf, Private(bytes.fromhex(call), key, people, _terms(caller, provider, case)))

    def reply(
        self,
        *,
        call: str,
        at: int,
        snapshot: int,
        request_index: int,
        outcome: str,
        status: int,
        problem: str | None,
        records: int,
        dropped: int,
        subjects: Sequence[str],
        provider_body: bytes | None,
        released_body: bytes | None,
        digest_key: bytes,
        delete_by: str | None = None,
    ) -> Entry:
        """How a call ended. `subjects` identify the persons in the released records; `digest_key` is the request's."""
        if outcome not in OUTCOMES:
            raise ValueError(f"the outcome of a call is one of {', '.join(sorted(OUTCOMES))}")
        people = commit_to("subject", subjects)
        leaf = {
            **self._head("reply", at),
            "snapshot": snapshot,
            "call": call,
            "request": request_index,
            "outcome": outcome,
            "status": status,
            "records": records,
            "dropped": dropped,
            "subjects": listed(people),
            **_given(problem=problem, delete_by=delete_by),
        }
        for name, body in (("provider_body", provider_body), ("released_body", released_body)):
            if body is not None:
                leaf[name] = keyed_digest(digest_key, body)
        return Entry(leaf, Private(bytes.fromhex(call), None, people), request=request_index)

    def unknown(self, *, call: str, at: int, request_index: int) -> Entry:
        """Closes a request whose reply entry was never written, because the process ended between the two."""
        leaf = {**self._head("unknown", at), "call": call, "request": request_index}
        return Entry(leaf, Private(bytes.fromhex(call)), request=request_index)

    def attempts(self, *, at: int, since: int, until: int, counts: Sequence[Mapping[str, str | int]]) -> Entry:
        """Calls that no application could be held to, `[{reason, network, count}]` within `[since, until)` epoch ms."""
        leaf = {**self._head("attempts", at), "since": since, "until": until, "counts": [dict(one) for one in counts]}
        return Entry(leaf, Private())

    def change(
        self,
        *,
        change: int,
        at: int,
        kind: str,
        subject_id: str,
        by: str,
        key: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> Entry:
        """A committed management change; `change` is its outbox row, `details` small and without personal data.

        Here, in `read` and in `export`, `key` is the thumbprint of the key that vouched for `by`: none at the console.
        """
        leaf = {**self._head("change", at), "change": change, "kind": kind, "id": subject_id, **_actor(by, key)}
        if details:
            leaf["details"] = dict(details)
        return Entry(leaf, Private(), change=change)

    def read(
        self,
        *,
        at: int,
        by: str,
        what: Mapping[str, str | int],
        people: Sequence[tuple[str, str]] = (),
        key: str = "",
    ) -> Entry:
        """The ledger was read: `what` is the query without persons; `people` (kind, identifier) are committed to."""
        commitments = [commit_to(kind, [name])[0] for kind, name in dict.fromkeys(people)]
        leaf = {**self._head("read", at), **_actor(by, key), "what": dict(what), "people": listed(commitments)}
        return Entry(leaf, Private(None, None, commitments))

    def export(self, *, at: int, by: str, size: int, root: bytes, key: str = "") -> Entry:
        """The log was exported up to `size` entries."""
        leaf = {**self._head("export", at), **_actor(by, key), "size": size, "root": encode(root)}
        return Entry(leaf, Private())

    def _head(self, kind: str, at: int) -> dict[str, Any]:
        return {"v": VERSION, "type": kind, "at": at, "node": self.node}


def _people(actor: str | None, subjects: Sequence[str]) -> list[Commitment]:
    named = commit_to("subject", subjects)
    return named if actor is None else [*commit_to("actor", [actor]), *named]


def _named(people: Sequence[Commitment]) -> dict[str, Any]:
    named: dict[str, Any] = {"subjects": listed([one for one in people if one.kind == "subject"])}
    for one in people:
        if one.kind == "actor":
            named["actor"] = encode(one.value)
    return named


def _actor(by: str, key: str) -> dict[str, str]:
    return {"by": by, "key": key} if key else {"by": by}


def _given(**members: str | None) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}


def _terms(caller: Mapping[str, str], provider: Mapping[str, str] | None, case: str | None) -> list[tuple[str, str]]:
    terms = [("application", caller["application"])]
    if provider is not None:
        terms.append(("department", provider["department"]))
    if case is not None:
        terms.append(("case", case))
    return terms
