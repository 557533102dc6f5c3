"""Reviews: asks standards, catalog and agreements whether everything is there before a step is taken.

ValueError
└── NotPublishable   .findings: everything that is missing, each with what to do about it
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import datasets, departments, drafts, reviews, services, versions
from catalog.models import Dataset, DatasetDraft, DatasetState, DatasetVersion, Review, Service, SharingClass, Stage
from catalog.registration import told
from catalog.rules import CallingRule
from policies import agreements, scope
from policies.obligations import MASKS
from standards import codelists, mappings, schemas
from standards.validation import Finding

PURPOSES = "purposes"


class NotPublishable(ValueError):
    """What a dataset lacks for its next review, all of it in `findings`."""

    def __init__(self, id: str, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{id} is not ready for its review. {told(self.findings)}")


def submit(
    session: Session,
    dataset_id: str,
    by: str,
    now: datetime,
    *,
    review: Review | None = None,
    key: str = "",
    expected_revision: int | None = None,
) -> Review:
    """Hands the proposed version to the operators; everything must be there that the review will ask for.

    Without `review` it is the next one: registration for a dataset that never was registered, else publication. A draft
    that is submitted for publication passes both reviews at once. A withdrawn dataset is proposed again as it was, and
    so is a published one that has a service which waits for its review.
    `key` is the thumbprint of the key that vouched for `by`. Raises UnknownDataset, Outdated, NothingPending,
    WrongStage, NotPublishable.
    """
    dataset = datasets.held(session, dataset_id, expected_revision)
    version = _to_submit(session, dataset, by, key, now)
    first = version.stage == Stage.DRAFT and dataset.state == DatasetState.DRAFT
    wanted = review or (Review.REGISTRATION if first else Review.PUBLICATION)
    _require(session, dataset, version, wanted, now)
    reviews.submit(session, dataset, version, wanted, by, key, now)
    return wanted


def approve(
    session: Session,
    dataset_id: str,
    by: str,
    now: datetime,
    *,
    key: str = "",
    expected_revision: int | None = None,
) -> tuple[Review, ...]:
    """An operator's yes to what was submitted; gives the reviews that are passed by it.

    Once publication is among them, the version is in force. Raises UnknownDataset, Outdated, NothingPending,
    WrongStage, SelfReview, NotPublishable.
    """
    dataset, version = _proposed(session, dataset_id, expected_revision)
    wanted = Review.PUBLICATION if version.stage == Stage.PUBLICATION_REVIEW else Review.REGISTRATION
    if version.stage in versions.IN_REVIEW:
        _require(session, dataset, version, wanted, now)
    return reviews.approve(session, dataset, version, by, key, now)


def send_back(
    session: Session,
    dataset_id: str,
    reason: Mapping[str, str],
    by: str,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> Review:
    """An operator's no, with the reason. Raises UnknownDataset, Outdated, NothingPending, WrongStage, NoReason."""
    dataset, version = _proposed(session, dataset_id, expected_revision)
    return reviews.send_back(session, dataset, version, reason, by, now)


def consumers(session: Session, dataset_id: str, now: datetime) -> tuple[str, ...]:
    """The departments with agreements on the dataset that have not run out."""
    running = agreements.running_on(session, dataset_id)
    used = (one.application_id.partition("/")[0] for one, _ in running if agreements.terms(one).valid_until > now)
    return tuple(sorted(set(used)))


def missing(session: Session, draft: DatasetDraft, now: datetime, *, review: Review | None = None) -> list[Finding]:
    """Everything that stands between the draft of a registered dataset and a review, both when none is named.

    A dataset that is not shared is published so that calls are refused with its law: it needs that law and no more.
    """
    id = f"{draft.department}/{draft.slug}"
    found = departments.suspension(departments.fetch(session, draft.department))
    if review is not Review.PUBLICATION:
        asked = len(draft.items) if review else 1  # publication asks for items by name
        found += reviews.missing(session, draft.category, draft.sharing_class, draft.sharing_reason, asked)
    if review is Review.REGISTRATION or draft.sharing_class == SharingClass.NOT_SHARED:
        return found
    return [
        *found,
        *_standard(session, draft),
        *_services(session, id, draft),
        *_calling_rule(session, draft),
        *_agreements(session, id, draft, now),
    ]


def _proposed(session: Session, dataset_id: str, expected_revision: int | None) -> tuple[Dataset, DatasetVersion]:
    dataset = datasets.held(session, dataset_id, expected_revision)
    version = versions.pending(session, dataset_id)
    if version is None:
        raise datasets.NothingPending(dataset_id)
    return dataset, version


