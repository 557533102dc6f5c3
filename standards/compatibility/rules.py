"""The rule for each keyword of the dialect. A keyword without a rule is never taken for compatible."""

from typing import Final

from standards.compatibility import applied, arrays, objects, scalars
from standards.compatibility.keywords import GROUPS
from standards.compatibility.prover import Rule

RULES: Final[dict[str, Rule]] = {
    "type": scalars.type_follows,
    "enum": scalars.list_follows,
    "const": scalars.const_follows,
    "minimum": scalars.minimum_follows,
    "maximum": scalars.maximum_follows,
    "exclusiveMinimum": scalars.exclusive_minimum_follows,
    "exclusiveMaximum": scalars.exclusive_maximum_follows,
    "multipleOf": scalars.multiple_follows,
    "minLength": scalars.count_follows("minLength"),
    "maxLength": scalars.count_follows("maxLength"),
    "pattern": scalars.pattern_follows,
    "format": scalars.format_follows,
    "minItems": scalars.count_follows("minItems"),
    "maxItems": scalars.count_follows("maxItems"),
    "uniqueItems": arrays.unique_follow,
    "prefixItems": arrays.items_follow,
    "contains": arrays.contains_follow,
    "minProperties": scalars.count_follows("minProperties"),
    "maxProperties": objects.few_follow,
    "required": objects.required_follow,
    "dependentRequired": objects.dependents_follow,
    "propertyNames": objects.names_follow,
    "properties": objects.members_follow,
    "$ref": applied.reference_follows,
    "allOf": applied.all_follow,
    "anyOf": applied.any_follows,
    "oneOf": applied.one_follows,
    "not": applied.not_follows,
    "if": applied.condition_follows,
    "dependentSchemas": objects.dependent_schemas_follow,
    "unevaluatedProperties": objects.unevaluated_follow,
    "unevaluatedItems": arrays.unevaluated_follow,
}
"""By the first keyword of each group."""

KEYWORDS: Final = frozenset(keyword for group in GROUPS for keyword in group)
"""Every keyword that has a rule."""
