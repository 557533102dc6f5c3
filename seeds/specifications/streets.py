"""Standards for what the city sees of itself: roads, air, events, cameras."""

from seeds.specifications.shapes import code, district, element, group, location, standard

ROAD_READING = standard(
    "road-reading",
    "路况感知信息",
    "Road-side sensor reading",
    {
        "sensor": element("device-code", "感知设备编码", "Sensor"),
        "road": element("road-name", "道路", "Road"),
        "district": district(),
        "location": group("位置", "Location", location()),
        "observed_at": element("time", "观测时间", "Observed at"),
        "vehicles_per_minute": element("count", "每分钟车流量", "Vehicles a minute"),
        "mean_speed_kmh": element("speed", "平均车速", "Mean speed in km/h"),
        "state": code("road-states", "路况", "State"),
    },
)

AIR_QUALITY = standard(
    "air-quality",
    "空气质量信息",
    "Air quality",
    {
        "station": element("device-code", "监测站编码", "Station"),
        "district": district(),
        "observed_at": element("time", "监测时间", "Observed at"),
        "index": element("air-index", "空气质量指数", "Air quality index"),
        "grade": code("air-grades", "级别", "Grade"),
        "pollutants": group(
            "污染物浓度",
            "Pollutants",
            {
                "pm25": element("concentration", "细颗粒物", "PM2.5"),
                "pm10": element("concentration", "可吸入颗粒物", "PM10"),
                "ozone": element("concentration", "臭氧", "Ozone"),
                "nitrogen_dioxide": element("concentration", "二氧化氮", "Nitrogen dioxide"),
            },
        ),
    },
)

CITY_EVENT = standard(
    "city-event",
    "城市运行事件",
    "City event",
    {
        "event": element("device-code", "事件编号", "Event number"),
        "category": code("event-categories", "事件类别", "Category"),
        "level": element("level", "事件等级", "Level"),
        "status": code("event-status", "事件状态", "Status"),
        "reported_at": element("time", "上报时间", "Reported at"),
        "place": group(
            "地点", "Place", {"district": district(), "address": element("place", "地址", "Address"), **location()}
        ),
        "reporter": group(
            "上报人",
            "Reporter",
            {"name": element("person-name", "姓名", "Name"), "phone": element("phone", "联系电话", "Phone")},
        ),
        "work_order": group(
            "工单",
            "Work order",
            {
                "unit": element("organisation-name", "处置单位", "Unit"),
                "due_at": element("time", "处置时限", "Due at"),
                "closed_at": element("time", "办结时间", "Closed at"),
            },
            optional=("closed_at",),
        ),
    },
    optional=("work_order",),
)

CAMERA = standard(
    "camera",
    "视频点位信息",
    "Camera",
    {
        "camera": element("device-code", "点位编码", "Camera"),
        "name": element("place", "点位名称", "Name"),
        "kind": code("camera-kinds", "点位类型", "Kind"),
        "district": district(),
        "location": group("位置", "Location", location()),
        "direction_degrees": element("bearing", "朝向", "Direction in degrees"),
        "operator": element("credit-code", "管理单位", "Operator"),
        "installed_on": element("date", "安装日期", "Installed on"),
        "online": element("flag", "是否在线", "Online"),
        "stream_address": element("stream-address", "视频流地址", "Address of the stream"),
    },
)

STANDARDS = (ROAD_READING, AIR_QUALITY, CITY_EVENT, CAMERA)
