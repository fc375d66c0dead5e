"""`up`, `down`, `status`, `logs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from foulweather.cli.endpoint import DEFAULT_PORT, Endpoint
from foulweather.cli.exits import FAILED, NOTHING_RUNNING, OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, client_of, out

if TYPE_CHECKING:
    from foulweather.cli.client import Client
    from foulweather.cli.serving import Options

RATE_UNIT = 1000
PROBE_S = 2


def add(commands: Commands) -> None:
    """Declare the commands."""
    up = commands.add(
        "up",
        run_up,
        "Start the cloud",
        "Starts a server in the background, and returns when it answers. Its world is kept in a data directory,\n"
        "so that `down` and `up` lose nothing.",
        """
  foulweather up                                  a world that is kept, on the usual port
  foulweather up --in-memory --clock held         for a test run: nothing kept, time moves when you say
  foulweather up --seed 7 --start 2026-01-01      the same ids and times every run
  foulweather up --rate 60                        a minute passes in a second
  foulweather up --foreground                     in this terminal, until Ctrl-C
""",
    )
    _add_up_options(up)
    down = commands.add(
        "down",
        run_down,
        "Stop the cloud",
        "Lets requests that are under way finish, commits, and stops. Drills that are being played end with it.",
        "\n  foulweather down\n  foulweather down --yes\n",
    )
    down.add_argument("--force", action="store_true", help="kill it at once; what it acknowledged is kept all the same")
    down.add_argument("--yes", action="store_true", help="do not ask, though drills that are played end with it")
    commands.add(
        "status",
        run_status,
        "What is running",
        "Shows the server at the endpoint.",
        "\n  foulweather status\n  foulweather status --json\n",
    )
    logs = commands.add(
        "logs",
        run_logs,
        "What the server has said",
        "Shows the log of a server that runs (or ran) in the background.",
        "\n  foulweather logs -n 50\n  foulweather logs -f\n",
    )
    logs.add_argument(
        "-n", "--lines", type=int, default=50, metavar="N", help="how many of the last lines (default 50)"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is added, until Ctrl-C")


def _add_up_options(up: Command) -> None:
    up.add_argument("--foreground", action="store_true", help="run in this terminal, until Ctrl-C")
    up.add_argument("--host", help="address to listen on (default: the endpoint's, 127.0.0.1)")
    up.add_argument("--port", type=int, help=f"port to listen on (default: the endpoint's, {DEFAULT_PORT})")
    where = up.add_mutually_exclusive_group()
    where.add_argument(
        "--data-dir", metavar="DIR", help="where the world is kept (default: $XDG_STATE_HOME/foulweather/default)"
    )
    where.add_argument("--in-memory", action="store_true", help="keep nothing")
    up.add_argument(
        "--clock", choices=("paced", "held"), default="paced", help="whether a new world's time passes by itself"
    )
    up.add_argument("--rate", type=float, default=1, metavar="X", help="world seconds in a real one (default 1)")
    up.add_argument("--start", metavar="ISO", help="a new world's time (default: now)")
    up.add_argument("--seed", type=int, metavar="N", help="a new world's randomness (default: different each time)")
    up.add_argument(
        "--strict", action="store_true", help="refuse access keys that the world did not issue, such as test/test"
    )
    up.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a further host name to serve under"
    )
    up.add_argument("--tls", action="store_true", help="serve HTTPS on the same port, with a certificate of its own")
    up.add_argument("--cert", metavar="FILE", help="certificate chain for --tls, in PEM")
    up.add_argument("--key", metavar="FILE", help="the key of --cert, in PEM")
    up.add_argument("--fsync", action="store_true", help="survive the machine's power failure too, at a price in speed")
    up.add_argument("--log-file", metavar="FILE", help="where to write the log")
    up.add_argument(
        "--xray-daemon", action="store_true", help="take segments of X-Ray's SDKs by UDP, on 127.0.0.1:2000"
    )
    up.add_argument(
        "--otlp", metavar="URL", help="send each hop as a span to an OpenTelemetry collector (OTLP/HTTP, JSON)"
    )


def run_up(arguments: argparse.Namespace) -> int:
    """Start a server, here or in the background."""
    endpoint = Endpoint.of(arguments)
    host = arguments.host or endpoint.host
    port = endpoint.port if arguments.port is None else arguments.port
    options = _options(arguments, host, port)
    if arguments.foreground:
        from foulweather.cli.serving import serve

        return serve(options)
    if port == 0:
        raise Stop(USAGE, "In the background the port must be a number above 0.")
    from foulweather.cli import daemon, greeting
    from foulweather.cli.client import Client
    from foulweather.cli.places import log_file

    # It is asked over plain HTTP, which shares the port with TLS: no certificate to trust.
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    client = Client(Endpoint(reached, port))
    daemon.check_port(client, host, port)
    log = Path(arguments.log_file).absolute() if arguments.log_file else log_file(port)
    facts = daemon.start(client, [*_passed_on(arguments, host, port), "--log-file", str(log)], log)
    out(arguments, facts, lambda: greeting.started(facts))
    return OK


def _passed_on(arguments: argparse.Namespace, host: str, port: int) -> list[str]:
    """The options of the server in the background."""
    passed = ["--host", host, "--port", str(port), "--clock", arguments.clock, "--rate", str(arguments.rate)]
    for name in ("in_memory", "strict", "tls", "fsync", "xray_daemon"):
        if getattr(arguments, name):
            passed.append(f"--{name.replace('_', '-')}")
    for name in ("data_dir", "cert", "key"):
        if getattr(arguments, name):
            passed += [f"--{name.replace('_', '-')}", str(Path(getattr(arguments, name)).absolute())]
    for name in ("start", "seed"):
        if getattr(arguments, name) is not None:
            passed += [f"--{name}", str(getattr(arguments, name))]
    if arguments.otlp:
        passed += ["--otlp", arguments.otlp]
    for name in arguments.allow_host:
        passed += ["--allow-host", name]
    return passed


def _options(arguments: argparse.Namespace, host: str, port: int) -> Options:
    """The options that a server is started with; refuses what makes no sense, before anything starts."""
    from foulweather.cli.places import data_directory
    from foulweather.cli.serving import Options
    from foulweather.wire.admin import Opening
    from foulweather.wire.admin.times import parse_time

    if not 0 <= port <= 65535:
        raise Stop(USAGE, f"A port is a number up to 65535, not {port}.")
    if not 1 / RATE_UNIT <= arguments.rate <= 1_000_000:
        raise Stop(USAGE, f"--rate is from 0.001 to 1000000, not {arguments.rate}.")
    if bool(arguments.cert) != bool(arguments.key):
        raise Stop(USAGE, "--cert and --key go together.")
    if arguments.cert and not arguments.tls:
        raise Stop(USAGE, "--cert needs --tls.")
    if arguments.otlp and not arguments.otlp.startswith(("http://", "https://")):
        raise Stop(USAGE, f"--otlp is a collector's URL, such as http://127.0.0.1:4318, not {arguments.otlp}.")
    try:
        start_ms = parse_time(arguments.start) if arguments.start else None
    except ValueError as error:
        raise Stop(USAGE, f"--start: {error}.") from None
    directory = Path(arguments.data_dir).absolute() if arguments.data_dir else data_directory()
    return Options(
        host,
        port,
        Opening(
            mode=arguments.clock,
            rate_permille=round(arguments.rate * RATE_UNIT),
            seed=arguments.seed,
            start_ms=start_ms,
            directory=None if arguments.in_memory else directory,
            fsync=arguments.fsync,
        ),
        is_strict=arguments.strict,
        hosts=frozenset(arguments.allow_host),
        tls=arguments.tls,
        certificate=Path(arguments.cert) if arguments.cert else None,
        key=Path(arguments.key) if arguments.key else None,
        log_file=Path(arguments.log_file) if arguments.log_file else None,
        otlp=arguments.otlp or "",
        xray_daemon=arguments.xray_daemon,
    )


def run_down(arguments: argparse.Namespace) -> int:
    """Stop the server."""
    from foulweather.cli import daemon

    client = client_of(arguments)
    if not (arguments.force or arguments.yes):
        _warn_of_drills(client)
    pid = daemon.stop(client, force=arguments.force)
    out(arguments, {"stopped": client.endpoint, "pid": pid}, lambda: f"Stopped {client.endpoint} (process {pid}).")
    return OK


def _warn_of_drills(client: Client) -> None:
    """Refuse to end drills that are being played, unless somebody at the terminal says so."""
    try:
        drills = client.get("drills", timeout_s=PROBE_S)["drills"]
    except (Stop, KeyError, TypeError):
        return  # whether there is a server to stop is another question
    played = [one["id"] for one in drills if one["state"] in ("building", "paged")]
    if not played:
        return
    told = f"{', '.join(played)} {'is' if len(played) == 1 else 'are'} being played and would be lost"
    if not sys.stdin.isatty():
        raise Stop(FAILED, f"{told}: `foulweather drill stop {played[0]}` first, or say --yes.")
    sys.stderr.write(f"{told}. Stop all the same? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Stop(FAILED, "Nothing was stopped.")


def run_status(arguments: argparse.Namespace) -> int:
    """Show the server."""
    from foulweather.cli import greeting

    client = client_of(arguments)
    facts = client.get("health")
    out(arguments, facts, lambda: greeting.status(facts, client.endpoint))
    return OK


def run_logs(arguments: argparse.Namespace) -> int:
    """Show the server's log."""
    from foulweather.cli import daemon
    from foulweather.cli.places import RunFile, log_file

    client = client_of(arguments)
    noted = RunFile(client.at.port).read()
    if noted and not noted.get("log_file"):
        raise Stop(FAILED, f"The server at {client.endpoint} runs in the foreground: its log is in its terminal.")
    path = Path(noted.get("log_file") or log_file(client.at.port))
    if not path.exists():
        raise Stop(NOTHING_RUNNING, f"There is no log of a server at {client.endpoint} ({path}).")
    said = daemon.tail(path, max(arguments.lines, 0))
    if arguments.json and arguments.follow:
        raise Stop(USAGE, "--json shows what there is: it does not go with --follow.")
    if said or arguments.json:
        out(arguments, {"log_file": str(path), "lines": said.splitlines()}, lambda: said)
        sys.stdout.flush()
    if arguments.follow:
        daemon.follow(path)
    return OK
