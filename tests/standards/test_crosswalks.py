"""What translates by itself, both ways, and what is refused because it could not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from standards import codelists, crosswalks
from standards.crosswalks import InvalidCrosswalk
from standards.models import CodeListDraft, Crosswalk, CrosswalkDraft, Life

NAME = {"en": "name"}
Publish = Callable[..., Crosswalk]


def draft(*pairs: tuple[str, str, str], source: str = "a", target: str = "b", **more: Any) -> CrosswalkDraft:
    given = {"slug": f"{source}-to-{target}", "version": "1.0.0", "name": NAME, "source": source, "target": target}
    listed = [{"source": one, "target": other, "match": match} for one, other, match in pairs]
    return CrosswalkDraft(**{**given, "source_version": "1.0.0", "target_version": "1.0.0", "pairs": listed, **more})


@pytest.fixture
def publish(session: Session, now: datetime) -> Publish:
    codes: Any = [{"code": str(number), "name": NAME} for number in range(6)]
    for slug in ("a", "b", "c"):
        for version in ("1.0.0", "2.0.0"):
            wanted = CodeListDraft(slug=slug, version=version, name=NAME, codes=codes)
            codelists.publish(session, wanted, "me", now)
    return lambda *pairs, **more: crosswalks.publish(session, draft(*pairs, **more), "me", now)


PAIRS = (
    ("0", "1", "exact"), ("2", "3", "broader"), ("4", "3", "broader"), ("1", "4", "narrower"), ("1", "5", "narrower"),
    ("3", "0", "related"),
)  # fmt: skip


def test_exact_and_wider_codes_translate_and_no_others(publish: Publish, session: Session) -> None:
    row = publish(*PAIRS)
    assert crosswalks.table(session, "a-to-b", "1.0.0") == {"0": "1", "2": "3", "4": "3"}
    assert [crosswalks.translate(row, code) for code in "0123456"] == ["1", None, "3", None, "3", None, None]


def test_the_way_back_is_the_same_crosswalk(publish: Publish, session: Session) -> None:
    publish(*PAIRS)
    assert crosswalks.table(session, "a-to-b", inverse=True) == {"1": "0", "4": "1", "5": "1"}


def test_an_exact_match_goes_before_a_wider_one(publish: Publish) -> None:
    row = publish(("0", "2", "broader"), ("0", "1", "exact"))
    assert crosswalks.translate(row, "0") == "1"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("0", "1", "exact"), ("0", "2", "exact")], [("/pairs/1/source", "ambiguous")]),
        ([("0", "1", "exact"), ("2", "1", "exact")], [("/pairs/1/target", "ambiguous")]),
        ([("0", "1", "broader"), ("0", "2", "broader")], [("/pairs/1/source", "ambiguous")]),
        ([("0", "1", "narrower"), ("2", "1", "narrower")], [("/pairs/1/target", "ambiguous")]),
        ([("0", "1", "exact"), ("0", "1", "related")], [("/pairs/1", "unique")]),
        ([("9", "1", "exact")], [("/pairs/0/source", "known")]),
        ([("0", "９", "exact")], [("/pairs/0/target", "known")]),
    ],
)
def test_refuses_what_could_mean_two_things(publish: Publish, pairs: Any, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidCrosswalk) as caught:
        publish(*pairs)
    assert [(found.pointer, found.rule) for found in caught.value.findings] == expected


@pytest.mark.parametrize("more", [{"source": "nobody"}, {"target_version": "9.0.0"}, {"target": "a"}])
def test_refuses_lists_that_are_not_two_published_ones(publish: Publish, more: Any) -> None:
    with pytest.raises(InvalidCrosswalk):
        publish(("0", "1", "exact"), **more)


def test_refuses_a_way_back(publish: Publish, session: Session) -> None:
    publish(("0", "1", "exact"), source="a", target="b")
    publish(("0", "1", "exact"), source="b", target="c")
    for target in ("b", "a"):
        with pytest.raises(InvalidCrosswalk) as caught:
            publish(("0", "1", "exact"), source="c", target=target)
        (found,) = caught.value.findings
        assert (found.pointer, found.rule) == ("/target", "circle")
        assert "c 1.0.0 ← b 1.0.0" in found.expected
    publish(("0", "1", "exact"), source="a", target="c")
    publish(("0", "1", "exact"), source="c", target="a", target_version="2.0.0")
    publish(("0", "1", "exact"), source="a", target="b", version="1.1.0")
    crosswalks.fetch(session, "b-to-c").state = Life.RETIRED
    session.flush()
    publish(("0", "1", "exact"), source="c", target="b", slug="c-to-b-at-last")


def test_a_crosswalk_between_two_versions_of_one_list(publish: Publish) -> None:
    assert crosswalks.translate(publish(("0", "0", "exact"), target="a", target_version="2.0.0"), "0") == "0"


def test_at_most_fifty_findings(publish: Publish) -> None:
    with pytest.raises(InvalidCrosswalk) as caught:
        publish(*((str(number), "1", "exact") for number in range(10, 10_000)))
    assert len(caught.value.findings) == 50
