"""How the forms that departments keep (`seeds.forms`) become records of the shared standards."""

from datetime import date
from typing import Any

from seeds.numbers import resident_id
from seeds.specifications.shapes import VERSION
from standards.mapping.models import MappingDraft

_NOBODY = resident_id("990000", date(1990, 1, 1), 995)


def _copy(source: str) -> dict[str, Any]:
    return {"from": source, "op": "copy"}


_TITLE = {
    "mapping": "1",
    "standard": f"urn:hutong:standard:real-estate-title:{VERSION}",
    "title": {"zh": "不动产登记簿 → 不动产登记信息", "en": "Real-estate register to real-estate title"},
    "tables": {
        "usage": {"codes": {"10": "residential", "20": "commercial", "30": "office", "40": "industrial"}},
        "yes": {"codes": {"是": True, "否": False}},
    },
    "fields": {
        "title_number": _copy("/BDCQZH"),
        "unit_number": _copy("/BDCDYH"),
        "usage": {"from": "/FWYT", "op": "code", "table": "usage"},
        "area_square_metres": {"from": "/JZMJ", "op": "number", "group": ","},
        "place": {
            "fields": {
                "district": _copy("/QXDM"),
                "address": _copy("/ZL"),
                "longitude": {"from": "/ZB/0", "op": "number"},
                "latitude": {"from": "/ZB/1", "op": "number"},
            }
        },
        "owners": {
            "each": "/QLR",
            "fields": {
                "resident_id": _copy("/ZJH"),
                "name": _copy("/QLRMC"),
                "share_percent": {
                    "from": "/GYFE", "op": "unit", "unit": "fraction", "into": "percent",
                    "scale": 2, "rounding": "half-even",
                },
            },
        },
        "mortgaged": {"from": "/SFDY", "op": "code", "table": "yes"},
        "registered_on": {"from": "/DJSJ", "op": "date", "formats": ["YYYY年M月D日"]},
    },
    "examples": [
        {
            "note": {"zh": "两人共有", "en": "Two owners"},
            "input": {
                "BDCQZH": "沪(2020)示字不动产权第000001号",
                "BDCDYH": "310101001001GB00001F00000001",
                "FWYT": "10",
                "JZMJ": "1,090.50",
                "QXDM": "310101",
                "ZL": "示例路1号",
                "ZB": [121.48, "31.23001"],
                "QLR": [
                    {"ZJH": _NOBODY, "QLRMC": "某甲", "GYFE": "0.50"},
                    {"ZJH": _NOBODY, "QLRMC": "某乙", "GYFE": 0.5},
                ],
                "SFDY": "否",
                "DJSJ": "2020年2月29日",
            },
            "expected": {
                "title_number": "沪(2020)示字不动产权第000001号",
                "unit_number": "310101001001GB00001F00000001",
                "usage": "residential",
                "area_square_metres": 1090.5,
                "place": {"district": "310101", "address": "示例路1号", "longitude": 121.48, "latitude": 31.23001},
                "owners": [
                    {"resident_id": _NOBODY, "name": "某甲", "share_percent": 50},
                    {"resident_id": _NOBODY, "name": "某乙", "share_percent": 50},
                ],
                "mortgaged": False,
                "registered_on": "2020-02-29",
            },
        }
    ],
}  # fmt: skip

MAPPINGS = (
    MappingDraft(
        slug="real-estate-register",
        version=VERSION,
        department="planning",
        name={"zh": "不动产登记簿映射", "en": "Mapping of the real-estate register"},
        document=_TITLE,
    ),
)
MAPPED = {"planning/real-estate-titles": MAPPINGS[0]}
"""Service id → the mapping of what its provider keeps."""
