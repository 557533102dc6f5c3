"""A server starts without what only some requests, or the first start of a release, need."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from exchange import revisions
from exchange.db import MIGRATIONS, migrate, writing_engine
from exchange.ledger import schema

NOT_YET = {"openapi_spec_validator", "requests", "openpyxl", "rdflib", "alembic"}
START = """
import sys
from pathlib import Path
from exchange import app, server
from exchange.db import migrate, writing_engine
from exchange.ledger import schema
migrate(writing_engine(Path(sys.argv[1]) / "exchange.db"))
schema.migrate(Path(sys.argv[1]) / "ledger.db")
print(*sys.modules)
"""


def test_the_server_starts_without_what_few_requests_need(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / "exchange.db")
    migrate(engine)
    engine.dispose()
    schema.migrate(tmp_path / "ledger.db")
    found = subprocess.run(
        [sys.executable, "-c", START, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(found.stdout.split())
    assert loaded >= {"exchange.server", "fastapi", "sqlmodel"}
    assert not NOT_YET & loaded


@pytest.mark.parametrize("migrations", [MIGRATIONS, schema.MIGRATIONS])
def test_the_newest_revision_is_that_of_the_last_file(migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    assert revisions.newest(migrations) == ScriptDirectory.from_config(config).get_current_head()