def _to_submit(session: Session, dataset: Dataset, by: str, key: str, now: datetime) -> DatasetVersion:
    version = versions.pending(session, dataset.id)
    if version is not None:
        return version
    waits = dataset.state == DatasetState.PUBLISHED and services.waiting(session, dataset.id)
    if dataset.state != DatasetState.WITHDRAWN and not waits:
        raise datasets.NothingPending(dataset.id)
    before = versions.fetch(session, dataset.id, dataset.version)
    return versions.next(session, dataset.id, before.document, by, key, now)


def _require(session: Session, dataset: Dataset, version: DatasetVersion, review: Review, now: datetime) -> None:
    """Raises NotPublishable with all that the version lacks for the review, and for the one before if it is due."""
    draft = DatasetDraft.model_validate(version.document)
    both = review is Review.PUBLICATION and version.registered_at is None
    found = [*drafts.findings(session, draft), *missing(session, draft, now, review=None if both else review)]
    if found:
        raise NotPublishable(dataset.id, found)


def _standard(session: Session, draft: DatasetDraft) -> list[Finding]:
    if draft.standard is None:
        found = [Finding("/standard", "missing", "name the published standard and version that its records follow")]
        return found if draft.items else [*found, *_no_items()]
    try:
        standard = schemas.fetch(session, draft.standard, draft.standard_version)
    except schemas.UnknownStandard:
        return []  # a finding of the draft itself
    return _items(draft, standard.bundled)


def _no_items() -> list[Finding]:
    return [
        Finding("/items", "missing", "register the dataset's items, at least one for every property of the standard")
    ]


def _items(draft: DatasetDraft, document: Mapping[str, Any]) -> list[Finding]:
    """Every leaf of the standard stands in an item: in its own, or in that of a value which holds it."""
    paths = {item.path for item in draft.items}
    return [
        Finding("/items", "missing", f"register an item for {leaf}, a property of the standard")
        for leaf in schemas.leaf_paths(document)
        if not any(leaf == path or leaf.startswith(f"{path}.") for path in paths)
    ]


def _services(session: Session, dataset_id: str, draft: DatasetDraft) -> list[Finding]:
    found = services.of_dataset(session, dataset_id)
    if not found:
        return [Finding("/services", "missing", "register a service that says how the dataset is reached")]
    lacking = [
        Finding(f"/services/{service.slug}/interface", "missing", "name a published interface and its version")
        for service in found
        if service.interface is None
    ]
    return [*lacking, *_mappings(session, found, draft)]


def _mappings(session: Session, found: Sequence[Service], draft: DatasetDraft) -> Iterator[Finding]:
    """Services whose mapping does not make records of the standard that the draft names."""
    for service in found:
        if service.mapping is None or draft.standard is None or draft.standard_version is None:
            continue
        row = mappings.fetch(session, service.mapping, service.mapping_version)
        for finding in services.misfits(session, row, draft.standard, draft.standard_version):
            yield Finding(f"/services/{service.slug}{finding.pointer}", finding.rule, finding.expected)


def _calling_rule(session: Session, draft: DatasetDraft) -> list[Finding]:
    if draft.calling_rule is None:
        return [Finding("/calling_rule", "missing", "say for which purposes and on which bases it is served")]
    return [*_purposes(session, draft.calling_rule), *_masks(draft.calling_rule)]


def _purposes(session: Session, rule: CallingRule) -> list[Finding]:
    try:
        known = {code["code"] for code in codelists.fetch(session, PURPOSES).codes}
    except codelists.UnknownCodeList:
        return [Finding("/calling_rule/purposes", "published", f"publish the code list {PURPOSES} first")]
    return [
        Finding(f"/calling_rule/purposes/{index}", "known", f"name a code of the published code list {PURPOSES}")
        for index, purpose in enumerate(rule.purposes)
        if purpose not in known
    ]


def _masks(rule: CallingRule) -> list[Finding]:
    return [
        Finding("/calling_rule/masks", "known", f"mask {path} by one of {', '.join(sorted(MASKS))}")
        for path, function in rule.masks.items()
        if function not in MASKS
    ]


def _agreements(session: Session, dataset_id: str, draft: DatasetDraft, now: datetime) -> Iterable[Finding]:
    """Agreements outlive a withdrawal and a new version; those that would no longer fit the offer end before."""
    running = (
        (agreement, service)
        for agreement, service in agreements.running_on(session, dataset_id)
        if agreements.terms(agreement).valid_until > now
    )
    return [
        Finding(f"/agreements/{agreement.id}", "scope", "revoke it, or keep the offer it was drawn under")
        for agreement, service in running
        if scope.exceeded(session, agreement, draft, draft.items, service)
    ]
