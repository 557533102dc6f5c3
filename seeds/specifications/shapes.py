"""Short words for writing standards.

Every property carries its Chinese name in `title` and its English one in `description`, so that a standard reads well
in both languages and the items of a dataset can be named after it.
"""

from typing import Any

from standards.models import StandardDraft

VERSION = "1.0.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def element(slug: str, zh: str, en: str) -> Schema:
    """A property that is a published data element."""
    return {"$ref": f"urn:hutong:element:{slug}:{VERSION}", "title": zh, "description": en}


def code(slug: str, zh: str, en: str) -> Schema:
    """A property whose values are codes of a published list."""
    return {"$ref": f"urn:hutong:codes:{slug}:{VERSION}", "title": zh, "description": en}


def group(zh: str, en: str, properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """A closed object; everything not named in `optional` is required."""
    return {"title": zh, "description": en, **_closed(properties, optional)}


def many(zh: str, en: str, entry: Schema, most: int, least: int = 0) -> Schema:
    """A list of at most `most` entries."""
    return {"title": zh, "description": en, "type": "array", "minItems": least, "maxItems": most, "items": entry}


def standard(
    slug: str, zh: str, en: str, properties: dict[str, Schema], optional: tuple[str, ...] = ()
) -> StandardDraft:
    """A standard for one kind of record."""
    document = {"$schema": DIALECT, "title": zh, "description": en, **_closed(properties, optional)}
    return StandardDraft(slug=slug, version=VERSION, name={"zh": zh, "en": en}, document=document)


def _closed(properties: dict[str, Schema], optional: tuple[str, ...]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def district() -> Schema:
    return code("districts", "区", "District")


def location() -> dict[str, Schema]:
    """Two properties that place something on the map."""
    return {
        "longitude": element("longitude", "经度", "Longitude"),
        "latitude": element("latitude", "纬度", "Latitude"),
    }
