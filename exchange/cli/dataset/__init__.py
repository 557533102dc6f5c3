"""`hutong dataset`: what department data stewards do with their datasets."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class DatasetGroup(LazyGroup):
    table: ClassVar[Table] = {
        "template": ("exchange.cli.dataset.template:command", "Get the empty national sheet · 下载空白目录模板"),
        "import": ("exchange.cli.dataset.importing:command", "Import a sheet or a catalog · 导入目录"),
        "export": ("exchange.cli.dataset.export:command", "Export the catalog or a dataset · 导出目录"),
        "register": (
            "exchange.cli.dataset.register:command",
            "Register or revise datasets from files · 从文件登记或修订数据资源",
        ),
        "diff": ("exchange.cli.dataset.diff:command", "Compare versions, or a file with the exchange · 比较版本或文件"),
        "publish": ("exchange.cli.dataset.steps:publish", "Submit for review and publication · 提交审核与发布"),
        "review": ("exchange.cli.dataset.lists:review", "List what is proposed, and whose turn it is · 列出待审与待办"),
        "approve": ("exchange.cli.dataset.steps:approve", "Approve what was submitted · 审核通过"),
        "return": ("exchange.cli.dataset.steps:return_", "Give what was submitted back, with the reason · 退回"),
        "withdraw": ("exchange.cli.dataset.steps:withdraw", "End all calls of a dataset, now or on a day · 撤回"),
        "discard": ("exchange.cli.dataset.steps:discard", "Give up a version or an unpublished dataset · 放弃修订"),
        "show": ("exchange.cli.dataset.lists:show_", "Show a dataset with its versions · 查看数据资源"),
        "list": ("exchange.cli.dataset.lists:list_", "List datasets · 列出数据资源"),
        "load": ("exchange.cli.dataset.load:command", "Load a whole catalog at once · 批量导入登记草稿"),
        "search": ("exchange.cli.dataset.search:command", "Find datasets by words and filters · 检索数据资源"),
        "reindex": ("exchange.cli.dataset.reindex:command", "Make the search index again · 重建检索索引"),
        "floor": ("exchange.cli.dataset.quality:floor", "Suspend calls below a share of conformance · 符合率下限"),
        "resume": ("exchange.cli.dataset.steps:resume", "Let suspended calls through again · 恢复调用"),
        "quality": (
            "exchange.cli.dataset.quality:command",
            "Show metadata completeness, observed conformance and service level · 查看质量",
        ),
    }


app = typer.Typer(cls=DatasetGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Register, review, find and export datasets · 数据资源的登记、审核、检索与导出")(lambda: None)
