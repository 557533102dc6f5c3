"""Rules on paths: one segment for the major version, then lower-kebab segments and whole parameters."""

import re

from standards import documents
from standards.documents import mapping
from standards.lint.examined import Examined
from standards.lint.rules import Places, rule

MAX_OPERATIONS = 200
_VERSIONED = re.compile(r"/v[1-9][0-9]{0,2}(?:/.*)?", re.DOTALL)
_SEGMENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*|\{[A-Za-z_][A-Za-z0-9_]*\}")
_PARAMETER = re.compile(r"\{[^}]*\}")
_ITEM_KEYS = frozenset({"summary", "description", "parameters", "servers", *documents.METHODS})


@rule(
    "path-version",
    (
        "主版本在路径里，新旧版本可以并存。",
        "With the major version in the path, old and new can be served side by side.",
    ),
    ("让每个路径以 /v1/ 这样的段开头。", "Begin every path with a segment such as /v1/."),
    dutch=("/core/uri-version",),
)
def path_version(examined: Examined) -> Places:
    for path in examined.paths:
        if not _VERSIONED.fullmatch(path):
            yield ("paths", path), "/v<major>/ as the first segment"


@rule(
    "path-segments",
    ("统一的小写路径不会因大小写或转义而混淆。", "Plain lower-case paths cannot be mistaken by case or escaping."),
    ("只用小写字母、数字和连字符，参数独占一段。", "Use lower-kebab segments; a {parameter} takes a whole segment."),
    dutch=("/core/path-segments-kebab-case",),
    italian=("paths-kebab-case",),
)
def path_segments(examined: Examined) -> Places:
    for path in examined.paths:
        segments = path.rstrip("/").split("/")[2:]
        if not segments or not all(_SEGMENT.fullmatch(segment) for segment in segments):
            yield ("paths", path), "lower-kebab segments or whole {parameters} after the version"


@rule(
    "trailing-slash",
    ("同一资源只有一个地址。", "One resource has one address."),
    ("去掉路径末尾的 /。", "Take the slash at the end off."),
    dutch=("/core/no-trailing-slash",),
)
def trailing_slash(examined: Examined) -> Places:
    for path in examined.paths:
        if path.endswith("/"):
            yield ("paths", path), "a path without a slash at the end"


@rule(
    "path-unique",
    ("一个请求只能匹配一个路径。", "A request must match one path only."),
    ("合并只有参数名不同的路径。", "Merge paths that differ by parameter names alone."),
)
def path_unique(examined: Examined) -> Places:
    shapes: set[str] = set()
    for path in examined.paths:
        shape = _PARAMETER.sub("{}", path)
        if shape in shapes:
            yield ("paths", path), "a path that differs from the others by more than parameter names"
        shapes.add(shape)


@rule(
    "methods",
    (
        "平台只代理这些方法，路径项不得引用他处。",
        "These are the methods that the exchange brokers; nothing else stands in a path.",
    ),
    ("只用 get、post、put、patch、delete。", "Use get, post, put, patch and delete only."),
    dutch=("/core/http-methods",),
)
def methods(examined: Examined) -> Places:
    for path, item in examined.paths.items():
        for key in mapping(item):
            if key not in _ITEM_KEYS and not key.startswith("x-"):
                yield ("paths", path, key), f"one of the methods {', '.join(documents.METHODS)}; no references"


@rule(
    "operation-count",
    (
        "规范至少描述一个操作，也不应大到无法审阅。",
        "A specification describes something, and no more than can be reviewed.",
    ),
    ("把过大的接口拆成几个规范。", "Split an interface that has grown too large."),
)
def operation_count(examined: Examined) -> Places:
    if not 1 <= len(examined.operations) <= MAX_OPERATIONS:
        yield ("paths",), f"at least one operation and at most {MAX_OPERATIONS}"


@rule(
    "path-parameters",
    ("路径里的每个参数都要说明，反之亦然。", "Every parameter of the path is described, and no other."),
    ("让 in: path 的参数与路径中的 {名称} 一一对应。", "Declare exactly the {names} of the path with in: path."),
)
def path_parameters(examined: Examined) -> Places:
    declared: dict[tuple[str | int, ...], set[str]] = {each.at: set() for each in examined.operations}
    for each, _, parameter in examined.parameters:
        if parameter.get("in") == "path":
            declared[each.at].add(str(parameter.get("name")))
    for each in examined.operations:
        if declared[each.at] != set(re.findall(r"\{([^}]*)\}", each.path)):
            yield each.at, "exactly the path parameters that the path names"


RULES = (
    path_version,
    path_segments,
    trailing_slash,
    path_unique,
    methods,
    operation_count,
    path_parameters,
)
