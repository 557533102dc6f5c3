"""Both sides sign the proposed version of an agreement, each with a key of their own.

PermissionError
├── SelfApproval        whoever drafted a version signs it for the consumer only
└── OneHand             one person, or one key, does not sign for both sides
LookupError
└── NotSigned           a version that lacks a signature has no signed document
ValueError
├── InvalidSignature    policies.signing
└── NothingProposed     policies.versions
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import services
from policies import agreements, announcements, signing, versions
from policies.models import ENDED, Agreement, AgreementVersion
from policies.signing import InvalidSignature, NotSignable, Side, Signer
from standards.validation import Finding

Doubts = Callable[[Mapping[str, Any], str], str | None]
"""What speaks against a kept signature today, beyond its bytes: who signed has left, or no longer acts for this
department. None when nothing does.
"""


class SelfApproval(PermissionError):
    """Nobody approves what they asked for."""

    def __init__(self) -> None:
        super().__init__(
            "Whoever drafted this neither signs it for the provider nor activates it: ask another steward of the "
            "provider."
        )


class OneHand(PermissionError):
    """An agreement has two sides."""

    def __init__(self) -> None:
        super().__init__("The other side was signed by the same person or key: another steward has to sign this one.")


class NotSigned(LookupError):
    """There is nothing yet that both sides signed."""

    def __init__(self, id: str, number: int) -> None:
        super().__init__(
            f"Version {number} of {id} lacks a signature: sign it first, or ask for a version that has both."
        )


def statement(session: Session, agreement: Agreement, version: AgreementVersion, exchange: str) -> dict[str, Any]:
    """What is signed of this version. `exchange` is the origin of its ledger."""
    return signing.statement(
        exchange=exchange,
        id=agreement.id,
        version=version.number,
        application=agreement.application_id,
        service=agreement.service_id,
        dataset=services.fetch(session, agreement.service_id).dataset_id,
        terms=version.terms,
    )


def sign(
    session: Session,
    id: str,
    side: Side,
    signer: Signer,
    signature: str,
    now: datetime,
    *,
    exchange: str,
    expected_revision: int | None = None,
) -> AgreementVersion:
    """Keeps the signature of one side under the proposed version; a later one of the same side takes its place.

    That the signer may act for the side's department is the caller's to check. Raises UnknownAgreement, Outdated,
    WrongState, NothingProposed, SelfApproval, OneHand, InvalidSignature.
    """
    agreement = agreements.held(session, id, expected_revision)
    if agreement.state in ENDED:
        raise agreements.WrongState(id, agreement.state, "signed")
    version = versions.require_proposed(session, id)
    if side == Side.PROVIDER and signer.by == version.drafted_by:
        raise SelfApproval
    other = of(version, side.other)
    if other and (other["by"] == signer.by or signing.same_key(other["key"], signer.key)):
        raise OneHand
    signing.verify(statement(session, agreement, version, exchange), signer.key, signature)
    made = {"side": str(side), "by": signer.by, "key": dict(signer.key), "signature": signature, "at": now.isoformat()}
    version.signatures = [*([other] if other else []), made]
    session.add(version)
    agreements.changed(session, agreement, signer.by, now)
    announcements.tell(session, agreement, "signed", now)
    return version


def of(version: AgreementVersion, side: Side) -> dict[str, Any] | None:
    """The signature of one side; None while it has not signed."""
    return next((one for one in version.signatures if one["side"] == side), None)


def document(session: Session, agreement: Agreement, version: AgreementVersion, exchange: str) -> dict[str, Any]:
    """What both sides signed, complete in itself; `signing.check` reads it. Raises NotSigned."""
    signatures = [found for side in Side if (found := of(version, side))]
    if len(signatures) < len(Side):
        raise NotSigned(agreement.id, version.number)
    return {"statement": statement(session, agreement, version, exchange), "signatures": signatures}


def missing(
    session: Session, agreement: Agreement, version: AgreementVersion, exchange: str, doubts: Doubts
) -> list[Finding]:
    """What keeps the signatures from carrying the version: each is verified anew, over the row as it is now."""
    said = statement(session, agreement, version, exchange)
    return [finding for side in Side if (finding := _weakness(said, of(version, side), side, doubts))]


def _weakness(
    said: Mapping[str, Any], signature: Mapping[str, Any] | None, side: Side, doubts: Doubts
) -> Finding | None:
    place = f"/signatures/{side}"
    if signature is None:
        return Finding(place, "missing", f"the {side}'s signature")
    try:
        signing.verify(said, signature["key"], signature["signature"])
    except (InvalidSignature, NotSignable):
        return Finding(place, "signature", f"a signature of the {side} over the version as it stands: sign it again")
    doubt = doubts(signature, str(said[side]))
    return Finding(place, "signer", doubt) if doubt else None
