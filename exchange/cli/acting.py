"""Acting on a running exchange under a key file: the options that say where and as whom, and what a refusal becomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.output import NEGATIVE, UNUSABLE, CommandFailed, refused
from exchange.client import Exchange, ExchangeError, NotAnExchange, Unreachable, Unverified
from exchange.client.checkpoints import CheckpointMemory

DEFAULT_URL = "http://127.0.0.1:8080"

Url = Annotated[str, typer.Option("--url", envvar="HUTONG_URL", help="Address of the exchange · 交换平台地址")]
As = Annotated[Path, typer.Option("--as", envvar="HUTONG_KEY", help="Key file to act with · 所用密钥文件")]


Perhaps = Annotated[
    Path | None,
    typer.Option("--as", envvar="HUTONG_KEY", help="Key file; without: what all may see · 密钥文件"),
]


@contextmanager
def acting(url: str, key: Path | None, *, vkey: str | None = None, memory: Path | None = None) -> Iterator[Exchange]:
    """The exchange at `url` for the client of a key file, for nobody without one.

    Raises CommandFailed for whatever it answers but success.
    """
    more: dict[str, Any] = {"vkey": vkey, "memory": CheckpointMemory(memory)}
    try:
        with Exchange.anonymous(url, **more) if key is None else Exchange.from_file(url, key, **more) as exchange:
            yield exchange
    except (Unreachable, NotAnExchange) as error:
        raise CommandFailed(str(error), code=UNUSABLE) from None
    except Unverified as error:
        problem = {
            "type": "urn:hutong:verdict:log-forked"
            if hasattr(error, "remembered")
            else "urn:hutong:verdict:unverified",
            "title": "The answer is not proven",
            "detail": str(error),
            "call": error.call,
        }
        raise CommandFailed(str(error), code=NEGATIVE, problem=problem) from None
    except ExchangeError as error:
        raise refused(error.problem or {"title": str(error)}) from None
    except (ValueError, OSError) as error:  # a key file, an address or a header that cannot be used
        raise CommandFailed(str(error)) from None
