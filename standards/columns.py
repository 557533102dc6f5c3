"""Column types and the naming convention that every table of the exchange shares.

SQLite stores no time zone, so `UtcDateTime` writes UTC and gives back aware datetimes on every database.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator
from sqlalchemy import JSON, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database: give it a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON document. Assign a new value to change it: changes in place are not seen."""

    impl = JSON
    cache_ok = True


def _not_empty(value: dict[str, str]) -> dict[str, str]:
    if not any(text.strip() for text in value.values()):
        raise ValueError("give a text in zh, en or both")
    return value


Slug = Annotated[str, "lower-kebab"]
LanguageMap = Annotated[dict[Literal["zh", "en"], str], AfterValidator(_not_empty)]
