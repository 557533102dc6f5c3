"""What may never be found in any byte that is stored or exported, and what is cut when a person's key is destroyed."""

import contextlib
import hashlib
import hmac
import json
from pathlib import Path

from exchange.ledger import export, reading
from exchange.ledger.note import encode
from exchange.ledger.openings import Wrapper
from exchange.ledger.reading import Query
from exchange.ledger.sqlite import connect_writing
from exchange.ledger.writer import HOUSEKEEPING_SECONDS, Writer

from .conftest import ACTOR, SUBJECT, Ledger, append_all, builder, play, refusal, request
from .test_verify import verified

OTHERS = [f"3101152026010{at:05}" for at in range(12)]
PEOPLE = [SUBJECT, ACTOR, *OTHERS]


def traces(identifier: str) -> list[bytes]:
    """The identifier, and everything of it that can be computed without a key."""
    raw = identifier.encode()
    found = [raw, raw[::-1], raw.hex().encode(), encode(raw).encode()]
    for name in ("sha256", "sha1", "md5", "sha512", "blake2b", "blake2s"):
        digest = hashlib.new(name, raw).digest()
        found += [digest, digest[:12], digest[:16], digest.hex().encode(), encode(digest).rstrip("=").encode()]
    for kind in ("subject", "actor"):
        for size in (12, 16):
            found.append(hashlib.blake2b(f"{kind}\n{identifier}".encode(), digest_size=size).digest())
    return found


def fill(writer: Writer) -> list[bytes]:
    """Calls about everybody, a refusal and a read; returns the randomness of every commitment, and every call key."""
    asked = play(writer, 20)
    many = request(subjects=[OTHERS[0]])
    (at,) = append_all(writer, [many])
    ended = builder.reply(
        call=many.call or "", at=many.at, snapshot=1, request_index=at, outcome="released", status=200, problem=None,
        records=12, dropped=0, subjects=OTHERS, provider_body=b"{}", released_body=b"{}", digest_key=many.digest_key,
    )  # fmt: skip
    read = builder.read(at=many.at, by="person-1", what={}, people=[("subject", SUBJECT)])
    entries = [ended, refusal(), read]
    append_all(writer, entries)
    everything = [*asked, many, *entries]
    return [one.r for entry in everything for one in entry.private.commitments] + [one.digest_key for one in asked]


def assert_clean(stored: bytes, randomness: list[bytes]) -> None:
    for identifier in PEOPLE:
        for trace in traces(identifier):
            assert trace not in stored
    for secret in randomness:
        assert secret not in stored
    for body in (b"what was released", b"what the provider sent"):
        assert hashlib.sha256(body).digest() not in stored
        assert encode(hashlib.sha256(body).digest()).encode() not in stored


def counts(ledger: Ledger) -> tuple[int, int]:
    with ledger.log() as log:
        pending = log.connection.execute("SELECT count(*) FROM pending").fetchone()[0]
        return pending, log.connection.execute("SELECT count(*) FROM opening").fetchone()[0]


