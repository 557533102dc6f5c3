"""Policies against one ask at one moment: the activation state of each rule, and what follows of them together. Pure.

After the compliance report of the ODRL community group: a rule is *active* when action, target and party are those
asked for, every constraint is satisfied, and none of its duties is violated; *inactive* when something of that is known
to fail; *undetermined* otherwise. What a rule does not name restricts nothing.

The decision closes on doubt: a prohibition that is active denies (unless the policy says `odrl:conflict odrl:perm`),
one that is undetermined keeps any permission from deciding, and no active permission is no permit. Duties still
to be done do not hold a permit back, for most can only be done after the use; they are listed with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from policies.odrl import constraints, vocabulary
from policies.odrl.asking import Ask
from policies.odrl.constraints import Judged, all_of, any_of, state_of
from policies.odrl.structure import Policy, Rule, Thing
from policies.odrl.vocabulary import ODRL
from standards.validation import Finding

ACTIVE, INACTIVE, UNDETERMINED = "active", "inactive", "undetermined"
PERMIT, DENY = "permit", "deny"
_STATE: Final = {True: ACTIVE, False: INACTIVE, None: UNDETERMINED}

REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "permitted": {"zh": "有许可生效，且无禁止", "en": "a permission is active, and no prohibition"},
    "prohibited": {"zh": "有禁止生效", "en": "a prohibition is active"},
    "permission-preferred": {"zh": "策略规定许可优先", "en": "the policy prefers permissions"},
    "in-conflict": {
        "zh": "许可与禁止冲突，策略因此无效",
        "en": "permission and prohibition conflict, which voids the policy",
    },
    "no-permission": {"zh": "没有生效的许可", "en": "no permission is active"},
    "permission-undetermined": {"zh": "许可是否生效无法确定", "en": "whether a permission is active is not determined"},
    "prohibition-undetermined": {
        "zh": "禁止是否生效无法确定",
        "en": "whether a prohibition is active is not determined",
    },
    "incomplete": {"zh": "策略有未能读懂的部分", "en": "part of the policy is not understood"},
}


@dataclass(frozen=True, slots=True)
class DutyReport:
    """`state` is fulfilled, violated, pending, or not-due when its own constraints do not hold."""

    id: str
    actions: tuple[str, ...]
    state: str
    constraints: tuple[Judged, ...]

    def as_dict(self) -> dict[str, Any]:
        judged = [one.as_dict() for one in self.constraints]
        return {"id": self.id, "actions": list(self.actions), "state": self.state, "constraints": judged}


@dataclass(frozen=True, slots=True)
class RuleReport:
    """`premises` say of action, target and assignee whether the rule is about what is asked."""

    policy: str
    id: str
    kind: str
    state: str
    premises: Mapping[str, bool | None]
    constraints: tuple[Judged, ...]
    duties: tuple[DutyReport, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "policy": self.policy,
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "premises": {name: state_of(found) for name, found in self.premises.items()},
            "constraints": [one.as_dict() for one in self.constraints],
            "duties": [one.as_dict() for one in self.duties],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """`outstanding` are the duties that come with a permit; `findings` what of the policies is not understood."""

    decision: str
    reason: str
    at: datetime
    rules: tuple[RuleReport, ...]
    outstanding: tuple[str, ...]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "reason": {"code": self.reason, **REASONS[self.reason]},
            "at": self.at.isoformat(),
            "rules": [one.as_dict() for one in self.rules],
            "outstanding": list(self.outstanding),
            "findings": [one.as_dict() for one in self.findings],
        }


def evaluate(policies: Sequence[Policy], ask: Ask, at: datetime) -> Report:
    """What the policies say of the ask at that moment, which has a zone."""
    rules = tuple(_report(policy, rule, ask, at) for policy in policies for rule in policy.rules)
    findings = tuple(finding for policy in policies for finding in _not_understood(policy))
    strategies = {one for policy in policies for one in policy.conflicts}
    decision, reason = _decide(rules, strategies, whole=not findings)
    outstanding = tuple(
        duty.id
        for one in rules
        if one.state == ACTIVE and one.kind == "permission" and decision == PERMIT
        for duty in one.duties
        if duty.state == "pending"
    )
    return Report(decision, reason, at, rules, outstanding, findings)


def _decide(rules: Iterable[RuleReport], strategies: set[str], *, whole: bool) -> tuple[str, str]:
    states = {(one.kind, one.state) for one in rules}
    permitted, prohibited = ("permission", ACTIVE) in states, ("prohibition", ACTIVE) in states
    if permitted and prohibited and strategies == {str(ODRL.perm)}:
        return (PERMIT, "permission-preferred") if whole else (UNDETERMINED, "incomplete")
    if permitted and prohibited and strategies and strategies != {str(ODRL.prohibit)}:
        return DENY, "in-conflict"
    if prohibited:
        return DENY, "prohibited"
    if not permitted:
        open_ = ("permission", UNDETERMINED) in states
        return (UNDETERMINED, "permission-undetermined") if open_ else (DENY, "no-permission")
    if not whole:
        return UNDETERMINED, "incomplete"
    if ("prohibition", UNDETERMINED) in states and strategies != {str(ODRL.perm)}:
        return UNDETERMINED, "prohibition-undetermined"
    return PERMIT, "permitted"


def _not_understood(policy: Policy) -> Iterable[Finding]:
    """What could hide a restriction: then nothing is permitted on the word of this policy."""
    yield from policy.notes
    for parent in policy.missing:
        yield Finding(f"/{parent}", "inherit-from", "the policy it inherits from, in the same document")
    for name in policy.profiles:
        if name not in vocabulary.PROFILES:
            yield Finding(f"/{name}", "profile", "a profile that is understood here")


def _report(policy: Policy, rule: Rule, ask: Ask, at: datetime) -> RuleReport:
    premises = {
        "action": any_of([_action(one, policy.included, ask, at) for one in rule.actions]) if rule.actions else True,
        "target": _named(rule.targets, ask.target, ask, at),
        "assignee": _named(rule.assignees, ask.assignee, ask, at),
    }
    if rule.kind == "obligation":  # it binds whoever is asked about, whatever he asks for
        premises = {"assignee": premises["assignee"]}
    judged = tuple(constraints.judge(one, ask, at) for one in rule.constraints)
    duties = tuple(_duty(one, ask, at) for one in rule.duties)
    unbroken = rule.kind != "permission" or all(one.state != "violated" for one in duties)
    state = all_of([*premises.values(), *(one.satisfied for one in judged), unbroken])
    if rule.kind == "obligation":
        duties = (_duty(rule, ask, at), *duties)
    return RuleReport(policy.id, rule.id, rule.kind, _STATE[state], premises, judged, duties)


def _action(action: Thing, included: Sequence[tuple[str, str]], ask: Ask, at: datetime) -> bool | None:
    if ask.action is None:
        return None
    asked, wanted = _current(ask.action), _current(action.id)
    if asked != wanted and wanted not in _including(asked, included):
        return False
    return _refined(action, ask, at)


def _current(action: str) -> str:
    """A deprecated action as what it became."""
    name = action.removeprefix(str(ODRL))
    return str(ODRL[vocabulary.BECAME[name]]) if name in vocabulary.BECAME else action


def _including(action: str, included: Sequence[tuple[str, str]]) -> set[str]:
    """The actions that include it: as the Common Vocabulary has them, and as the policy's document defines its own."""
    found, waiting = set[str](), [action]
    while waiting:
        one = waiting.pop()
        common = vocabulary.INCLUDED.get(one.removeprefix(str(ODRL)))
        above = [str(ODRL[common])] if common else []
        for other in [*above, *(other for inner, other in included if inner == one)]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _named(things: Sequence[Thing], asked: str | None, ask: Ask, at: datetime) -> bool | None:
    """Whether what is asked about is one of the things, or part of one; true where the rule names none."""
    if not things:
        return True
    if asked is None:
        return None
    found = []
    for thing in things:
        names = {thing.id, *([thing.source] if thing.source else [])}
        met = any(constraints.member(asked, name, ask.part_of) for name in names)
        found.append(_refined(thing, ask, at) if met else False)
    return any_of(found)


def _refined(thing: Thing, ask: Ask, at: datetime) -> bool | None:
    return all_of([constraints.judge(one, ask, at).satisfied for one in thing.refinements])


def _duty(duty: Rule, ask: Ask, at: datetime) -> DutyReport:
    """Fulfilled or violated as the ask says; violated, too, when its time has passed and it is not fulfilled."""
    actions = tuple(one.id for one in duty.actions)
    judged = tuple(constraints.judge(one, ask, at) for one in duty.constraints)
    told = {ask.duties[name] for name in (duty.id, *actions) if name in ask.duties} - {"pending"}
    if told:
        return DutyReport(duty.id, actions, "violated" if "violated" in told else "fulfilled", judged)
    late = [one for one in judged if one.satisfied is False]
    if not late:
        return DutyReport(duty.id, actions, "pending", judged)
    overdue = any(_is_deadline(one) for one in late)
    return DutyReport(duty.id, actions, "violated" if overdue else "not-due", judged)


def _is_deadline(judged: Judged) -> bool:
    one = judged.constraint
    return one.left == str(ODRL.dateTime) and one.operator in (str(ODRL.lt), str(ODRL.lteq), str(ODRL.eq))
