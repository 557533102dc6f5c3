"""Obligations: what happens to a reply before release. Pure.

A `Plan` is compiled once per agreement (and per subset of its items that is asked for) and applied to the records of
each reply, after these were found to obey their standard:

1. row filter: records for which the condition is not certainly true are left out;
2. suppression: records of groups that are too small are left out; groups are formed on values as masked;
3. keep items and mask: a new record is built from the agreed items, so that what nobody named cannot be in it.

An item is the whole value at its path, undeclared members of an object included: whether these may exist, the standard
decided before. Lists on the way to an item are passed through.

    ValueError ── Unenforceable     terms that cannot be turned into a plan; everything wrong in `.findings`
               └─ ObligationFailed  a reply that could not be reduced as agreed: it must not be released
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from policies.conditions import Condition, compile_condition
from policies.masks import KEY_BYTES, MASKS, Apply, MaskKind, PerPurpose, Site, Unmaskable
from policies.models import Mask, Suppress
from standards.validation import Finding

__all__ = ["MASKS", "Applied", "ObligationFailed", "Plan", "Unenforceable", "compile", "shared_set"]

Record = dict[str, Any]
Project = Callable[[Record, bytes], Record]
Tree = dict[str, Any]
"""Item names → sub-tree, mask, or None for "as it is"."""

_ABSENT: Final = object()


@lru_cache(maxsize=16_384)
def _same(names: frozenset[str]) -> frozenset[str]:
    return names


def shared_set(names: Collection[str]) -> frozenset[str]:
    """One object for equal sets, which saves a third of the memory: agreements are many, what they name repeats."""
    return _same(frozenset(names))


class Unenforceable(ValueError):
    """Terms that cannot be enforced as written; `.findings` lists everything wrong."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        named = ", ".join(sorted({finding.pointer or "/" for finding in findings}))
        super().__init__(f"The terms cannot be enforced as written; correct {named}.")


class ObligationFailed(ValueError):
    """A reply that could not be reduced as agreed. Never carries or chains a value of a record."""


class Applied(NamedTuple):
    """`kept` are the input's records that filter and suppression left in, `dropped` counts the others."""

    records: list[Record]
    dropped: int
    kept: list[Record]


class Plan:
    """What happens to each record. Immutable; safe to share between threads."""

    __slots__ = ("_below", "_by", "_cell", "_condition", "_masks", "_project", "fields")

    def __init__(
        self,
        fields: frozenset[str],
        masks: Mapping[str, Apply],
        condition: Condition | None = None,
        by: frozenset[str] | None = None,
        below: int = 0,
    ) -> None:
        self.fields = fields
        self._masks = masks
        self._condition = condition
        self._by = by
        self._cell = None if by is None else _projection(_tree(by, masks))
        self._below = below
        self._project = _projection(_tree(fields, masks))

    def keeping(self, fields: frozenset[str]) -> "Plan":
        """The plan for fewer items; filter and suppression stay as they are. Raises ValueError for other items."""
        if not fields <= self.fields:
            raise ValueError("A plan can only be narrowed to items it releases; ask for some of these.")
        return Plan(fields, self._masks, self._condition, self._by, self._below)

    def serving(self, purpose: str) -> "Plan":
        """The plan for calls of one purpose: the same where no mask differs by purpose."""
        if not any(isinstance(mask, PerPurpose) for mask in self._masks.values()):
            return self
        masks = {
            item: mask.serving(purpose) if isinstance(mask, PerPurpose) else mask for item, mask in self._masks.items()
        }
        return Plan(self.fields, masks, self._condition, self._by, self._below)

    def apply(self, records: list[Any], key: bytes) -> Applied:
        """New records holding what is agreed, nothing else; parts of values are shared with the input, never changed.

        `key` is the 32-byte masking key. Raises ObligationFailed.
        """
        try:
            if len(key) != KEY_BYTES or not all(type(record) is dict for record in records):
                raise Unmaskable("The reply is not a list of objects, or the masking key is not one; release nothing.")
            kept = self._rows(records, key)
            project = self._project
            return Applied([project(record, key) for record in kept], len(records) - len(kept), kept)
        except Unmaskable as failure:
            reason = str(failure)
        except Exception:
            reason = "An obligation of the agreement could not be carried out; report it to the exchange's operator."
        # raised here, not above: an exception chained to this one could carry values
        raise ObligationFailed(reason)

    def _rows(self, records: list[Record], key: bytes) -> list[Record]:
        condition, cell = self._condition, self._cell
        if condition is not None:
            records = [record for record in records if condition(record) is True]
        if cell is None:
            return records
        cells = [orjson.dumps(cell(record, key), option=orjson.OPT_SORT_KEYS) for record in records]
        sizes = Counter(cells)
        return [record for record, own in zip(records, cells, strict=True) if sizes[own] >= self._below]


