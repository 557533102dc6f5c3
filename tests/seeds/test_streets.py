from collections import Counter
from datetime import datetime

from seeds.districts import DISTRICTS
from seeds.people import Record

Records = dict[str, list[Record]]
CODES = {district.code for district in DISTRICTS}


def test_every_station_reports_once_an_hour(records: Records) -> None:
    readings = records["ecology/air-quality"]
    assert max(Counter((reading["station"], reading["observed_at"]) for reading in readings).values()) == 1
    assert set(Counter(reading["station"] for reading in readings).values()) == {72}
    assert {reading["district"] for reading in readings} == CODES


def test_a_sensor_stands_still(records: Records) -> None:
    places: dict[str, set[tuple[str, float, float]]] = {}
    for reading in records["transport/road-sensors"]:
        place = (reading["road"], reading["location"]["longitude"], reading["location"]["latitude"])
        places.setdefault(reading["sensor"], set()).add(place)
    assert len(places) == 500
    assert all(len(found) == 1 for found in places.values())


def test_events_come_newest_first_and_are_closed_after_they_were_reported(records: Records) -> None:
    events = records["city-operations/events"]
    times = [datetime.fromisoformat(event["reported_at"]) for event in events]
    assert times == sorted(times, reverse=True)
    for event, reported in zip(events, times, strict=True):
        assert ("work_order" in event) == (event["status"] != "reported")
        assert ("closed_at" in event.get("work_order", {})) == (event["status"] == "closed")
        if event["status"] == "closed":
            closed = datetime.fromisoformat(event["work_order"]["closed_at"])
            assert reported < closed < datetime.fromisoformat("2026-11-01T00:00:00+08:00")


def test_streams_lead_nowhere(records: Records) -> None:
    assert all(
        camera["stream_address"].startswith("rtsp://video.example/") for camera in records["public-security/cameras"]
    )
