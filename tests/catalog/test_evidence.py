"""The evidence directory: what proves what a service asks."""

import pytest

from catalog import datasets, departments, evidence
from catalog.evidence import ServiceItemDraft
from catalog.registration import AlreadyRegistered, InvalidRegistration, Outdated
from tests.catalog.conftest import NOW

BY = "person-00000003"


def draft(**changes):
    proofs = [{"dataset": "health/births", "items": ["number"]}]
    values = {
        "code": "newborn-registration",
        "department": "health",
        "name": {"zh": "新生儿落户", "en": "Newborn registration"},
        "requirements": [{"slug": "birth", "name": {"zh": "出生证明"}, "proofs": proofs}],
    }
    return ServiceItemDraft.model_validate(values | changes)


@pytest.fixture
def births(session, register_dataset, register_service):
    row = register_dataset()
    register_service()
    datasets.mark_published(session, row, "person-00000002", NOW)
    return row


def proving(session, viewers=()):
    row = evidence.fetch(session, "newborn-registration")
    return [
        (
            each.slug,
            [(p.dataset.id, [i.path for i in p.items], [s.id for s in p.services], p.available) for p in each.proofs],
        )
        for each in evidence.proving(session, row, viewers)
    ]


def test_a_service_item_says_what_proves_it(session, births):
    evidence.register(session, draft(), BY, NOW)
    whole = ("health/births", ["number"], ["health/birth-lookup"], True)
    assert proving(session) == [("birth", [whole])]
    assert [row.code for row in evidence.page(session, dataset="health/births")[0]] == ["newborn-registration"]
    assert evidence.page(session, dataset="health/other")[0] == []
    assert [row.code for row in evidence.page(session, department="health")[0]] == ["newborn-registration"]


def test_what_is_withdrawn_or_suspended_proves_nothing_now(session, births):
    evidence.register(session, draft(), BY, NOW)
    births.suspended = {"en": "drifting"}
    session.add(births)
    assert proving(session)[0][1][0][3] is False
    ((proof,),) = (each.proofs for each in evidence.proving(session, evidence.fetch(session, "newborn-registration")))
    assert proof.unavailable == {"zh": "该数据资源已被暂停。", "en": "drifting"}
    datasets.withdraw(session, births.id, BY, NOW)
    assert proving(session) == [("birth", [])]
    assert proving(session, None)[0][1][0][3] is False


def test_what_a_suspended_department_has_proves_nothing_now(session, births):
    evidence.register(session, draft(), BY, NOW)
    row = evidence.fetch(session, "newborn-registration")
    ((proof,),) = (each.proofs for each in evidence.proving(session, row))
    assert (proof.available, proof.unavailable) == (True, None)
    departments.fetch(session, "health").active = False
    session.flush()
    ((proof,),) = (each.proofs for each in evidence.proving(session, row))
    assert (proof.available, proof.unavailable["en"]) == (False, "The department is suspended.")


def test_everything_wrong_is_said_at_once(session, births):
    proofs = [{"dataset": "health/births", "items": ["number", "nothing"]}, {"dataset": "health/none"}]
    wrong = [{"slug": "a", "name": {"en": "a"}, "proofs": proofs}, {"slug": "a", "name": {"en": "b"}}]
    with pytest.raises(InvalidRegistration) as caught:
        evidence.register(session, draft(requirements=wrong), BY, NOW)
    assert [each.pointer for each in caught.value.findings] == [
        "/requirements/0/proofs/0/items/1", "/requirements/0/proofs/1/dataset", "/requirements/1/slug",
    ]  # fmt: skip


def test_a_revision_replaces_and_no_update_is_lost(session, births):
    row = evidence.register(session, draft(), BY, NOW)
    with pytest.raises(AlreadyRegistered):
        evidence.register(session, draft(), BY, NOW)
    evidence.revise(session, "health", row.code, draft(requirements=[]), 1, BY, NOW)
    assert evidence.page(session, dataset="health/births")[0] == []
    with pytest.raises(Outdated):
        evidence.revise(session, "health", row.code, draft(), 1, BY, NOW)
    with pytest.raises(InvalidRegistration):
        evidence.revise(session, "health", row.code, draft(code="other"), 2, BY, NOW)
    with pytest.raises(evidence.UnknownServiceItem):
        evidence.revise(session, "justice", row.code, draft(), 2, BY, NOW)
    with pytest.raises(Outdated):
        evidence.remove(session, "health", row.code, 1)
    evidence.remove(session, "health", row.code, 2)
    with pytest.raises(evidence.UnknownServiceItem):
        evidence.fetch(session, row.code)
