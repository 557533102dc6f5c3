"""The published profile has every word that is written and read here, in both languages, and no other."""

import re
from pathlib import Path

from rdflib import RDF, SKOS, Graph

from policies.odrl import publishing, vocabulary
from policies.odrl.vocabulary import ODRL, OURS

ODRL_ROOM = Path(vocabulary.__file__).parent


def profile() -> Graph:
    return Graph().parse(data=publishing.profile(), format="turtle")


def local(kind: object) -> set[str]:
    return {str(one).removeprefix(str(OURS)) for one in profile().subjects(RDF.type, kind)}


def test_operands_and_actions_are_those_that_are_known() -> None:
    assert local(ODRL.LeftOperand) | {"sharingClass"} == vocabulary.OWN_LEFT
    assert local(ODRL.Action) == vocabulary.OWN_ACTIONS
    assert local(RDF.Property) == {str(one).removeprefix(str(OURS)) for one in vocabulary.OWN_PROPERTIES} | {
        "sharingClass"
    }


def test_every_word_in_the_code_is_published() -> None:
    used = {name for file in ODRL_ROOM.glob("*.py") for name in re.findall(r"\bOURS\.(\w+)", file.read_text("utf-8"))}
    assert used
    assert used <= local(SKOS.Concept)


def test_every_word_is_explained_in_both_languages() -> None:
    graph = profile()
    for one in graph.subjects(RDF.type, SKOS.Concept):
        for name in (SKOS.prefLabel, SKOS.definition):
            assert {text.language for text in graph.objects(one, name)} == {"zh", "en"}, one
