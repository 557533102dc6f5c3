"""A mapping document read into a tree of rules, with everything that is wrong with it; and its JSON Schema.

    {"mapping": "1", "standard": "urn:hutong:standard:<slug>:<version>", "fields": {…}, "examples": [{…}]}

Under `fields` each property of the standard has one of: a rule ({"from": …, "op": …}), a group ({"fields": …}) for an
object, a list ({"each": …, "item": … or "fields": …}).
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError
from pydantic import Field as Shape
from pydantic.json_schema import models_json_schema

from standards import dialect
from standards.columns import LanguageMap
from standards.mapping import codes, dates, numbers, texts
from standards.mapping.rules import Instead, Kind, Pointer, Rule, folded
from standards.models import Draft
from standards.validation import Finding, pointer

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*texts.KINDS, dates.KIND, *numbers.KINDS, codes.KIND)}
MAX_RULES = 500
MAX_LEVELS = 12
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_STANDARD = r"^urn:hutong:standard:[a-z0-9]+(-[a-z0-9]+)*:(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"
_CROSSWALK = r"^urn:hutong:crosswalk:[a-z0-9]+(-[a-z0-9]+)*:(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"
Scalar = StrictStr | StrictBool | StrictInt | StrictFloat


class Table(Draft):
    """What codes become: written out, or a published crosswalk, whose exact and broader matches translate."""

    codes: dict[str, Scalar] | None = Shape(default=None, min_length=1, max_length=20_000)
    crosswalk: str | None = Shape(default=None, pattern=_CROSSWALK, max_length=120)
    inverse: bool = Shape(default=False, strict=True, description="the way back, from the crosswalk's target")

    @property
    def key(self) -> str:
        """By what the crosswalk's table is handed in: its URN, with `#inverse` for the way back."""
        return f"{self.crosswalk}#inverse" if self.inverse else str(self.crosswalk)


class Example(Draft):
    """A record as the department keeps it, and what the mapping has to make of it."""

    input: Any
    expected: Any
    note: LanguageMap | None = None


class Head(Draft):
    """A mapping document."""

    model_config = ConfigDict(title="Mapping document")

    mapping: Literal["1"] = Shape(description="version of this language")
    standard: str = Shape(pattern=_STANDARD, max_length=120)
    title: LanguageMap | None = None
    empty: list[Annotated[str, Shape(max_length=100)]] = Shape(
        default_factory=list, max_length=50, description="texts that mean nothing, such as the empty one or 无"
    )
    tables: dict[Annotated[str, Shape(max_length=64)], Table] = Shape(default_factory=dict, max_length=100)
    fields: dict[str, Any] = Shape(min_length=1)
    examples: list[Example] = Shape(default_factory=list, max_length=100)


class Group(Draft):
    """An object of the standard. `from` moves its rules to a part of the record; `when` names what must be there."""

    model_config = ConfigDict(populate_by_name=True)

    source: Pointer | None = Shape(default=None, alias="from")
    when: Pointer | None = None
    on_missing: Instead = "reject"
    fields: dict[str, Any] = Shape(min_length=1)


class Each(Draft):
    """A list of the standard: one entry for each of the record's, or for each part of a text."""

    each: Pointer
    separator: str | None = Shape(default=None, min_length=1, max_length=20)
    on_missing: Instead = "reject"
    fields: dict[str, Any] | None = Shape(default=None, min_length=1)
    item: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A rule; `at` points into the document, `target` names what it makes, with `*` for lists."""

    at: str
    target: str
    kind: Kind
    rule: Rule


@dataclass(frozen=True, slots=True)
class Branch:
    """A group."""

    at: str
    target: str
    shape: Group
    fields: dict[str, "Node"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list."""

    at: str
    target: str
    shape: Each
    item: "Node"


Node = Leaf | Branch | Listed


@dataclass(slots=True)
class Parsed:
    """What could be read of a document, and everything wrong with it."""

    standard: tuple[str, str] = ("", "")
    tree: Branch | None = None
    tables: dict[str, Members[str, Any]] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    examples: list[Example] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rules: int = 0


def crosswalks_of(document: Any) -> list[str]:
    """The crosswalks that a document names, by the keys of `parse`; of an ill-formed document what can be made out."""
    tables = document.get("tables") if isinstance(document, dict) else None
    read = [_shaped(Table, table, "")[0] for table in (tables.values() if isinstance(tables, dict) else ())]
    return list(dict.fromkeys(table.key for table in read if table is not None and table.crosswalk is not None))


def parse(document: Any, crosswalks: Members[str, Members[str, Any]]) -> Parsed:
    """Reads a document; `crosswalks` are the tables of those it names, by `Table.key`."""
    parsed = Parsed()
    if oversized := dialect.oversized(document):
        parsed.findings = oversized
        return parsed
    head, findings = _shaped(Head, document, "")
    parsed.findings += findings
    if head is not None:
        slug, version = head.standard.split(":")[3:]
        parsed.standard, parsed.empty, parsed.examples = (slug, version), frozenset(head.empty), head.examples
        for name, table in head.tables.items():
            parsed.tables[name] = _table(parsed, name, table, crosswalks)
    elif isinstance(document, dict) and isinstance(document.get("tables"), dict):
        parsed.tables = {str(name): {} for name in document["tables"]}  # so that rules which name them are not blamed
    fields = document.get("fields") if isinstance(document, dict) else None
    if isinstance(fields, dict) and fields:
        parsed.tree = Branch("", "", Group(fields=fields), _fields(parsed, fields, "/fields", "", 1))
    return parsed


