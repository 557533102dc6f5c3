"""What both sides sign: bytes, keys, and documents checked offline."""

import copy
import json

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policies import signing
from policies.signing import InvalidSignature, NotADocument, NotSignable, Side, canonical, check, verify

TERMS = {"operations": ["lookUp"], "total": None, "row_filter": {"item": "重量", "op": "gt", "value": 0.5}}


def pair(seed):
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return private, {"kty": "OKP", "crv": "Ed25519", "x": signing.encoded(private.public_key().public_bytes_raw())}


CONSUMER, CONSUMER_KEY = pair(1)
PROVIDER, PROVIDER_KEY = pair(2)
STRANGER, STRANGER_KEY = pair(3)


@pytest.fixture
def said():
    return signing.statement(
        exchange="city.example/ledger", id="agr-1", version=2, application="services/newborn",
        service="health/births", dataset="health/births", terms=copy.deepcopy(TERMS),
    )  # fmt: skip


def signed_by(private, statement):
    return signing.encoded(private.sign(rfc8785.dumps(statement)))


@pytest.fixture
def document(said):
    sides = (("consumer", CONSUMER, CONSUMER_KEY), ("provider", PROVIDER, PROVIDER_KEY))
    signatures = [
        {"side": side, "by": f"person-{side}", "key": key, "signature": signed_by(private, said), "at": "2026-11-22"}
        for side, private, key in sides
    ]
    return {"statement": said, "signatures": signatures}


def rules(verdict):
    return [(finding.pointer, finding.rule) for finding in verdict.findings]


def test_the_statement_names_both_departments_and_is_canonical(said):
    assert (said["consumer"], said["provider"]) == ("services", "health")
    assert canonical(said) == rfc8785.dumps(said)
    shuffled = dict(reversed(said.items()))
    assert canonical(shuffled) == canonical(said)
    assert canonical(said).startswith(b'{"application":"services/newborn","consumer":"services","dataset"')
    assert b'"value":0.5' in canonical(said)
    assert "重量".encode() in canonical(said)


def test_signatures_are_deterministic_bytes_of_rfc_8032(said):
    """RFC 8032 §7.1, test 2: so that any implementation of it signs the same."""
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.public_key().public_bytes_raw().hex() == public
    verify(said, {"kty": "OKP", "crv": "Ed25519", "x": signing.encoded(bytes.fromhex(public))}, signed_by(key, said))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 3), ("id", "agr-2"), ("exchange", "town.example/ledger"), ("application", "services/school"),
        ("service", "health/deaths"), ("dataset", "health/deaths"), ("consumer", "justice"), ("provider", "justice"),
        ("terms", TERMS | {"total": 7}), ("type", "urn:hutong:agreement:2"),
    ],
)  # fmt: skip
def test_a_signature_holds_for_its_statement_alone(said, member, value):
    signature = signed_by(CONSUMER, said)
    verify(said, CONSUMER_KEY, signature)
    assert said[member] != value
    with pytest.raises(InvalidSignature) as refusal:
        verify(said | {member: value}, CONSUMER_KEY, signature)
    assert refusal.value.findings[0].rule == "mismatch"


def test_another_key_or_an_altered_signature(said):
    good = signed_by(CONSUMER, said)
    flipped = ("A" if good[0] != "A" else "B") + good[1:]
    for key, signature in ((STRANGER_KEY, good), (CONSUMER_KEY, flipped)):
        with pytest.raises(InvalidSignature) as refusal:
            verify(said, key, signature)
        assert refusal.value.findings[0].rule == "mismatch"


@pytest.mark.parametrize("change", [lambda t: "", lambda t: t[:-2], lambda t: t + "==", lambda t: t + "A",
                                    lambda t: "+" + t[1:], lambda t: "签" + t[1:], lambda t: " " + t, lambda t: None,
                                    lambda t: t[:-1] + chr(ord(t[-1]) + 1)])  # fmt: skip
