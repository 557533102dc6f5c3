"""What a new version of an interface specification breaks for those who call the old one. Pure.

Requests are judged as the provider reads them (whatever the old version let callers send, the new one takes), replies
as callers read them (whatever the new version may answer, callers of the old one understand; members that the old one
does not declare are ignored by them). Both documents are OpenAPI 3.1; what is misshapen in them is passed over, for
the lint reports it. Operations are the same when method and path agree, whatever path parameters are called.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from standards import documents, envelopes
from standards.compatibility import Budget
from standards.dialect import MAX_FINDINGS, Path
from standards.documents import JSON, PROBLEM_JSON, Described, json_schema, listing, mapping
from standards.lint.sharing import BASES, PURPOSES
from standards.pairs import Pairs
from standards.validation import pointer

TITLES: Mapping[str, tuple[str, str]] = {
    "operation-removed": ("操作被删除", "An operation is gone"),
    "operation-renamed": ("操作改名，协议按名称授权", "An operation has another name, and agreements name it"),
    "parameter-removed": (
        "参数被删除，带它的请求会被拒绝",
        "A parameter is gone, and requests that carry it are refused",
    ),
    "parameter-required": ("参数成为必需", "A parameter is required now"),
    "parameter-narrowed": ("参数允许的值变少", "A parameter takes fewer values"),
    "parameter-written-differently": ("参数的写法改变", "A parameter is written in another way"),
    "body-required": ("请求体成为必需", "A body is required now"),
    "body-removed": ("不再接受请求体", "A body is no longer taken"),
    "body-narrowed": ("请求体允许的内容变少", "A body takes fewer values"),
    "status-added": ("出现新的成功状态", "There is another successful status"),
    "status-removed": ("不再声明的错误状态将变成 502", "A refusal is no longer declared and becomes a 502"),
    "reply-removed": ("应答不再有内容", "A reply has no body any more"),
    "reply-header-removed": ("应答不再声明某个头", "A header of a reply is no longer declared"),
    "reply-widened": ("应答可能出现调用方读不懂的内容", "A reply may hold what callers cannot read"),
    "media-type-changed": ("应答的媒体类型改变", "A reply has another media type"),
    "records-moved": ("记录在应答中的位置改变", "The records stand elsewhere in the reply"),
    "records-one-or-many": ("单条记录与列表互换", "One record has become a list, or a list one record"),
    "standard-changed": ("记录所依的标准改变", "The records follow another standard"),
    "security-tightened": ("需要更多的凭证", "More credentials are asked for"),
    "purpose-removed": ("不再允许某个用途", "A purpose is no longer allowed"),
    "basis-removed": ("不再接受某个法律依据", "A legal basis is no longer accepted"),
}
"""Every reason code, Chinese and English."""

RULE = "breaking-change"
"""The rule that a version breaks nobody who uses an earlier one of the same major version."""

MAX_STEPS = 24_000
"""Of all schemas of one judgement together, counted as `standards.compatibility.budget` does."""

_PARAMETER = re.compile(r"\{[^}]*\}")
_STANDARD = re.compile(r"urn:hutong:standard:([a-z0-9-]+):(\d+)\.")
_STYLES = {"path": "simple", "query": "form"}


@dataclass(frozen=True, slots=True)
class Break:
    """One difference that breaks callers.

    `pointer` is a JSON Pointer into the new document, or into the old one where only that has the place (`within`).
    Where schemas differ, `reason` is the code of `standards.compatibility` and `witness` may hold one value that shows
    it: a request that is refused now, or a reply that callers could not have met before.
    """

    code: str
    operation: str
    pointer: str
    old: Any = None
    new: Any = None
    within: Literal["new", "old"] = "new"
    reason: str = ""
    witness: tuple[Any, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """`reason` and `witness` only where there is one: a witness may itself be null."""
        zh, en = TITLES[self.code]
        shown = {
            "rule": RULE,
            "code": self.code,
            "title": {"zh": zh, "en": en},
            "operation": self.operation,
            "pointer": self.pointer,
            "within": self.within,
            "breaks": "consumers",
            "expected": self.expected,
            "old": self.old,
            "new": self.new,
        }
        shown |= {"reason": self.reason} if self.reason else {}
        return shown | ({"witness": self.witness[0]} if self.witness else {})

    @property
    def expected(self) -> str:
        """What would not break, as a finding of a problem document says it."""
        return f"nothing that breaks callers: {TITLES[self.code][1][:1].lower()}{TITLES[self.code][1][1:]}"


class _Version:
    """One document, and its operations by what callers see of them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = {
            (each.method, _PARAMETER.sub("{}", str(each.path))): each for each in documents.operations(document)
        }

    def said(self, each: Described, name: str) -> Any:
        """A member of the operation, or of the whole document where the operation is silent."""
        return each.operation.get(name, self.document.get(name))


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], limit: int = MAX_FINDINGS, *, budget: Budget | None = None
) -> tuple[Break, ...]:
    """What breaks, in the order of the old document, at most `limit`; empty when `new` may take the place of `old`.

    All schemas share one budget, that of the judgement which this is a part of: what it does not suffice for is not
    decided, and so breaks.
    """
    found: dict[tuple[str, ...], Break] = {}
    pairs = Pairs(old, new, budget or Budget(MAX_STEPS))
    for each in islice(_breaks(_Version(old), _Version(new), pairs), 10 * limit):
        found.setdefault((each.code, each.operation, each.pointer, each.within, each.reason), each)
    return tuple(islice(found.values(), limit))


