"""Every error an outsider can meet, as an RFC 9457 problem document, in one table.

`type` is `urn:hutong:problem:<slug>` and stable; `advice` says in both languages what to do next. Domain errors are
built-in categories (`LookupError`, `ValueError`, `PermissionError`); `EXCEPTIONS` maps them here and nowhere else.
docs/errors.md lists every slug (tested).
"""

from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem: HTTP status, titles and advice as language maps."""

    slug: str
    status: int
    title: dict[str, str]
    advice: dict[str, str]


def _kind(slug: str, status: int, en: str, zh: str, advice_en: str, advice_zh: str) -> Kind:
    return Kind(slug, status, {"zh": zh, "en": en}, {"zh": advice_zh, "en": advice_en})


_ALL = (
    _kind("malformed-request", 400, "The request is malformed", "请求格式错误",
          "Send the request as the interface documentation shows it.", "请按接口文档的格式发送请求。"),
    _kind("malformed-json", 400, "The body is not strict JSON", "请求体不是严格的 JSON",
          "Send UTF-8 JSON without duplicate keys, NaN or lone surrogates.", "请发送 UTF-8 编码、无重复键的 JSON。"),
    _kind("missing-purpose", 400, "The call names no purpose", "调用未说明目的",
          "Add the header Hutong-Purpose with a code of the published purposes list.",
          "请在 Hutong-Purpose 头中填写已发布的目的代码。"),
    _kind("unidentified", 401, "The caller is not identified", "调用方身份未确认",
          "Get an access token at /oauth/token and send it as a Bearer token.",
          "请先在 /oauth/token 获取访问令牌，再以 Bearer 方式发送。"),
    _kind("refused", 403, "The call is refused", "调用被拒绝",
          "Each failed check says what would satisfy it and whom to ask.",
          "每项未通过的检查都说明了如何满足以及向谁咨询。"),
    _kind("not-permitted", 403, "You may not do this", "无权执行此操作",
          "Ask for the scope that the detail names.", "请申请详情中所列的权限范围。"),
    _kind("unknown-service", 404, "There is no such service", "服务不存在",
          "Find the service in the catalog: GET /api/v1/services.", "请在目录中查找服务：GET /api/v1/services。"),
    _kind("unknown-operation", 404, "The service has no such operation", "服务没有该操作",
          "Read the service's openapi.json for its operations.", "请查看该服务的 openapi.json。"),
    _kind("not-found", 404, "There is no such resource", "资源不存在",
          "Check the id against the list one level up.", "请对照上一级列表核对编号。"),
    _kind("method-not-allowed", 405, "The operation has another method", "请求方法不允许",
          "Use a method that the Allow header names.", "请使用 Allow 头列出的方法。"),
    _kind("conflict", 409, "This contradicts what is there", "与现有状态冲突",
          "Read the current state, then decide again.", "请先查看当前状态再操作。"),
    _kind("outdated", 412, "Somebody changed it before you", "已被他人修改",
          "Fetch it again, apply your change and send its new ETag.", "请重新获取后再修改，并发送新的 ETag。"),
    _kind("body-too-large", 413, "The body is too large", "请求体过大",
          "Send a smaller body; the detail names the limit.", "请减小请求体；详情中给出了上限。"),
    _kind("unsupported-media-type", 415, "The body is not application/json", "请求体类型不受支持",
          "Send Content-Type: application/json.", "请使用 Content-Type: application/json。"),
    _kind("invalid-request", 422, "The request breaks its specification", "请求不符合规范",
          "Mend every listed finding; the pointers name the places.", "请逐条修正所列问题，指针标明了位置。"),
    _kind("invalid-signature", 422, "The signature does not hold", "签名无效",
          "Fetch the statement again and sign exactly its bytes with your registered Ed25519 key.",
          "请重新获取待签文本，用已登记的 Ed25519 密钥对其原始字节签名。"),
    _kind("not-publishable", 422, "The dataset is not ready for its review", "数据资源尚不具备送审条件",
          "Add everything that the findings list.", "请补齐所列的全部内容。"),
    _kind("incompatible", 422, "The new version would break its users", "新版本会影响现有使用者",
          "Mend every listed change, or publish it as the next major version.", "请逐条修正，或作为下一个主版本发布。"),
    _kind("precondition-required", 428, "A change needs If-Match", "修改需要 If-Match",
          "Send the ETag of what you have read as If-Match.", "请在 If-Match 中发送您读取到的 ETag。"),
    _kind("quota-exhausted", 429, "The agreement's quota is used up", "协议配额已用完",
          "Wait as long as Retry-After says, or agree on a larger quota.", "请按 Retry-After 等待，或协商更高的配额。"),
    _kind("internal", 500, "The exchange failed", "交换平台内部错误",
          "Nothing was released. Report the call id to the operator.", "未放出任何数据。请将调用编号告知运营方。"),
    _kind("provider-failed", 502, "The provider failed", "提供方故障",
          "Try later; the providing department has been given the call id.", "请稍后重试；提供部门可凭调用编号查询。"),
    _kind("provider-broke-standard", 502, "The provider's reply breaks the standard", "提供方的回复不符合数据标准",
          "Nothing was released. The providing department must mend the fields the findings name.",
          "未放出任何数据。提供部门需修正所列字段。"),
    _kind("ledger-unavailable", 503, "The ledger cannot record", "账本无法记录",
          "Nothing was released. Try later; the operator sees the cause at /readyz.", "未放出任何数据，请稍后重试。"),
    _kind("snapshot-unavailable", 503, "The policies cannot be confirmed", "无法确认当前策略",
          "Nothing was decided. Try later; the operator sees the cause at /readyz.", "未作出决定，请稍后重试。"),
    _kind("busy", 503, "The exchange is busy with other changes", "平台正忙于处理其他修改",
          "Nothing was changed. Try again after the seconds that Retry-After names.",
          "未作任何修改。请按 Retry-After 给出的秒数稍后重试。"),
    _kind("obligation-failed", 503, "An obligation of the agreement cannot be fulfilled", "协议义务无法履行",
          "Nothing was released. Report the call id to the operator.", "未放出任何数据。请将调用编号告知运营方。"),
    _kind("provider-too-slow", 504, "The provider is too slow", "提供方超时",
          "Try later; a lookup that is always slow is the providing department's to mend.", "请稍后重试。"),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.slug: kind for kind in _ALL}

MEDIA_TYPE = "application/problem+json"


def type_of(slug: str) -> str:
    return f"urn:hutong:problem:{slug}"


def document(slug: str, detail: str = "", *, language: str = "en", **members: Any) -> dict[str, Any]:
    """The problem document of this slug; members that are None or empty are left out.

    Raises KeyError for a slug that is not in the table.
    """
    kind = KINDS[slug]
    problem = {
        "type": type_of(slug),
        "title": kind.title[language],
        "status": kind.status,
        "detail": detail or kind.advice[language],
        "advice": kind.advice,
    }
    problem.update((name, value) for name, value in members.items() if value not in (None, "", [], ()))
    return problem


def encode(problem: dict[str, Any]) -> bytes:
    return orjson.dumps(problem)


def language_of(accept_language: str) -> str:
    """`zh` when the caller's first choice is Chinese, else `en` (RFC 9110 §12.5.4, first range only)."""
    return "zh" if accept_language.strip().lower().startswith("zh") else "en"
