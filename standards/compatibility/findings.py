"""What a comparison finds, and the closed set of reasons it can give.

A reason says what the writer may send that the reader refuses, so it reads the same in both directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

Side = Literal["provider", "consumers"]


class Mode(StrEnum):
    """Which data must keep being readable when the new version takes the place of the old.

    `backward`: what was valid under the old is valid under the new. `forward`: what is valid under the new was valid
    under the old. `full`: both. The transitive ones hold this against every older version instead of the last.

    `directional` is `full` as an exchange sees it: writer closed, reader open. What is sent has only members that the
    writer's version declares at that place, because undeclared ones are dropped on the way (writer closed); whoever
    reads lets members pass that its own version does not declare (reader open). Two questions, then: does what a
    provider on the new version sends stay readable for consumers on the old one (if not, consumers break), and does
    what a provider on the old version sends pass the check against the new one (if not, the provider breaks). So an
    optional field may be added or taken away; one that is added as required breaks the provider, one that stops being
    required breaks the consumers.
    """

    NONE = "none"
    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"
    BACKWARD_TRANSITIVE = "backward-transitive"
    FORWARD_TRANSITIVE = "forward-transitive"
    FULL_TRANSITIVE = "full-transitive"
    DIRECTIONAL = "directional"

    @property
    def transitive(self) -> bool:
        return self.value.endswith("-transitive")

    @property
    def backward(self) -> bool:
        return self.value.removesuffix("-transitive") in ("backward", "full", "directional")

    @property
    def forward(self) -> bool:
        return self.value.removesuffix("-transitive") in ("forward", "full", "directional")


REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "type-refused": {"en": "values of another type may come", "zh": "可能出现其他类型的值"},
    "value-refused": {"en": "values outside the list may come", "zh": "可能出现列表之外的值"},
    "too-small": {"en": "smaller numbers may come", "zh": "可能出现更小的数"},
    "too-large": {"en": "greater numbers may come", "zh": "可能出现更大的数"},
    "not-a-multiple": {"en": "numbers between the steps may come", "zh": "可能出现不合步长的数"},
    "too-short": {"en": "shorter texts may come", "zh": "可能出现更短的文本"},
    "too-long": {"en": "longer texts may come", "zh": "可能出现更长的文本"},
    "pattern-not-assured": {"en": "nothing assures this pattern", "zh": "无法保证符合该正则"},
    "format-not-assured": {"en": "nothing assures this format", "zh": "无法保证符合该格式"},
    "too-few-items": {"en": "shorter lists may come", "zh": "可能出现更短的列表"},
    "too-many-items": {"en": "longer lists may come", "zh": "可能出现更长的列表"},
    "items-may-repeat": {"en": "an item may come twice", "zh": "列表中可能有重复项"},
    "contains-not-assured": {"en": "too few matching items may come", "zh": "符合要求的项可能不足"},
    "contains-exceeded": {"en": "too many matching items may come", "zh": "符合要求的项可能过多"},
    "item-refused": {"en": "items may come where none are allowed", "zh": "可能出现不被允许的项"},
    "may-be-missing": {"en": "the member may be missing", "zh": "该字段可能缺失"},
    "dependent-may-be-missing": {"en": "what this member calls for may be missing", "zh": "随该字段必填的字段可能缺失"},
    "too-few-properties": {"en": "objects with fewer members may come", "zh": "可能出现字段更少的对象"},
    "too-many-properties": {"en": "objects with more members may come", "zh": "可能出现字段更多的对象"},
    "property-refused": {"en": "a declared member may come where it is not allowed", "zh": "已声明的字段可能被拒绝"},
    "undeclared-refused": {"en": "undeclared members may come", "zh": "可能出现未声明的字段"},
    "undeclared-constrained": {
        "en": "an undeclared member of this name may come with any value",
        "zh": "可能出现同名而未声明的字段，取值不受约束",
    },
    "name-refused": {"en": "members with other names may come", "zh": "可能出现其他名称的字段"},
    "no-alternative": {"en": "no alternative accepts all that may come", "zh": "没有一个分支能接受全部可能的值"},
    "several-alternatives": {
        "en": "no alternative is sure to be the only one that accepts",
        "zh": "不能保证恰有一个分支接受",
    },
    "not-excluded": {"en": "excluded values may come", "zh": "可能出现被排除的值"},
    "nothing-accepted": {"en": "values may come where none are accepted", "zh": "可能出现值，而此处不接受任何值"},
    "unevaluated-refused": {"en": "members or items nobody declares may come", "zh": "可能出现未经声明的字段或项"},
    "unknown-keyword": {"en": "a keyword whose meaning is not known", "zh": "含义未知的关键字"},
    "counterexample": {
        "en": "a value was found that one accepts and the other refuses",
        "zh": "找到一方接受而另一方拒绝的值",
    },
    "not-decided": {
        "en": "could not be decided within bounds, so it counts as incompatible",
        "zh": "在限定的工作量内无法判定，按不兼容处理",
    },
}
"""Every reason code with what it says; `docs/compatibility.md` adds how each is mended."""


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One change that breaks somebody.

    `pointer` is a JSON Pointer into the new schema, or into the old one where only that has the place (`within` says).
    `old` and `new` are what the two say there, None for nothing. `witness`, where one was found, holds one whole value
    that the writer's schema accepts and the reader's refuses, both confirmed by the validator that checks records.
    """

    code: str
    pointer: str
    old: Any
    new: Any
    breaks: Side
    witness: tuple[Any, ...] = ()
    within: Literal["new", "old"] = "new"

    def as_dict(self) -> dict[str, Any]:
        """`witness` only where there is one: it may itself be null."""
        found = {
            "code": self.code,
            "title": dict(REASONS[self.code]),
            "pointer": self.pointer,
            "within": self.within,
            "old": self.old,
            "new": self.new,
            "breaks": self.breaks,
        }
        return found | ({"witness": self.witness[0]} if self.witness else {})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version may take the place of another; `findings` say why not, most important first."""

    compatible: bool
    mode: Mode
    findings: tuple[Incompatibility, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "compatible": self.compatible,
            "mode": self.mode.value,
            "findings": [finding.as_dict() for finding in self.findings],
        }
