"""A dataset as a data contract after the Open Data Contract Standard (ODCS) 3.1.0, of the Bitol project.

Schema from the standard and the registered items, terms and quota from the calling rule, service level from the update
cycle, servers where the broker answers. ODCS has no language maps: texts are `<Chinese> · <English>`, and what it has
no field for stands in its `customProperties`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlmodel import Session

from catalog import datasets, departments, services
from catalog.models import DataItem, Dataset, DatasetState, DataType, Department, Service, UpdateCycle
from standards import costs, schemas

API_VERSION: Final = "v3.1.0"
_STATUS: Final = {
    DatasetState.DRAFT: "draft",
    DatasetState.REGISTERED: "proposed",
    DatasetState.PUBLISHED: "active",
    DatasetState.WITHDRAWN: "retired",
}
_FREQUENCY: Final[Mapping[str, tuple[int, str]]] = {
    UpdateCycle.DAILY: (1, "d"),
    UpdateCycle.WEEKLY: (7, "d"),
    UpdateCycle.MONTHLY: (1, "mo"),
    UpdateCycle.QUARTERLY: (3, "mo"),
    UpdateCycle.HALF_YEARLY: (6, "mo"),
    UpdateCycle.YEARLY: (1, "y"),
}
_LOGICAL: Final = {
    **{name: name for name in ("string", "integer", "number", "boolean", "object", "array")},
    "date": "date",
    "date-time": "timestamp",
    "time": "time",
}
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties", "required"),
}
_TYPES: Final = {
    DataType.NUMERIC: "number",
    DataType.CURRENCY: "number",
    DataType.DOUBLE: "number",
    DataType.FLOAT: "number",
    DataType.INTEGER: "integer",
    DataType.LOGICAL: "boolean",
    DataType.DATE: "date",
    DataType.DATE_TIME: "timestamp",
}
_MOST = 5_000
"""Properties that one contract lists."""

Node = dict[str, Any]


def contract(session: Session, row: Dataset, base: str) -> Node:
    """The dataset's contract; `base` is the public URL of the exchange, without a slash at its end."""
    items = datasets.items(session, row.id)
    department = departments.fetch(session, row.department)
    found = [one for one in services.of_dataset(session, row.id) if _offered(one, row)]
    return _some(
        apiVersion=API_VERSION,
        kind="DataContract",
        id=f"urn:hutong:dataset:{row.id}",
        version=f"{row.version}.0.0",
        name=_both(row.title),
        status=_STATUS[DatasetState(row.state)],
        domain=next(iter(row.about.get("themes", ())), None),
        description=_description(row, base),
        tags=row.about.get("keywords"),
        schema=[_schema(session, row, items)],
        servers=[_server(service, base) for service in found if service.interface],
        support=list(_support(row, department)),
        team=_some(
            name=_both(department.name),
            customProperties=_custom(creditCode=department.credit_code, slug=row.department),
        ),
        roles=[_role(row, department)],
        slaProperties=list(_service_level(row)),
        authoritativeDefinitions=list(_definitions(row, base)),
        contractCreatedTs=row.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        customProperties=_custom(
            resourceCode=row.resource_code,
            sharingClass=row.sharing_class,
            openClass=row.about.get("open_class"),
            updateCycle=row.update_cycle,
            callingRule=row.calling_rule,
            title=row.title,
        ),
    )


def _description(row: Dataset, base: str) -> Node:
    rule = row.calling_rule or {}
    usage = None
    if rule:
        usage = f"Purposes · 用途: {', '.join(rule['purposes'])}. Legal bases · 依据: {', '.join(rule['bases'])}."
    return _some(
        purpose=_both(row.description),
        usage=usage,
        limitations=_both(row.sharing_reason) if row.sharing_reason else None,
        customProperties=_custom(
            legislation=row.about.get("legislation") or None,
            provenance=row.about.get("provenance"),
            licence=row.about.get("licence"),
        ),
    )


def _offered(service: Service, row: Dataset) -> bool:
    """One that waits for its review beside a published dataset is not."""
    return row.state != DatasetState.PUBLISHED or services.in_force(service, row)


def _server(service: Service, base: str) -> Node:
    return {
        "server": service.slug,
        "type": "api",
        "location": f"{base}/x/{service.id}",
        "description": _both(service.title),
        "customProperties": _custom(
            interface=service.interface,
            interfaceVersion=service.interface_version,
            openapi=f"{base}/x/{service.id}/openapi.json",
        ),
    }


def _support(row: Dataset, department: Department) -> Iterator[Node]:
    contact = row.about.get("contact_point")
    if contact:
        email, phone = contact.get("email"), contact.get("phone")
        address = f"mailto:{email}" if email else f"tel:{phone}" if phone else None
        yield _some(channel=_both(contact["name"]), url=address, tool="email" if email else "other")
    yield {"channel": department.contact, "tool": "other", "scope": "issues"}


def _role(row: Dataset, department: Department) -> Node:
    told = "An application with an active agreement · 持有有效共享协议的应用系统"
    if row.sharing_class == "not-shared":
        told = "Nobody: the dataset is not shared · 不予共享"
    return {
        "role": f"call:{row.id}",
        "access": "read" if row.sharing_class != "not-shared" else "none",
        "description": told,
        "firstLevelApprovers": _both(department.name),
    }


def _service_level(row: Dataset) -> Iterator[Node]:
    if row.update_cycle in _FREQUENCY:
        value, unit = _FREQUENCY[row.update_cycle]
        yield {"property": "frequency", "value": value, "unit": unit, "description": "Update cycle · 更新周期"}
    quota = (row.calling_rule or {}).get("quota")
    if quota:
        told = "Most calls under one agreement · 单个协议的调用上限"
        yield {
            "property": "throughput",
            "value": quota["count"],
            "unit": f"calls/{quota['window']}",
            "description": told,
        }
    if row.published_at:
        yield {"property": "generalAvailability", "value": row.published_at.date().isoformat()}
    if row.withdraws_at:
        why = _both(row.withdrawal_reason) if row.withdrawal_reason else None
        yield _some(property="endOfLife", value=row.withdraws_at.isoformat(timespec="seconds"), description=why)


