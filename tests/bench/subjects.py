"""The exchange as a subject of measurement: prepared, started with everything on, and asked what it has recorded."""

import json
import time
from pathlib import Path

import httpx

from exchange import keyfiles
from exchange.identity import assertions
from exchange.ledger import verify
from exchange.node import Node
from exchange.settings import Settings
from tests.bench import city
from tests.bench.processes import PYTHON, Process, free_port


class NotReal(RuntimeError):
    """What was measured is not what the exchange promises to do."""


def prepare(home: Path, provider: int, transport: str) -> Settings:
    """A data directory of its own in which the call is agreed."""
    settings = Settings(
        data=home / "var", port=free_port(), transport=transport, egress=(f"{city.PROVIDER}=127.0.0.1:{provider}",)
    )
    node = Node.open(settings)
    try:
        city.load(node, f"http://127.0.0.1:{provider}", home / "client.json")
    finally:
        node.close()
    return settings


class Exchange(Process):
    """One running exchange, as `hutong serve` runs it."""

    def __init__(self, core: int, home: Path, settings: Settings) -> None:
        self.transport, self.port, self._settings, self._home = settings.transport, settings.port, settings, home
        env = {
            "HUTONG_DATA": str(settings.data),
            "HUTONG_PORT": str(settings.port),
            "HUTONG_TRANSPORT": settings.transport,
            "HUTONG_EGRESS": ",".join(settings.egress),
        }
        began = time.monotonic()
        super().__init__(core, [PYTHON, "-m", "tests.bench.serving"], home / "output", env)
        self.wait_for(self.port)
        self._web = httpx.Client(base_url=settings.issuer, trust_env=False)
        try:
            self.token = self._fetch_token()
            self.expected = self._first_call()
        except BaseException:
            self.stop()
            raise
        self.started = time.monotonic() - began
        self.idle = self.memory()

    def entries(self) -> int:
        """Entries in the log, by its signed checkpoint."""
        return int(self._web.get("/ledger/checkpoint").text.splitlines()[1])

    def settle(self, entries: int) -> int:
        """The size of the log once it has this many entries, or after five seconds."""
        deadline = time.monotonic() + 5
        while (size := self.entries()) < entries and time.monotonic() < deadline:
            time.sleep(0.05)
        return size

    def verify_receipts(self, calls: list[str]) -> int:
        """Every one of these calls has a receipt that verifies, over the bytes that were released. Raises NotReal."""
        vkey = self._web.get("/ledger/vkey").text
        for call in calls:
            answer = self._web.get(f"/ledger/receipts/{call}.json", headers=city.headers(self.token, "CASE-0"))
            verdict = verify.verify_receipt(answer.content, vkey, body=self.expected)
            if not verdict.ok or not verdict.body_confirmed or verdict.leaf["call"] != call:
                raise NotReal(f"the receipt of call {call} does not verify: {verdict.findings}")
        return len(calls)

    def _fetch_token(self) -> str:
        client = keyfiles.read(self._home / "client.json")
        endpoint = f"{self._settings.issuer}/oauth/token"
        assertion = assertions.make_assertion(client.key, client.client_id, endpoint, int(time.time()))
        form = {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_assertion_type": assertions.TYPE,
            "client_assertion": assertion,
        }
        return str(self._web.post("/oauth/token", data=form).raise_for_status().json()["access_token"])

    def _first_call(self) -> bytes:
        """The bytes of a reply, held against what the agreement leaves of it; all others must be the same."""
        case, body = city.questions(1)[0]
        answer = self._web.post(city.TARGET, content=body, headers=city.headers(self.token, case))
        if answer.status_code != 200 or json.loads(answer.content) != city.agreed():
            raise NotReal(f"a call was answered {answer.status_code} and not reduced as agreed: {answer.text}")
        return answer.content
