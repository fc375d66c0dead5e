from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.http import HttpRequest
from wire.admin_client import START_MS, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.close()


async def test_reset_begins_anew_with_the_seed_of_the_start(server: Server) -> None:
    await server.ask("POST", "faults", {"kind": "unavailable"})
    await server.ask("POST", "clock", {"action": "advance", "by": "1d"})
    old = server.world
    status, told = await server.ask("POST", "reset", {})
    assert status == 200
    assert (told["name"], told["seed"], told["clock"]["now_ms"]) == ("default", 1, START_MS)
    assert server.world is not old
    assert (await server.get("faults"))["faults"] == []


async def test_reset_takes_a_seed(server: Server) -> None:
    assert (await server.ask("POST", "reset", {"seed": 7}))[1]["seed"] == 7


async def test_reset_empties_the_data_directory(tmp_path: Path) -> None:
    server = Server(tmp_path)
    await server.ask("POST", "faults", {"kind": "unavailable"})
    await server.ask("POST", "reset", {})
    assert (await server.get("health"))["data_directory"] == str(tmp_path)
    server.close()
    again = Server(tmp_path)
    assert (await again.get("faults"))["faults"] == []
    again.close()


async def test_what_was_done_is_there_after_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path)
    await server.ask("POST", "faults", {"kind": "unavailable"})
    await server.ask("POST", "clock", {"action": "advance", "by": "1d"})
    server.close()
    again = Server(tmp_path)
    assert len((await again.get("faults"))["faults"]) == 1
    assert (await again.get("clock"))["now_ms"] == START_MS + 86_400_000
    again.close()


async def test_reset_ends_the_streams_of_the_old_world(server: Server) -> None:
    stream = (await server.raw("GET", "events?follow")).stream
    assert stream is not None

    async def drained() -> None:
        async for _ in stream:
            pass

    draining = asyncio.ensure_future(drained())
    await asyncio.sleep(0)
    await server.ask("POST", "reset", {})
    await asyncio.wait_for(draining, 2)


async def test_a_call_that_waits_in_a_world_is_let_go_by_its_reset(server: Server) -> None:
    rung: list[bool] = []
    server.world.agenda.alarm(START_MS + 20_000, lambda: rung.append(True))
    await server.ask("POST", "reset", {})
    assert rung == [True]


async def test_an_alarm_that_sets_itself_anew_does_not_hold_a_reset_up(server: Server) -> None:
    agenda, rung = server.world.agenda, list[int]()

    def ring() -> None:
        rung.append(1)
        if len(rung) < 1000:
            agenda.alarm(START_MS + 20_000, ring)

    agenda.alarm(START_MS + 20_000, ring)
    await server.ask("POST", "reset", {})
    assert rung == [1]


async def test_a_snapshot_is_loaded_in_place_of_the_world(server: Server) -> None:
    await server.ask("POST", "faults", {"kind": "unavailable"})
    saved = await server.raw("GET", "snapshot")
    assert saved.status == 200
    await server.ask("DELETE", "faults")
    await server.ask("POST", "clock", {"action": "advance", "by": "1d"})
    status, told = await server.ask("PUT", "snapshot", saved.body)
    assert status == 200
    assert told["clock"]["now_ms"] == START_MS
    assert len((await server.get("faults"))["faults"]) == 1


async def test_a_snapshot_that_streams_in_is_loaded(server: Server) -> None:
    await server.ask("POST", "faults", {"kind": "unavailable"})
    saved = (await server.raw("GET", "snapshot")).body

    async def halves() -> AsyncIterator[bytes]:
        yield saved[:100]
        yield saved[100:]

    await server.ask("DELETE", "faults")
    request = HttpRequest("PUT", "/_foulweather/snapshot", "", [("Host", "localhost")], stream=halves())
    assert (await server.send(request)).status == 200
    assert len((await server.get("faults"))["faults"]) == 1


