"""Calling rules as `odrl:Offer`, terms of agreements as `odrl:Agreement`: nodes for `catalog.dcat.writing`. Pure.

One permission to `odrl:read`, narrowed by constraints and bound by duties; what ODRL has no words for is said in those
of our profile (`profile.ttl`). No node is blank: each is named after its policy. Lists whose order says nothing are
written as sets; an empty one, which permits nothing, as the empty list.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rdflib import RDF

from catalog.dcat.vocabulary import urn
from catalog.rules import CallingRule, QuotaTerms
from policies.models import AgreementTerms, Mask
from policies.odrl.vocabulary import ODRL, OURS, PROFILE

Node = dict[str, Any]

UNITS: Final[Mapping[str, str]] = {name: str(OURS[f"per-{name}"]) for name in ("minute", "hour", "day", "month")}
_NOTHING: Final[Node] = {"id": str(RDF.nil)}


def offer(rule: CallingRule, id: str, *, assigner: str, target: str) -> Node:
    """The offer of a dataset; `id` and the others are IRIs."""
    name = _Names(id)
    masks = [Mask(item=item, function=function) for item, function in rule.masks.items()]
    permission = _permission(
        name,
        target,
        [*_common(name, rule.purposes, rule.bases, rule.quota), *_named(name, rule.case_required, rule.actor_required)],
        _masks(name, masks),
    )
    return _policy(id, "odrl:Offer", permission, assigner=_ref(assigner))


def agreement(terms: AgreementTerms, id: str, *, department: str, application: str, service: str) -> Node:
    """The agreement with this id, between a department and an application, on a service; slugs as everywhere."""
    iri = urn("agreement", id)
    name = _Names(iri)
    assignee = urn("application", application)
    own = {
        "suppliedBasis": terms.supplied_basis,
        "emergencySkips": terms.emergency.skips if terms.emergency else None,
        "emergencyHours": terms.emergency.hours if terms.emergency else None,
        "safeguard": terms.safeguards or None,
    }
    permission = _permission(
        name, urn("service", service), _constraints(name, terms, assignee), _duties(name, terms), own
    )
    parties = {"assigner": _ref(urn("department", department)), "assignee": _ref(assignee)}
    return _policy(iri, "odrl:Agreement", permission, **parties)


class _Names:
    """Names of the parts of one policy: after what they say, numbered where that is said again."""

    def __init__(self, policy: str) -> None:
        self._policy, self._given = policy, dict[str, int]()

    def __call__(self, part: str) -> str:
        number = self._given[part] = self._given.get(part, 0) + 1
        separator = "-" if "#" in self._policy else "#"
        return f"{self._policy}{separator}{part}" + (f"-{number}" if number > 1 else "")


def _policy(id: str, type: str, permission: Node, **parties: Node) -> Node:
    head = {"id": id, "type": type, "profile": _ref(PROFILE), "conflict": _ref(str(ODRL.prohibit))}
    return {**head, **parties, "permission": permission}


def _permission(
    name: _Names, target: str, constraints: Sequence[Node], duties: Sequence[Node], own: Mapping[str, Any] | None = None
) -> Node:
    told = {"constraint": list(constraints), "duty": list(duties), **(own or {})}
    head = {"id": name("permission"), "type": "odrl:Permission", "action": _ref(str(ODRL.read)), "target": _ref(target)}
    return {**head, **{key: value for key, value in told.items() if value not in (None, [])}}


def _common(name: _Names, purposes: Sequence[str], bases: Sequence[str], quota: QuotaTerms | None) -> Iterable[Node]:
    yield _constraint(name("purpose"), ODRL.purpose, ODRL.isAnyOf, _set(purposes))
    yield _constraint(name("basis"), OURS.legalBasis, ODRL.isAnyOf, _set(bases))
    if quota is not None:
        unit = _ref(UNITS[quota.window])
        yield _constraint(name("quota"), OURS.quota, ODRL.lteq, _number(quota.count), unit)


def _named(name: _Names, case: bool, actor: bool) -> Iterable[Node]:
    for wanted, part, left in ((case, "case", OURS.caseNamed), (actor, "actor", OURS.actorNamed)):
        if wanted:
            yield _constraint(name(part), left, ODRL.eq, _typed("true", "boolean"))


def _constraints(name: _Names, terms: AgreementTerms, assignee: str) -> list[Node]:
    made = [
        *_common(name, terms.purposes, terms.bases, terms.quota),
        _constraint(name("operation"), OURS.operation, ODRL.isAnyOf, _set(terms.operations)),
        _constraint(name("item"), OURS.item, ODRL.isAnyOf, _set(terms.items)),
        _constraint(name("from"), ODRL.dateTime, ODRL.gteq, _moment(terms.valid_from)),
        _constraint(name("until"), ODRL.dateTime, ODRL.lt, _moment(terms.valid_until)),
        _constraint(name("recipient"), ODRL.recipient, ODRL.eq, _ref(assignee)),
        _constraint(name("channel"), ODRL.deliveryChannel, ODRL.eq, str(terms.mode)),
        *_named(name, terms.case_required, terms.actor_required),
    ]
    if terms.time_of_day is not None:
        window = f"{terms.time_of_day.start}/{terms.time_of_day.end}"
        made.append(_constraint(name("time-of-day"), OURS.timeOfDay, ODRL.isPartOf, window))
    if terms.rate is not None:
        unit = _typed(f"PT{terms.rate.seconds}S", "duration")
        made.append(_constraint(name("rate"), OURS.rate, ODRL.lteq, _number(terms.rate.count), unit))
    if terms.total is not None:
        made.append(_constraint(name("total"), ODRL["count"], ODRL.lteq, _number(terms.total)))
    if terms.consent is not None:
        made.append(_consent(name, terms.consent.statutes))
    return made


def _consent(name: _Names, statutes: Sequence[str]) -> Node:
    """Consent, or a statute that needs none."""
    given = _constraint(name("consent"), OURS.consentGiven, ODRL.eq, _typed("true", "boolean"))
    if not statutes:
        return given
    statute = _constraint(name("statute"), OURS.legalBasis, ODRL.isAnyOf, _set(statutes))
    return {"id": name("consent-or-statute"), "type": "odrl:LogicalConstraint", "or": [given, statute]}


def _duties(name: _Names, terms: AgreementTerms) -> list[Node]:
    made = _masks(name, terms.masks)
    if terms.row_filter is not None:
        condition = _constraint(name("condition"), OURS.condition, ODRL.eq, _json(terms.row_filter))
        made.append(_duty(name, "filter", str(OURS.filterRows), [condition]))
    if terms.suppress is not None:
        by = _constraint(name("by"), OURS.by, ODRL.isAnyOf, _set(terms.suppress.by))
        below = _constraint(name("below"), OURS.below, ODRL.eq, _number(terms.suppress.below))
        made.append(_duty(name, "suppress", str(OURS.suppress), [by, below]))
    if terms.duties.notify:
        made.append(_duty(name, "inform", str(ODRL.inform)))
    if terms.duties.delete_after_days is not None:
        days = _typed(f"P{terms.duties.delete_after_days}D", "duration")
        limit = _constraint(name("kept"), ODRL.elapsedTime, ODRL.lteq, days)
        made.append(_duty(name, "delete", str(ODRL.delete), constraints=[limit]))
    if terms.price is not None:
        amount, unit = _typed(terms.price.amount, "decimal"), _ref(urn("currency", terms.price.currency))
        pay = _constraint(name("amount"), ODRL.payAmount, ODRL.eq, amount, unit)
        per = _constraint(name("per"), OURS.per, ODRL.eq, terms.price.per)
        made.append(_duty(name, "compensate", str(ODRL.compensate), [pay, per]))
    return made


def _masks(name: _Names, masks: Sequence[Mask]) -> list[Node]:
    return [_mask(name, mask) for mask in masks]


def _mask(name: _Names, mask: Mask) -> Node:
    refinements = [
        _constraint(name("masked"), OURS.item, ODRL.eq, mask.item),
        _constraint(name("function"), OURS.function, ODRL.eq, mask.function),
    ]
    if mask.arguments:
        refinements.append(_constraint(name("arguments"), OURS.arguments, ODRL.eq, _json(mask.arguments)))
    return _duty(name, "mask", str(OURS.mask), refinements)


def _duty(
    name: _Names, part: str, action: str, refinements: Sequence[Node] = (), constraints: Sequence[Node] = ()
) -> Node:
    what = _ref(action)
    if refinements:
        refined = {"value": _ref(action), "refinement": list(refinements)}
        what = {"id": name(f"{part}-action"), "type": "odrl:Action", **refined}
    limits = {"constraint": list(constraints)} if constraints else {}
    return {"id": name(part), "type": "odrl:Duty", "action": what, **limits}


def _constraint(id: str, left: str, operator: str, right: Any, unit: Node | None = None) -> Node:
    told = {"leftOperand": _ref(str(left)), "operator": _ref(str(operator)), "rightOperand": right}
    return {"id": id, "type": "odrl:Constraint", **told, **({"unit": unit} if unit else {})}


def _set(words: Iterable[str]) -> Any:
    return sorted(set(words)) or _NOTHING


def _ref(iri: str) -> Node:
    return {"id": iri}


def _typed(text: str, type: str) -> Node:
    return {"@value": text, "@type": f"xsd:{type}"}


def _number(number: int) -> Node:
    return _typed(str(number), "integer")


def _moment(at: datetime) -> Node:
    return _typed(at.astimezone(UTC).isoformat(), "dateTime")


def _json(document: Any) -> Node:
    """As a JSON literal, which JSON-LD 1.1 and Turtle both have."""
    return {"@value": json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False), "@type": "rdf:JSON"}
