"""What every registration has in common."""

from catalog.registration import InvalidRegistration, told
from standards.validation import Finding


def test_a_refusal_tells_its_findings():
    error = InvalidRegistration([Finding("/slug", "taken", "another slug"), Finding("", "schema", "an object")])
    assert str(error).endswith("/slug: another slug; /: an object.")
    assert len(error.findings) == 2


def test_a_long_list_is_cut_in_the_message_but_kept_in_the_findings():
    findings = [Finding(f"/items/{number}", "item", "known") for number in range(20)]
    assert told(findings).endswith("/items/7: known; and 12 more.")
    assert len(InvalidRegistration(findings).findings) == 20
