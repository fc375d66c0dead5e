"""What DynamoDB does by itself when a time has come."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import (
    encryption,
    expiry,
    exporting,
    history,
    importing,
    limits,
    packing,
    replica_reactions,
    sending,
)
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import NUMBER_DIGITS, DynamoState
from foulweather.services.dynamodb.streams_state import StreamState
from foulweather.services.dynamodb.writing import Change, make, plan_quietly

TTL_USER = "dynamodb.amazonaws.com"


def _table(call: Call, table: str, table_id: str) -> LiveTable | None:
    """The table, unless it was deleted meanwhile; another of the same name is not it."""
    live = call.state(DynamoState).table(table, call.now)
    return live if live is not None and live.row.id == table_id else None


def table_created(call: Call, table: str, table_id: str) -> None:
    """A new table is ready."""
    _become_active(call, table, table_id)


def table_updated(call: Call, table: str, table_id: str) -> None:
    """A change of a table is through."""
    _become_active(call, table, table_id)


def _become_active(call: Call, table: str, table_id: str) -> None:
    live = _table(call, table, table_id)
    if live is None or live.row.status == "DELETING":
        return
    live.row.status = "ACTIVE"
    if live.row.stream_label and not live.row.stream_view:
        live.state.streams.stopped(live.row.stream_arn)
    for index in live.row.indexes:
        if index.status == "UPDATING":
            index.status = "ACTIVE"
    live.state.configured(live, call.now)
    call.changed("dynamodb.TableActive", live.arn, TableStatus="ACTIVE")


def look_after_key(call: Call, table: str, table_id: str, key: str) -> None:
    """See whether a table's KMS key is within reach, and come back to see again."""
    live = _table(call, table, table_id)
    if live is None or live.row.sse_key_arn != key or live.row.status == "DELETING":
        return
    if encryption.look_after(call, live):
        live.state.configured(live, call.now)
        call.changed("dynamodb.TableKeySeen", live.arn, TableStatus=live.row.status)
    encryption.start_looking(call, live.row)


def index_created(call: Call, table: str, table_id: str, index: str) -> None:
    """A new index has been filled from the table's items."""
    live = _table(call, table, table_id)
    held = live.row.index(index) if live is not None else None
    if live is None or held is None or held.status != "CREATING":
        return
    held.status, held.is_backfilling = "ACTIVE", False
    live.row.status = "ACTIVE"
    live.state.configured(live, call.now)
    call.changed("dynamodb.IndexActive", live.row.index_arn(index), IndexStatus="ACTIVE")
    stands(call, live)


def index_backfilling(call: Call, table: str, table_id: str, index: str) -> None:
    """A new index has its partitions and begins to be filled; the table can be changed again."""
    live = _table(call, table, table_id)
    held = live.row.index(index) if live is not None else None
    if live is not None and held is not None and held.status == "CREATING":
        held.is_backfilling = True
        live.row.status = "ACTIVE"
        live.state.configured(live, call.now)


def index_deleted(call: Call, table: str, table_id: str, index: str) -> None:
    """An index is gone."""
    live = _table(call, table, table_id)
    if live is None:
        return
    row = live.row
    row.indexes = [each for each in row.indexes if each.name != index]
    used = {*row.key_names, *(name for each in row.indexes for name in each.key_names)}
    row.types = {name: kind for name, kind in row.types.items() if name in used}
    if row.status == "UPDATING":
        row.status = "ACTIVE"
    live.state.configured(live, call.now)
    call.changed("dynamodb.IndexDeleted", row.index_arn(index), IndexStatus="DELETED")
    stands(call, live)


def destination_settled(call: Call, table: str, table_id: str, arn: str) -> None:
    """A Kinesis destination that was enabled, updated or disabled is."""
    live = _table(call, table, table_id)
    for each in live.row.kinesis if live is not None else ():
        if live is not None and each.stream_arn == arn:
            each.status = "DISABLED" if each.status == "DISABLING" else "ACTIVE"
            live.state.configured(live, call.now)


async def send_to_kinesis(call: Call, table: str, arn: str, body: str, key: str, since_ms: int) -> None:
    """Send a change to a Kinesis stream."""
    await sending.deliver(call, table, arn, body, key, since_ms)


def table_deleted(call: Call, table: str, table_id: str) -> None:
    """A table is gone; its items go in parts, so that nobody waits for a million of them."""
    live = _table(call, table, table_id)
    if live is None:
        return
    if live.row.stream_view:
        live.state.streams.stop(live.row.stream_arn, call.now)
        call.later(call.now + limits.DAY_MS, "dynamodb.stream_ended", arn=live.row.stream_arn)
    encryption.let_go(call, live.row)
    history.forget(live)
    live.state.forget(live)
    call.changed("dynamodb.TableGone", live.arn, TableName=table)
    drop_items(call, live.prefix)