def compile(
    agreement: str,
    *,
    registered: Collection[str],
    fields: Collection[str],
    masks: Sequence[Mask] = (),
    row_filter: Mapping[str, Any] | None = None,
    suppress: Suppress | None = None,
) -> Plan:
    """The plan of one agreement, named by its id, over the `registered` items of its dataset. Raises Unenforceable.

    Pointers in the findings are those of the agreement's terms. The row filter may look at items that are not
    released; suppression groups by released items only.
    """
    findings: list[Finding] = []
    _check_items(fields, registered, findings)
    applied = _compile_masks(agreement, masks, fields, findings)
    condition = None if row_filter is None else compile_condition(dict(row_filter), registered, findings)
    by = frozenset(suppress.by) if suppress else frozenset()
    if not by <= frozenset(fields):
        findings.append(Finding("/suppress/by", "item", "items that the agreement releases"))
    if findings:
        raise Unenforceable(findings)
    return Plan(shared_set(fields), applied, condition, by if suppress else None, suppress.below if suppress else 0)


def _check_items(fields: Collection[str], registered: Collection[str], findings: list[Finding]) -> None:
    known, agreed = frozenset(registered), frozenset(fields)
    for position, item in enumerate(fields):
        if item not in known:
            findings.append(Finding(f"/items/{position}", "item", "a registered item of the dataset"))
        if any(above in agreed for above in _above(item)):
            findings.append(Finding(f"/items/{position}", "overlap", "no item that lies inside another agreed item"))


def _above(item: str) -> Iterable[str]:
    """The paths that contain this one: `a.b.c` lies in `a.b` and in `a`."""
    names = item.split(".")
    return (".".join(names[:depth]) for depth in range(1, len(names)))


def _compile_masks(
    agreement: str, masks: Sequence[Mask], fields: Collection[str], findings: list[Finding]
) -> dict[str, Apply]:
    compiled: dict[str, Apply] = {}
    for position, mask in enumerate(masks):
        pointer = f"/masks/{position}"
        kind = MASKS.get(mask.function)
        if mask.item not in fields:
            findings.append(Finding(f"{pointer}/item", "item", "one of the agreement's items, named as there"))
        if mask.item in compiled:
            findings.append(Finding(f"{pointer}/item", "duplicate", "one mask per item"))
        if kind is None:
            findings.append(Finding(f"{pointer}/function", "mask", "one of " + ", ".join(sorted(MASKS))))
        else:
            compiled[mask.item] = _build(kind, mask, Site(agreement, mask.item), f"{pointer}/arguments", findings)
    return compiled


def _build(kind: MaskKind, mask: Mask, site: Site, pointer: str, findings: list[Finding]) -> Apply:
    try:
        return kind.build(kind.arguments.model_validate(mask.arguments), site)
    except ValidationError as refused:
        declared = kind.arguments.model_fields
        for error in refused.errors(include_input=False, include_context=False, include_url=False):
            name = "".join(f"/{part if part in declared else '*'}" for part in error["loc"][:1])
            findings.append(Finding(pointer + name, error["type"], error["msg"]))
    return lambda value, key: None


def _tree(fields: Iterable[str], masks: Mapping[str, Apply]) -> Tree:
    tree: Tree = {}
    for item in sorted(fields):
        *above, last = item.split(".")
        branch = tree
        for name in above:
            branch = branch.setdefault(name, {})
        branch[last] = masks.get(item)
    return tree


def _projection(tree: Tree) -> Project:
    kept = tuple(name for name, node in tree.items() if node is None)
    masked = tuple((name, node) for name, node in tree.items() if callable(node))
    below = tuple((name, _passage(_projection(node))) for name, node in tree.items() if isinstance(node, dict))

    def project(record: Record, key: bytes) -> Record:
        released = {name: record[name] for name in kept if name in record}
        for name, mask in masked:
            if name in record:
                released[name] = mask(record[name], key)
        for name, passage in below:
            if name in record:
                value = passage(record[name], key)
                if value is not _ABSENT:
                    released[name] = value
        return released

    return project


def _passage(project: Project) -> Apply:
    """On the way to an item: objects are projected, lists passed through, anything else is nobody's item."""

    def passage(value: Any, key: bytes) -> Any:
        kind = type(value)
        if kind is dict:
            return project(value, key)
        if kind is list:
            passed = (passage(one, key) for one in value)
            return [one for one in passed if one is not _ABSENT]
        return _ABSENT

    return passage