def _definitions(row: Dataset, base: str) -> Iterator[Node]:
    if row.standard:
        url = f"{base}/api/v1/standards/{row.standard}?version={row.standard_version}"
        yield {"url": url, "type": "businessDefinition", "description": "Standard · 数据标准"}
    if row.state == DatasetState.PUBLISHED:
        yield {"url": f"{base}/catalog/datasets/{row.id}", "type": "canonicalUrl", "description": "DCAT-AP"}


# -- schema -----------------------------------------------------------------------------------------------------------


def _schema(session: Session, row: Dataset, items: Sequence[DataItem]) -> Node:
    named = {item.path: item for item in items}
    head = {"name": row.standard or row.slug, "logicalType": "object", "physicalType": "record"}
    if row.standard is None:
        return {**head, "properties": [_flat(item) for item in items]}
    bundled = schemas.fetch(session, row.standard, row.standard_version).bundled
    name = _both(schemas.fetch(session, row.standard, row.standard_version).name)
    return {**head, "businessName": name, "properties": _Record(bundled, named).properties(bundled)}


def _flat(item: DataItem) -> Node:
    """An item of a dataset that follows no standard yet."""
    kind = item.about.get("data_type")
    return _some(
        name=item.path,
        logicalType=_TYPES.get(DataType(kind), "string") if kind else "string",
        physicalType=kind,
        **_registered(item),
    )


class _Record:
    """The record of a standard as properties of ODCS: a schema that contains itself ends where it would start again."""

    def __init__(self, bundled: Any, items: Mapping[str, DataItem]) -> None:
        self._root = bundled
        self._items = items
        self._room = _MOST

    def properties(self, schema: Any, above: str = "", within: frozenset[int] = frozenset()) -> list[Node]:
        merged, parts = _merged(self._root, schema)
        if parts & within:
            return []
        found = []
        for name, declared in merged.get("properties", {}).items():
            self._room -= 1
            if self._room < 0:
                break
            path = f"{above}.{name}" if above else name
            required = name in merged.get("required", ()) or None
            found.append(_some(name=name, required=required, **self._value(declared, path, within | parts)))
        return found

    def _value(self, schema: Any, path: str, within: frozenset[int]) -> Node:
        """What is said of the value at a path: its type and bounds from the standard, the rest from its item."""
        merged, _ = _merged(self._root, schema)
        item = self._items.get(path)
        said = self._typed(schema, path, within)
        return said | (_registered(item) if item else {"businessName": merged.get("title")})

    def _typed(self, schema: Any, path: str, within: frozenset[int]) -> Node:
        merged, _ = _merged(self._root, schema)
        logical = _logical(merged)
        said: Node = {"logicalType": logical, "physicalType": merged.get("format") or logical}
        options = {name: merged[name] for name in _OPTIONS.get(logical, ()) if merged.get(name) not in (None, [])}
        said["logicalTypeOptions"] = options or None
        if logical == "object":
            said["properties"] = self.properties(schema, path, within) or None
        if logical == "array" and isinstance(merged.get("items"), dict):
            said["items"] = _some(**self._typed(merged["items"], path, within))
        return said


def _registered(item: DataItem) -> Node:
    about = item.about
    return {
        "businessName": _both(item.title),
        "description": _both(about["description"]) if about.get("description") else None,
        "classification": item.sharing_class,
        "criticalDataElement": item.authoritative or None,
        "customProperties": _custom(
            sensitivity=item.sensitivity,
            identifies=item.identifies,
            dataElement=item.element,
            openClass=about.get("open_class"),
            title=item.title,
        ),
    }


def _merged(root: Any, schema: Any) -> tuple[Node, frozenset[int]]:
    """The schema with what it refers to and all it is composed of, flat; and those of its parts that declare something.

    Of several that say the same the first counts.
    """
    merged: Node = {}
    waiting, seen, declaring = [schema], set[int](), set[int]()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, dict) or id(one) in seen:
            continue
        seen.add(id(one))
        for name, value in one.items():
            if name == "properties":
                declaring.add(id(one))
                merged[name] = {**value, **merged.get(name, {})}
            elif name == "required":
                merged[name] = sorted({*value, *merged.get(name, ())})
            else:
                merged.setdefault(name, value)
        if "$ref" in one:
            waiting.append(costs.resolve(root, one["$ref"]))
        waiting += one.get("allOf", ())
    return merged, frozenset(declaring)


def _logical(schema: Mapping[str, Any]) -> str:
    """The logical type; `object` for what may be anything, as ODCS has no word for that and wants one."""
    kind = schema.get("type")
    kinds = [str(one) for one in (kind if isinstance(kind, list) else [kind]) if one not in ("null", None)]
    if not kinds:
        return "object"
    if kinds == ["string"] and schema.get("format") in _LOGICAL:
        return _LOGICAL[schema["format"]]
    return _LOGICAL.get(kinds[0], "object")


# -- small parts ------------------------------------------------------------------------------------------------------


def _both(texts: Mapping[str, str]) -> str:
    return " · ".join(texts[language] for language in ("zh", "en") if texts.get(language))


def _custom(**values: Any) -> list[Node] | None:
    """Custom properties, those that have a value."""
    return [{"property": name, "value": value} for name, value in values.items() if value is not None] or None


def _some(**members: Any) -> Node:
    return {name: value for name, value in members.items() if value not in (None, [], {})}
