"""What happens to replicas when a time has come."""

from __future__ import annotations

import base64
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.dynamodb import filling, packing, replication
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Stamp
from foulweather.services.dynamodb.replicas import group_of
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import NUMBER_DIGITS, DynamoState
from foulweather.services.dynamodb.writing import Change, make, old_item, plan_quietly


def created(call: Call, live: LiveTable, region: str) -> None:
    """A replica has been filled; from now on changes go both ways."""
    there = call.state(DynamoState, live.row.account, region).table(live.row.name, call.now)
    if there is None:
        return
    for key in live.sorted_keys():
        copied = there.prefix + key[NUMBER_DIGITS:]
        if copied not in there.items:
            there.items.put(copied, live.items[key])
            there.count += 1
            there.size_bytes += packing.size_of(live.items[key])
    filling.gather_anew(there, call.now)
    there.row.status = live.row.status = "ACTIVE"
    for each in group_of(call, live):
        for replica in each.row.replicas:
            if replica.region in (region, live.row.region):
                replica.status = "ACTIVE"
        each.state.configured(each, call.now)
    call.changed("dynamodb.ReplicaCreated", live.arn, Replica=region)
    stands(call, live)
    stands(call, there)


def deleted(call: Call, live: LiveTable, region: str) -> LiveTable | None:
    """A replica is gone; its table, which goes with it."""
    there = call.state(DynamoState, live.row.account, region).table(live.row.name, call.now)
    for each in group_of(call, live):
        each.row.replicas = [replica for replica in each.row.replicas if replica.region != region]
        if each is not there:
            each.row.status = "ACTIVE"
        each.state.configured(each, call.now)
    call.changed("dynamodb.ReplicaDeleted", live.arn, Replica=region)
    stands(call, live)
    return there


def arrived(call: Call, table: str, key: str, row: str, written_ms: int, origin: str) -> None:
    """A change from another region arrives: it is made here unless something later was written."""
    live = call.state(DynamoState).table(table, call.now)
    if live is None or not any(replica.region == origin for replica in live.row.replicas):
        return
    sent: dict[str, Any] = {"table": table, "key": key, "row": row, "written_ms": written_ms, "origin": origin}
    if (
        live.row.status == "CREATING"
        or replication.is_cut_off(call, call.region)
        or replication.is_cut_off(call, origin)
    ):
        call.later(call.now + replication.RETRY_MS, "dynamodb.replicate", **sent)
        call.happened("dynamodb.ReplicationPending", live.arn, table=table, origin=origin)
        return
    own_key = live.prefix + key
    if not replication.wins(live, own_key, written_ms, origin):
        held = live.state.stamps[own_key]
        call.happened("dynamodb.ReplicationConflict", live.arn, table=table, origin=origin)
        why = Why(
            "dropped",
            f"A write of {origin} lost against a later one of {held.region}: in a global table the last writer wins.",
            (Fact(live.arn, "written", written_ms), Fact(live.arn, f"written in {held.region}", held.at_ms)),
            ("Write each item in one region only, or count in items of each region's own.",),
        )
        call.explain("Replicate", live.arn, why)
        return
    body = base64.b64decode(row)
    new = packing.unpacked(body) if body else None
    old = old_item(live, own_key)
    held_item = new or old
    paid: dict[str, Any] = {}
    if held_item is not None:
        change = Change(
            live, own_key, live.group_of(held_item[live.hash_name]), old, new, packing.size_of(body) if body else 0
        )
        plan_quietly(change)
        make(call, change, from_replica=True)
        paid["write_milli"] = change.milli
        paid["index_milli"] = sum(effect.milli for effect in change.effects if effect.on.is_global)
    live.state.stamps.put(own_key, Stamp(written_ms, origin))
    call.happened(
        "dynamodb.Replicated",
        live.arn,
        table=table,
        origin=origin,
        receiving=call.region,
        latency_ms=call.now - written_ms,
        is_on_demand=live.row.is_on_demand,
        **paid,
        **live.grown.taken(),
    )
