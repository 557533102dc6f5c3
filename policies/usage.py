"""Who uses a version of a standard, element, code list or crosswalk, down to the agreements that rest on it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from catalog.models import Dataset, DatasetState, Service
from policies.models import RUNNING, Agreement
from standards import paging
from standards import usage as references
from standards.models import Governed, Life, Standard
from standards.usage import User

KINDS = ("element", "standard", "crosswalk", "mapping", "interface", "dataset", "service", "agreement")
_ENDING = ("element", "standard", "crosswalk", "dataset")
"""Kinds that can end themselves; mappings and interface specifications are kept and hold nothing up."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything that uses a version, each once, in the order of `KINDS` and by id."""

    users: tuple[User, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        found = Counter(user.kind for user in self.users)
        return {kind: found[kind] for kind in KINDS}

    @property
    def holding(self) -> tuple[User, ...]:
        """What keeps the version from being retired: what is called, or could still be chosen, with it in it."""
        return tuple(user for user in self.users if user.kind in _ENDING and user.state == Life.PUBLISHED)

    def page(self, limit: int, cursor: str | None) -> tuple[list[User], str | None]:
        """Up to `limit` users after the cursor, `<kind> <id>` of the last one. Raises paging.InvalidCursor."""
        users = self.users
        if cursor is not None:
            kind, _, id = cursor.partition(" ")
            if kind not in KINDS or not id:
                raise paging.InvalidCursor
            users = tuple(user for user in users if _order(user) > (KINDS.index(kind), id))
        shown = users[:limit]
        return list(shown), f"{shown[-1].kind} {shown[-1].id}" if len(users) > limit else None


def of(session: Session, row: Governed) -> Usage:
    """Directly or through what it stands in: elements, standards, datasets, their services and running agreements."""
    direct = references.of(session, row)
    standards = {tuple(user.id.split(":")) for user in direct if user.kind == "standard"}
    if isinstance(row, Standard):
        standards.add((row.slug, row.version))
    datasets = list(_datasets(session, standards))
    services = list(_services(session, [user.id for user in datasets]))
    agreements = list(_agreements(session, [user.id for user in services]))
    found = {(user.kind, user.id): user for user in (*direct, *datasets, *services, *agreements)}
    return Usage(tuple(sorted(found.values(), key=_order)))


def _order(user: User) -> tuple[int, str]:
    return KINDS.index(user.kind), user.id


def _datasets(session: Session, standards: Iterable[tuple[str, ...]]) -> Iterator[User]:
    for some in paging.portions(sorted(standards)):
        named = tuple_(col(Dataset.standard), col(Dataset.standard_version)).in_(some)
        query = select(Dataset.id, Dataset.title, Dataset.state, Dataset.department).where(named)
        for id, title, state, department in session.exec(query).all():
            yield User("dataset", id, title, state, department)


def _services(session: Session, datasets: list[str]) -> Iterator[User]:
    for some in paging.portions(datasets):
        query = (
            select(Service.id, Service.title, Dataset.state, Service.department)
            .join(Dataset, col(Dataset.id) == Service.dataset_id)
            .where(col(Service.dataset_id).in_(some))
        )
        for id, title, state, department in session.exec(query).all():
            yield User("service", id, title, "called" if state == DatasetState.PUBLISHED else state, department)


def _agreements(session: Session, services: list[str]) -> Iterator[User]:
    for some in paging.portions(services):
        query = select(Agreement.id, Agreement.application_id, Agreement.state).where(
            col(Agreement.service_id).in_(some), col(Agreement.state).in_(RUNNING)
        )
        for id, application, state in session.exec(query).all():
            yield User("agreement", id, {}, state, application.partition("/")[0])
