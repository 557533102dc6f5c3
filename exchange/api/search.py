"""Search of the catalog, for everybody; what is not published is found by its department's stewards and operators."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session, col, select

from catalog.models import Dataset, DatasetState, Department, SharingClass, UpdateCycle
from catalog.search import queries, results, suggestions, words
from catalog.search.queries import Found, Sort
from exchange.api.depends import Cursor, Limit, Read, Reader, inside
from standards import versions
from standards.models import CodeList

router = APIRouter(tags=["catalog"])

MOST_VALUES = 20
THEMES = "themes"
"""The code list whose codes are the values of `theme`."""

Words = Annotated[
    str,
    Query(
        max_length=words.LONGEST,
        description='words that must all be there; "in quotes" exactly so',
        examples=["婚姻登记"],
    ),
]
Values = Annotated[list[str], Query(max_length=MOST_VALUES, description="repeat it for one of several")]


@router.get("/search")
def search_datasets(
    who: Reader,
    session: Read,
    q: Words = "",
    theme: Values = [],  # noqa: B006
    department: Values = [],  # noqa: B006
    sharing_class: Annotated[list[SharingClass], Query(max_length=MOST_VALUES)] = [],  # noqa: B006
    update_cycle: Annotated[list[UpdateCycle], Query(max_length=MOST_VALUES)] = [],  # noqa: B006
    format: Values = [],  # noqa: B006
    sensitivity: Annotated[list[Annotated[int, Query(ge=1, le=4)]], Query(max_length=4)] = [],  # noqa: B006
    state: Annotated[list[DatasetState], Query(max_length=4)] = [],  # noqa: B006
    sort: Sort = Sort.RELEVANCE,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Datasets by words and filters, with marks where the words stand, facets with counts, and suggestions."""
    filters = {
        "theme": theme,
        "department": department,
        "sharing_class": [str(each) for each in sharing_class],
        "update_cycle": [str(each) for each in update_cycle],
        "format": [each.lower() for each in format],
        "sensitivity": [str(each) for each in sensitivity],
        "state": [str(each) for each in state],
    }
    found = queries.search(session, queries.Query(q, filters, sort, viewing(inside(who)), limit, cursor))
    return document(session, found)


@router.get("/search/suggest")
def suggest(
    who: Reader, session: Read, q: Words = "", limit: Annotated[int, Query(ge=1, le=20)] = 10
) -> dict[str, Any]:
    """Titles and keywords that go on as typed."""
    return {"items": suggestions.continued(session, q, viewing(inside(who)), limit)}


def viewing(departments: frozenset[str] | None) -> tuple[str, ...] | None:
    """Whose unpublished datasets are found too; None for all."""
    return None if departments is None else tuple(sorted(departments))


def document(session: Session, found: Found) -> dict[str, Any]:
    """What the search answers.

    `facets_exact` is false where counts are estimated, as of words that much of a large catalog has.
    """
    names = {"department": _departments(session), "theme": _themes(session)}
    marked = results.highlighted(session, found.datasets, found.phrases)
    return {
        "items": [
            {**_brief(row), "department_name": names["department"].get(row.department), "highlights": marked[row.id]}
            for row in found.datasets
        ],
        "next": found.following,
        "total": found.total,
        "taken_apart": found.taken_apart,
        "facets": {
            facet: [_value(value, amount, names.get(facet, {})) for value, amount in values]
            for facet, values in found.facets.counts.items()
        },
        "facets_exact": found.facets.exact,
        "suggestions": found.suggestions,
    }


def _brief(row: Dataset) -> dict[str, Any]:
    shown = row.model_dump(
        mode="json",
        include={
            *("id", "department", "title", "description", "sharing_class", "update_cycle"),
            *("resource_code", "standard", "standard_version", "state", "published_at"),
        },
    )
    return {**shown, **{name: row.about.get(name, []) for name in ("themes", "keywords", "formats")}}


def _value(value: str, amount: int, names: Mapping[str, Any]) -> dict[str, Any]:
    name = names.get(value)
    return {"value": value, "count": amount, **({"name": name} if name else {})}


def _departments(session: Session) -> dict[str, Any]:
    return dict(session.exec(select(Department.slug, Department.name).order_by(col(Department.slug))).all())


def _themes(session: Session) -> dict[str, Any]:
    found = versions.find(session, CodeList, THEMES, None)
    return {code["code"]: code["name"] for code in found.codes} if found else {}