def test_no_stored_byte_names_anybody(ledger: Ledger, tmp_path: Path) -> None:
    writer = ledger.writer(outside=ledger.outside)
    writer._next_housekeeping += 3600 * HOUSEKEEPING_SECONDS
    randomness = fill(writer)
    assert counts(ledger)[0] > 0
    assert_clean(ledger.stored(), randomness)
    with ledger.log() as log:
        export.export(log, tmp_path / "out", writer.checkpoint, ledger.signer.key)
    with ledger.log() as log:
        sealed = [raw for (raw,) in log.connection.execute("SELECT sealed FROM pending")]
    writer.stop()
    assert counts(ledger) == (0, len(PEOPLE))
    assert_clean(ledger.stored(), randomness)
    assert not any(raw[-48:] in ledger.stored() for raw in sealed)
    exported = [file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert_clean(b"".join(exported) + ledger.outside.read_bytes(), randomness)


def test_a_person_gets_what_opens_their_commitments(ledger: Ledger) -> None:
    writer = ledger.writer()
    writer._next_housekeeping += 3600
    fill(writer)
    before = openings_of(ledger, SUBJECT)
    writer.stop()
    after = openings_of(ledger, SUBJECT)
    assert before == after
    assert len(after) == 20 * 2 + 2
    assert openings_of(ledger, "somebody-else") == {}
    assert len(openings_of(ledger, OTHERS[0])) == 2


def openings_of(ledger: Ledger, subject: str) -> dict[int, str]:
    """The commitments to a person by entry, recomputed from the openings and found in the leaves."""
    found = {}
    with ledger.log() as log:
        for one in reading.openings(log, ledger.secrets, "subject", subject):
            value = encode(hmac.digest(one.r, subject.encode(), "sha256"))
            leaf = reading.entry(log, one.entry)
            named = leaf.get("subjects", leaf.get("people"))
            assert isinstance(named, dict) or value in named
            found[one.entry] = value
    return found


def test_destroying_a_persons_key_cuts_the_link_and_no_proof(ledger: Ledger, tmp_path: Path) -> None:
    writer = ledger.writer()
    fill(writer)
    writer.stop()
    with ledger.log() as log:
        token = ledger.secrets.subject_token(log.connection, "subject", SUBJECT)
    with contextlib.closing(connect_writing(ledger.path)) as connection:
        connection.execute("DELETE FROM subject WHERE token = ?", (token,))
    assert openings_of(ledger, SUBJECT) == {}
    assert len(openings_of(ledger, OTHERS[0])) == 2
    writer = ledger.writer()
    with ledger.log() as log:
        export.export(log, tmp_path / "out", writer.checkpoint, ledger.signer.key)
    assert verified(tmp_path / "out").ok
    # The person comes back: a new key, and the old openings stay lost.
    play(writer, 1)
    writer.stop()
    assert len(openings_of(ledger, SUBJECT)) == 2


def test_what_was_not_yet_under_its_subjects_key_survives_a_crash(ledger: Ledger) -> None:
    writer = ledger.writer()
    writer._next_housekeeping += 3600
    fill(writer)
    saved = {file.name: file.read_bytes() for file in ledger.directory.glob("ledger.db*")}
    writer.stop()
    for name, raw in saved.items():
        (ledger.directory / name).write_bytes(raw)
    assert counts(ledger)[0] > 0
    ledger.writer().stop()
    assert counts(ledger) == (0, len(PEOPLE))
    assert len(openings_of(ledger, SUBJECT)) == 42


def test_many_openings_of_one_entry_are_moved_in_bounded_parts(ledger: Ledger) -> None:
    writer = ledger.writer()
    writer._next_housekeeping += 3600
    people = [f"3101152026011{at:05}" for at in range(25)]
    # A person of two entries stands on both sides of a cut.
    append_all(writer, [request(actor=None, subjects=people), request(actor=None, subjects=people[:5])])
    saved = {file.name: file.read_bytes() for file in ledger.directory.glob("ledger.db*")}
    writer.stop()
    for name, raw in saved.items():
        (ledger.directory / name).write_bytes(raw)
    moved = []
    while counts(ledger)[0]:
        wrapper = Wrapper(ledger.cipher)  # as after a crash between any two parts
        with contextlib.closing(connect_writing(ledger.path)) as connection:
            wrapper.reload(connection)
            connection.execute("BEGIN IMMEDIATE")
            wrapper.wrap(connection, 10)
            connection.execute("COMMIT")
        moved.append(counts(ledger)[1])
        assert [len(openings_of(ledger, one)) for one in people] == [2] * 5 + [1] * 20
    assert moved == [10, 20, 30]


def test_search_still_finds_them_by_keyed_tokens(ledger: Ledger) -> None:
    writer = ledger.writer()
    fill(writer)
    with ledger.log() as log:
        page = reading.find(log, ledger.secrets, Query(subject=OTHERS[5]))
        assert [leaf["type"] for _, leaf in page.items] == ["reply", "request"]
        assert json.loads(log.entry(page.items[0][0]).leaf)["subjects"]["count"] == 12
