"""How a provider finds its records: one shelf per dataset, with the operations of its interface specification. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from seeds.people import Record

MOST = 100
Keys = Callable[[Record], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of a provider.

    `shape` is "one" (a record under `data`, or nothing), "many" (all records of a key under `items`) or "page".
    `key` names the member of the body or the segment of the path for the first two; `keys` reads keys off a record.
    A page is selected by the query parameters named in `filters`.
    """

    dataset: str
    method: str
    path: str
    shape: str
    key: str = ""
    keys: Keys = lambda record: ()
    filters: Mapping[str, Callable[[Record], str]] | None = None
    must_exist: bool = False


def _district(record: Record) -> str:
    return str(record["district"])


def _owners(record: Record) -> Iterable[str]:
    return (owner["resident_id"] for owner in record["owners"])


def _spouses(record: Record) -> Iterable[str]:
    return (spouse["resident_id"] for spouse in record["spouses"])


def _own(name: str) -> Keys:
    return lambda record: (record[name],)


OPERATIONS = (
    Operation("public-security/population", "POST", "/v1/lookups", "one", "resident_id", _own("resident_id")),
    Operation("public-security/cameras", "GET", "/v1/cameras", "page", filters={"district": _district}),
    Operation("civil-affairs/marriage", "POST", "/v1/lookups", "many", "resident_id", _spouses),
    Operation(
        "health/birth-certificates", "POST", "/v1/lookups", "one", "certificate_number", _own("certificate_number")
    ),
    Operation(
        "health/birth-certificates",
        "POST",
        "/v1/maternal-lookups",
        "many",
        "resident_id",
        lambda record: (record["mother"]["resident_id"],),
    ),
    Operation("market-regulation/companies", "POST", "/v1/lookups", "one", "credit_code", _own("credit_code")),
    Operation(
        "market-regulation/companies",
        "GET",
        "/v1/companies",
        "page",
        filters={"district": lambda record: record["premises"]["district"]},
    ),
    Operation("social-security/contributions", "POST", "/v1/lookups", "many", "resident_id", _own("resident_id")),
    Operation("planning/real-estate-titles", "POST", "/v1/lookups", "many", "resident_id", _owners),
    Operation("transport/road-sensors", "GET", "/v1/readings", "page", filters={"district": _district}),
    Operation(
        "transport/road-sensors",
        "GET",
        "/v1/sensors/{sensor}/readings",
        "many",
        "sensor",
        _own("sensor"),
        must_exist=True,
    ),
    Operation("ecology/air-quality", "GET", "/v1/readings", "page", filters={"district": _district}),
    Operation(
        "city-operations/events",
        "GET",
        "/v1/events",
        "page",
        filters={
            "district": lambda record: record["place"]["district"],
            "category": lambda record: record["category"],
        },
    ),
)


class Shelf:
    """The records of one operation, indexed the way it asks for them. What it hands out is not to be changed."""

    def __init__(self, operation: Operation, records: list[Record]) -> None:
        self.operation = operation
        self._records = records
        self._found: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            for key in operation.keys(record):
                self._found[key].append(record)
        self._filters = dict(operation.filters or {})
        self._select = lru_cache(maxsize=256)(self._selected)

    def find(self, key: str) -> list[Record]:
        """The records of a key, at most a page of them."""
        return self._found.get(key, [])[:MOST]

    def page(self, wanted: Mapping[str, str], limit: int, start: int) -> tuple[list[Record], str | None]:
        """Records that carry all wanted labels, and where the next page starts."""
        records = self._select(tuple(wanted.get(name) for name in self._filters))
        following = start + limit
        return records[start:following], str(following) if following < len(records) else None

    def _selected(self, wanted: tuple[str | None, ...]) -> list[Record]:
        asked = [(read, label) for read, label in zip(self._filters.values(), wanted, strict=True) if label is not None]
        return [record for record in self._records if all(read(record) == label for read, label in asked)]


def fill(records: Mapping[str, list[Record]]) -> tuple[Shelf, ...]:
    """One shelf per operation, over the same records where operations share a dataset."""
    return tuple(Shelf(operation, records[operation.dataset]) for operation in OPERATIONS)
