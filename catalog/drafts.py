"""What is wrong with a dataset's draft: its standard, its items, its calling rule, its name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from catalog import lineage, texts
from catalog.models import STRICTNESS, DatasetDraft, Service, SharingClass
from standards import lives, schemas
from standards.validation import Finding


def findings(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Everything wrong with the draft by itself; what is still missing for publication is no fault here."""
    document, found = _standard(session, draft)
    return [
        *found,
        *_items(draft, document),
        *_masked(draft),
        *_name(session, draft),
        *lineage.findings(session, draft),
        *texts.findings(session, draft),
    ]


def deprecated(session: Session, draft: DatasetDraft) -> list[Finding]:
    """A warning when the draft's standard may end: what takes its place, and from when."""
    if draft.standard is None or draft.standard_version is None:
        return []
    try:
        found = lives.warning(schemas.fetch(session, draft.standard, draft.standard_version), "/standard_version")
    except schemas.UnknownStandard:
        return []
    return [found] if found else []


def _standard(session: Session, draft: DatasetDraft) -> tuple[Mapping[str, Any] | None, list[Finding]]:
    """The bundled schema of the standard the draft names, None when it names none that is published."""
    if draft.standard is None and draft.standard_version is None:
        return None, []
    if draft.standard is None:
        return None, [Finding("/standard", "required", "the slug of the standard whose version is given")]
    if draft.standard_version is None:
        return None, [Finding("/standard_version", "required", "the version of the standard that is named")]
    try:
        return schemas.fetch(session, draft.standard, draft.standard_version).bundled, []
    except schemas.UnknownStandard:
        return None, [Finding("/standard", "published", "a published standard in one of its published versions")]


def _items(draft: DatasetDraft, document: Mapping[str, Any] | None) -> list[Finding]:
    counts = Counter(item.path for item in draft.items)
    found = []
    for index, item in enumerate(draft.items):
        pointer = f"/items/{index}"
        if counts[item.path] > 1:
            found.append(Finding(f"{pointer}/path", "unique", "each path once"))
        if above := _above(item.path, counts):
            found.append(Finding(f"{pointer}/path", "overlap", f"no item inside another: {above} holds this one"))
        if document is not None and not schemas.has_path(document, item.path):
            found.append(Finding(f"{pointer}/path", "standard", "the dotted path of a property of the standard"))
        if STRICTNESS[item.sharing_class] < STRICTNESS[draft.sharing_class]:
            expected = f"{draft.sharing_class} or stricter, as the dataset is {draft.sharing_class}"
            found.append(Finding(f"{pointer}/sharing_class", "strictness", expected))
    return found


def _above(path: str, paths: Iterable[str]) -> str | None:
    """The item whose value holds this one's, if there is one: its own sharing class could not be kept."""
    return next((other for other in paths if path.startswith(f"{other}.")), None)


def _masked(draft: DatasetDraft) -> list[Finding]:
    if draft.calling_rule is None:
        return []
    paths = {item.path for item in draft.items}
    return [
        Finding("/calling_rule/masks", "item", "masks of the dataset's own items; one names an item that is not there")
        for path in draft.calling_rule.masks
        if path not in paths
    ]


def _name(session: Session, draft: DatasetDraft) -> list[Finding]:
    """A not-shared dataset is called by its own slug, to be refused; no other dataset's service may answer there."""
    if draft.sharing_class is not SharingClass.NOT_SHARED:
        return []
    id = f"{draft.department}/{draft.slug}"
    service = session.get(Service, id)
    if service is None or service.dataset_id == id:
        return []
    return [Finding("/slug", "taken", "a slug that no service of another dataset of the department has")]
