"""The evidence directory of the city: what its service items ask, and which datasets prove it."""

from catalog.evidence import ProofDraft, RequirementDraft, ServiceItemDraft

_Proof = tuple[str, list[str]]


def _requirement(slug: str, zh: str, en: str, *proofs: _Proof) -> RequirementDraft:
    drafts = [ProofDraft(dataset=dataset, items=items) for dataset, items in proofs]
    return RequirementDraft(slug=slug, name={"zh": zh, "en": en}, proofs=drafts)


def _item(code: str, zh: str, en: str, *requirements: RequirementDraft) -> ServiceItemDraft:
    return ServiceItemDraft(
        code=code, department="government-services", name={"zh": zh, "en": en}, requirements=list(requirements)
    )


_IDENTITY = _requirement(
    "identity", "身份证明", "Proof of identity", ("public-security/population", ["resident_id", "name"])
)
_MARRIED = _requirement(
    "marriage", "婚姻状况证明", "Proof of marital status", ("civil-affairs/marriage", ["status", "registered_on"])
)

SERVICE_ITEMS: tuple[ServiceItemDraft, ...] = (
    _item(
        "newborn-registration",
        "出生“一件事”联办",
        "Registering a newborn",
        _requirement(
            "birth", "出生医学证明", "Birth certificate",
            ("health/birth-certificates", ["certificate_number", "born_at"]),
        ),
        _IDENTITY,
        _MARRIED,
        _requirement("household", "户口簿", "Household register", ("public-security/population", ["household_number"])),
    ),
    _item(
        "company-opening",
        "企业开办",
        "Opening a company",
        _IDENTITY,
        _requirement(
            "premises", "住所证明", "Proof of premises",
            ("planning/real-estate-titles", ["title_number", "place.address"]),
        ),
        _requirement("name", "企业名称核准", "Company name", ("market-regulation/companies", ["name", "credit_code"])),
    ),
    _item(
        "housing-purchase",
        "购房资格核验",
        "Checking the right to buy a home",
        _IDENTITY,
        _MARRIED,
        _requirement(
            "insured", "社保缴纳证明", "Proof of insurance",
            ("social-security/contributions", ["paid_until", "months_paid"]),
        ),
        _requirement("homes", "无房证明", "Proof of owning no home", ("planning/real-estate-titles", [])),
        _requirement("income", "收入证明", "Proof of income"),
    ),
)  # fmt: skip
"""Nothing proves an income yet: the last requirement shows what the city still has to share."""
