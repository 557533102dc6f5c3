"""A compiled interface specification: which operation a raw path means, and what may go in and come out of it.

Everything is compiled from a published document (`standards.interfaces`), nothing is read from it at call time.

    ValueError
    └── MalformedPath     answer 400; the path is ambiguous, whatever the operations are
    LookupError
    └── NoRecordLeft      a reply of one record, and the record was filtered away
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from standards import documents, envelopes
from standards.documents import Described, json_schema, mapping, self_contained
from standards.parameters import CHECK_SECONDS, Parameter, Parameters
from standards.percent import MalformedPath as MalformedPath
from standards.percent import encode, segments
from standards.validation import Checker, Finding


class Missing(Enum):
    MISSING = "no body"


MISSING: Final = Missing.MISSING


class NoRecordLeft(LookupError):
    def __init__(self) -> None:
        super().__init__("the only record of the reply was filtered away: there is nothing left to release")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one declared status answers. `checker` judges the envelope and is None where no body may come; `records`
    says whether there are records in it."""

    checker: Checker | None
    records: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `records` is the JSON Pointer to the record (or the list, when `many`) in 2xx replies; `beside`
    names what else these hold, but for the cursor `next`."""

    id: str
    method: str
    template: str
    records: str
    records_path: tuple[str, ...]
    many: bool
    beside: frozenset[str]
    subject: tuple[str, ...] | None
    body_required: bool
    _body: Checker | None
    _parameters: Parameters
    _replies: Mapping[str, Reply]

    @property
    def has_body(self) -> bool:
        return self._body is not None

    def check(self, arguments: Mapping[str, str], query: str, body: Any | Missing) -> tuple[Finding, ...]:
        """What is wrong with a request: `arguments` from the match, the raw query string, the parsed body.

        Empty means fine. Pointers begin with /path, /query or /body.
        """
        findings: tuple[Finding, ...] = ()
        if query or self._parameters.needed:
            findings = self._parameters.check(arguments, query)
        if body is MISSING:
            return (*findings, Finding("/body", "required", "a JSON body")) if self.body_required else findings
        if self._body is None:
            return (*findings, Finding("/body", "false", "no body"))
        if self._body.valid(body):
            return findings
        wrong = self._body.explain(body, seconds=CHECK_SECONDS)
        return findings + tuple(Finding("/body" + each.pointer, each.rule, each.expected) for each in wrong)

    def query(self, raw: str) -> str:
        """The query string for the upstream, rebuilt from what `check` accepted; ValueError for anything else."""
        return self._parameters.canonical(raw)

    def reply(self, status: int) -> Reply | None:
        """What a status may answer; None when it is not declared."""
        return self._replies.get(str(status)) or self._replies.get(f"{status // 100}XX")

    def records_of(self, envelope: Any) -> list[Any]:
        """The records of an envelope that the 2xx checker accepted."""
        for step in self.records_path:
            envelope = envelope[step]
        return envelope if self.many else [envelope]

    def with_records(self, envelope: Any, records: list[Any]) -> Any:
        """A new envelope with these records in place of its own. Raises NoRecordLeft where exactly one must stand."""
        if not self.many and len(records) != 1:
            raise NoRecordLeft
        return _replaced(envelope, self.records_path, records if self.many else records[0])

    def record_pointer(self, position: int) -> str:
        """Where the record at this position of `records_of` stands in the reply."""
        return f"{self.records}/{position}" if self.many else self.records


@dataclass(frozen=True, slots=True)
class Match:
    """`arguments` are decoded; `path` is rebuilt from the template and the arguments, encoded anew."""

    operation: Operation
    arguments: Mapping[str, str]
    path: str


@dataclass(frozen=True, slots=True)
class MethodNotAllowed:
    allow: tuple[str, ...]


class _Node:
    """One segment of the templates: what may follow, and the operations that end here."""

    __slots__ = ("literal", "operations", "parameter")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.operations: dict[str, Operation] = {}


class Specification:
    """All operations of one interface specification, by id, and found by path."""

    __slots__ = ("_exact", "_root", "operations")

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        self._root = _Node()
        self._exact: dict[str, dict[str, Match]] = {}
        for operation in operations.values():
            self._place(operation)
            if "{" not in operation.template:
                exact = self._exact.setdefault(operation.template, {})
                exact[operation.method] = Match(operation, {}, operation.template)

    def match(self, method: str, path: str) -> Match | MethodNotAllowed | None:
        """The operation that a raw path (still percent-encoded, `/v1/…`) means. Raises MalformedPath.

        A literal segment goes before a parameter, segment by segment from the left.
        """
        exact = self._exact.get(path)
        if exact is not None:
            return exact.get(method) or MethodNotAllowed(tuple(sorted(exact)))
        parts = segments(path)
        found = _find(self._root, parts, 0)
        if not found:
            return None
        operation = found.get(method)
        if operation is None:
            return MethodNotAllowed(tuple(sorted(found)))
        return _matched(operation, parts)

    def _place(self, operation: Operation) -> None:
        node = self._root
        for part in operation.template[1:].split("/"):
            if not part.startswith("{"):
                node = node.literal.setdefault(part, _Node())
            else:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        node.operations[operation.method] = operation


def _find(node: _Node, parts: tuple[str, ...], depth: int) -> dict[str, Operation]:
    if depth == len(parts):
        return node.operations
    literal = node.literal.get(parts[depth])
    found = _find(literal, parts, depth + 1) if literal is not None else {}
    if not found and node.parameter is not None:
        return _find(node.parameter, parts, depth + 1)
    return found


def _matched(operation: Operation, parts: tuple[str, ...]) -> Match:
    arguments: dict[str, str] = {}
    rebuilt = []
    for name, value in zip(operation.template[1:].split("/"), parts, strict=True):
        if name.startswith("{"):
            arguments[name[1:-1]] = value
        rebuilt.append(encode(value))
    return Match(operation, arguments, "/" + "/".join(rebuilt))


def _replaced(envelope: Any, steps: tuple[str, ...], records: Any) -> Any:
    if not steps:
        return records
    return {**envelope, steps[0]: _replaced(envelope[steps[0]], steps[1:], records)}


# -- compiling -------------------------------------------------------------------------------------------------------


def compile(document: Mapping[str, Any]) -> Specification:
    """The specification of a document that `standards.interfaces` published; raises InvalidSchema."""
    compiled = [_operation(document, each) for each in documents.operations(document)]
    return Specification({operation.id: operation for operation in compiled})


def _operation(document: Mapping[str, Any], each: Described) -> Operation:
    records = each.operation["x-hutong-records"]
    subject = each.operation.get("x-hutong-subject")
    body = documents.request_body(document, each)
    steps = documents.tokens(records)
    success = [
        json_schema(response) for _, status, response in documents.responses(document, each) if status.startswith("2")
    ]
    schemas = [schema for schema in success if schema is not None]
    return Operation(
        id=each.operation["operationId"],
        method=each.method.upper(),
        template=each.path,
        records=records,
        records_path=steps,
        many=mapping(envelopes.descend(document, schemas[0], steps)).get("type") == "array",
        beside=frozenset(name for schema in schemas for name in envelopes.beside(document, schema, steps)),
        subject=None if subject is None else documents.tokens(subject),
        body_required=body is not None and body.get("required") is True,
        _body=None if body is None else Checker(self_contained(document, json_schema(body))),
        _parameters=_parameters(document, each),
        _replies=_replies(document, each, steps),
    )


def _replies(document: Mapping[str, Any], each: Described, steps: tuple[str, ...]) -> dict[str, Reply]:
    """Only 2xx and 4xx: a provider's redirect or 5xx is never relayed, declared or not."""
    replies = {}
    for _, status, response in documents.responses(document, each):
        schema = json_schema(response)
        if schema is not None and status.startswith("2"):
            hollow = envelopes.hollow(document, schema, steps)
            replies[status] = Reply(Checker(self_contained(document, hollow)), records=True)
        elif status[0] in "24":
            checker = None if schema is None else Checker(self_contained(document, schema))
            replies[status] = Reply(checker, records=False)
    return replies


def _parameters(document: Mapping[str, Any], each: Described) -> Parameters:
    declared = []
    schemas: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for _, parameter in documents.parameters(document, each):
        schema = mapping(documents.resolve(document, parameter["schema"]))
        many = schema["type"] == "array"
        items = mapping(documents.resolve(document, schema["items"])) if many else schema
        place, name, required = parameter["in"], parameter["name"], parameter.get("required") is True
        declared.append(Parameter(name, place, items["type"], many, parameter.get("explode", True), required))
        schemas[place][name] = parameter["schema"]
    needed = {place: [p.name for p in declared if p.place == place and p.required] for place in schemas}
    both = {place: {"type": "object", "properties": schemas[place], "required": needed[place]} for place in schemas}
    return Parameters(declared, Checker(self_contained(document, {"properties": both})))
