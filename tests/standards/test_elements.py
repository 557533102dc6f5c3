"""Data elements and code lists."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from standards import codelists, elements
from standards.models import CodeListDraft, DataElement, ElementDraft
from standards.validation import InvalidSchema
from standards.versions import AlreadyPublished


def _publish(
    session: Session, now: datetime, name: dict[str, str], fragment: Any, version: str = "1.0.0"
) -> DataElement:
    draft = ElementDraft(slug="phone", version=version, name=name, definition=name, fragment=fragment)
    return elements.publish(session, draft, "steward", now)


def test_publishes_and_fetches(session: Session, now: datetime, name: dict[str, str]) -> None:
    row = _publish(session, now, name, {"type": "string", "format": "phone-cn"})
    assert (row.published_by, row.published_at, row.identifies, row.sensitivity) == ("steward", now, "nobody", 1)
    assert elements.fetch(session, "phone").fragment == {"type": "string", "format": "phone-cn"}
    assert elements.page(session) == ([row], None)
    with pytest.raises(elements.UnknownElement, match=r"phone 2\.0\.0"):
        elements.fetch(session, "phone", "2.0.0")
    with pytest.raises(AlreadyPublished):
        _publish(session, now, name, {})


@pytest.mark.parametrize(
    ("fragment", "pointer"),
    [
        ({"$ref": "#"}, "/$ref"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, "/$ref"),
        ({"$ref": "urn:hutong:element:other:1.0.0"}, "/$ref"),
        ({"items": {"$ref": "urn:hutong:codes:missing:1.0.0"}}, "/items/$ref"),
        ({"$ref": "https://example.org"}, "/$ref"),
        ({"format": "idn-hostname"}, "/format"),
        ({"pattern": "\\1(a)"}, "/pattern"),
        ({"type": 3}, "/type"),
    ],
)
def test_refuses_fragments(session: Session, now: datetime, name: dict[str, str], fragment: Any, pointer: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        _publish(session, now, name, fragment)
    assert pointer in [finding.pointer for finding in caught.value.findings]


def _codes(name: dict[str, str], *codes: str) -> CodeListDraft:
    listed: Any = [{"code": code, "name": name} for code in codes]
    return CodeListDraft(slug="sex", version="1.0.0", name=name, codes=listed)


def test_code_lists(session: Session, now: datetime, name: dict[str, str]) -> None:
    row = codelists.publish(session, _codes(name, "1", "2"), "me", now)
    assert [code["code"] for code in codelists.fetch(session, "sex").codes] == ["1", "2"]
    assert codelists.page(session) == ([row], None)
    with pytest.raises(AlreadyPublished):
        codelists.publish(session, _codes(name, "1"), "me", now)
    with pytest.raises(codelists.UnknownCodeList):
        codelists.fetch(session, "sex", "1.0.1")
    _publish(session, now, name, {"$ref": "urn:hutong:codes:sex:1.0.0"})
