"""Departments that keep their records in a form of their own. The exchange knows it by a mapping only. Pure.

The real-estate register keeps columns named by their pinyin initials, codes of its own, dates as they are printed on
the certificate and shares as fractions.
"""

from collections.abc import Callable, Mapping
from datetime import date

from seeds.people import Record

_USAGES = {"residential": "10", "commercial": "20", "office": "30", "industrial": "40"}


def title_in_register(record: Record) -> Record:
    """A record of the standard `real-estate-title` as the register itself has it."""
    day, place = date.fromisoformat(record["registered_on"]), record["place"]
    return {
        "BDCQZH": record["title_number"],
        "BDCDYH": record["unit_number"],
        "FWYT": _USAGES[record["usage"]],
        "JZMJ": f"{record['area_square_metres']:,.2f}",
        "QXDM": place["district"],
        "ZL": place["address"],
        "ZB": [f"{place['longitude']:.5f}", f"{place['latitude']:.5f}"],
        "QLR": [
            {"ZJH": owner["resident_id"], "QLRMC": owner["name"], "GYFE": f"{owner['share_percent'] / 100:.2f}"}
            for owner in record["owners"]
        ],
        "SFDY": "是" if record["mortgaged"] else "否",
        "DJSJ": f"{day.year}年{day.month}月{day.day}日",
    }


FORMS: Mapping[str, Callable[[Record], Record]] = {"planning/real-estate-titles": title_in_register}
"""Dataset id → how its provider writes a record."""
