from sqlmodel import Session

from catalog.models import SharingClass
from seeds.datasets import DATASETS
from seeds.items import items
from seeds.specifications.society import BIRTH_CERTIFICATE, INSURANCE_CONTRIBUTION
from seeds.specifications.standards import STANDARDS
from standards import schemas
from standards.models import Identifies

CONDITIONAL, NOT_SHARED = SharingClass.CONDITIONAL, SharingClass.NOT_SHARED


def test_items_are_the_leaves_of_the_standard(published: Session) -> None:
    for standard in STANDARDS:
        paths = [item.path for item in items(standard, CONDITIONAL)]
        assert sorted(paths) == sorted(schemas.leaf_paths(schemas.fetch(published, standard.slug).bundled))


def test_items_take_name_grade_and_bearing_from_standard_and_element() -> None:
    found = {item.path: item for item in items(BIRTH_CERTIFICATE, CONDITIONAL)}
    mother = found["mother.resident_id"]
    assert mother.title == {"zh": "母亲公民身份号码", "en": "Mother: Resident identity number"}
    assert (mother.sensitivity, mother.identifies) == (3, Identifies.PERSON)
    assert (found["child.sex"].sensitivity, found["child.sex"].identifies) == (1, Identifies.NOBODY)


def test_a_list_of_codes_is_one_item() -> None:
    assert "kinds" in {item.path for item in items(INSURANCE_CONTRIBUTION, CONDITIONAL)}


def test_single_items_can_be_stricter_and_graded() -> None:
    found = items(BIRTH_CERTIFICATE, CONDITIONAL, stricter={"child.name": NOT_SHARED}, graded={"child.name": 4})
    special = {(item.path, item.sharing_class, item.sensitivity) for item in found if item.sensitivity == 4}
    assert special == {("child.name", NOT_SHARED, 4)}


def test_exceptions_made_for_items_name_items_that_exist() -> None:
    """A misspelt path in `stricter` or `graded` would leave the item as open as the dataset."""
    classes = {
        (f"{dataset.department}/{dataset.slug}", item.path)
        for dataset in DATASETS
        for item in dataset.items
        if item.sharing_class != dataset.sharing_class
    }
    assert classes == {
        ("market-regulation/companies", "representatives.name"),
        ("market-regulation/companies", "representatives.phone"),
        ("market-regulation/companies", "representatives.resident_id"),
        ("city-operations/events", "reporter.name"),
        ("public-security/cameras", "stream_address"),
    }
