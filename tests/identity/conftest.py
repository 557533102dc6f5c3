"""An exchange with one department, its application as a client, and a signing key, in memory."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, import_key
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine, select

from catalog.models import Application, Department
from exchange.identity import assertions, clients, keys, oauth
from exchange.identity.callers import Caller, at_the_console
from exchange.identity.models import Client, ClientDraft
from exchange.identity.public_keys import ALGORITHMS
from exchange.identity.secrets import Cipher
from exchange.identity.tokens import ClientView

ISSUER = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Directory:
    """What a snapshot is to the verifier."""

    clients: Mapping[str, ClientView] = field(default_factory=dict)
    issuer_keys: Mapping[str, ECKey] = field(default_factory=dict)


@pytest.fixture
def issuer() -> str:
    return ISSUER


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def at(now: datetime) -> int:
    """`now` in epoch seconds."""
    return int(now.timestamp())


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(bytes(range(32)))


def populate(session: Session, cipher: Cipher, key: Mapping[str, Any]) -> None:
    """A department with an application that calls, and a second department."""
    for slug, code in (("civil-affairs", "113100000000000012"), ("housing", "113100000000000020")):
        session.add(
            Department(
                slug=slug, name={"en": slug}, credit_code=code, contact="desk 1", created_at=NOW, created_by="console"
            )
        )
        session.flush()
        session.add(
            Application(
                id=f"{slug}/newborn",
                department=slug,
                slug="newborn",
                name={"en": "Newborn", "zh": "出生一件事"},
                created_at=NOW,
                created_by="console",
            )
        )
    session.flush()
    clients.register(
        session,
        ClientDraft(application="civil-affairs/newborn", keys=[assertions.public_jwk(key)]),
        at_the_console(),
        NOW,
    )
    keys.rotate(session, cipher, NOW)


@pytest.fixture
def key() -> dict[str, Any]:
    """The private key of the application."""
    return assertions.make_key()


@pytest.fixture
def session(cipher: Cipher, key: dict[str, Any]) -> Iterator[Session]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        populate(session, cipher, key)
        yield session
    engine.dispose()


@pytest.fixture
def directory(session: Session, now: datetime) -> Callable[[], Directory]:
    """The session's clients and keys as a snapshot would show them."""

    def read(at: datetime = now) -> Directory:
        rows = session.exec(select(Client)).all()
        return Directory({row.id: clients.view(row) for row in rows}, keys.published(session, at))

    return read


@pytest.fixture
def client_id() -> str:
    return "civil-affairs.newborn"


@pytest.fixture
def caller() -> Callable[..., Caller]:
    def build(*scopes: str, client_id: str = "person-00000001", department: str | None = None) -> Caller:
        return Caller(
            client_id=client_id,
            kind="person",
            department=department,
            application=None,
            scopes=frozenset(scopes),
            key_id="k",
        )

    return build


@pytest.fixture
def filled(cipher: Cipher) -> Callable[[Session, Mapping[str, Any]], None]:
    """Fills another database the same way, for a client with the given key."""
    return lambda session, key: populate(session, cipher, key)


@pytest.fixture
def form() -> Callable[..., dict[str, str]]:
    """The parameters of a token request."""

    def build(assertion: str, **more: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": assertions.TYPE,
            "client_assertion": assertion,
            **more,
        }

    return build


@pytest.fixture
def form_headers() -> dict[str, str]:
    return {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def endpoint(issuer, cipher):
    return oauth.TokenEndpoint(issuer, cipher)


@pytest.fixture
def claims(client_id, issuer, at):
    return {"iss": client_id, "sub": client_id, "aud": issuer, "jti": "one", "iat": at, "exp": at + 60}


@pytest.fixture
def sign(key):
    """An assertion of our own making."""

    def build(claims, header=None, key=key, algorithm=None):
        private = import_key(key) if isinstance(key, dict) else key
        algorithm = algorithm or ALGORITHMS[private.key_type][0]
        head = {"alg": algorithm, "kid": private.thumbprint(), **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(head, json.dumps(claims), private, algorithms=[algorithm])

    return build


@pytest.fixture
def ask(endpoint, session, now, form_headers):
    """Posts a form; answers with the status and the document."""

    def post(form, headers=form_headers, at=now):
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        answer = endpoint.respond(session, body, headers, at)
        assert ("Cache-Control", "no-store") in answer.headers
        assert ("Content-Type", "application/json") in answer.headers
        assert (answer.status == 401) == any(name == "WWW-Authenticate" for name, _ in answer.headers)
        return answer.status, json.loads(answer.body)

    return post


@pytest.fixture
def refused(ask, form):
    """The error of an assertion that authenticates nobody; nothing of what was sent may come back."""

    def run(assertion, at=None, **more):
        status, document = ask(form(assertion, **more), **({"at": at} if at else {}))
        assert (status, document["error"]) == (401, "invalid_client")
        assert set(document) == {"error", "error_description"}
        text = document["error_description"]
        assert len(text) < 200
        assert not [piece for piece in str(assertion).split(".") if len(piece) > 8 and piece in text]
        return text

    return run
