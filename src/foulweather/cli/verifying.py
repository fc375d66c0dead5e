"""Serves a drill's session to real clients for as long as it is being proved."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from foulweather.cli.exits import FAILED, Stop
from foulweather.drilling.drill import Drill
from foulweather.drilling.session import Session
from foulweather.drilling.verify import Verified, verify
from foulweather.engines.warm_aws import command as warm_command
from foulweather.engines.warm_aws import warmed
from foulweather.wire.admin.times import iso
from foulweather.wire.cloud import Cloud
from foulweather.wire.living import enliven
from foulweather.wire.server import Server
from foulweather.world.world import World

WARM = "FOULWEATHER_WARM_AWS"
"""Where a loaded AWS CLI listens, for the processes that drills are proved in."""


class Served:
    """One session behind one port, and the environment that leads scripts there."""

    def __init__(self, server: Server, cloud: Cloud, session: Session, folder: Path) -> None:
        self._server = server
        self._cloud = cloud
        self._session = session
        self._folder = folder
        endpoint = f"http://127.0.0.1:{server.port}"
        self.environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "FOULWEATHER_ENDPOINT": endpoint,
            "FOULWEATHER_DRILL": session.drill.id,
            "AWS_ACCESS_KEY_ID": session.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.key.secret,
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": session.lab.region,
            "AWS_REGION": session.lab.region,
            "AWS_PAGER": "",
            "ACCOUNT": session.lab.account,
            "NOW": iso(session.lab.now_ms),
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    async def close(self) -> None:
        """Let go of the port; the world stays with its session."""
        await self._server.stop(1)
        hosted = self._cloud.worlds.pop(self._session.world.name)
        if hosted.driver is not None:
            hosted.driver.stop()
        self._cloud.close()
        shutil.rmtree(self._folder, ignore_errors=True)


async def serve(session: Session) -> Served:
    """Serve a session on a free port."""
    cloud = Cloud(World(name="none", mode="held"))
    cloud.start()
    cloud.host(session.world, session.lab.pipeline)
    cloud.admin.drills[session.drill.id] = session
    server = Server(cloud, lambda: session.world.clock.now_ms)
    await server.start("127.0.0.1", 0, None)
    return Served(server, cloud, session, _commands())


@contextlib.contextmanager
def warm_aws() -> Generator[None]:
    """Have the AWS CLI loaded once for all commands of all drills proved meanwhile, in other processes too."""
    if WARM in os.environ:
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="foulweather-aws-"))
    warm = warmed(_aws() or "aws", folder)
    try:
        if warm is not None:
            os.environ[WARM] = warm.address
        yield
    finally:
        os.environ.pop(WARM, None)
        if warm is not None:
            warm.stop()
        shutil.rmtree(folder, ignore_errors=True)


def proved(drill: Drill) -> Verified:
    """Prove one drill with the stock AWS CLI."""
    if _aws() is None:
        raise Stop(FAILED, "Proving a drill runs its solution with the AWS CLI: there is no `aws` on the PATH.")
    with warm_aws():
        return verify(drill, Cloud(World(name="none", mode="held")).services, serve, enliven)


def _aws() -> str | None:
    """The AWS CLI: where FOULWEATHER_AWS says, beside this Python, or on the path."""
    if chosen := os.environ.get("FOULWEATHER_AWS"):
        return chosen
    beside = Path(sys.executable).with_name("aws")
    return str(beside) if beside.exists() else shutil.which("aws")


def _commands() -> Path:
    """A folder with an `aws` that heeds AWS_ENDPOINT_URL whatever its version, and this `foulweather`."""
    folder = Path(tempfile.mkdtemp(prefix="foulweather-verify-"))
    warm = os.environ.get(WARM)
    anew = f'#!/bin/sh\nexec {shlex.quote(_aws() or "aws")} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
    scripts = {
        "aws": warm_command(warm) if warm else anew,
        "foulweather": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m foulweather "$@"\n',
    }
    for name, text in scripts.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
    return folder
