"""Every error of the domain has its answer, or stands here as one that no request can meet."""

import importlib
import inspect
import pkgutil
import sqlite3

import pytest
from sqlalchemy import event

from exchange import problems
from exchange.api import errors
from tests.town import documents
from tests.town.inside import MemoryNode
from tests.town.people import Town, problem_of

ROOMS = ("standards", "catalog", "policies", "exchange.identity", "exchange.ledger")
INTERNAL = {
    "standards.strict_json.UnreadableJson": "answered where bodies are read, by intake and broker",
    "standards.percent.MalformedPath": "answered by the broker and by a service's trial",
    "standards.parameters._Unreadable": "a finding of the same module",
    "standards.costs._TooCostly": "a finding of the same module",
    "standards.specification.NoRecordLeft": "the broker asks before",
    "policies.masks.Unmaskable": "becomes ObligationFailed",
    "policies.masks.InvalidToken": "no endpoint opens tokens",
    "policies.masks.DuplicateMask": "a programming mistake, at import",
    "policies.obligations.ObligationFailed": "answered by the broker",
    "exchange.identity.forms.UnreadableForm": "answered by the token endpoint, as OAuth wants it",
    "exchange.identity.keys.KeyFilesExist": "at start, for the operator",
    "exchange.identity.keys.KeyFileMissing": "at start, for the operator",
    "exchange.identity.keys.KeyFileExposed": "at start, for the operator",
    "exchange.identity.keys.KeyFileMalformed": "at start, for the operator",
    "exchange.identity.oauth.InsecureIssuer": "at start, for the operator",
    "exchange.identity.secrets.Unsealable": "a fault of ours: 500",
    "exchange.ledger.batch.HeadMoved": "ends the writer",
    "exchange.ledger.canonical.NotCanonical": "a programming mistake: 500",
    "exchange.ledger.merkle.BadProof": "for verifiers",
    "exchange.ledger.note.BadNote": "for verifiers",
    "exchange.ledger.note.NotSigned": "for verifiers",
    "exchange.ledger.tiles.BadBundle": "for verifiers",
    "exchange.ledger.verify.Missing": "for verifiers",
    "exchange.ledger.verify.Unreadable": "for verifiers",
    "exchange.ledger.verify._Tampered": "for verifiers",
    "exchange.ledger.outside.RollbackDetected": "at start, for the operator",
    "exchange.ledger.store.LedgerDamaged": "at start, for the operator",
    "exchange.ledger.writer.AlreadyLogged": "for the outbox drain",
    "standards.codesheets.InvalidSheet": "of the command: no endpoint reads code sheets",
}


def raised() -> dict[str, type[Exception]]:
    found = {}
    for room in ROOMS:
        package = importlib.import_module(room)
        for part in pkgutil.iter_modules(package.__path__, f"{room}."):
            module = importlib.import_module(part.name)
            for name, kind in inspect.getmembers(module, inspect.isclass):
                if issubclass(kind, Exception) and kind.__module__ == part.name:
                    found[f"{part.name}.{name}"] = kind
    return found


def test_every_domain_error_is_answered_or_named_as_internal():
    unanswered = {
        name for name, kind in raised().items() if not any(base in errors.EXCEPTIONS for base in kind.__mro__)
    }
    assert unanswered == set(INTERNAL)


def test_domain_errors_are_of_a_builtin_category():
    categories = (LookupError, ValueError, PermissionError, RuntimeError, OSError)
    bare = [name for name, kind in raised().items() if not issubclass(kind, categories)]
    assert all(name.rpartition(".")[2].startswith("_") for name in bare), "only what never leaves its module"


@pytest.mark.parametrize(("kind", "slug"), errors.EXCEPTIONS.items(), ids=lambda one: getattr(one, "__name__", one))
def test_every_answer_is_a_known_kind_of_the_right_class(kind, slug):
    status = problems.KINDS[slug].status
    if slug == "internal":
        return
    if issubclass(kind, LookupError):
        assert status == 404
    elif issubclass(kind, PermissionError):
        assert status in (401, 403)
    elif issubclass(kind, RuntimeError):
        assert status == 503
    else:
        assert 400 <= status < 500


def test_every_kind_is_bilingual_and_says_what_to_do():
    for slug, kind in problems.KINDS.items():
        assert kind.slug == slug
        for text in (kind.title, kind.advice):
            assert set(text) == {"zh", "en"}
            assert all(text.values())
            assert any("\u4e00" <= character <= "\u9fff" for character in text["zh"])
        assert 400 <= kind.status < 600


def test_a_document_leaves_empty_members_out():
    document = problems.document("refused", call="c", failed_checks=[], errors=None)
    assert set(document) == {"type", "title", "status", "detail", "advice", "call"}
    assert document["type"] == "urn:hutong:problem:refused"
    with pytest.raises(KeyError):
        problems.document("no-such-problem")


@pytest.mark.parametrize(
    ("header", "language"),
    [("zh-CN", "zh"), ("ZH", "zh"), (" zh;q=1", "zh"), ("en", "en"), ("", "en"), ("de, zh", "en")],
)
def test_the_first_choice_decides_the_language(header, language):
    assert problems.language_of(header) == language


async def test_a_busy_database_is_a_503_that_says_when_to_come_again(town: Town, node: MemoryNode) -> None:
    """Another hand holds the database's lock; a moment later the same request succeeds."""
    other = sqlite3.connect(node.settings.exchange_database, isolation_level=None)
    event.listen(node.writing, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    node.writing.dispose()
    draft = {"slug": "x", "name": {"en": "x"}, "credit_code": documents.credit_code(9), "contact": "x"}
    await town.token("operator")  # whose replay store would have to wait, too
    other.execute("BEGIN IMMEDIATE")
    refused = await town.by("operator", "POST", "/departments", json=draft)
    assert (refused.status_code, problem_of(refused)) == (503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    other.execute("ROLLBACK")
    other.close()
    assert (await town.by("operator", "POST", "/departments", json=draft)).status_code == 201
