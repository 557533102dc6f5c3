"""A mapping held against its standard: every target exists, whatever is required comes out, stand-ins are allowed."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from standards import costs
from standards.dialect import children
from standards.mapping.document import Branch, Leaf, Node, Parsed
from standards.mapping.rules import OMITTED, stand_ins
from standards.validation import Checker, Finding, InvalidSchema, pointer

_SURE = ("allOf",)
_POSSIBLE = ("anyOf", "oneOf", "if", "then", "else", "dependentSchemas")
_ALL_TYPES = frozenset(("string", "number", "integer", "boolean", "null", "object", "array"))
_SAYS_NOTHING = frozenset(("$ref", "title", "description", "$comment", "examples"))
"""Keywords that ask nothing of a value; what a reference leads to is looked at by itself."""
_MOST_TABLE_FINDINGS = 5
_MOST_LOOKED_UP = 200_000
"""Values of tables that are held against the standard, in all rules together: a quarter of a second."""


class _Value:
    """What a standard says of one value: the schemas that hold for it in any case, and those that may."""

    def __init__(self, root: Mapping[str, Any], schemas: Iterable[Any]) -> None:
        self.root = root
        self.sure = list(_reached(root, schemas, _SURE))
        self.all = list(_reached(root, schemas, _SURE + _POSSIBLE))

    @property
    def required(self) -> list[str]:
        return list(dict.fromkeys(name for each in self.sure for name in each.get("required", ())))

    @property
    def types(self) -> frozenset[str]:
        found = _ALL_TYPES
        for each in self.sure:
            if "type" in each:
                named = each["type"]
                found &= frozenset([named] if isinstance(named, str) else named)
        return found | {"integer"} if "number" in found else found

    def member(self, name: str) -> "_Value | None":
        """What it says of a property; None where it declares none of this name."""
        declared = [each["properties"][name] for each in self.all if name in each.get("properties", {})]
        return _Value(self.root, declared) if declared else None

    def item(self) -> "_Value":
        return _Value(self.root, [each["items"] for each in self.all if "items" in each])

    @property
    def meaning(self) -> tuple[int, ...]:
        """The same for values of which the same is asked."""
        return tuple(id(each) for each in self.sure if not each.keys() <= _SAYS_NOTHING)

    def checker(self) -> Checker | None:
        """The check of such a value alone; None where its schemas name the whole record."""
        if any(each.get("$ref") == "#" for each in self.all):
            return None
        try:
            return Checker({"$defs": self.root.get("$defs", {}), "allOf": self.sure})
        except InvalidSchema:
            return None


def _reached(root: Mapping[str, Any], schemas: Iterable[Any], keywords: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The schemas and those they apply to the same value, through references, each once."""
    seen: set[int] = set()
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop(0)
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        yield schema
        if "$ref" in schema:
            waiting.append(costs.resolve(root, schema["$ref"]))
        for keyword in keywords:
            waiting.extend(child for _, child in children(keyword, schema.get(keyword)))


def faults(parsed: Parsed, bundled: Mapping[str, Any]) -> list[Finding]:
    """Everything in which the document misses the bundled standard. `parsed` has no findings of its own."""
    if parsed.tree is None:
        return []
    tables = _Tables(parsed)
    found = list(_faults(tables, parsed.tree, _Value(bundled, [bundled])))
    if tables.looked_up > _MOST_LOOKED_UP:
        found.append(Finding("/tables", "size", f"at most {_MOST_LOOKED_UP} codes in the tables of all rules together"))
    return found


class _Tables:
    """The document's tables against what the standard asks; each pair of the two is looked at once."""

    def __init__(self, parsed: Parsed) -> None:
        self._tables = parsed.tables
        self._known: set[tuple[str, tuple[int, ...]]] = set()
        self.looked_up = 0

    def faults(self, name: str, target: str, value: _Value) -> Iterator[Finding]:
        table, key = self._tables.get(name, {}), (name, value.meaning)
        if key in self._known:
            return
        self._known.add(key)
        self.looked_up += len(table)
        checker = value.checker() if self.looked_up <= _MOST_LOOKED_UP else None
        if checker is None:
            return
        wrong = ((code, what) for code, what in table.items() if not checker.valid(what))
        for code, what in islice(wrong, _MOST_TABLE_FINDINGS):
            expected = f"{checker.explain(what, limit=1)[0].expected}, at {target}"
            yield Finding(pointer(["tables", name, "codes", code]), "standard", expected)


def _faults(tables: _Tables, node: Node, value: _Value) -> Iterator[Finding]:
    if isinstance(node, Leaf):
        yield from _of_rule(tables, node, value)
        return
    makes = "object" if isinstance(node, Branch) else "array"
    if makes not in value.types:
        yield Finding(node.at, "type", _expected(value))
        return
    yield from _of_stand_ins(node.at, stand_ins(node.shape), value)
    if isinstance(node, Branch):
        yield from _of_fields(tables, node, value)
    else:
        yield from _faults(tables, node.item, value.item())


def _of_fields(tables: _Tables, node: Branch, value: _Value) -> Iterator[Finding]:
    for name, inner in node.fields.items():
        member = value.member(name)
        if member is None:
            yield Finding(inner.at, "target", "a property that the standard declares")
        else:
            yield from _faults(tables, inner, member)
    for name in value.required:
        if name not in node.fields:
            yield Finding(f"{node.at}/fields", "total", f"a rule for {name}, which the standard requires")
        elif _may_omit(node.fields[name]):
            expected = f"reject, null or another value: the standard requires {name}"
            yield Finding(f"{node.fields[name].at}/on_missing", "total", expected)


def _may_omit(node: Node) -> bool:
    shape = node.rule if isinstance(node, Leaf) else node.shape
    return any(what is OMITTED for _, what in stand_ins(shape))


def _of_rule(tables: _Tables, node: Leaf, value: _Value) -> Iterator[Finding]:
    gives = node.kind.gives(node.rule)
    if gives and not gives & value.types:
        yield Finding(f"{node.at}/op", "type", _expected(value))
    stands = stand_ins(node.rule)
    if node.kind.name == "const":
        stands.append(("/value", getattr(node.rule, "value", None)))
    yield from _of_stand_ins(node.at, stands, value)
    if node.kind.name == "code":
        yield from tables.faults(getattr(node.rule, "table", ""), node.target, value)


def _of_stand_ins(at: str, stands: list[tuple[str, Any]], value: _Value) -> Iterator[Finding]:
    known = [(where, what) for where, what in stands if what is not OMITTED]
    checker = value.checker() if known else None
    for where, what in known:
        if checker is not None and not checker.valid(what):
            yield Finding(at + where, "standard", checker.explain(what, limit=1)[0].expected)


def _expected(value: _Value) -> str:
    return "what gives the standard's type: " + (" or ".join(sorted(value.types)) or "none")
