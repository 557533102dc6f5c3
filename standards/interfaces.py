"""Interface specifications: OpenAPI 3.1 documents that say how a service is called and what it answers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any

import orjson
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlmodel import Session

from standards import dialect, lint, versions
from standards.models import Interface, InterfaceDraft
from standards.specification import compile as compile
from standards.validation import Finding, pointer

_LONGEST_ADVICE = 200


class UnknownInterface(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no interface specification {named} is published: look at the list of interfaces")


class InvalidInterface(ValueError):
    """A document that cannot be published; `findings` are everything wrong at once (at most 50)."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        first = self.findings[0]
        more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(
            f"the interface specification cannot be used: at '{first.pointer}' expected {first.expected}{more}"
        )


def publish(session: Session, draft: InterfaceDraft, by: str, now: datetime) -> Interface:
    """Raises InvalidInterface and versions.AlreadyPublished."""
    findings = faults(draft.document)
    claimed = draft.document.get("info", {}).get("x-hutong-department", draft.department) if not findings else None
    if not findings and claimed != draft.department:
        findings = [Finding("/info/x-hutong-department", "department", "the department that publishes")]
    if findings:
        raise InvalidInterface(findings)
    row = Interface(
        slug=draft.slug,
        version=draft.document["info"]["version"],
        department=draft.department,
        document=draft.document,
        published_by=by,
        published_at=now,
    )
    return versions.add(session, row)


def fetch(session: Session, slug: str, version: str | None = None) -> Interface:
    """One version, the latest by default; raises UnknownInterface."""
    row = versions.find(session, Interface, slug, version)
    if row is None:
        raise UnknownInterface(slug, version)
    return row


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[Interface], str | None]:
    return versions.page(session, Interface, limit, cursor)


def faults(document: Mapping[str, Any]) -> list[Finding]:
    """Everything that keeps a document from being published, at most 50 findings."""
    oversized = dialect.oversized(document)
    if oversized:
        return oversized
    ours = list(dict.fromkeys(islice(chain.from_iterable(rule(document) for rule in lint.RULES), dialect.MAX_FINDINGS)))
    # the OpenAPI check follows references and fetches remote ones: only documents without such come to it
    if any(finding.rule in ("$ref", "openapi") for finding in ours):
        return ours
    return [*ours, *_against_openapi(document)][: dialect.MAX_FINDINGS]


def _against_openapi(document: Mapping[str, Any]) -> Iterator[Finding]:
    copy = orjson.loads(orjson.dumps(document))
    for _, schema in lint.places_of_schemas(copy):
        for _, node in dialect.subschemas(schema):
            node.pop("default", None)  # judged by lint.schemas; here a backtracking engine would run our patterns
    try:
        for error in islice(OpenAPIV31SpecValidator(copy).iter_errors(), dialect.MAX_FINDINGS):
            yield Finding(pointer(error.absolute_path), "openapi-3.1", error.message[:_LONGEST_ADVICE])
    except Exception as error:  # the validator stumbles over some misshapen documents
        yield Finding("", "openapi-3.1", f"a document that the OpenAPI 3.1 validator can read ({type(error).__name__})")
