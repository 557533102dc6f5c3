"""Departments and their applications.

LookupError
├── UnknownDepartment
└── UnknownApplication
ValueError                (catalog.registration)
├── AlreadyRegistered
├── InvalidRegistration
└── Outdated
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from catalog.models import Application, ApplicationDraft, Department, DepartmentDraft
from catalog.notices import OPERATOR
from catalog.registration import AlreadyRegistered, accept, expect, lock, mark
from catalog.search import index
from standards import paging
from standards.identifiers import is_credit_code
from standards.validation import Finding


class UnknownDepartment(LookupError):
    """No department has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"No department is registered as {slug!r}: look it up in the list of departments.")


class UnknownApplication(LookupError):
    """No application has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No application is registered as {id!r}: ids are <department>/<application>.")


def register(session: Session, draft: DepartmentDraft, by: str, now: datetime) -> Department:
    """Raises AlreadyRegistered for a slug or credit code in use, InvalidRegistration for a code that is none."""
    if session.get(Department, draft.slug) is not None:
        raise AlreadyRegistered(f"A department {draft.slug!r} is already registered: take another slug.")
    accept([*_reserved(draft.slug), *_code_findings(draft.credit_code)])
    if session.exec(select(Department).where(Department.credit_code == draft.credit_code)).first() is not None:
        raise AlreadyRegistered("A department with this credit code is already registered: use that one.")
    department = Department(**draft.model_dump(), created_at=now, created_by=by)
    session.add(department)
    session.flush()
    return department


def revise(
    session: Session, slug: str, draft: DepartmentDraft, expected_revision: int, by: str, now: datetime
) -> Department:
    """Changes name and contact; slug and credit code say which organisation it is and stay.

    Raises UnknownDepartment, Outdated, InvalidRegistration.
    """
    department = _locked(session, slug, expected_revision, draft.model_dump(include={"name", "contact"}))
    accept(
        [
            Finding(f"/{field}", "fixed", f"the {field} the department was registered with")
            for field in ("slug", "credit_code")
            if getattr(draft, field) != getattr(department, field)
        ]
    )
    renamed = draft.name != department.name
    for name, value in draft.model_dump(include={"name", "contact"}).items():
        setattr(department, name, value)
    changed = _changed(session, department, by, now)
    if renamed:  # datasets are found by their department's name
        index.refresh_department(session, slug)
    return changed


def fetch(session: Session, slug: str) -> Department:
    """Raises UnknownDepartment."""
    department = session.get(Department, slug)
    if department is None:
        raise UnknownDepartment(slug)
    return department


def page(
    session: Session,
    *,
    words: str | None = None,
    active: bool | None = None,
    descending: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Department], str | None]:
    """Departments by slug; `words` stand in slug or name. Raises standards.paging.InvalidCursor."""
    statement = select(Department)
    if words:
        statement = statement.where(_holds(Department, words))
    if active is not None:
        statement = statement.where(Department.active == active)
    return paging.page(session, statement, [col(Department.slug)], limit=limit, cursor=cursor, descending=descending)


def deactivate(
    session: Session, slug: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> Department:
    """Suspends the department: its services are refused and it registers nothing until it is reactivated.

    Raises UnknownDepartment, Outdated.
    """
    return _switch(session, slug, False, by, now, expected_revision)


def reactivate(
    session: Session, slug: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> Department:
    """Ends a suspension. Raises UnknownDepartment, Outdated."""
    return _switch(session, slug, True, by, now, expected_revision)


def suspended(session: Session) -> frozenset[str]:
    """The departments that neither call nor are called now."""
    return frozenset(session.exec(select(Department.slug).where(col(Department.active).is_(False))).all())


def suspension(department: Department) -> list[Finding]:
    """What a registration is told when the department is suspended; nothing when it is not."""
    return [] if department.active else [Finding("/department", "active", "a department that is not suspended")]


def register_application(session: Session, draft: ApplicationDraft, by: str, now: datetime) -> Application:
    """Raises UnknownDepartment, AlreadyRegistered, InvalidRegistration."""
    department = fetch(session, draft.department)
    accept(suspension(department))
    id = f"{department.slug}/{draft.slug}"
    if session.get(Application, id) is not None:
        raise AlreadyRegistered(f"An application {id!r} is already registered: take another slug.")
    application = Application(id=id, **draft.model_dump(), created_at=now, created_by=by)
    session.add(application)
    session.flush()
    return application


def fetch_application(session: Session, id: str) -> Application:
    """Raises UnknownApplication."""
    application = session.get(Application, id)
    if application is None:
        raise UnknownApplication(id)
    return application


def page_applications(
    session: Session,
    *,
    department: str | None = None,
    words: str | None = None,
    descending: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Application], str | None]:
    """Applications by id, of one department when it is named. Raises standards.paging.InvalidCursor."""
    statement = select(Application)
    if words:
        statement = statement.where(_holds(Application, words))
    if department is not None:
        statement = statement.where(Application.department == department)
    return paging.page(session, statement, [col(Application.id)], limit=limit, cursor=cursor, descending=descending)


def _holds(table: type[Department] | type[Application], words: str) -> ColumnElement[bool]:
    """Whether the words stand in the slug or in the name in either language."""
    name: Any = col(table.name)
    texts = (col(table.slug), name["zh"].as_string(), name["en"].as_string())
    return or_(*(text.icontains(words, autoescape=True) for text in texts))


def _reserved(slug: str) -> list[Finding]:
    taken = slug == OPERATOR
    return [Finding("/slug", "reserved", f"another slug: {OPERATOR!r} stands for those who run it")] if taken else []


def _code_findings(credit_code: str) -> list[Finding]:
    if is_credit_code(credit_code):
        return []
    return [Finding("/credit_code", "credit-code", "a unified social credit code whose check character is right")]


def _locked(
    session: Session, slug: str, expected_revision: int | None, sent: Mapping[str, Any] | None = None
) -> Department:
    department = lock(session, Department, slug)
    if department is None:
        raise UnknownDepartment(slug)
    expect(department, slug, expected_revision, sent)
    return department


def _switch(
    session: Session, slug: str, active: bool, by: str, now: datetime, expected_revision: int | None
) -> Department:
    department = _locked(session, slug, expected_revision)
    if department.active == active:
        return department
    department.active = active
    return _changed(session, department, by, now)


def _changed(session: Session, department: Department, by: str, now: datetime) -> Department:
    mark(department, by, now)
    session.add(department)
    session.flush()
    return department
