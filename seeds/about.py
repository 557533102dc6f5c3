"""What describes the city's datasets beyond their items: themes, keywords, laws, and what is made from what."""

from collections.abc import Mapping
from typing import Any

SHANGHAI = "310000"


def _about(
    themes: list[str],
    zh: str,
    en: str,
    system: tuple[str, str],
    law: str,
    *,
    opened: str = "closed",
    **more: Any,
) -> dict[str, Any]:
    """Keywords are given as words with spaces between them, `_` standing for one inside a word."""
    return {
        "themes": themes,
        "keywords": [word.replace("_", " ") for word in (*zh.split(), *en.split())],
        "formats": ["json"],
        "languages": ["zh"],
        "open_class": opened,
        "legislation": [law],
        "spatial": [SHANGHAI],
        "source_system": {"zh": system[0], "en": system[1]},
        **more,
    }


ABOUT: Mapping[str, dict[str, Any]] = {
    "public-security/population": _about(
        ["population", "public-security"], "户籍 身份证 户口 实有人口", "identity household inhabitants",
        ("人口信息管理系统", "Population register"), "《户口登记条例》",
        related=["civil-affairs/marriage", "health/birth-certificates"],
    ),
    "civil-affairs/marriage": _about(
        ["population"], "结婚 离婚 婚姻状况", "wedding divorce marital_status",
        ("婚姻登记管理信息系统", "Marriage register"), "《民法典》婚姻家庭编",
    ),
    "health/birth-certificates": _about(
        ["health", "population"], "新生儿 出生 助产机构 落户", "newborn birth hospital",
        ("出生医学证明管理系统", "Birth certificate system"), "《母婴保健法》",
        related=["public-security/population"],
    ),
    "social-security/contributions": _about(
        ["social-security"], "社保 参保 养老保险 缴费", "pension insured contributions",
        ("社会保险信息系统", "Social insurance system"), "《社会保险法》",
    ),
    "planning/real-estate-titles": _about(
        ["housing"], "房产 产权 抵押 购房", "property ownership mortgage home",
        ("不动产登记信息管理平台", "Real-estate register"), "《不动产登记暂行条例》",
    ),
    "market-regulation/companies": _about(
        ["economy"], "营业执照 法定代表人 注册资本 市场主体", "licence business capital",
        ("市场主体登记系统", "Register of market entities"), "《市场主体登记管理条例》",
    ),
    "tax/enterprise-tax-credit": _about(
        ["tax", "economy"], "纳税 信用等级 欠税", "taxpayer credit_grade arrears",
        ("税收征管系统", "Tax administration system"), "《税收征收管理法》",
        derived_from=["market-regulation/companies"],
    ),
    "transport/road-sensors": _about(
        ["transport", "city-operations"], "路况 车流量 车速 拥堵", "traffic speed congestion",
        ("路侧感知平台", "Road-side sensing platform"), "《道路交通安全法》", opened="conditional",
    ),
    "ecology/air-quality": _about(
        ["environment"], "空气质量指数 细颗粒物 臭氧 监测站", "AQI PM2.5 ozone station",
        ("环境空气监测网", "Air monitoring network"), "《大气污染防治法》", opened="open",
    ),
    "city-operations/events": _about(
        ["city-operations"], "工单 派单 事件 一网统管", "incident work_order dispatch",
        ("城市运行管理平台", "City operations platform"), "《城市网格化管理办法》",
        derived_from=["transport/road-sensors", "ecology/air-quality"],
        related=["public-security/cameras"],
    ),
    "public-security/cameras": _about(
        ["public-security", "city-operations"], "视频 监控 点位", "video CCTV",
        ("公共安全视频共享平台", "Video network"), "《公共安全视频图像信息系统管理条例》",
    ),
}  # fmt: skip

AUTHORITATIVE: Mapping[str, frozenset[str]] = {
    "public-security/population": frozenset({"resident_id", "name", "household_number", "phone"}),
    "market-regulation/companies": frozenset({"credit_code", "name"}),
    "planning/real-estate-titles": frozenset({"title_number", "unit_number"}),
    "transport/road-sensors": frozenset({"road"}),
    "ecology/air-quality": frozenset({"index"}),
    # Two departments say to be the source of the number of a certificate: the once-only report shows it.
    "civil-affairs/marriage": frozenset({"certificate_number"}),
    "health/birth-certificates": frozenset({"certificate_number"}),
}
"""Paths of the items of which a dataset is the one source."""
