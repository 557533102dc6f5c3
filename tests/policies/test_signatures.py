"""Both sides sign; what they signed is looked at again when it is activated."""

import json

import pytest

from policies import agreements, amendments, signatures, signing, standing, versions
from policies.activation import NotActivatable
from policies.models import AgreementState
from policies.signing import InvalidSignature, Side, Signer
from tests.policies.conftest import APPLICANT, NOW, OTHER_STEWARD, STEWARD
from tests.town import agreed
from tests.town.agreed import CONSUMER, ORIGIN, PROVIDER, activate, key_of, sign


@pytest.fixture
def against(session, now):
    """Tries to activate, gives what stands against it."""

    def try_it(id, **more):
        with pytest.raises(NotActivatable) as refusal:
            activate(session, id, STEWARD, now, **more)
        return [(finding.pointer, finding.rule) for finding in refusal.value.findings]

    return try_it


@pytest.fixture
def now(published):
    return published.now


def test_an_agreement_takes_both_signatures(session, drafted, against, now):
    agreement = drafted()
    assert against(agreement.id) == [("/signatures/consumer", "missing"), ("/signatures/provider", "missing")]
    sign(session, agreement.id, Side.CONSUMER, CONSUMER, now)
    assert against(agreement.id) == [("/signatures/provider", "missing")]
    sign(session, agreement.id, Side.PROVIDER, PROVIDER, now)
    assert activate(session, agreement.id, STEWARD, now).state == AgreementState.ACTIVE
    assert agreement.revision == 4, "drafted, signed twice, activated"


def test_what_was_signed_is_a_document_of_its_own(session, published, activated):
    agreement = activated()
    document = signatures.document(session, agreement, versions.fetch(session, agreement.id, 1), ORIGIN)
    keys = {Side.CONSUMER: key_of(CONSUMER)[1], Side.PROVIDER: key_of(PROVIDER)[1]}
    verdict = signing.check(json.loads(json.dumps(document)), keys)
    assert (verdict.holds, verdict.confirmed) == (True, frozenset(Side))
    assert document["statement"]["terms"] == agreement.terms
    assert document["statement"]["dataset"] == "health/births"


def test_there_is_no_document_before_both_have_signed(session, drafted, now):
    agreement = drafted()
    version = sign(session, agreement.id, Side.CONSUMER, CONSUMER, now)
    with pytest.raises(signatures.NotSigned, match="lacks a signature"):
        signatures.document(session, agreement, version, ORIGIN)


def test_the_drafter_signs_for_the_consumer_only(session, drafted, now):
    agreement = drafted()
    sign(session, agreement.id, Side.CONSUMER, APPLICANT, now)
    with pytest.raises(signatures.SelfApproval):
        sign(session, drafted().id, Side.PROVIDER, APPLICANT, now)


def test_one_hand_does_not_sign_for_both_sides(session, drafted, now):
    agreement = drafted()
    sign(session, agreement.id, Side.CONSUMER, CONSUMER, now)
    with pytest.raises(signatures.OneHand):
        sign(session, agreement.id, Side.PROVIDER, CONSUMER, now)
    private, public = key_of(CONSUMER)
    said = signatures.statement(session, agreement, versions.fetch(session, agreement.id, 1), ORIGIN)
    signature = signing.encoded(private.sign(signing.canonical(said)))
    with pytest.raises(signatures.OneHand):
        signatures.sign(
            session, agreement.id, Side.PROVIDER, Signer(PROVIDER, public), signature, now, exchange=ORIGIN
        )  # fmt: skip


def test_a_side_may_sign_again_and_the_last_one_counts(session, drafted, now):
    agreement = drafted()
    sign(session, agreement.id, Side.PROVIDER, PROVIDER, now)
    version = sign(session, agreement.id, Side.PROVIDER, OTHER_STEWARD, now)
    assert [(one["side"], one["by"]) for one in version.signatures] == [("provider", OTHER_STEWARD)]


@pytest.mark.parametrize("replayed", ["id", "exchange", "version"])
def test_a_signature_of_something_else_is_refused(session, drafted, activated, now, replayed):
    """Of another agreement on the same terms, of another exchange, of the version before."""
    if replayed == "version":
        agreement = activated()
        old = versions.fetch(session, agreement.id, 1)
        signature = signatures.of(old, Side.PROVIDER)["signature"]
        amendments.propose(session, agreement.id, agreements.terms(agreement), APPLICANT, now)
    else:
        agreement, other = drafted(), drafted()
        source, origin = (other, ORIGIN) if replayed == "id" else (agreement, "elsewhere.example/ledger")
        version = versions.require_proposed(session, source.id)
        said = signatures.statement(session, source, version, origin)
        signature = signing.encoded(key_of(PROVIDER)[0].sign(signing.canonical(said)))
    signer = Signer(PROVIDER, key_of(PROVIDER)[1])
    with pytest.raises(InvalidSignature) as refusal:
        signatures.sign(session, agreement.id, Side.PROVIDER, signer, signature, now, exchange=ORIGIN)
    assert refusal.value.findings[0].rule == "mismatch"
    assert versions.require_proposed(session, agreement.id).signatures == []


def test_terms_altered_behind_the_signatures_do_not_come_into_force(session, drafted, against, now):
    agreement = drafted()
    agreed.sign_both(session, agreement.id, now)
    version = versions.require_proposed(session, agreement.id)
    version.terms = {**version.terms, "quota": {"count": 999, "window": "day"}}
    session.add(version)
    session.flush()
    assert against(agreement.id) == [("/signatures/consumer", "signature"), ("/signatures/provider", "signature")]


def test_a_signer_who_left_does_not_count(session, drafted, against, now):
    agreement = drafted()
    agreed.sign_both(session, agreement.id, now)
    asked = []

    def doubts(signature, department):
        asked.append((signature["by"], department))
        return "somebody who is still here" if signature["by"] == PROVIDER else None

    assert against(agreement.id, doubts=doubts) == [("/signatures/provider", "signer")]
    assert asked == [(CONSUMER, "services"), (PROVIDER, "health")]
    sign(session, agreement.id, Side.PROVIDER, OTHER_STEWARD, now)
    assert activate(session, agreement.id, STEWARD, now, doubts=doubts).state == AgreementState.ACTIVE


def test_what_is_in_force_or_has_ended_is_not_signed(session, activated, now):
    agreement = activated()
    with pytest.raises(versions.NothingProposed):
        sign(session, agreement.id, Side.PROVIDER, PROVIDER, now)
    standing.revoke(session, agreement.id, STEWARD, "over", now)
    signer = Signer(PROVIDER, key_of(PROVIDER)[1])
    with pytest.raises(agreements.WrongState):
        signatures.sign(session, agreement.id, Side.PROVIDER, signer, "x", NOW, exchange=ORIGIN)
