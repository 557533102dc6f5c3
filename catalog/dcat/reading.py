"""Datasets as a graph describes them, in the words of DCAT-AP 3.0.1 and of our own vocabulary. Pure.

What is read is bounded by the graph: a path from a dataset to what is said of it has at most three steps, so blank
nodes that lead in a circle lead nowhere. Texts in Chinese and English are taken, others only where neither is there.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from catalog.dcat import vocabulary
from catalog.dcat.vocabulary import PREFIXES, coded, named
from catalog.imports import Incoming, Unreadable, slug_of
from catalog.models import SharingClass
from standards import strict_json
from standards.validation import Finding

_OURS: Final = re.compile(r"/catalog/datasets/([a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*)$")
_STANDARD: Final = re.compile(r"urn:hutong:standard:([a-z0-9-]+):(\d+\.\d+\.\d+)")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
DEFAULTS: Final = {"sharing_class": str(SharingClass.CONDITIONAL)}
"""Of a dataset that is new here: nobody is promised more than they were."""
_CLASS = {code: sharing_class for sharing_class, code in vocabulary.ACCESS.items()}
_TAG = {code: tag for tag, code in vocabulary.LANGUAGE.items()}


ReadRule = Callable[[Graph, URIRef], tuple[dict[str, Any] | None, list[Finding]]]


def _iri(prefix: str, name: str) -> URIRef:
    return URIRef(PREFIXES[prefix] + name)


def _dcat(name: str) -> URIRef:
    return _iri("dcat", name)


def _vcard(name: str) -> URIRef:
    return _iri("vcard", name)


def _own(name: str) -> URIRef:
    return _iri("hutong", name)


# By these a dataset refers to another one, which is described only as far as the reference needs.
_REFERENCES = (DCTERMS.source, DCTERMS.relation, DCTERMS.isVersionOf, _dcat("previousVersion"), _dcat("prev"))


def incoming(graph: Graph, rule: ReadRule | None = None) -> tuple[list[Incoming], list[Finding]]:
    """Every dataset of the catalogs in the graph, or every dataset there is without one; and what is no dataset.

    `rule` reads the calling rule out of a dataset's policy; without it policies are left alone.
    """
    found, faults = [], []
    known, spoiled = dict[tuple[Node, URIRef | None], Any](), _spoiled(graph)
    for subject in _datasets(graph):
        if isinstance(subject, URIRef):
            try:
                one = _with_rule(graph, subject, _Description(graph, subject, known).incoming(), rule)
                json.dumps([one.source, dict(one.said)], ensure_ascii=False).encode()  # half of a pair of characters
                if subject in spoiled:
                    raise UnicodeError
                found.append(one)
            except Exception:  # one description that cannot be taken as it is spoils no other
                place = str(subject).encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")
                faults.append(Finding(f"/{place[:2000]}", "unreadable", "a description in whole characters"))
        else:
            faults.append(Finding("", "iri", "an IRI for every dataset: one is a blank node"))
    if not found and not faults:
        faults.append(Finding("", "empty", "at least one dcat:Dataset, named by an IRI"))
    return found, faults


def _with_rule(graph: Graph, subject: URIRef, one: Incoming, rule: ReadRule | None) -> Incoming:
    if rule is None:
        return one
    said, notes = rule(graph, subject)
    return replace(one, said={**one.said, **({"calling_rule": said} if said else {})}, notes=(*one.notes, *notes))


def following(graph: Graph) -> str | None:
    """The address of the page after this one (Hydra core vocabulary, of today and of yesterday). Raises Unreadable."""
    pages = {str(page) for name in ("next", "nextPage") for page in graph.objects(None, _iri("hydra", name))}
    if strict_json.half_in(sorted(pages)) is not None:
        raise Unreadable("", "surrogate", "the next page's address in whole characters")
    return min(pages) if pages else None


def _spoiled(graph: Graph) -> set[Node]:
    """What the graph tells anything of in half of a surrogate pair, and what leads there through blank nodes.

    A node with a name of its own spoils none that refers to it, but where what it says is taken over.
    """
    waiting = [subject for subject, *said in graph if strict_json.half_in(list(map(str, said))) is not None]
    found = set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph.subjects(None, node) if isinstance(node, BNode) else ()
    return found


def _datasets(graph: Graph) -> list[Node]:
    listed = {found for catalog in graph.subjects(RDF.type, _dcat("Catalog"))
              for found in graph.objects(catalog, _dcat("dataset"))}  # fmt: skip
    if not listed:
        referred = {found for name in _REFERENCES for found in graph.objects(None, name)}
        listed = set(graph.subjects(RDF.type, _dcat("Dataset"))) - referred
    return sorted(listed, key=str)


class _Description:
    """What the graph says of one dataset; `known` what was found out of things that many datasets share."""

    def __init__(self, graph: Graph, subject: URIRef, known: dict[tuple[Node, URIRef | None], Any]) -> None:
        self._known = known
        self._graph = graph
        self._subject = subject
        self._notes: list[Finding] = []

    def incoming(self) -> Incoming:
        title = self._texts(self._subject, DCTERMS.title) or {}
        description = self._texts(self._subject, DCTERMS.description)
        if description is None:
            self._notes.append(Finding("/description", "missing", "a description: until then the title stands for it"))
        said: dict[str, Any] = {"title": title or None, "description": description or title or None}
        said |= self._general() | self._own_words()
        name = unquote(re.split(r"[/#:]", str(self._subject).rstrip("/#"))[-1])
        slug = slug_of(name, title, str(self._subject))
        return Incoming(str(self._subject), slug, said, tuple(self._notes), DEFAULTS)

    def _general(self) -> dict[str, Any]:
        """What DCAT-AP has words for: always said, if only that there is nothing."""
        said = {
            **self._sharing_class(),
            "themes": self._themes(),
            "keywords": sorted({str(word) for word in self._literals(self._subject, _dcat("keyword"))}),
            "formats": self._formats(),
            "legislation": sorted(self._law(law) for law in self._objects(_iri("dcatap", "applicableLegislation"))),
            "licence": self._licence(),
            "contact_point": self._contact(),
            "spatial": sorted({self._place(place) for place in self._objects(DCTERMS.spatial)}),
            "temporal": self._period(),
            "provenance": self._provenance(),
            "landing_page": next((str(page) for page in self._iris(_dcat("landingPage"))), None),
            "derived_from": self._referred(DCTERMS.source, "/derived_from"),
            "related": self._referred(DCTERMS.relation, "/related"),
            **self._standard(),
        }
        languages, cycle = sorted(set(self._languages())), self._cycle()
        return said | ({"languages": languages} if languages else {}) | ({"update_cycle": cycle} if cycle else {})

    def _own_words(self) -> dict[str, Any]:
        """What only our vocabulary says; of a catalog that does not speak it, nothing."""
        if self._word(self._subject, "sharingClass") is None:
            return {}
        items = [self._item(node) for node in self._objects(_own("item"))]
        return {
            "sharing_class": self._word(self._subject, "sharingClass"),
            "sharing_reason": self._texts(self._subject, _own("sharingReason")),
            "category": self._word(self._subject, "category"),
            "sharing_mode": self._word(self._subject, "sharingMode"),
            "open_class": self._word(self._subject, "openClass"),
            "open_condition": self._texts(self._subject, _own("openCondition")),
            "source_system": self._texts(self._subject, _own("sourceSystem")),
            "items": [item for _, item in sorted(items, key=lambda pair: (pair[0], str(pair[1].get("path"))))],
        }

    def _item(self, node: Node) -> tuple[int, dict[str, Any]]:
        said = {
            "path": self._word(node, "path"),
            "title": self._texts(node, DCTERMS.title),
            "description": self._texts(node, DCTERMS.description),
            "sharing_class": self._word(node, "sharingClass"),
            "sensitivity": self._number(node, "sensitivity"),
            "identifies": self._word(node, "identifies"),
            "element": self._word(node, "element"),
            "authoritative": True if self._word(node, "authoritative") == "true" else None,
            "data_type": self._word(node, "dataType"),
            "length": self._number(node, "length"),
            "open_class": self._word(node, "openClass"),
        }
        position = self._number(node, "position")
        return position if position is not None else 0, {name: one for name, one in said.items() if one is not None}

    # -- one field each --------------------------------------------------------------------------------------------

    def _sharing_class(self) -> dict[str, str]:
        """Nothing where the source says nothing that is known here."""
        codes = [coded("euaccess", str(found)) for found in self._objects(DCTERMS.accessRights)]
        return next(({"sharing_class": str(_CLASS[code])} for code in codes if code in _CLASS), {})

    def _themes(self) -> list[str]:
        own, european = set[str](), set[str]()
        for concept in self._objects(_dcat("theme")):
            code = coded("eutheme", str(concept))
            if code is not None:
                european.add(code)
            else:
                notation = self._texts(concept, SKOS.notation) or {}
                own.add(next(iter(notation.values()), None) or self._label(concept))
        return sorted(own or european)

    def _languages(self) -> Iterator[str]:
        for found in self._objects(DCTERMS.language):
            code = coded("eulanguage", str(found))
            tag = _TAG.get(code) if code else named("language", str(found))
            if tag or isinstance(found, Literal):
                yield tag or str(found)

    def _cycle(self) -> str | None:
        codes = [coded("eufrequency", str(found)) for found in self._objects(DCTERMS.accrualPeriodicity)]
        known = vocabulary.NEAREST_CYCLE
        return next((str(known[code]) for code in codes if code is not None and code in known), None)

    def _formats(self) -> list[str]:
        own = {str(one) for one in self._literals(self._subject, _own("format"))}
        if own or self._word(self._subject, "sharingClass"):
            return sorted(own)
        found = set[str]()
        for distribution in self._objects(_dcat("distribution")):
            for name in (DCTERMS.format, _dcat("mediaType")):
                found |= {self._label(one).lower() for one in self._graph.objects(distribution, name)}
        return sorted(found)

    def _law(self, law: Node) -> str:
        return named("law", str(law)) or (str(law) if isinstance(law, URIRef) else self._label(law))

    def _licence(self) -> str | None:
        holders = [self._subject, *self._objects(_dcat("distribution"))]
        found = [one for holder in holders for one in sorted(self._graph.objects(holder, DCTERMS.license), key=str)]
        if not found:
            return None
        first = found[0]
        own = str(first) == f"{self._subject}#licence" or isinstance(first, BNode)
        return self._label(first) if own else str(first)

    def _contact(self) -> dict[str, Any] | None:
        node = next(iter(self._objects(_dcat("contactPoint"))), None)
        name = node and (self._texts(node, _vcard("fn")) or self._texts(node, _vcard("organization-name")))
        if not node or not name:
            return None
        said = {"name": name, "email": self._address(node, _vcard("hasEmail"), "mailto:")}
        said["phone"] = self._address(node, _vcard("hasTelephone"), "tel:")
        return {key: value for key, value in said.items() if value}

    def _address(self, node: Node, name: URIRef, scheme: str) -> str | None:
        for found in sorted(self._graph.objects(node, name), key=str):
            values = [found, *sorted(self._graph.objects(found, _vcard("hasValue")), key=str)]
            for value in values:
                if not isinstance(value, BNode):
                    text = str(value)
                    return unquote(text.removeprefix(scheme)) if text.startswith(scheme) else text
        return None

    def _place(self, place: Node) -> str:
        return named("division", str(place)) or (str(place) if isinstance(place, URIRef) else self._label(place))

    def _period(self) -> dict[str, str] | None:
        for period in self._objects(DCTERMS.temporal):
            said = {
                side: self._date(period, name, side)
                for side, name in (("start", _dcat("startDate")), ("end", _dcat("endDate")))
            }
            return {side: day for side, day in said.items() if day} or None
        return None

    def _date(self, period: Node, name: URIRef, side: str) -> str | None:
        for found in self._literals(period, name):
            text = str(found)
            text = f"{text}-01-01" if side == "start" and len(text) == 4 else text
            text = f"{text}-12-31" if side == "end" and len(text) == 4 else text
            try:
                return date.fromisoformat(text[:10]).isoformat()
            except ValueError:
                self._notes.append(Finding(f"/temporal/{side}", "date", "a date (xsd:date) or a year"))
        return None

    def _provenance(self) -> dict[str, str] | None:
        for statement in self._objects(DCTERMS.provenance):
            if isinstance(statement, Literal):
                return self._texts(self._subject, DCTERMS.provenance)
            return self._texts(statement, RDFS.label) or self._texts(statement, DCTERMS.description)
        return None

    def _referred(self, name: URIRef, pointer: str) -> list[str]:
        ids = set[str]()
        for found in self._objects(name):
            ours = _OURS.search(str(found))
            if ours:
                ids.add(ours[1])
            else:
                self._notes.append(Finding(pointer, "unknown", "datasets of this exchange; another one is left out"))
        return sorted(ids)

    def _standard(self) -> dict[str, str | None]:
        for found in self._objects(DCTERMS.conformsTo):
            ours = _STANDARD.fullmatch(str(found))
            if ours:
                return {"standard": ours[1], "standard_version": ours[2]}
        return {}

    # -- what stands in the graph ----------------------------------------------------------------------------------

    def _objects(self, name: URIRef) -> list[Node]:
        return sorted(self._graph.objects(self._subject, name), key=str)

    def _iris(self, name: URIRef) -> Iterator[URIRef]:
        return (found for found in self._objects(name) if isinstance(found, URIRef))

    def _literals(self, node: Node, name: URIRef) -> list[Literal]:
        return sorted((one for one in self._graph.objects(node, name) if isinstance(one, Literal)), key=str)

    def _word(self, node: Node, name: str) -> str | None:
        return next((str(found) for found in self._literals(node, _own(name))), None)

    def _number(self, node: Node, name: str) -> int | None:
        text = self._word(node, name) or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None

    def _texts(self, node: Node, name: URIRef) -> dict[str, str] | None:
        """The texts of a property by language; the first one where a language has several."""
        if (node, name) not in self._known:
            self._known[node, name] = self._written(node, name)
        return dict(self._known[node, name]) or None

    def _written(self, node: Node, name: URIRef) -> dict[str, str]:
        texts, others = dict[str, str](), list[str]()
        for found in self._literals(node, name):
            tag = (found.language or "").lower().split("-")[0]
            if tag in ("zh", "en"):
                texts.setdefault(tag, str(found))
            else:
                others.append(str(found))
        if not texts and others:
            texts["zh" if _HAN.search(others[0]) else "en"] = others[0]
        return texts

    def _label(self, node: Node) -> str:
        if (node, None) not in self._known:
            self._known[node, None] = self._called(node)
        return str(self._known[node, None])

    def _called(self, node: Node) -> str:
        """How a thing is called: by its own name for a text, by its label, by the last part of its IRI."""
        if isinstance(node, Literal):
            return str(node)
        for name in (SKOS.prefLabel, RDFS.label, DCTERMS.title, FOAF.name, DCTERMS.identifier):
            texts = self._texts(node, name)
            if texts:
                return texts.get("zh") or texts["en"]
        return unquote(re.split(r"[/#:]", str(node).rstrip("/#"))[-1]) if isinstance(node, URIRef) else "unnamed"
