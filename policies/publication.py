"""Publication: asks standards, catalog and agreements whether everything is there before a dataset can be called.

ValueError
└── NotPublishable   .findings: everything that is missing, each with what to do about it
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import datasets, departments, services
from catalog.models import Dataset, DatasetState, SharingClass
from catalog.registration import told
from catalog.rules import CallingRule
from policies import agreements, scope
from policies.obligations import MASKS
from standards import codelists, schemas
from standards.validation import Finding

PURPOSES = "purposes"

_REASONS = {
    SharingClass.CONDITIONAL: "say under which condition the dataset is shared",
    SharingClass.NOT_SHARED: "name the law or regulation that forbids sharing",
}


class NotPublishable(ValueError):
    """What a dataset lacks for publication, all of it in `findings`."""

    def __init__(self, id: str, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{id} cannot be published yet. {told(self.findings)}")


def publish(
    session: Session, dataset_id: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> Dataset:
    """Opens the dataset to calls. Raises UnknownDataset, Outdated, NotPublishable."""
    dataset = datasets.held(session, dataset_id, expected_revision)
    if found := missing(session, dataset, now):
        raise NotPublishable(dataset_id, found)
    return datasets.mark_published(session, dataset, by, now)


def missing(session: Session, dataset: Dataset, now: datetime) -> list[Finding]:
    """Everything that stands between the dataset and publication; empty when nothing does.

    A dataset that is not shared is published so that calls are refused with its law: it needs that law and no more.
    """
    found = [*_state(dataset), *_department(session, dataset), *_reason(dataset)]
    if dataset.sharing_class == SharingClass.NOT_SHARED:
        return found
    return [
        *found,
        *_standard(session, dataset),
        *_services(session, dataset),
        *_calling_rule(session, dataset),
        *_agreements(session, dataset, now),
    ]


def _state(dataset: Dataset) -> list[Finding]:
    if dataset.state != DatasetState.PUBLISHED:
        return []
    return [Finding("/state", "state", "a draft or withdrawn dataset: this one is published already")]


def _department(session: Session, dataset: Dataset) -> list[Finding]:
    return departments.suspension(departments.fetch(session, dataset.department))


def _reason(dataset: Dataset) -> list[Finding]:
    sharing_class = SharingClass(dataset.sharing_class)
    if sharing_class not in _REASONS or dataset.sharing_reason:
        return []
    return [Finding("/sharing_reason", "missing", _REASONS[sharing_class])]


def _standard(session: Session, dataset: Dataset) -> list[Finding]:
    if dataset.standard is None:
        found = [Finding("/standard", "missing", "name the published standard and version that its records follow")]
        return found if datasets.items(session, dataset.id) else [*found, *_no_items()]
    standard = schemas.fetch(session, dataset.standard, dataset.standard_version)
    return _items(session, dataset, standard.bundled)


def _no_items() -> list[Finding]:
    return [
        Finding("/items", "missing", "register the dataset's items, at least one for every property of the standard")
    ]


def _items(session: Session, dataset: Dataset, document: Mapping[str, Any]) -> list[Finding]:
    """Every leaf of the standard stands in an item: in its own, or in that of a value which holds it."""
    paths = {item.path for item in datasets.items(session, dataset.id)}
    return [
        Finding("/items", "missing", f"register an item for {leaf}, a property of the standard")
        for leaf in schemas.leaf_paths(document)
        if not any(leaf == path or leaf.startswith(f"{path}.") for path in paths)
    ]


def _services(session: Session, dataset: Dataset) -> list[Finding]:
    found = services.of_dataset(session, dataset.id)
    if not found:
        return [Finding("/services", "missing", "register a service that says how the dataset is reached")]
    return [
        Finding(f"/services/{service.slug}/interface", "missing", "name a published interface and its version")
        for service in found
        if service.interface is None
    ]


def _calling_rule(session: Session, dataset: Dataset) -> list[Finding]:
    if dataset.calling_rule is None:
        return [Finding("/calling_rule", "missing", "say for which purposes and on which bases it is served")]
    rule = CallingRule.model_validate(dataset.calling_rule)
    return [*_purposes(session, rule), *_masks(rule)]


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


def _agreements(session: Session, dataset: Dataset, now: datetime) -> list[Finding]:
    """Agreements outlive a withdrawal; those that no longer fit the offer end before it opens again."""
    running = (
        (agreement, service)
        for agreement, service in agreements.active_on(session, dataset.id)
        if agreements.terms(agreement).valid_until > now
    )
    return [
        Finding(f"/agreements/{agreement.id}", "scope", "revoke it, or keep the offer it was drawn under")
        for agreement, service in running
        if scope.findings(session, agreement, dataset, service)
    ]
