"""House rules about the code, each with its reason. Pure reading; nothing is imported or run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("exchange", "policies", "catalog", "standards", "seeds")
FILES = sorted(
    file for package in PACKAGES for file in (ROOT / package).rglob("*.py") if "migrations" not in file.parts
)
LONGEST_FUNCTION, LONGEST_FILE = 60, 400
TELLING = {
    "authorization", "token", "assertion", "password", "secret", "credential", "body", "payload", "record", "records",
    "value", "values", "subject", "actor", "person", "name", "identifier", "resident_id", "phone", "case", "query",
    "url", "path", "headers", "header", "detail", "message", "exc_info", "exception",
}  # fmt: skip
"""Keys under which a log line could carry what a person is, did or sent (security note 7)."""
LOCAL = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\]|[\w.-]+\.(test|local|invalid|example)|\{|<|host)")
NAMED = {"https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema"}
"""Names that look like addresses; nobody fetches them."""


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in FILES:
        yield relative(file), ast.parse(file.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, ast.Call]]:
    for name, tree in trees():
        for found in ast.walk(tree):
            if isinstance(found, ast.Call):
                yield name, found


def test_there_is_code_to_read():
    assert len(FILES) > 100


def test_functions_are_short():
    """Long functions hide where data crosses; the ordinary one has a dozen lines."""
    long = [
        f"{name}:{found.lineno} {found.name}"
        for name, tree in trees()
        for found in ast.walk(tree)
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
        and (found.end_lineno or 0) - found.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


def test_files_are_short():
    long = [relative(file) for file in FILES if len(file.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE]
    assert not long


def test_nothing_commits_but_the_unit_of_work():
    """A change without its record would be a change that nobody answers for (security note 10)."""
    commits = {name for name, call in calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"}
    assert commits == {"exchange/unit_of_work.py"}


def test_no_sql_text_changes_rows_behind_the_unit_of_work():
    """Only the ledger's own file and migrations speak SQL; the rest goes through tables that the unit watches."""
    speaking = {
        name
        for name, call in calls()
        if (isinstance(call.func, ast.Name) and call.func.id == "text")
        or (isinstance(call.func, ast.Attribute) and call.func.attr in ("exec_driver_sql", "executescript"))
    }
    bookkeeping = {
        "exchange/identity/replay.py",  # the memory of used assertions is nobody's right or data
        "catalog/search/engine.py",  # nor is the search index, which is made from the rows of datasets
        "catalog/search/facets.py",  # reads that index
        "exchange/revisions.py",  # reads at which migration a database is
    }
    assert {name for name in speaking if not name.startswith("exchange/ledger/")} <= {"exchange/db.py", *bookkeeping}


def test_logs_carry_no_key_that_could_hold_a_persons_data():
    for name, call in calls():
        if not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)):
            continue
        if call.func.value.id != "log" or call.func.attr not in {"debug", "info", "warning", "error", "critical"}:
            continue
        assert len(call.args) == 1, f"{name}:{call.lineno} interpolates into its event"
        assert isinstance(call.args[0], ast.Constant), f"{name}:{call.lineno} has an event that is made up"
        keys = {keyword.arg for keyword in call.keywords}
        assert not keys & TELLING, f"{name}:{call.lineno} logs {keys & TELLING}"


def test_nothing_logs_an_exception_whole():
    """`log.exception` and `exc_info` print messages, and messages quote what they choked on."""
    for name, call in calls():
        if isinstance(call.func, ast.Attribute):
            assert (
                call.func.attr != "exception"
                or not isinstance(call.func.value, ast.Name)
                or (call.func.value.id != "log")
            ), f"{name}:{call.lineno}"
        assert "exc_info" not in {keyword.arg for keyword in call.keywords}, f"{name}:{call.lineno}"


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_no_code_reaches_for_a_host_outside(file):
    """An exchange in a closed network starts and works without the world; addresses come from settings."""
    for found in re.findall(r"https?://[^\s\"'`)>\]]+", file.read_text(encoding="utf-8")):
        address = found.rstrip(".,;:")
        assert LOCAL.match(address) or address in NAMED, address


def test_nothing_asks_the_environment_but_the_settings():
    reading = {
        name
        for name, tree in trees()
        for found in ast.walk(tree)
        if isinstance(found, ast.Attribute) and found.attr in ("environ", "getenv")
    }
    exchange = {name for name in reading if not name.startswith("seeds/")}
    assert exchange <= {"exchange/settings.py"} | {name for name in exchange if name.startswith("exchange/cli/")}


def test_the_broker_asserts_nothing_that_a_caller_controls():
    """`python -O` removes asserts: they may state types, never refuse anything."""
    for name, tree in trees():
        for found in ast.walk(tree):
            if isinstance(found, ast.Assert):
                text = ast.unparse(found.test)
                assert "is not None" in text or text.startswith("isinstance("), f"{name}:{found.lineno} {text}"
