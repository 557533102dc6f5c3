"""Two ways to drive: wrk, which saturates, and a small client of our own at a fixed pace, which waits for nobody."""

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import city

CONNECTIONS = 64
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Burst:
    """What wrk saw: replies compared one by one, those that were not as expected, ids of some calls."""

    replies: int
    wrong: int
    errors: int
    seconds: float
    sample: list[str]


def wire(port: int, target: str, token: str) -> list[bytes]:
    """Requests as they go over the wire, each for another person and case."""
    return [
        b"POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n%scontent-length: %d\r\n\r\n%s"
        % (
            target.encode(),
            port,
            "".join(f"{name}: {value}\r\n" for name, value in city.headers(token, case).items()).encode(),
            len(body),
            body,
        )
        for case, body in city.questions(512)
    ]


def saturate(core: int, port: int, requests: list[bytes], expected: bytes, seconds: int, home: Path) -> Burst:
    """wrk with 64 connections from one thread."""
    (home / "requests").write_bytes(b"\0".join(requests))
    (home / "expected").write_bytes(expected)
    command = [
        "taskset",
        "--cpu-list",
        str(core),
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        str(_SCRIPT),
    ]
    command += [f"http://127.0.0.1:{port}/", "--", str(home / "requests"), str(home / "expected")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Burst(
        told["replies"], told["wrong"], told["errors"], told["microseconds"] / 1e6, str(told["sample"]).split()
    )


@dataclass(frozen=True)
class Paced:
    """Milliseconds from the moment a call was due; `wrong` counts replies that were not as expected."""

    calls: int
    wrong: int
    p50: float
    p99: float


def pace(port: int, requests: list[bytes], expected: bytes, *, rate: int, seconds: float) -> Paced:
    """Send at fixed times, whether or not earlier replies are there, over as many connections as that takes."""
    return asyncio.run(_pace(port, requests, expected, rate, seconds))


async def _pace(port: int, requests: list[bytes], expected: bytes, rate: int, seconds: float) -> Paced:
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    took: list[float] = []
    wrong = 0

    async def one(number: int, due: float) -> None:
        nonlocal wrong
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
        writer.write(requests[number % len(requests)])
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        body = await reader.readexactly(length)
        took.append(time.perf_counter() - due)
        wrong += not head.startswith(b"http/1.1 200") or body != expected
        free.append((reader, writer))

    free += [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
    began, calls = time.perf_counter() + 0.05, int(rate * seconds)
    tasks = []
    for number in range(calls):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    for _, writer in free:
        writer.close()
    took.sort()
    return Paced(calls, wrong, 1000 * took[calls // 2], 1000 * took[int(calls * 0.99)])
