"""`python -m tests.town.serve`: a live exchange with the settings of the environment; prints `ready <url>`."""

import os
import resource
import sys

from exchange.server import serve
from exchange.settings import Settings


def main() -> None:
    most = os.environ.get("TOWN_FILE_BYTES")
    if most:  # a disk that is full: no file may grow beyond this
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    serve(Settings(), lambda url: print("ready", url, file=sys.stdout, flush=True))


if __name__ == "__main__":
    main()
