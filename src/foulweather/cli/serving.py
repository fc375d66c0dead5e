"""The server as a process: assembled, listening, stopped with grace."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sqlite3
import ssl
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from foulweather.cli.exits import ALREADY_RUNNING, FAILED, OK, Stop
from foulweather.cli.places import RunFile, tls_directory
from foulweather.kernel.trace import Traces
from foulweather.wire.admin import Opening, ServerFacts
from foulweather.wire.cloud import Cloud
from foulweather.wire.server import Server, new_event_loop
from foulweather.world.log import CorruptStore

if TYPE_CHECKING:
    from foulweather.wire.greeting import Greeter

log = logging.getLogger("foulweather")
GRACE_S = 5


class Options(NamedTuple):
    """How a server is to run; `tls_names` are further names for its certificate."""

    host: str
    port: int
    opening: Opening
    is_strict: bool = False
    hosts: frozenset[str] = frozenset()
    tls: bool = False
    certificate: Path | None = None
    key: Path | None = None
    log_file: Path | None = None
    otlp: str = ""
    xray_daemon: bool = False


def serve(options: Options) -> int:
    """Serve until a signal says stop."""
    _log_to(options.log_file)
    try:
        world = options.opening.world("default")
        world.store.commit()  # where nothing can be written, nobody is to wait for an answer
    except CorruptStore as error:
        raise Stop(FAILED, str(error)) from None
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        where = f"The world cannot be kept in {options.opening.directory}: {reason}"
        raise Stop(FAILED, f"{where}. Name another place with --data-dir, or keep nothing with --in-memory.") from None
    cloud = Cloud(world, is_strict=options.is_strict, hosts=options.hosts)
    # A reset begins as the server was started: with its seed if it was given one, else with a new one.
    cloud.admin.opened["default"] = options.opening
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_served(cloud, options))
    finally:
        cloud.close()


async def _served(cloud: Cloud, options: Options) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(cloud, lambda: cloud.default.world.clock.now_ms)
    tls = _tls(options, cloud)
    cloud.start()
    try:
        await server.start(options.host, options.port, tls)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Stop(ALREADY_RUNNING, f"Cannot listen on {options.host}:{options.port}: {reason}.") from None
    log_file = str(options.log_file) if options.log_file is not None else ""
    directory = options.opening.directory
    cloud.admin.facts = ServerFacts(options.host, server.port, os.getpid(), options.tls, log_file)
    scheme = "https" if options.tls else "http"
    run_file = RunFile(server.port)
    run_file.write(
        endpoint=f"{scheme}://{options.host}:{server.port}",
        data_directory=str(directory) if directory is not None else "",
        log_file=log_file,
    )
    log.info("listening on %s://%s:%d, world in %s", scheme, options.host, server.port, directory or "memory")
    gc.collect()
    gc.freeze()
    # Messages and rows are plain trees that live long: looking through them all for cycles again and again finds none.
    gc.set_threshold(20_000, 50, 500)
    exporting = _exporting(cloud, options.otlp)
    daemon = await _xray_daemon(cloud) if options.xray_daemon else None
    try:
        await stop.wait()
    finally:
        run_file.remove()
        if exporting is not None:
            exporting.cancel()
        if daemon is not None:
            daemon.close()
    log.info("stopping")
    for number in (signal.SIGTERM, signal.SIGINT):
        # A second signal does not wait.
        loop.add_signal_handler(number, os._exit, 128 + number)
    cloud.admin.stop_followers()
    await server.stop(GRACE_S)
    return OK


def _exporting(cloud: Cloud, endpoint: str) -> asyncio.Task[None] | None:
    """Send the default world's traces to a collector, if one is named."""
    if not endpoint:
        return None
    from foulweather.engines.otlp import Exporter

    exporter = Exporter(lambda: cloud.default.world.state(Traces), endpoint)
    return asyncio.get_running_loop().create_task(exporter.run())


async def _xray_daemon(cloud: Cloud) -> asyncio.DatagramTransport:
    """Take segments as X-Ray's daemon does, for the default world."""
    from foulweather.services.xray.daemon import ADDRESS, Daemon

    try:
        return (
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Daemon(lambda: cloud.default.pipeline), local_addr=ADDRESS
            )
        )[0]
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Stop(ALREADY_RUNNING, f"Cannot listen on {ADDRESS[0]}:{ADDRESS[1]} (UDP): {reason}.") from None


def _tls(options: Options, cloud: Cloud) -> Greeter | None:
    if not options.tls:
        return None
    from foulweather.wire import tls
    from foulweather.wire.greeting import Greeter

    visits, now_ms, authority = cloud.visits, cloud.default.world.clock.now_ms, None
    certificate, key = options.certificate, options.key
    try:
        if certificate is not None and key is not None:
            given = partial(tls.context, certificate, key)
        else:
            given = partial(tls.local_context, tls_directory(), now_ms)
        default = given()
        if certificate is None or key is None:
            authority = tls.Authority(tls_directory(), now_ms)
    except (ssl.SSLError, FileNotFoundError) as error:
        raise Stop(FAILED, f"The certificate cannot be used: {error}.") from None
    return Greeter(default, authority, terms=visits.terms, serves=visits.serves_name, unmet=visits.unmet, given=given)


def _log_to(path: Path | None) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path) if path is not None else logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
