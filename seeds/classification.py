"""The classification of the demonstration city.

The three 类 are the national ones (政务信息资源目录编制指南, 2017). The 项 of the first two are the kinds of base and
topic resources that the Interim Measures for the Sharing of Government Information Resources (2016) name, those of the
third are the city's departments; their numbers and every 目 are the city's own.
"""

from catalog.models import CategoryDraft
from seeds.city import DEPARTMENTS

BASES = (
    ("人口", "Population"),
    ("法人单位", "Legal entities"),
    ("自然资源和空间地理", "Natural resources and geography"),
    ("电子证照", "Electronic certificates"),
    ("社会信用", "Social credit"),
)
TOPICS = (
    ("公共服务", "Public services"),
    ("健康保障", "Health"),
    ("社会保障", "Social security"),
    ("食品药品安全", "Food and drug safety"),
    ("安全生产", "Safety at work"),
    ("价格监管", "Price supervision"),
    ("能源安全", "Energy security"),
    ("信用体系", "Credit system"),
    ("城乡建设", "Urban and rural construction"),
    ("社区治理", "Community governance"),
    ("生态环保", "Ecology"),
    ("应急维稳", "Emergency response"),
)
SUBJECTS = {
    "101001": ("户籍人口", "Registered inhabitants"),
    "102001": ("市场主体", "Companies"),
    "301001": ("公共视频", "Public video"),
    "302001": ("婚姻登记", "Marriage registration"),
    "303001": ("出生医学证明", "Birth certificates"),
    "305001": ("社会保险", "Social insurance"),
    "306001": ("不动产登记", "Real estate registration"),
    "307001": ("道路运行", "Roads"),
    "308001": ("环境质量", "Quality of the environment"),
    "309001": ("城市事件", "Events in the city"),
    "310001": ("纳税信用", "Tax credit"),
}


def _category(code: str, name: tuple[str, str]) -> CategoryDraft:
    return CategoryDraft(code=code, name={"zh": name[0], "en": name[1]})


CATEGORIES = (
    _category("1", ("基础信息资源", "Base resources")),
    _category("2", ("主题信息资源", "Topic resources")),
    _category("3", ("部门信息资源", "Resources of departments")),
    *(_category(f"1{place:02}", name) for place, name in enumerate(BASES, 1)),
    *(_category(f"2{place:02}", name) for place, name in enumerate(TOPICS, 1)),
    *(CategoryDraft(code=f"3{place:02}", name=department.name) for place, department in enumerate(DEPARTMENTS, 1)),
    *(_category(code, name) for code, name in SUBJECTS.items()),
)
