"""Texts and lists of a registration."""

import pytest

from catalog.registration import InvalidRegistration
from standards import codelists, elements
from standards.models import CodeListDraft, ElementDraft


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"temporal": {"start": "2026-02-01", "end": "2026-01-31"}}, [("/temporal/end", "order")]),
        ({"languages": ["zh", "chinese language"]}, [("/languages/1", "language")]),
        ({"languages": ["zh_CN"]}, [("/languages/0", "language")]),
        ({"keywords": ["births", " ", "births "]}, [("/keywords/1", "blank"), ("/keywords/2", "unique")]),
        ({"formats": ["json", "json"]}, [("/formats/1", "unique")]),
        ({"spatial": ["\u3000"]}, [("/spatial/0", "blank")]),
        ({"themes": ["a", "a"]}, [("/themes/1", "unique")]),
        ({"title": {"en": "Births \u202etxt.exe"}}, [("/title/en", "hidden-character")]),
        ({"description": {"en": "a\x07b"}}, [("/description/en", "hidden-character")]),
        ({"provenance": {"zh": "a\x08b", "en": "a\x9bb"}}, [("/provenance/zh", "hidden-character"),
                                                            ("/provenance/en", "hidden-character")]),
    ],
)  # fmt: skip
def test_nonsense_is_refused_at_its_place(register_dataset, changes, expected):
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(**changes)
    assert [(finding.pointer, finding.rule) for finding in refused.value.findings] == expected


def test_what_has_sense_is_taken(register_dataset):
    register_dataset(
        temporal={"start": "2026-01-01", "end": "2026-01-01"},
        languages=["zh-Hans-CN", "en", "ii"],
        keywords=["出生", "births"],
        themes=["no-list-is-published"],
        description={"en": "Two\nlines,\r\n\ta tab, a \\u0007 that was only written, a \\b too."},
    )


def test_themes_are_those_that_are_published(session, register_dataset, now):
    codes = [{"code": "01", "name": {"zh": "人口", "en": "Population"}}]
    draft = {"slug": "themes", "version": "1.0.0", "name": {"zh": "主题", "en": "Themes"}, "codes": codes}
    codelists.publish(session, CodeListDraft.model_validate(draft), "person-00000001", now)
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(themes=["01", "population"])
    assert [(finding.pointer, finding.rule) for finding in refused.value.findings] == [("/themes/1", "known")]
    assert register_dataset(themes=["01"])


def test_elements_are_those_that_are_published(session, register_dataset, item, now):
    draft = {"slug": "weight", "version": "1.0.0", "name": {"en": "Weight"}, "definition": {"en": "In grams."},
             "fragment": {"type": "integer"}, "sensitivity": 2, "identifies": "person", "source": "none"}  # fmt: skip
    elements.publish(session, ElementDraft.model_validate(draft), "person-00000001", now)
    items = [item("number", element="weight"), item("child.name", element="wait")]
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(items=items)
    assert [(finding.pointer, finding.rule) for finding in refused.value.findings] == [("/items/1/element", "known")]
    assert register_dataset(items=items[:1])