def _breaks(before: _Version, after: _Version, pairs: Pairs) -> Iterator[Break]:
    for key, was in before.operations.items():
        name = _name(was)
        now = after.operations.get(key)
        if now is None:
            yield Break(
                "operation-removed", name, pointer(was.at), old=f"{was.method.upper()} {was.path}", within="old"
            )
            continue
        both = _Both(name, before, was, after, now, pairs)
        for check in _CHECKS:
            yield from check(both)


@dataclass(frozen=True, slots=True)
class _Both:
    """One operation in both versions."""

    name: str
    before: _Version
    was: Described
    after: _Version
    now: Described
    pairs: Pairs

    def found(self, code: str, *steps: str | int, old: Any = None, new: Any = None) -> Break:
        return Break(code, self.name, pointer((*self.now.at, *steps)), old, new)

    def gone(self, code: str, at: Path, old: Any) -> Break:
        return Break(code, self.name, pointer(at), old, within="old")


def _name(each: Described) -> str:
    return str(each.operation.get("operationId", f"{each.method.upper()} {each.path}"))


def _names(both: _Both) -> Iterator[Break]:
    old, new = both.was.operation.get("operationId"), both.now.operation.get("operationId")
    if old != new:
        yield both.found("operation-renamed", "operationId", old=old, new=new)


def _parameters(both: _Both) -> Iterator[Break]:
    was, now = _declared(both.before, both.was), _declared(both.after, both.now)
    for key, (at, parameter) in was.items():
        if key not in now:
            yield both.gone("parameter-removed", at, old=parameter.get("name"))
            continue
        place, changed = now[key]
        if _is_required(changed) and not _is_required(parameter):
            yield Break("parameter-required", both.name, pointer((*place, "required")), False, True)
        if _written(both.before, parameter) != _written(both.after, changed):
            yield Break(
                "parameter-written-differently", both.name, pointer(place),
                _written(both.before, parameter), _written(both.after, changed),
            )  # fmt: skip
        yield from _narrowed(
            "parameter-narrowed", both, parameter.get("schema"), changed.get("schema"), (*place, "schema")
        )
    for key, (at, parameter) in now.items():
        if key not in was and _is_required(parameter):
            yield Break("parameter-required", both.name, pointer(at), None, parameter.get("name"))


