"""The examples of the OpenAPI document, sent as they stand: the story that they tell comes true."""

from typing import Any

from exchange.api import answers, examples
from exchange.identity import assertions
from tests.town.people import Town

PERMITS = "public-security/residence-permits"
STEWARD = "public-security"


class Story:
    """Sends examples by the operation's id and remembers what came back."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.told: dict[str, Any] = {}

    async def tell(self, id: str, who: str, method: str, path: str, **more: Any) -> Any:
        (first, *_) = examples.BODIES[id].values() if id in examples.BODIES else ({"value": None},)
        body = {"json": first["value"]} if first["value"] is not None else {}
        self.told[id] = await self.town.did(who, method, path, **body, **more)
        return self.told[id]

    async def govern(self, noun: str, path: str, slug: str) -> None:
        await self.tell(f"propose_{noun}", STEWARD, "POST", path)
        one = f"{path}/{slug}/1.0.0"
        row = await self.tell(f"revise_{noun}", STEWARD, "PUT", one, headers=_match(1))
        row = await self.town.did(STEWARD, "POST", f"{one}/submit", headers=_match(row["revision"]))
        row = await self.tell(
            f"send_back_{noun}s", "operator-2", "POST", f"{one}/return", headers=_match(row["revision"])
        )
        row = await self.town.did(STEWARD, "POST", f"{one}/submit", headers=_match(row["revision"]))
        await self.town.did("operator-2", "POST", f"{one}/approve", headers=_match(row["revision"]))


async def test_what_the_examples_tell_comes_true(town: Town) -> None:
    story = Story(town)
    await story.tell("register_department", "operator", "POST", "/departments")
    await story.tell("revise_department", "operator", "PUT", "/departments/public-security", headers=_match(1))
    await story.tell("read_department", "operator", "GET", "/departments/public-security")
    await _found_the_steward(story)
    await _publish_standards(story)
    await _share(story)
    await _use(story)
    await _watch(story)
    for id, shown in answers.ANSWERS.items():
        (example,) = shown.values()
        assert (id, set(example["value"])) == (id, set(story.told[id]))


async def _found_the_steward(story: Story) -> None:
    person = await story.tell("register_person_people", "operator", "POST", "/people")
    await story.tell("read_client", "operator", "GET", f"/clients/{person['id']}")
    await story.tell("add_key_clients", "operator", "POST", f"/clients/{person['id']}/keys", headers=_match(1))
    key = assertions.make_key()  # the example's private half is gone
    draft = examples.PERSON | {"keys": [assertions.public_jwk(key)]}
    mine = await story.town.did("operator", "POST", "/people", json=draft)
    story.town.keys[STEWARD] = (mine["id"], key)


async def _publish_standards(story: Story) -> None:
    await story.govern("element", "/elements", "permit-number")
    await story.govern("code_list", "/code-lists", "permit-states")
    await story.govern("standard", "/standards", "residence-permit")
    codes = [{"code": code, "name": {"en": code}} for code in ("active", "closed")]
    cards = {"slug": "card-states", "version": "1.0.0", "name": {"en": "States of a card"}, "codes": codes}
    await story.town.govern("/code-lists", cards)
    await story.govern("crosswalk", "/crosswalks", "permit-states-to-card-states")
    await story.tell("publish_interface", STEWARD, "POST", "/interfaces")
    await story.tell("try_mapping", STEWARD, "POST", "/mappings/try")
    assert story.told["try_mapping"]["mapped"] == 1
    await story.tell("publish_mapping", STEWARD, "POST", "/mappings")
    await story.tell("read_mapping", STEWARD, "GET", "/mappings/own-permits")


async def _share(story: Story) -> None:
    town = story.town
    await story.tell("load_classification", "operator", "POST", "/classification")
    await story.tell("check_dataset", STEWARD, "POST", "/datasets/check")
    assert story.told["check_dataset"]["findings"] == []
    await story.tell("register_dataset", STEWARD, "POST", "/datasets")
    await story.tell("revise_dataset", STEWARD, "PUT", f"/datasets/{PERMITS}", headers=_match(1))
    await story.tell("register_service", STEWARD, "POST", "/services")
    await story.tell("revise_service", STEWARD, "PUT", f"/services/{PERMITS}", headers=_match(1))
    await story.tell("read_service", STEWARD, "GET", f"/services/{PERMITS}")
    row = await town.did(STEWARD, "GET", f"/datasets/{PERMITS}")
    row = await story.tell(
        "submit_dataset", STEWARD, "POST", f"/datasets/{PERMITS}/submit", headers=_match(row["revision"])
    )
    await story.tell(
        "return_dataset", "operator-2", "POST", f"/datasets/{PERMITS}/return", headers=_match(row["revision"])
    )
    await town.put_in_force(PERMITS)
    await story.tell("read_dataset", STEWARD, "GET", f"/datasets/{PERMITS}")
    await story.tell("set_floor_datasets", STEWARD, "PUT", f"/datasets/{PERMITS}/quality/floor", headers=_match(0))


async def _use(story: Story) -> None:
    await story.tell("check_form_once_only", "services", "POST", "/once-only/check")
    await story.tell("register_service_item", "services", "POST", "/service-items")
    path = "/service-items/services/school-entry"
    await story.tell("revise_service_item", "services", "PUT", path, headers=_match(1))
    await story.tell("read_service_item", "services", "GET", path)
    await story.tell("register_application", "services", "POST", "/applications")
    agreement = await story.tell("draft_agreement", "services", "POST", "/agreements")
    await story.tell("read_agreement", "services", "GET", f"/agreements/{agreement['id']}")
    await story.tell("revoke_agreement", STEWARD, "POST", f"/agreements/{agreement['id']}/revoke")
    await story.tell("withdraw_dataset", STEWARD, "POST", f"/datasets/{PERMITS}/withdraw")


async def _watch(story: Story) -> None:
    hook = await story.tell("register_webhook", STEWARD, "POST", "/webhooks")
    await story.tell("read_webhook", STEWARD, "GET", f"/webhooks/{hook['id']}")
    await story.tell("revise_webhook", STEWARD, "PUT", f"/webhooks/{hook['id']}", headers=_match(1))
    await story.tell("read_my_notices_me", STEWARD, "POST", "/me/notices/read")
    await story.tell("search_ledger", "auditor", "POST", "/api/v1/ledger/search")
    await story.tell("register_harvest_source", "operator", "POST", "/harvest/sources")
    await story.tell("revise_harvest_source", "operator", "PUT", "/harvest/sources/open-data", headers=_match(1))
    await story.tell("read_harvest_source", "operator", "GET", "/harvest/sources/open-data")


def _match(revision: int) -> dict[str, str]:
    return {"if-match": f'"{revision}"'}
