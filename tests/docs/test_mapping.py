"""The page on mapping documents: its example works, and every operation and unit stands in it."""

import json
import re
from collections.abc import Callable

from standards.mapping import compile, examples, units
from standards.mapping.document import KINDS, parse
from standards.mapping.simulation import simulate


def test_the_example_is_a_mapping_that_does_what_it_says(document: Callable[[str], str]) -> None:
    found = re.search(r"```json\n(.*?)```", document("docs/mapping.md"), re.DOTALL)
    assert found is not None
    shown = json.loads(found[1])
    for example in parse(shown, {}).examples:
        assert simulate(compile(shown), None, example.input).record == example.expected
    assert list(examples.personal(shown)) == []


def test_every_operation_parameter_and_unit_is_told(document: Callable[[str], str]) -> None:
    page = document("docs/mapping.md")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == KINDS.keys()
    for kind in KINDS.values():
        for name, field in kind.shape.model_fields.items():
            assert f"`{field.alias or name}`" in page or field.alias == "from" or name == "op", (kind.name, name)
    told = re.search(r"\*\*Units\*\*: (.*?)\.\n", page, re.DOTALL)
    assert told is not None
    assert set(told[1].replace("·", " ").split()) == units.UNITS.keys()
