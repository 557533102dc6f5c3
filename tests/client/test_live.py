"""The SDK against a real exchange: calls, refusals, management, receipts, a ledger that grows."""

import threading
from pathlib import Path
from typing import Any

import pytest

from exchange.client import (
    Answer,
    CheckpointMemory,
    Conflict,
    InvalidRequest,
    MalformedRequest,
    NotFound,
    NotPermitted,
    Refused,
    Unidentified,
    Unverified,
)
from exchange.client.exchange import Exchange
from exchange.identity import assertions
from exchange.ledger import note
from tests.client.conftest import City

NEWBORN = "government-services/newborn"


def look_up(exchange: Exchange, city: City, **more: Any) -> Answer:
    asked = {"purpose": "newborn-registration", "case": "CASE-7", "actor": "clerk-17", **more}
    body = {"resident_id": city.cast.mother}
    return exchange.call("public-security", "population", "POST", "/v1/lookups", json=body, **asked)


def test_a_call_brings_the_agreed_items_and_where_its_receipt_is(city: City) -> None:
    with city.acting(NEWBORN) as exchange:
        answer = look_up(exchange, city)
    assert answer.status == 200
    assert answer.ok
    assert len(answer.call) == 32
    assert answer.receipt == f"/ledger/receipts/{answer.call}"
    assert city.cast.mother.encode() in answer.body


def test_fields_narrow_what_is_released(city: City) -> None:
    with city.acting(NEWBORN) as exchange:
        every, few = look_up(exchange, city), look_up(exchange, city, fields=["name"])
    assert len(few.body) < len(every.body)
    assert city.cast.mother.encode() not in few.body


def test_an_anonymous_key_is_not_identified(city: City) -> None:
    stranger = Exchange(city.url, "government-services.newborn", assertions.make_key())
    with stranger, pytest.raises(Unidentified) as caught:
        stranger.get("/api/v1/me")
    assert "invalid_client" in str(caught.value)


def test_a_refusal_says_what_would_satisfy_it(city: City) -> None:
    with city.acting(NEWBORN) as exchange, pytest.raises(Refused) as caught:
        look_up(exchange, city, purpose="company-opening")
    error = caught.value
    assert error.slug == "refused"
    assert error.status == 403
    assert error.call
    assert [failed["check"] for failed in error.failed_checks] == ["purpose"]
    assert error.failed_checks[0]["satisfy"]["en"] in str(error)


def test_a_refusal_in_chinese(city: City) -> None:
    with city.acting(NEWBORN, language="zh") as exchange, pytest.raises(Refused) as caught:
        look_up(exchange, city, purpose="company-opening")
    assert caught.value.failed_checks[0]["satisfy"]["zh"] in str(caught.value)


def test_what_breaks_the_specification_is_pointed_at(city: City) -> None:
    with city.acting(NEWBORN) as exchange, pytest.raises(InvalidRequest) as caught:
        exchange.call("public-security", "population", "POST", "/v1/lookups", json={}, purpose="newborn-registration")
    assert caught.value.errors
    with city.acting(NEWBORN) as exchange, pytest.raises(NotFound):
        exchange.call("public-security", "nothing", "POST", "/v1/lookups", json={}, purpose="newborn-registration")
    with city.acting(NEWBORN) as exchange, pytest.raises(MalformedRequest):
        look_up(exchange, city, purpose="")


def test_management_reads_pages_creates_and_conflicts(city: City) -> None:
    with city.acting("operator") as operator:
        known = list(operator.pages("/api/v1/applications", {"limit": 2}))
        assert len({row["id"] for row in known}) == len(known) > 4
        draft = {
            "department": "tax",
            "slug": "sdk-test",
            "name": {"zh": "测试", "en": "Test"},
            "keys": [assertions.public_jwk(assertions.make_key())],
        }
        made = operator.post("/api/v1/applications", draft)
        with pytest.raises(Conflict):
            operator.post("/api/v1/applications", draft)
        client = f"/api/v1/clients/{made['client']['id']}"
        changed = operator.post(
            f"{client}/keys", {"key": assertions.public_jwk(assertions.make_key())}, etag=made["client"]["revision"]
        )
        assert len(changed["keys"]) == 2
        with pytest.raises(Conflict):
            operator.delete(f"{client}/keys/{changed['keys'][0]['kid']}", etag=made["client"]["revision"])
    with city.acting(NEWBORN) as application, pytest.raises(NotPermitted):
        application.post("/api/v1/applications", draft)


