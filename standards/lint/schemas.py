"""Rules on every schema: of our dialect, cheap, compiling, and true to its own defaults and examples."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from openapi_spec_validator import OpenAPIV31SpecValidator

from standards import dialect, documents
from standards.dialect import Path
from standards.documents import json_schema, listing, mapping
from standards.identifiers import holds_mobile_number, holds_resident_id
from standards.lint.examined import MAX_COMPILED, Examined, places_of_schemas
from standards.lint.rules import Places, rule
from standards.validation import Checker, Finding, InvalidSchema

MAX_TRIED = 200
_LONGEST_ADVICE = 200


@rule(
    "size",
    (
        "过大的文档无法审阅，也会拖垮平台。",
        "A document that is too large cannot be reviewed, and would hold up the exchange.",
    ),
    ("拆分文档，减少嵌套。", "Split the document, and nest less."),
)
def size(examined: Examined) -> Places:
    oversized = dialect.oversized(examined.document)
    for finding in oversized:
        yield _steps(finding), finding.expected
    if not oversized and not examined.schema_faults and examined.overgrown is not None:
        yield examined.overgrown, f"at most {MAX_COMPILED} schemas, counted with the components that each one uses"


def _steps(finding: Finding) -> Path:
    return documents.tokens(finding.pointer)


@rule(
    "schema",
    ("拼错的关键字等于没有约束。", "A misspelt keyword is a check that silently never runs."),
    (
        "只用受支持的 JSON Schema 2020-12 关键字、格式和正则。",
        "Use the supported keywords, formats and patterns of JSON Schema 2020-12.",
    ),
)
def schema(examined: Examined) -> Places:
    for finding in examined.schema_faults:
        yield _steps(finding), finding.expected


@rule(
    "schema-cost",
    ("层层相乘的引用会让一次校验永不结束。", "References that multiply would make one check last for ever."),
    ("减少嵌套的引用和组合。", "Nest fewer references and alternatives."),
)
def schema_cost(examined: Examined) -> Places:
    for finding in examined.schema_excesses:
        yield _steps(finding), finding.expected


@rule(
    "schema-compiles",
    ("不能编译的模式无法校验任何数据。", "A schema that does not compile checks nothing."),
    ("按提示修正模式。", "Correct the schema where it says."),
)
def schema_compiles(examined: Examined) -> Places:
    if not examined.compilable:
        return
    for at, each in examined.schemas:
        try:
            Checker(documents.self_contained(examined.document, each))
        except InvalidSchema as error:
            for finding in error.findings:
                yield (*at, *_steps(finding)), finding.expected


@rule(
    "defaults",
    ("默认值若不合自己的模式，会误导所有人。", "A default that its own schema refuses misleads everybody."),
    ("改正 default，或改正模式。", "Correct the default or the schema."),
)
def defaults(examined: Examined) -> Places:
    if examined.compilable:
        tried = ((at, node, node["default"]) for at, node in _nodes(examined) if "default" in node)
        yield from _refused(examined, (((*at, "default"), node, value) for at, node, value in tried), "default")


@rule(
    "examples",
    ("开发者照着示例写代码，示例必须能通过校验。", "Developers copy examples: each must pass its own schema."),
    ("改正示例，或改正模式。", "Correct the example or the schema."),
)
def examples(examined: Examined) -> Places:
    if examined.compilable:
        yield from _refused(examined, _examples(examined), "example")


def _nodes(examined: Examined) -> Iterator[tuple[Path, dict[str, Any]]]:
    for at, each in examined.schemas:
        yield from dialect.subschemas(each, at)


def _refused(examined: Examined, tried: Iterator[tuple[Path, Any, Any]], what: str) -> Places:
    """The values that their schemas refuse; at most 200 are tried, for each is compiled on its own."""
    for count, (at, node, value) in enumerate(tried):
        if count == MAX_TRIED:
            yield at, f"at most {MAX_TRIED} {what}s in the document"
            return
        try:
            accepted = Checker(documents.self_contained(examined.document, node)).valid(value)
        except InvalidSchema:
            continue  # schema-compiles says so
        if not accepted:
            yield at, "a value that the schema accepts"


def _examples(examined: Examined) -> Iterator[tuple[Path, Any, Any]]:
    """Place, schema and value of every example: in schemas, of parameters and of bodies."""
    for at, node in _nodes(examined):
        for index, value in enumerate(listing(node.get("examples"))):
            yield (*at, "examples", index), node, value
        if "example" in node:
            yield (*at, "example"), node, node["example"]
    for _, at, parameter in examined.parameters:
        yield from _shown(examined, at, parameter, parameter.get("schema"))
    for _, at, body in examined.bodies:
        yield from _in_content(examined, at, body)
    for _, at, _, response in examined.replies:
        yield from _in_content(examined, at, response)


def _in_content(examined: Examined, at: Path, holder: dict[str, Any]) -> Iterator[tuple[Path, Any, Any]]:
    schema = json_schema(holder)
    for media, content in mapping(holder.get("content")).items():
        yield from _shown(examined, (*at, "content", media), mapping(content), schema)


def _shown(examined: Examined, at: Path, holder: dict[str, Any], schema: Any) -> Iterator[tuple[Path, Any, Any]]:
    if not isinstance(schema, dict):
        return
    if "example" in holder:
        yield (*at, "example"), schema, holder["example"]
    for name, example in mapping(holder.get("examples")).items():
        found = mapping(documents.resolve(examined.document, example))
        if "value" in found:
            yield (*at, "examples", name, "value"), schema, found["value"]


@rule(
    "openapi-valid",
    ("文档须是有效的 OpenAPI 3.1，工具才能使用。", "Tools can use a document only when it is valid OpenAPI 3.1."),
    ("按提示修正文档结构。", "Correct the document where it says."),
    dutch=("/core/doc-openapi",),
)
def openapi_valid(examined: Examined) -> Places:
    """By the usual validator, which follows references and fetches foreign ones: only cheap documents come to it."""
    cheap = not examined.foreign_references and examined.compilable
    if not cheap or not str(examined.document.get("openapi")).startswith("3.1."):
        return
    copy = orjson.loads(orjson.dumps(examined.document))
    for _, each in places_of_schemas(copy):
        for _, node in dialect.subschemas(each):
            node.pop("default", None)  # judged by `defaults`; here a backtracking engine would run our patterns
    try:
        for error in islice(OpenAPIV31SpecValidator(copy).iter_errors(), dialect.MAX_FINDINGS):
            quoted = holds_resident_id(error.message) or holds_mobile_number(error.message)
            advice = "what OpenAPI 3.1 allows here" if quoted else error.message[:_LONGEST_ADVICE]
            yield tuple(error.absolute_path), advice
    except Exception as error:  # the validator stumbles over some misshapen documents
        yield (), f"a document that the OpenAPI 3.1 validator can read ({type(error).__name__})"


RULES = (schema, schema_cost, schema_compiles, defaults, examples, openapi_valid)
