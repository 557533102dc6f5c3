"""The SDK imports what a client needs, and nothing of the server."""

import subprocess
import sys

OURS = {
    "exchange",
    "exchange.client",
    "exchange.identity",
    "exchange.identity.assertions",
    "exchange.identity.public_keys",
    "exchange.keyfiles",
    "exchange.ledger",
    "exchange.ledger.merkle",
    "exchange.ledger.note",
    "exchange.ledger.tiles",
    "exchange.ledger.verify",
}
LIBRARIES = {"httpx", "joserfc", "cryptography", "exchange"}
HEAVY = {
    "sqlmodel",
    "sqlalchemy",
    "fastapi",
    "starlette",
    "pydantic",
    "granian",
    "authlib",
    "typer",
    "structlog",
    "aiohttp",
}


def modules_of(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    return set(found.stdout.split())


def test_only_what_a_client_needs_is_imported() -> None:
    loaded = modules_of("import exchange.client")
    ours = {
        name for name in loaded if name.partition(".")[0] in {"exchange", "catalog", "policies", "standards", "seeds"}
    }
    assert {name for name in ours if not name.startswith("exchange.client.")} == OURS
    assert not HEAVY & loaded
    assert loaded >= LIBRARIES


def test_the_public_surface() -> None:
    import exchange.client

    assert set(exchange.client.__all__) == {
        "Answer", "CheckpointMemory", "Conflict", "Exchange", "ExchangeError", "InvalidRequest", "LogForked",
        "MalformedRequest", "NotAnExchange", "NotFound", "NotPermitted", "ProviderBrokeStandard", "ProviderError",
        "ProviderFailed", "ProviderTooSlow", "QuotaExhausted", "Refused", "Unavailable", "Unidentified", "Unreachable",
        "Unverified", "Verified",
    }  # fmt: skip
