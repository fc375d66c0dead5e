"""Updates of items: what a request asks for, and the item that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.services.dynamodb.language import expressions, legacy_updates
from foulweather.services.dynamodb.language.accept import checked_name
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.sizes import item_size
from foulweather.services.dynamodb.language.updates import Update
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.writing import Change


def update_of(request: Mapping[str, Any], placeholders: Placeholders) -> Update:
    """A request's update, in either way of saying it; without one, only the key is put."""
    text = request.get("UpdateExpression")
    if text is not None:
        return expressions.update(text, placeholders)
    updates: Mapping[str, Any] = request.get("AttributeUpdates") or {}
    for name in updates:
        checked_name(name)
    return legacy_updates.attribute_updates(updates)


def apply_update(change: Change, update: Update, key_item: Item) -> None:
    """Work out the new item of a change; an update that only takes away makes no new item."""
    live, old = change.live, change.old
    if old is None and not update.creates:
        return
    if old is None:
        applied = update.apply(key_item, item_size(key_item), existed=False)
    else:
        applied = update.apply(old, change.old_size)
    if live.all_indexes:
        live.check_index_keys(applied.item)
    change.new, change.new_size = applied.item, applied.size