def drop_items(call: Call, number: str) -> None:
    """Drop some of the rows of a table that is gone, and come back for the rest."""
    state = call.state(DynamoState)
    items = state.items
    left = state.dropping.get(number)
    if left is None:
        left = state.dropping[number] = [key for key in items if key[:NUMBER_DIGITS] == number]
    for key in left[-limits.DROPPED_AT_ONCE :]:
        items.delete(key)
    del left[-limits.DROPPED_AT_ONCE :]
    if not left:
        del state.dropping[number]
    else:
        call.later(call.now + limits.DROP_STEP_MS, "dynamodb.drop_items", number=number)


def stream_ended(call: Call, arn: str) -> None:
    """A stream that was turned off a day ago is gone."""
    call.state(StreamState).remove(arn)


# --- time to live


def ttl_changed(call: Call, table: str, table_id: str) -> None:
    """Turning time to live on or off has reached every partition."""
    live = _table(call, table, table_id)
    if live is None:
        return
    row = live.row
    if row.ttl_status == "ENABLING":
        row.ttl_status = "ENABLED"
        call.later(call.now + expiry.SWEEP_MS, "dynamodb.expire", table=table, table_id=table_id)
    elif row.ttl_status == "DISABLING":
        row.ttl_status, row.ttl_attribute = "DISABLED", ""
    live.expiries = None
    live.state.configured(live, call.now)


def expire(call: Call, table: str, table_id: str) -> None:
    """Delete items whose time has come; it costs no write units, and the stream tells that the service did it."""
    live = _table(call, table, table_id)
    if live is None or live.row.ttl_status != "ENABLED":
        return
    keys = expiry.due(live, call.now, limits.DROPPED_AT_ONCE)
    deleted = 0
    for key in keys:
        old = packing.unpacked(live.items[key])
        change = Change(live, key, live.group_of(old[live.hash_name]), old, None, 0)
        plan_quietly(change)
        make(call, change, TTL_USER)
        deleted += 1
    if deleted:
        call.happened("dynamodb.TimeToLiveDeleted", live.arn, table=table, count=deleted, **live.grown.taken())
    again = expiry.SWEEP_MS if len(keys) < limits.DROPPED_AT_ONCE else 1000
    call.later(call.now + again, "dynamodb.expire", table=table, table_id=table_id)


def backup_made(call: Call, arn: str) -> None:
    """A backup is complete."""
    state = call.state(DynamoState)
    backup = state.backups.get(arn)
    if backup is not None:
        backup.status = "AVAILABLE"
        state.backups.touch(arn)


async def export_table(call: Call, arn: str) -> None:
    """An export is written."""
    transfer = call.state(DynamoState).exports.get(arn)
    if transfer is not None:
        await exporting.write_export(call, transfer)


async def import_table(call: Call, arn: str) -> None:
    """An import is read; its table is ready, with whatever could be read."""
    transfer = call.state(DynamoState).imports.get(arn)
    live = await importing.read_import(call, transfer) if transfer is not None else None
    if live is not None:
        _become_active(call, live.row.name, live.row.id)


def insights_changed(call: Call, table: str, table_id: str, index: str) -> None:
    """Contributor Insights are on, or off."""
    live = _table(call, table, table_id)
    if live is None:
        return
    holder = live.row.index(index) if index else live.row
    if holder is None:
        return
    holder.insights = {"ENABLING": "ENABLED", "DISABLING": ""}.get(holder.insights, holder.insights)
    live.state.configured(live, call.now)


# --- global tables


def replica_created(call: Call, table: str, table_id: str, replica: str) -> None:
    """A replica has been filled."""
    live = _table(call, table, table_id)
    if live is not None:
        replica_reactions.created(call, live, replica)


def replica_deleted(call: Call, table: str, table_id: str, replica: str) -> None:
    """A replica is gone, with the table that it was."""
    live = _table(call, table, table_id)
    there = replica_reactions.deleted(call, live, replica) if live is not None else None
    if there is not None:
        there.state.streams.stop(there.row.stream_arn, call.now)
        history.forget(there)
        there.state.forget(there)
        call.world.agenda.at(
            call.now, "dynamodb.drop_items", {"number": there.prefix}, account=call.account, region=replica
        )


def replicate(call: Call, table: str, key: str, row: str, written_ms: int, origin: str) -> None:
    """A change from another region arrives."""
    replica_reactions.arrived(call, table, key, row, written_ms, origin)
