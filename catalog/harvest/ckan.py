"""Datasets as CKAN's action API tells them (`package_search`, API version 3). Pure.

Only what CKAN itself defines is read: what sites add in `extras` has no agreed meaning.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from catalog.imports import Incoming, slug_of
from catalog.models import SharingClass
from standards import strict_json
from standards.validation import Finding, pointer

ROWS: Final = 100
_HAN = re.compile(r"[\u3400-\u9fff]")


class NotCkan(ValueError):
    """The answer is not one of CKAN's `package_search`."""

    def __init__(self) -> None:
        super().__init__("The answer is no success of CKAN's package_search: {success, result: {count, results}}.")


def address(site: str, start: int) -> str:
    """Where the page of datasets that begins at number `start` is asked for."""
    query = urlencode({"rows": ROWS, "start": start, "sort": "id asc"})
    return f"{site.rstrip('/')}/api/3/action/package_search?{query}"


def start_of(page: str) -> int:
    """The number at which a page of ours begins."""
    found = parse_qs(urlsplit(page).query).get("start", ["0"])[0]
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0


def page(document: Any, site: str) -> tuple[list[Incoming], list[Finding], int, int]:
    """The datasets of an answer, what in it is none, how many the answer had and how many there are. Raises NotCkan."""
    result = document.get("result") if isinstance(document, dict) and document.get("success") is True else None
    results = result.get("results") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(results, list) or type(result.get("count")) is not int:
        raise NotCkan
    found, faults = [], []
    for index, package in enumerate(results):
        id = _text(package.get("id") or package.get("name")) if isinstance(package, dict) else None
        half = strict_json.half_in(package)
        if id is None or strict_json.half_in(id) is not None:
            faults.append(Finding(f"/result/results/{index}", "id", "an object with an id in whole characters"))
        elif half is not None:
            found.append(_unreadable(id, pointer(half)))
        else:
            found.append(_incoming(package, site))
    return found, faults, len(results), result["count"]


def _unreadable(id: str, place: str) -> Incoming:
    """A record that is there and cannot be taken, wherever in it the half stands."""
    fault = Finding(place, "characters", "whole characters: one is half of a surrogate pair")
    return Incoming(id, slug_of("", {}, id), {}, faults=(fault,))


def _incoming(package: Mapping[str, Any], site: str) -> Incoming:
    id, name = _text(package.get("id")) or "", _text(package.get("name")) or ""
    title = _translated(package, "title") or _map(name)
    said: dict[str, Any] = {
        "title": title or None,
        "description": _translated(package, "notes") or title or None,
        "keywords": sorted({word for tag in _list(package, "tags") if (word := _name(tag))}),
        "themes": sorted({word for group in _list(package, "groups") if (word := _name(group))}),
        "formats": sorted({form.lower() for one in _list(package, "resources") if (form := _text(one.get("format")))}),
        "licence": _text(package.get("license_url")) or _text(package.get("license_title")),
        "contact_point": _contact(package),
        "landing_page": f"{site.rstrip('/')}/dataset/{name}" if re.fullmatch(r"[a-z0-9_-]+", name) else None,
    }
    organisation = package.get("organization")
    if isinstance(organisation, dict) and _text(organisation.get("title")):
        said["source_system"] = _map(str(organisation["title"]))
    sharing_class = SharingClass.CONDITIONAL if package.get("private") else SharingClass.UNCONDITIONAL
    defaults = {"sharing_class": str(sharing_class)}  # who may see a record there is no word on who may use it here
    return Incoming(id or name, slug_of(name, title, id or name), said, defaults=defaults)


def _contact(package: Mapping[str, Any]) -> dict[str, Any] | None:
    for who in ("maintainer", "author"):
        name, email = _text(package.get(who)), _text(package.get(f"{who}_email"))
        if name or email:
            contact = {"name": _map(name or email or ""), "email": email}
            return {key: value for key, value in contact.items() if value}
    return None


def _translated(package: Mapping[str, Any], field: str) -> dict[str, str]:
    """A text with its translations (ckanext-fluent's `<field>_translated`), or the one text there is."""
    translated = package.get(f"{field}_translated")
    if isinstance(translated, dict):
        texts = {tag[:2]: text for tag, text in sorted(translated.items()) if tag[:2] in ("zh", "en") and _text(text)}
        if texts:
            return texts
    return _map(_text(package.get(field)) or "")


def _map(text: str) -> dict[str, str]:
    return {"zh" if _HAN.search(text) else "en": text} if text.strip() else {}


def _name(named: Mapping[str, Any]) -> str | None:
    return _text(named.get("display_name")) or _text(named.get("title")) or _text(named.get("name"))


def _list(package: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    found = package.get(field)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None
