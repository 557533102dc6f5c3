"""Tables of the search index; all of them can be made again from the datasets (`index.rebuild`)."""

from sqlmodel import Field, SQLModel

PUBLIC = "*"
"""The audience of what everybody may find; any other audience is the slug of the only department that may."""


class Indexed(SQLModel, table=True):
    """One dataset in the index. `number` grows with each change, so that its order is that of the newest change.

    `facets` are lines `facet=value`, as they are counted by the thousand; the lines of `phrases` are the titles and
    keywords that may be suggested.
    """

    __tablename__ = "search_document"
    __table_args__ = {"info": {"bookkeeping": True}}
    number: int | None = Field(default=None, primary_key=True)
    dataset_id: str = Field(unique=True, index=True)
    audience: str
    title: str = Field(index=True, description="folded: what a list by title is in the order of")
    facets: str
    phrases: str


class Tally(SQLModel, table=True):
    """How many datasets of an audience have a facet's value (`kind` is the facet), or a phrase (`kind` is `phrase`)."""

    __tablename__ = "search_tally"
    __table_args__ = {"info": {"bookkeeping": True}}
    kind: str = Field(primary_key=True)
    folded: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    audience: str = Field(primary_key=True)
    amount: int
