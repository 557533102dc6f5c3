"""`make bench`: what a call costs with everything on, beside an nginx reverse proxy in the same run.

check      nginx and wrk are there, else the line that installs them and status 2
prepare    provider, proxy, one exchange per transport, each in a data directory of its own
drive      all of them in turn, saturated, some rounds; then paced, beside the direct call and the disk's fsync
verify     every reply compared, entries = 2 × calls, receipts of a sample; anything else ends with status 1
explain    by step, by number of agreements, entries per second
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.run import Bench
from tests.bench.subjects import NotReal
from tests.bench.table import render

INSTALL = "the bench needs nginx and wrk: apt-get install nginx-light wrk"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure a call against nginx.")
    parser.add_argument("--seconds", type=int, default=3, help="of each saturated drive (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is driven (default 3)")
    parser.add_argument("--transport", action="append", help="only this one; can be repeated (default: all)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the results to docs/benchmarks/FILE")
    asked = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"  # where Debian puts nginx
    if not all(map(shutil.which, ("nginx", "wrk", "taskset"))):
        print(INSTALL, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="hutong-bench-") as directory:
        try:
            results = Bench(Path(directory), asked.seconds, asked.rounds, asked.transport).run()
        except NotReal as fault:
            print(f"not a measurement: {fault}", file=sys.stderr)
            return 1
    text = render(results)
    if asked.out is not None:
        file = Path("docs/benchmarks") / asked.out.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
