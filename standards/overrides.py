"""Letting one document off a rule: named, with a reason, to be seen by everybody, and only once past its date.

ValueError
└── InvalidOverride    findings for a rule that cannot be let off, a missing reason, a date that has passed
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from standards import breaking, lint
from standards.identifiers import looks_like_personal
from standards.models import Interface, Override
from standards.validation import Finding

BREAKING: dict[str, Any] = {
    "id": breaking.RULE,
    "severity": "error",
    "overridable": True,
    "why": {
        "zh": "同一主版本内的更新不得影响已有调用方。",
        "en": "Within one major version, an update breaks nobody who calls already.",
    },
    "fix": {"zh": "撤销这些改动，或提升主版本。", "en": "Undo the changes that are named, or raise the major version."},
    "matches": {"nl": ["/core/semver"], "it": []},
}
"""The one rule that looks at two versions, told like those of the registry."""


class InvalidOverride(ValueError):
    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(f"the override cannot be granted: at '{first.pointer}' expected {first.expected}")


def require_grantable(overrides: Sequence[Override], now: datetime, earlier: Sequence[Interface]) -> None:
    """Raises InvalidOverride. An override that ran out in one of the `earlier` versions is not granted again."""
    found = [
        Finding(f"/overrides/{index}/{member}", "override", expected)
        for index, each in enumerate(overrides)
        for member, expected in _faults(each, [other.rule for other in overrides[:index]], now, earlier)
    ]
    if found:
        raise InvalidOverride(found)


def _faults(
    override: Override, before: Sequence[str], now: datetime, earlier: Sequence[Interface]
) -> Iterable[tuple[str, str]]:
    try:
        lint.RULES.require([override.rule], also=[breaking.RULE])
    except lint.UnknownRule as error:
        yield "rule", str(error)
        return
    if override.rule != breaking.RULE and not lint.RULES[override.rule].overridable:
        yield "rule", f"a rule that may be let off: {', '.join(overridable())}"
    if override.rule in before:
        yield "rule", "each rule once"
    if looks_like_personal(override.reason):
        yield "reason", "a reason without numbers of persons: everybody reads it"
    if override.until is not None and override.until <= now.date():
        yield "until", "a date that is still to come"
    expired = sorted(row.version for row in earlier for each in row.overrides if _ran_out(each, override.rule, now))
    if expired:
        yield "rule", f"the rule to be obeyed: its override in version {expired[-1]} has run out"


def _ran_out(granted: dict[str, Any], rule: str, now: datetime) -> bool:
    return granted["rule"] == rule and granted.get("until") is not None and granted["until"] <= now.date().isoformat()


def overridable() -> tuple[str, ...]:
    """Names of the rules that an operator may let a document off."""
    return (*(rule.id for rule in lint.RULES if rule.overridable), breaking.RULE)
