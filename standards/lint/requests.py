"""Rules on what comes in: names of operations, parameters, bodies, and what must never stand in an address."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from standards import documents, envelopes
from standards.dialect import Path
from standards.documents import json_schema, mapping, resolve
from standards.identifiers import IDENTIFYING
from standards.lint.examined import Examined, is_pointer
from standards.lint.rules import Places, Severity, rule
from standards.parameters import TYPES

_OPERATION_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,127}")
_STYLES = {"path": "simple", "query": "form"}
_WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|[0-9]+")
_SECRET_WORDS = frozenset(
    {"password", "passwd", "pwd", "secret", "token", "apikey", "credential", "credentials", "jwt"}
)
_SECRET_PAIRS = frozenset({("api", "key"), ("access", "key"), ("private", "key"), ("session", "id"), ("auth", "code")})
_CURSOR = re.compile(r"(?:page|next|continuation)[_-]?token", re.IGNORECASE)
_PERSONAL_PAIRS = frozenset({
    ("resident", "id"), ("id", "card"), ("identity", "number"), ("credit", "code"), ("phone", "number"),
    ("mobile", "number"), ("passport", "number"),
})  # fmt: skip
_PERSONAL_WORDS = frozenset({"phone", "mobile", "email", "passport", "ssn", "idcard", "sfzh", "shenfenzheng", "tel"})
_PERSONAL_WITHIN = re.compile(
    "residentid|idcard|shenfenzheng|gongmin|creditcode|(?:mobile|tele|cell|user|hand)phone|phonen|passportn|sfzh"
    "|身份证|姓名|手机|电话|信用代码|公民|护照|邮箱"
)
_PERSONAL_START = re.compile("(?:id|identity|card|cert|certificate|mobile|tel)(?:no|num|number)s?$|uscc|mobile$|phone")
_SECRET_WITHIN = re.compile(
    "(?:access|refresh|auth|api|user|id)token|apikey|accesskey|privatekey|sessionid|passw(?:or)?d|secret(?!ar)"
    "|密码|口令|令牌|密钥"
)
_SECRET_START = re.compile("pwd")


@rule(
    "operation-id",
    ("协议和账本用操作名指称操作。", "Agreements and the ledger name operations by it."),
    ("给每个操作一个唯一的 operationId。", "Give every operation an operationId of its own."),
)
def operation_id(examined: Examined) -> Places:
    seen: set[str] = set()
    for each in examined.operations:
        name = each.operation.get("operationId")
        if not isinstance(name, str) or not _OPERATION_ID.fullmatch(name) or name in seen:
            yield (*each.at, "operationId"), "a unique name of letters, digits, dots, _ and -"
        seen.add(str(name))


@rule(
    "summary",
    ("目录里要一眼看懂操作做什么。", "The catalog shows what an operation does at one glance."),
    ("为每个操作写 summary。", "Give every operation a summary."),
    overridable=True,
)
def summary(examined: Examined) -> Places:
    for each in examined.operations:
        if not _is_text(each.operation.get("summary")):
            yield (*each.at, "summary"), "a short text that says what the operation does"


@rule(
    "described",
    ("细节写清楚，开发者少走弯路。", "Details that are written down spare developers a detour."),
    ("为每个操作写 description。", "Give every operation a description."),
    severity=Severity.HINT,
)
def described(examined: Examined) -> Places:
    for each in examined.operations:
        if not _is_text(each.operation.get("description")):
            yield (*each.at, "description"), "a text on what the operation is for and what it needs"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


@rule(
    "security",
    (
        "没有身份认证的数源接口可被绕过平台直接读取。",
        "A provider that asks nobody who they are can be read past the exchange.",
    ),
    (
        "在文档或操作上声明 security，并在 components.securitySchemes 定义所用方案。",
        "Declare security on the document or the operation, with schemes of components.securitySchemes.",
    ),
    overridable=True,
    italian=("sec-protection-global-unsafe",),
)
def security(examined: Examined) -> Places:
    known = mapping(mapping(examined.document.get("components")).get("securitySchemes"))
    for each in examined.operations:
        asked = each.operation.get("security", examined.document.get("security"))
        alternatives = asked if isinstance(asked, list) else []
        named = [set(alternative) for alternative in alternatives if isinstance(alternative, dict)]
        if (
            not alternatives
            or len(named) < len(alternatives)
            or not all(names and names <= known.keys() for names in named)
        ):
            yield (
                (*each.at, "security"),
                "at least one scheme of components.securitySchemes, and no alternative without",
            )


@rule(
    "parameter-style",
    (
        "平台逐一读取并重建参数，只传路径和查询参数。",
        "The exchange reads and rebuilds parameters; only path and query are passed on.",
    ),
    (
        "参数放在 path 或 query，用 schema 和默认 style。",
        "Put parameters in path or query, with a schema and the usual style.",
    ),
)
def parameter_style(examined: Examined) -> Places:
    for _, at, parameter in examined.parameters:
        place = str(parameter.get("in"))
        if place not in _STYLES:
            yield (*at, "in"), "path or query: headers and cookies are not passed on"
            continue
        plain = parameter.get("style", _STYLES[place]) == _STYLES[place] and "content" not in parameter
        if not plain or parameter.get("allowReserved") or parameter.get("allowEmptyValue"):
            yield at, f"a schema and the style {_STYLES[place]}, without reserved or empty values"


@rule(
    "parameter-type",
    ("参数是文字，类型须能逐字读出。", "A parameter is text: its type must be readable from it."),
    (
        "用 string、integer、number、boolean，查询参数可为其列表。",
        "Use a scalar type; in the query also a list of these.",
    ),
)
def parameter_type(examined: Examined) -> Places:
    for _, at, parameter in examined.parameters:
        place = str(parameter.get("in"))
        if place in _STYLES and not _is_plain(examined.document, parameter.get("schema"), many=place == "query"):
            lists = " or a list of these" if place == "query" else ""
            yield (*at, "schema"), f"type string, integer, number or boolean{lists}"


def _is_plain(document: Mapping[str, Any], schema: Any, many: bool) -> bool:
    node = mapping(resolve(document, schema))
    if any(mapping(link).keys() & envelopes.COMPOSING for link in documents.chain_of(document, schema)):
        return False
    if many and node.get("type") == "array":
        return _is_plain(document, node.get("items"), many=False)
    return isinstance(node.get("type"), str) and node["type"] in TYPES


@rule(
    "identifier-in-url",
    (
        "地址会被每一级代理记录，不得含个人或组织的标识。",
        "Every proxy writes addresses down: no identifier may stand there.",
    ),
    ("改用 POST，把标识放进请求体。", "Make it a POST and put the identifier into the body."),
    italian=("sec-credentials-parameters",),
)
def identifier_in_url(examined: Examined) -> Places:
    for _, at, parameter in examined.parameters:
        if is_in_url(parameter) and says_identifier(examined.document, parameter):
            yield at, "no identifiers of persons or organisations here: they stand in the body, make it a POST"


def is_in_url(parameter: Mapping[str, Any]) -> bool:
    """Whether the parameter is one of those that are passed on, all of which stand in the address."""
    return str(parameter.get("in")) in _STYLES


def says_identifier(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> bool:
    """Whether the parameter says by its name or its format that it identifies somebody."""
    named = _names(parameter.get("name"), _PERSONAL_WORDS, _PERSONAL_PAIRS, _PERSONAL_WITHIN, _PERSONAL_START)
    return named or _identifies(document, parameter.get("schema"))


def _identifies(document: Mapping[str, Any], schema: Any) -> bool:
    items = mapping(resolve(document, schema)).get("items")
    links = [*documents.chain_of(document, schema), *documents.chain_of(document, items)]
    formats = [mapping(link).get("format") for link in links]
    return any(isinstance(found, str) and found in IDENTIFYING for found in formats)


@rule(
    "secret-in-url",
    (
        "地址会被每一级代理记录，不得含密码和令牌。",
        "Every proxy writes addresses down: no password and no token may stand there.",
    ),
    ("凭证由平台放在请求头里，删去此参数。", "The exchange sends the credential in a header: leave the parameter out."),
    italian=("sec-credentials-parameters", "sec-apikeys-url"),
)
def secret_in_url(examined: Examined) -> Places:
    for _, at, parameter in examined.parameters:
        named = _names(parameter.get("name"), _SECRET_WORDS, _SECRET_PAIRS, _SECRET_WITHIN, _SECRET_START)
        if str(parameter.get("in")) in _STYLES and named:
            yield (*at, "name"), "no passwords, keys or tokens in an address"
    schemes = mapping(mapping(examined.document.get("components")).get("securitySchemes"))
    for name, scheme in schemes.items():
        if mapping(scheme).get("type") == "apiKey" and mapping(scheme).get("in") == "query":
            yield ("components", "securitySchemes", name, "in"), "header: a key in the query is written down on the way"


def _names(
    name: Any, words: frozenset[str], pairs: frozenset[tuple[str, str]], within: re.Pattern[str], start: re.Pattern[str]
) -> bool:
    """Whether a name written in any case has one of the words, a pair of them in a row, or one with nothing between.

    What is short also stands in other words (`grid_no`), so it has to start where a word of the name does.
    """
    if not isinstance(name, str):
        return False
    told = _CURSOR.sub("cursor", unicodedata.normalize("NFKC", name))
    parts = [part.lower() for part in _WORDS.findall(told)]
    if not words.isdisjoint(parts) or not pairs.isdisjoint(pairwise(parts)):
        return True
    squashed = "".join(letter for letter in told.lower() if letter.isalnum())
    rests = ("".join(parts[at:]) for at in range(len(parts)))
    return within.search(squashed) is not None or any(start.match(rest) for rest in rests)


@rule(
    "request-body",
    ("请求体只有一种写法，GET 和 DELETE 没有请求体。", "A body comes in one form, and not with GET and DELETE."),
    (
        "用带 schema 的 application/json；带请求体的改为 POST。",
        "Use application/json with a schema; with a body, use POST.",
    ),
)
def request_body(examined: Examined) -> Places:
    for each, at, body in examined.bodies:
        yield from content(body, at, (documents.JSON,))
        if each.method in ("get", "delete"):
            yield at, "no body with GET and DELETE: make it a POST"


def content(holder: Mapping[str, Any], at: Path, types: tuple[str, ...]) -> Places:
    """Where a body is not exactly one of the media types, with a schema."""
    found = mapping(holder.get("content"))
    if len(found) != 1 or next(iter(found)) not in types or json_schema(holder) is None:
        yield (*at, "content"), f"{' or '.join(types)} with a schema, and nothing else"


@rule(
    "subject",
    ("账本据此记录数据主体（只存承诺值）。", "The ledger commits to the person whom a call is about."),
    ("让 x-hutong-subject 指向请求体中的属性。", "Point x-hutong-subject to a property of the request body."),
)
def subject(examined: Examined) -> Places:
    bodies = {each.at: json_schema(body) for each, _, body in examined.bodies}
    for each in examined.operations:
        named = each.operation.get("x-hutong-subject")
        if named is None:
            continue
        steps = documents.tokens(named) if is_pointer(named) and named else None
        if steps is None or envelopes.descend(examined.document, bodies.get(each.at), steps) is None:
            yield (*each.at, "x-hutong-subject"), "a JSON Pointer to a property of the request body's schema"


RULES = (
    operation_id,
    parameter_style,
    parameter_type,
    identifier_in_url,
    secret_in_url,
    request_body,
    subject,
    summary,
    security,
    described,
)
