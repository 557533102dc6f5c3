"""Imports that take long hold no more threads than they may, and nobody else waits for them."""

import asyncio
import contextlib

import pytest

from exchange.api.slots import IMPORTS, Busy, Slots
from tests.town.people import Town, problem_of

SHEET = "标题".encode()


def test_what_finds_no_room_is_told_at_once_and_room_comes_back():
    slots = Slots(1)
    with slots.one(), pytest.raises(Busy), slots.one():
        pass
    with slots.one():
        pass


def test_a_failure_gives_its_room_back():
    slots = Slots(1)
    with contextlib.suppress(ValueError), slots.one():
        raise ValueError
    with slots.one():
        pass


@pytest.fixture
def full():
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(IMPORTS.one())
        with pytest.raises(Busy), IMPORTS.one():
            pass
        yield


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("path", ["/catalog/import", "/catalog/import-dcat"])
async def test_further_imports_come_again_later_and_all_else_goes_on(town: Town, path):
    headers = {"content-type": "text/turtle" if "dcat" in path else "text/csv"}
    many = [town.by("health", "POST", f"{path}?department=health", content=SHEET, headers=headers) for _ in range(50)]
    answers = await asyncio.gather(*many)
    assert {(answer.status_code, problem_of(answer)) for answer in answers} == {(503, "busy")}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert (await town.by(None, "GET", "/departments")).status_code == 200
    assert (await town.ask_token("health", town.assertion("health"))).status_code == 200
