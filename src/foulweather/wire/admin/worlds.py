"""Worlds as wholes: reset, saved, loaded, listed, made, deleted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from foulweather.gates.authenticate import DEFAULT_ACCOUNT
from foulweather.kernel.credentials import Credential, Credentials
from foulweather.kernel.http import HttpResponse
from foulweather.policy import principal as principals
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.clocks import ClockShown, shown
from foulweather.wire.admin.front import Opening
from foulweather.world import snapshot as snapshots
from foulweather.world.clock import Mode
from foulweather.world.log import FILE_NAME
from foulweather.world.snapshot import BadSnapshot, Snapshot
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.wire.admin.front import Admin
    from foulweather.wire.hosting import Hosted

WORLDS_MAX = 1000
SNAPSHOT_BYTES_MAX = 4 << 30
QUIET_WAIT_S = 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ACCOUNT = re.compile(r"\d{12}")


class WorldShown(msgspec.Struct, frozen=True):
    """One world: `is_default` is the one that keys enter which no world has issued."""

    name: str
    is_default: bool
    seed: int
    clock: ClockShown
    in_flight: int
    data_directory: str


class WorldList(msgspec.Struct, frozen=True):
    """Every world of the server."""

    worlds: list[WorldShown]


class WorldRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """A world to make, in memory.

    From `empty`, or as a `fork` of the world that the query names. `account` is the account of the
    access key that is given out: by default one of its own in an empty world, and in a fork the
    account of keys that no world issued, in which most things were built.
    """

    name: str
    origin: Literal["empty", "fork"] = "empty"
    seed: int | None = None
    clock: Mode | None = None
    account: str = ""


class WorldMade(msgspec.Struct, frozen=True):
    """A new world, and the access key of an account's root user that enters it."""

    name: str
    seed: int
    account: str
    access_key_id: str
    secret_access_key: str
    clock: ClockShown


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which world to begin anew, and with which seed; by default as the server was started."""

    world: str = ""
    seed: int | None = None


def listed(asked: Asked) -> WorldList:
    """Every world."""
    return WorldList([_shown(asked.admin, hosted) for hosted in asked.cloud.worlds.values()])


def make(asked: Asked) -> WorldMade | asyncio.Future[WorldMade]:
    """A further world, and a key to it."""
    wanted: WorldRequest = asked.body
    if not _NAME.fullmatch(wanted.name):
        raise Refused(400, "BadName", "A world's name is of up to 64 letters, digits, hyphens and underscores.")
    if wanted.account and not _ACCOUNT.fullmatch(wanted.account):
        raise Refused(400, "BadAccount", "An account is twelve digits.")
    if wanted.name in asked.cloud.worlds:
        raise Refused(409, "WorldExists", f"There is a world named {wanted.name!r} already.")
    if len(asked.cloud.worlds) >= WORLDS_MAX:
        raise Refused(409, "TooManyWorlds", f"A server hosts up to {WORLDS_MAX} worlds.")
    return asyncio.ensure_future(_made(asked, wanted))


async def _made(asked: Asked, wanted: WorldRequest) -> WorldMade:
    cloud, admin = asked.cloud, asked.admin
    account = wanted.account
    if wanted.origin == "fork":
        parent = asked.hosted.world
        await _claimed_quiet(parent)
        world = parent.fork(wanted.name)
        account = account or DEFAULT_ACCOUNT
        if wanted.seed is not None:
            world.seed = wanted.seed
            world.random.seed(wanted.seed)
    else:
        base = admin.opened.get(cloud.default.world.name, Opening())
        opening = msgspec.structs.replace(base, directory=None, seed=wanted.seed, mode=wanted.clock or base.mode)
        world = opening.world(wanted.name)
        account = account or world.ids.account()
        admin.opened[wanted.name] = msgspec.structs.replace(opening, seed=world.seed)
    if wanted.name in cloud.worlds:
        raise Refused(409, "WorldExists", f"There is a world named {wanted.name!r} already.")
    if wanted.clock == "held":
        world.clock.hold()
    elif wanted.clock == "paced":
        world.clock.release()
    credential = _root_key(world, account)
    world.state(Credentials).issue(credential)
    hosted = cloud.add(world)
    if hosted.driver is not None:
        hosted.driver.reschedule()
    return WorldMade(world.name, world.seed, account, credential.access_key_id, credential.secret, shown(world))


def delete(asked: Asked) -> WorldList:
    """Put a world away for good; its keys are worth nothing from then on."""
    hosted = asked.named(asked.param)
    if hosted is asked.cloud.default:
        raise Refused(409, "DefaultWorld", "The default world is not deleted; reset it.")
    _check_free(asked.admin, asked.param)
    asked.admin.stop_followers(hosted)
    hosted.world.agenda.end()
    del asked.cloud.worlds[asked.param]
    asked.admin.opened.pop(asked.param, None)
    hosted.close()
    return listed(asked)


async def reset(asked: Asked) -> WorldShown:
    """A fresh world in the place of one."""
    wanted: ResetRequest = asked.body
    name = wanted.world or asked.world_name
    opening = asked.admin.opened.get(name, Opening())
    hosted = asked.named(name)
    replaced = asyncio.ensure_future(_replaced(asked.admin, hosted, opening, lambda: opening.world(name, wanted.seed)))
    return await asyncio.shield(replaced)


async def save(asked: Asked) -> HttpResponse:
    """The world as a snapshot file."""
    world = asked.hosted.world
    await _claimed_quiet(world)
    with tempfile.TemporaryDirectory(prefix="foulweather-") as folder:
        path = Path(folder) / "snapshot"
        world.save(path)
        whole = path.read_bytes()
    disposition = f'attachment; filename="{world.name}.foulweather"'
    return HttpResponse(
        200, [("Content-Type", "application/octet-stream"), ("Content-Disposition", disposition)], whole
    )


async def load(asked: Asked) -> WorldShown:
    """A snapshot's world in the place of one."""
    name = asked.world_name
    hosted = asked.hosted
    saved = await _read(asked)
    opening = asked.admin.opened.get(name, Opening())
    replaced = asyncio.ensure_future(_replaced(asked.admin, hosted, opening, lambda: opening.restored(name, saved)))
    return await asyncio.shield(replaced)


