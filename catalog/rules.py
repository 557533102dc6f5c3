"""The calling rule (调用规则): the offer under which a dataset can be called.

Agreements are drawn within it: they may allow less than the rule, never more.
"""

from pydantic import Field as Shape

from standards.models import Draft


class QuotaTerms(Draft):
    """At most `count` calls per window, windows aligned to the exchange's time zone."""

    count: int = Shape(ge=1, le=1_000_000_000)
    window: str = Shape(pattern="^(minute|hour|day|month)$")


class CallingRule(Draft):
    """Which purposes are served, on which legal bases, how often at most, and what is always masked."""

    purposes: list[str] = Shape(min_length=1, max_length=100, description="codes of the published purposes list")
    bases: list[str] = Shape(min_length=1, max_length=50, description="legal bases, ASCII references")
    quota: QuotaTerms | None = None
    case_required: bool = True
    actor_required: bool = True
    masks: dict[str, str] = Shape(default_factory=dict, description="item path → mask every agreement must carry")