def _declared(version: _Version, each: Described) -> dict[tuple[str, str], tuple[Path, dict[str, Any]]]:
    """Parameters by place and name; those of the path by their position, which is all that callers see of them."""
    order = {name[1:-1]: str(index) for index, name in enumerate(_PARAMETER.findall(str(each.path)))}
    found = {}
    for at, parameter in documents.parameters(version.document, each):
        place, name = str(parameter.get("in")), str(parameter.get("name"))
        found[place, order.get(name, name) if place == "path" else name] = (at, parameter)
    return found


def _is_required(parameter: Mapping[str, Any]) -> bool:
    return parameter.get("in") == "path" or parameter.get("required") is True


def _written(version: _Version, parameter: Mapping[str, Any]) -> list[Any]:
    """How a value becomes text: style, explode, and whether it is a list."""
    style = parameter.get("style", _STYLES.get(str(parameter.get("in"))))
    many = mapping(documents.resolve(version.document, parameter.get("schema"))).get("type") == "array"
    return [style, parameter.get("explode", style == "form") if many else None, "list" if many else "value"]


def _bodies(both: _Both) -> Iterator[Break]:
    was = documents.request_body(both.before.document, both.was)
    now = documents.request_body(both.after.document, both.now)
    if now is not None and now.get("required") is True and not (was is not None and was.get("required") is True):
        yield both.found("body-required", "requestBody", old=False, new=True)
    if was is None:
        return
    if now is None:
        yield both.gone("body-removed", (*both.was.at, "requestBody"), old=True)
        return
    at = (*both.now.at, "requestBody", "content", JSON, "schema")
    yield from _narrowed("body-narrowed", both, json_schema(was), json_schema(now), at)


def _statuses(both: _Both) -> Iterator[Break]:
    was = {status: (at, reply) for at, status, reply in documents.responses(both.before.document, both.was)}
    now = {status: (at, reply) for at, status, reply in documents.responses(both.after.document, both.now)}
    for status, (at, _) in now.items():
        if status.startswith("2") and not _covers(was, status):
            yield Break("status-added", both.name, pointer(at), None, status)
    for status, (at, _) in was.items():
        if status.startswith("4") and not _covers(now, status):
            yield both.gone("status-removed", at, old=status)
    for status in dict.fromkeys((*was, *now)):
        old, new = _answering(was, status), _answering(now, status)
        if status[:1] in ("2", "4") and old is not None and new is not None:
            yield from _headers(both, old[1], *new)
            yield from _reply(both, old[1], *new)


def _answering(declared: Mapping[str, tuple[Path, dict[str, Any]]], status: str) -> tuple[Path, dict[str, Any]] | None:
    """What is declared for a status: itself, before the range that it lies in."""
    return declared.get(status) or declared.get(f"{status[:1]}XX")


def _covers(declared: Iterable[str], status: str) -> bool:
    return status in declared or f"{status[:1]}XX" in declared


def _headers(both: _Both, was: dict[str, Any], at: Path, now: dict[str, Any]) -> Iterator[Break]:
    kept = {"content-type", *(str(name).lower() for name in mapping(now.get("headers")))}
    for name in mapping(was.get("headers")):
        if str(name).lower() not in kept:
            yield Break("reply-header-removed", both.name, pointer(at), name, None)


def _reply(both: _Both, was: dict[str, Any], at: Path, now: dict[str, Any]) -> Iterator[Break]:
    if not mapping(was.get("content")):
        return
    if not mapping(now.get("content")):
        yield Break("reply-removed", both.name, pointer(at), sorted(was["content"]), None)
        return
    old_media, new_media = (next(iter(mapping(each.get("content")))) for each in (was, now))
    if old_media != new_media and {old_media, new_media} <= {JSON, PROBLEM_JSON}:
        yield Break("media-type-changed", both.name, pointer((*at, "content")), old_media, new_media)
    old, new = json_schema(was), json_schema(now)
    place = (*at, "content", new_media, "schema")
    yield from _differences("reply-widened", both, old, new, place, replies=True)