async def _read(asked: Asked) -> Snapshot:
    with tempfile.TemporaryDirectory(prefix="foulweather-") as folder:
        path = Path(folder) / "snapshot"
        with path.open("wb") as file:
            if asked.request.stream is None:
                file.write(asked.request.body)
            else:
                size = 0
                async for chunk in asked.request.stream:
                    size += len(chunk)
                    if size > SNAPSHOT_BYTES_MAX:
                        raise Refused(413, "TooLarge", f"A snapshot is up to {SNAPSHOT_BYTES_MAX} bytes.")
                    file.write(chunk)
        try:
            return snapshots.read(path)
        except BadSnapshot as error:
            said = str(error).replace(str(path), "The body")
            raise Refused(400, "BadSnapshot", f"{said}.") from None


async def _replaced(admin: Admin, hosted: Hosted, opening: Opening, fresh: Callable[[], World]) -> WorldShown:
    """Put a world away, with its data directory's file, and host a fresh one in its place."""
    name = hosted.world.name
    _check_free(admin, name)
    admin.busy.add(name)
    try:
        admin.stop_followers(hosted)
        await _quieted(hosted.world)
        hosted.close()
        if opening.directory is not None:
            for path in opening.directory.glob(f"{FILE_NAME}*"):
                path.unlink()
        return _shown(admin, admin.cloud.replace(name, fresh()))
    finally:
        admin.busy.discard(name)


def _check_free(admin: Admin, name: str) -> None:
    if name in admin.busy:
        raise Refused(409, "Busy", f"The world {name!r} is being moved or replaced already.")


async def _claimed_quiet(world: World) -> None:
    """Wait until nothing is in flight, but not for ever."""
    try:
        await asyncio.wait_for(world.settled(), QUIET_WAIT_S)
    except TimeoutError:
        raise Refused(409, "InFlight", f"{world.in_flight} calls are in flight in {world.name!r}; try later.") from None


async def _quieted(world: World) -> None:
    """Let calls that wait in a world go on to their end, before it is put away."""
    world.agenda.end()
    try:
        await asyncio.wait_for(world.settled(), QUIET_WAIT_S)
    except TimeoutError:
        return
    # An answer is on its way once its writes are committed.
    world.store.commit()
    await asyncio.sleep(0)


def _root_key(world: World, account: str) -> Credential:
    """A root access key, derived from seed and name: drawing it could give two forks the same one."""
    digest = hashlib.sha512(f"{world.seed}/{world.name}/{account}".encode()).digest()
    return Credential(
        "AKIA" + base64.b32encode(digest[:10]).decode(),
        base64.b64encode(digest[10:40]).decode(),
        account,
        principals.root(account),
        world.clock.now_ms,
    )


def _shown(admin: Admin, hosted: Hosted) -> WorldShown:
    world = hosted.world
    opening = admin.opened.get(world.name, Opening())
    directory = str(opening.directory) if opening.directory is not None else ""
    return WorldShown(world.name, hosted is admin.cloud.default, world.seed, shown(world), world.in_flight, directory)


ENDPOINTS = (
    Endpoint(
        "POST", "reset", reset, "Begin a world anew; what it held is gone", WorldShown, ResetRequest, query=("world",)
    ),
    Endpoint("GET", "snapshot", save, "The world as a snapshot file", query=("world",)),
    Endpoint("PUT", "snapshot", load, "Load a snapshot file in place of the world", WorldShown, query=("world",)),
    Endpoint("POST", "snapshot", load, "Load a snapshot file in place of the world", WorldShown, query=("world",)),
    Endpoint("GET", "worlds", listed, "Every world of the server", WorldList),
    Endpoint(
        "POST",
        "worlds",
        make,
        "A further world, and a key to it",
        WorldMade,
        WorldRequest,
        query=("world",),
        status=201,
    ),
    Endpoint("DELETE", "worlds/{name}", delete, "Put a world away for good", WorldList),
)
