"""Standards for records on people: identity, marriage, birth, social insurance, homes."""

from seeds.specifications.shapes import code, district, element, group, location, many, standard

PERSON_BASICS = standard(
    "person-basics",
    "人口基本信息",
    "Population basics",
    {
        "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
        "name": element("person-name", "姓名", "Name"),
        "sex": code("sex", "性别", "Sex"),
        "birth_date": element("date", "出生日期", "Date of birth"),
        "ethnic_group": code("ethnic-groups", "民族", "Ethnic group"),
        "domicile": group(
            "户籍地",
            "Domicile",
            {"district": district(), "address": element("address", "地址", "Address")},
        ),
        "household_number": element("household-number", "户号", "Household number"),
        "phone": element("phone", "联系电话", "Phone"),
        "updated_on": element("date", "更新日期", "Updated on"),
    },
)

MARRIAGE = standard(
    "marriage-registration",
    "婚姻登记信息",
    "Marriage registration",
    {
        "certificate_number": element("certificate-number", "结婚证字号", "Certificate number"),
        "status": code("marriage-status", "登记状态", "Status"),
        "registered_on": element("date", "登记日期", "Registered on"),
        "dissolved_on": element("date", "解除日期", "Dissolved on"),
        "registry_district": district(),
        "spouses": many(
            "当事人",
            "Spouses",
            group(
                "当事人",
                "Spouse",
                {
                    "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
                    "name": element("person-name", "姓名", "Name"),
                    "sex": code("sex", "性别", "Sex"),
                    "birth_date": element("date", "出生日期", "Date of birth"),
                },
            ),
            most=2,
            least=2,
        ),
    },
    optional=("dissolved_on",),
)

BIRTH_CERTIFICATE = standard(
    "birth-certificate",
    "出生医学证明",
    "Birth certificate",
    {
        "certificate_number": element("certificate-number", "出生证编号", "Certificate number"),
        "born_at": element("time", "出生时间", "Time of birth"),
        "issued_on": element("date", "签发日期", "Issued on"),
        "hospital": group(
            "助产机构",
            "Hospital",
            {"name": element("organisation-name", "名称", "Name"), "district": district()},
        ),
        "child": group(
            "新生儿",
            "Child",
            {
                "name": element("person-name", "姓名", "Name"),
                "sex": code("sex", "性别", "Sex"),
                "gestational_weeks": element("weeks", "孕周", "Weeks of gestation"),
                "weight_grams": element("body-weight", "出生体重", "Weight"),
                "length_millimetres": element("body-length", "出生身长", "Length"),
            },
        ),
        "mother": group(
            "母亲",
            "Mother",
            {
                "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
                "name": element("person-name", "姓名", "Name"),
                "address": element("address", "住址", "Address"),
            },
        ),
        "father": group(
            "父亲",
            "Father",
            {
                "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
                "name": element("person-name", "姓名", "Name"),
            },
        ),
    },
    optional=("father",),
)

INSURANCE_CONTRIBUTION = standard(
    "insurance-contribution",
    "社会保险缴纳信息",
    "Social insurance contribution",
    {
        "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
        "name": element("person-name", "姓名", "Name"),
        "employer": group(
            "用人单位",
            "Employer",
            {
                "credit_code": element("credit-code", "统一社会信用代码", "Unified social credit code"),
                "name": element("organisation-name", "名称", "Name"),
            },
        ),
        "kinds": many("险种", "Kinds", code("insurance-kinds", "险种", "Kind"), most=5, least=1),
        "insured_from": element("month", "参保起始年月", "Insured from"),
        "paid_until": element("month", "缴至年月", "Paid until"),
        "months_paid": element("count", "累计缴费月数", "Months paid"),
        "base_yuan": element("amount-yuan", "缴费基数", "Contribution base in yuan"),
        "status": code("contribution-status", "参保状态", "Status"),
    },
)

REAL_ESTATE_TITLE = standard(
    "real-estate-title",
    "不动产登记信息",
    "Real-estate title",
    {
        "title_number": element("title-number", "不动产权证号", "Title number"),
        "unit_number": element("unit-number", "不动产单元代码", "Unit code"),
        "usage": code("property-usage", "房屋用途", "Usage"),
        "area_square_metres": element("area", "建筑面积", "Floor area in square metres"),
        "place": group(
            "坐落",
            "Place",
            {"district": district(), "address": element("address", "地址", "Address"), **location()},
        ),
        "owners": many(
            "权利人",
            "Owners",
            group(
                "权利人",
                "Owner",
                {
                    "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
                    "name": element("person-name", "姓名", "Name"),
                    "share_percent": element("percent", "份额", "Share in percent"),
                },
            ),
            most=20,
            least=1,
        ),
        "mortgaged": element("flag", "是否抵押", "Mortgaged"),
        "registered_on": element("date", "登记日期", "Registered on"),
    },
)

STANDARDS = (PERSON_BASICS, MARRIAGE, BIRTH_CERTIFICATE, INSURANCE_CONTRIBUTION, REAL_ESTATE_TITLE)
