"""The door of the admin API: what it keeps for the server, and where its requests go in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import STREAM, Admission, Reply
from foulweather.world.clock import Mode
from foulweather.world.snapshot import Snapshot
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.drilling.session import Session
    from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted

BODY_BYTES_MAX = 1 << 20
SNAPSHOT_PATH = "/_foulweather/snapshot"
SMALL = Admission(buffer_bytes_max=BODY_BYTES_MAX)


class ServerFacts(msgspec.Struct, frozen=True):
    """What only whoever started the server knows of it."""

    host: str = ""
    port: int = 0
    pid: int = 0
    tls: bool = False
    log_file: str = ""


class Opening(msgspec.Struct, frozen=True):
    """How a world was opened, so that a fresh one can be opened in its place."""

    mode: Mode = "paced"
    rate_permille: int = 1000
    seed: int | None = None
    start_ms: int | None = None
    directory: Path | None = None
    fsync: bool = False

    def world(self, name: str, seed: int | None = None) -> World:
        """The world as its data directory has it, or a fresh one."""
        return World(
            name=name,
            seed=self.seed if seed is None else seed,
            start_ms=self.start_ms,
            mode=self.mode,
            rate_permille=self.rate_permille,
            directory=self.directory,
            fsync=self.fsync,
        )

    def restored(self, name: str, saved: Snapshot) -> World:
        """The world of a snapshot, in this one's (empty) data directory."""
        return World.restored(saved, name=name, directory=self.directory)


class Admin:
    """The admin API of one cloud.

    `opened` says how each world was opened; a world that is not in it lives in memory, on the clock
    that it has. `followers` ends the streams of those who follow a world's journal. `busy` are the
    worlds that are being moved or replaced, `drills` those that are being played.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.facts = ServerFacts()
        self.opened: dict[str, Opening] = {}
        self.followers: dict[Callable[[], None], Hosted] = {}
        self.busy: set[str] = set()
        self.drills: dict[str, Session] = {}

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """Small bodies are taken in whole; a snapshot streams."""
        return STREAM if head.path == SNAPSHOT_PATH else SMALL

    def handle(self, request: HttpRequest) -> Reply:
        """Answer one request; the endpoints are loaded with the first."""
        from foulweather.wire.admin import endpoints

        for hosted in self.cloud.worlds.values():
            hosted.pipeline.settle()
        return endpoints.answer(self, request)

    def stop_followers(self, hosted: Hosted | None = None) -> None:
        """End the streams that follow one world's journal, or all."""
        for stop, of in list(self.followers.items()):
            if hosted is None or of is hosted:
                stop()
