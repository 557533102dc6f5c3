"""The calling rule (调用规则): the offer under which a dataset can be called.

Agreements are drawn within it: they may allow less than the rule, never more.
"""

from typing import Annotated

from pydantic import Field as Shape

from standards.models import Draft

REFERENCE_BYTES = 128

# What a call can carry in a header: visible ASCII, so that every client can send it and no two look alike.
Reference = Annotated[str, Shape(pattern=r"^[\x21-\x7e]+$", max_length=REFERENCE_BYTES)]


class QuotaTerms(Draft):
    """At most `count` calls per window, windows aligned to the exchange's time zone."""

    count: int = Shape(ge=1, le=1_000_000_000)
    window: str = Shape(pattern="^(minute|hour|day|month)$")


class CallingRule(Draft):
    """Which purposes are served, on which legal bases, how often at most, and what is always masked."""

    purposes: list[Reference] = Shape(min_length=1, max_length=100, description="codes of the published purposes list")
    bases: list[Reference] = Shape(min_length=1, max_length=50, description="legal bases, ASCII references")
    quota: QuotaTerms | None = None
    case_required: bool = True
    actor_required: bool = True
    masks: dict[str, str] = Shape(default_factory=dict, description="item path → mask every agreement must carry")


def is_reference(text: str) -> bool:
    """Whether a call can name this purpose or basis: 1 to 128 visible ASCII characters, no space."""
    return 0 < len(text) <= REFERENCE_BYTES and all("\x21" <= character <= "\x7e" for character in text)
