"""Whether the terms of an agreement stay within the calling rule, the offer they are drawn under. Pure.

Pointers name places in the terms; what is expected is said from the rule, never from the terms.
"""

import unicodedata
from collections.abc import Sequence

from catalog.rules import REFERENCE_BYTES, CallingRule, QuotaTerms, is_reference
from policies.models import AgreementTerms
from standards.validation import Finding

# Windows nest. Counted as 24 hours and 31 days, whatever a change of the clock or a short month makes of them.
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "month": 31 * 24 * 60}


def exceeded(terms: AgreementTerms, rule: CallingRule) -> list[Finding]:
    """Everything in which the terms go beyond the rule; empty when they stay within it."""
    return [
        *_words("/purposes", terms.purposes, rule.purposes),
        *_words("/bases", terms.bases, rule.bases),
        *_quota(terms.quota, rule.quota),
        *_masks(terms, rule),
        *_accountability(terms, rule),
    ]


def _words(pointer: str, claimed: Sequence[str], offered: Sequence[str]) -> list[Finding]:
    if not claimed:
        return [Finding(pointer, "empty", "at least one entry of the calling rule: an empty list permits nothing")]
    named = [(f"{pointer}/{index}", word) for index, word in enumerate(claimed)]
    return [_unlisted(place, word, offered) for place, word in named if word not in offered]


def _unlisted(pointer: str, word: str, offered: Sequence[str]) -> Finding:
    for candidate in offered:
        if _folded(candidate) == _folded(word):
            expected = f"{candidate}, exactly: what is written differs only by case or width"
            return Finding(pointer, "case-or-width", expected)
    if not is_reference(word):
        return Finding(pointer, "ascii", f"1 to {REFERENCE_BYTES} visible ASCII characters, as a call's header holds")
    return Finding(pointer, "calling-rule", f"one of {', '.join(offered)}")


def _folded(word: str) -> str:
    """Case and width taken away, to recognise a near miss; never to accept one."""
    return unicodedata.normalize("NFKC", word).casefold()


def _quota(claimed: QuotaTerms | None, offered: QuotaTerms | None) -> list[Finding]:
    if offered is None or (claimed is not None and most(claimed, offered.window) <= offered.count):
        return []
    return [Finding("/quota", "calling-rule", f"a quota of at most {offered.count} calls per {offered.window}")]


def most(quota: QuotaTerms, window: str) -> int:
    """The most calls the quota lets through within one `window`."""
    return quota.count * max(1, -(-MINUTES[window] // MINUTES[quota.window]))


def _masks(terms: AgreementTerms, rule: CallingRule) -> list[Finding]:
    carried = {(mask.item, mask.function) for mask in terms.masks}
    return [
        Finding("/masks", "calling-rule", f"the mask {function} on {path}, which the calling rule asks for")
        for path, function in rule.masks.items()
        if path in terms.items and (path, function) not in carried
    ]


def _accountability(terms: AgreementTerms, rule: CallingRule) -> list[Finding]:
    return [
        Finding(f"/{name}", "calling-rule", "true, as the calling rule asks for it")
        for name in ("case_required", "actor_required")
        if getattr(rule, name) and not getattr(terms, name)
    ]
