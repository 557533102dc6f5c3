"""`hutong serve`."""

import threading
from typing import Annotated

import typer

from exchange.cli.local import Data, has_operator, settings_with
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show
from exchange.server import serve
from exchange.settings import Settings

ONE_PROCESS = (
    "--workers {}: on SQLite one process owns the data directory, for two would break the ledger's single-writer rule; "
    "serve with one worker"
)

NO_OPERATOR = (
    "Nobody operates this exchange yet. Stop it, then run `hutong init` on the same data directory: it registers the "
    "first operator and changes nothing else (or `hutong people add --scope operator …`). "
    "平台尚无运营员：请先停止，再对同一数据目录运行 hutong init。"
)


def command(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on · 监听地址")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one · 端口，0 为空闲端口")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; one on SQLite · 进程数，SQLite 只能为一")] = 1,
    as_json: Json = False,
) -> None:
    """Serve the exchange until SIGINT or SIGTERM; logs go to stderr · 启动交换平台.

    Prints one line, `ready: <url>`, once calls are answered. An empty data directory is initialised.
    """
    if workers > 1:
        raise CommandFailed(ONE_PROCESS.format(workers), code=NEGATIVE)
    try:
        settings = settings_with(data=data, host=host, port=port)
        serve(settings, lambda url: _ready(settings, url, as_json))
    except Exception as error:  # whatever it is, one line says it and nothing is half-started
        raise CommandFailed(f"the exchange did not start: {reason(error)}", code=NEGATIVE) from error


def _ready(settings: Settings, url: str, as_json: bool) -> None:
    show({"ready": url}, as_json, f"ready: {url}")
    threading.Thread(target=_mind_operator, args=(settings,)).start()  # the event loop reads no database


def _mind_operator(settings: Settings) -> None:
    if not has_operator(settings):
        note(NO_OPERATOR)


def reason(error: Exception) -> str:
    """One line: what our own errors say; of others also which kind they are."""
    text = " ".join(str(error).split()) or "no reason given"
    ours = type(error).__module__.partition(".")[0] == "exchange"
    return text if ours else f"{type(error).__name__}: {text}"
