"""What the API shows of a row. Credentials and sealed keys have no member here, so they cannot be shown."""

from collections.abc import Sequence
from typing import Any

from catalog.models import Application, DataItem, Dataset, Department, Service
from exchange.identity.models import Client
from policies.models import Agreement
from standards.models import CodeList, DataElement, Interface, Standard


def element(row: DataElement) -> dict[str, Any]:
    return row.model_dump(exclude={"id"}, mode="json")


def code_list(row: CodeList) -> dict[str, Any]:
    return row.model_dump(exclude={"id"}, mode="json")


def standard(row: Standard) -> dict[str, Any]:
    return row.model_dump(exclude={"id"}, mode="json")


def interface(row: Interface) -> dict[str, Any]:
    return row.model_dump(exclude={"id"}, mode="json")


def brief(row: DataElement | CodeList | Standard | Interface) -> dict[str, Any]:
    """A row of a list: without its document."""
    return row.model_dump(exclude={"id", "document", "bundled", "codes", "fragment"}, mode="json")


def department(row: Department) -> dict[str, Any]:
    return row.model_dump(mode="json")


def application(row: Application) -> dict[str, Any]:
    return row.model_dump(mode="json")


def client(row: Client) -> dict[str, Any]:
    return row.model_dump(mode="json")


def dataset(row: Dataset, items: Sequence[DataItem] = ()) -> dict[str, Any]:
    shown = {**row.model_dump(exclude={"about"}, mode="json"), **row.about}
    if items:
        shown["items"] = [item(each) for each in items]
    return shown


def item(row: DataItem) -> dict[str, Any]:
    return {**row.model_dump(exclude={"id", "dataset_id", "about"}, mode="json"), **row.about}


UPSTREAM = {"address", "connector"}


def service(row: Service, path: str, *, upstream: bool) -> dict[str, Any]:
    """`path` is where the broker serves it; `upstream` shows where it fetches from, and whether with a credential.

    The credential itself is never shown.
    """
    if not upstream:
        return {**row.model_dump(exclude={"credential", *UPSTREAM}, mode="json"), "path": path}
    shown = row.model_dump(exclude={"credential"}, mode="json")
    return {**shown, "has_credential": row.credential is not None, "path": path}


def agreement(row: Agreement, **more: Any) -> dict[str, Any]:
    return {**row.model_dump(mode="json"), **more}
