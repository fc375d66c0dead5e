"""The Context object of a Map's iteration."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.services.stepfunctions.language.records import Scope


def with_item(scope: Scope, index: int, value: Any, key: str | None = None, source: str | None = None) -> Scope:
    """The scope in which a Map's ItemSelector is read: the Context object with `Map.Item` in it.

    `key` is the field's name where the items are an object's fields; `source` is where a distributed Map read them
    (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html#contextobject-map).
    """
    item: dict[str, Any] = {"Index": index, "Value": value}
    if key is not None:
        item["Key"] = key
    if source is not None:
        item["Source"] = source
    return msgspec.structs.replace(scope, context={**scope.context, "Map": {"Item": item}})


def batch(items: list[Any], batch_input: Any | None) -> dict[str, Any]:
    """One child execution's input where an ItemBatcher makes batches."""
    return {"Items": items} if batch_input is None else {"BatchInput": batch_input, "Items": items}