def _table(parsed: Parsed, name: str, table: Table, crosswalks: Members[str, Members[str, Any]]) -> Members[str, Any]:
    at = pointer(["tables", name])
    if (table.codes is None) == (table.crosswalk is None):
        parsed.findings.append(Finding(at, "table", "either codes or crosswalk"))
        return {}
    if table.crosswalk is not None:
        if table.key not in crosswalks:
            parsed.findings.append(Finding(f"{at}/crosswalk", "known", "a published crosswalk"))
        return crosswalks.get(table.key, {})
    assert table.codes is not None
    made: dict[str, Any] = {}
    for code, value in table.codes.items():
        if made.setdefault(folded(code), value) != value:
            where = f"{at}/codes{pointer([code])}"
            parsed.findings.append(Finding(where, "unique", "one meaning for codes that differ in width or space only"))
    return made


# -- the tree ----------------------------------------------------------------------------------------------------------


def _fields(parsed: Parsed, fields: Members[str, Any], at: str, target: str, level: int) -> dict[str, Node]:
    nodes = {}
    for name, described in fields.items():
        where = at + pointer([name])
        if not _NAME.fullmatch(name):
            parsed.findings.append(Finding(where, "name", "the name of a property: letters, digits, _ and -"))
        node = _node(parsed, described, where, f"{target}{pointer([name])}", level)
        if node is not None:
            nodes[name] = node
    return nodes


def _node(parsed: Parsed, described: Any, at: str, target: str, level: int) -> Node | None:
    parsed.rules += 1
    if parsed.rules > MAX_RULES or level > MAX_LEVELS:
        if parsed.rules == MAX_RULES + 1 or level == MAX_LEVELS + 1:
            bound = f"at most {MAX_RULES} rules, nested at most {MAX_LEVELS} levels deep"
            parsed.findings.append(Finding(at, "size", bound))
        return None
    if not isinstance(described, dict):
        parsed.findings.append(Finding(at, "rule", "a rule (op), a group (fields) or a list (each)"))
        return None
    if "each" in described:
        return _listed(parsed, described, at, target, level)
    if "fields" in described and "op" not in described:
        group, findings = _shaped(Group, described, at)
        parsed.findings += findings
        inner = described["fields"] if isinstance(described["fields"], dict) else {}
        fields = _fields(parsed, inner, f"{at}/fields", target, level + 1)
        return None if group is None else Branch(at, target, group, fields)
    return _leaf(parsed, described, at, target)


def _listed(parsed: Parsed, described: dict[str, Any], at: str, target: str, level: int) -> Node | None:
    shape, findings = _shaped(Each, described, at)
    parsed.findings += findings
    if ("fields" in described) == ("item" in described):
        parsed.findings.append(Finding(at, "each", "either fields, for a list of objects, or item"))
        return None
    item: Node | None
    inner, below = described.get("fields"), f"{target}/*"
    if "item" in described:
        item = _node(parsed, described["item"], f"{at}/item", below, level + 1)
    elif not isinstance(inner, dict) or not inner:
        return None
    else:
        item = Branch(at, below, Group(fields=inner), _fields(parsed, inner, f"{at}/fields", below, level + 1))
    return None if shape is None or item is None else Listed(at, target, shape, item)


def _leaf(parsed: Parsed, described: dict[str, Any], at: str, target: str) -> Leaf | None:
    op = described.get("op")
    kind = KINDS.get(op) if isinstance(op, str) else None
    if kind is None:
        parsed.findings.append(Finding(f"{at}/op", "known", f"one of {', '.join(KINDS)}"))
        return None
    rule, findings = _shaped(kind.shape, described, at)
    parsed.findings += findings
    return None if rule is None else Leaf(at, target, kind, rule)


def _shaped(shape: type[Any], value: Any, at: str) -> tuple[Any, list[Finding]]:
    """The value in this shape, or None and why not."""
    try:
        return shape.model_validate(value), []
    except ValidationError as error:
        found = {_where(value, each["loc"], each["type"]): each for each in reversed(error.errors(include_input=False))}
        return None, [
            Finding(at + where, str(each["type"]), _told(where, each)) for where, each in reversed(found.items())
        ]


def _where(value: Any, location: Iterable[str | int], kind: str) -> str:
    """The part of pydantic's location that the value has; the rest names branches of unions."""
    steps: list[str | int] = []
    for step in location:
        inside = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if not inside:
            return pointer([*steps, step] if kind == "missing" else steps)
        value = value[step]
        steps.append(step)
    return pointer(steps)


_PLAIN = {"extra_forbidden": "nothing of this name", "missing": "this member: it is required"}


def _told(where: str, error: Any) -> str:
    if where.endswith(("/on_missing", "/on_unmapped")):
        return 'reject, null, omit or {"value": …}'
    if error["type"] in _PLAIN:
        return _PLAIN[str(error["type"])]
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:300]


# -- the schema --------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema 2020-12 of mapping documents. What it cannot say (pointers to tables, targets) `parse` says."""
    shapes: list[type[BaseModel]] = [Head, Group, Each, *(kind.shape for kind in KINDS.values())]
    _, made = models_json_schema([(shape, "validation") for shape in shapes], ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = made["$defs"]
    node = {"$ref": "#/$defs/Node"}
    for name in ("Head", "Group", "Each"):
        definitions[name]["properties"]["fields"] = {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": f"^{_NAME.pattern}$"},
            "additionalProperties": node,
        }
    definitions["Each"]["properties"]["item"] = node
    definitions["Each"]["oneOf"] = [{"required": ["fields"]}, {"required": ["item"]}]
    definitions["Node"] = {"anyOf": [{"$ref": f"#/$defs/{shape.__name__}"} for shape in _nodes()]}
    head = definitions.pop("Head")
    return {"$schema": dialect.DIALECT, **head, "$defs": definitions}


def _nodes() -> Iterator[type[BaseModel]]:
    yield from (Group, Each)
    yield from (kind.shape for kind in KINDS.values())
