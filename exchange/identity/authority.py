"""Who may register whom, with which scopes, and who may change a client afterwards. Pure.

* An operator registers anyone. A department's own steward registers the department's applications, for `call` only.
* `call` is for applications, which agreements are made with; `steward:<department>` is for that department's own.
* A client beyond `call` is in the hands of operators: whoever could add a key to it could act as it.
* Nobody widens their own rights: another operator adds a key to an operator, or enables one.
"""

import re
from collections.abc import Iterable, Sequence

from exchange.identity.callers import CALL, OPERATOR, STEWARD_OF, Caller, NotPermitted
from exchange.identity.models import APPLICATION, SCOPE, Client
from standards.validation import Finding


def findings(kind: str, department: str | None, scopes: Sequence[str]) -> list[Finding]:
    """What is wrong with these scopes for a client of this kind and department."""
    return [
        Finding(f"/scopes/{index}", "scope", expected)
        for index, scope in enumerate(scopes)
        if (expected := _expected(kind, department, scope))
    ]


def _expected(kind: str, department: str | None, scope: str) -> str | None:
    if not re.fullmatch(SCOPE, scope):
        return "one of call, operator, auditor, steward:<department>"
    if scope == CALL and kind != APPLICATION:
        return "another scope for a person: only applications call services"
    if scope.startswith(STEWARD_OF) and scope != f"{STEWARD_OF}{department}":
        return "a steward of the client's own department"
    return None


def require_registration(caller: Caller, kind: str, department: str | None, scopes: Iterable[str]) -> None:
    """Raises NotPermitted when this caller may not register such a client."""
    _require(caller, kind, department, scopes)


def require_change(caller: Caller, client: Client, *, widens: bool) -> None:
    """Raises NotPermitted when this caller may not change this client; `widens` says that it gains something by it."""
    _require(caller, client.kind, client.department, client.scopes)
    if widens and caller.client_id == client.id:
        raise NotPermitted(OPERATOR, "Nobody gives themselves a key or enables themselves: ask another operator.")


def _require(caller: Caller, kind: str, department: str | None, scopes: Iterable[str]) -> None:
    if kind == APPLICATION and department is not None and set(scopes) <= {CALL}:
        caller.require_steward_or_operator(department)
    else:
        caller.require_operator()
