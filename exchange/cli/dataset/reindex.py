"""`hutong dataset reindex`: make the search index again from what is registered."""

from datetime import UTC, datetime

from exchange.cli.local import Data, holding, settings_with
from exchange.cli.output import Json, progress, show
from exchange.jobs import indexing


def command(data: Data = None, as_json: Json = False) -> None:
    """Make the search index again; the exchange must not be running · 重建检索索引."""
    with holding(settings_with(data=data)) as node, progress("indexing · 建立索引") as report:
        amount = indexing.rebuild(node.units, datetime.now(UTC), report)
    show({"datasets": amount}, as_json, f"{amount} datasets are indexed · 已为 {amount} 个数据资源建立索引")
