"""`Exchange`: one client's connection to an exchange. Calls, receipts, management.

with Exchange("http://127.0.0.1:8080", "government-services.newborn", "newborn.json") as exchange:
    answer = exchange.call("public-security", "population", "POST", "/v1/lookups",
                           json={"resident_id": …}, purpose="newborn-registration", case="2026-0001")
    exchange.verify(answer, vkey="exchange.example/ledger+…")
"""

import base64
import binascii
import ssl
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from exchange import keyfiles
from exchange.client import answers, errors, requests
from exchange.client.answers import Answer
from exchange.client.checkpoints import CheckpointMemory, watch
from exchange.client.errors import NotFound, Unverified
from exchange.client.keys import private_jwk
from exchange.client.receipts import Verified, verify_answer
from exchange.client.tokens import Tokens
from exchange.ledger import note
from exchange.ledger.note import Checkpoint

TIMEOUT: Final = httpx.Timeout(30, connect=5)
"""Seconds; the exchange itself gives up on a provider before."""

JsonParams = Mapping[str, Any]


class Exchange:
    """Safe to share between threads. `key`: path of a key file, PEM text or a private JWK.

    `vkey` is the ledger's verifier key as it was given on paper; `memory` where the newest checkpoint is kept (a
    directory makes it last). `environment` lets httpx read proxies and the like from the environment; `tls` brings
    certificates of one's own; `scope` asks for less than everything registered.
    """

    def __init__(
        self,
        url: str,
        client_id: str | None,
        key: str | PathLike[str] | Mapping[str, Any] | None,
        *,
        vkey: str | None = None,
        memory: CheckpointMemory | str | PathLike[str] | None = None,
        scope: str | None = None,
        language: str = "en",
        timeout: httpx.Timeout | float = TIMEOUT,
        environment: bool = False,
        tls: ssl.SSLContext | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connects to nothing yet. Raises ValueError, UnreadableKeyFile, OSError."""
        self.url = requests.exchange_url(url, secret=client_id is not None)
        self.client_id = client_id
        self.memory = memory if isinstance(memory, CheckpointMemory) else CheckpointMemory(memory)
        self._vkey = vkey
        if (client_id is None) is not (key is None):
            raise ValueError("A client is named with its key; Exchange.anonymous(url) reads without either.")
        self._http = httpx.Client(
            base_url=self.url,
            timeout=timeout,
            trust_env=environment,
            verify=tls or True,
            transport=transport,
            headers={"accept": "application/json", "accept-encoding": "identity", "accept-language": language},
        )
        self._tokens: Tokens | None = None
        if client_id is not None and key is not None:
            jwk = private_jwk(client_id, key)
            self._tokens = Tokens(self._http, self.url, client_id, jwk, scope=scope)

    @classmethod
    def from_file(cls, url: str, path: str | PathLike[str], **more: Any) -> Self:
        """The client that a key file names."""
        return cls(url, *keyfiles.read(Path(path)), **more)

    @classmethod
    def anonymous(cls, url: str, **more: Any) -> Self:
        """What everybody may read, such as the catalog: nothing is sent that says who asks."""
        return cls(url, None, None, **more)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def __repr__(self) -> str:
        return f"Exchange({self.url!r}, {self.client_id!r})"

    def token(self) -> str:
        """An access token, for tools that bring no key of their own. It is a secret. Raises ValueError."""
        if self._tokens is None:
            raise ValueError("Nobody's exchange has no token: name a client and its key.")
        return self._tokens.get()

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(
        self,
        department: str,
        service: str,
        method: str,
        path: str,
        *,
        purpose: str,
        json: Any = None,
        params: JsonParams | None = None,
        basis: str | None = None,
        case: str | None = None,
        actor: str | None = None,
        fields: str | Iterable[str] | None = None,
        trace: str | None = None,
    ) -> Answer:
        """Call an operation. `path` is its raw path (`/v1/…`); None as `json` sends no body.

        Raises ExchangeError (see `errors`), ValueError for what cannot be sent.
        """
        headers = requests.call_headers(
            purpose=purpose, basis=basis, case=case, actor=actor, fields=fields, trace=trace
        )
        where = requests.call_path(department, service, path)
        return answers.of_call(self._send(method, where, headers, json=json, params=params))

    # -- receipts and ledger ------------------------------------------------------------------------------------------

    def receipt(self, call: str) -> bytes:
        """The receipt of a call as JSON with `proof`, `leaf` and `digest_key`; worth keeping. Raises NotFound."""
        return self._good("GET", f"/ledger/receipts/{call}.json").content

    def verify(self, answer: Answer, *, vkey: str | None = None, trust_on_first_use: bool = False) -> Verified:
        """Prove that this very answer stands in the ledger, and that the ledger still continues what was seen before.

        The key comes from `vkey`, from the constructor, or, only with `trust_on_first_use`, from the exchange itself
        at the first time. Raises Unverified, LogForked, ValueError without a key.
        """
        trusted = self._trusted(vkey, trust_on_first_use)
        verified = verify_answer(answer, self.receipt(answer.call), trusted)
        watch(self.memory, verified.checkpoint, note.parse_key(trusted), self._prove)
        return verified

    def watch_ledger(self, *, vkey: str | None = None, trust_on_first_use: bool = False) -> Checkpoint:
        """Fetch the newest checkpoint and hold it against the remembered one. Raises as `verify`."""
        key = note.parse_key(self._trusted(vkey, trust_on_first_use))
        return watch(self.memory, self._good("GET", "/ledger/checkpoint").content, key, self._prove)

    def _trusted(self, vkey: str | None, first_use: bool) -> str:
        trusted = vkey or self._vkey
        if trusted is None and first_use:
            trusted = self.memory.vkey or self.memory.pin(self._good("GET", "/ledger/vkey").text.strip())
        if trusted is None:
            raise ValueError("Give vkey=…, the ledger's verifier key as the operator handed it out.")
        return trusted.strip()

    def _prove(self, old: int, new: int) -> list[bytes] | None:
        try:
            document = self.get("/ledger/consistency", params={"old": old, "new": new})
        except NotFound:
            return None
        try:
            if document["old"] != old or document["new"] != new:
                raise Unverified("The exchange proves other sizes than it was asked for.")
            return [base64.b64decode(one, validate=True) for one in document["proof"]]
        except (KeyError, TypeError, binascii.Error):
            raise Unverified("The consistency proof cannot be read.") from None

    # -- management ---------------------------------------------------------------------------------------------------

    def get(self, path: str, params: JsonParams | None = None) -> Any:
        """The JSON at a path of the exchange (`/api/v1/…`)."""
        return answers.of_management(self._send("GET", requests.own_path(path), params=params))

    def post(self, path: str, json: Any = None, *, etag: str | int | None = None) -> Any:
        """Create or act; None for an answer without body. `etag` is a revision, for what needs If-Match."""
        return self._change("POST", path, json, etag)

    def put(self, path: str, json: Any, etag: str | int) -> Any:
        """Change what had this revision when it was read. Raises Conflict when it has another by now."""
        return self._change("PUT", path, json, etag)

    def delete(self, path: str, etag: str | int) -> Any:
        """Remove what had this revision when it was read."""
        return self._change("DELETE", path, None, etag)

    def upload(self, path: str, content: bytes, media_type: str, params: JsonParams | None = None) -> Any:
        """Send a document of another format; the JSON that is answered."""
        headers = httpx.Headers({"content-type": media_type})
        return answers.of_management(
            self._send("POST", requests.own_path(path), headers, content=content, params=params)
        )

    def download(self, path: str, params: JsonParams | None = None) -> Iterator[bytes]:
        """A document of any size, in pieces as they come."""
        headers = {"accept": "*/*"}
        if self._tokens is not None:
            headers["authorization"] = f"Bearer {self._tokens.get()}"
        try:
            with self._http.stream("GET", requests.own_path(path), headers=headers, params=params) as response:
                if not response.is_success:
                    response.read()
                    raise answers.refusal(response)
                yield from response.iter_bytes()
        except httpx.RequestError as error:
            raise errors.of_transport(error, self._http.base_url) from None

    def pages(self, path: str, params: JsonParams | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        asked = dict(params or {})
        while True:
            page = self.get(path, asked)
            yield from page["items"]
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]

    def _change(self, method: str, path: str, body: Any, etag: str | int | None) -> Any:
        headers = None if etag is None else httpx.Headers({"if-match": requests.etag(etag)})
        return answers.of_management(self._send(method, requests.own_path(path), headers, json=body))

    # -- sending ------------------------------------------------------------------------------------------------------

    def _good(self, method: str, path: str, params: JsonParams | None = None) -> httpx.Response:
        response = self._send(method, requests.own_path(path), params=params)
        if not response.is_success:
            raise answers.refusal(response)
        return response

    def _send(
        self,
        method: str,
        path: str,
        headers: httpx.Headers | None = None,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: JsonParams | None = None,
    ) -> httpx.Response:
        """Send with a token; once more with another when the exchange did not take it (401: nothing happened yet)."""
        if self._tokens is None:
            return self._send_with(None, method, path, headers, json, content, params)
        token = self._tokens.get()
        response = self._send_with(token, method, path, headers, json, content, params)
        if response.status_code != httpx.codes.UNAUTHORIZED or response.headers.get("hutong-source") == "provider":
            return response
        return self._send_with(self._tokens.renew(token), method, path, headers, json, content, params)

    def _send_with(
        self,
        token: str | None,
        method: str,
        path: str,
        headers: httpx.Headers | None,
        body: Any,
        content: bytes | None,
        params: JsonParams | None,
    ) -> httpx.Response:
        sent = httpx.Headers(headers)
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        try:
            return self._http.request(method, path, headers=sent, json=body, content=content, params=params)
        except httpx.RequestError as error:
            raise errors.of_transport(error, self._http.base_url) from None
