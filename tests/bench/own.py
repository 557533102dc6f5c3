"""A record in a department's own form, its mapping, and what it becomes: twelve fields, every costly kind of rule."""

from typing import Any

RECORD: dict[str, Any] = {
    "SFZH": "990101199001010019",
    "XM": "胡同甲",
    "ZH1": "3101",
    "ZH2": "00001234",
    "XYDM": "91310000HT00000116",
    "DWMC": "胡同示例有限公司",
    "XZ": "01",
    "QSNY": "201001",
    "JZNY": "202601",
    "YS": "１９３",
    "JS_WY": "1.2345",
    "ZT": 1,
    "BGRQ": "2026年1月5日",
}
MAPPED: dict[str, Any] = {
    "resident_id": "990101199001010019",
    "name": "胡同甲",
    "account": "310100001234",
    "employer_code": "91310000HT00000116",
    "employer": "胡同示例有限公司",
    "kind": "pension",
    "insured_from": "2010-01",
    "paid_until": "2026-01",
    "months_paid": 193,
    "base_yuan": 12345,
    "status": "paying",
    "changed_on": "2026-01-05",
}


def _copy(source: str) -> dict[str, Any]:
    return {"from": source, "op": "copy"}


def _month(source: str) -> dict[str, Any]:
    return {"from": source, "op": "date", "formats": ["YYYYMM"], "to": "month"}


DOCUMENT: dict[str, Any] = {
    "mapping": "1",
    "standard": "urn:hutong:standard:bench-contribution:1.0.0",
    "empty": ["", "无"],
    "tables": {
        "kinds": {"codes": {"01": "pension", "02": "medical", "03": "unemployment"}},
        "states": {"codes": {"1": "paying", "0": "retired"}},
    },
    "fields": {
        "resident_id": _copy("/SFZH"),
        "name": _copy("/XM"),
        "account": {"from": ["/ZH1", "/ZH2"], "op": "concat"},
        "employer_code": _copy("/XYDM"),
        "employer": _copy("/DWMC"),
        "kind": {"from": "/XZ", "op": "code", "table": "kinds"},
        "insured_from": _month("/QSNY"),
        "paid_until": _month("/JZNY"),
        "months_paid": {"from": "/YS", "op": "number", "to": "integer"},
        "base_yuan": {
            "from": "/JS_WY", "op": "unit", "unit": "wan-yuan", "into": "yuan",
            "to": "integer", "scale": 0, "rounding": "half-up",
        },
        "status": {"from": "/ZT", "op": "code", "table": "states"},
        "changed_on": {"from": "/BGRQ", "op": "date", "formats": ["YYYYMMDD", "YYYY年M月D日"]},
    },
}  # fmt: skip
