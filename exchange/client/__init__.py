"""The SDK: what an application needs to call through an exchange, and to prove afterwards what it was given."""

from exchange.client.answers import Answer
from exchange.client.checkpoints import CheckpointMemory
from exchange.client.errors import (
    Conflict,
    ExchangeError,
    InvalidRequest,
    LogForked,
    MalformedRequest,
    NotAnExchange,
    NotFound,
    NotPermitted,
    ProviderBrokeStandard,
    ProviderError,
    ProviderFailed,
    ProviderTooSlow,
    QuotaExhausted,
    Refused,
    Unavailable,
    Unidentified,
    Unreachable,
    Unverified,
)
from exchange.client.exchange import Exchange
from exchange.client.receipts import Verified

__all__ = [
    "Answer",
    "CheckpointMemory",
    "Conflict",
    "Exchange",
    "ExchangeError",
    "InvalidRequest",
    "LogForked",
    "MalformedRequest",
    "NotAnExchange",
    "NotFound",
    "NotPermitted",
    "ProviderBrokeStandard",
    "ProviderError",
    "ProviderFailed",
    "ProviderTooSlow",
    "QuotaExhausted",
    "Refused",
    "Unavailable",
    "Unidentified",
    "Unreachable",
    "Unverified",
    "Verified",
]
