"""The verified caller and what the scopes allow.

An operator is not a steward: an act of a department needs that department's own steward, unless the act says that
an operator may do it too (`require_steward_or_operator`).

    PermissionError
    └── NotPermitted    the caller lacks a scope, or would decide on their own behalf; `.scope` names what is needed
"""

from dataclasses import dataclass, field
from typing import Literal

CALL = "call"
OPERATOR = "operator"
AUDITOR = "auditor"
STEWARD_OF = "steward:"

Kind = Literal["application", "person"]


class NotPermitted(PermissionError):
    """The caller is known and may not do this; `scope` is what it takes."""

    def __init__(self, scope: str, message: str | None = None) -> None:
        super().__init__(message or f"This needs the scope {scope}: ask an operator who holds it.")
        self.scope = scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request, verified. `scopes` are those of the token, never more than the client's own.

    `application` is `<department>/<slug>` for an application, None for a person; `key_id` is the thumbprint of the
    client's key that vouched for the token.
    """

    client_id: str
    kind: Kind
    department: str | None
    application: str | None
    scopes: frozenset[str] = field(default_factory=frozenset)
    key_id: str = ""

    @property
    def is_operator(self) -> bool:
        return OPERATOR in self.scopes

    @property
    def is_auditor(self) -> bool:
        return AUDITOR in self.scopes

    def is_steward(self, department: str) -> bool:
        return steward_of(department) in self.scopes

    def require_operator(self) -> None:
        """Raises NotPermitted."""
        if not self.is_operator:
            raise NotPermitted(OPERATOR)

    def require_auditor(self) -> None:
        """Raises NotPermitted."""
        if not self.is_auditor:
            raise NotPermitted(AUDITOR)

    def require_steward(self, department: str) -> None:
        """Only this department's steward; an operator is refused too. Raises NotPermitted."""
        if not self.is_steward(department):
            raise NotPermitted(steward_of(department))

    def require_steward_or_operator(self, department: str) -> None:
        """This department's steward, or an operator. Raises NotPermitted."""
        if not (self.is_steward(department) or self.is_operator):
            scope = steward_of(department)
            raise NotPermitted(scope, f"This needs the scope {scope} or {OPERATOR}: ask someone who holds one of them.")


def steward_of(department: str) -> str:
    """The scope of a department's stewards."""
    return STEWARD_OF + department


def at_the_console() -> Caller:
    """Whoever holds the data directory and its key files: registers the first operator, before there is any token.

    For commands that hold the directory's lock, never for anything that came over a network.
    """
    return Caller(client_id="console", kind="person", department=None, application=None, scopes=frozenset({OPERATOR}))
