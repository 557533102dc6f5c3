"""A second load over an exchange of an earlier release."""

from datetime import UTC, datetime
from pathlib import Path

from joserfc.jwk import ECKey
from sqlmodel import Session

from exchange import keyfiles
from exchange.identity import assertions, clients
from exchange.node import Node
from exchange.settings import Settings
from seeds.city import OFFICIALS
from seeds.load import Loader


def test_an_official_whose_key_cannot_sign_gets_one_that_can(tmp_path: Path) -> None:
    node = Node.open(Settings(data=tmp_path / "var", url="http://127.0.0.1:8999"))
    try:
        loader = Loader(node, tmp_path / "keys", (), datetime.now(UTC))
        loader._departments()
        loader._official(0)
        path = tmp_path / "keys" / f"{OFFICIALS[0].slug}.json"
        signing = keyfiles.read(path)
        old = dict(ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True).as_dict(private=True))
        path.unlink()
        keyfiles.write(path, signing.client_id, old)

        assert loader._official(0) == 0
        made = keyfiles.read(path)
        assert (made.client_id, made.key["crv"]) == (signing.client_id, "Ed25519")
        assert assertions.sign_statement(made.key, b"x")
        with Session(node.reading) as session:
            assert made.key["kid"] in clients.key_ids(clients.fetch(session, made.client_id))
        assert loader._official(0) == 0
        assert keyfiles.read(path) == made, "once"
    finally:
        node.close()
