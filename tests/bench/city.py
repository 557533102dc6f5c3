"""What the bench calls: one look-up that answers five records of twelve items, seven of them agreed, two masked.

Registered through the domain functions, as stewards would, in a city of two departments.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog import classification, datasets, departments, services
from catalog.models import (
    ApplicationDraft,
    CategoryDraft,
    DatasetDraft,
    DepartmentDraft,
    Identifies,
    ItemDraft,
    Review,
    ServiceDraft,
    SharingClass,
)
from catalog.rules import CallingRule, QuotaTerms
from exchange import keyfiles
from exchange.connectors.base import Upstream
from exchange.identity import assertions, clients
from exchange.identity.callers import at_the_console
from exchange.identity.models import ClientDraft
from exchange.node import Node
from policies import agreements, publication
from policies.models import AgreementDraft, AgreementTerms, Mask
from seeds.numbers import ENTERPRISE, GOVERNMENT_BODY, SHANGHAI, credit_code, resident_id
from seeds.specifications.openapi import interface, look_up_many
from seeds.specifications.openapi import resident_id as resident_id_shape
from seeds.specifications.shapes import VERSION, standard
from standards import codelists, interfaces, schemas
from standards.models import Code, CodeListDraft
from tests.town.agreed import agree

PROVIDER, CONSUMER, DATASET, APPLICATION = "social-security", "government-services", "contributions", "bench"
SERVICE = f"{PROVIDER}/{DATASET}"
PURPOSE, BASIS, OPERATION = "housing-purchase", "social-insurance-law", "lookupContributions"
PATH = "/v1/lookups"
CATEGORIES = [CategoryDraft(code=code, name={"en": "Bench"}) for code in ("3", "301", "301001")]
TARGET = f"/x/{SERVICE}{PATH}"
NAME = {"zh": "基准", "en": "Bench"}

_MONTH = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 60}
PROPERTIES: dict[str, dict[str, Any]] = {
    "resident_id": {"type": "string", "format": "resident-id"},
    "name": _TEXT,
    "account": {"type": "string", "pattern": "^[0-9]{12}$"},
    "employer_code": {"type": "string", "format": "credit-code"},
    "employer": _TEXT,
    "kind": {"type": "string", "enum": ["pension", "medical", "unemployment", "injury", "maternity"]},
    "insured_from": _MONTH,
    "paid_until": _MONTH,
    "months_paid": {"type": "integer", "minimum": 0, "maximum": 1200},
    "base_yuan": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
    "status": {"type": "string", "enum": ["paying", "interrupted", "retired"]},
    "changed_on": {"type": "string", "format": "date"},
}
AGREED = ("account", "base_yuan", "kind", "months_paid", "name", "paid_until", "resident_id")
MASKS = {"name": ("keep-first", 1), "account": ("keep-last", 4)}
STANDARD = standard("bench-contribution", "缴费", "Contribution", PROPERTIES)
INTERFACE = interface(
    PROVIDER,
    DATASET,
    "缴费查询",
    "Contributions",
    {PATH: look_up_many(OPERATION, ("查询", "By resident id"), "resident_id", resident_id_shape(), STANDARD)},
    purposes=(PURPOSE,),
    bases=(BASIS,),
)


def records() -> list[dict[str, Any]]:
    """The five records that the provider answers every call with: one person's insurances, at one employer."""
    return [
        {
            "resident_id": resident_id("310101", date(1990, 3, 7), 995),
            "name": "胡同甲",
            "account": f"31010000{place:04}",
            "employer_code": credit_code(ENTERPRISE, SHANGHAI, 1),
            "employer": "胡同示例有限公司",
            "kind": kind,
            "insured_from": "2015-07",
            "paid_until": "2026-10",
            "months_paid": 136 - place,
            "base_yuan": 12_000 + place,
            "status": "paying",
            "changed_on": "2026-10-15",
        }
        for place, kind in enumerate(PROPERTIES["kind"]["enum"])
    ]


def reply() -> bytes:
    return json.dumps({"items": records()}, ensure_ascii=False, separators=(",", ":")).encode()


def agreed() -> dict[str, Any]:
    """What must be left of the reply, worked out without the exchange's own code."""
    left = []
    for record in records():
        kept = {name: record[name] for name in AGREED}
        kept["name"] = kept["name"][0] + "*" * (len(kept["name"]) - 1)
        kept["account"] = "*" * 8 + kept["account"][8:]
        left.append(kept)
    return {"items": left}


