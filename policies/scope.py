"""Whether an agreement can stand on the dataset, the items and the interface as they are now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from catalog import datasets
from catalog.models import DataItem, Dataset, DatasetDraft, ItemDraft, Service, SharingClass
from catalog.rules import CallingRule
from policies import decisions, offer, signing
from policies.models import Agreement, AgreementTerms
from policies.obligations import Unenforceable
from standards import interfaces
from standards.models import Identifies
from standards.specification import Operation
from standards.validation import Finding

Offered = Dataset | DatasetDraft
Item = DataItem | ItemDraft

# Whether terms can be enforced does not depend on the zone their windows are read in.
_ANY_ZONE = ZoneInfo("UTC")


def findings(session: Session, agreement: Agreement, dataset: Dataset, service: Service) -> list[Finding]:
    """Everything in which the agreement goes beyond what is offered, or what could not be enforced."""
    return exceeded(session, agreement, dataset, datasets.items(session, dataset.id), service)


def exceeded(
    session: Session, agreement: Agreement, dataset: Offered, items: Sequence[Item], service: Service
) -> list[Finding]:
    """As `findings`, for a dataset as it is or as it is proposed."""
    terms = AgreementTerms.model_validate(agreement.terms)
    found = [
        *_rule(terms, dataset),
        *_items(terms, items),
        *_operations(session, terms, service),
        *_enforced(terms, decision_items(items)),
    ]
    return [*_offered(dataset), *(_placed(finding) for finding in found)]


def contradictions(terms: AgreementTerms) -> list[Finding]:
    """What is wrong with the terms whatever dataset they are about: they permit nothing, contradict themselves, ask
    for what is never enforced, or have no form that can be signed.
    """
    empty = [
        Finding(f"/{name}", "empty", "at least one entry: an empty list permits nothing")
        for name in ("operations", "purposes", "bases", "items")
        if not getattr(terms, name)
    ]
    by = terms.suppress.by if terms.suppress else ()
    named = {*terms.items, *by, *(mask.item for mask in terms.masks), *_filtered(terms.row_filter)}
    assumed = {path: decisions.Item(SharingClass.UNCONDITIONAL, 1, Identifies.NOBODY) for path in named}
    unsignable = signing.unsignable(terms.model_dump(mode="json"))
    return [_placed(finding) for finding in (*empty, *_enforced(terms, assumed), *unsignable)]


def decision_items(items: Iterable[Item]) -> dict[str, decisions.Item]:
    """The catalog's items as decisions know them, by path."""
    return {
        item.path: decisions.Item(str(item.sharing_class), item.sensitivity, str(item.identifies)) for item in items
    }


def _placed(finding: Finding) -> Finding:
    """Findings name places in the terms; an agreement holds these under `/terms`."""
    return Finding(f"/terms{finding.pointer}", finding.rule, finding.expected)


def _offered(dataset: Offered) -> list[Finding]:
    if dataset.sharing_class == SharingClass.NOT_SHARED:
        return [
            Finding("/service", "not-shared", "a service of a dataset that is shared: no agreement permits this one")
        ]
    if dataset.calling_rule is None:
        return [Finding("/service", "calling-rule", "a service of a dataset that has a calling rule")]
    return []


def _rule(terms: AgreementTerms, dataset: Offered) -> list[Finding]:
    if dataset.calling_rule is None:
        return []
    return offer.exceeded(terms, CallingRule.model_validate(dataset.calling_rule))


def _items(terms: AgreementTerms, items: Iterable[Item]) -> list[Finding]:
    """What compilation does not see: it takes an agreement on nothing, and looks at any item to filter rows."""
    found = []
    if not terms.items:
        found.append(Finding("/items", "empty", "at least one item of the dataset: an empty list permits nothing"))
    withheld = {item.path for item in items if item.sharing_class == SharingClass.NOT_SHARED}
    if not withheld.isdisjoint(_filtered(terms.row_filter)):
        expected = "a condition on shared items: which records pass would tell of one that is not"
        found.append(Finding("/row_filter", "not-shared", expected))
    return found


def _filtered(condition: Any) -> Iterator[str]:
    """The items that a row condition looks at, however deep."""
    if isinstance(condition, list):
        for part in condition:
            yield from _filtered(part)
    elif isinstance(condition, dict):
        if isinstance(item := condition.get("item"), str):
            yield item
        for name in ("all", "any", "not"):
            yield from _filtered(condition.get(name))


def _operations(session: Session, terms: AgreementTerms, service: Service) -> list[Finding]:
    if not terms.operations:
        return [Finding("/operations", "empty", "at least one operation: an empty list permits nothing")]
    known = _offered_operations(session, service)
    leaves_out = terms.row_filter is not None or terms.suppress is not None
    found = []
    for index, id in enumerate(terms.operations):
        operation = known.get(id)
        if operation is None:
            expected = "an operationId of the service's interface specification"
            found.append(Finding(f"/operations/{index}", "known", expected))
        elif leaves_out and operation.beside:
            expected = "an operation with nothing beside its records but `next`: all else would tell of those left out"
            found.append(Finding(f"/operations/{index}", "beside", expected))
    return found


def _offered_operations(session: Session, service: Service) -> Mapping[str, Operation]:
    if service.interface is None:
        return {}
    interface = interfaces.fetch(session, service.interface, service.interface_version)
    return interfaces.compile(interface.document).operations


def _enforced(terms: AgreementTerms, items: Mapping[str, decisions.Item]) -> tuple[Finding, ...]:
    """What compilation finds; it says the same of any agreement on these terms."""
    try:
        decisions.compile(terms, id="", version=1, application="", service="", items=items, timezone=_ANY_ZONE)
    except Unenforceable as error:
        return error.findings
    return ()
