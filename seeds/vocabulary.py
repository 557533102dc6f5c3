"""Code lists and data elements that the standards of the city are built from.

Code lists are values, not texts, of the national standards named as their source; they stand in `seeds/codelists/`.
"""

import json
from pathlib import Path
from typing import Any

from standards.models import CodeListDraft, ElementDraft, Identifies

_CODE_LISTS = Path(__file__).parent / "codelists"
PERSON, ORGANISATION, NOBODY = Identifies.PERSON, Identifies.ORGANISATION, Identifies.NOBODY


def code_lists() -> tuple[CodeListDraft, ...]:
    """All code lists, by slug."""
    return tuple(
        CodeListDraft.model_validate(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_CODE_LISTS.glob("*.json"))
    )


def _text(longest: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


def _number(least: float, most: float) -> dict[str, Any]:
    return {"type": "number", "minimum": least, "maximum": most}


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _element(
    slug: str,
    name: tuple[str, str],
    definition: tuple[str, str],
    fragment: dict[str, Any],
    sensitivity: int = 1,
    identifies: Identifies = NOBODY,
    source: str = "Hutong",
) -> ElementDraft:
    return ElementDraft(
        slug=slug,
        version="1.0.0",
        name={"zh": name[0], "en": name[1]},
        definition={"zh": definition[0], "en": definition[1]},
        fragment=fragment,
        sensitivity=sensitivity,
        identifies=identifies,
        source=source,
    )


_IDENTITIES = (
    _element(
        "resident-id",
        ("公民身份号码", "Resident identity number"),
        ("公民的唯一、终身不变的身份代码", "The lifelong, unique number of a citizen"),
        {"type": "string", "format": "resident-id", "minLength": 18, "maxLength": 18},
        3,
        PERSON,
        "GB 11643",
    ),
    _element(
        "credit-code",
        ("统一社会信用代码", "Unified social credit code"),
        ("法人和其他组织的唯一代码", "The unique code of a legal person or other organisation"),
        {"type": "string", "format": "credit-code", "minLength": 18, "maxLength": 18},
        1,
        ORGANISATION,
        "GB 32100",
    ),
    _element(
        "person-name",
        ("姓名", "Name of a person"),
        ("在户籍管理部门登记的姓名", "The name entered in the household register"),
        _text(50),
        2,
        NOBODY,
    ),
    _element(
        "organisation-name",
        ("机构名称", "Name of an organisation"),
        ("经登记机关核准的名称", "The name under which an organisation is registered"),
        _text(100),
        1,
        NOBODY,
    ),
    _element(
        "phone",
        ("联系电话", "Mobile phone number"),
        ("中国大陆移动电话号码", "A mobile number of mainland China"),
        {"type": "string", "format": "phone-cn", "minLength": 11, "maxLength": 11},
        3,
        PERSON,
    ),
    _element(
        "household-number",
        ("户号", "Household number"),
        ("户籍管理部门给一户人家的编号", "The register's number of a household"),
        _text(15, pattern="^[0-9]{15}$"),
        2,
        NOBODY,
    ),
    _element(
        "address",
        ("地址", "Address"),
        ("省市区以下的详细地址", "A full street address"),
        _text(200),
        2,
        NOBODY,
    ),
    _element(
        "place",
        ("地点", "Place"),
        ("公共场所或者营业场所的位置描述", "A public place or business premises, in words"),
        _text(200),
    ),
    _element(
        "certificate-number",
        ("证件编号", "Certificate number"),
        ("发证机关给证件的编号", "The number that an issuing authority gave a certificate"),
        _text(40, pattern="^[A-Z][0-9-]{9,39}$"),
        2,
        NOBODY,
    ),
    _element(
        "title-number",
        ("不动产权证号", "Real-estate title number"),
        ("不动产权证书的编号", "The number of a real-estate title"),
        _text(60),
        2,
        NOBODY,
    ),
    _element(
        "unit-number",
        ("不动产单元代码", "Real-estate unit code"),
        ("不动产单元的唯一代码", "The unique code of a real-estate unit"),
        _text(28, pattern="^[0-9]{12}[A-Z]{2}[0-9]{5}[A-Z][0-9]{8}$"),
        1,
        NOBODY,
        "GB/T 37346",
    ),
)

_MEASURES = (
    _element(
        "date", ("日期", "Date"), ("公历日期", "A day of the calendar"), _text(10, format="date"), source="GB/T 7408"
    ),
    _element(
        "month",
        ("年月", "Month"),
        ("公历年月", "A month of the calendar"),
        _text(7, pattern="^[0-9]{4}-(0[1-9]|1[0-2])$"),
    ),
    _element(
        "time",
        ("时间", "Time"),
        ("带时区的时刻", "A moment with its time zone"),
        _text(35, format="date-time"),
        source="GB/T 7408",
    ),
    _element("year", ("年度", "Year"), ("公历年", "A year of the calendar"), _whole(1949, 2200)),
    _element("count", ("数量", "Count"), ("计数", "How many"), _whole(0, 1_000_000)),
    _element(
        "amount-yuan",
        ("金额（元）", "Amount in yuan"),
        ("人民币金额", "An amount of money in yuan"),
        _number(0, 1e12),
        2,
    ),
    _element("percent", ("百分比", "Percentage"), ("占整体的百分数", "Part of a hundred"), _number(0, 100)),
    _element("area", ("面积（平方米）", "Area in square metres"), ("建筑面积", "Floor area"), _number(0, 1e7)),
    _element(
        "longitude",
        ("经度", "Longitude"),
        ("CGCS2000 经度，度", "Degrees east, CGCS2000"),
        _number(120.8, 122.3),
        source="GB 22021",
    ),
    _element(
        "latitude",
        ("纬度", "Latitude"),
        ("CGCS2000 纬度，度", "Degrees north, CGCS2000"),
        _number(30.6, 31.95),
        source="GB 22021",
    ),
    _element("bearing", ("方位角", "Bearing"), ("自正北顺时针，度", "Degrees clockwise from north"), _whole(0, 359)),
    _element("speed", ("速度", "Speed"), ("千米每小时", "Kilometres an hour"), _number(0, 200)),
    _element(
        "concentration",
        ("浓度", "Concentration"),
        ("微克每立方米", "Micrograms a cubic metre"),
        _number(0, 2000),
        source="HJ 633",
    ),
    _element(
        "air-index",
        ("空气质量指数", "Air quality index"),
        ("AQI，0 至 500", "AQI, 0 to 500"),
        _whole(0, 500),
        source="HJ 633",
    ),
    _element("body-weight", ("体重（克）", "Weight in grams"), ("出生体重", "Weight at birth"), _whole(300, 8000), 3),
    _element(
        "body-length", ("身长（毫米）", "Length in millimetres"), ("出生身长", "Length at birth"), _whole(200, 700), 3
    ),
    _element(
        "weeks", ("孕周", "Weeks of gestation"), ("出生时的孕周", "Weeks of gestation at birth"), _whole(20, 45), 3
    ),
    _element("level", ("等级", "Level"), ("1 最高，4 最低", "1 is the highest, 4 the lowest"), _whole(1, 4)),
    _element("score", ("评分", "Score"), ("0 至 100 分", "0 to 100 points"), _whole(0, 100), 3),
    _element("flag", ("是否", "Flag"), ("是或者否", "Yes or no"), {"type": "boolean"}),
    _element(
        "device-code",
        ("设备编码", "Device code"),
        ("设备或者站点的唯一编码", "The unique code of a device or station"),
        _text(40, pattern="^[A-Z0-9]+(-[A-Z0-9]+)+$"),
    ),
    _element(
        "road-name", ("道路名称", "Name of a road"), ("道路的标准名称", "The official name of a road"), _text(100)
    ),
    _element(
        "stream-address",
        ("视频流地址", "Address of a video stream"),
        ("取流地址", "Where a stream is fetched"),
        _text(300, format="uri"),
        4,
    ),
)

ELEMENTS: tuple[ElementDraft, ...] = _IDENTITIES + _MEASURES
