"""Streams from the table's side: turned on and off."""

from __future__ import annotations

from datetime import UTC, datetime

from foulweather.kernel.call import Call
from foulweather.services.dynamodb.descriptions import schema_shape
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.streams_state import Stream


def start_stream(call: Call, live: LiveTable, view: str) -> None:
    """Turn a table's stream on: a new one each time, named by the moment."""
    row = live.row
    moment = datetime.fromtimestamp(call.now / 1000, UTC)
    row.stream_view = view
    row.stream_label = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{call.now % 1000:03d}"
    schema = schema_shape((row.hash_name,), (row.sort_name,) if row.sort_name else ())
    stream = Stream(row.stream_arn, row.stream_label, row.name, view, schema, call.now)
    live.state.streams.start(stream, live.meter.partitions.lows(), call.now)
    live.state.tables.touch(row.name)
    call.changed("dynamodb.StreamEnabled", row.stream_arn, StreamViewType=view)


def stop_stream(call: Call, live: LiveTable) -> None:
    """Turn a table's stream off; what is in it stays for a day."""
    row = live.row
    if row.stream_view:
        live.state.streams.stop(row.stream_arn, call.now, "DISABLING")
        row.stream_view = ""
        live.state.tables.touch(row.name)
        call.changed("dynamodb.StreamDisabled", row.stream_arn, StreamEnabled=False)
        call.later(call.now + 24 * 3_600_000, "dynamodb.stream_ended", arn=row.stream_arn)
