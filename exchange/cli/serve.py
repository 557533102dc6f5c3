"""`hutong serve`."""

from typing import Annotated

import typer

from exchange.cli.local import Data, settings_with
from exchange.cli.output import NEGATIVE, CommandFailed, Json, show
from exchange.server import serve

ONE_PROCESS = (
    "--workers {}: on SQLite one process owns the data directory, for two would break the ledger's single-writer rule; "
    "serve with one worker"
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
        serve(settings, lambda url: show({"ready": url}, as_json, f"ready: {url}"))
    except Exception as error:  # whatever it is, one line says it and nothing is half-started
        raise CommandFailed(f"the exchange did not start: {reason(error)}", code=NEGATIVE) from error


def reason(error: Exception) -> str:
    """One line: what our own errors say; of others also which kind they are."""
    text = " ".join(str(error).split()) or "no reason given"
    ours = type(error).__module__.partition(".")[0] == "exchange"
    return text if ours else f"{type(error).__name__}: {text}"
