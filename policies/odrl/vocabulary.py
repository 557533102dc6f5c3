"""The words of ODRL 2.2 and of our profile. Pure.

`context.json` stands for the context that ODRL documents name by its address, which is never fetched. The actions and
what includes them are those of the ODRL Common Vocabulary (section 4), deprecated ones as what they became.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rdflib import Namespace, URIRef

from catalog.dcat.vocabulary import URN

CONTEXT: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("context.json").read_text(encoding="utf-8"))
_TERMS: Final[dict[str, list[str]]] = json.loads(Path(__file__).with_name("terms.json").read_text(encoding="utf-8"))
ODRL: Final = Namespace(CONTEXT["odrl"])
OURS: Final = Namespace(CONTEXT["hutong"])
CONTEXT_NAMES: Final = frozenset({"www.w3.org/ns/odrl.jsonld", "www.w3.org/ns/odrl/2/odrl.jsonld"})
"""Addresses, without their scheme, under which documents name the context of ODRL."""

PROFILE: Final = f"{URN}odrl:1"
"""The name of our profile; `profile.ttl` is what stands behind it."""
PROFILES: Final = frozenset({PROFILE, str(ODRL.core), str(ODRL)})
"""What a policy may name as its profile and still be understood here."""

POLICIES: Final = frozenset(
    {ODRL[name] for name in ("Policy", "Set", "Offer", "Agreement", "Privacy", "Assertion", "Ticket")}
)
LOGICAL: Final = {ODRL[name]: name for name in ("and", "or", "xone", "andSequence", "xor")}
OPERATORS: Final = frozenset(
    {"eq", "neq", "gt", "gteq", "lt", "lteq", "isA", "isPartOf", "hasPart", "isAnyOf", "isAllOf", "isNoneOf"}
)

INCLUDED: Final[Mapping[str, str]] = {
    **dict.fromkeys(_TERMS["actions_in_use"], "use"),
    "extract": "reproduce",
    "give": "transfer",
    "sell": "transfer",
}
"""An action of the Common Vocabulary, and the one that includes it."""
BECAME: Final[Mapping[str, str]] = {
    "append": "modify",
    "appendTo": "modify",
    "copy": "reproduce",
    "export": "transform",
    "license": "grantUse",
    "pay": "compensate",
    "write": "modify",
    "writeTo": "modify",
    "extractChar": "extract",
    "extractPage": "extract",
    "extractWord": "extract",
}
"""Deprecated actions, and what the vocabulary says to use."""
ACTIONS: Final = frozenset({"use", "transfer", *INCLUDED, *BECAME})

LEFT: Final = frozenset(_TERMS["left_operands"])
OWN_LEFT: Final = frozenset(_TERMS["own_left_operands"])
OWN_PROPERTIES: Final = frozenset(
    {OURS[name] for name in ("suppliedBasis", "emergencySkips", "emergencyHours", "safeguard")}
)
OWN_ACTIONS: Final = frozenset({"mask", "filterRows", "suppress"})


def odrl(name: str) -> URIRef:
    return ODRL[name]


def own(name: str) -> URIRef:
    return OURS[name]


def expanded(word: str, kind: str) -> str:
    """A term as its IRI; `kind` is `action` or `operand`. What is no term of ODRL or of ours stays as it is."""
    for prefix, namespace in (("odrl:", ODRL), ("hutong:", OURS)):
        if word.startswith(prefix):
            return str(namespace[word.removeprefix(prefix)])
    known, ours = (ACTIONS, OWN_ACTIONS) if kind == "action" else (LEFT, OWN_LEFT)
    if word in known:
        return str(ODRL[word])
    return str(OURS[word]) if word in ours else word


def shown(iri: str) -> str:
    """An IRI as a person reads it: short in the namespaces that everybody here knows."""
    for prefix, namespace in (("odrl:", str(ODRL)), ("hutong:", str(OURS))):
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return prefix + iri.removeprefix(namespace)
    return iri
