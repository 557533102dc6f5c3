"""Datasets as data contracts (ODCS 3.1.0), in YAML and JSON."""

from typing import Any

import yaml
from fastapi import APIRouter, Response

from catalog import contracts
from exchange.api.datasets import visible
from exchange.api.depends import Read, Reader, ThisNode, tag

router = APIRouter(tags=["datasets"])

YAML = "application/yaml"
_YAML: dict[int | str, dict[str, Any]] = {200: {"description": "ODCS 3.1.0", "content": {YAML: {}}}}


@router.get("/datasets/{department}/{slug}/contract.json")
def read_contract(
    department: str, slug: str, who: Reader, session: Read, here: ThisNode, response: Response
) -> dict[str, Any]:
    """The dataset's data contract: schema, terms, service level and where it is called."""
    row = visible(session, f"{department}/{slug}", who)
    tag(response, row.revision)
    return contracts.contract(session, row, here.settings.issuer)


@router.get("/datasets/{department}/{slug}/contract.yaml", responses=_YAML, response_class=Response)
def read_contract_as_yaml(department: str, slug: str, who: Reader, session: Read, here: ThisNode) -> Response:
    """The same contract in YAML, as the Open Data Contract Standard writes it."""
    row = visible(session, f"{department}/{slug}", who)
    made = dumped(contracts.contract(session, row, here.settings.issuer))
    answer = Response(made, media_type=YAML)
    tag(answer, row.revision)
    return answer


class _Plain(yaml.SafeDumper):
    """Says a thing again where it stands again: no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dumped(made: dict[str, Any]) -> bytes:
    """The contract as YAML, in the order in which it was made, readable in every script."""
    text: bytes = yaml.dump(made, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110, encoding="utf-8")
    return text
