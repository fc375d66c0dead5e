"""Multi-Region keys: a key and its relatives in other Regions, and what happens to all of them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kms.limits import DAY_MS
from foulweather.services.kms.state import Key, KmsState


def family(call: Call, key: Key) -> list[tuple[KmsState, Key]]:
    """A key with its relatives, the primary first; a single-Region key alone."""
    found: list[tuple[KmsState, Key]] = []
    for region in key.regions:
        state = call.state(KmsState, key.account, region)
        relative = state.keys.get(key.id)
        if relative is not None:
            found.append((state, relative))
    return found


def others(call: Call, key: Key) -> list[tuple[KmsState, Key]]:
    """A key's relatives in other Regions."""
    return [(state, relative) for state, relative in family(call, key) if relative.region != key.region]


def set_regions(call: Call, key: Key, primary: str, replicas: list[str]) -> None:
    """Have a key and its relatives know which Regions they are in."""
    for state, relative in family(call, key):
        relative.primary_region, relative.replica_regions = primary, list(replicas)
        relative.region_type = "PRIMARY" if relative.region == primary else "REPLICA"
        state.changed(relative)


def start_waiting(call: Call, state: KmsState, key: Key) -> None:
    """Begin a key's waiting period; at its end it is deleted."""
    key.state = "PendingDeletion"
    key.deletion_ms = call.now + key.deletion_days * DAY_MS
    state.changed(key)
    schedule(call, key, key.deletion_ms, "kms.delete_key")


def schedule(call: Call, key: Key, when_ms: int, action: str, **args: str) -> None:
    """Put something on the agenda that will be done to a key, if it still stands for that time then."""
    call.world.agenda.at(
        when_ms,
        action,
        {"key": key.id, "at_ms": when_ms, **args},
        account=key.account,
        region=key.region,
        trace_id=call.trace_id,
    )
