"""Large objects: how fast they go in and out, and what each MiB costs the server and the client.

python -m bench.large --mib 256
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from boto3.s3.transfer import TransferConfig

from bench import cases, peers, s3
from bench.driving import cpu_s, drive

MIB = 1 << 20
BUCKET = s3.BUCKETS[0]
PART_MIB = len(s3.PART) // MIB
RAW_S = 2.0
RAW_CONNECTIONS = 4


class Cost(NamedTuple):
    """Of some MiB: seconds by the clock, seconds of CPU of the server and of the client."""

    mib: float
    wall_s: float
    server_s: float
    client_s: float


class Nowhere:
    """A file that forgets what is written to it."""

    def write(self, data: bytes) -> int:
        """Take bytes, and forget them."""
        return len(data)


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m bench.large", description=__doc__)
    options.add_argument("--servers", default="foulweather", help="which, separated by commas")
    options.add_argument("--mib", type=int, default=256, help="size of boto3's object")
    options.add_argument("--rounds", type=int, default=3, help="rounds of each case; the fastest is told")
    arguments = options.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {peers.DRIVER_CPU})
    print(f"{'case':32}{'server':13}{'MiB/s':>8}{'server ms/MiB':>15}{'client ms/MiB':>15}")
    for name in arguments.servers.split(","):
        server = peers.start(name)
        try:
            for case, run in _cases(cases.account(server), arguments.mib).items():
                best = min((run() for _ in range(arguments.rounds)), key=lambda cost: cost.wall_s / cost.mib)
                server_ms, client_ms = best.server_s / best.mib * 1e3, best.client_s / best.mib * 1e3
                print(f"{case:32}{name:13}{best.mib / best.wall_s:8.0f}{server_ms:15.2f}{client_ms:15.2f}")
        finally:
            server.stop()
    return 0


def _cases(bench: cases.Account, mib: int) -> dict[str, Callable[[], Cost]]:
    part = s3.upload_part(bench).first
    client, body = bench.client("s3"), os.urandom(mib * MIB)
    client.put_object(Bucket=BUCKET, Key="eight", Body=s3.PART)
    whole = s3.signed_request(bench, "GET", f"/{BUCKET}/eight")
    config = TransferConfig(multipart_chunksize=PART_MIB * MIB)
    client.upload_fileobj(io.BytesIO(body), BUCKET, "large", Config=config)
    pid = bench.server.process.pid

    def upload() -> None:
        client.upload_fileobj(io.BytesIO(body), BUCKET, "large", Config=config)

    def download() -> None:
        client.download_fileobj(BUCKET, "large", Nowhere(), Config=config)

    return {
        f"UploadPart {PART_MIB} MiB, raw sockets": lambda: _raw(bench, part),
        f"GetObject {PART_MIB} MiB, raw sockets": lambda: _raw(bench, lambda: whole),
        f"boto3 upload of {mib} MiB": lambda: _timed(pid, mib, upload),
        f"boto3 download of {mib} MiB": lambda: _timed(pid, mib, download),
    }


def _raw(bench: cases.Account, first: Callable[[], bytes]) -> Cost:
    port, pid = bench.server.port, bench.server.process.pid
    before_s = _own_s()
    figures = asyncio.run(drive(port, pid, first, None, RAW_CONNECTIONS, RAW_S))
    if figures.errors:
        raise RuntimeError(f"{figures.errors} errors")
    requests = figures.rps * RAW_S
    return Cost(requests * PART_MIB, RAW_S, figures.cpu_us * requests / 1e6, _own_s() - before_s)


def _timed(pid: int, mib: int, run: Callable[[], Any]) -> Cost:
    server_s, client_s, began = cpu_s(pid), _own_s(), time.perf_counter()
    run()
    return Cost(mib, time.perf_counter() - began, cpu_s(pid) - server_s, _own_s() - client_s)


def _own_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    sys.exit(main())
