from sqlmodel import Session

from seeds.agreements import agreements
from seeds.datasets import DATASETS
from seeds.districts import DISTRICTS
from seeds.vocabulary import ELEMENTS, code_lists
from standards import codelists, elements
from standards.models import CodeListDraft
from tests.seeds.conftest import NOW

LISTS = {code_list.slug: code_list for code_list in code_lists()}


def codes(code_list: CodeListDraft) -> list[str]:
    return [code.code for code in code_list.codes]


def test_everything_is_published_and_found_again(published: Session) -> None:
    assert all(codelists.fetch(published, slug).version == "1.0.0" for slug in LISTS)
    assert all(elements.fetch(published, element.slug).fragment == element.fragment for element in ELEMENTS)


def test_every_name_is_there_in_both_languages() -> None:
    names = [element.name for element in ELEMENTS] + [element.definition for element in ELEMENTS]
    names += [code_list.name for code_list in LISTS.values()]
    names += [code.name for code_list in LISTS.values() for code in code_list.codes]
    assert all(name["zh"] and name["en"] for name in names)


def test_national_code_lists_are_whole() -> None:
    assert codes(LISTS["sex"]) == ["0", "1", "2", "9"]
    assert codes(LISTS["ethnic-groups"]) == [f"{number:02d}" for number in range(1, 57)] + ["97", "98"]
    assert codes(LISTS["industry-sections"]) == list("ABCDEFGHIJKLMNOPQRST")
    assert len(LISTS["districts"].codes) == 16


def test_districts_are_the_same_in_the_list_and_on_the_map() -> None:
    listed = [(code.code, code.name["zh"], code.name["en"]) for code in LISTS["districts"].codes]
    assert listed == [(district.code, district.zh, district.en) for district in DISTRICTS]


def test_purposes_and_bases_in_use_are_in_their_lists() -> None:
    rules = [dataset.calling_rule for dataset in DATASETS if dataset.calling_rule is not None]
    terms = [planned.draft.terms for planned in agreements(NOW)]
    assert {purpose for offer in (*rules, *terms) for purpose in offer.purposes} <= set(codes(LISTS["purposes"]))
    assert {basis for offer in (*rules, *terms) for basis in offer.bases} <= set(codes(LISTS["legal-bases"]))


def test_every_text_element_is_bounded() -> None:
    texts = [element.fragment for element in ELEMENTS if element.fragment["type"] == "string"]
    assert all("maxLength" in fragment for fragment in texts)
    numbers = [element.fragment for element in ELEMENTS if element.fragment["type"] in ("integer", "number")]
    assert all({"minimum", "maximum"} <= fragment.keys() for fragment in numbers)
