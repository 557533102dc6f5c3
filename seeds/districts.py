"""Shanghai's sixteen districts (GB/T 2260 division codes) and places in them. Road names are made up."""

from dataclasses import dataclass
from random import Random

_FIRST = "明和安宁康乐春晴朗清嘉瑞祥景云溪松竹兰桂枫柳星月晨霞"
_SECOND = "泰远丰盛华茂成达悦宜善德仁义礼智信诚真美舒畅行思"


@dataclass(frozen=True, slots=True)
class District:
    """`longitude` and `latitude` are a point near the middle, in degrees (CGCS2000)."""

    code: str
    zh: str
    en: str
    longitude: float
    latitude: float


DISTRICTS = (
    District("310101", "黄浦区", "Huangpu", 121.48, 31.22),
    District("310104", "徐汇区", "Xuhui", 121.44, 31.18),
    District("310105", "长宁区", "Changning", 121.41, 31.21),
    District("310106", "静安区", "Jing'an", 121.45, 31.25),
    District("310107", "普陀区", "Putuo", 121.39, 31.25),
    District("310109", "虹口区", "Hongkou", 121.49, 31.27),
    District("310110", "杨浦区", "Yangpu", 121.53, 31.28),
    District("310112", "闵行区", "Minhang", 121.39, 31.11),
    District("310113", "宝山区", "Baoshan", 121.43, 31.38),
    District("310114", "嘉定区", "Jiading", 121.26, 31.37),
    District("310115", "浦东新区", "Pudong New Area", 121.62, 31.18),
    District("310116", "金山区", "Jinshan", 121.26, 30.80),
    District("310117", "松江区", "Songjiang", 121.22, 31.02),
    District("310118", "青浦区", "Qingpu", 121.09, 31.13),
    District("310120", "奉贤区", "Fengxian", 121.55, 30.91),
    District("310151", "崇明区", "Chongming", 121.55, 31.62),
)


def road(random: Random) -> str:
    """A road that no map knows."""
    return f"{random.choice(_FIRST)}{random.choice(_SECOND)}示例路"


def address(random: Random, district: District) -> str:
    """A street address in Chinese, outdoors."""
    return f"上海市{district.zh}{road(random)}{random.randint(1, 999)}号"


def home(random: Random, district: District) -> str:
    """An address of a flat in Chinese."""
    floor, door = random.randint(1, 18), random.randint(1, 4)
    return f"{address(random, district)}{random.randint(1, 40)}幢{floor}{door:02d}室"


def location(random: Random, district: District) -> dict[str, float]:
    """A point some kilometres around the district's middle, degrees with five decimals."""
    return {
        "longitude": round(district.longitude + random.uniform(-0.03, 0.03), 5),
        "latitude": round(district.latitude + random.uniform(-0.03, 0.03), 5),
    }
