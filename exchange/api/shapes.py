"""What the API shows of a row. Credentials and sealed keys have no member here, so they cannot be shown."""

from collections.abc import Sequence
from typing import Any

from catalog import reviews
from catalog.models import Application, Category, DataItem, Dataset, DatasetVersion, Department, Service
from exchange.identity.models import Client
from policies.models import Agreement, AgreementVersion
from standards.mapping.models import PublishedMapping
from standards.models import Governed, Interface

_MAPPED_BY = {"document", "crosswalks"}
_NOT_BRIEF = {"id", "document", "bundled", "codes", "fragment", "pairs", "history", *_MAPPED_BY}


def governed(row: Governed, *, inside: bool) -> dict[str, Any]:
    """An element, code list, standard or crosswalk; `inside` shows who did what, and why something was returned."""
    shown = row.model_dump(exclude={"id", "history"}, mode="json")
    if inside:
        shown["history"] = [{name: text for name, text in act.items() if name != "key"} for act in row.history]
    return shown


def interface(row: Interface) -> dict[str, Any]:
    return row.model_dump(exclude={"id"}, mode="json")


def mapping(row: PublishedMapping, *, inside: bool) -> dict[str, Any]:
    """`inside` shows the document, which names what a department's own system holds."""
    return row.model_dump(exclude={"id"} if inside else {"id", *_MAPPED_BY}, mode="json")


def brief(row: Governed | Interface | PublishedMapping) -> dict[str, Any]:
    """A row of a list: without its document."""
    return row.model_dump(exclude=_NOT_BRIEF, mode="json")


def department(row: Department) -> dict[str, Any]:
    return row.model_dump(mode="json")


def application(row: Application) -> dict[str, Any]:
    return row.model_dump(mode="json")


def client(row: Client) -> dict[str, Any]:
    return row.model_dump(mode="json")


PERSONS = {"created_by", "changed_by"}


def dataset(
    row: Dataset, items: Sequence[DataItem] = (), *, inside: bool = False, pending: DatasetVersion | None = None
) -> dict[str, Any]:
    """`inside` shows who acted, what is proposed beside what is in force, and whose turn it is."""
    shown = {**row.model_dump(exclude={"about", *([] if inside else PERSONS)}, mode="json"), **row.about}
    if inside:
        shown["pending"] = pending and brief_version(pending)
        shown["turn"] = _turn(pending)
    if items:
        shown["items"] = [item(each) for each in items]
    return shown


def brief_version(row: DatasetVersion) -> dict[str, Any]:
    return {"number": row.number, "stage": row.stage, "since": row.moved_at.isoformat(), "title": row.document["title"]}


def version(row: DatasetVersion, *, inside: bool) -> dict[str, Any]:
    """A version without its document; outside, neither who acted nor what reviewers said."""
    shown = {"dataset": row.dataset_id, **brief_version(row)}
    shown["published_at"] = row.published_at and row.published_at.isoformat()
    if inside:
        names = {"reviews", "trail", "created_by", "created_at", "submitted_by", "submitted_at", "registered_at"}
        shown.update(row.model_dump(include=names, mode="json"), turn=_turn(row))
    return shown


def category(row: Category) -> dict[str, Any]:
    return row.model_dump(exclude={"issued"}, mode="json")


def _turn(version: DatasetVersion | None) -> dict[str, Any] | None:
    turn = reviews.turn(version) if version else None
    return turn.as_dict() if turn else None


def item(row: DataItem) -> dict[str, Any]:
    return {**row.model_dump(exclude={"id", "dataset_id", "about"}, mode="json"), **row.about}


UPSTREAM = {"address", "connector"}


def service(row: Service, path: str, *, upstream: bool) -> dict[str, Any]:
    """`path` is where the broker serves it; `upstream` shows where it fetches from, and whether with a credential.

    The credential itself is never shown.
    """
    if not upstream:
        return {**row.model_dump(exclude={"credential", "authors", *UPSTREAM}, mode="json"), "path": path}
    shown = row.model_dump(exclude={"credential", "authors"}, mode="json")
    return {**shown, "has_credential": row.credential is not None, "path": path}


def agreement(row: Agreement, **more: Any) -> dict[str, Any]:
    return {**row.model_dump(mode="json"), **more}


def agreement_version(row: AgreementVersion, *, brief: bool = False) -> dict[str, Any]:
    """A version with who signed it, by which key; `brief` leaves the terms and the keys themselves out."""
    shown = row.model_dump(exclude={"id", "agreement_id", "signatures", *(("terms",) if brief else ())}, mode="json")
    signatures = [
        {"side": one["side"], "by": one["by"], "kid": one["key"]["kid"], "at": one["at"]} for one in row.signatures
    ]
    return {"agreement": row.agreement_id, **shown, "signatures": signatures}
