"""Where a verifier reads a log from: a directory, or any web server that serves the C2SP layout."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from exchange.ledger.tiles import MAX_ENTRY, TILE_BYTES, WIDTH
from exchange.ledger.verify import Missing, Source, Unreadable

_MOST_BUNDLE = WIDTH * (MAX_ENTRY + 2)
_MOST_NOTE = 64 * 1024
_SECONDS = 30.0


def limit_of(path: str) -> int:
    """How many bytes a file of a log can have."""
    if path.startswith("tile/entries/"):
        return _MOST_BUNDLE
    return TILE_BYTES if path.startswith("tile/") else _MOST_NOTE


class DirectorySource:
    """An exported directory."""

    def __init__(self, directory: Path) -> None:
        """Raises Unreadable when there is no such directory."""
        if not directory.is_dir():
            raise Unreadable(f"{directory} is not a directory: name one that hutong ledger export has written")
        self._directory = directory

    def read(self, path: str) -> bytes:
        limit = limit_of(path)
        try:
            with open(self._directory / path, "rb") as file:
                # One byte more than allowed is enough to be told apart from what is expected.
                return file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Missing(path) from None
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}") from error

    def names(self) -> Iterable[str]:
        for found in self._directory.rglob("*"):
            if found.is_symlink() or not found.is_dir():
                yield found.relative_to(self._directory).as_posix()


class HttpSource:
    """A log at a URL prefix; `token` is an auditor's, for the entry bundles. Files cannot be listed there."""

    def __init__(self, url: str, token: str | None = None, client: httpx.Client | None = None) -> None:
        self._prefix = url.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._client = client or httpx.Client(timeout=_SECONDS, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: str) -> bytes:
        limit = limit_of(path)
        try:
            with self._client.stream("GET", f"{self._prefix}/{path}", headers=self._headers) as reply:
                if reply.status_code == httpx.codes.NOT_FOUND:
                    raise Missing(path)
                if reply.status_code != httpx.codes.OK:
                    raise Unreadable(f"{path} was answered with status {reply.status_code}{_advice(reply.status_code)}")
                return _bounded(reply, limit)
        except httpx.HTTPError as error:
            raise Unreadable(f"{self._prefix} cannot be read: {error}") from error

    def names(self) -> None:
        return None


def _bounded(reply: httpx.Response, limit: int) -> bytes:
    raw = bytearray()
    for part in reply.iter_bytes():
        raw += part
        if len(raw) > limit:
            break
    return bytes(raw[: limit + 1])


def _advice(status: int) -> str:
    return ": entry bundles need an auditor's token" if status in (401, 403) else ""


def source_of(where: str, token: str | None = None) -> Source:
    """The source at a URL or in a directory. Raises Unreadable."""
    if where.startswith(("http://", "https://")):
        return HttpSource(where, token)
    return DirectorySource(Path(where))
