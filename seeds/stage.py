"""What a scene needs: who acts, who answers, whom it is about, and what the auditor sees of it."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from exchange import keyfiles
from exchange.client import Answer, Exchange, ExchangeError
from exchange.identity import assertions
from seeds.city import AUDITOR
from seeds.providers import Providers
from seeds.records import Cast

ACT_SECONDS = 5.0


class Seen(NamedTuple):
    """A call as its application saw it: the answer, or the problem."""

    status: int
    call: str
    answer: Answer | None
    problem: Mapping[str, Any]

    @property
    def told(self) -> str:
        """The status, and for problems their type and failed checks."""
        if self.answer is not None:
            return str(self.status)
        slug = str(self.problem.get("type", "")).rpartition(":")[2]
        failed = ",".join(check["check"] for check in self.problem.get("failed_checks", ()))
        return f"{self.status} {slug}" + (f" ({failed})" if failed else "")


class Stage:
    """Everything a scene needs: who acts, who answers, whom it is about."""

    def __init__(
        self,
        url: str,
        keys: Mapping[str, Path],
        agreements: Mapping[str, str],
        providers: Providers,
        cast: Cast,
        vkey: str,
        export: Callable[[Path], None],
        scratch: Path,
    ) -> None:
        self.url = url
        self.agreements = agreements
        self.providers = providers
        self.cast = cast
        self.vkey = vkey
        self.export = export
        self.scratch = scratch
        self.case = f"NB-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        self.began = datetime.now(UTC) - timedelta(seconds=1)
        self.made: list[Seen] = []
        self._keys = keys
        self._clients: dict[str, Exchange] = {}

    def client(self, name: str) -> Exchange:
        """Whoever holds this key, an application's id or an official's slug."""
        if name not in self._clients:
            self._clients[name] = Exchange.from_file(self.url, self._keys[name])
        return self._clients[name]

    def sign(self, agreement: str, side: str, name: str) -> None:
        """One side's signature under the agreement's proposed version, with the official's own key."""
        path = f"/api/v1/agreements/{agreement}"
        statement = b"".join(self.client(name).download(f"{path}/statement"))
        signature = assertions.sign_statement(keyfiles.read(self._keys[name]).key, statement)
        self.client(name).post(f"{path}/signatures", {"side": side, "signature": signature})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def call(self, application: str, service: str, path: str, purpose: str, *, case: str = "", **more: Any) -> Seen:
        """One call; a lookup when it has a body."""
        department, name = service.split("/")
        method = "POST" if "json" in more else "GET"
        case = case or self.case
        try:
            answer = self.client(application).call(
                department, name, method, path, purpose=purpose, case=case, actor="clerk-0417", **more
            )
        except ExchangeError as error:
            return Seen(error.status or 0, error.call or "", None, error.problem)
        return Seen(answer.status, answer.call, answer, {})

    def ledger(self, call: str) -> str:
        """What the auditor finds of a call: `refusal (…)`, or `request, reply <outcome>`, or `nothing`."""
        found = self.client(AUDITOR).post("/api/v1/ledger/search", {"since": self.began.isoformat(), "limit": 200})
        entries = [item["leaf"] for item in found["items"] if item["leaf"].get("call") == call]
        if not entries:
            return "nothing"
        return ", ".join(_entry(leaf) for leaf in sorted(entries, key=lambda leaf: leaf["at"]))

    def acted(self, kind: str, subject: str) -> bool:
        """Whether the auditor finds this act; it comes to the ledger through the outbox, a moment after its answer."""
        query = {"type": "change", "since": self.began.isoformat(), "limit": 200}
        until = time.monotonic() + ACT_SECONDS
        while True:
            leaves = [item["leaf"] for item in self.client(AUDITOR).post("/api/v1/ledger/search", query)["items"]]
            if any(leaf["kind"] == kind and leaf["id"] == subject for leaf in leaves):
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.05)

    def find(self, **query: Any) -> set[str]:
        """The calls that the auditor finds."""
        found = self.client(AUDITOR).post("/api/v1/ledger/search", {**query, "limit": 200})
        return {item["leaf"]["call"] for item in found["items"] if "call" in item["leaf"]}

    def outcome(self, seen: Seen) -> str:
        return f"{seen.told}; ledger: {self.ledger(seen.call)}"


def _entry(leaf: Mapping[str, Any]) -> str:
    if leaf["type"] == "reply":
        return f"reply {leaf['outcome']}"
    if leaf["type"] == "refusal":
        return f"refusal ({','.join(leaf['failed'])})" if leaf["failed"] else "refusal"
    return str(leaf["type"])
