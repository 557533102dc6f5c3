"""What came back from a call."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from exchange.client import errors
from exchange.client.errors import ExchangeError, NotAnExchange


@dataclass(frozen=True, slots=True)
class Answer:
    """A released reply. `body` is its bytes as they came, `data` the same as JSON (None without a body).

    `receipt` is the path of its receipt. `status` may be a provider's own 4xx where its specification declares one.
    """

    status: int
    data: Any
    call: str
    receipt: str
    headers: httpx.Headers
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def of_call(response: httpx.Response) -> Answer:
    """The answer of a call. Raises ExchangeError for what the exchange says itself."""
    call, source = response.headers.get("hutong-call"), response.headers.get("hutong-source")
    if source != "provider":
        raise refusal(response)
    if not call:
        raise NotAnExchange("A reply without call id did not come through an exchange.")
    receipt = response.headers.get("hutong-receipt", "")
    return Answer(response.status_code, json_of(response), call, receipt, response.headers, response.content)


def of_management(response: httpx.Response) -> Any:
    """The JSON of a management answer; None without a body. Raises ExchangeError."""
    if not response.is_success:
        raise refusal(response)
    return json_of(response)


def json_of(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content) if response.content else None
    except (ValueError, RecursionError):
        text = f"The answer {response.status_code} from {response.url.host} is no JSON."
        raise NotAnExchange(text, call=response.headers.get("hutong-call")) from None


def refusal(response: httpx.Response) -> ExchangeError:
    """What an answer stands for that is not the one asked for."""
    if response.status_code < 400:
        text = f"The answer {response.status_code} from {response.url.host} did not come from an exchange."
        return NotAnExchange(text, call=response.headers.get("hutong-call"))
    return errors.of_response(response)
