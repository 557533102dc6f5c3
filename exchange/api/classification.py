"""The classification 类/项/目/细目: the operator loads it, everybody reads it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from catalog import classification
from catalog.models import CategoryDraft
from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Read, Who, Work, listing
from standards.models import Draft

router = APIRouter(tags=["catalog"])


class Tree(Draft):
    categories: list[CategoryDraft] = Field(min_length=1, max_length=20_000)


@router.post("/classification")
def load_classification(tree: Tree, who: Who, work: Work) -> dict[str, Any]:
    """Add categories or rename them; nothing that is there goes away. Needs `operator`."""
    who.require_operator()
    changed = classification.load(work.session, tree.categories)
    work.record("classification.loaded", "classification", changed=changed)
    return {"changed": changed}


@router.get("/classification")
def list_categories(
    session: Read,
    parent: Annotated[str | None, Query(pattern="^[0-9]{1,18}$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Categories by code, of one parent when it is named."""
    rows, following = classification.page(session, parent=parent, limit=limit, cursor=cursor)
    return listing(([shapes.category(row) for row in rows], following))
