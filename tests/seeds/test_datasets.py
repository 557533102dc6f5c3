from sqlmodel import Session

from catalog import datasets, evidence, services, sources
from catalog.models import Credential, DatasetState, SharingClass
from catalog.search import queries
from seeds.about import AUTHORITATIVE
from seeds.datasets import DATASETS
from seeds.datasets import services as planned_services
from seeds.evidence import SERVICE_ITEMS
from seeds.specifications.interfaces import INTERFACES
from standards import codelists
from standards.models import Identifies
from tests.seeds.conftest import NOW

IDS = {f"{dataset.department}/{dataset.slug}": dataset for dataset in DATASETS}


def test_every_dataset_is_published(published: Session, loaded: dict[str, str]) -> None:
    states = {id: datasets.fetch(published, id).state for id in IDS}
    assert states == dict.fromkeys(IDS, DatasetState.PUBLISHED)


def test_every_shared_dataset_has_a_service_under_its_own_name(published: Session, loaded: dict[str, str]) -> None:
    for id, dataset in IDS.items():
        found = [service.id for service in services.of_dataset(published, id)]
        assert found == ([] if dataset.sharing_class is SharingClass.NOT_SHARED else [id])


def test_tax_credit_is_not_shared_and_says_by_which_law() -> None:
    tax = IDS["tax/enterprise-tax-credit"]
    assert tax.sharing_class is SharingClass.NOT_SHARED
    assert tax.sharing_reason is not None
    assert "税收征收管理法" in tax.sharing_reason["zh"]
    assert "article 8" in tax.sharing_reason["en"]


def test_calls_about_people_name_case_and_actor() -> None:
    for dataset in DATASETS:
        offered = [item for item in dataset.items if item.sharing_class is SharingClass.CONDITIONAL]
        about_people = any(item.identifies is Identifies.PERSON for item in offered)
        if about_people and dataset.sharing_class is SharingClass.CONDITIONAL:
            assert dataset.calling_rule is not None
            assert dataset.calling_rule.case_required
            assert dataset.calling_rule.actor_required


def test_services_take_addresses_and_credentials_from_whoever_loads() -> None:
    drafts = planned_services(
        lambda department, slug: f"http://127.0.0.1:1234/{slug}",
        lambda department: Credential(header="X-Key", value=f"of-{department}"),
    )
    assert len(drafts) == len(INTERFACES) == 10
    for draft in drafts:
        assert draft.address == f"http://127.0.0.1:1234/{draft.slug}"
        assert draft.credential is not None
        assert (draft.credential.header, draft.credential.value) == ("X-Key", f"of-{draft.department}")
        assert (draft.interface, draft.interface_version) == (draft.slug, "1.0.0")


def test_every_dataset_says_what_it_is_about(published: Session, loaded: dict[str, str]) -> None:
    themes = {code["code"] for code in codelists.fetch(published, "themes").codes}
    for id, dataset in IDS.items():
        assert set(dataset.themes) <= themes
        assert dataset.themes
        assert dataset.keywords
        assert set(dataset.derived_from) | set(dataset.related) <= IDS.keys(), id
        assert AUTHORITATIVE.get(id, frozenset()) <= {item.path for item in dataset.items if item.element}


def test_people_find_the_datasets_in_both_languages(published: Session, loaded: dict[str, str]) -> None:
    for words, id in (
        ("婚姻", "civil-affairs/marriage"),
        ("户口", "public-security/population"),
        ("newborn", "health/birth-certificates"),
        ("PM2.5", "ecology/air-quality"),
    ):
        assert queries.search(published, queries.Query(words)).datasets[0].id == id


def test_one_element_is_claimed_twice_to_show_the_report(published: Session, loaded: dict[str, str]) -> None:
    assert sources.contested(published) == (["certificate-number"], None)


def test_the_evidence_directory_names_datasets_that_are_there(published: Session, loaded: dict[str, str]) -> None:
    for draft in SERVICE_ITEMS:
        row = evidence.register(published, draft, "steward", NOW)
        proven = {each.slug: each.proofs for each in evidence.proving(published, row)}
        assert [slug for slug, proofs in proven.items() if not proofs] == ["income"] * ("income" in proven)
        assert all(proof.available for proofs in proven.values() for proof in proofs)
    published.rollback()


def test_an_interface_names_the_purposes_and_bases_of_its_datasets_rule() -> None:
    said = {(each.department, each.slug): each.document for each in INTERFACES}
    for draft in DATASETS:
        document = said.get((draft.department, draft.slug))
        if document is not None and draft.calling_rule is not None:
            assert document["x-hutong-purposes"] == draft.calling_rule.purposes
            assert document["x-hutong-bases"] == draft.calling_rule.bases
