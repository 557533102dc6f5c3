"""Every management route, from the application's own table: strangers first, then other departments' people."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from exchange.app import management
from exchange.identity import assertions
from exchange.node import Node
from tests.town import documents, mapped
from tests.town.inside import ADDRESS, MemoryNode, Template, over
from tests.town.people import Town, problem_of

GOVERNED = ("elements", "code-lists", "standards", "crosswalks")
PUBLIC = {
    *(("GET", f"/api/v1/{kind}{rest}") for kind in GOVERNED for rest in ("", "/{slug}", "/{slug}/versions")),
    *(("GET", f"/api/v1/{kind}/{{slug}}/diff") for kind in GOVERNED),
    ("GET", "/api/v1/code-lists/{slug}/enum"), ("GET", "/api/v1/crosswalks/{slug}/translate"),
    ("GET", "/api/v1/interfaces"), ("GET", "/api/v1/interfaces/{slug}"),
    ("GET", "/api/v1/interfaces/{slug}/breaking"), ("GET", "/api/v1/interface-rules"),
    ("GET", "/api/v1/mappings"), ("GET", "/api/v1/mappings/schema"), ("GET", "/api/v1/mappings/{slug}"),
    ("GET", "/api/v1/departments"), ("GET", "/api/v1/departments/{department}"),
    ("GET", "/api/v1/applications"),
    ("GET", "/api/v1/datasets"), ("GET", "/api/v1/datasets/{department}/{slug}"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions/{number}"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions/{number}/diff"),
    ("GET", "/api/v1/classification"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions/{number}"),
    ("GET", "/api/v1/datasets/{department}/{slug}/versions/{number}/diff"),
    ("GET", "/api/v1/classification"), ("GET", "/api/v1/search"), ("GET", "/api/v1/search/suggest"),
    ("GET", "/api/v1/elements/{slug}/sources"), ("GET", "/api/v1/once-only"),
    ("GET", "/api/v1/service-items"), ("GET", "/api/v1/service-items/{department}/{code}"), ("GET", "/api/v1/evidence"),
    ("GET", "/api/v1/datasets/{department}/{slug}/lineage"), ("GET", "/api/v1/datasets/{department}/{slug}/related"),
    ("GET", "/api/v1/services"), ("GET", "/api/v1/services/{department}/{slug}"),
    ("GET", "/api/v1/offers"), ("GET", "/api/v1/offers/{id}"),
    ("GET", "/api/v1/calendar/{year}"), ("GET", "/api/v1/clock-profiles"),
    ("GET", "/api/v1/quality"), ("GET", "/api/v1/datasets/{department}/{slug}/quality"),
    ("GET", "/api/v1/datasets/{department}/{slug}/contract.json"),
    ("GET", "/api/v1/datasets/{department}/{slug}/contract.yaml"),
    ("GET", "/api/v1/catalog/template.xlsx"), ("GET", "/api/v1/catalog/template.csv"),
    ("GET", "/catalog"), ("GET", "/catalog.jsonld"), ("GET", "/catalog.ttl"), ("GET", "/catalog/context.jsonld"),
    ("GET", "/catalog/odrl-profile.ttl"),
    ("GET", "/catalog/datasets/{department}/{slug}"),
    ("GET", "/ledger/checkpoint"), ("GET", "/ledger/vkey"), ("GET", "/ledger/consistency"),
    ("GET", "/ledger/tile/{path:path}"),
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
    ("GET", "/.well-known/oauth-authorization-server"), ("GET", "/oauth/jwks.json"), ("POST", "/oauth/token"),
}  # fmt: skip
"""The catalog and the standards are there to be found, the hash tree to be checked; nothing else is."""

SELF = {
    ("POST", "/api/v1/once-only/check"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/me/agreements"),
    ("GET", "/api/v1/me/notices"),
    ("GET", "/api/v1/me/notices/counts"),
    ("POST", "/api/v1/me/notices/read"),
    ("GET", "/api/v1/webhooks"),
    ("GET", "/api/v1/guards"),
    ("GET", "/api/v1/guards/{slug}"),
}
"""Routes that show callers what is their own."""

OPERATOR, HEALTH, AUDITOR = "operator", "health", "auditor"
OPERATOR_2, HEALTH_2 = "operator-2", "health-2"
"""Of another hand than who wrote the request that is answered."""
NEEDED: dict[tuple[str, str], tuple[set[str], dict[str, Any] | None]] = {
    **{("POST", f"/api/v1/{kind}"): ({OPERATOR, HEALTH}, body) for kind, body in documents.PROPOSALS.items()},
    **{("PUT", f"/api/v1/{kind}/{{slug}}/{{version}}"): ({OPERATOR}, body)
       for kind, body in documents.PROPOSALS.items()},
    **{("DELETE", f"/api/v1/{kind}/{{slug}}/{{version}}"): ({OPERATOR}, None) for kind in GOVERNED},
    **{("GET", f"/api/v1/{kind}/{{slug}}/{{version}}/users"): ({OPERATOR, AUDITOR}, None) for kind in GOVERNED},
    **{("POST", f"/api/v1/{kind}/{{slug}}/{{version}}/{step}"): ({OPERATOR}, body)
       for kind in GOVERNED for step, body in documents.STEPS.items()},
    ("POST", "/api/v1/interfaces"): ({OPERATOR, HEALTH}, documents.INTERFACE),
    ("POST", "/api/v1/mappings"): ({OPERATOR, HEALTH}, mapped.MAPPING),
    ("POST", "/api/v1/mappings/try"): ({OPERATOR, HEALTH, "justice"}, {
        "document": mapped.DOCUMENT, "records": [mapped.own_person()]}),
    ("POST", "/api/v1/departments"): ({OPERATOR}, {
        "slug": "x", "name": {"en": "x"}, "credit_code": documents.credit_code(9), "contact": "x"}),
    ("PUT", "/api/v1/departments/{department}"): ({OPERATOR, HEALTH}, {
        "slug": "health", "name": {"en": "x"}, "credit_code": documents.credit_code(1), "contact": "x"}),
    ("POST", "/api/v1/departments/{department}/{step}"): ({OPERATOR}, None),
    ("POST", "/api/v1/datasets"): ({HEALTH}, documents.dataset(slug="y")),
    ("PUT", "/api/v1/datasets/{department}/{slug}"): ({HEALTH}, documents.dataset()),
    ("POST", "/api/v1/datasets/check"): ({HEALTH}, documents.dataset(slug="y")),
    ("POST", "/api/v1/datasets/{department}/{slug}/submit"): ({HEALTH}, None),
    ("POST", "/api/v1/datasets/{department}/{slug}/approve"): ({OPERATOR}, None),
    ("POST", "/api/v1/datasets/{department}/{slug}/return"): ({OPERATOR}, {"reason": {"en": "x"}}),
    ("POST", "/api/v1/datasets/{department}/{slug}/discard"): ({HEALTH}, None),
    ("POST", "/api/v1/datasets/{department}/{slug}/withdraw"): ({HEALTH}, {"reason": {"en": "x"}}),
    ("DELETE", "/api/v1/datasets/{department}/{slug}/withdrawal"): ({HEALTH}, None),
    ("GET", "/api/v1/reviews"): ({OPERATOR, HEALTH, "justice"}, None),
    ("POST", "/api/v1/classification"): ({OPERATOR}, documents.CLASSIFICATION),
    ("PUT", "/api/v1/datasets/{department}/{slug}/quality/floor"): ({HEALTH}, {"share": 0.9}),
    ("DELETE", "/api/v1/datasets/{department}/{slug}/quality/floor"): ({HEALTH}, None),
    ("POST", "/api/v1/datasets/{department}/{slug}/resume"): ({HEALTH}, None),
    ("POST", "/api/v1/catalog/import-dcat"): ({HEALTH}, {}),
    ("POST", "/api/v1/service-items"): ({OPERATOR, HEALTH}, documents.SERVICE_ITEM),
    ("PUT", "/api/v1/service-items/{department}/{code}"): ({OPERATOR, HEALTH}, documents.SERVICE_ITEM),
    ("DELETE", "/api/v1/service-items/{department}/{code}"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/services"): ({HEALTH}, documents.service("http://provider.test", slug="y")),
    ("PUT", "/api/v1/services/{department}/{slug}"): ({HEALTH}, documents.service("http://provider.test")),
    ("POST", "/api/v1/services/{department}/{slug}/test"): ({HEALTH}, {"method": "GET", "path": "/v1/people"}),
    ("POST", "/api/v1/applications"): ({OPERATOR, HEALTH}, {
        "department": "health", "slug": "y", "name": {"en": "x"}, "keys": [{}]}),
    ("POST", "/api/v1/people"): ({OPERATOR}, {"name": {"en": "x"}, "keys": [{}], "scopes": ["auditor"]}),
    ("GET", "/api/v1/people"): ({OPERATOR}, None),
    ("GET", "/api/v1/clients/{client_id}"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/clients/{client_id}/{step}"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/clients/{client_id}/keys"): ({OPERATOR, HEALTH}, {
        "key": assertions.public_jwk(assertions.make_key())}),
    ("DELETE", "/api/v1/clients/{client_id}/keys/{kid}"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/agreements"): ({HEALTH, OPERATOR}, {
        "application": "health/clinic", "service": "health/people", "terms": documents.terms()}),
    ("POST", "/api/v1/agreements/{id}/activate"): ({HEALTH}, None),
    ("POST", "/api/v1/agreements/{id}/revoke"): ({HEALTH, OPERATOR}, {"reason": "x"}),
    ("POST", "/api/v1/agreements/{id}/suspend"): ({HEALTH, OPERATOR}, {"reason": "x"}),
    ("POST", "/api/v1/agreements/{id}/resume"): ({HEALTH, OPERATOR}, {"reason": "x"}),
    ("POST", "/api/v1/agreements/{id}/achieve"): ({HEALTH}, None),
    ("POST", "/api/v1/agreements/{id}/amend"): ({HEALTH, OPERATOR}, {"terms": documents.terms()}),
    ("POST", "/api/v1/agreements/{id}/discard"): ({HEALTH, OPERATOR}, None),
    ("POST", "/api/v1/agreements/{id}/signatures"): ({HEALTH}, {"side": "provider", "signature": "x"}),
    ("GET", "/api/v1/agreements/{id}/statement"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("GET", "/api/v1/agreements/{id}/signed"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("GET", "/api/v1/agreements/{id}/versions"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("GET", "/api/v1/agreements/{id}/versions/{number}"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("GET", "/api/v1/agreements/{id}/diff"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("GET", "/api/v1/agreements"): ({OPERATOR, AUDITOR}, None),
    ("GET", "/api/v1/agreements/{id}"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("POST", "/api/v1/guards"): ({OPERATOR}, documents.GUARD),
    ("POST", "/api/v1/guards/{slug}/approve"): ({OPERATOR_2}, None),
    ("POST", "/api/v1/guards/{slug}/discard"): ({OPERATOR}, None),
    ("POST", "/api/v1/guards/{slug}/end"): ({OPERATOR}, {"reason": "x"}),
    ("POST", "/api/v1/consents"): ({HEALTH}, documents.CONSENT),
    ("POST", "/api/v1/consents/{id}/withdraw"): ({HEALTH, OPERATOR}, None),
    ("GET", "/api/v1/consents"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("POST", "/api/v1/emergencies"): ({"services/newborn"}, documents.EMERGENCY),
    ("GET", "/api/v1/emergencies"): ({OPERATOR, AUDITOR}, None),
    ("GET", "/api/v1/emergencies/{id}"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("POST", "/api/v1/emergencies/{id}/end"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/emergencies/{id}/review"): ({HEALTH}, {"verdict": "confirmed", "reason": "x"}),
    ("POST", "/api/v1/requests"): ({HEALTH}, documents.request(application="health/clinic")),
    ("GET", "/api/v1/requests"): ({OPERATOR, AUDITOR, HEALTH, "justice"}, None),
    ("GET", "/api/v1/requests/{id}"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("PUT", "/api/v1/requests/{id}"): ({HEALTH}, documents.request()),
    ("POST", "/api/v1/requests/{id}/submit"): ({HEALTH}, None),
    ("POST", "/api/v1/requests/{id}/accept"): ({OPERATOR_2}, None),
    ("POST", "/api/v1/requests/{id}/return"): ({HEALTH_2}, {"missing": [{"pointer": "", "need": {"en": "x"}}]}),
    ("POST", "/api/v1/requests/{id}/grant"): ({HEALTH_2}, {}),
    ("POST", "/api/v1/requests/{id}/refuse"): ({HEALTH_2}, {"reasons": {"en": "x"}}),
    ("POST", "/api/v1/requests/{id}/withdraw"): ({HEALTH}, None),
    ("POST", "/api/v1/offers"): ({HEALTH}, {"service": "health/people", "terms": documents.offer()}),
    ("POST", "/api/v1/offers/{id}/withdraw"): ({HEALTH}, None),
    ("GET", "/api/v1/deadlines"): ({OPERATOR, AUDITOR, HEALTH, "justice"}, None),
    ("GET", "/api/v1/deadlines/overdue"): ({OPERATOR, AUDITOR, HEALTH, "justice"}, None),
    ("GET", "/api/v1/deadlines/{id}"): ({OPERATOR, AUDITOR, HEALTH}, None),
    ("POST", "/api/v1/deadlines/{id}/extension"): ({HEALTH}, {"days": 1, "reason": "x"}),
    ("POST", "/api/v1/deadlines/{id}/extension/answer"): ({OPERATOR}, {"granted": True}),
    ("PUT", "/api/v1/calendar/{year}"): ({OPERATOR}, {"holidays": ["2035-01-01"]}),
    ("DELETE", "/api/v1/calendar/{year}"): ({OPERATOR}, None),
    ("POST", "/api/v1/clock-profiles"): ({OPERATOR}, {
        "id": "own", "title": {"en": "x"}, "clocks": {"answer-conditional": {"days": 7}}}),
    ("PUT", "/api/v1/clock-profiles/in-force"): ({OPERATOR}, {"profile": "national"}),
    ("GET", "/api/v1/reports/requests"): ({OPERATOR, AUDITOR, HEALTH, "justice"}, None),
    ("POST", "/api/v1/catalog/import"): ({HEALTH}, {}),
    ("POST", "/api/v1/webhooks"): ({HEALTH}, documents.WEBHOOK),
    ("GET", "/api/v1/webhooks/{id}"): ({HEALTH}, None),
    ("PUT", "/api/v1/webhooks/{id}"): ({HEALTH}, documents.WEBHOOK),
    ("DELETE", "/api/v1/webhooks/{id}"): ({HEALTH}, None),
    ("POST", "/api/v1/webhooks/{id}/test"): ({HEALTH}, None),
    ("POST", "/api/v1/webhooks/{id}/enable"): ({HEALTH}, None),
    ("POST", "/api/v1/webhooks/{id}/disable"): ({HEALTH}, None),
    ("GET", "/api/v1/webhooks/{id}/deliveries"): ({HEALTH}, None),
    ("GET", "/api/v1/webhooks/{id}/deliveries/{delivery}"): ({HEALTH}, None),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/retry"): ({HEALTH}, None),
    ("POST", "/api/v1/ledger/search"): ({AUDITOR}, {}),
    ("GET", "/api/v1/ledger/entries/{index}"): ({AUDITOR}, None),
    ("POST", "/api/v1/ledger/exports"): ({AUDITOR}, None),
    ("GET", "/api/v1/departments/{department}/calls"): ({HEALTH}, None),
    ("GET", "/ledger/tile/entries/{path:path}"): ({AUDITOR}, None),
    ("POST", "/api/v1/keys/rotate"): ({OPERATOR}, None),
    ("POST", "/api/v1/harvest/sources"): ({OPERATOR}, documents.harvest_source(id="y")),
    ("GET", "/api/v1/harvest/sources"): ({OPERATOR}, None),
    ("GET", "/api/v1/harvest/sources/{source}"): ({OPERATOR, HEALTH}, None),
    ("PUT", "/api/v1/harvest/sources/{source}"): ({OPERATOR}, documents.harvest_source()),
    ("POST", "/api/v1/harvest/sources/{source}/run"): ({OPERATOR, HEALTH}, {}),
    ("GET", "/api/v1/harvest/sources/{source}/records"): ({OPERATOR, HEALTH}, None),
    ("GET", "/api/v1/harvest/runs"): ({OPERATOR}, None),
    ("GET", "/api/v1/harvest/runs/{run}"): ({OPERATOR, HEALTH}, None),
    ("GET", "/api/v1/harvest/runs/{run}/faults"): ({OPERATOR, HEALTH}, None),
    ("POST", "/api/v1/harvest/runs/{run}/stop"): ({OPERATOR}, None),
}  # fmt: skip
"""Who may, and a body that is well-formed: a refusal must come from the scope, not from the body."""

HIDDEN = {("GET", "/ledger/receipts/{call}"), ("GET", "/ledger/receipts/{call}.json")}
"""What is none of the asker's business looks as if it were not there: 404."""

