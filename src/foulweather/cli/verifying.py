"""Serves a drill's session to real clients for as long as it is being proved."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from foulweather.cli.exits import FAILED, Stop
from foulweather.drilling.drill import Drill
from foulweather.drilling.session import Session
from foulweather.drilling.verify import Verified, verify
from foulweather.wire.admin.times import iso
from foulweather.wire.cloud import Cloud
from foulweather.wire.server import Server
from foulweather.world.world import World


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


def proved(drill: Drill) -> Verified:
    """Prove one drill with the stock AWS CLI."""
    if _aws() is None:
        raise Stop(FAILED, "Proving a drill runs its solution with the AWS CLI: there is no `aws` on the PATH.")
    return verify(drill, Cloud(World(name="none", mode="held")).services, serve)


def _aws() -> str | None:
    beside = Path(sys.executable).with_name("aws")
    return str(beside) if beside.exists() else shutil.which("aws")


def _commands() -> Path:
    """A folder with an `aws` that heeds AWS_ENDPOINT_URL whatever its version, and this `foulweather`."""
    folder = Path(tempfile.mkdtemp(prefix="foulweather-verify-"))
    aws = _aws()
    scripts = {
        "aws": f'exec {shlex.quote(aws or "aws")} --endpoint-url "$AWS_ENDPOINT_URL" "$@"',
        "foulweather": f'exec {shlex.quote(sys.executable)} -m foulweather "$@"',
    }
    for name, line in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
    return folder
