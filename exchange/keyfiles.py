"""A client's key file: who it is and its private key, as the command and the SDK read it.

{"client_id": "government-services.newborn", "key": {private JWK}}

ValueError
└── UnreadableKeyFile    not a key file, or one that others can read
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple


class UnreadableKeyFile(ValueError):
    pass


class Credential(NamedTuple):
    client_id: str
    key: dict[str, Any]


def write(path: Path, client_id: str, key: dict[str, Any]) -> None:
    """Make the file, 0600; an existing one is never overwritten. Raises FileExistsError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"client_id": client_id, "key": key}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Credential:
    """Raises UnreadableKeyFile, OSError."""
    if path.stat().st_mode & 0o077:
        raise UnreadableKeyFile(f"Others have access to {path}: run `chmod 600 {path}`.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Credential(str(document["client_id"]), dict(document["key"]))
    except (ValueError, KeyError, TypeError):
        raise UnreadableKeyFile(f'{path} is no key file: it holds {{"client_id": …, "key": …}} in JSON.') from None
