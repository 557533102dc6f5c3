"""Which keyword of JSON Schema 2020-12 means what to the checker. What stands in none of these sets is not understood.

Keywords that are read together form a group: `additionalProperties` says nothing without its `properties`.
"""

from typing import Final

from standards.dialect import LIST_OF_SCHEMAS, MAP_OF_SCHEMAS, ONE_SCHEMA

TYPES: Final = frozenset({"null", "boolean", "integer", "fraction", "string", "array", "object"})
"""Seven kinds of value that do not overlap: JSON Schema's `number` is `integer` (1.0 is one) or `fraction`."""
NUMERIC: Final = frozenset({"integer", "fraction"})

# fmt: off
ANNOTATIONS: Final = frozenset([
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "$comment",
    "contentEncoding", "contentMediaType", "contentSchema", "discriminator", "xml", "externalDocs", "example",
    "$schema", "$defs", "definitions", "components",
])
"""Judge nothing. The content keywords are annotations in 2020-12; the last three only hold what others refer to."""

GROUPS: Final = (
    ("type",), ("enum",), ("const",),
    ("minimum",), ("maximum",), ("exclusiveMinimum",), ("exclusiveMaximum",), ("multipleOf",),
    ("minLength",), ("maxLength",), ("pattern",), ("format",),
    ("minItems",), ("maxItems",), ("uniqueItems",), ("prefixItems", "items"),
    ("contains", "minContains", "maxContains"),
    ("minProperties",), ("maxProperties",), ("required",), ("dependentRequired",), ("propertyNames",),
    ("properties", "patternProperties", "additionalProperties"),
    ("$ref",), ("allOf",), ("anyOf",), ("oneOf",), ("not",), ("if", "then", "else"), ("dependentSchemas",),
    ("unevaluatedProperties",), ("unevaluatedItems",),
)
# fmt: on
GROUP_OF: Final = {keyword: group for group in GROUPS for keyword in group}
UNEVALUATED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})
IN_PLACE: Final = ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Applied to the value itself, and so able to evaluate its members."""

_TYPED: Final = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), frozenset({"string"})),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), NUMERIC),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "prefixItems", "items"), frozenset({"array"})),
    **dict.fromkeys(("contains", "minContains", "maxContains", "unevaluatedItems"), frozenset({"array"})),
    **dict.fromkeys(("minProperties", "maxProperties", "required", "dependentRequired"), frozenset({"object"})),
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties"), frozenset({"object"})),
    **dict.fromkeys(("propertyNames", "dependentSchemas", "unevaluatedProperties"), frozenset({"object"})),
}


def concerns(keyword: str) -> frozenset[str]:
    """The types of value that a keyword can refuse."""
    return _TYPED.get(keyword, TYPES)


def holds_schemas(keyword: str) -> bool:
    return keyword in ONE_SCHEMA or keyword in LIST_OF_SCHEMAS or (keyword in MAP_OF_SCHEMAS and keyword != "$defs")


def is_annotation(keyword: str) -> bool:
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def types_of(value: object) -> frozenset[str]:
    """The types that a `type` keyword allows."""
    named = value if isinstance(value, list) else [value]
    return frozenset(each for name in named for each in (NUMERIC if name == "number" else (str(name),)))


def type_of(value: object) -> str:
    """The type of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if value == value // 1 else "fraction"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
