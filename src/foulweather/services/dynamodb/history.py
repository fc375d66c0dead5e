"""What items were before each change, for point-in-time recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.records import Past

if TYPE_CHECKING:
    from foulweather.services.dynamodb.live import LiveTable

FORGOTTEN_AT_ONCE = 4


def remember(live: LiveTable, key: str, old_row: bytes | None, now_ms: int) -> None:
    """Keep what an item was, for as many days as the table recovers, and let go of what is older."""
    state = live.state
    state.history_seq += 1
    number = live.prefix
    name = f"{number}/{state.history_seq:016d}"
    state.history.put(name, Past(now_ms, key, old_row or b""))
    names = state.history_keys[number]
    names.append(name)
    horizon = now_ms - live.row.recovery_days * limits.DAY_MS
    # Each change lets go of a few: a little more than it adds, so that nothing piles up.
    for _ in range(FORGOTTEN_AT_ONCE):
        if not names or state.history[names[0]].at_ms >= horizon:
            break
        state.history.delete(names.pop(0))


def rows_at(live: LiveTable, at_ms: int) -> dict[str, bytes]:
    """Every row as it was at a time: the rows of now, with every later change undone, newest first."""
    rows = {key: live.items[key] for key in live.sorted_keys()}
    state = live.state
    for name in reversed(state.history_keys.get(live.prefix, [])):
        past = state.history[name]
        if past.at_ms <= at_ms:
            break
        if past.row:
            rows[past.key] = past.row
        else:
            rows.pop(past.key, None)
    return rows


def changed_between(live: LiveTable, from_ms: int, to_ms: int) -> dict[str, tuple[int, bytes]]:
    """Every key that was written from one time to before another: when last, and the row before the first write."""
    changed: dict[str, tuple[int, bytes]] = {}
    for name in live.state.history_keys.get(live.prefix, []):
        past = live.state.history[name]
        if from_ms <= past.at_ms < to_ms:
            before = changed.get(past.key)
            changed[past.key] = (past.at_ms, past.row if before is None else before[1])
    return changed


def forget(live: LiveTable) -> None:
    """Let go of a table's history."""
    for name in live.state.history_keys.pop(live.prefix, []):
        live.state.history.delete(name)
