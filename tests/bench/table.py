"""The results as text: what make bench prints and docs/benchmarks keeps."""

import platform
import re
import sqlite3
import subprocess
from importlib.metadata import version

from tests.bench.load import CONNECTIONS
from tests.bench.run import BARE, NGINX, PACE, Results, Row

_TRANSPORT_PACKAGES = ("aiohttp", "httptools")


def render(results: Results) -> str:
    """Tables in Markdown; the last line is `cpu_per_call_vs_nginx=<number>`."""
    row = results.row(results.transport)
    ratios = (
        f"cpu_per_call_vs_nginx_upstream_keepalive={results.ratio(row, NGINX):.1f}",
        f"cpu_per_call_vs_nginx={results.ratio(row, BARE):.1f}",
    )
    return "\n".join((_calls(results), _steps(results), _rest(results), _about(results), *ratios)) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([shown[0], rule, *shown[1:]]) + "\n"


def _calls(results: Results) -> str:
    head = ("saturated", "CPU µs/call", "× kept alive", "× plain", "calls/s", "idle MB", "loaded MB", "first answer s")
    saturated = _table(head, [_saturated(results, row) for row in results.rows])
    target = 2 * results.fsync + 1.5
    rows = [("direct to the provider", f"{results.direct.p50:.2f}", f"{results.direct.p99:.2f}", "")]
    for row in results.rows:
        assert row.paced is not None
        added = row.paced.p50 - results.direct.p50
        rows.append((_name(row), f"{row.paced.p50:.2f}", f"{row.paced.p99:.2f}", f"{added:.2f}"))
    paced = _table((f"paced, {PACE} calls/s", "p50 ms", "p99 ms", "added p50 ms"), rows)
    note = f"fsync p50 {results.fsync:.2f} ms; target for the added p50: 2 × fsync + 1.5 = {target:.2f} ms\n"
    checked = [
        f"{_name(row)}: {row.calls} calls, {row.entries} ledger entries, every reply reduced as agreed, "
        f"{row.receipts} receipts verified"
        for row in results.rows
        if row.entries
    ]
    return f"{saturated}\n{paced}\n{note}\n" + "\n".join(checked) + "\n"


def _saturated(results: Results, row: Row) -> tuple[str, ...]:
    figures = (row.idle, row.loaded, row.started)
    spread = f"{row.microseconds:.1f} ({min(row.cpu):.1f}–{max(row.cpu):.1f})"
    rate = f"{sorted(row.rate)[len(row.rate) // 2]:.0f}"
    shown = ("" if figure is None else f"{figure:.1f}" for figure in figures)
    return (_name(row), spread, f"{results.ratio(row, NGINX):.1f}", f"{results.ratio(row, BARE):.1f}", rate, *shown)


def _name(row: Row) -> str:
    return row.name if row.name in (NGINX, BARE) else f"exchange, {row.name}"


def _steps(results: Results) -> str:
    fetch = results.fetches[results.transport]
    parts = {**results.parts, f"6 fetch ({results.transport})": fetch}
    whole, known = results.row(results.transport).microseconds, sum(parts.values())
    rows = [(name, f"{cost:.1f}") for name, cost in sorted(parts.items())]
    rows += [("together", f"{known:.1f}"), ("measured whole, the default transport", f"{whole:.1f}")]
    others = [(f"for comparison: fetch ({name})", f"{cost:.1f}") for name, cost in results.fetches.items()]
    return _table(("step, each by itself and hot", "CPU µs"), rows + others)


def _rest(results: Results) -> str:
    small, large = results.decisions[1_000], results.decisions[100_000]
    mapped, read = results.mapping
    rows = [
        ("decision at 1 000 agreements", f"{small:.2f} µs", ""),
        ("decision at 100 000 agreements", f"{large:.2f} µs", f"{large / small:.1f} × (target ≤ 3)"),
        ("json.loads of the request", f"{results.reading:.2f} µs", "target for the decision"),
        ("mapping, record of 12 fields", f"{mapped:.1f} µs", f"{mapped / read:.1f} × orjson.loads (target ≤ 15 µs)"),
        ("ledger entries, 256 at once", f"{results.entries_per_second:.0f}/s", "target ≥ 10 000"),
    ]
    return _table(("scale", "figure", "beside it"), rows)


def _about(results: Results) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("granian", "uvloop", *_TRANSPORT_PACKAGES))
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    found = [re.search(pattern, text) for pattern, text in ((r"nginx/[\d.]+", nginx), (r"wrk \S+", wrk))]
    tools = ", ".join(match[0].replace("/", " ") for match in found if match)
    return (
        f"{tools}, Python {platform.python_version()}, {packages}, SQLite {sqlite3.sqlite_version}, synchronous FULL; "
        f"{CONNECTIONS} connections, {len(results.rows[0].cpu)} rounds of {results.seconds} s; others used "
        f"{results.others:.0%} of the machine meanwhile.\n"
    )
