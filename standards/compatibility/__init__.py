"""May one version of a schema take the place of another? A sound answer, with reasons and witnesses.

    verdicts     compare, check, includes: the questions
    findings     modes, reason codes, what a verdict looks like
    graph        both schemas as places; which of them mean the same
    facts        what is known of values that satisfy several schemas
    prover       the proof; rules: what each keyword needs (scalars, objects, arrays, applied)
    samples      values at the edges; witnesses: whole values that show a finding
    content      open and closed content models; draft07: translation

Soundness: `compatible` is only said where a proof was found, and every step of one holds for all values. Where the
rules, or the bounds on work, do not suffice, the verdict is incompatible with the reason `not-decided`.
"""

from standards.compatibility.budget import Budget
from standards.compatibility.draft07 import translate_draft07
from standards.compatibility.findings import REASONS, Incompatibility, Mode, Verdict
from standards.compatibility.verdicts import check, compare, includes, refuse_unusable

__all__ = [
    "REASONS",
    "Budget",
    "Incompatibility",
    "Mode",
    "Verdict",
    "check",
    "compare",
    "includes",
    "refuse_unusable",
    "translate_draft07",
]
