"""A department that keeps its people in a form of its own, and the mapping that makes records of the standard."""

from typing import Any

import stdnum.cn.ric

from tests.town.documents import LEAK, service


def nobodys_id(number: int = 1) -> str:
    """A resident id of region 99, which is no region; its check digit holds."""
    body = f"99010119900101{number % 1000:03d}"
    return body + str(stdnum.cn.ric.calc_check_digit(body + "0"))


def own_person(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A record in the department's own form."""
    given: dict[str, Any] = {
        "SFZH": nobodys_id(number),
        "XM": f"Person {number}",
        "DH": f"{LEAK}-phone",
        "DF": "７３.２５",
        "DZ": f"East|{LEAK}-street",
        "QX": "01",
        "ZN": [{"XM": "Child", "CSRQ": "2020年1月5日"}],
    }
    return given | changes


DOCUMENT: dict[str, Any] = {
    "mapping": "1",
    "standard": "urn:hutong:standard:person:1.0.0",
    "tables": {"districts": {"codes": {"01": "East", "02": "West"}}},
    "fields": {
        "id": {"from": "/SFZH", "op": "copy"},
        "name": {"from": "/XM", "op": "copy"},
        "phone": {"from": "/DH", "op": "copy"},
        "score": {"from": "/DF", "op": "number"},
        "address": {
            "fields": {
                "district": {"from": "/QX", "op": "code", "table": "districts"},
                "street": {"from": "/DZ", "op": "split", "separator": "|", "part": 1},
            }
        },
        "children": {
            "each": "/ZN",
            "fields": {
                "name": {"from": "/XM", "op": "copy"},
                "born": {"from": "/CSRQ", "op": "date", "formats": ["YYYY年M月D日"]},
            },
        },
    },
    "examples": [
        {
            "input": own_person(1, DH="x", DZ="East|Road 1"),
            "expected": {
                "id": nobodys_id(1),
                "name": "Person 1",
                "phone": "x",
                "score": 73.25,
                "address": {"district": "East", "street": "Road 1"},
                "children": [{"name": "Child", "born": "2020-01-05"}],
            },
        }
    ],
}
MAPPING = {
    "slug": "own-people",
    "version": "1.0.0",
    "department": "health",
    "name": {"zh": "本部门人员", "en": "People as we keep them"},
    "document": DOCUMENT,
}


def mapped_service(address: str, **changes: Any) -> dict[str, Any]:
    return service(address, mapping="own-people", mapping_version="1.0.0", **changes)
