"""What a rule is, and the registry that finds rules by name: a misspelt one fails, with the name that was meant.

LookupError
└── UnknownRule      no rule bears the name
ValueError
└── DuplicateRule    two rules bear one name
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from standards.dialect import Path
from standards.lint.examined import Examined
from standards.validation import Finding, pointer

Text = tuple[str, str]
"""Chinese, English."""
Places = Iterator[tuple[Path, str]]
"""Where a document breaks a rule, and what should stand there."""
Check = Callable[[Examined], Places]


class Severity(StrEnum):
    """An error keeps a document from being published; the other two are told and let pass."""

    ERROR = "error"
    WARN = "warn"
    HINT = "hint"


class UnknownRule(LookupError):
    """A misspelt rule would silently never run, or never be let off."""

    def __init__(self, names: Iterable[str], known: Iterable[str]) -> None:
        known = list(known)
        near = {name: difflib.get_close_matches(name, known, 1) for name in names}
        named = ", ".join(f"{name} (meant {one[0]}?)" if one else name for name, one in near.items())
        super().__init__(f"no such rule: {named}; `hutong standards rules` lists all")


class DuplicateRule(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"two rules are named {name}: give each rule a name of its own")


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand on an interface specification.

    `dutch` names rules of the NLGov REST API Design Rules 2, `italian` rules of the ruleset of the Italian guidelines
    (ModI) that ask for the same. An `overridable` rule may be let off for one document, with a reason.
    """

    id: str
    severity: Severity
    why: dict[str, str]
    fix: dict[str, str]
    check: Check
    overridable: bool
    dutch: tuple[str, ...]
    italian: tuple[str, ...]

    def findings(self, examined: Examined) -> Iterator[Finding]:
        """Every place where the document breaks the rule."""
        return (Finding(pointer(at), self.id, expected) for at, expected in self.check(examined))

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "severity": self.severity.value,
            "overridable": self.overridable,
            "why": self.why,
            "fix": self.fix,
            "matches": {"nl": list(self.dutch), "it": list(self.italian)},
        }


def rule(
    id: str,
    why: Text,
    fix: Text,
    *,
    severity: Severity = Severity.ERROR,
    overridable: bool = False,
    dutch: tuple[str, ...] = (),
    italian: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of the function that finds its places."""
    texts = ({"zh": why[0], "en": why[1]}, {"zh": fix[0], "en": fix[1]})
    return lambda check: Rule(id, severity, *texts, check, overridable, dutch, italian)


class Registry:
    """Rules by name, in the order in which they are told."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Raises DuplicateRule."""
        self._rules: dict[str, Rule] = {}
        for each in rules:
            if each.id in self._rules:
                raise DuplicateRule(each.id)
            self._rules[each.id] = each

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __getitem__(self, id: str) -> Rule:
        """Raises UnknownRule."""
        self.require([id])
        return self._rules[id]

    def require(self, ids: Iterable[str], also: Iterable[str] = ()) -> None:
        """Raises UnknownRule for all names at once that neither the registry nor `also` knows."""
        known = [*self._rules, *also]
        unknown = [id for id in ids if id not in known]
        if unknown:
            raise UnknownRule(unknown, known)

    def chosen(self, only: Iterable[str] = (), skip: Iterable[str] = ()) -> tuple[Rule, ...]:
        """The rules named in `only` (all when empty) without those in `skip`. Raises UnknownRule."""
        only, skip = list(only), list(skip)
        self.require([*only, *skip])
        return tuple(each for each in self if each.id not in skip and (not only or each.id in only))


def findings(rules: Iterable[Rule], examined: Examined, limit: int) -> list[Finding]:
    """What the rules find, each finding once, at most `limit`."""
    found: dict[Finding, None] = {}
    for each in rules:
        found.update(dict.fromkeys(islice(each.findings(examined), limit - len(found))))
        if len(found) >= limit:
            break
    return list(found)
