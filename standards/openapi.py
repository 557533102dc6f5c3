"""The broker-facing specification: what an application needs to know to call a service through the exchange.

Made from the published document: without the provider's servers and internals, with the exchange's address, security,
headers and problems. Descriptions that are added are bilingual, `中文 / English`.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from standards import documents
from standards.documents import PROBLEM_JSON, Described, mapping

_TEXTS = {
    400: "请求格式错误或缺少用途 / Malformed request, or no purpose given",
    401: "未通过身份认证 / Not identified",
    403: "不予许可，未通过的检查见 failed_checks / Refused; failed_checks says which checks failed and what to do",
    404: "服务或操作不存在 / Unknown service or operation",
    405: "不支持的方法 / Method not allowed",
    413: "请求体过大 / Body too large",
    415: "请求体须为 application/json / The body must be application/json",
    422: "请求不符合接口规范 / The request breaks the interface specification",
    429: "调用配额已用完，见 Retry-After / Quota used up, see Retry-After",
    502: "数源系统失败或返回不合标准 / The provider failed or broke the standard",
    503: "账本或快照不可用 / Ledger or snapshot unavailable",
    504: "数源系统超时 / The provider was too slow",
}
_VISIBLE = "^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$"
_REQUEST_HEADERS: tuple[tuple[str, bool, int, str], ...] = (
    ("Hutong-Purpose", True, 64, "用途代码，取自已发布的用途代码集 / Purpose, a code of the published purposes list"),
    ("Hutong-Case", False, 64, "办件编号；协议可免 / Case number, unless the agreement waives it"),
    ("Hutong-Actor", False, 64, "经办人；协议可免 / Responsible person, unless the agreement waives it"),
    ("Hutong-Basis", False, 128, "法律依据；协议可代填 / Legal basis, unless the agreement supplies it"),
    ("Hutong-Fields", False, 4096, "所需信息项，逗号分隔 / Items wanted, separated by commas; default: all agreed"),
    ("Hutong-Emergency", False, 64, "紧急调用声明编号 / Id of a declared emergency, where the agreement allows one"),
)
_REPLY_HEADERS = {
    "Hutong-Call": "调用编号 / Id of the call",
    "Hutong-Source": "应答来源 / Who answers: exchange or provider",
    "Hutong-Receipt": "回执地址 / Path of the receipt",
    "Hutong-Delete-By": "最迟删除日期；协议要求时 / Last day to keep the reply, where the agreement says so",
}
_KEPT_COMPONENTS = ("schemas", "parameters", "responses", "requestBodies", "headers", "examples")
_SCHEME = "hutong"
_PROBLEM = "HutongProblem"


def broker_document(document: Mapping[str, Any], department: str, service: str, server_url: str) -> dict[str, Any]:
    """OpenAPI 3.1 for callers. `document` is a published interface; `server_url` the exchange's public base URL."""
    base = server_url.rstrip("/")
    brokered: dict[str, Any] = orjson.loads(orjson.dumps(document))
    for each in list(documents.operations(brokered)):
        _rewrite(brokered, each)
    for item in brokered["paths"].values():
        item.pop("servers", None)
        _drop_extensions(item)
    info = _drop_extensions(brokered["info"])
    brokered["components"] = _components(mapping(brokered.get("components")), base)
    kept: dict[str, Any] = {name: brokered[name] for name in ("tags", "components") if name in brokered}
    return {
        "openapi": brokered["openapi"],
        "info": info,
        "servers": [{"url": f"{base}/x/{department}/{service}", "description": "互通 / Hutong"}],
        "security": [{_SCHEME: ["call"]}],
        "paths": brokered["paths"],
        **kept,
    }


def _drop_extensions(node: Any) -> Any:
    """Extensions are between the provider and the exchange; callers are told where the records are."""
    for name in [name for name in node if name.startswith("x-") and name != "x-hutong-records"]:
        del node[name]
    return node


def _rewrite(brokered: dict[str, Any], each: Described) -> None:
    operation = each.item[each.method]
    _drop_extensions(operation)
    for name in ("servers", "security"):
        operation.pop(name, None)
    headers = [{"$ref": f"#/components/parameters/{name}"} for name, *_ in _REQUEST_HEADERS]
    operation["parameters"] = [*operation.get("parameters", []), *headers]
    responses = {
        status: _answer(response, status)
        for _, status, response in documents.responses(brokered, each)
        if status[0] in "24"
    }
    for status in _TEXTS:
        responses[str(status)] = _or_problem(responses.get(str(status)), status)
    operation["responses"] = dict(sorted(responses.items()))


def _answer(response: dict[str, Any], status: str) -> dict[str, Any]:
    names = _REPLY_HEADERS if status.startswith("2") else ("Hutong-Call", "Hutong-Source", "Hutong-Receipt")
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    answer = {**_drop_extensions(dict(response)), "headers": headers}
    answer.pop("links", None)
    return answer


def _or_problem(declared: dict[str, Any] | None, status: int) -> dict[str, Any]:
    """The exchange's own answer, beside the provider's where both use the status."""
    ours: dict[str, Any] = {"$ref": f"#/components/schemas/{_PROBLEM}"}
    if declared is None:
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("Hutong-Call", "Hutong-Source")}
        return {"description": _TEXTS[status], "headers": headers, "content": {PROBLEM_JSON: {"schema": ours}}}
    content = dict(mapping(declared.get("content")))
    either = {"anyOf": [ours, content[PROBLEM_JSON]["schema"]]} if PROBLEM_JSON in content else ours
    description = f"{declared['description']} | {_TEXTS[status]}"
    return {**declared, "description": description, "content": {**content, PROBLEM_JSON: {"schema": either}}}


def _components(declared: dict[str, Any], base: str) -> dict[str, Any]:
    components = {kind: dict(mapping(declared.get(kind))) for kind in _KEPT_COMPONENTS if declared.get(kind)}
    for response in components.get("responses", {}).values():
        response.pop("links", None)
    parameters = {name: _header(name, *rest) for name, *rest in _REQUEST_HEADERS}
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in _REPLY_HEADERS.items()}
    components["schemas"] = {**components.get("schemas", {}), _PROBLEM: _problem()}
    components["parameters"] = {**components.get("parameters", {}), **parameters}
    components["headers"] = {**components.get("headers", {}), **headers}
    flow = {"tokenUrl": f"{base}/oauth/token", "scopes": {"call": "调用数据服务 / Call services"}}
    description = "OAuth 2.0 客户端凭证，private_key_jwt / OAuth 2.0 client credentials with private_key_jwt (RFC 7523)"
    scheme = {"type": "oauth2", "description": description, "flows": {"clientCredentials": flow}}
    return {**components, "securitySchemes": {_SCHEME: scheme}}


def _header(name: str, required: Any, longest: Any, text: Any) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": _VISIBLE}
    return {"name": name, "in": "header", "required": required, "description": text, "schema": schema}


def _problem() -> dict[str, Any]:
    """RFC 9457 with the exchange's members."""
    text = {"type": "string"}
    satisfy = {"type": "object", "properties": {"zh": text, "en": text}}
    failed = {"type": "object", "required": ["check"], "properties": {"check": text, "satisfy": satisfy}}
    return {
        "type": "object",
        "title": "问题详情 / Problem details (RFC 9457)",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "description": "urn:hutong:problem:<slug>"},
            "title": {},
            "status": {"type": "integer"},
            "detail": {},
            "call": text,
            "failed_checks": {"type": "array", "items": failed},
        },
    }
