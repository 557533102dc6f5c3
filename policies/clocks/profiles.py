"""Profiles: how many working days each clock has, by place. Three are shipped, operators register their own.

LookupError
├── UnknownProfile    no profile has this id
└── UnknownClock      the profile, and those that it extends, name no such clock
ValueError
├── TakenProfile      a shipped profile has this id
└── InvalidProfile    .findings: it extends or follows what is not there, or itself
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources

from sqlmodel import Session, col, select

from catalog.registration import told
from policies.clocks.models import ChosenProfile, ClockProfile, ProfileDraft, Term
from standards.validation import Finding

DEFAULT = "national"


class UnknownProfile(LookupError):
    """Neither shipped nor registered."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No profile of clocks is called {id!r}: look it up in the list of profiles.")


class UnknownClock(LookupError):
    """A clock that nobody set."""

    def __init__(self, profile: str, clock: str) -> None:
        super().__init__(f"The profile {profile} has no clock {clock!r}: register a profile that names it.")


class TakenProfile(ValueError):
    """What is shipped is not written over."""

    def __init__(self, id: str) -> None:
        super().__init__(f"The profile {id} is shipped with the exchange: register yours under another id.")


class InvalidProfile(ValueError):
    """A profile that cannot be resolved; `findings` lists everything wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The profile cannot be registered. {told(self.findings)}")


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a profile, resolved: its days with those of the clocks `after` which they come."""

    profile: str
    name: str
    days: int
    extension: int | None
    by_operator: bool
    after: tuple[str, ...]


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, ProfileDraft]:
    """The profiles that come with the exchange, by id."""
    files = sorted(resources.files("policies.clocks").joinpath("data").iterdir(), key=lambda file: file.name)
    read = [ProfileDraft.model_validate_json(file.read_bytes()) for file in files if file.name.endswith(".json")]
    return {profile.id: profile for profile in read}


def fetch(session: Session, id: str) -> ProfileDraft:
    """Raises UnknownProfile."""
    if (found := shipped().get(id)) is not None:
        return found
    row = session.get(ClockProfile, id)
    if row is None:
        raise UnknownProfile(id)
    return ProfileDraft.model_validate(row.document)


def all_of(session: Session) -> list[ProfileDraft]:
    rows = session.exec(select(ClockProfile).order_by(col(ClockProfile.id))).all()
    return [*shipped().values(), *(ProfileDraft.model_validate(row.document) for row in rows)]


def register(session: Session, draft: ProfileDraft, by: str, now: datetime) -> ProfileDraft:
    """A profile of one's own, or its new text; deadlines that run keep their days.

    Raises TakenProfile, InvalidProfile.
    """
    if draft.id in shipped():
        raise TakenProfile(draft.id)
    if findings := list(_findings(session, draft)):
        raise InvalidProfile(findings)
    row = session.get(ClockProfile, draft.id) or ClockProfile(
        id=draft.id, document={}, registered_by=by, registered_at=now
    )
    row.document, row.registered_by, row.registered_at = draft.model_dump(mode="json"), by, now
    session.add(row)
    session.flush()
    return draft


def in_force(session: Session) -> str:
    """The id of the profile that new clocks are taken from."""
    newest = session.exec(select(ChosenProfile).order_by(col(ChosenProfile.id).desc()).limit(1)).first()
    return newest.profile if newest else DEFAULT


def choose(session: Session, id: str, by: str, now: datetime) -> ChosenProfile:
    """Puts a profile in force for clocks that start from now on. Raises UnknownProfile."""
    fetch(session, id)
    row = ChosenProfile(profile=id, chosen_by=by, chosen_at=now)
    session.add(row)
    session.flush()
    return row


def clock(session: Session, name: str, profile: str | None = None) -> Clock:
    """The clock as the profile, by default the one in force, sets it. Raises UnknownProfile, UnknownClock."""
    profile = profile or in_force(session)
    terms = _terms(session, fetch(session, profile))
    if name not in terms:
        raise UnknownClock(profile, name)
    term = terms[name]
    first = tuple(_before(terms, term))
    days = term.days + sum(terms[each].days for each in first)
    return Clock(profile, name, days, term.extension, term.by == "operator", first)


def _terms(session: Session, profile: ProfileDraft, seen: frozenset[str] = frozenset()) -> dict[str, Term]:
    """The profile's clocks, and those of the profiles it extends; one that extends itself again ends there."""
    if profile.extends is None or profile.extends in seen:
        return dict(profile.clocks)
    return {**_terms(session, fetch(session, profile.extends), seen | {profile.id}), **profile.clocks}


def _before(terms: Mapping[str, Term], term: Term) -> Iterator[str]:
    """The clocks whose days come before the term's, the nearest first, each once."""
    seen: set[str] = set()
    while term.after is not None and term.after in terms and term.after not in seen:
        seen.add(term.after)
        yield term.after
        term = terms[term.after]


def _findings(session: Session, draft: ProfileDraft) -> Iterator[Finding]:
    if not draft.clocks:
        yield Finding("/clocks", "empty", "at least one clock")
    yield from _lineage(session, draft)
    try:
        terms = _terms(session, draft)
    except UnknownProfile:
        return
    for name, term in draft.clocks.items():
        if term.after is not None and term.after not in terms:
            yield Finding(f"/clocks/{name}/after", "known", "a clock of this profile, or of the one it extends")
        elif name in _before(terms, term):
            yield Finding(f"/clocks/{name}/after", "cycle", "a clock that does not follow this one in turn")


def _lineage(session: Session, draft: ProfileDraft) -> Iterator[Finding]:
    seen, extends = {draft.id}, draft.extends
    while extends is not None:
        if extends in seen:
            yield Finding("/extends", "cycle", "a profile that does not extend this one in turn")
            return
        seen.add(extends)
        try:
            extends = fetch(session, extends).extends
        except UnknownProfile:
            yield Finding("/extends", "known", "the id of a profile that is there")
            return
