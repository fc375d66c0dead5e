"""Global tables: changes sent to the other regions a second later, where the last writer wins.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html#V2globaltables_HowItWorks.conflict-resolution
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import limits, packing
from foulweather.services.dynamodb.records import Stamp

if TYPE_CHECKING:
    from foulweather.services.dynamodb.live import LiveTable
    from foulweather.services.dynamodb.writing import Change

RETRY_MS = 5_000


def send(call: Call, change: Change) -> None:
    """Send a change on its way to every replica, stamped with its time and region."""
    live = change.live
    row = live.row
    live.state.stamps.put(change.key, Stamp(call.now, row.region))
    body = b"" if change.new is None else packing.packed(change.new, change.new_size)
    sent = {
        "table": row.name,
        "key": change.key[len(live.prefix) :],
        "row": base64.b64encode(body).decode(),
        "written_ms": call.now,
        "origin": row.region,
    }
    for replica in row.replicas:
        call.world.agenda.at(
            call.now + limits.REPLICATION_MS,
            "dynamodb.replicate",
            sent,
            account=row.account,
            region=replica.region,
            trace_id=call.trace_id,
        )


def wins(live: LiveTable, key: str, written_ms: int, origin: str) -> bool:
    """Whether a write from elsewhere is later than the last one here; of two at the same time, one region wins.

    Of two by one region in one millisecond the second one arrives later, and wins.
    """
    held = live.state.stamps.get(key)
    if held is None:
        return True
    return (written_ms, origin) >= (held.at_ms, held.region)


def is_cut_off(call: Call, region: str) -> bool:
    """Whether what is sent to a region's DynamoDB does not arrive there."""
    return call.pipeline.unreachable(call, "dynamodb", region) is not None
