"""The story goes as told; and with one policy turned round, exactly the row that rests on it differs."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog import datasets
from exchange.node import Node
from exchange.settings import Settings
from policies import agreements, standing
from policies.models import AgreementDraft, AgreementTerms
from seeds import demo, story
from seeds.load import City
from seeds.providers import Providers
from seeds.records import cast, generate
from seeds.stage import Stage
from seeds.story import play
from tests.town import agreed

CAST = cast(generate())


@dataclass(frozen=True)
class Loaded:
    settings: Settings
    city: City
    vkey: str
    providers: Providers


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    directory = tmp_path_factory.mktemp("city")
    with Providers() as providers:
        settings = demo.with_providers(demo.apart(directory / "var"), providers)
        city, vkey = demo.load(settings, providers)
        yield Loaded(settings, city, str(vkey), providers)


class Inverted:
    """A copy of the loaded city in which one thing is otherwise."""

    def __init__(self, loaded: Loaded, directory: Path) -> None:
        for old in (loaded.settings.data, loaded.settings.key_directory):
            shutil.copytree(old, directory / old.name)
        self.settings = loaded.settings.model_copy(
            update={"data": directory / loaded.settings.data.name, "port": demo.free_port()}
        )
        self.agreements = dict(loaded.city.agreements)
        self.loaded = loaded

    def amend(self, name: str, **terms: Any) -> None:
        """Another agreement in place of this one."""
        self._with_node(lambda node: self._amend(node, name, terms))

    def revoke(self, name: str) -> None:
        self._with_node(lambda node: self._revoke(node, name))

    def withdraw(self, dataset: str) -> None:
        def act(node: Node) -> None:
            with node.units.begin("tests", datetime.now(UTC)) as work:
                datasets.withdraw(work.session, dataset, work.by, work.now)
                work.record("dataset.withdrawn", dataset)

        self._with_node(act)

    def play(self, providers: Any = None) -> dict[str, bool]:
        with ExitStack() as stack:
            url, _ = stack.enter_context(demo.serving(self.settings))
            vkey = self.loaded.vkey
            stage = Stage(
                url,
                self.loaded.city.keys,
                self.agreements,
                providers or self.loaded.providers,
                CAST,
                vkey,
                lambda place: demo.export_log(self.settings, url, vkey, place),
                self.settings.data.parent,
            )
            stack.callback(stage.close)
            return {row.name: row.as_expected for row in play(stage)}

    def _with_node(self, act: Callable[[Node], None]) -> None:
        node = Node.open(self.settings)
        try:
            act(node)
        finally:
            node.close()

    def _revoke(self, node: Node, name: str) -> Any:
        with node.units.begin("tests", datetime.now(UTC)) as work:
            row = standing.revoke(work.session, self.agreements[name], work.by, "turned round", work.now)
            work.record("agreement.revoked", row.id)
            return row

    def _amend(self, node: Node, name: str, terms: dict[str, Any]) -> None:
        old = self._revoke(node, name)
        with node.units.begin("drafter", datetime.now(UTC)) as work:
            amended = AgreementTerms.model_validate({**old.terms, **terms})
            draft = AgreementDraft(application=old.application_id, service=old.service_id, terms=amended)
            row = agreements.draft(work.session, draft, work.by, work.now)
            work.record("agreement.drafted", row.id)
        with node.units.begin("activator", datetime.now(UTC)) as work:
            agreed.agree(work.session, row.id, work.by, work.now, origin=node.origin)
            work.record("agreement.activated", row.id)
        self.agreements[name] = row.id


@pytest.fixture
def inverted(loaded: Loaded, tmp_path: Path) -> Inverted:
    return Inverted(loaded, tmp_path)


class Steady:
    """Providers whose dials are not turned for one department."""

    def __init__(self, providers: Providers, department: str) -> None:
        self._providers = providers
        self._department = department

    def turn(self, department: str, *dials: Any) -> None:
        if department != self._department:
            self._providers.turn(department, *dials)


def differs(rows: dict[str, bool]) -> list[str]:
    return [name for name, as_expected in rows.items() if not as_expected]


def test_the_story_goes_as_told(inverted: Inverted) -> None:
    rows = inverted.play()
    assert len(rows) == 14
    assert differs(rows) == []


BIRTH_IN_CLEAR = [{"item": "phone", "function": "keep-last", "arguments": {"count": 4}}]
NOT_THE_MOTHER = {"item": "resident_id", "op": "ne", "value": CAST.mother}

POLICIES: dict[str, Callable[[Inverted], None]] = {
    "certificate": lambda city: city.revoke("newborn-certificate"),
    "identity": lambda city: city.amend("newborn-identity", row_filter=NOT_THE_MOTHER),
    "marriage": lambda city: city.revoke("newborn-marriage"),
    "masked": lambda city: city.amend("newborn-identity", masks=BIRTH_IN_CLEAR),
    "over-reach": lambda city: city.amend(
        "newborn-identity",
        items=["resident_id", "name", "sex", "birth_date", "phone", "domicile.address", "domicile.district"],
    ),
    "not-shared": lambda city: city.withdraw("tax/enterprise-tax-credit"),
    "revoked": lambda city: city.revoke("housing-titles"),
    "quota": lambda city: city.amend("opening-contributions", quota={"count": 4, "window": "day"}),
}


@pytest.mark.parametrize("scene", POLICIES)
def test_a_policy_turned_round_shows_in_its_row_alone(scene: str, inverted: Inverted) -> None:
    POLICIES[scene](inverted)
    assert differs(inverted.play()) == [scene]


@pytest.mark.parametrize(
    ("scenes", "department"), [(["drift", "quality"], "market-regulation"), (["down"], "transport")]
)
def test_a_provider_that_behaves_shows_in_its_rows_alone(
    scenes: list[str], department: str, inverted: Inverted
) -> None:
    steady = Steady(inverted.loaded.providers, department)
    assert differs(inverted.play(steady)) == scenes


def test_a_copy_that_nobody_forged_shows_in_its_row_alone(inverted: Inverted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "_forge", lambda bundles: None)
    assert differs(inverted.play()) == ["forged"]


def test_a_body_that_was_altered_shows_in_its_receipt_alone(
    inverted: Inverted, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = story.verify_receipt
    monkeypatch.setattr(
        story, "verify_receipt", lambda proof, vkey, *, body, key: verify(proof, vkey, body=b" ", key=key)
    )
    assert differs(inverted.play()) == ["receipts"]


def test_a_call_under_another_case_is_missed_by_the_auditor_alone(
    inverted: Inverted, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Stage.call

    def astray(stage: Stage, application: str, service: str, *given: Any, **more: Any) -> Any:
        case = "ELSEWHERE-1" if service == "civil-affairs/marriage" else more.pop("case", "")
        return call(stage, application, service, *given, case=case, **more)

    monkeypatch.setattr(Stage, "call", astray)
    assert differs(inverted.play()) == ["audit"]