def _records(both: _Both) -> Iterator[Break]:
    old, new = (each.operation.get("x-hutong-records") for each in (both.was, both.now))
    if old != new:
        yield both.found("records-moved", "x-hutong-records", old=old, new=new)
        return
    kinds = [_kind(both.before, both.was), _kind(both.after, both.now)]
    if None not in kinds and kinds[0] != kinds[1]:
        yield both.found("records-one-or-many", "responses", old=kinds[0], new=kinds[1])
    urns = [_standard(both.before, both.was), _standard(both.after, both.now)]
    major = [_STANDARD.match(urn) for urn in urns]
    if urns[0] and (major[0] and major[0].groups()) != (major[1] and major[1].groups()):
        yield both.found("standard-changed", "responses", old=urns[0], new=urns[1] or None)


def _record_schema(version: _Version, each: Described) -> Any:
    for _, status, reply in documents.responses(version.document, each):
        steps = each.operation.get("x-hutong-records")
        if status.startswith("2") and json_schema(reply) is not None and isinstance(steps, str):
            return envelopes.descend(version.document, json_schema(reply), documents.tokens(steps))
    return None


def _kind(version: _Version, each: Described) -> Any:
    return mapping(_record_schema(version, each)).get("type")


def _standard(version: _Version, each: Described) -> str:
    node = mapping(_record_schema(version, each))
    record = node.get("items") if node.get("type") == "array" else node
    urns = [mapping(link).get("x-hutong-standard") for link in documents.chain_of(version.document, record)]
    return next((urn for urn in urns if isinstance(urn, str)), "")


def _security(both: _Both) -> Iterator[Break]:
    was, now = both.before.said(both.was, "security"), both.after.said(both.now, "security")
    if not listing(now):
        return
    for alternative in listing(was) or [{}]:
        if not any(_asks_no_more(mapping(wanted), mapping(alternative)) for wanted in listing(now)):
            yield both.found("security-tightened", "security", old=was, new=now)
            return


def _asks_no_more(wanted: Mapping[str, Any], had: Mapping[str, Any]) -> bool:
    return all(
        name in had and {*map(str, listing(scopes))} <= {*map(str, listing(had[name]))}
        for name, scopes in wanted.items()
    )


def _reasons(both: _Both) -> Iterator[Break]:
    for code, name in (("purpose-removed", PURPOSES), ("basis-removed", BASES)):
        was, now = listing(both.before.said(both.was, name)), listing(both.after.said(both.now, name))
        if now and not was:  # any was allowed
            yield both.found(code, name, old=None, new=now)
        for gone in (each for each in was if now and each not in now):
            yield both.found(code, name, old=gone)


_CHECKS = (_names, _parameters, _bodies, _statuses, _records, _security, _reasons)


# -- schemas ---------------------------------------------------------------------------------------------------------


def _narrowed(code: str, both: _Both, old: Any, new: Any, at: Path) -> Iterator[Break]:
    yield from _differences(code, both, old, new, at, replies=False)


def _differences(code: str, both: _Both, old: Any, new: Any, at: Path, *, replies: bool) -> Iterator[Break]:
    if not isinstance(old, dict | bool) or not isinstance(new, dict | bool):
        return
    empty = Break(code, both.name, pointer(at))
    found = both.pairs.differences(old, new, replies=replies)
    if found is None:
        yield replace(empty, reason="not-decided")
        return
    for each in found:
        place = _placed(each.pointer, at if each.within == "new" else (), both)
        yield replace(
            empty, pointer=place, old=each.old, new=each.new, within=each.within, reason=each.code, witness=each.witness
        )


def _placed(within_schema: str, at: Path, both: _Both) -> str:
    """Where a place of a bundled schema stands in its document."""
    if within_schema.startswith("/$defs/"):
        return "/components/schemas/" + within_schema.removeprefix("/$defs/")
    return pointer(at or both.was.at) + within_schema
