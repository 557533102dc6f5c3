"""What a catalog and its datasets are in the words of DCAT-AP 3.0.1: nested nodes, in the terms of our context. Pure.

A node is a dict that is JSON-LD as it stands. Every node has an `id` and a `type`, no node is blank, and what a node
refers to is described, and so typed, wherever it is referred to.

What DCAT-AP asks (mandatory: Catalog title, description, publisher; Dataset title, description; Distribution accessURL;
DataService title, endpointURL; Agent name) is always there. What it has no words for, such as the sharing class of an
item, stands under `urn:hutong:vocabulary#`, so that a description read again is the registration it came from.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from catalog.dcat import vocabulary
from catalog.dcat.gathering import Brief, Entry, Texts
from catalog.dcat.vocabulary import Names, urn
from catalog.models import DataItem, Department, Service, SharingClass, UpdateCycle

Node = dict[str, Any]


def catalog(names: Names, title: Texts, publisher: Texts, *, modified: datetime | None = None) -> Node:
    """The catalog itself, without its datasets."""
    told = {
        "zh": "本市各部门登记、发布的数据资源目录，由交换平台生成。",
        "en": "The datasets that the city's departments have registered and published, as the exchange knows them.",
    }
    return _node(
        names.catalog,
        "dcat:Catalog",
        title=title,
        description=told,
        publisher=_agent(names.publisher, publisher),
        language=[_language("zh"), _language("en")],
        modified=_instant(modified),
    )


def view(names: Names, page: str, following: str | None) -> Node:
    """One page of the catalog among its pages (Hydra core vocabulary); addresses of pages as they were asked for."""
    return _node(
        page,
        "hydra:PartialCollectionView",
        firstPage={"id": names.catalog},
        nextPage={"id": following} if following else None,
    )


def dataset(entry: Entry, names: Names, policy: Node | None = None) -> Node:
    """A dataset with its distributions, the services behind them, its items and everything it refers to.

    `policy` is what it is offered under, described elsewhere.
    """
    row, about = entry.dataset, entry.dataset.about
    licence = _licence(about, names, row.id)
    standard = _standard(entry, names)
    legislation = [_law(law) for law in about.get("legislation", ())]
    return _node(
        names.dataset(row.id),
        "dcat:Dataset",
        title=row.title,
        description=row.description,
        identifier=[row.id, *([row.resource_code] if row.resource_code else [])],
        publisher=_department(entry.department, names),
        accessRights=_access(row.sharing_class),
        sharingClass=row.sharing_class,
        sharingReason=row.sharing_reason,
        withdrawsAt=_instant(row.withdraws_at),
        withdrawalReason=row.withdrawal_reason,
        accrualPeriodicity=_frequency(row.update_cycle),
        conformsTo=standard,
        applicableLegislation=legislation,
        license=licence,
        issued=_instant(row.published_at),
        modified=_instant(row.changed_at or row.created_at),
        version=str(row.version),
        previousVersion=_previous(entry, names),
        item=[_item(row.id, index, item, names) for index, item in enumerate(entry.items)],
        hasPolicy=policy,
        distribution=[_distribution(entry, service, names, legislation) for service in entry.services],
        **_described(entry, names),
    )


def _described(entry: Entry, names: Names) -> Node:
    """The fields of `catalog.models.Metadata` that are a property of the dataset alone."""
    id, about = entry.dataset.id, entry.dataset.about
    return {
        "category": about.get("category"),
        "theme": [node for code in about.get("themes", ()) for node in _themes(code, entry, names)],
        "keyword": about.get("keywords"),
        "givenFormat": about.get("formats"),
        "language": [_language(tag) for tag in about.get("languages", ())],
        "sharingMode": about.get("sharing_mode"),
        "openClass": about.get("open_class"),
        "openCondition": about.get("open_condition"),
        "contactPoint": _contact(about.get("contact_point"), names.part(id, "contact")),
        "spatial": [_place(code) for code in about.get("spatial", ())],
        "temporal": _period(about.get("temporal"), names.part(id, "period")),
        "sourceSystem": about.get("source_system"),
        "provenance": _labelled(about.get("provenance"), names.part(id, "provenance"), "dct:ProvenanceStatement"),
        "landingPage": _web(about.get("landing_page"), "foaf:Document"),
        "source": [_reference(other, entry, names) for other in about.get("derived_from", ())],
        "relation": [_reference(other, entry, names) for other in about.get("related", ())],
    }


def _distribution(entry: Entry, service: Service, names: Names, legislation: Sequence[Node]) -> Node:
    return _node(
        names.part(entry.dataset.id, f"distribution-{service.slug}"),
        "dcat:Distribution",
        title=service.title,
        accessURL=_resource(names.endpoint(service.id)),
        accessService=_service(entry, service, names, legislation),
        format=_node(vocabulary.authority("eufile", "JSON"), "dct:MediaTypeOrExtent"),
        conformsTo=_standard(entry, names),
        license=_licence(entry.dataset.about, names, entry.dataset.id),
    )


def _service(entry: Entry, service: Service, names: Names, legislation: Sequence[Node]) -> Node:
    version = f"{service.interface}:{service.interface_version}"
    return _node(
        names.part(entry.dataset.id, f"service-{service.slug}"),
        "dcat:DataService",
        title=service.title,
        endpointURL=_resource(names.endpoint(service.id)),
        endpointDescription=_resource(f"{names.endpoint(service.id)}/openapi.json"),
        servesDataset={"id": names.dataset(entry.dataset.id)},
        accessRights=_access(entry.dataset.sharing_class),
        applicableLegislation=legislation,
        conformsTo=_node(f"urn:hutong:interface:{version}", "dct:Standard", title={"en": version}),
        publisher=_department(entry.department, names),
    )


def _item(id: str, index: int, item: DataItem, names: Names) -> Node:
    about = item.about
    return _node(
        names.part(id, f"item-{item.path}"),
        "hutong:DataItem",
        position=index,
        path=item.path,
        title=item.title,
        description=about.get("description"),
        sharingClass=item.sharing_class,
        sensitivity=item.sensitivity,
        identifies=item.identifies,
        element=item.element,
        authoritative=item.authoritative or None,
        dataType=about.get("data_type"),
        itemLength=about.get("length"),
        openClass=about.get("open_class"),
    )


def _themes(code: str, entry: Entry, names: Names) -> Iterator[Node]:
    """Our own concept, and the European data theme beside it where one is near."""
    near = vocabulary.theme(code)
    label = entry.themes.get(code) or {"zh": code}
    scheme = _node(names.themes, "skos:ConceptScheme", title={"zh": "主题", "en": "Themes"})
    match = _node(near, "skos:Concept", prefLabel=label) if near else None
    yield _node(names.theme(code), "skos:Concept", notation=code, prefLabel=label, inScheme=scheme, closeMatch=match)
    if near:
        yield _node(near, "skos:Concept", prefLabel=label)


def _standard(entry: Entry, names: Names) -> Node | None:
    row = entry.dataset
    if row.standard is None or row.standard_version is None:
        return None
    return _node(
        f"urn:hutong:standard:{row.standard}:{row.standard_version}",
        "dct:Standard",
        title=entry.standard or {"en": row.standard},
        version=row.standard_version,
        seeAlso=_resource(f"{names.base}/api/v1/standards/{row.standard}?version={row.standard_version}"),
    )


def _previous(entry: Entry, names: Names) -> Node | None:
    row = entry.dataset
    if row.version < 2:
        return None
    before = row.version - 1
    return _node(
        names.version(row.id, before),
        "dcat:Dataset",
        title=row.title,
        description=row.description,
        version=str(before),
    )


def _reference(other: str, entry: Entry, names: Names) -> Node | None:
    brief: Brief | None = entry.references.get(other)
    if brief is None:
        return None
    return _node(names.dataset(other), "dcat:Dataset", title=brief.title, description=brief.description)


def _department(row: Department, names: Names) -> Node:
    return {**_agent(names.department(row.slug), row.name), "identifier": row.credit_code}


def _agent(id: str, name: Texts) -> Node:
    return _node(id, "foaf:Agent", name=name)


def _access(sharing_class: str) -> Node:
    code = vocabulary.ACCESS[SharingClass(sharing_class)]
    return _node(vocabulary.authority("euaccess", code), "dct:RightsStatement")


def _frequency(cycle: str) -> Node:
    return _node(vocabulary.authority("eufrequency", vocabulary.FREQUENCY[UpdateCycle(cycle)]), "dct:Frequency")


def _language(tag: str) -> Node:
    return _node(vocabulary.language(tag), "dct:LinguisticSystem")


def _place(code: str) -> Node:
    return _node(urn("division", code), "dct:Location", identifier=code)


def _law(law: str) -> Node:
    if vocabulary.is_web(law) and vocabulary.is_iri(law):
        return _node(law, "eli:LegalResource")
    return _node(urn("law", law), "eli:LegalResource", title={"zh": law})


def _licence(about: Mapping[str, Any], names: Names, id: str) -> Node | None:
    licence = about.get("licence")
    if not licence:
        return None
    if vocabulary.is_web(licence) and vocabulary.is_iri(licence):
        return _node(licence, "dct:LicenseDocument")
    return _node(names.part(id, "licence"), "dct:LicenseDocument", title={"zh": licence})


def _contact(contact: Mapping[str, Any] | None, id: str) -> Node | None:
    if contact is None:
        return None
    email, phone = contact.get("email"), contact.get("phone")
    return _node(
        id,
        "vcard:Kind",
        fn=contact["name"],
        hasEmail=_resource(f"mailto:{vocabulary.quoted(email)}") if email else None,
        hasTelephone=_resource(f"tel:{vocabulary.quoted(phone)}") if phone else None,
    )


def _period(period: Mapping[str, Any] | None, id: str) -> Node | None:
    if period is None:
        return None
    return _node(id, "dct:PeriodOfTime", startDate=period.get("start"), endDate=period.get("end"))


def _labelled(label: Texts | None, id: str, type: str) -> Node | None:
    return _node(id, type, label=label) if label else None


def _web(address: str | None, type: str) -> Node | None:
    return _node(vocabulary.iri(address), type) if address else None


def _resource(address: str) -> Node:
    return _node(vocabulary.iri(address), "rdfs:Resource")


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _node(id: str, type: str, **properties: Any) -> Node:
    """The node with those of its properties that say something."""
    kept = {name: _present(value) for name, value in properties.items()}
    return {"id": id, "type": type, **{name: value for name, value in kept.items() if value not in (None, [], {}, "")}}


def _present(value: Any) -> Any:
    return [one for one in value if one is not None] if isinstance(value, list) else value
