"""What another catalog says of a dataset, and how it becomes a draft here: one at a time, or all of them or none.

An incoming dataset is only what its source says: what a source has no words for, such as a calling rule, stays as it is
registered here. Taking the same one twice changes nothing the second time, and the order in which a source lists
things of which order says nothing (keywords, themes, …) is no change.

ValueError
├── Unreadable    .findings: where a document cannot be read, and what could be
└── Refused       .findings: everything that is wrong, of every dataset; nothing was registered
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from catalog import datasets, departments, differences, drafts, versions
from catalog.models import Dataset, DatasetDraft
from catalog.registration import InvalidRegistration, told
from standards.validation import Finding

MOST = 500
"""Datasets that one import takes: what is written holds everybody else's changes up meanwhile."""
MOST_ITEMS = 10_000
"""Items of all of them together."""
MOST_FINDINGS = 1_000
REQUIRED = frozenset({"department", "slug", "title", "description", "sharing_class"})
UNORDERED = frozenset(
    {"themes", "keywords", "formats", "languages", "legislation", "spatial", "derived_from", "related"}
)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Verdict(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Unreadable(ValueError):
    """The document is not one that is read here, or too much of one."""

    def __init__(self, place: str, rule: str, expected: str) -> None:
        self.findings = (Finding(place, rule, expected),)
        super().__init__(f"The document cannot be read{f' at {place}' if place else ''}: {expected}.")


class Refused(ValueError):
    """At least one dataset cannot be registered, so none was."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings[:MOST_FINDINGS])
        super().__init__(f"Nothing was imported. {told(self.findings)}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """`source` is the name the dataset has where it comes from; `said` its fields, those of a `DatasetDraft`.

    `slug` is what it should be called here; `notes` say what of the source could not be taken over; `defaults` are
    fields of which the source says nothing, for a dataset that is new here. With `faults` there is a record of this
    name which cannot be taken: they say why.
    """

    source: str
    slug: str
    said: Mapping[str, Any]
    notes: tuple[Finding, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Report:
    """What an import did, or would do: dataset ids by verdict, and what was left out."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def count(self, verdict: Verdict, id: str) -> None:
        {Verdict.CREATED: self.created, Verdict.CHANGED: self.changed}.get(verdict, self.unchanged).append(id)

    def as_dict(self) -> dict[str, Any]:
        notes = [note.as_dict() for note in self.notes]
        return {"created": self.created, "changed": self.changed, "unchanged": self.unchanged, "notes": notes}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset that can be taken, and what comes of it; `revision` is of what it was built on, None for a new one."""

    incoming: Incoming
    draft: DatasetDraft
    revision: int | None
    verdict: Verdict


def prepare(session: Session, every: Sequence[Incoming], department: str) -> list[Prepared]:
    """All of them as drafts without a fault; the session may be one that only reads.

    Raises UnknownDepartment, Refused.
    """
    found = [*departments.suspension(departments.fetch(session, department)), *_too_many(every)]
    if found:
        raise Refused(found)
    found, made = _twice(every), []
    for incoming in every:
        one, faults = (None, incoming.faults) if incoming.faults else _prepared(session, incoming, department)
        found += [_at(incoming, fault) for fault in faults]
        made += [one] if one is not None else []
    if found:
        raise Refused(found)
    return made


def report(prepared: Iterable[Prepared]) -> Report:
    """What would come of them."""
    made = Report()
    for one in prepared:
        made.count(one.verdict, f"{one.draft.department}/{one.draft.slug}")
        made.notes += [_at(one.incoming, note) for note in one.incoming.notes]
    return made


def take_prepared(
    session: Session, prepared: Sequence[Prepared], department: str, by: str, now: datetime, *, key: str = ""
) -> tuple[Report, list[Dataset]]:
    """Registers or revises all of them, and says which rows that changed. Raises UnknownDepartment, Refused.

    Whatever was changed since it was prepared is prepared again.
    """
    found = departments.suspension(departments.fetch(session, department))
    taken, rows = list[Prepared](), list[Dataset]()
    for one in prepared:
        before = session.get(Dataset, f"{department}/{one.incoming.slug}")
        current: Prepared | None = one
        if (before.revision if before else None) != one.revision:
            current, faults = _prepared(session, one.incoming, department)
            found += [_at(one.incoming, fault) for fault in faults]
        if current is None or found:
            continue
        if current.verdict is not Verdict.UNCHANGED:
            try:
                rows.append(_take(session, current.draft, by, now, key)[1])
            except InvalidRegistration as error:  # a standard was retired, a service registered, just now
                found += [_at(one.incoming, fault) for fault in error.findings]
        taken.append(current)
    if found:
        raise Refused(found)
    return report(taken), rows


def take_all(
    session: Session, every: Sequence[Incoming], department: str, by: str, now: datetime, *, key: str = ""
) -> tuple[Report, list[Dataset]]:
    """`prepare` and `take_prepared` in one session."""
    return take_prepared(session, prepare(session, every, department), department, by, now, key=key)


def take_one(
    session: Session, incoming: Incoming, department: str, by: str, now: datetime
) -> tuple[Verdict, Dataset, list[Finding]]:
    """Registers or revises one dataset, leaving out what cannot be taken over of its optional fields.

    Gives also what was left out. Raises Refused, when a required field is wrong; UnknownDepartment.
    """
    if incoming.faults:
        raise Refused([_at(incoming, fault) for fault in incoming.faults])
    left_out = list(incoming.notes)
    said = dict(incoming.said)
    for _ in range(3):  # a field left out may lead to another one, as a standard does to its items
        draft, faults = _draft(session, replace(incoming, said=said), department)
        if draft is not None:
            faults = drafts.findings(session, draft)
        if not faults:
            break
        fields = {fault.pointer.split("/")[1] if fault.pointer else "" for fault in faults}
        if fields & (REQUIRED | {""}):
            raise Refused([_at(incoming, fault) for fault in faults])
        left_out += faults
        fields |= {"standard", "standard_version"} if fields & {"standard", "standard_version"} else set()
        said = {**said, **dict.fromkeys(fields)}
    if draft is None or faults:
        raise Refused([_at(incoming, fault) for fault in faults])
    verdict, row = _take(session, draft, by, now, "")
    return verdict, row, left_out


def slug_of(name: str, title: Mapping[str, str], source: str) -> str:
    """A slug from the name a dataset has elsewhere, else from its English title, else from its source."""
    for text in (name, title.get("en", "")):
        made = "-".join(re.findall(r"[a-z0-9]+", text.lower()))
        if _SLUG.fullmatch(made) and len(made) <= 64:
            return made
    return "dataset-" + hashlib.sha256(source.encode()).hexdigest()[:12]


def _take(session: Session, draft: DatasetDraft, by: str, now: datetime, key: str) -> tuple[Verdict, Dataset]:
    row = session.get(Dataset, f"{draft.department}/{draft.slug}")
    if row is None:
        return Verdict.CREATED, datasets.register(session, draft, by, now, key=key)
    revision = row.revision
    row = datasets.revise(session, row.id, draft, revision, by, now, key=key)
    return Verdict.UNCHANGED if row.revision == revision else Verdict.CHANGED, row


def _draft(session: Session, incoming: Incoming, department: str) -> tuple[DatasetDraft | None, list[Finding]]:
    """The draft, built on what is registered under its name; or what keeps it from being one."""
    before = _registered(session, f"{department}/{incoming.slug}")
    said = {name: value for name, value in incoming.said.items() if value is not None}
    cleared = {name for name, value in incoming.said.items() if value is None}
    kept = {name: value for name, value in before.items() if name not in cleared}
    for name in UNORDERED & said.keys() & kept.keys():
        if sorted(said[name]) == sorted(kept[name]):
            said[name] = kept[name]
    if _alike(said.get("calling_rule"), kept.get("calling_rule")):
        said["calling_rule"] = kept["calling_rule"]
    try:
        named = {"department": department, "slug": incoming.slug}
        return DatasetDraft.model_validate({**incoming.defaults, **kept, **said, **named}), []
    except ValidationError as error:
        return None, [_finding(one) for one in error.errors()[:50]]


def _alike(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two calling rules say the same, in whatever order they list purposes and bases."""
    if one is None or other is None:
        return False
    first, second = (
        {**rule, **{name: sorted(rule.get(name, ())) for name in ("purposes", "bases")}} for rule in (one, other)
    )
    return first == second


def _prepared(session: Session, incoming: Incoming, department: str) -> tuple[Prepared | None, list[Finding]]:
    draft, faults = _draft(session, incoming, department)
    if draft is None or (faults := drafts.findings(session, draft)):
        return None, faults
    row = session.get(Dataset, f"{department}/{incoming.slug}")
    if row is None:
        return Prepared(incoming, draft, None, Verdict.CREATED), []
    changes = differences.between(_registered(session, row.id), draft.model_dump(mode="json"))
    return Prepared(incoming, draft, row.revision, Verdict.CHANGED if changes else Verdict.UNCHANGED), []


def _too_many(every: Sequence[Incoming]) -> list[Finding]:
    if len(every) > MOST:
        return [Finding("", "too-many", f"at most {MOST} datasets in one import: send them in pages")]
    listed = (incoming.said.get("items") for incoming in every)
    if sum(len(items) for items in listed if isinstance(items, list)) > MOST_ITEMS:
        return [Finding("", "too-many", f"at most {MOST_ITEMS} items in one import: send the datasets in pages")]
    return []


def _registered(session: Session, id: str) -> Mapping[str, Any]:
    """What is proposed for the dataset, or in force where nothing is; empty for one that is new."""
    row = session.get(Dataset, id)
    if row is None:
        return {}
    version = versions.pending(session, id) or versions.fetch(session, id, row.version)
    return version.document


def _twice(every: Iterable[Incoming]) -> list[Finding]:
    seen, found = dict[str, str](), []
    for incoming in every:
        if incoming.slug in seen:
            expected = f"a name of its own: {incoming.slug} is what another dataset of the document is called too"
            found.append(_at(incoming, Finding("/slug", "unique", expected)))
        seen[incoming.slug] = incoming.source
    return found


def _at(incoming: Incoming, finding: Finding) -> Finding:
    """The finding with the dataset it was found in, as the first step of its pointer."""
    source = incoming.source[:200].replace("~", "~0").replace("/", "~1")
    return Finding(f"/{source}{finding.pointer}", finding.rule, finding.expected)


def _finding(found: Any) -> Finding:
    steps = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in found["loc"])
    return Finding(steps, str(found["type"]), str(found["msg"])[:300])