def test_a_signature_has_one_text(said, change):
    with pytest.raises(InvalidSignature) as refusal:
        verify(said, CONSUMER_KEY, change(signed_by(CONSUMER, said)))
    assert refusal.value.findings[0].rule == "encoding"


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "key-type"),
        ({"kty": "OKP", "crv": "X25519", "x": CONSUMER_KEY["x"]}, "key-type"),
        ({}, "key-type"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}, "key"),
        ({"kty": "OKP", "crv": "Ed25519"}, "key"),
    ],
)
def test_only_ed25519_signs_and_the_refusal_says_which_key_to_add(said, key, rule):
    with pytest.raises(InvalidSignature) as refusal:
        verify(said, key, signed_by(CONSUMER, said))
    (finding,) = refusal.value.findings
    assert (finding.pointer, finding.rule) == ("/key", rule)
    if rule == "key-type":
        assert "hutong client key" in finding.expected


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800"])
def test_what_has_no_canonical_form_is_named_by_its_place(said, value):
    said["terms"]["row_filter"]["value"] = [1, value]
    with pytest.raises(NotSignable) as refusal:
        canonical(said)
    assert [finding.pointer for finding in refusal.value.findings] == ["/terms/row_filter/value/1"]


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53 - 1), 0.1, 1e300, True, None, "🏙"])
def test_what_has_one_is_signed(said, value):
    said["terms"]["row_filter"]["value"] = value
    assert canonical(said) == rfc8785.dumps(said)


# -- documents -------------------------------------------------------------------------------------------------------


def test_a_document_is_consistent_with_itself_and_its_keys_unconfirmed(document):
    verdict = check(json.loads(json.dumps(document)), {})
    assert (verdict.holds, verdict.confirmed) == (True, frozenset())


def test_keys_that_are_known_confirm_it(document):
    verdict = check(document, {Side.CONSUMER: CONSUMER_KEY, Side.PROVIDER: PROVIDER_KEY | {"kid": "k", "use": "sig"}})
    assert (verdict.holds, verdict.confirmed) == (True, frozenset(Side))
    assert check(document, {Side.PROVIDER: PROVIDER_KEY}).confirmed == {Side.PROVIDER}


def test_a_forger_with_keys_of_their_own_is_found_by_whoever_knows_the_right_one(document, said):
    said["terms"]["total"] = 10**6
    for one, (private, key) in zip(document["signatures"], (pair(7), pair(8)), strict=True):
        one |= {"key": key, "signature": signed_by(private, said)}
    assert check(document, {}).holds, "nothing in the document itself could tell"
    verdict = check(document, {Side.PROVIDER: PROVIDER_KEY})
    assert (rules(verdict), verdict.confirmed) == ([("/signatures/1/key", "key")], frozenset())


def test_signatures_under_the_wrong_side(document):
    first, second = document["signatures"]
    first["side"], second["side"] = second["side"], first["side"]
    verdict = check(document, {Side.CONSUMER: CONSUMER_KEY, Side.PROVIDER: PROVIDER_KEY})
    assert rules(verdict) == [("/signatures/0/side", "side"), ("/signatures/1/side", "side")]


def test_altered_terms_spoil_both_signatures(document):
    document["statement"]["terms"]["operations"].append("exportAll")
    assert rules(check(document, {})) == [
        ("/signatures/0/signature", "mismatch"),
        ("/signatures/1/signature", "mismatch"),
    ]


def test_both_sides_sign_once_each_with_different_hands(document):
    first, second = document["signatures"]
    for signatures in ([], [first], [first, first, second]):
        assert ("/signatures", "sides") in rules(check(document | {"signatures": signatures}, {}))
    assert ("/signatures", "one-hand") in rules(
        check(document | {"signatures": [first, second | {"by": first["by"]}]}, {})
    )
    own = second | {"key": first["key"], "signature": first["signature"]}
    assert rules(check(document | {"signatures": [first, own]}, {})) == [("/signatures", "one-hand")]


def test_departments_are_those_of_application_and_service(document, said):
    said["provider"] = "justice"
    for one, private in zip(document["signatures"], (CONSUMER, PROVIDER), strict=True):
        one["signature"] = signed_by(private, said)
    assert rules(check(document, {})) == [("/statement/provider", "party")]


@pytest.mark.parametrize("given", [None, [], {}, {"statement": {}}, {"statement": 1, "signatures": 2}])
def test_what_is_no_document_says_so(given):
    with pytest.raises(NotADocument, match="signed"):
        check(given, {})


def test_a_later_kind_of_document_is_not_taken_for_this_one(document):
    document["statement"]["type"] = "urn:hutong:agreement:2"
    with pytest.raises(NotADocument):
        check(document, {})
