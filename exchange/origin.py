"""The name of the log: fixed when the exchange is initialised, never derived from host and port.

ValueError
└── OriginFixed    HUTONG_ORIGIN says another name than the log already has
"""

from sqlmodel import Field, Session, SQLModel

from exchange.settings import Settings


class OriginFixed(ValueError):
    def __init__(self, fixed: str) -> None:
        super().__init__(
            f"The log is named {fixed} for ever: leave HUTONG_ORIGIN away, or begin another exchange in an empty "
            "data directory."
        )


class Origin(SQLModel, table=True):
    """One row."""

    __tablename__ = "origin"
    id: int = Field(default=1, primary_key=True)
    name: str


def fixed(session: Session, settings: Settings) -> str | None:
    """The name that was fixed, None before that. Raises OriginFixed when the settings insist on another one."""
    row = session.get(Origin, 1)
    if row is None:
        return None
    if "origin" in settings.model_fields_set and settings.origin != row.name:
        raise OriginFixed(row.name)
    return row.name


def fix(session: Session, settings: Settings) -> str:
    """Give the log its name."""
    session.add(Origin(id=1, name=settings.origin))
    session.flush()
    return settings.origin
