"""The ruleset for Spectral: readable, of known functions and well-formed places, honest about what it leaves out."""

import re
from typing import Any

import jsonschema_rs
import pytest
import yaml

from standards import lint
from standards.lint import spectral

CORE = {
    "alphabetical", "casing", "defined", "enumeration", "falsy", "length", "or", "pattern", "schema", "truthy",
    "typedEnum", "undefined", "unreferencedReusableObject", "xor",
}  # fmt: skip
RULESET: dict[str, Any] = yaml.safe_load(spectral.text())
OURS = {name: rule for name, rule in RULESET["rules"].items() if name.startswith(spectral.PREFIX)}
STEP = re.compile(
    r"\$|\.\.?(?=\[)|\.\.?[A-Za-z][A-Za-z-]*|\[\*\]|\[[a-z]+(,[a-z]+)*\]|\['[^']+'\]|\[\?\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\]"
)


def thens(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return rule["then"] if isinstance(rule["then"], list) else [rule["then"]]


def test_every_rule_is_said_or_its_silence_explained() -> None:
    ways = [set(spectral.SAID), set(spectral.BUILT_IN), set(spectral.UNSAID)]
    assert set().union(*ways) == {each.id for each in lint.RULES}
    assert sum(map(len, ways)) == len(lint.RULES)
    for id, reason in spectral.UNSAID.items():
        assert f"#   {id}: {reason}\n" in spectral.text()


def test_the_text_is_the_ruleset() -> None:
    assert spectral.ruleset() == RULESET
    assert RULESET["extends"] == [["spectral:oas", "off"]]


@pytest.mark.parametrize("name", OURS)
def test_a_rule_is_one_that_spectral_reads(name: str) -> None:
    rule = OURS[name]
    assert rule.keys() <= {"description", "message", "severity", "given", "then", "resolved"}
    assert rule["severity"] in ("error", "warn", "hint")
    place, _, end = rule["given"].partition("~")
    assert end == ""
    assert place.startswith("$")
    assert "".join(found[0] for found in STEP.finditer(place)) == place
    for then in thens(rule):
        assert then.keys() <= {"field", "function", "functionOptions"}
        assert then["function"] in CORE
        options = then.get("functionOptions", {})
        if then["function"] == "pattern":
            assert options.keys() in ({"match"}, {"notMatch"})
            re.compile(next(iter(options.values())).strip("/i"))
        if then["function"] == "schema":
            jsonschema_rs.validator_for(options["schema"])
        if then["function"] == "enumeration":
            assert options["values"]


def test_its_patterns_agree_with_ours(sound: dict[str, Any]) -> None:
    """What is said by `pattern` of keys of `paths` holds for a sound document."""
    for name in ("path-version", "path-segments", "trailing-slash"):
        options = spectral.SAID[name]["then"]["functionOptions"]
        for path in sound["paths"]:
            assert (
                not re.search(options["notMatch"], path) if "notMatch" in options else re.search(options["match"], path)
            )
