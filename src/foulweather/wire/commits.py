"""Answers are owed until what was written is committed: a reply tells of nothing that could still be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING

from foulweather.kernel.http import HttpResponse
from foulweather.wire.app import Deferred, Reply

if TYPE_CHECKING:
    from foulweather.wire.hosting import Hosted


def once_committed(hosted: Hosted, response: HttpResponse) -> Reply:
    """The response, owed until what was written is committed."""
    store = hosted.world.store
    if not store.is_dirty:
        return response
    deferred = Deferred()
    store.after_commit(partial(deferred.deliver, response))
    return deferred


async def awaited(hosted: Hosted, reply: Awaitable[HttpResponse]) -> HttpResponse:
    """A response that somebody works on, once what was written is committed."""
    response = await reply
    await committed(hosted)
    return response


async def committed(hosted: Hosted) -> None:
    """Wait until what was written so far is committed."""
    store = hosted.world.store
    if store.is_dirty:
        done = asyncio.Event()
        store.after_commit(done.set)
        await done.wait()
