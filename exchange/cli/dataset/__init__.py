"""`hutong dataset`: what department data stewards do with their datasets."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class DatasetGroup(LazyGroup):
    table: ClassVar[Table] = {
        "template": ("exchange.cli.dataset.template:command", "Get the empty national sheet · 下载空白目录模板"),
        "import": ("exchange.cli.dataset.importing:command", "Import a sheet or a catalog · 导入目录"),
        "export": ("exchange.cli.dataset.export:command", "Export the catalog or a dataset · 导出目录"),
        "search": ("exchange.cli.dataset.search:command", "Find datasets by words and filters · 检索数据资源"),
        "reindex": ("exchange.cli.dataset.reindex:command", "Make the search index again · 重建检索索引"),
        "quality": (
            "exchange.cli.dataset.quality:command",
            "Show metadata completeness, observed conformance and service level · 查看质量",
        ),
    }


app = typer.Typer(cls=DatasetGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Register, review, find and export datasets · 数据资源的登记、审核、检索与导出")(lambda: None)
