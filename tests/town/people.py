"""Who acts in the town, and how: each with a key, each through HTTP."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from exchange.identity import assertions, people
from exchange.identity.callers import at_the_console
from exchange.identity.models import PersonDraft
from exchange.node import Node
from tests.town import documents

OFFICIALS = {
    "operator-2": (None, ["operator"]),
    "auditor": (None, ["auditor"]),
    "health": ("health", ["steward:health"]),
    "health-2": ("health", ["steward:health"]),
    "services": ("services", ["steward:services"]),
    "justice": ("justice", ["steward:justice"]),
}
APPLICATIONS = ("services/newborn", "services/stats", "justice/courts")
CALL = {"hutong-purpose": "newborn-registration", "hutong-case": "CASE-1", "hutong-actor": "clerk-17"}
LOOKUP = "/x/health/people/v1/lookups"
Keys = dict[str, tuple[str, dict[str, Any]]]


@dataclass
class Town:
    """One town over one HTTP client; `keys` names client id and private key of everybody in it."""

    http: httpx.AsyncClient
    issuer: str
    keys: Keys
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[tuple[str, str | None], tuple[str, float]] = field(default_factory=dict)

    # -- identity --------------------------------------------------------------------------------------------------

    def assertion(self, who: str, now: int | None = None) -> str:
        client_id, key = self.keys[who]
        return assertions.make_assertion(key, client_id, f"{self.issuer}/oauth/token", now or int(time.time()))

    async def ask_token(self, who: str, assertion: str, scope: str | None = None) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.keys[who][0],
            "client_assertion_type": assertions.TYPE,
            "client_assertion": assertion,
        } | ({"scope": scope} if scope else {})
        return await self.http.post("/oauth/token", data=form)

    async def token(self, who: str, scope: str | None = None) -> str:
        known = self.tokens.get((who, scope))
        if known is None or time.time() - known[1] > 300:
            answer = await self.ask_token(who, self.assertion(who), scope)
            assert answer.status_code == 200, answer.text
            known = self.tokens[who, scope] = (answer.json()["access_token"], time.time())
        return known[0]

    async def bearer(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {await self.token(who)}"}

    # -- acting ----------------------------------------------------------------------------------------------------

    async def by(self, who: str | None, method: str, path: str, **more: Any) -> httpx.Response:
        """A management request by this person; `path` without /api/v1 unless it begins with it."""
        headers = (await self.bearer(who) if who else {}) | more.pop("headers", {})
        full = path if path.startswith(("/api/", "/ledger", "/oauth", "/x/")) else f"/api/v1{path}"
        return await self.http.request(method, full, headers=headers, **more)

    async def did(self, who: str, method: str, path: str, **more: Any) -> Any:
        """As `by`; it has to succeed."""
        answer = await self.by(who, method, path, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def call(
        self, who: str | None = "services/newborn", path: str = LOOKUP, method: str = "POST", **more: Any
    ) -> httpx.Response:
        """A brokered call; a header given as None is left away."""
        headers = CALL | (await self.bearer(who) if who else {}) | more.pop("headers", {})
        if method == "POST" and not more.keys() & {"content", "json"}:
            more["json"] = {"resident_id": documents.resident_id(1)}
        sent = {name: value for name, value in headers.items() if value is not None}
        return await self.http.request(method, path, headers=sent, **more)

    async def step(self, who: str | None, path: str, act: str, **more: Any) -> httpx.Response:
        """A step in the life of a standard (`path` ends with slug and version), by somebody who has just read it."""
        one, _, version = path.rpartition("/")
        row = await self.did("operator", "GET", one, params={"version": version})
        return await self.by(who, "POST", f"{path}/{act}", headers={"if-match": f'"{row["revision"]}"'}, **more)

    async def stepped(self, who: str, path: str, act: str, **more: Any) -> Any:
        """As `step`; it has to succeed."""
        answer = await self.step(who, path, act, **more)
        assert answer.is_success, f"{act} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def submit(self, who: str, path: str, **more: Any) -> httpx.Response:
        """Submits a dataset as it is now."""
        tag = (await self.by(who, "GET", path)).headers["etag"]
        return await self.by(who, "POST", f"{path}/submit", headers={"if-match": tag}, **more)

    async def submitted(self, who: str, path: str, **more: Any) -> Any:
        """As `submit`; it has to succeed."""
        answer = await self.submit(who, path, **more)
        assert answer.is_success, f"submit {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def found(self, **query: Any) -> list[dict[str, Any]]:
        """Leaves that the auditor's search finds, newest first."""
        answer = await self.did("auditor", "POST", "/api/v1/ledger/search", json={"limit": 200, **query})
        return [one["leaf"] for one in answer["items"]]

    async def entries_of(self, call: str, **query: Any) -> list[dict[str, Any]]:
        """The auditor's view of one call, oldest first."""
        return [leaf for leaf in reversed(await self.found(**query)) if leaf.get("call") == call]

    # -- building --------------------------------------------------------------------------------------------------

    async def build(self, address: str, connector: str = "memory") -> "Town":
        """Everything, by the people who would do it, over HTTP only."""
        await self.register_parties()
        await self.publish_standards()
        await self.share(address, connector)
        self.ids["newborn"] = await self.agree("services/newborn")
        self.ids["stats"] = await self.agree(
            "services/stats", purposes=["statistics"], quota={"count": 10, "window": "month"},
            case_required=False, actor_required=False,
        )  # fmt: skip
        return self

    async def register_parties(self) -> None:
        for number, slug in enumerate(("health", "services", "justice"), 1):
            draft = {
                "slug": slug, "name": {"en": slug}, "contact": f"desk of {slug}",
                "credit_code": documents.credit_code(number),
            }  # fmt: skip
            await self.did("operator", "POST", "/departments", json=draft)
        for name, (department, scopes) in OFFICIALS.items():
            key = assertions.make_key()
            draft = {"name": {"en": name}, "keys": [assertions.public_jwk(key)], "scopes": scopes}
            person = await self.did("operator", "POST", "/people", json=draft | {"department": department})
            self.keys[name] = (person["id"], key)
        for application in APPLICATIONS:
            await self.register_application(application)

    async def register_application(self, application: str) -> None:
        department, slug = application.split("/")
        key = assertions.make_key()
        draft = {"department": department, "slug": slug, "name": {"en": slug}, "keys": [assertions.public_jwk(key)]}
        row = await self.did(department, "POST", "/applications", json=draft)
        self.keys[application] = (row["client"]["id"], key)

    async def publish_standards(self) -> None:
        codes = [{"code": code, "name": {"en": code}} for code in documents.PURPOSES]
        purposes = {"slug": "purposes", "version": "1.0.0", "name": {"en": "Purposes"}, "codes": codes}
        await self.govern("/code-lists", purposes)
        await self.did("operator", "POST", "/classification", json=documents.CLASSIFICATION)
        await self.govern("/standards", documents.STANDARD)
        await self.did("health", "POST", "/interfaces", json=documents.INTERFACE)

    async def govern(self, path: str, draft: dict[str, Any], by: str = "health", other: str = "operator-2") -> Any:
        """A data element, code list, standard or crosswalk: a steward writes it, an operator who is no one of theirs
        approves it.
        """
        await self.did(by, "POST", path, json=draft | {"department": by})
        one = f"{path}/{draft['slug']}/{draft['version']}"
        await self.stepped(by, one, "submit")
        return await self.stepped(other, one, "approve")

    async def share(self, address: str, connector: str) -> None:
        await self.did("health", "POST", "/datasets", json=documents.dataset())
        await self.did("health", "POST", "/services", json=documents.service(address, connector))
        await self.put_in_force("health/people")
        await self.did("health", "POST", "/datasets", json=documents.secret_dataset())
        await self.put_in_force("health/sealed")

    async def put_in_force(self, dataset: str, reviewer: str = "operator-2") -> None:
        """Both reviews at once: submitted by the steward, approved by an operator who did not register that steward."""
        path = f"/datasets/{dataset}"
        row = await self.submitted(dataset.split("/")[0], path, json={"review": "publication"})
        await self.did(reviewer, "POST", f"{path}/approve", headers={"if-match": f'"{row["revision"]}"'})

    async def agree(self, application: str, service: str = "health/people", **changes: Any) -> str:
        draft = {"application": application, "service": service, "terms": documents.terms(**changes)}
        consumer, provider = application.split("/")[0], service.split("/")[0]
        row = await self.did(consumer, "POST", "/agreements", json=draft)
        await self.put_under(row["id"], consumer, provider)
        return str(row["id"])

    async def sign(self, who: str, id: str, side: str, **more: Any) -> httpx.Response:
        """One side's signature under what is proposed of the agreement, with this person's key."""
        statement = await self.by(who, "GET", f"/agreements/{id}/statement")
        signature = assertions.sign_statement(self.keys[who][1], statement.content)
        return await self.by(
            who, "POST", f"/agreements/{id}/signatures", json={"side": side, "signature": signature}, **more
        )

    async def signed(self, id: str, consumer: str, provider: str) -> None:
        """Both signatures; both have to succeed."""
        for side, who in (("consumer", consumer), ("provider", provider)):
            answer = await self.sign(who, id, side)
            assert answer.is_success, answer.text

    async def put_under(self, id: str, consumer: str, provider: str) -> Any:
        """Signed by both sides and activated by the provider's."""
        await self.signed(id, consumer, provider)
        return await self.did(provider, "POST", f"/agreements/{id}/activate")


def first_operator(node: Node) -> Keys:
    """The first operator, registered at the console as `hutong people add` does it."""
    key = assertions.make_key()
    now = datetime.now(UTC)
    draft = PersonDraft(name={"en": "Operator"}, keys=[assertions.public_jwk(key)], scopes=["operator"])
    with node.units.begin("console", now) as work:
        person = people.register(work.session, draft, at_the_console(), now)
        work.record("client.registered", person.id, kids=[key["kid"]])
    return {"operator": (person.id, key)}


def problem_of(answer: httpx.Response) -> str:
    """The slug of a problem document, after its shape was checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert set(document["advice"]) == {"zh", "en"}
    assert document["title"]
    assert document["detail"]
    return str(document["type"].removeprefix("urn:hutong:problem:"))


def nothing_of(markers: Iterable[str], *places: bytes | str) -> None:
    """None of the markers stands in any of the places."""
    for place in places:
        text = place.decode("utf-8", "replace") if isinstance(place, bytes) else place
        for marker in markers:
            assert marker not in text, f"{marker} leaked"


def everything(answer: httpx.Response) -> str:
    """Head and body of an answer, as one text."""
    return json.dumps(list(answer.headers.multi_items())) + answer.text
