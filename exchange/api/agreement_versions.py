"""What both sides sign, and the versions of an agreement: proposed, compared, kept."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from catalog.differences import Difference
from exchange.api import shapes
from exchange.api.agreements import require_party_or_operator, require_reader, side_of
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, ThisNode, Who, Work, listing, tag
from exchange.identity import signers
from policies import agreements, amendments, signatures, signing, versions
from policies.models import Agreement, AgreementVersion, TermsDraft
from policies.signing import Side
from standards.models import Draft

router = APIRouter(tags=["agreements"])

Number = Annotated[int | None, Query(description="of a version; default: the proposed one, else the one in force")]


class SignatureDraft(Draft):
    side: Side
    signature: str = Field(max_length=100, description="Ed25519 over the statement's bytes, base64url without padding")


@router.get(
    "/agreements/{id}/statement", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def read_statement(id: str, who: Who, session: Read, here: ThisNode, version: Number = None) -> Response:
    """The exact bytes to sign (RFC 8785): to both sides, operators and auditors."""
    row = agreements.fetch(session, id)
    require_reader(who, row)
    found = _version(session, row, version)
    said = signatures.statement(session, row, found, here.origin)
    return Response(signing.canonical(said), media_type="application/json")


@router.post("/agreements/{id}/signatures", status_code=201)
def sign_agreement(
    id: str,
    draft: SignatureDraft,
    revision: KnownRevision,
    who: Who,
    work: Work,
    here: ThisNode,
    response: Response,
) -> dict[str, Any]:
    """Sign the proposed version for one side, with the Ed25519 key that you got your token with.

    Needs the `steward:` of that side, in another hand than the other side's, and for the provider than the drafter's.
    """
    row = agreements.fetch(work.session, id)
    department = side_of(row, draft.side)
    signer = signers.signer(work.session, who, department)
    version = versions.proposed(work.session, id)
    if version is not None:
        signers.require_another_hand(work.session, who.client_id, _others(version, draft.side), department)
    version = signatures.sign(
        work.session, id, draft.side, signer, draft.signature, work.now,
        exchange=here.origin, expected_revision=revision,
    )  # fmt: skip
    said = signing.digest(signatures.statement(work.session, row, version, here.origin))
    work.record("agreement.signed", id, side=str(draft.side), version=version.number, statement=said)
    tag(response, row.revision)
    return shapes.agreement_version(version)


@router.get("/agreements/{id}/signed")
def read_signed_agreement(id: str, who: Who, session: Read, here: ThisNode, version: Number = None) -> dict[str, Any]:
    """The statement with both signatures, to be kept and checked offline: `hutong agreement verify`."""
    row = agreements.fetch(session, id)
    require_reader(who, row)
    return signatures.document(session, row, _version(session, row, version), here.origin)


@router.post("/agreements/{id}/amend", status_code=201)
def amend_agreement(
    id: str, draft: TermsDraft, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Propose the next version beside the one in force. Needs the `steward:` of either side, or `operator`."""
    row = agreements.fetch(work.session, id)
    require_party_or_operator(who, side_of(row, Side.CONSUMER), side_of(row, Side.PROVIDER))
    version = amendments.propose(work.session, id, draft.terms, work.by, work.now, expected_revision=revision)
    work.record("agreement.proposed", id, version=version.number)
    tag(response, row.revision)
    return shapes.agreement_version(version)


@router.post("/agreements/{id}/discard")
def discard_agreement_version(
    id: str, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Give the proposed version up. Needs the `steward:` of either side, or `operator`."""
    row = agreements.fetch(work.session, id)
    require_party_or_operator(who, side_of(row, Side.CONSUMER), side_of(row, Side.PROVIDER))
    version = amendments.discard(work.session, id, work.by, work.now, expected_revision=revision)
    work.record("agreement.discarded", id, version=version.number)
    tag(response, row.revision)
    return shapes.agreement_version(version)


@router.get("/agreements/{id}/versions")
def list_agreement_versions(
    id: str, who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """All versions, newest first: to both sides, operators and auditors."""
    require_reader(who, agreements.fetch(session, id))
    rows, following = versions.page(session, id, limit=limit, cursor=cursor)
    return listing(([shapes.agreement_version(row, brief=True) for row in rows], following))


@router.get("/agreements/{id}/versions/{number}")
def read_agreement_version(id: str, number: int, who: Who, session: Read) -> dict[str, Any]:
    """One version with its terms."""
    require_reader(who, agreements.fetch(session, id))
    return shapes.agreement_version(versions.fetch(session, id, number))


@router.get("/agreements/{id}/diff")
def compare_agreement_versions(
    id: str,
    who: Who,
    session: Read,
    old: Annotated[int, Query(alias="from", description="number of a version")],
    new: Annotated[int, Query(alias="to", description="number of another")],
) -> dict[str, Any]:
    """In what the terms of two versions differ, as `{pointer, old, new}`."""
    require_reader(who, agreements.fetch(session, id))
    changes: list[Difference] = amendments.compare(session, id, old, new)
    return {"agreement": id, "from": old, "to": new, "changes": changes}


def _version(session: Read, row: Agreement, number: int | None) -> AgreementVersion:
    """The named version, else the proposed one, else the one in force."""
    if number is None and (proposed := versions.proposed(session, row.id)):
        return proposed
    return versions.fetch(session, row.id, row.version if number is None else number)


def _others(version: AgreementVersion, side: Side) -> list[str]:
    """With whom a signer of this side must not count as one hand."""
    other = signatures.of(version, side.other)
    drafted = [version.drafted_by] if side == Side.PROVIDER else []
    return [*drafted, *([str(other["by"])] if other else [])]