def questions(count: int) -> list[tuple[str, bytes]]:
    """Case numbers and request bodies, each about another person."""
    born = date(1950, 1, 1)
    people = [resident_id("310101", born + timedelta(days=17 * place), 995 - 2 * (place % 9)) for place in range(count)]
    return [(f"CASE-{place:06}", b'{"resident_id":"%s"}' % person.encode()) for place, person in enumerate(people)]


def headers(token: str, case: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "hutong-purpose": PURPOSE,
        "hutong-case": case,
        "hutong-actor": "clerk-17",
    }


def load(node: Node, address: str, key_file: Path) -> None:
    """Everything that one call needs; the application's key goes into `key_file`."""
    now = datetime.now(UTC)
    with node.units.begin("console", now) as work:
        purpose = Code(code=PURPOSE, name=NAME)
        purposes = CodeListDraft(slug="purposes", version=VERSION, name=NAME, codes=[purpose])
        codelists.publish(work.session, purposes, "console", now)
        schemas.publish(work.session, STANDARD, "console", now)
        interfaces.publish(work.session, INTERFACE, "console", now)
        for serial, slug in enumerate((PROVIDER, CONSUMER), 1):
            code = credit_code(GOVERNMENT_BODY, SHANGHAI, serial)
            draft = DepartmentDraft(slug=slug, name=NAME, credit_code=code, contact=f"data@{slug}.example")
            departments.register(work.session, draft, "console", now)
        classification.load(work.session, CATEGORIES)
        datasets.register(work.session, _dataset(), "console", now)
        services.register(work.session, _service(address), None, "console", now, connectors=node.connectors.kinds)
        publication.submit(work.session, SERVICE, "console", now, review=Review.PUBLICATION)
        publication.approve(work.session, SERVICE, "operator", now)
        _register_application(work.session, key_file, now)
        row = agreements.draft(work.session, _agreement(now), "steward-consumer", now)
        agree(work.session, row.id, "steward-provider", now, origin=node.origin)
        work.record("dataset.published", SERVICE)
        work.record("agreement.activated", row.id)


def _register_application(session: Any, key_file: Path, now: datetime) -> None:
    draft = ApplicationDraft(department=CONSUMER, slug=APPLICATION, name=NAME)
    departments.register_application(session, draft, "console", now)
    key = assertions.make_key()
    wanted = ClientDraft(application=f"{CONSUMER}/{APPLICATION}", keys=[assertions.public_jwk(key)])
    client = clients.register(session, wanted, at_the_console(), now)
    keyfiles.write(key_file, client.id, key)


def _dataset() -> DatasetDraft:
    person = {"resident_id": Identifies.PERSON}
    items = [
        ItemDraft(
            path=name,
            title=NAME,
            sharing_class=SharingClass.UNCONDITIONAL,
            sensitivity=2,
            identifies=person.get(name, Identifies.NOBODY),
        )
        for name in PROPERTIES
    ]
    return DatasetDraft(
        department=PROVIDER,
        slug=DATASET,
        title=NAME,
        description=NAME,
        sharing_class=SharingClass.UNCONDITIONAL,
        standard=STANDARD.slug,
        standard_version=STANDARD.version,
        items=items,
        calling_rule=CallingRule(purposes=[PURPOSE], bases=[BASIS]),
        category=CATEGORIES[-1].code,
    )


def _service(address: str) -> ServiceDraft:
    return ServiceDraft(
        department=PROVIDER,
        slug=DATASET,
        dataset=DATASET,
        title=NAME,
        address=address,
        interface=INTERFACE.slug,
        interface_version=VERSION,
    )


def upstream(provider: int) -> Upstream:
    return Upstream.at(f"http://127.0.0.1:{provider}", department=PROVIDER)


def terms(now: datetime) -> AgreementTerms:
    return AgreementTerms(
        operations=[OPERATION],
        purposes=[PURPOSE],
        bases=[BASIS],
        supplied_basis=BASIS,
        items=list(AGREED),
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=365),
        masks=[Mask(item=name, function=mask, arguments={"count": count}) for name, (mask, count) in MASKS.items()],
        quota=QuotaTerms(count=1_000_000_000, window="day"),
    )


def _agreement(now: datetime) -> AgreementDraft:
    return AgreementDraft(application=f"{CONSUMER}/{APPLICATION}", service=SERVICE, terms=terms(now))
