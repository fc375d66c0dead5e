"""Stream records: what a stream tells of each change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.dynamodb.language.sizes import item_size
from foulweather.services.dynamodb.partitions import spread_number
from foulweather.services.dynamodb.streams_state import Record, StreamState, shown

if TYPE_CHECKING:
    from foulweather.services.dynamodb.writing import Change


def write(call: Call, change: Change, user: str) -> None:
    """Put a change in the table's stream, with the images that its view shows."""
    live, old, new = change.live, change.old, change.new
    view = live.row.stream_view
    held = new if new is not None else old
    assert held is not None
    keys = {name: held[name] for name in live.key_names}
    shows_new = new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
    shows_old = old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
    size = item_size(keys) + (change.new_size if shows_new else 0) + (change.old_size if shows_old else 0)
    record = Record(
        shard="",
        sequence=0,
        at_ms=call.now,
        event="INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        id=call.world.ids.hex(32),
        keys=keys,
        size_bytes=size,
        new=new if shows_new else None,
        old=old if shows_old else None,
        user=user,
    )
    streams: StreamState = live.state.streams
    arn = live.row.stream_arn
    streams.write(arn, spread_number(change.group), record)
    call.happened("dynamodb.StreamRecord", arn, shard=record.shard, sequence=shown(record.sequence))