async def test_a_loaded_snapshot_is_kept_in_the_data_directory(tmp_path: Path) -> None:
    server = Server(tmp_path)
    await server.ask("POST", "faults", {"kind": "unavailable"})
    saved = (await server.raw("GET", "snapshot")).body
    await server.ask("POST", "reset", {})
    await server.ask("PUT", "snapshot", saved)
    server.close()
    again = Server(tmp_path)
    assert len((await again.get("faults"))["faults"]) == 1
    again.close()


@pytest.mark.parametrize("damage", [lambda whole: b"nonsense", lambda whole: whole[:-1], lambda whole: b""])
async def test_what_is_no_snapshot_changes_nothing(server: Server, damage: object) -> None:
    saved = (await server.raw("GET", "snapshot")).body
    old = server.world
    status, told = await server.ask("PUT", "snapshot", damage(saved))  # type: ignore[operator]
    assert (status, told["error"]["code"]) == (400, "BadSnapshot")
    assert "/tmp" not in told["error"]["message"]
    assert server.world is old


async def test_a_fork_begins_as_the_world_is_and_goes_its_own_way(server: Server) -> None:
    await server.ask("POST", "faults", {"kind": "unavailable"})
    status, made = await server.ask("POST", "worlds", {"name": "other", "from": "fork"})
    assert status == 201
    assert made["account"] == "000000000000"
    assert len((await server.get("faults?world=other"))["faults"]) == 1
    await server.ask("DELETE", "faults?world=other")
    assert len((await server.get("faults"))["faults"]) == 1


async def test_a_new_world_has_a_root_key_that_enters_it(server: Server) -> None:
    _, made = await server.ask("POST", "worlds", {"name": "a", "seed": 5, "clock": "paced"})
    assert made["clock"]["mode"] == "paced"
    world = server.cloud.worlds["a"].world
    credential = world.state(Credentials).by_id[made["access_key_id"]]
    assert credential.secret == made["secret_access_key"]
    assert credential.principal.arn == f"arn:aws:iam::{made['account']}:root"
    assert made["access_key_id"] not in server.world.state(Credentials).by_id


async def test_two_forks_have_different_keys(server: Server) -> None:
    keys = {(await server.ask("POST", "worlds", {"name": name, "from": "fork"}))[1]["access_key_id"] for name in "abc"}
    assert len(keys) == 3


async def test_worlds_are_listed_and_deleted_but_for_the_default(server: Server) -> None:
    await server.ask("POST", "worlds", {"name": "a"})
    told = (await server.get("worlds"))["worlds"]
    assert [(one["name"], one["is_default"]) for one in told] == [("default", True), ("a", False)]
    assert [one["name"] for one in (await server.ask("DELETE", "worlds/a"))[1]["worlds"]] == ["default"]
    assert (await server.ask("DELETE", "worlds/a"))[0] == 404
    assert (await server.ask("DELETE", "worlds/default"))[0] == 409
    assert (await server.ask("GET", "clock?world=a"))[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "default"}, 409),
        ({"name": ""}, 400),
        ({"name": "a/b"}, 400),
        ({"name": "a", "from": "thin air"}, 400),
        ({"name": "a", "account": "12"}, 400),
        ({}, 400),
    ],
)
async def test_worlds_that_cannot_be_made_are_refused(server: Server, body: dict[str, str], status: int) -> None:
    assert (await server.ask("POST", "worlds", body))[0] == status
    assert list(server.cloud.worlds) == ["default"]


async def test_a_reset_of_another_world_leaves_the_default_alone(server: Server) -> None:
    await server.ask("POST", "worlds", {"name": "a", "seed": 5})
    await server.ask("POST", "faults?world=a", {"kind": "unavailable"})
    await server.ask("POST", "faults", {"kind": "unavailable"})
    _, told = await server.ask("POST", "reset", {"world": "a"})
    assert told["seed"] == 5
    assert (await server.get("faults?world=a"))["faults"] == []
    assert len((await server.get("faults"))["faults"]) == 1


async def test_a_busy_world_is_not_replaced(server: Server) -> None:
    server.cloud.admin.busy.add("default")
    assert (await server.ask("POST", "reset", {}))[0] == 409
