"""What an endpoint is given: who calls, a session to read with, or a unit of work to change with.

The unit of work ends when the endpoint's function returns (`scope="function"`), before the answer is sent: a failed
commit is an error, never a 201 that was not.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from sqlmodel import Session

from exchange.clock import milliseconds
from exchange.identity.callers import STEWARD_OF, Caller
from exchange.node import Node
from exchange.unit_of_work import UnitOfWork


def _written_out(value: Any) -> Any:
    if isinstance(value, str) and "-" not in value:  # a bare number would be read as seconds since 1970
        raise ValueError("a time is written out, such as 2026-11-22T08:30:00+08:00 (RFC 3339)")
    return value


def _in_utc(value: datetime) -> datetime:
    """Years that every time zone and every database can hold."""
    if not 1970 <= value.year <= 9998:
        raise ValueError("a time lies in the years 1970 to 9998")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""A point in time with its offset, as a request may name it; given on in UTC."""


class PreconditionRequired(ValueError):
    """A change of something that others may be changing too."""


class MalformedEtag(ValueError):
    """If-Match is not an ETag that this API gave out."""


def node(request: Request) -> Node:
    found: Node = request.state.node
    return found


ThisNode = Annotated[Node, Depends(node)]


def caller(request: Request, here: ThisNode) -> Caller:
    """Raises Unidentified, Stale. Whoever was identified is remembered, in case the request is refused."""
    snapshot = here.current.get()
    values = request.headers.getlist("authorization")
    authorization = values[0].encode("latin-1") if len(values) == 1 else None
    found = here.tokens.identify(authorization, snapshot, milliseconds())
    request.state.caller = found
    return found


def reader(request: Request, here: ThisNode) -> Caller | None:
    """Of what everybody may read: who is reading, None without a token. Raises Unidentified for a bad one, Stale."""
    return caller(request, here) if "authorization" in request.headers else None


Who = Annotated[Caller, Depends(caller)]
Reader = Annotated[Caller | None, Depends(reader)]


def read(here: ThisNode) -> Iterator[Session]:
    with Session(here.reading) as session:
        yield session


def work(here: ThisNode, who: Who) -> Iterator[UnitOfWork]:
    with here.units.begin(who.client_id, datetime.now(UTC), who.key_id) as unit:
        yield unit


Read = Annotated[Session, Depends(read)]
Work = Annotated[UnitOfWork, Depends(work, scope="function")]
Limit = Annotated[int, Query(ge=1, le=200, description="rows on a page")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before")]


Words = Annotated[str | None, Query(max_length=100, description="words of the slug or the name")]
Slug = Annotated[str | None, Query(max_length=64, description="every version of this one")]
Owner = Annotated[str | None, Query(max_length=48, description="of this department")]
Versions = Annotated[Literal["id", "-id", "slug", "-slug"], Query(description="in which order; a minus is backwards")]
BySlug = Annotated[Literal["slug", "-slug"], Query(description="in which order; a minus is backwards")]


def known_revision(_: Who, if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The revision in If-Match, None without one; who asks comes first. Raises MalformedEtag."""
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise MalformedEtag('An ETag of this API is a revision in quotes, such as "3".')
    return int(text)


KnownRevision = Annotated[int | None, Depends(known_revision)]


def expected_revision(known: KnownRevision) -> int:
    """The revision in If-Match. Raises PreconditionRequired, MalformedEtag."""
    if known is None:
        raise PreconditionRequired("Send the ETag of what you have read in If-Match, so that no update is lost.")
    return known


Revision = Annotated[int, Depends(expected_revision)]


def tag(response: Response, revision: int) -> None:
    response.headers["ETag"] = f'"{revision}"'


def listing(page: tuple[list[Any], str | None]) -> dict[str, Any]:
    """A page as every list of the API shows it."""
    rows, following = page
    return {"items": rows, "next": following}


def inside(who: Caller | None) -> frozenset[str] | None:
    """The departments whose unpublished things this reader sees; None for all of them."""
    if who is None:
        return frozenset()
    if who.is_operator:
        return None
    return frozenset(scope.removeprefix(STEWARD_OF) for scope in who.scopes if scope.startswith(STEWARD_OF))


def sees(who: Caller | None, department: str) -> bool:
    """Whether this reader sees what the department has not published."""
    return who is not None and (who.is_operator or who.is_steward(department))
