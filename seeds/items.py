"""Data items, read off a standard: every leaf of its records becomes one item named in both languages."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.models import ItemDraft, SharingClass
from seeds.vocabulary import ELEMENTS
from standards.models import Identifies, StandardDraft

_ELEMENTS = {f"urn:hutong:element:{element.slug}:{element.version}": element for element in ELEMENTS}
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Leaf:
    path: str
    zh: str
    en: str
    reference: str


def items(
    standard: StandardDraft,
    sharing_class: SharingClass,
    *,
    stricter: Mapping[str, SharingClass] | None = None,
    graded: Mapping[str, int] | None = None,
    authoritative: Collection[str] = (),
) -> list[ItemDraft]:
    """One draft per leaf property. Grade and bearing come from the data element; codes are of grade 1.

    `stricter` and `graded` say otherwise for single paths; `authoritative` are the paths whose one source this is.
    """
    drafts = [_item(leaf, (stricter or {}).get(leaf.path, sharing_class), graded or {}) for leaf in _leaves(standard)]
    return [draft.model_copy(update={"authoritative": draft.path in authoritative}) for draft in drafts]


def _item(leaf: _Leaf, sharing_class: SharingClass, graded: Mapping[str, int]) -> ItemDraft:
    element = _ELEMENTS.get(leaf.reference)
    return ItemDraft(
        path=leaf.path,
        title={"zh": leaf.zh, "en": leaf.en},
        sharing_class=sharing_class,
        sensitivity=graded.get(leaf.path, element.sensitivity if element else 1),
        identifies=element.identifies if element else Identifies.NOBODY,
        element=element.slug if element else None,
    )


def _leaves(standard: StandardDraft) -> Iterator[_Leaf]:
    yield from _inside(standard.document, "", "", "")


def _inside(schema: Schema, path: str, zh: str, en: str) -> Iterator[_Leaf]:
    for name, inner in schema["properties"].items():
        place = f"{path}{name}"
        named = zh + inner["title"], en + inner["description"]
        # what a list holds stands at the path of the list
        entry = inner.get("items", inner)
        if "properties" in entry:
            yield from _inside(entry, f"{place}.", named[0], f"{named[1]}: ")
        else:
            yield _Leaf(place, *named, entry["$ref"])
