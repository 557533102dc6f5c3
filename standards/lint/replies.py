"""Rules on what goes out: where the records are, closed envelopes, problems instead of home-made errors."""

import re

from standards import documents, envelopes
from standards.dialect import Path
from standards.documents import json_schema, mapping
from standards.lint.examined import Examined, is_pointer, kind_of, records_of
from standards.lint.requests import content
from standards.lint.rules import Places, rule

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)")
_LIMITS = ("limit", "remaining", "reset")


@rule(
    "records",
    (
        "平台要知道应答里哪些是记录，才能逐条校验和裁剪。",
        "The exchange must know the records in a reply to check and trim them.",
    ),
    ("用 x-hutong-records 指向记录或记录列表。", "Point x-hutong-records to the record or the list of records."),
)
def records(examined: Examined) -> Places:
    for each in examined.operations:
        if not is_pointer(each.operation.get("x-hutong-records")):
            yield (*each.at, "x-hutong-records"), "a JSON Pointer to the record or the list of records in the reply"


@rule(
    "statuses",
    ("未写明的应答无人校验，平台不予放行。", "What is not declared is not checked, and never let through."),
    ("逐一写明状态码，如 200 或 4XX，不用 default。", "Declare statuses such as 200 or 4XX one by one, no default."),
)
def statuses(examined: Examined) -> Places:
    for _, at, status, _ in examined.replies:
        if not _STATUS.fullmatch(status):
            yield at, "a status such as 200 or 4XX: a default would promise what nobody checks"


@rule(
    "reply-content",
    ("应答只有一种写法，才能校验。", "A reply comes in one form that can be checked."),
    (
        "2xx 用带 schema 的 application/json，4xx 用它或 application/problem+json。",
        "Use application/json with a schema for 2xx, that or application/problem+json for 4xx.",
    ),
)
def reply_content(examined: Examined) -> Places:
    for each, at, status, response in examined.replies:
        if "content" not in response or not _STATUS.fullmatch(status):
            continue
        if status.startswith("2") and records_of(each) is not None:
            yield from content(response, at, (documents.JSON,))
        elif status.startswith("4"):
            yield from content(response, at, (documents.JSON, documents.PROBLEM_JSON))


@rule(
    "success",
    ("每个操作都要有一种成功应答，且只有一种形状。", "Every operation answers something, and always in one shape."),
    (
        "至少声明一个带 JSON 的 2xx；所有 2xx 都是单条，或都是列表。",
        "Declare a 2xx with JSON; all of them hold one record, or all a list.",
    ),
)
def success(examined: Examined) -> Places:
    kinds: dict[Path, set[str]] = {each.at: set() for each in examined.operations if records_of(each) is not None}
    for envelope in examined.envelopes:
        kinds[envelope.each.at].add(kind_of(examined.document, envelope))
    for at, found in kinds.items():
        if not found:
            yield (*at, "responses"), "at least one 2xx JSON response with a schema"
        elif len(found) > 1:
            yield (*at, "responses"), "one record in all 2xx responses, or a list in all"


@rule(
    "envelope",
    (
        "记录以外的部分必须封闭，才不会带出未声明的数据。",
        "The envelope is closed, so that nothing undeclared gets out beside the records.",
    ),
    (
        "用 type: object、additionalProperties: false 的普通对象包住记录。",
        "Put plain closed objects around the records: type: object, additionalProperties: false.",
    ),
)
def envelope(examined: Examined) -> Places:
    for _, at, schema, steps in examined.envelopes:
        for path, expected in envelopes.misfits(examined.document, schema, steps):
            yield (*at, *path), expected


@rule(
    "error-closed",
    ("错误应答也不得带出未声明的数据。", "Errors carry nothing undeclared either."),
    ("为 4xx 应答写封闭的模式。", "Describe 4xx replies by closed schemas."),
)
def error_closed(examined: Examined) -> Places:
    for _, at, status, response in examined.replies:
        if _STATUS.fullmatch(status) and status.startswith("4") and "content" in response:
            for path, expected in envelopes.open_places(examined.document, json_schema(response)):
                yield (*at, "content", *path), expected


@rule(
    "problem-json",
    (
        "统一的错误格式（RFC 9457）让调用方只写一次处理。",
        "With one form of errors (RFC 9457) callers handle them once.",
    ),
    (
        "4xx 和 5xx 的应答体用 application/problem+json，每个操作至少声明一个 4xx。",
        "Answer 4xx and 5xx with application/problem+json, and declare at least one 4xx per operation.",
    ),
    overridable=True,
    dutch=("/core/error-handling/problem-details",),
    italian=("use-problem-json-for-errors",),
)
def problem_json(examined: Examined) -> Places:
    refusing = {reply.each.at for reply in examined.replies if reply.status.startswith("4")}
    for _, at, status, response in examined.replies:
        if status[:1] in ("4", "5"):
            for media in mapping(response.get("content")):
                if media != documents.PROBLEM_JSON:
                    yield (*at, "content", media), "application/problem+json"
    for each in examined.operations:
        if each.at not in refusing:
            yield (*each.at, "responses"), "at least one 4xx response"


@rule(
    "rate-limit",
    ("调用方要知道何时可以再来。", "Callers must learn when they may come back."),
    (
        "声明 429，并带 Retry-After，或 RateLimit-Limit、-Remaining、-Reset 三个头（或全用 X-RateLimit-）。",
        "Declare 429 with Retry-After, or with RateLimit-Limit, -Remaining and -Reset (or all three with X-).",
    ),
    overridable=True,
    italian=("missing-ratelimit", "ratelimit-429-presence", "ratelimit-429-completeness"),
)
def rate_limit(examined: Examined) -> Places:
    limited = {reply.each.at for reply in examined.replies if reply.status == "429"}
    for _, at, status, response in examined.replies:
        if status == "429" and not _tells_when({str(name).lower() for name in mapping(response.get("headers"))}):
            yield (*at, "headers"), "Retry-After, or the headers RateLimit-Limit, -Remaining and -Reset"
    for each in examined.operations:
        if each.at not in limited:
            yield (*each.at, "responses", "429"), "a 429 response with rate-limit headers"


def _tells_when(names: set[str]) -> bool:
    families = [{f"{prefix}ratelimit-{each}" for each in _LIMITS} for prefix in ("", "x-")]
    drafted = {"ratelimit", "ratelimit-policy"}  # the two headers of the IETF draft
    return "retry-after" in names or drafted <= names or any(family <= names for family in families)


RULES = (records, statuses, reply_content, success, envelope, error_closed, problem_json, rate_limit)
