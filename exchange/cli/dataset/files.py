"""Registrations in YAML or JSON files, each value with the place where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from catalog.models import DatasetDraft
from exchange.cli import written
from exchange.cli.written import Located as Located
from exchange.cli.written import Place, Unreadable, Written, pointer_of

MOST_BYTES = 32 * 2**20
DEEPEST = 20


@dataclass(slots=True)
class Draft(Written):
    """One registration of a file."""

    def shaped(self) -> tuple[DatasetDraft | None, list[Located]]:
        """The registration if its shape is right, else everything that is wrong with that."""
        try:
            return DatasetDraft.model_validate(self.document), []
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            return None, [self.at(pointer_of(one["loc"]), one["type"], str(one["msg"])[:300]) for one in found[:200]]


def read(path: Path) -> list[Draft]:
    """All registrations of a file: documents after each other, or lists of them. Raises Unreadable, OSError."""
    found: list[Draft] = []
    for each in written.read(path, most_bytes=MOST_BYTES, deepest=DEEPEST):
        if isinstance(each.document, list):
            parts = zip(each.document, _split(each.places, len(each.document)), strict=True)
            found += [Draft(each.file, *part) for part in parts]
        elif each.document is not None:
            found.append(Draft(each.file, each.document, each.places))
    if not found:
        raise Unreadable(Located(str(path), Place(1, 1), "", "empty", "at least one registration"))
    return found


def _split(places: Mapping[str, Place], count: int) -> list[dict[str, Place]]:
    """The places of a list's members, each from its own root."""
    found: list[dict[str, Place]] = [{} for _ in range(count)]
    for pointer, place in places.items():
        if pointer:
            index, slash, rest = pointer[1:].partition("/")
            found[int(index)][f"{slash}{rest}"] = place
    return found
