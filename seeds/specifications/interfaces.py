"""The interface specifications of the city's services; each bears the slug of its dataset."""

from seeds.specifications import economy, openapi, society, streets
from seeds.specifications.openapi import interface, list_by, list_of, look_up_many, look_up_one

_CERTIFICATE = {"type": "string", "pattern": "^Z[0-9]{9}$", "maxLength": 10}
_SENSOR = {"type": "string", "pattern": "^RS-[0-9]{5}$", "maxLength": 8}
_CATEGORY = {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$", "maxLength": 40}
_SHARING = "data-sharing-regulation-2025"
_HOUSEHOLDS = "household-registration-regulation-7"
_FIRMS = "market-entity-regulation-2021"
_HOMES = "real-estate-registration-regulation"
_MARRIAGES = "civil-code-marriage"
_INSURANCE = "social-insurance-law"
_ROADS = "road-traffic-safety-law"
_AIR = "air-pollution-law"

INTERFACES = (
    interface(
        "public-security",
        "population",
        "人口基本信息查询",
        "Population basics",
        {
            "/v1/lookups": look_up_one(
                "lookupPerson",
                ("按公民身份号码查询", "One person by resident identity number"),
                "resident_id",
                openapi.resident_id(),
                society.PERSON_BASICS,
            )
        },
        purposes=("newborn-registration", "company-opening", "housing-purchase"),
        bases=(_SHARING, _HOUSEHOLDS, _FIRMS, _HOMES),
    ),
    interface(
        "civil-affairs",
        "marriage",
        "婚姻登记信息查询",
        "Marriage registrations",
        {
            "/v1/lookups": look_up_many(
                "lookupMarriages",
                ("按当事人身份号码查询", "All registrations of one person"),
                "resident_id",
                openapi.resident_id(),
                society.MARRIAGE,
            )
        },
        purposes=("newborn-registration", "housing-purchase"),
        bases=(_SHARING, _MARRIAGES, _HOUSEHOLDS, _HOMES),
    ),
    interface(
        "health",
        "birth-certificates",
        "出生医学证明查询",
        "Birth certificates",
        {
            "/v1/lookups": look_up_one(
                "lookupBirthCertificate",
                ("按出生证编号查询", "One certificate by its number"),
                "certificate_number",
                _CERTIFICATE,
                society.BIRTH_CERTIFICATE,
            ),
            "/v1/maternal-lookups": look_up_many(
                "lookupBirthsOfMother",
                ("按母亲身份号码查询", "All certificates of one mother"),
                "resident_id",
                openapi.resident_id(),
                society.BIRTH_CERTIFICATE,
            ),
        },
        purposes=("newborn-registration",),
        bases=(_SHARING, _HOUSEHOLDS),
    ),
    interface(
        "market-regulation",
        "companies",
        "企业登记信息查询",
        "Company registrations",
        {
            "/v1/lookups": look_up_one(
                "lookupCompany",
                ("按统一社会信用代码查询", "One company by its credit code"),
                "credit_code",
                openapi.credit_code(),
                economy.COMPANY,
            ),
            "/v1/companies": list_by(
                "listCompanies",
                ("按区列出企业", "Companies by district"),
                {"district": openapi.district()},
                economy.COMPANY,
            ),
        },
        purposes=("company-opening", "housing-purchase", "statistics"),
        bases=(_SHARING, _FIRMS),
    ),
    interface(
        "social-security",
        "contributions",
        "社会保险缴纳信息查询",
        "Social insurance contributions",
        {
            "/v1/lookups": look_up_many(
                "lookupContributions",
                ("按公民身份号码查询", "All contributions of one person"),
                "resident_id",
                openapi.resident_id(),
                society.INSURANCE_CONTRIBUTION,
            )
        },
        purposes=("company-opening", "housing-purchase"),
        bases=(_SHARING, _INSURANCE, _FIRMS, _HOMES),
    ),
    interface(
        "planning",
        "real-estate-titles",
        "不动产登记信息查询",
        "Real-estate titles",
        {
            "/v1/lookups": look_up_many(
                "lookupTitles",
                ("按权利人身份号码查询", "All titles of one owner"),
                "resident_id",
                openapi.resident_id(),
                society.REAL_ESTATE_TITLE,
            )
        },
        purposes=("housing-purchase",),
        bases=(_SHARING, _HOMES),
    ),
    interface(
        "transport",
        "road-sensors",
        "路况感知信息查询",
        "Readings of road-side sensors",
        {
            "/v1/readings": list_by(
                "listReadings",
                ("按区列出读数", "Readings by district"),
                {"district": openapi.district()},
                streets.ROAD_READING,
            ),
            "/v1/sensors/{sensor}/readings": list_of(
                "listReadingsOfSensor",
                ("某一设备的读数", "Readings of one sensor"),
                "sensor",
                _SENSOR,
                streets.ROAD_READING,
            ),
        },
        purposes=("city-dispatch", "statistics"),
        bases=(_SHARING, _ROADS),
    ),
    interface(
        "ecology",
        "air-quality",
        "空气质量信息查询",
        "Air quality",
        {
            "/v1/readings": list_by(
                "listAirQuality",
                ("按区列出监测值", "Hourly values by district"),
                {"district": openapi.district()},
                streets.AIR_QUALITY,
            )
        },
        purposes=("city-dispatch", "statistics"),
        bases=(_SHARING, _AIR),
    ),
    interface(
        "city-operations",
        "events",
        "城市运行事件查询",
        "City events",
        {
            "/v1/events": list_by(
                "listEvents",
                ("按区和类别列出事件", "Events by district and category"),
                {"district": openapi.district(), "category": _CATEGORY},
                streets.CITY_EVENT,
            )
        },
        purposes=("city-dispatch", "pollution-inspection"),
        bases=(_SHARING, _AIR),
    ),
    interface(
        "public-security",
        "cameras",
        "视频点位查询",
        "Cameras",
        {
            "/v1/cameras": list_by(
                "listCameras",
                ("按区列出点位", "Cameras by district"),
                {"district": openapi.district()},
                streets.CAMERA,
            )
        },
        purposes=("city-dispatch",),
        bases=(_SHARING, _ROADS),
    ),
)
