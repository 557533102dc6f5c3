"""The catalog as rows of the sheet, a page of datasets in memory at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlmodel import Session, col, select

from catalog import versions
from catalog.models import Dataset, DatasetState, DatasetVersion, Department
from catalog.template import sheet
from catalog.template.sheet import Shown

PAGE: Final = 100


def page(
    session: Session, language: str, *, after: str = "", department: str | None = None, working: bool = False
) -> tuple[list[list[str | int]], str | None]:
    """The sheet's rows of some datasets by id, without headings, and the id to go on after, None at the end.

    Published datasets as they are in force; with `working` also the others, each as it was last proposed. A page at a
    time, so that neither memory nor a reading transaction grows with the catalog or the patience of its reader.
    """
    found = _page(session, after, department, working)
    documents = documents_of(session, found, working=working)
    providers = _departments(session, {dataset.department for dataset in found})
    codes = codes_of(session, (id for document in documents.values() for id in document.get("related") or ()))
    rows: list[list[str | int]] = []
    for dataset in found:
        if dataset.id in documents:
            rows += sheet.rows(_shown(dataset, documents[dataset.id], providers, codes), language)
    return rows, found[-1].id if len(found) == PAGE else None


def documents_of(session: Session, found: Sequence[Dataset], *, working: bool) -> dict[str, dict[str, Any]]:
    """The registration of each dataset: the version in force, or with `working` the one that is proposed, if any."""
    statement = (
        select(DatasetVersion)
        .join(Dataset, col(Dataset.id) == col(DatasetVersion.dataset_id))
        .where(col(DatasetVersion.number) == col(Dataset.version))
    )
    documents: dict[str, dict[str, Any]] = {}
    for ids in _some([dataset.id for dataset in found]):
        for version in session.exec(statement.where(col(DatasetVersion.dataset_id).in_(ids))):
            documents[version.dataset_id] = version.document
    if working:
        pending = versions.pending_of(session, [dataset.id for dataset in found])
        documents.update({id: version.document for id, version in pending.items()})
    return documents


def codes_of(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Resource codes of published datasets, by id."""
    codes: dict[str, str] = {}
    for some in _some(sorted(set(ids))):
        statement = select(Dataset).where(col(Dataset.id).in_(some), Dataset.state == DatasetState.PUBLISHED)
        codes |= {row.id: row.resource_code for row in session.exec(statement) if row.resource_code}
    return codes


def _page(session: Session, last: str, department: str | None, working: bool) -> list[Dataset]:
    statement = select(Dataset).where(col(Dataset.id) > last).order_by(col(Dataset.id)).limit(PAGE)
    if department is not None:
        statement = statement.where(Dataset.department == department)
    if not working:
        statement = statement.where(Dataset.state == DatasetState.PUBLISHED)
    return list(session.exec(statement))


def _departments(session: Session, slugs: Iterable[str]) -> dict[str, Department]:
    found = session.exec(select(Department).where(col(Department.slug).in_(sorted(slugs))))
    return {department.slug: department for department in found}


def _shown(
    dataset: Dataset, document: dict[str, Any], providers: dict[str, Department], codes: dict[str, str]
) -> Shown:
    provider = providers[dataset.department]
    beside = {
        "resource_code": dataset.resource_code or "",
        "provider": provider.name.get("zh") or provider.name.get("en", ""),
        "credit_code": provider.credit_code,
        "published_at": dataset.published_at.date().isoformat() if dataset.published_at else "",
    }
    related = [codes.get(id, id) for id in document.get("related") or ()]
    return Shown({**document, "slug": dataset.slug}, beside, related)


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), 500):  # databases bound the number of parameters of one query
        yield ids[start : start + 500]
