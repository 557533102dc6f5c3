"""Rules on the document itself: which OpenAPI, whose, which version, where served, nothing fetched from elsewhere."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from standards import dialect
from standards.dialect import Path
from standards.documents import listing, mapping
from standards.lint.examined import Examined
from standards.lint.rules import Places, Severity, rule
from standards.models import SLUG, VERSION

_DIALECTS = (dialect.DIALECT, "https://spec.openapis.org/oas/3.1/dialect/base")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAJOR = re.compile(r"/v([1-9][0-9]{0,2})/")


@rule(
    "openapi-version",
    (
        "平台按 OpenAPI 3.1 读取规范；3.0 的文档会先转换。",
        "The exchange reads OpenAPI 3.1; documents of 3.0 are translated.",
    ),
    ("将 openapi 写为 3.1.0 或 3.0.x。", "Write openapi: 3.1.0, or 3.0.x."),
    dutch=("/core/doc-openapi",),
)
def openapi_version(examined: Examined) -> Places:
    if not re.fullmatch(r"3\.1\.[0-9]+", str(examined.document.get("openapi"))):
        yield ("openapi",), "3.1.x or 3.0.x"


@rule(
    "dialect",
    ("所有模式用同一方言书写，校验才有同一含义。", "All schemas speak one dialect, so that checks mean one thing."),
    ("删去 jsonSchemaDialect。", "Leave jsonSchemaDialect out."),
)
def dialects(examined: Examined) -> Places:
    if examined.document.get("jsonSchemaDialect", dialect.DIALECT) not in _DIALECTS:
        yield ("jsonSchemaDialect",), "the default dialect: leave it out"


@rule(
    "references",
    ("平台从不读取外部内容，文档须自成一体。", "Nothing is ever fetched: the document is complete in itself."),
    (
        "把引用的内容放进 components 并在本文档内引用。",
        "Put what is referred to under components and refer to it there.",
    ),
)
def references(examined: Examined) -> Places:
    for at in examined.foreign_references:
        yield at, "a reference to a component that this document defines"


@rule(
    "semantic-version",
    ("版本号说明更新是否会影响调用方。", "The version tells callers whether an update can break them."),
    ("使用 主.次.修订 三段数字，如 1.0.0。", "Use major.minor.patch, such as 1.0.0."),
    dutch=("/core/semver",),
    italian=("use-semver",),
)
def semantic_version(examined: Examined) -> Places:
    if not re.fullmatch(VERSION, str(examined.info.get("version"))):
        yield ("info", "version"), "a semantic version such as 1.0.0"


@rule(
    "department",
    ("每个接口都有负责的部门。", "Every interface has a department that answers for it."),
    ("在 info.x-hutong-department 写明部门标识。", "Name the department's slug in info.x-hutong-department."),
)
def department(examined: Examined) -> Places:
    if not re.fullmatch(SLUG, str(examined.info.get("x-hutong-department", ""))):
        yield ("info", "x-hutong-department"), "the slug of the department that answers for the interface"


@rule(
    "contact",
    ("调用方出问题时要知道找谁。", "Who calls must know whom to ask when something fails."),
    (
        "在 info.contact 写明 name，以及 email 或 https 的 url；写岗位，不写个人。",
        "Give info.contact a name and an email or an https url: an office, not a person.",
    ),
    overridable=True,
    dutch=("/core/doc-openapi-contact",),
    italian=("has-contact",),
)
def contact(examined: Examined) -> Places:
    given = mapping(examined.info.get("contact"))
    mail, url = given.get("email"), given.get("url")
    reachable = (isinstance(mail, str) and _MAIL.fullmatch(mail)) or (
        isinstance(url, str) and url.startswith("https://")
    )
    if not reachable or not (isinstance(given.get("name"), str) and given["name"].strip()):
        yield ("info", "contact"), "an object with a name and an email or an https url"


@rule(
    "servers",
    ("地址不得使用明文传输，也不得夹带凭证。", "No address is unencrypted, and none carries a credential."),
    (
        "使用 https 地址或以 / 开头的相对地址，不带用户名、查询串和片段。",
        "Use an https address or one relative to the exchange (it begins with /), without user, query and fragment.",
    ),
    overridable=True,
    dutch=("/core/transport/tls",),
    italian=("servers-use-https",),
)
def servers(examined: Examined) -> Places:
    holders: list[tuple[Path, Mapping[str, Any]]] = [((), examined.document)]
    holders += [(("paths", path), mapping(item)) for path, item in examined.paths.items()]
    holders += [(each.at, mapping(each.operation)) for each in examined.operations]
    for at, holder in holders:
        for index, server in enumerate(listing(holder.get("servers"))):
            if not _is_safe(mapping(server).get("url")):
                yield (*at, "servers", index, "url"), "an https address or a path such as /x/department/service"


def _is_safe(url: object) -> bool:
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        bare = parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        return False
    relative = not parts.scheme and not parts.netloc and url.startswith("/")
    return bare and (relative or (parts.scheme == "https" and bool(parts.hostname)))


@rule(
    "one-way",
    ("平台只代理由调用方发起的请求。", "The exchange brokers calls in one direction, from the caller."),
    ("删去 webhooks 和 callbacks。", "Leave webhooks and callbacks out."),
)
def one_way(examined: Examined) -> Places:
    if examined.document.get("webhooks"):
        yield ("webhooks",), "no webhooks: the exchange brokers calls in one direction"
    for each in examined.operations:
        if each.operation.get("callbacks"):
            yield (*each.at, "callbacks"), "no callbacks: the exchange brokers calls one way"


@rule(
    "major-agrees",
    (
        "路径的主版本与文档的主版本不一致会使人误解。",
        "A path whose major version is not the document's misleads its readers.",
    ),
    (
        "新的不兼容版本用新路径，并提升 info.version 的主版本。",
        "Raise info.version and the paths' /v<major>/ together.",
    ),
    severity=Severity.WARN,
    dutch=("/core/uri-version",),
)
def major_agrees(examined: Examined) -> Places:
    declared = str(examined.info.get("version")).split(".", 1)[0]
    for path in examined.paths:
        found = _MAJOR.match(str(path))
        if found and found[1] != declared:
            yield ("paths", path), f"/v{declared}/, the major version of the document"


RULES = (
    openapi_version,
    dialects,
    references,
    semantic_version,
    department,
    one_way,
    contact,
    servers,
    major_agrees,
)
