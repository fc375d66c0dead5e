"""Runs every case against every server in turns, prints ratios, writes JSON: `python -m bench --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import cases, cloudwatch, dynamodb, functions, kinesis, logs, peers, s3
from bench.driving import Figures, drive

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure and report; 1 when a server answered with errors."""
    arguments = _arguments()
    names = [name for name in arguments.servers.split(",") if name]
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {peers.DRIVER_CPU})
    running: list[peers.Running] = []
    try:
        for name in names:
            running.append(peers.start(name))
        accounts = [cases.account(server) for server in running]
        chosen = {
            name: case
            for name, case in {
                **cases.CASES,
                **dynamodb.CASES,
                **s3.CASES,
                **logs.CASES,
                **kinesis.CASES,
                **cloudwatch.CASES,
                **functions.CASES,
            }.items()
            if arguments.only.lower() in name.lower()
        }
        found: dict[str, dict[str, list[Figures]]] = {}
        for name, case in chosen.items():
            skipped = {"moto", "ministack"} if "100,000" in name and not arguments.full else set[str]()
            asked = {a.server.name: (a, case(a)) for a in accounts if a.server.name not in skipped}
            drives = {name: (a, how) for name, (a, how) in asked.items() if how is not None}
            found[name] = {server: [] for server in drives}
            for _ in range(arguments.rounds):
                for server, (account, how) in drives.items():
                    figures = asyncio.run(
                        drive(
                            account.server.port,
                            account.server.process.pid,
                            how.first,
                            how.then,
                            arguments.connections,
                            arguments.seconds,
                        )
                    )
                    found[name][server].append(figures)
            for _, how in drives.values():
                how.after()
            print(".", end="", flush=True, file=sys.stderr)
        print(file=sys.stderr)
    finally:
        for server in running:
            server.stop()
    report = _report(found, running, arguments)
    print(_table(report))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"bench-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(report, indent=2))
    print(f"\nwritten to bench/results/{path.name}")
    return 1 if any(case[server]["errors"] for case in report["cases"].values() for server in case) else 0


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--servers", default="foulweather,echo,ministack,moto", help="which, separated by commas")
    options.add_argument("--only", default="", help="cases whose name has this in it")
    options.add_argument("--rounds", type=int, default=5, help="rounds of each case and server, in turns")
    options.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    options.add_argument("--connections", type=int, default=16, help="connections at once")
    options.add_argument("--full", action="store_true", help="the peers too with 100,000 messages waiting (very slow)")
    return options.parse_args()


def _report(
    found: dict[str, dict[str, list[Figures]]], running: list[peers.Running], arguments: argparse.Namespace
) -> dict:
    return {
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count(), "system": platform.platform()},
        "settings": vars(arguments),
        "servers": {
            server.name: {"first_answer_ms": round(server.started_ms, 1), "idle_mib": round(server.idle_mib, 1)}
            for server in running
        },
        "cases": {
            case: {
                server: {
                    "cpu_us": round(statistics.median(f.cpu_us for f in figures), 1),
                    "rps": round(statistics.median(f.rps for f in figures)),
                    "rps_best": round(max(f.rps for f in figures)),
                    "errors": sum(f.errors for f in figures),
                }
                for server, figures in of_server.items()
            }
            for case, of_server in found.items()
        },
    }


def _table(report: dict) -> str:
    lines = ["server            first answer    idle memory"]
    for name, figures in report["servers"].items():
        lines.append(f"{name:16} {figures['first_answer_ms']:9.0f} ms {figures['idle_mib']:10.1f} MiB")
    lines += [
        "",
        "median CPU of the server per request, and requests per second (one core each for server and driver)",
        "",
    ]
    lines.append(f"{'case':32}{'server':14}{'us CPU':>9}{'ratio':>8}{'req/s':>10}{'errors':>8}")
    for case, of_server in report["cases"].items():
        ours = of_server.get("foulweather", {}).get("cpu_us", 0)
        for server, figures in of_server.items():
            ratio = f"{figures['cpu_us'] / ours:.1f}x" if ours else ""
            row = f"{server:14}{figures['cpu_us']:9.1f}{ratio:>8}{figures['rps']:10}{figures['errors']:8}"
            lines.append(f"{case:32}{row}")
            case = ""
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
