"""ODRL as a calling rule or as the draft of an agreement: only what can be enforced, and all of it. Pure.

Every term is either enforced here or refused with its IRI: an unknown action, operand, operator, profile or property, a
prohibition, a second permission. Nothing is left out to make a policy fit.

ValueError
└── NotEnforceable    .findings: every term that is refused, its IRI in `expected`
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from rdflib import Graph, URIRef

from catalog.dcat.vocabulary import named
from catalog.imports import Unreadable
from catalog.rules import CallingRule
from policies.models import AgreementDraft
from policies.odrl import structure, values, vocabulary
from policies.odrl.structure import Constraint, Policy, Rule, Thing
from policies.odrl.vocabulary import ODRL, OURS
from policies.odrl.writing import UNITS
from standards import strict_json
from standards.strict_json import UnreadableJson
from standards.validation import Finding

T = TypeVar("T")

_WINDOWS: Final = {iri: window for window, iri in UNITS.items()}
_MAX_JSON: Final = 1 << 18


class NotEnforceable(ValueError):
    """The policy says what is not enforced here."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        told = "; ".join(f"{one.pointer}: {one.expected}" for one in self.findings[:5])
        super().__init__(f"The policy cannot be enforced here: {told}")


def agreement(graph: Graph) -> AgreementDraft:
    """The agreement, or the offer to one party, in a document. Raises Unreadable, NotEnforceable."""
    policies = structure.policies(graph)
    if len(policies) != 1:
        raise Unreadable("", "too-many", "one policy in a document")
    reading = _Reading(policies[0])
    rule = reading.permission()
    if rule is None:
        raise NotEnforceable(reading.findings)
    parties = {
        "application": reading.party(rule.assignees, "application", "assignee"),
        "service": reading.party(rule.targets, "service", "target"),
    }
    terms = reading.common(rule) | reading.agreed(rule) | reading.own(rule)
    reading.duties(rule, terms)
    return reading.finish(lambda: AgreementDraft.model_validate({**parties, "terms": terms}))


def calling_rule(graph: Graph, dataset: URIRef) -> tuple[dict[str, Any] | None, list[Finding]]:
    """The calling rule that the one policy of a dataset makes; or what of it cannot be enforced."""
    found = sorted(graph.objects(dataset, ODRL.hasPolicy), key=str)
    if not found:
        return None, []
    if len(found) > 1:
        return None, [Finding("/calling_rule", "too-many", "one odrl:hasPolicy: a dataset has one calling rule")]
    try:
        reading = _Reading(structure.Reader(graph).policy(found[0]))
        rule = reading.permission()
        if rule is None:
            return None, [_moved(finding) for finding in reading.findings]
        reading.only(rule.targets, str(dataset), "target")
        said = reading.common(rule)
        reading.duties(rule, said)
        said["masks"] = {mask["item"]: mask["function"] for mask in said.pop("masks", ())}
        made = reading.finish(lambda: CallingRule.model_validate(said))
        return made.model_dump(mode="json"), []
    except (NotEnforceable, Unreadable) as error:
        return None, [_moved(finding) for finding in error.findings]


def _moved(finding: Finding) -> Finding:
    return Finding("/calling_rule", finding.rule, f"{finding.expected} (at {finding.pointer[:200]})")


