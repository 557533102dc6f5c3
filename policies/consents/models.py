"""The table of consents, and the shape in which one is given. The subject's identifier is in none of the columns."""

from datetime import datetime

from pydantic import AwareDatetime
from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from catalog.rules import Reference
from standards.columns import UtcDateTime
from standards.models import Draft


class ConsentDraft(Draft):
    """`subject` identifies the person as calls do, and is kept as a keyed digest only."""

    subject: str = Shape(min_length=1, max_length=200, description="as calls name the data subject")
    purpose: Reference
    dataset: str = Shape(max_length=100, description="<department>/<dataset>")
    department: str = Shape(max_length=48, description="the department that may then call")
    evidence: str = Shape(min_length=1, max_length=200, description="where the consent itself is kept: a file number")
    until: AwareDatetime | None = None


class Consent(SQLModel, table=True):
    __tablename__ = "consent"
    id: str = Field(primary_key=True)
    digest: str = Field(index=True, description="hex, see policies.consented")
    purpose: str
    dataset_id: str = Field(foreign_key="dataset.id", index=True)
    department: str = Field(foreign_key="department.slug", index=True)
    evidence: str
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_by: str
    given_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