EVERYBODY = (OPERATOR, HEALTH, AUDITOR, "justice", "services/newborn")


class Clinic(Template):
    """The town with one of everything that a route can be about."""

    async def _build(self, node: Node) -> None:
        await super()._build(node)
        async with over(node, self.keys, self.ids) as town:
            await fill_in(town)
            self.keys, self.ids = town.keys, town.ids


@pytest.fixture(scope="session")
def clinics(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return Clinic(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def clinic_node(clinics: Clinic, tmp_path: Path) -> Iterator[MemoryNode]:
    opened = clinics.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def clinic(clinics: Clinic, clinic_node: MemoryNode) -> AsyncIterator[Town]:
    async with over(clinic_node, clinics.keys, clinics.ids) as opened:
        yield opened


async def fill_in(town: Town) -> None:
    await town.register_application("health/clinic")
    town.ids["webhook"] = (await town.did("health", "POST", "/webhooks", json=documents.WEBHOOK))["id"]
    request = await town.did("health", "POST", "/requests", json=documents.request(application="health/clinic"))
    request = await town.did("health", "POST", f"/requests/{request['id']}/submit")
    town.ids |= {"request": request["id"], "deadline": request["deadlines"][0]["id"]}
    town.ids["offer"] = await offered(town)
    await town.did("operator", "POST", "/harvest/sources", json=documents.harvest_source())
    await town.did("operator", "POST", "/harvest/sources/portal/run")
    key = assertions.make_key()
    third = {"name": {"en": "x"}, "keys": [assertions.public_jwk(key)], "scopes": ["operator"]}
    town.keys["operator-3"] = ((await town.did("operator", "POST", "/people", json=third))["id"], key)
    held = documents.GUARD | {"slug": "held"}
    town.ids["guard"] = (await town.did("operator-3", "POST", "/guards", json=held))["slug"]
    town.ids["consent"] = (await town.did("health", "POST", "/consents", json=documents.CONSENT))["id"]
    agreed = await town.agree("services/stats", emergency={"skips": ["case"]})
    declared = documents.EMERGENCY | {"agreement": agreed}
    town.ids["emergency"] = (await town.did("services", "POST", "/emergencies", json=declared))["id"]


async def offered(town: Town) -> str:
    """A standing offer on a dataset that is shared unconditionally."""
    items = [documents.item(path) | {"sharing_class": "unconditional"} for path in documents.ITEMS]
    draft = documents.dataset(slug="open", sharing_class="unconditional", sharing_reason=None, items=items)
    draft["calling_rule"] = draft["calling_rule"] | {"masks": {}}
    await town.did("health", "POST", "/datasets", json=draft)
    service = documents.service(ADDRESS, slug="open", dataset="open")
    await town.did("health", "POST", "/services", json=service)
    await town.put_in_force("health/open")
    body = {"service": "health/open", "terms": documents.offer()}
    return str((await town.did("health", "POST", "/offers", json=body))["id"])


@pytest.fixture(scope="module")
def shared_node(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryNode]:
    """One node for all who are refused or only read: nothing they do changes it."""
    opened = template.open(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()


@pytest.fixture
async def strangers(template: Template, shared_node: MemoryNode) -> AsyncIterator[Town]:
    async with over(shared_node, template.keys, template.ids) as opened:
        yield opened


def routes_of() -> set[tuple[str, str]]:
    """Every route that the management application answers, however deep it was included."""

    def walk(routes: Any, prefix: str = "") -> Any:
        for route in routes:
            if isinstance(route, APIRoute):
                yield from ((method, prefix + route.path) for method in route.methods)
            elif hasattr(route, "original_router"):
                context = route.include_context
                yield from walk(route.original_router.routes, prefix + context.prefix)

    return set(walk(management().routes))


def fill(path: str, town: Town) -> str:
    values = {
        "department": "health", "slug": "people", "step": "deactivate" if "/departments/" in path else "disable",
        "client_id": "health.clinic", "kid": "k", "id": town.ids["newborn"], "index": "0", "path": "0/000",
        "call": "0" * 32, "delivery": "d", "code": "vaccination", "number": "1", "version": "1.0.0",
        "source": "portal", "run": "1", "year": "2035",
    }  # fmt: skip
    for kind in ("webhook", "consent", "guard", "request", "deadline", "offer"):
        if f"/{kind}s/" in path:
            values["id"] = values["slug"] = town.ids.get(kind, f"{kind}-0")
    if "/emergencies/" in path:
        values["id"] = town.ids.get("emergency", "emg-0")
    asked = "?department=health" if "/import" in path or path.endswith("/consents") else ""
    asked = "?from=1&to=1" if path.endswith("/{id}/diff") else asked
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values[found[1]], path) + asked


async def ask(town: Town, who: str | None, route: tuple[str, str]) -> httpx.Response:
    method, path = route
    body = NEEDED.get(route, (set(), None))[1]
    if route == ("POST", "/api/v1/emergencies"):
        body = {**documents.EMERGENCY, "agreement": town.ids["newborn"]}
    more = {"json": body} if body is not None else {}
    return await town.by(who, method, fill(path, town), headers={"if-match": '"999"'}, **more)


def test_every_route_is_accounted_for():
    known = PUBLIC | SELF | HIDDEN | NEEDED.keys()
    routes = {(method, path) for method, path in routes_of() if method != "HEAD"}
    assert len(routes) > 50
    assert routes == known


@pytest.mark.parametrize("route", sorted(PUBLIC))
async def test_a_public_route_needs_no_credential(strangers: Town, route):
    assert (await ask(strangers, None, route)).status_code not in (401, 403)


@pytest.mark.parametrize("route", sorted(NEEDED.keys() | SELF | HIDDEN))
async def test_an_anonymous_caller_is_refused(strangers: Town, route):
    answer = await ask(strangers, None, route)
    assert (answer.status_code, problem_of(answer)) == (401, "unidentified")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", sorted(NEEDED))
async def test_a_wrong_scope_is_refused_and_a_right_one_is_not(clinic: Town, route):
    may = NEEDED[route][0]
    for who in EVERYBODY:
        if who in may:
            continue
        if route[0] == "GET" and "/agreements/{id}" in route[1] and who == "services/newborn":
            continue  # its own agreement
        answer = await ask(clinic, who, route)
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted"), who
    for who in may:
        if who != AUDITOR:
            allowed = await ask(clinic, who, route)
            assert allowed.status_code not in (401, 403), (who, allowed.text)
            break


async def test_a_refusal_changes_nothing(clinic: Town, clinic_node):
    before = clinic_node.current.newest.version
    for route in sorted(NEEDED):
        for who in (None, "justice", "services/newborn"):
            await ask(clinic, who, route)
            assert clinic_node.current.newest.version == before, (who, route)


async def test_an_operator_is_no_steward(town: Town):
    assert (
        problem_of(await town.by("operator", "POST", "/datasets", json=documents.dataset(slug="z"))) == "not-permitted"
    )


async def test_a_person_gets_no_call(town: Town):
    """A steward, an operator and an auditor hold no application, so no data of any department is theirs."""
    for who in ("health", "operator", "auditor"):
        answer = await town.call(who)
        assert (answer.status_code, problem_of(answer)) == (403, "refused")
        assert answer.json()["failed_checks"][0]["check"] == "application"


async def test_a_steward_registers_nobody_beyond_their_own_applications(town: Town):
    key = assertions.public_jwk(assertions.make_key())
    foreign = {"department": "services", "slug": "y", "name": {"en": "x"}, "keys": [key]}
    assert problem_of(await town.by("health", "POST", "/applications", json=foreign)) == "not-permitted"
    person = {"name": {"en": "x"}, "keys": [key], "scopes": ["operator"], "department": "health"}
    assert problem_of(await town.by("health", "POST", "/people", json=person)) == "not-permitted"


async def test_nobody_widens_their_own_rights(town: Town):
    operator = town.keys["operator"][0]
    body = {"key": assertions.public_jwk(assertions.make_key())}
    tag = {"if-match": '"1"'}
    answer = await town.by("operator", "POST", f"/clients/{operator}/keys", json=body, headers=tag)
    assert problem_of(answer) == "not-permitted"
    answer = await town.by("operator-2", "POST", f"/clients/{operator}/keys", json=body, headers=tag)
    assert answer.status_code == 201


async def test_a_token_never_carries_more_than_was_registered(town: Town):
    for scope in ("operator", "steward:justice", "call operator"):
        answer = await town.ask_token("health", town.assertion("health"), scope)
        assert answer.status_code == 400, scope
        assert answer.json()["error"] == "invalid_scope"