def test_an_answer_is_proven_and_the_ledger_watched_while_it_grows(city: City, tmp_path: Path) -> None:
    memory = CheckpointMemory(tmp_path / "memory")
    with city.acting(NEWBORN, vkey=city.vkey, memory=memory) as exchange:
        first = exchange.verify(look_up(exchange, city))
        remembered = memory.checkpoint
        answers = [look_up(exchange, city) for _ in range(3)]
        proven = [exchange.verify(answer) for answer in answers]
        assert exchange.watch_ledger().size >= proven[-1].size > first.size
        exchange.verify(answers[0])  # older than what is remembered by now
    assert remembered != memory.checkpoint
    assert memory.checkpoint is not None
    assert note.open_checkpoint(memory.checkpoint, note.parse_key(city.vkey)).size >= proven[-1].size
    assert first.leaf["call"] == first.call
    assert first.leaf["outcome"] == "released"


def test_one_changed_byte_is_no_proven_answer(city: City) -> None:
    with city.acting(NEWBORN, vkey=city.vkey) as exchange:
        answer = look_up(exchange, city)
        body = bytearray(answer.body)
        body[7] ^= 1
        with pytest.raises(Unverified, match="not the body"):
            exchange.verify(Answer(200, answer.data, answer.call, answer.receipt, answer.headers, bytes(body)))
        with pytest.raises(Unverified, match="another status"):
            exchange.verify(Answer(404, None, answer.call, answer.receipt, answer.headers, answer.body))
        exchange.verify(answer)


def test_no_key_is_trusted_silently(city: City, tmp_path: Path) -> None:
    with city.acting(NEWBORN, memory=tmp_path / "memory") as exchange:
        answer = look_up(exchange, city)
        with pytest.raises(ValueError, match="Give vkey"):
            exchange.verify(answer)
        assert not list((tmp_path / "memory").iterdir())
        exchange.verify(answer, trust_on_first_use=True)
        foreign = note.Signer("exchange.hutong.local/ledger", bytes(32)).key
        with pytest.raises(Unverified, match="no signature"):
            exchange.verify(answer, vkey=str(foreign))
    assert (tmp_path / "memory" / "vkey").read_text() == f"{city.vkey}\n"


def test_a_pinned_key_outlives_the_process_and_another_ledger_does_not_fit(city: City, tmp_path: Path) -> None:
    memory = CheckpointMemory(tmp_path)
    memory.pin(str(note.Signer("exchange.hutong.local/ledger", bytes(32)).key))
    with city.acting(NEWBORN, memory=tmp_path) as exchange, pytest.raises(Unverified):
        exchange.verify(look_up(exchange, city), trust_on_first_use=True)


def test_threads_share_one_token_and_one_memory(city: City, tmp_path: Path) -> None:
    failures: list[BaseException] = []
    with city.acting(NEWBORN, vkey=city.vkey, memory=tmp_path) as exchange:

        def work() -> None:
            try:
                for _ in range(3):
                    exchange.verify(look_up(exchange, city))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures


def test_disabling_a_client_bites_through_the_renewed_token(city: City) -> None:
    who = "ecology/inspection"
    with city.acting("operator") as operator, city.acting(who) as exchange:
        assert exchange.get("/api/v1/me")["id"] == "ecology.inspection"
        operator.post("/api/v1/clients/ecology.inspection/disable")
        try:
            with pytest.raises(Unidentified):
                exchange.get("/api/v1/me")
        finally:
            operator.post("/api/v1/clients/ecology.inspection/enable")
        assert exchange.get("/api/v1/me")["enabled"]
