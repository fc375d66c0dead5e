"""The world of a drill before anybody serves it: what runs inside reaches its API, and no other."""

from __future__ import annotations

from pathlib import Path

from foulweather.drilling.drill import Drill
from foulweather.drilling.session import Session
from foulweather.kernel.doors import Doors
from foulweather.kernel.services import Services
from foulweather.wire.living import enliven

DRILLS = Path(__file__).parents[2] / "drills"


async def test_an_enlivened_session_has_doors_and_commits_what_is_written() -> None:
    session = Session(Drill(DRILLS / "lambda-timeout-too-low"), Services())
    assert Doors.of(session.world).open is None
    enliven(session)
    assert Doors.of(session.world).open is not None
    session.lab.client("sqs").create_queue(QueueName="written")
    assert session.world.store.is_dirty
    session.world.store.commit()
    assert not session.world.store.is_dirty
    session.world.close()
