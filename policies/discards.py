"""A proposal is given up: the version beside the published one, or a registration that was never published as a whole.

With a registration go its services, and the agreements that were drafted on them: none of those was ever in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from catalog import datasets, notices, removal, services
from catalog.models import Dataset
from policies.models import Agreement, AgreementState, AgreementVersion


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A registration that is no longer there: its last revision, the code that was issued to it, what went with it."""

    id: str
    revision: int
    resource_code: str | None
    services: tuple[str, ...]
    agreements: tuple[str, ...]


def discard(
    session: Session, dataset_id: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> Dataset | GivenUp:
    """The dataset where a version of it is in force or was, else what was given up with it.

    Raises UnknownDataset, Outdated, NothingPending.
    """
    dataset = datasets.held(session, dataset_id, expected_revision)
    if dataset.state not in datasets.UNPUBLISHED:
        return datasets.discard(session, dataset_id, by, now)
    reached = tuple(service.id for service in services.of_dataset(session, dataset_id))
    dropped = _drop(session, dataset_id, reached, now)
    removal.remove(session, dataset, by, now)
    return GivenUp(dataset_id, dataset.revision, dataset.resource_code, reached, dropped)


def _drop(session: Session, dataset_id: str, reached: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Takes away what was drafted on these services; who still waits for an answer is told."""
    statement = select(Agreement).where(
        col(Agreement.service_id).in_(reached), col(Agreement.activated_at).is_(None)
    )  # one that ever was in force is never deleted: the database then keeps its service, and refuses all of this
    found = session.exec(statement.order_by(col(Agreement.id))).all()
    waiting = {row.application_id.partition("/")[0] for row in found if row.state == AgreementState.DRAFT}
    text = {
        "zh": f"{dataset_id} 尚未发布即已放弃登记，对其起草的协议随之失效。",
        "en": f"{dataset_id} was given up before it was published; what you drafted on it ends with it.",
    }
    for department in sorted(waiting):
        notices.tell(session, department, "dataset.discarded", dataset_id, text, now)
    for row in found:
        session.execute(delete(AgreementVersion).where(col(AgreementVersion.agreement_id) == row.id))
        session.delete(row)
    session.flush()
    return tuple(row.id for row in found)
