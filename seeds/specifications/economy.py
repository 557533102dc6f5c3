"""Standards for records on companies."""

from seeds.specifications.shapes import code, district, element, group, many, standard

COMPANY = standard(
    "company",
    "企业登记信息",
    "Company registration",
    {
        "credit_code": element("credit-code", "统一社会信用代码", "Unified social credit code"),
        "name": element("organisation-name", "企业名称", "Name"),
        "kind": code("company-kinds", "企业类型", "Kind"),
        "status": code("company-status", "登记状态", "Status"),
        "industry": code("industry-sections", "行业门类", "Industry section"),
        "established_on": element("date", "成立日期", "Established on"),
        "registered_capital_yuan": element("amount-yuan", "注册资本", "Registered capital in yuan"),
        "premises": group(
            "住所",
            "Premises",
            {"district": district(), "address": element("place", "地址", "Address")},
        ),
        "representatives": many(
            "主要人员",
            "Representatives",
            group(
                "主要人员",
                "Representative",
                {
                    "role": code("company-roles", "任职", "Role"),
                    "name": element("person-name", "姓名", "Name"),
                    "resident_id": element("resident-id", "公民身份号码", "Resident identity number"),
                    "phone": element("phone", "联系电话", "Phone"),
                },
            ),
            most=20,
            least=1,
        ),
    },
)

TAX_CREDIT = standard(
    "enterprise-tax-credit",
    "企业纳税信用信息",
    "Enterprise tax credit",
    {
        "credit_code": element("credit-code", "统一社会信用代码", "Unified social credit code"),
        "name": element("organisation-name", "企业名称", "Name"),
        "year": element("year", "评价年度", "Year"),
        "grade": code("tax-credit-grades", "纳税信用级别", "Grade"),
        "score": element("score", "评价得分", "Score"),
        "arrears_yuan": element("amount-yuan", "欠税金额", "Arrears in yuan"),
    },
)

STANDARDS = (COMPANY, TAX_CREDIT)
