"""A registration that was never published is given up as a whole; what is history stays, and its name is free again."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from catalog import datasets, evidence, lineage, services, versions
from catalog.evidence import ServiceItemDraft
from catalog.harvest.models import HarvestRecord, RecordState
from catalog.models import DataItem, Dataset, Stage
from catalog.notices import Notice
from catalog.quality import suspension
from catalog.quality.models import FloorDraft
from catalog.registration import Outdated
from catalog.search import index, queries
from policies import discards, publication, standing
from policies.models import Agreement, AgreementState
from tests.policies.conftest import NOW, OPERATOR, STEWARD

ID = "health/births"


def found(session):
    return queries.search(session, queries.Query("birth", departments=None)).total


def test_with_a_registration_goes_all_that_hangs_on_its_row(session, city, drafted):
    drafted(), standing.revoke(session, drafted().id, STEWARD, "not now", NOW)
    suspension.set_floor(session, city.dataset, FloorDraft(share=0.9), STEWARD, NOW, expected_revision=0)
    assert found(session) == 1
    gone = discards.discard(session, ID, STEWARD, NOW, expected_revision=1)
    assert (gone.id, gone.revision, gone.resource_code, gone.services) == (ID, 2, None, ("health/birth-lookup",))
    assert len(gone.agreements) == 2
    session.expire_all()
    for step in (datasets.fetch, datasets.held):
        with pytest.raises(datasets.UnknownDataset):
            step(session, ID)
    with pytest.raises(services.UnknownService):
        services.fetch(session, "health/birth-lookup")
    for table in (Dataset, DataItem, Agreement):
        assert session.exec(select(table)).all() == []
    assert suspension.floor(session, ID) is None
    assert (found(session), index.is_complete(session)) == (0, True)
    assert versions.waiting(session, versions.PENDING)[0] == []
    notice = session.exec(select(Notice).where(Notice.kind == "dataset.discarded")).one()
    assert (notice.recipient, notice.subject) == ("services", ID)


def test_the_versions_stay_and_a_registration_of_the_name_counts_on(session, city, dataset_draft):
    publication.submit(session, ID, STEWARD, NOW)
    publication.approve(session, ID, OPERATOR, NOW)
    code, revision = city.dataset.resource_code, city.dataset.revision
    discards.discard(session, ID, STEWARD, NOW)
    kept = versions.fetch(session, ID, 1)
    assert (kept.stage, kept.document["slug"], kept.trail[-1]["act"]) == (Stage.DISCARDED, "births", "discarded")
    assert {"pointer": "/resource_code", "old": code} in kept.trail[-1]["changes"]

    anew = datasets.register(session, dataset_draft(title={"en": "Others"}), STEWARD, NOW)
    assert (anew.version, anew.resource_code, anew.state) == (2, None, "draft")
    assert anew.revision == revision + 2, "no ETag of the one before fits"
    with pytest.raises(Outdated):
        datasets.revise(session, ID, dataset_draft(), revision, STEWARD, NOW)
    publication.submit(session, ID, STEWARD, NOW)
    publication.approve(session, ID, OPERATOR, NOW)
    assert (code, anew.resource_code) == ("303001/000001", "303001/000002")
    assert [row.stage for row in versions.page(session, ID)[0]] == [Stage.REGISTERED, Stage.DISCARDED]
    assert versions.pending(session, ID).number == 2


def test_what_others_say_by_name_stays_theirs_and_shows_nothing(session, city, dataset_draft):
    other = datasets.register(session, dataset_draft(slug="other", derived_from=[ID]), STEWARD, NOW)
    proof = {"dataset": ID, "items": ["number"]}
    draft = {"code": "A1", "department": "health", "name": {"en": "A"}, "requirements": [
        {"slug": "birth", "name": {"en": "birth"}, "proofs": [proof]}]}  # fmt: skip
    item = evidence.register(session, ServiceItemDraft.model_validate(draft), STEWARD, NOW)
    assert len(lineage.graph(session, other, None).datasets) == 2
    assert evidence.proving(session, item, None)[0].proofs
    discards.discard(session, ID, STEWARD, NOW)
    assert [row.id for row in lineage.graph(session, other, None).datasets] == ["health/other"]
    assert evidence.proving(session, item, None)[0].proofs == []
    assert other.about["derived_from"] == [ID]


def test_the_harvest_lets_go_of_it(session, city):
    record = HarvestRecord(
        source_id="portal", remote_id="r1", dataset_id=ID, digest="d", said={"title": {}}, seen_run=1, changed_at=NOW
    )
    session.add(record)
    discards.discard(session, ID, STEWARD, NOW)
    session.refresh(record)
    assert (record.state, record.dataset_id, record.said) == (RecordState.DISCARDED, None, None)


def test_beside_a_published_version_only_the_proposal_goes(session, published, dataset_draft):
    datasets.revise(session, ID, dataset_draft(title={"en": "B"}), published.dataset.revision, STEWARD, NOW)
    row = discards.discard(session, ID, STEWARD, NOW)
    assert (row.state, versions.pending(session, ID)) == ("published", None)
    with pytest.raises(datasets.NothingPending):
        discards.discard(session, ID, STEWARD, NOW)
    datasets.withdraw(session, ID, STEWARD, NOW)
    with pytest.raises(datasets.NothingPending):
        discards.discard(session, ID, STEWARD, NOW)
    assert services.fetch(session, "health/birth-lookup"), "what was in force once is never given up"


def test_who_read_another_revision_is_refused(session, city):
    with pytest.raises(Outdated):
        discards.discard(session, ID, STEWARD, NOW, expected_revision=2)
    with pytest.raises(datasets.UnknownDataset):
        discards.discard(session, "health/nothing", STEWARD, NOW)
    assert datasets.fetch(session, ID).revision == 1


def test_an_agreement_that_was_in_force_is_never_deleted(session, city, drafted):
    """It cannot be while the dataset was not published; were it so, nothing at all is given up."""
    agreement = drafted()
    agreement.state, agreement.activated_at = AgreementState.ACTIVE, NOW
    session.add(agreement)
    session.commit()
    session.connection().exec_driver_sql("PRAGMA foreign_keys=ON")
    with pytest.raises(IntegrityError):
        discards.discard(session, ID, STEWARD, NOW)
