"""The columns of the sheet: where each stands in a registration, and how its cells read. Pure.

Sources: 政务信息资源目录编制指南（试行） (2017) for the core metadata and the types of items; columns beyond it carry
what a registration of this exchange has besides (`catalog.models.DatasetDraft`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from catalog.models import DataType, OpenClass, SharingClass, SharingMode, UpdateCycle
from catalog.template.cells import Choice, Day, Form, Free, Several, Whole, YesNo, labels
from standards.models import Identifies

Path = tuple[str, ...]
CODE, TEXT, CODES, TEXTS = Free(code=True), Free(), Several(code=True), Several()

SHARING = Choice(
    labels(SharingClass, ("无条件共享", "unconditional"), ("有条件共享", "conditional"), ("不予共享", "not shared"))
)
OPEN = Choice(labels(OpenClass, ("开放", "open"), ("有条件开放", "conditional"), ("不开放", "closed")))
MODE = Choice(labels(SharingMode, ("接口", "interface"), ("文件", "file"), ("数据库", "database"), ("介质", "media")))
CYCLE = Choice(
    labels(
        UpdateCycle,
        *(("实时", "real-time"), ("每日", "daily"), ("每周", "weekly"), ("每月", "monthly"), ("每季度", "quarterly")),
        *(("每半年", "half-yearly"), ("每年", "yearly"), ("不定期", "irregular"), ("不更新", "never")),
    )
)
TYPE = Choice(
    labels(
        DataType,
        *(("字符型C", "character"), ("数值型N", "numeric"), ("货币型Y", "currency"), ("日期型D", "date")),
        *(("日期时间型T", "date-time"), ("逻辑型L", "logical"), ("备注型M", "note"), ("通用型G", "general")),
        *(("双精度型B", "double"), ("整型I", "integer"), ("浮点型F", "float")),
    )
)
WHOM = Choice(labels(Identifies, ("自然人", "person"), ("法人和其他组织", "organisation"), ("无", "nobody")))


@dataclass(frozen=True, slots=True)
class Column:
    """`at` is the path in the draft, or in the item with `item`; empty for what the exchange alone writes or checks.

    `required` is for what a new registration cannot do without.
    """

    key: str
    zh: str
    en: str
    form: Form
    at: Path = ()
    item: bool = False
    required: bool = False
    also: Sequence[str] = ()
    about: tuple[str, str] = ("", "")

    def title(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


def _of(key: str, zh: str, en: str, form: Form, at: str = "", **more: Any) -> Column:
    return Column(key, zh, en, form, tuple(at.split(".")) if at else (), about=_ABOUT.get(key, ("", "")), **more)


_READ_ONLY = ("由平台填写，导入时仅作核对", "written by the exchange; compared on import")
_LIST = ("多个值用分号或换行分隔", "several values with semicolons or new lines between")

_ABOUT: Final = {
    "category": ("分类代码 类/项/目/细目", "code of the classification"),
    "slug": ("小写字母、数字、连字符，登记后不变", "small letters, digits, hyphens; never changes"),
    "resource_code": _READ_ONLY,
    "provider": _READ_ONLY,
    "credit_code": _READ_ONLY,
    "formats": _LIST,
    "reason_zh": ("有条件共享的条件，或不予共享的法律依据", "the condition, or the law that forbids sharing"),
    "published_at": _READ_ONLY,
    "related": ("信息资源代码或 部门/标识", "resource codes, or department/slug"),
    "themes": _LIST,
    "keywords": _LIST,
    "legislation": _LIST,
    "spatial": ("行政区划代码", "division codes"),
    "derived_from": ("部门/标识", "department/slug"),
    "path": ("数据标准中属性的路径，以点分隔", "dotted path of a property of the standard"),
    "sensitivity": ("1 至 4", "1 to 4"),
}

DATASET: Final = (
    _of("category", "信息资源分类", "category", CODE, "category"),
    _of("slug", "资源标识", "slug", CODE, required=True),
    _of("title_zh", "信息资源名称", "title (Chinese)", TEXT, "title.zh", required=True, also=("名称", "title")),
    _of("title_en", "信息资源名称（英文）", "title (English)", TEXT, "title.en"),
    _of("resource_code", "信息资源代码", "resource code", CODE, also=("代码",)),
    _of("provider", "信息资源提供方", "provider", TEXT, also=("提供方",)),
    _of("credit_code", "信息资源提供方代码", "provider's credit code", CODE, also=("提供方代码",)),
    _of("description_zh", "信息资源摘要", "description (Chinese)", TEXT, "description.zh", required=True),
    _of("description_en", "信息资源摘要（英文）", "description (English)", TEXT, "description.en"),
    _of("formats", "信息资源格式", "formats", CODES, "formats", also=("格式",)),
    _of("sharing_class", "共享类型", "sharing class", SHARING, "sharing_class", required=True),
    _of("reason_zh", "共享条件", "sharing reason (Chinese)", TEXT, "sharing_reason.zh"),
    _of("reason_en", "共享条件（英文）", "sharing reason (English)", TEXT, "sharing_reason.en"),
    _of("sharing_mode", "共享方式", "sharing mode", MODE, "sharing_mode", also=("共享方式分类",)),
    _of("open_class", "开放类型", "open class", OPEN, "open_class", also=("是否向社会开放",)),
    _of("open_zh", "开放条件", "open condition (Chinese)", TEXT, "open_condition.zh"),
    _of("open_en", "开放条件（英文）", "open condition (English)", TEXT, "open_condition.en"),
    _of("update_cycle", "更新周期", "update cycle", CYCLE, "update_cycle"),
    _of("published_at", "发布日期", "published on", Day()),
    _of("related", "关联资源代码", "related resources", CODES, "related"),
    _of("themes", "主题", "themes", CODES, "themes"),
    _of("keywords", "关键词", "keywords", TEXTS, "keywords"),
    _of("legislation", "法律依据", "legislation", TEXTS, "legislation"),
    _of("source_zh", "所属信息系统", "source system (Chinese)", TEXT, "source_system.zh"),
    _of("source_en", "所属信息系统（英文）", "source system (English)", TEXT, "source_system.en"),
    _of("standard", "数据标准", "standard", CODE, "standard"),
    _of("standard_version", "数据标准版本", "standard version", CODE, "standard_version"),
    _of("spatial", "空间范围", "spatial", CODES, "spatial"),
    _of("start", "时间范围起", "temporal start", Day(), "temporal.start"),
    _of("end", "时间范围止", "temporal end", Day(), "temporal.end"),
    _of("languages", "语种", "languages", CODES, "languages"),
    _of("contact_zh", "联系人", "contact (Chinese)", TEXT, "contact_point.name.zh"),
    _of("contact_en", "联系人（英文）", "contact (English)", TEXT, "contact_point.name.en"),
    _of("email", "联系邮箱", "contact e-mail", CODE, "contact_point.email"),
    _of("phone", "联系电话", "contact phone", CODE, "contact_point.phone"),
    _of("licence", "使用许可", "licence", TEXT, "licence"),
    _of("landing_page", "说明网页", "landing page", CODE, "landing_page"),
    _of("provenance_zh", "数据来源说明", "provenance (Chinese)", TEXT, "provenance.zh"),
    _of("provenance_en", "数据来源说明（英文）", "provenance (English)", TEXT, "provenance.en"),
    _of("derived_from", "派生自", "derived from", CODES, "derived_from"),
)  # fmt: skip

ITEM: Final = (
    _of("path", "信息项标识", "item path", CODE, "path", item=True, required=True),
    _of("item_zh", "信息项名称", "item title (Chinese)", TEXT, "title.zh", item=True, required=True),
    _of("item_en", "信息项名称（英文）", "item title (English)", TEXT, "title.en", item=True),
    _of("data_type", "数据类型", "data type", TYPE, "data_type", item=True),
    _of("length", "数据长度", "length", Whole(), "length", item=True),
    _of("item_class", "信息项共享类型", "item sharing class", SHARING, "sharing_class", item=True, required=True),
    _of("sensitivity", "敏感级别", "sensitivity", Whole(), "sensitivity", item=True, required=True),
    _of("identifies", "标识对象", "identifies", WHOM, "identifies", item=True, required=True),
    _of("element", "数据元", "data element", CODE, "element", item=True),
    _of("authoritative", "权威来源", "authoritative", YesNo(), "authoritative", item=True),
    _of("item_open", "信息项开放类型", "item open class", OPEN, "open_class", item=True),
    _of("about_zh", "信息项说明", "item description (Chinese)", TEXT, "description.zh", item=True),
    _of("about_en", "信息项说明（英文）", "item description (English)", TEXT, "description.en", item=True),
)  # fmt: skip

ALL: Final = (*DATASET, *ITEM)
BY_KEY: Final = {column.key: column for column in ALL}


def plain(title: str) -> str:
    """A heading for comparing: one width, no spaces, small letters, without the mark of a column that is required."""
    return re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", title)).casefold()


def _by_title() -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in ALL:
        for title in (column.zh, column.en, column.key, *column.also):
            other = found.setdefault(plain(title), column)
            if other is not column:
                raise AssertionError(f"two columns are called {title}")
    return found


BY_TITLE: Final = _by_title()


def letter(index: int) -> str:
    """The letters of a column counted from 0, as Excel shows them: A … Z, AA …"""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
