"""What the city sees of itself: road sensors, air, cameras and the events that the operations centre handles."""

from datetime import date, datetime, timedelta
from random import Random

from seeds.districts import DISTRICTS, District, address, location, road
from seeds.families import SHANGHAI_TIME
from seeds.numbers import GOVERNMENT_BODY, SHANGHAI, credit_code
from seeds.people import FEMALE, MALE, TODAY, Record, day_between, name, surname

_SENSORS, _READINGS_EACH = 500, 4
_STATIONS_EACH, _HOURS = 2, 72
_CAMERAS = 2200
_EVENTS = 2400
_OPEN = 80
_LAST_HOUR = datetime(2026, 10, 31, 23, tzinfo=SHANGHAI_TIME)
_GRADES = ((50, "1"), (100, "2"), (150, "3"), (200, "4"), (300, "5"), (500, "6"))
_STATES = ((15, "jammed"), (30, "slow"), (200, "free"))


def road_records(random: Random) -> list[Record]:
    """Records of the standard `road-reading`: some readings of each sensor, a quarter of an hour apart."""
    records: list[Record] = []
    for number in range(1, _SENSORS + 1):
        district = DISTRICTS[number % len(DISTRICTS)]
        sensor = {"sensor": f"RS-{number:05d}", "road": road(random), "district": district.code}
        place = location(random, district)
        records += [_reading(random, sensor, place, step) for step in range(_READINGS_EACH)]
    return records


def _reading(random: Random, sensor: Record, place: dict[str, float], step: int) -> Record:
    speed = round(random.uniform(4, 72), 1)
    return {
        **sensor,
        "location": place,
        "observed_at": (_LAST_HOUR - timedelta(minutes=15 * step)).isoformat(),
        "vehicles_per_minute": random.randint(0, 90),
        "mean_speed_kmh": speed,
        "state": next(state for limit, state in _STATES if speed <= limit),
    }


def air_records(random: Random) -> list[Record]:
    """Records of the standard `air-quality`: hourly values of the stations."""
    stations = [(district, number) for district in DISTRICTS for number in range(1, _STATIONS_EACH + 1)]
    return [
        _air(random, district, number, _LAST_HOUR - timedelta(hours=hour))
        for hour in range(_HOURS)
        for district, number in stations
    ]


def _air(random: Random, district: District, number: int, hour: datetime) -> Record:
    index = min(500, max(12, round(random.gauss(68, 30))))
    return {
        "station": f"AQ-{district.code}-{number:02d}",
        "district": district.code,
        "observed_at": hour.isoformat(),
        "index": index,
        "grade": next(grade for limit, grade in _GRADES if index <= limit),
        "pollutants": {
            "pm25": round(index * 0.6, 1),
            "pm10": round(index * 0.9, 1),
            "ozone": round(random.uniform(20, 180), 1),
            "nitrogen_dioxide": round(random.uniform(8, 70), 1),
        },
    }


def camera_records(random: Random) -> list[Record]:
    """Records of the standard `camera`. Addresses of streams lead nowhere (RFC 2606)."""
    return [_camera(random, number, random.choice(DISTRICTS)) for number in range(1, _CAMERAS + 1)]


def _camera(random: Random, number: int, district: District) -> Record:
    return {
        "camera": f"{district.code}-CAM-{number:06d}",
        "name": f"{road(random)}{random.randint(1, 60)}号点位",
        "kind": random.choice(("fixed", "dome", "panoramic")),
        "district": district.code,
        "location": location(random, district),
        "direction_degrees": random.randrange(0, 360, 15),
        "operator": credit_code(GOVERNMENT_BODY, SHANGHAI, 100 + random.randint(1, 16)),
        "installed_on": day_between(random, date(2016, 1, 4), TODAY).isoformat(),
        "online": random.random() < 0.95,
        "stream_address": f"rtsp://video.example/{district.code}/{number:06d}",
    }


def event_records(random: Random) -> list[Record]:
    """Records of the standard `city-event`, the newest first."""
    start = datetime(2026, 10, 31, 22, 45, tzinfo=SHANGHAI_TIME)
    return [_event(random, number, start - timedelta(minutes=20 * number)) for number in range(1, _EVENTS + 1)]


def _event(random: Random, number: int, reported: datetime) -> Record:
    district = random.choice(DISTRICTS)
    category = random.choice(("pollution", "road-damage", "street-order", "water-supply", "lift-trapped", "noise"))
    status = random.choices(("reported", "assigned", "closed"), (15, 25, 60 if number > _OPEN else 0))[0]
    record: Record = {
        "event": f"EV-2026-{number:06d}",
        "category": category,
        "level": random.choices((1, 2, 3, 4), (2, 8, 40, 50))[0],
        "status": status,
        "reported_at": reported.isoformat(),
        "place": {"district": district.code, "address": address(random, district), **location(random, district)},
        "reporter": _reporter(random, number),
    }
    return record if status == "reported" else record | {"work_order": _work_order(random, district, reported, status)}


def _reporter(random: Random, number: int) -> Record:
    return {
        "name": name(random, surname(random), random.choice((MALE, FEMALE))),
        "phone": f"1549{number:04d}{random.randint(0, 999):03d}",
    }


def _work_order(random: Random, district: District, reported: datetime, status: str) -> Record:
    order: Record = {
        "unit": f"{district.zh}城运中心第{random.randint(1, 8)}网格",
        "due_at": (reported + timedelta(hours=random.choice((2, 8, 24)))).isoformat(),
    }
    if status == "closed":
        order["closed_at"] = (reported + timedelta(minutes=random.randint(20, 1400))).isoformat()
    return order
