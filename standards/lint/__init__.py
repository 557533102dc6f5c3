"""What an interface specification must obey: a registry of rules, each with its reason and its remedy. Pure.

Every rule yields all its findings; a document that is too large or too deep to look at meets the rule `size` alone.

    LookupError
    └── UnknownRule    a misspelt name of a rule, told with the one that was meant
"""

from collections.abc import Iterable, Mapping
from typing import Any

from standards import dialect
from standards.lint import heads, limits, paths, personal, replies, requests, schemas, sharing
from standards.lint.examined import Examined
from standards.lint.examined import places_of_schemas as places_of_schemas
from standards.lint.rules import Registry, findings
from standards.lint.rules import Rule as Rule
from standards.lint.rules import Severity as Severity
from standards.lint.rules import UnknownRule as UnknownRule
from standards.validation import Finding

RULES = Registry([
    schemas.size, *heads.RULES, *paths.RULES, *requests.RULES, *personal.RULES, *replies.RULES, *schemas.RULES,
    *limits.RULES, *sharing.RULES,
])  # fmt: skip


def lint(
    document: Mapping[str, Any], rules: Iterable[Rule] = RULES, limit: int = dialect.MAX_FINDINGS
) -> list[Finding]:
    """What the rules find in an OpenAPI 3.1 document, errors first, at most `limit`; `rule` is the rule's id."""
    ordered = sorted(rules, key=lambda rule: list(Severity).index(rule.severity))
    if dialect.oversized(document):
        ordered = [schemas.size]
    return findings(ordered, Examined(document), limit)