class _Reading:
    """One policy, term by term; whatever is not taken stays over and is refused."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._left: list[Constraint] = []
        self.findings: list[Finding] = list(policy.notes)
        for name in policy.profiles:
            if name not in vocabulary.PROFILES:
                self._refuse(policy.id, "profile", f"a profile that is enforced here, not {name}")
        for parent in policy.missing:
            self._refuse(policy.id, "inherit-from", f"the inherited policy {parent} in the same document")
        for strategy in policy.conflicts:
            if strategy != str(ODRL.prohibit):
                self._refuse(
                    policy.id, "conflict", f"odrl:prohibit as strategy, for prohibitions win here, not {strategy}"
                )

    def permission(self) -> Rule | None:
        """The one permission; prohibitions and obligations of their own are not enforced here."""
        for rule in self._policy.rules:
            if rule.kind != "permission":
                self._refuse(rule.id, "rule", f"permissions only, not odrl:{rule.kind}")
        found = [rule for rule in self._policy.rules if rule.kind == "permission"]
        if len(found) != 1:
            self._refuse(self._policy.id, "rule", "exactly one odrl:permission")
            return None
        rule = found[0]
        if [action.id for action in rule.actions] != [str(ODRL.read)] or rule.actions[0].refinements:
            told = ", ".join(action.id for action in rule.actions) or "none"
            self._refuse(rule.id, "action", f"{ODRL.read} as the only action, not {told}")
        for party in rule.assigners:
            self._plain(party)
        self._left = list(rule.constraints)
        return rule

    def party(self, things: Sequence[Thing], kind: str, role: str) -> str:
        """The slug in the one name of this kind."""
        found = named(kind, things[0].id) if len(things) == 1 and self._plain(things[0]) else None
        if found is None:
            self._refuse(self._policy.id, role, f"one odrl:{role}, named urn:hutong:{kind}:…")
        return found or ""

    def only(self, things: Sequence[Thing], iri: str, role: str) -> None:
        if [thing.id for thing in things] != [iri] or not self._plain(things[0]):
            self._refuse(self._policy.id, role, f"{iri} as the only odrl:{role}")

    def common(self, rule: Rule) -> dict[str, Any]:
        """What a calling rule and an agreement both say."""
        if rule.own and self._policy.type != str(ODRL.Agreement):
            self._refuse(rule.id, "property", f"an offer without {OURS[rule.own[0][0]]}")
        said: dict[str, Any] = {
            "purposes": self._words(ODRL.purpose, rule),
            "bases": self._words(OURS.legalBasis, rule),
            "case_required": self._flag(OURS.caseNamed),
            "actor_required": self._flag(OURS.actorNamed),
        }
        quota = self._take(OURS.quota, ODRL.lteq)
        if quota is not None:
            unit = quota.unit.text if quota.unit else ""
            said["quota"] = {"count": self._number(quota), "window": _WINDOWS.get(unit, unit)}
            if unit not in _WINDOWS:
                self._refuse(quota.id, "unit", f"one of {', '.join(_WINDOWS)}")
        return said

    def agreed(self, rule: Rule) -> dict[str, Any]:
        """What an agreement alone says."""
        said: dict[str, Any] = {
            "operations": self._words(OURS.operation, rule),
            "items": self._words(OURS.item, rule),
            "valid_from": self._moment(ODRL.gteq, rule),
            "valid_until": self._moment(ODRL.lt, rule),
        }
        recipient = self._take(ODRL.recipient, ODRL.eq)
        if recipient is not None and [self._text(recipient)] != [party.id for party in rule.assignees]:
            self._refuse(recipient.id, "recipient", "the assignee itself: nothing is passed on")
        channel, total, rate = (
            self._take(left, operator)
            for left, operator in (
                (ODRL.deliveryChannel, ODRL.eq),
                (ODRL["count"], ODRL.lteq),
                (OURS.rate, ODRL.lteq),
            )
        )
        if channel is not None:
            said["mode"] = self._text(channel)
        if total is not None:
            said["total"] = self._number(total)
        if rate is not None:
            said["rate"] = {
                "count": self._number(rate),
                "seconds": values.seconds(rate.unit.text) if rate.unit else None,
            }
        hours = self._take(OURS.timeOfDay, ODRL.isPartOf)
        if hours is not None:
            start, _, end = self._text(hours).partition("/")
            said["time_of_day"] = {"start": start, "end": end}
        return said | self._consent()

    def own(self, rule: Rule) -> dict[str, Any]:
        """What stands in properties of our profile."""
        told = {name: [value.text for value in found] for name, found in rule.own}
        said: dict[str, Any] = {"safeguards": told.get("safeguard", [])}
        if "suppliedBasis" in told:
            said["supplied_basis"] = self._first(rule.id, "suppliedBasis", told)
        if "emergencySkips" in told or "emergencyHours" in told:
            hours = self._first(rule.id, "emergencyHours", told)
            said["emergency"] = {"skips": told.get("emergencySkips", []), "hours": _integer(hours)}
        return said

    def duties(self, rule: Rule, said: dict[str, Any]) -> None:
        """Adds what the duties say."""
        for duty in rule.duties:
            action = duty.actions[0].id if len(duty.actions) == 1 else ""
            read = _DUTIES.get(action)
            strange = duty.targets or duty.assignees or duty.assigners or duty.duties or duty.own
            if read is None or strange:
                names = ", ".join(one.id for one in duty.actions) or "none"
                self._refuse(duty.id, "duty", f"a duty that is enforced here, not {names}, and nothing beside it")
                continue
            kept, self._left = self._left, [*duty.actions[0].refinements, *duty.constraints]
            read(self, duty, said)
            self._refuse_rest()
            self._left = kept

    def finish(self, make: Callable[[], T]) -> T:
        """What was read, unless something is left over or does not hold together. Raises NotEnforceable."""
        self._refuse_rest()
        if self.findings:
            raise NotEnforceable(self.findings)
        try:
            return make()
        except ValidationError as error:
            raise NotEnforceable([_invalid(one) for one in error.errors()[:50]]) from None

    # -- duties ----------------------------------------------------------------------------------------------------

    def _mask(self, duty: Rule, said: dict[str, Any]) -> None:
        item, function = (self._wanted(left, duty) for left in (OURS.item, OURS.function))
        arguments = self._take(OURS.arguments, ODRL.eq)
        mask = {"item": item, "function": function, "arguments": self._json(arguments) if arguments else {}}
        if arguments is not None and self._policy.type != str(ODRL.Agreement):
            self._refuse(duty.id, "mask", f"a mask of an offer without {OURS.arguments}")
        if any(item == one["item"] for one in said.get("masks", ())) and self._policy.type != str(ODRL.Agreement):
            self._refuse(duty.id, "mask", "one mask of an item in an offer")
        said.setdefault("masks", []).append(mask)
        said["masks"].sort(key=lambda one: (one["item"], one["function"], str(one["arguments"])))

    def _filter(self, duty: Rule, said: dict[str, Any]) -> None:
        condition = self._take(OURS.condition, ODRL.eq)
        self._once(duty, said, "row_filter", self._json(condition) if condition else None)

    def _suppress(self, duty: Rule, said: dict[str, Any]) -> None:
        by, below = self._words(OURS.by, duty), self._take(OURS.below, ODRL.eq)
        self._once(duty, said, "suppress", {"by": by, "below": self._number(below) if below else None})

    def _inform(self, duty: Rule, said: dict[str, Any]) -> None:
        self._once(duty, said.setdefault("duties", {}), "notify", True)

    def _delete(self, duty: Rule, said: dict[str, Any]) -> None:
        kept = self._take(ODRL.elapsedTime, ODRL.lteq)
        length = values.seconds(self._text(kept)) if kept else None
        if length is None or length % 86_400:
            self._refuse(duty.id, "duty", f"{ODRL.elapsedTime} in whole days")
        self._once(duty, said.setdefault("duties", {}), "delete_after_days", (length or 0) // 86_400)

    def _compensate(self, duty: Rule, said: dict[str, Any]) -> None:
        amount, per = self._take(ODRL.payAmount, ODRL.eq), self._wanted(OURS.per, duty)
        currency = named("currency", amount.unit.text) if amount and amount.unit else None
        price = {"amount": self._text(amount) if amount else None, "currency": currency, "per": per}
        self._once(duty, said, "price", price)

    def _once(self, duty: Rule, said: dict[str, Any], name: str, value: Any) -> None:
        if self._policy.type != str(ODRL.Agreement):
            self._refuse(duty.id, "duty", f"an offer without the duty {duty.actions[0].id}")
        if name in said:
            self._refuse(duty.id, "duty", f"{duty.actions[0].id} once")
        said[name] = value

    # -- constraints -----------------------------------------------------------------------------------------------

    def _take(self, left: str, operator: str) -> Constraint | None:
        """The one constraint of this operand and operator; those of another operator stay over."""
        found = [one for one in self._left if one.left == str(left) and one.operator == str(operator)]
        if not found:
            return None
        self._left.remove(found[0])
        return found[0]

    def _words(self, left: str, rule: Rule) -> list[str]:
        one = self._take(left, ODRL.isAnyOf)
        if one is not None:
            return self._texts(one)
        single = self._take(left, ODRL.eq)
        if single is not None:
            return [self._text(single)]
        self._refuse(
            rule.id, "missing", f"a constraint {left} with {ODRL.isAnyOf}: whatever is not named is not permitted"
        )
        return []

    def _flag(self, left: str) -> bool:
        one = self._take(left, ODRL.eq)
        if one is not None and self._text(one) not in ("true", "1"):
            self._refuse(one.id, "value", f"true for {left}, or no such constraint")
        return one is not None

    def _moment(self, operator: str, rule: Rule) -> Any:
        one = self._take(ODRL.dateTime, operator)
        at = values.moment(self._text(one)) if one is not None and "T" in self._text(one) else None
        if at is None:
            self._refuse(rule.id, "missing", f"{ODRL.dateTime} with {operator} and a moment with its zone")
        return at

    def _consent(self) -> dict[str, Any]:
        plain = self._take(OURS.consentGiven, ODRL.eq)
        if plain is not None:
            if self._text(plain) != "true":
                self._refuse(plain.id, "value", f"true for {OURS.consentGiven}")
            return {"consent": {"statutes": []}}
        for one in self._left:
            parts = {part.left: part for part in one.parts}
            if (
                one.logical == "or"
                and parts.keys() == {str(OURS.consentGiven), str(OURS.legalBasis)}
                and len(one.parts) == 2
            ):
                self._left.remove(one)
                given, statute = parts[str(OURS.consentGiven)], parts[str(OURS.legalBasis)]
                if (given.operator, self._text(given)) != (str(ODRL.eq), "true") or statute.operator != str(
                    ODRL.isAnyOf
                ):
                    self._refuse(one.id, "consent", "consent that is given, or one of the statutes")
                return {"consent": {"statutes": self._texts(statute)}}
        return {}

    def _wanted(self, left: str, duty: Rule) -> str:
        one = self._take(left, ODRL.eq)
        if one is None:
            self._refuse(duty.id, "missing", f"{left} with {ODRL.eq}")
        return self._text(one) if one is not None else ""

    def _texts(self, one: Constraint) -> list[str]:
        if one.referred is not None:
            self._refuse(one.id, "value", f"values in place, not {ODRL.rightOperandReference}")
        if one.unit is not None and one.left not in (str(OURS.quota), str(OURS.rate), str(ODRL.payAmount)):
            self._refuse(one.id, "unit", f"{one.left} without {ODRL.unit}")
        return [value.text for value in one.right]

    def _text(self, one: Constraint) -> str:
        found = self._texts(one)
        if len(found) != 1:
            self._refuse(one.id, "value", f"one value for {one.left}")
        return found[0] if found else ""

    def _number(self, one: Constraint) -> int | None:
        return _integer(self._text(one))

    def _json(self, one: Constraint) -> Any:
        try:
            return strict_json.loads(self._text(one).encode(), max_bytes=_MAX_JSON)
        except (UnreadableJson, UnicodeEncodeError):
            self._refuse(one.id, "value", f"JSON for {one.left}")
            return {}

    def _refuse_rest(self) -> None:
        for one in self._left:
            if one.logical:
                self._refuse(one.id, "constraint", f"no logical constraint {ODRL[one.logical]} of these parts")
            elif one.operator.removeprefix(str(ODRL)) not in vocabulary.OPERATORS:
                self._refuse(one.id, "operator", f"an operator that is known here, not {one.operator}")
            else:
                told = f"{one.left} with {one.operator}"
                self._refuse(one.id, "operand", f"an operand that is enforced here, once, not {told}")
        self._left = []

    def _plain(self, thing: Thing) -> bool:
        if thing.refinements:
            self._refuse(thing.id, "refinement", f"{thing.id} without {ODRL.refinement}")
        return not thing.refinements

    def _first(self, id: str, name: str, told: Mapping[str, Sequence[str]]) -> str:
        found = told.get(name, ())
        if len(found) != 1:
            self._refuse(id, "property", f"{OURS[name]} once")
        return found[0] if found else ""

    def _refuse(self, where: str, rule: str, expected: str) -> None:
        self.findings.append(Finding(f"/{where[:500]}", rule, expected[:1_000]))


_DUTIES: Final[Mapping[str, Callable[[_Reading, Rule, dict[str, Any]], None]]] = {
    str(OURS.mask): _Reading._mask,
    str(OURS.filterRows): _Reading._filter,
    str(OURS.suppress): _Reading._suppress,
    str(ODRL.inform): _Reading._inform,
    str(ODRL.delete): _Reading._delete,
    str(ODRL.compensate): _Reading._compensate,
}


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _invalid(found: Any) -> Finding:
    steps = "".join(f"/{step!s}" for step in found["loc"])
    return Finding(steps, str(found["type"]), str(found["msg"])[:300])
