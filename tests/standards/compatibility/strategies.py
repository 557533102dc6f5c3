"""Schemas, changed schemas and values, for holding the checker to its law."""

import copy
import random
from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "kind")
PATTERNS = ("^a", "b$", "^[a-c]{1,2}$", "^.{2,}$", "^x-")
FORMATS = ("date", "email", "uuid", "credit-code", "phone-cn")
TEXTS = ("", "a", "b", "ab", "abc", "x-1", "2026-11-22", "a@b.example", "张", "13800000000")
_EDGES = (2**63 - 1, 2**63, -(2**63), 2.0**63, -(2.0**63), 2**64 - 1, 2.0**64)
NUMBERS = (0, 1, 2, 3, 5, 10, -1, -5, 0.5, 1.0, 1.5, 2.5, 0.1, 0.3, 1e300, 2**53, 2**53 + 1, *_EDGES)
TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
DRAFT07 = "http://json-schema.org/draft-07/schema#"
DIALECTS = ("https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-04/schema#")
OF_ITEMS = ("items", "prefixItems", "contains", "unevaluatedItems")
OF_MEMBERS = ("properties", "patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties")
OF_ALL = ("allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "$ref", "discriminated")


class Maker:
    """Everything from one source of chance, so that a pair and its values are one reproducible draw."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def pick(self, among: Any) -> Any:
        return self.chance.choice(among)

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    # -- values --

    def value(self, depth: int = 3) -> Any:
        kind = self.chance.randrange(8 if depth else 5)
        if kind < 5:
            return [None, self.happens(0.5), self.pick(NUMBERS), self.pick(TEXTS), self.pick(NUMBERS)][kind]
        if kind == 5:
            return [self.value(depth - 1) for _ in range(self.chance.randrange(4))]
        return {self.name(): self.value(depth - 1) for _ in range(self.chance.randrange(4))}

    def name(self) -> str:
        return self.pick((*NAMES, "ab", "x-1", "zz"))

    # -- schemas --

    def document(self) -> Any:
        """Of one kind of record most times, and sometimes anything."""
        schema = self.record(2) if self.happens(0.5) else self.schema(2)
        if isinstance(schema, dict) and "#/$defs" in str(schema):
            schema["$defs"] = {"one": self.schema(1), "tree": self.tree()}
        return self.named(schema)

    def named(self, schema: Any) -> Any:
        """Now and then with a name of its own, or of its dialect, at the root or below it."""
        if isinstance(schema, dict) and self.happens(0.03):
            place = self.pick([schema, *_places(schema)])
            place["$id"] = "https://host.test/own"
            place.setdefault("$defs", {})["one"] = self.schema(1)
        if isinstance(schema, dict) and self.happens(0.03):
            self.pick([schema, *_places(schema)])["$schema"] = self.pick(DIALECTS)
        return schema

    def draft07(self, schema: Any) -> Any:
        """The same words in draft-07, which ignores some of them; formats, on which drafts differ, left out."""
        made = copy.deepcopy(schema)
        for node in _places(made):
            node.pop("format", None)
            if isinstance(node.get("prefixItems"), list) and self.happens(0.8):
                rest = {"additionalItems": node.pop("items")} if "items" in node else {}
                node.update({"items": node.pop("prefixItems"), **rest})
            for keyword in ("dependentSchemas", "dependentRequired"):
                if keyword in node and self.happens(0.8):
                    node.setdefault("dependencies", {}).update(node.pop(keyword))
            if "$defs" in node and self.happens(0.9):
                node["definitions"] = node.pop("$defs")
            if "$ref" in node and self.happens(0.9):
                node["$ref"] = node["$ref"].replace("/$defs/", "/definitions/")
        return {**made, "$schema": DRAFT07} if isinstance(made, dict) else made

    def tree(self) -> Any:
        node = self.record(1)
        node.setdefault("properties", {})["c"] = self.pick(
            [{"$ref": "#/$defs/tree"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}}]
        )
        return node

    def record(self, depth: int) -> Any:
        names = self.chance.sample(NAMES, self.chance.randrange(1, 4))
        schema: Any = {"type": "object", "properties": {name: self.schema(depth - 1) for name in names}}
        if self.happens(0.5):
            schema["required"] = self.chance.sample(names, self.chance.randrange(1, len(names) + 1))
        if self.happens(0.5):
            schema[self.pick(("additionalProperties", "unevaluatedProperties"))] = self.pick(
                (False, False, {"type": "string"})
            )
        for _ in range(self.pick((0, 0, 1, 2))):
            schema.update(self.keyword(depth))
        return schema

    def schema(self, depth: int) -> Any:
        """Mostly of one type with what concerns it, so that values of it exist; sometimes anything together."""
        if self.happens(0.06):
            return self.pick((True, True, False))
        if depth > 0 and self.happens(0.2):
            return self.record(depth)
        if self.happens(0.3):
            schema: Any = {}
            for _ in range(self.pick((1, 1, 2, 3))):
                schema.update(self.keyword(depth))
            return schema
        kind = self.pick(TYPES)
        schema = {"type": kind}
        for _ in range(self.pick((0, 1, 1, 2, 3))):
            schema.update(self.typed(kind, depth))
        return schema

    def typed(self, kind: str, depth: int) -> dict[str, Any]:
        """A keyword that concerns this type."""
        if self.happens(0.15):
            return self.keyword(depth)
        low = self.chance.randrange(3)
        if kind in ("integer", "number"):
            return self.pick(
                ({self.pick(BOUNDS): self.pick(NUMBERS)}, {"multipleOf": self.pick((0.1, 0.5, 1, 2, 3, 4))})
            )
        if kind == "string":
            sized: dict[str, Any] = {"minLength": low, "maxLength": low + self.chance.randrange(3)}
            text: Any = (
                {"pattern": self.pick(PATTERNS)},
                {"format": self.pick(FORMATS)},
                sized,
                {"enum": [*TEXTS[1:4]]},
            )
            return self.pick(text)
        if kind == "array" and depth > 0:
            sized = {"minItems": low, "maxItems": low + self.chance.randrange(3)}
            return self.pick((sized, {"uniqueItems": True}, *(self.composed(each, depth) for each in OF_ITEMS)))
        if kind == "object" and depth > 0:
            sized = {"minProperties": low, "maxProperties": low + 1 + self.chance.randrange(3)}
            return self.pick((sized, *(self.composed(each, depth) for each in OF_MEMBERS)))
        return {}

    def keyword(self, depth: int) -> dict[str, Any]:
        if depth <= 0 or self.happens(0.5):
            return self.assertion()
        return self.composed(self.pick((*OF_ITEMS, *OF_MEMBERS, *OF_ALL)), depth)

    def composed(self, kind: str, depth: int) -> dict[str, Any]:
        """A keyword that applies further schemas."""

        def inner() -> Any:
            return self.schema(depth - 1)

        def several() -> list[Any]:
            return [inner() for _ in range(self.chance.randrange(1, 4))]

        if kind == "prefixItems":
            return {"prefixItems": several()} | ({"items": inner()} if self.happens(0.5) else {})
        if kind == "contains":
            counts = {"minContains": self.chance.randrange(3)} if self.happens(0.4) else {}
            return (
                {"contains": inner()}
                | counts
                | ({"maxContains": self.chance.randrange(3)} if self.happens(0.3) else {})
            )
        if kind in ("properties", "dependentSchemas"):
            return {kind: {name: inner() for name in self.chance.sample(NAMES, self.chance.randrange(1, 3))}}
        if kind == "patternProperties":
            return {kind: {each: inner() for each in self.chance.sample(PATTERNS, self.chance.randrange(1, 3))}}
        if kind in ("allOf", "anyOf", "oneOf"):
            return {kind: several()}
        if kind == "discriminated":
            return {"oneOf": [self._variant(each, depth) for each in ("a", "b", "c")[: self.chance.randrange(1, 4)]]}
        if kind == "if":
            return {"if": inner()} | {each: inner() for each in ("then", "else") if self.happens(0.7)}
        if kind == "$ref":
            return {"$ref": self.pick(("#/$defs/one", "#/$defs/tree"))}
        return {kind: inner()}

    def _variant(self, text: str, depth: int) -> Any:
        made = self.record(depth - 1)
        made["properties"]["kind"] = {"const": text}
        made["required"] = sorted({*made.get("required", ()), "kind"})
        return made

    def assertion(self) -> dict[str, Any]:
        kind = self.pick(
            ("type", "enum", "const", "count", "bound", "text", "step", "required", "unique", "count", "bound")
        )
        if kind == "type":
            return {"type": self.pick((self.pick(TYPES), self.chance.sample(TYPES, self.chance.randrange(1, 4))))}
        if kind == "enum":
            return {"enum": [self.value(1) for _ in range(self.chance.randrange(1, 4))]}
        if kind == "const":
            return {"const": self.value(1)}
        if kind == "count":
            return {self.pick(COUNTS): self.chance.randrange(4)}
        if kind == "bound":
            return {self.pick(BOUNDS): self.pick(NUMBERS)}
        if kind == "text":
            return self.pick(({"pattern": self.pick(PATTERNS)}, {"format": self.pick(FORMATS)}))
        if kind == "step":
            return {"multipleOf": self.pick((0.1, 0.5, 1, 2, 3, 0.3, 4))}
        if kind == "unique":
            return {"uniqueItems": self.happens(0.8)}
        names = self.chance.sample(NAMES, self.chance.randrange(1, 3))
        return self.pick(({"required": names}, {"dependentRequired": {names[0]: names}}))

    # -- changes --

    def changed(self, schema: Any) -> Any:
        """The same schema after some changes, of which most loosen something or change what judges nothing."""
        made = copy.deepcopy(schema)
        for _ in range(self.pick((0, 1, 1, 1, 2, 2, 3))):
            places = list(_places(made))
            place = self.pick(places)
            (self._loosen if self.happens(0.5) else self._alter)(place)
        return made

    def _loosen(self, node: dict[str, Any]) -> None:
        keywords = [each for each in node if each not in ("$defs", "properties", "$ref")]
        if not keywords or self.happens(0.15):
            node["title"] = "T"
            return
        keyword = self.pick(keywords)
        value = node[keyword]
        if keyword in COUNTS or keyword in BOUNDS or keyword in ("minContains", "maxContains"):
            node[keyword] = value - 1 if "in" in keyword and "min" in keyword.lower() and value >= 1 else value + 1
        elif keyword == "type" and self.happens(0.7):
            node["type"] = sorted({*(value if isinstance(value, list) else [value]), self.pick(TYPES)})
        elif keyword == "enum":
            node["enum"] = [*value, self.value(1)]
        elif keyword in ("anyOf", "oneOf") and self.happens(0.7):
            node[keyword] = [*value, self.schema(1)]
        elif keyword == "multipleOf":
            node[keyword] = value / 2
        elif keyword == "const":
            del node["const"]
            node["enum"] = [value, self.value(1)]
        elif keyword in ("required", "allOf", "prefixItems") and len(value) > 1:
            node[keyword] = value[:-1]
        elif keyword != "if":
            del node[keyword]

    def _alter(self, node: dict[str, Any]) -> None:
        if "properties" in node and self.happens(0.5):
            name = self.pick(NAMES)
            if name in node["properties"] and self.happens(0.5) and len(node["properties"]) > 1:
                del node["properties"][name]
            else:
                node["properties"][name] = self.schema(1)
        else:
            node.update(self.keyword(1))


def _places(schema: Any) -> Any:
    """Every schema object within, as the very object."""
    waiting = [schema]
    found = []
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        found.append(node)
        for keyword, value in node.items():
            if keyword in ("properties", "patternProperties", "$defs", "dependentSchemas"):
                waiting += value.values()
            elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
                waiting += value
            elif keyword not in ("enum", "const", "required", "dependentRequired"):
                waiting.append(value)
    return found or [{}]


SEEDS = st.integers(0, 2**62)
