"""Offers of published datasets beside their descriptions, and the profile they are written in. Pure."""

from pathlib import Path
from typing import Any, Final

from catalog.dcat.gathering import Entry
from catalog.dcat.vocabulary import Names
from catalog.rules import CallingRule

CHILD: Final = "policies.odrl.child"
"""The program for `catalog.dcat.apart` that reads policies, too."""


def offer(entry: Entry, names: Names) -> dict[str, Any] | None:
    """What the dataset is offered under, as a node; None where it has no calling rule."""
    from policies.odrl import writing  # rdflib, which only who asks for the catalog as linked data waits for

    row = entry.dataset
    if row.calling_rule is None:
        return None
    rule = CallingRule.model_validate(row.calling_rule)
    return writing.offer(
        rule, names.part(row.id, "offer"), assigner=names.department(row.department), target=names.dataset(row.id)
    )


def profile() -> bytes:
    """The profile as Turtle."""
    return Path(__file__).with_name("profile.ttl").read_bytes()
