"""Crosswalks of the city: how the tax office's words for a company relate to the register's."""

from standards.models import CrosswalkDraft, Match, Pair

CROSSWALKS = (
    CrosswalkDraft(
        slug="tax-status-to-company-status",
        version="1.0.0",
        name={"zh": "税务登记状态与企业登记状态对照", "en": "Tax status to status in the company register"},
        source="tax-status",
        source_version="1.0.0",
        target="company-status",
        target_version="1.0.0",
        pairs=[
            Pair(source="normal", target="in-business", match=Match.BROADER),
            Pair(source="abnormal", target="in-business", match=Match.BROADER),
            Pair(source="closed-for-now", target="suspended", match=Match.EXACT),
            Pair(source="cancelled", target="deregistered", match=Match.RELATED),
        ],
    ),
)
"""A company that gave up its tax registration may still stand in the register, so `cancelled` never translates."""
