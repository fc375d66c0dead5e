"""Work that is half done when the process dies is done by the next one: at whichever commit it was, none is stuck."""

from __future__ import annotations

import pytest

from harness import new_aws
from worlds import half_done, half_done_storage
from worlds.half_done import Trail
from worlds.restarting import Work, outlives_every_death

WORK = half_done.WORK + half_done_storage.WORK


@pytest.mark.parametrize(
    "kind",
    [pytest.param(each, marks=pytest.mark.slow) if each is Trail else each for each in WORK],
    ids=lambda kind: kind.__name__,
)
async def test_work_is_done_though_the_process_dies_at_any_commit(kind: type[Work]) -> None:
    await outlives_every_death(new_aws(), kind())
