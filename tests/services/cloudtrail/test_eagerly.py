from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.services.cloudtrail.eagerly import at_once


async def _answer(waits: asyncio.Event | None = None, *, fails: bool = False) -> dict[str, Any]:
    if waits is not None:
        await waits.wait()
        await asyncio.sleep(0)
    if fails:
        raise LookupError("gone")
    return {"done": True}


def test_what_waits_for_nothing_is_done_at_once() -> None:
    assert at_once(_answer()) == {"done": True}
    with pytest.raises(LookupError):
        at_once(_answer(fails=True))


@pytest.mark.parametrize("fails", [False, True])
async def test_what_waits_goes_on_where_it_stopped(fails: bool) -> None:
    event = asyncio.Event()
    rest: Any = at_once(_answer(event, fails=fails))
    asyncio.get_running_loop().call_soon(event.set)
    if fails:
        with pytest.raises(LookupError):
            await rest
    else:
        assert await rest == {"done": True}


async def test_what_is_cancelled_while_it_waits_is_cancelled() -> None:
    rest: Any = at_once(_answer(asyncio.Event()))
    task = asyncio.ensure_future(_awaited(rest))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _awaited(rest: Any) -> Any:
    return await rest
