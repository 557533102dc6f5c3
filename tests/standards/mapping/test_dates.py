"""Dates in stated formats; nothing is guessed."""

import pytest


@pytest.mark.parametrize(
    ("formats", "value", "made"),
    [
        (["YYYYMMDD"], "20200229", "2020-02-29"),
        (["YYYYMMDD"], "20210229", "!date"),
        (["YYYYMMDD"], 20200229, "!date"),
        (["YYYYMMDD"], "2020229", "!date"),
        (["YYYY年M月D日"], "２０２０年２月２９日", "2020-02-29"),
        (["YYYY/MM/DD"], " 2020/02/29 ", "2020-02-29"),
        (["YYYY-MM-DD HH:mm:ss"], "2020-02-29 23:59:59", "2020-02-29"),
        (["YYYY-MM-DD HH:mm:ss"], "2020-02-29 24:00:00", "!date"),
        (["YYYYMMDD", "YYYY-MM-DD"], "2020-02-29", "2020-02-29"),
        (["DD.MM.YYYY"], "29.02.2020", "2020-02-29"),
        (["YYYYMMDD"], "00000101", "!date"),
        (["YYYYMMDD"], "2020022\u0669", "!date"),
    ],
)
def test_days(one, formats, value, made):
    assert one(value, op="date", formats=formats) == made


@pytest.mark.parametrize(
    ("formats", "value", "offset", "made"),
    [
        (["YYYY-MM-DD HH:mm"], "2020-02-29 08:30", "+08:00", "2020-02-29T08:30:00+08:00"),
        (["YYYY-MM-DDTHH:mm:ssZZ"], "2020-02-29T08:30:00Z", None, "2020-02-29T08:30:00+00:00"),
        (["YYYY-MM-DDTHH:mm:ssZZ"], "2020-02-29T08:30:00Z", "+08:00", "2020-02-29T16:30:00+08:00"),
        (["YYYY-MM-DDTHH:mm:ss.SSSZZ"], "2020-02-29T08:30:00.5-0330", None, "2020-02-29T08:30:00.500000-03:30"),
        (["epoch-seconds"], 0, "+08:00", "1970-01-01T08:00:00+08:00"),
        (["epoch-milliseconds"], "-1", "Z", "1969-12-31T23:59:59.999000+00:00"),
        (["epoch-seconds"], 10**15, "Z", "!date"),
        (["epoch-seconds"], -62_135_596_800, "-08:00", "!date"),
        (["epoch-seconds"], 1.5, "Z", "!date"),
        (["epoch-seconds"], "²", "Z", "!date"),
    ],
)
def test_moments(one, formats, value, offset, made):
    given = {} if offset is None else {"offset": offset}
    assert one(value, op="date", formats=formats, to="date-time", **given) == made


def test_months_and_years(one):
    assert one("202002", op="date", formats=["YYYYMM"], to="month") == "2020-02"
    assert one("202013", op="date", formats=["YYYYMM"], to="month") == "!date"
    assert one("20200229", op="date", formats=["YYYYMMDD"], to="month") == "2020-02"
    assert one("2020年度", op="date", formats=["YYYY年度"], to="year") == 2020


def test_a_day_is_that_of_the_stated_offset(one):
    moment = {"op": "date", "formats": ["YYYY-MM-DDTHH:mm:ssZZ"]}
    assert one("2020-02-29T20:00:00Z", **moment) == "2020-02-29"
    assert one("2020-02-29T20:00:00Z", **moment, offset="+08:00") == "2020-03-01"
    assert one("9999-12-31T20:00:00Z", **moment, offset="+08:00") == "!date"


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"formats": ["YYYYMM"]}, "/formats/0"),
        ({"formats": ["YYYYMD"]}, "/formats/0"),
        ({"formats": ["YYMMDD"]}, "/formats/0"),
        ({"formats": ["YYYYMMDDx"]}, "/formats/0"),
        ({"formats": ["YYYYMMDDMM"]}, "/formats/0"),
        ({"formats": ["DD/MM/YYYY", "MM/DD/YYYY"]}, "/formats"),
        ({"formats": ["D/M/YYYY", "MM/DD/YYYY"]}, "/formats"),
        ({"formats": ["YYYYMMDD", "DDMMYYYY"]}, "/formats"),
        ({"formats": ["YYYYMMDD", "epoch-seconds"], "offset": "Z"}, "/formats"),
        ({"formats": ["epoch-milliseconds", "epoch-seconds"], "offset": "Z"}, "/formats"),
        ({"formats": ["epoch-seconds"]}, "/offset"),
        ({"formats": ["YYYY-MM-DD HH:mm"], "to": "date-time"}, "/offset"),
        ({"formats": ["YYYY-MM-DD HH:mm"], "to": "date-time", "offset": "Asia/Shanghai"}, "/offset"),
        ({"formats": []}, "/formats"),
        ({}, "/formats"),
        ({"formats": "YYYYMMDD"}, "/formats"),
        ({"formats": ["YYYYMMDD"], "to": "week"}, "/to"),
    ],
)
def test_what_could_mean_two_things_is_refused(wrong, rule, place):
    assert place in wrong({"from": "/v", "op": "date", **rule})
