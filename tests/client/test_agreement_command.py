"""`hutong agreement` against a live exchange, and offline."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from exchange import keyfiles
from exchange.cli import build
from exchange.identity import assertions
from tests.client.conftest import City

CONSUMER, PROVIDER = "steward-government-services", "steward-civil-affairs"


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUTONG_URL", "HUTONG_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*words: object) -> Result:
    return CliRunner().invoke(build(), ["agreement", *map(str, words)])


def acting(city: City, who: str, *words: object) -> Any:
    result = run(*words, "--url", city.url, "--as", city.keys[who], "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def agreement_of(city: City) -> dict[str, Any]:
    """The agreement of the newborn desk on marriages, which the loader made."""
    listed = acting(city, CONSUMER, "list", "--consumer", "government-services")["items"]
    wanted = ("government-services/newborn", "civil-affairs/marriage")
    return next(row for row in listed if (row["application_id"], row["service_id"]) == wanted)


def test_from_draft_to_the_end_with_a_next_version(city: City, tmp_path: Path) -> None:
    known = agreement_of(city)
    draft = {"application": known["application_id"], "service": known["service_id"], "terms": known["terms"]}
    acting(city, PROVIDER, "revoke", known["id"], "--reason", "anew")
    file = tmp_path / "agreement.json"
    file.write_text(json.dumps(draft))
    id = acting(city, CONSUMER, "draft", file)["id"]
    early = run("activate", id, "--url", city.url, "--as", city.keys[PROVIDER])
    assert (early.exit_code, "/signatures/consumer" in early.stderr) == (1, True)
    signing = run("sign", id, "--side", "consumer", "--url", city.url, "--as", city.keys[CONSUMER])
    assert signing.exit_code == 0, signing.output
    assert "uses civil-affairs/marriage" in signing.stderr, "who signs sees what"
    acting(city, PROVIDER, "sign", id, "--side", "provider")
    assert acting(city, PROVIDER, "activate", id)["state"] == "active"

    terms = tmp_path / "terms.yaml"
    terms.write_text(json.dumps(draft["terms"] | {"quota": {"count": 1, "window": "day"}}))
    assert acting(city, CONSUMER, "amend", id, terms)["number"] == 2
    differing = run("diff", id, "--url", city.url, "--as", city.keys[CONSUMER])
    assert (differing.exit_code, "/quota" in differing.stdout) == (1, True)
    assert acting(city, CONSUMER, "discard", id)["state"] == "discarded"
    assert acting(city, PROVIDER, "suspend", id, "--reason", "looked into")["state"] == "suspended"
    assert acting(city, PROVIDER, "resume", id, "--reason", "in order")["state"] == "active"

    kept = tmp_path / "signed.json"
    shown = acting(city, CONSUMER, "show", id, "--signed", kept)
    assert [one["state"] for one in shown["versions"]] == ["discarded", "in-force"]
    verify_offline(city, kept, tmp_path)
    stale = run("achieve", id, "--revision", "1", "--url", city.url, "--as", city.keys[CONSUMER])
    assert stale.exit_code == 1
    assert acting(city, CONSUMER, "achieve", id)["state"] == "achieved"


def verify_offline(city: City, kept: Path, tmp_path: Path) -> None:
    keys = {who: json.dumps(assertions.public_jwk(keyfiles.read(city.keys[who]).key)) for who in (CONSUMER, PROVIDER)}
    alone = run("verify", kept)
    assert (alone.exit_code, "keys not confirmed" in alone.stdout) == (0, True)
    both = run("verify", kept, "--consumer-key", keys[CONSUMER], "--provider-key", keys[PROVIDER], "--json")
    assert (both.exit_code, json.loads(both.stdout)["confirmed"]) == (0, ["consumer", "provider"])
    one = run("verify", kept, "--provider-key", keys[PROVIDER])
    assert (one.exit_code, "the consumer's key is not confirmed" in one.stdout) == (0, True)
    swapped = run("verify", kept, "--consumer-key", keys[PROVIDER])
    assert swapped.exit_code == 1
    document = json.loads(kept.read_text())
    document["statement"]["terms"]["quota"]["count"] += 1
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(document))
    refused = run("verify", altered, "--json")
    assert refused.exit_code == 1
    assert {found["rule"] for found in json.loads(refused.stdout)["findings"]} == {"mismatch"}


def test_what_cannot_be_read_is_2(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    assert run("verify", file).exit_code == 2
    for text in ("{", "[]", '{"statement": {}, "signatures": []}'):
        file.write_text(text)
        assert run("verify", file).exit_code == 2, text
    ec = json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    for key in (ec, "{", str(tmp_path / "nothing"), "[]"):
        assert run("verify", file, "--provider-key", key).exit_code == 2, key


def test_an_older_key_is_refused_before_anything_is_sent(city: City, tmp_path: Path) -> None:
    id = agreement_of(city)["id"]
    credential = keyfiles.read(city.keys[CONSUMER])
    old = dict(ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True).as_dict(private=True))
    with pytest.raises(ValueError, match="hutong client key"):
        assertions.sign_statement(old, b"{}")
    with pytest.raises(ValueError, match="Ed25519"):
        assertions.sign_statement(assertions.public_jwk(credential.key), b"{}")
    shown = acting(city, CONSUMER, "show", id)
    assert shown["id"] == id
