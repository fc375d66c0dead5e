"""What the child executions of a Map Run get, and what their results become."""

from __future__ import annotations

from typing import Any, cast

from foulweather.services.stepfunctions import limits
from foulweather.services.stepfunctions.language import context
from foulweather.services.stepfunctions.language.records import Map, Scope
from foulweather.services.stepfunctions.records import MapItem, MapRun
from foulweather.services.stepfunctions.running import decode, encode
from foulweather.services.stepfunctions.state import SfnState


def listed(items: Any) -> list[Any]:
    """Items as a list; an object's are its fields."""
    if isinstance(items, dict):
        return [{"Key": key, "Value": each} for key, each in cast("dict[str, Any]", items).items()]
    return cast("list[Any]", items)


def inputs(state: Map, value: Any, scope: Scope, items: list[Any]) -> list[MapItem]:
    """One entry for each child execution."""
    return batched(state, value, scope, selected(state, value, scope, items))


def selected(state: Map, value: Any, scope: Scope, items: list[Any]) -> list[Any]:
    """What becomes of as many items as are read: ItemSelector's of each, or the item itself."""
    reader = state.item_reader
    if reader is not None and reader.items_max is not None:
        most = reader.items_max(value, scope)
        items = items[:most] if most else items
    if state.item_input is None:
        return items
    source = _source(state, value, scope)
    give = state.item_input
    return [give(value, context.with_item(scope, number, item, None, source)) for number, item in enumerate(items)]


def _source(state: Map, value: Any, scope: Scope) -> str:
    """`Map.Item.Source`: the state's input, the bucket whose objects are listed, or the file that is read."""
    reader = state.item_reader
    if reader is None:
        return "STATE_DATA"
    arguments: dict[str, Any] = reader.arguments(value, scope) or {}
    bucket, key = arguments.get("Bucket") or "", arguments.get("Key") or ""
    return f"S3://{bucket}" if reader.resource.endswith(":s3:listObjectsV2") else f"S3://{bucket}/{key}"


def batched(state: Map, value: Any, scope: Scope, made: list[Any]) -> list[MapItem]:
    """Items, alone or in batches."""
    batcher = state.item_batcher
    if batcher is None:
        return [MapItem(encode(each)) for each in made]
    most = batcher.items_max(value, scope) or len(made) or 1
    bytes_max = min(batcher.bytes_max(value, scope) or limits.PAYLOAD_BYTES_MAX, limits.PAYLOAD_BYTES_MAX)
    given = batcher.batch_input(value, scope) if batcher.batch_input is not None else None
    batches: list[list[Any]] = []
    room = 0
    for each in made:
        size = limits.size(encode(each)) + 1
        if not batches or len(batches[-1]) >= most or size > room:
            batches.append([])
            room = bytes_max - limits.size(encode(context.batch([], given)))
        batches[-1].append(each)
        room -= size
    return [MapItem(encode(context.batch(batch, given)), len(batch)) for batch in batches]


def items(state: SfnState, found: MapRun) -> list[MapItem]:
    """What each child execution got, and what came of it, in order."""
    return [state.map_items[f"{found.arn}#{number}"] for number in range(found.batches)]


def results(state: SfnState, found: MapRun, of: Map) -> Any:
    """The outputs of the child executions that succeeded, in order."""
    outputs = [
        decode(each.output) for each in items(state, found) if each.status == "SUCCEEDED" and each.output is not None
    ]
    if of.result_writer is not None and of.result_writer.transformation == "FLATTEN":
        return flattened(outputs)
    return outputs


def flattened(outputs: list[Any]) -> list[Any]:
    """Outputs that are arrays, as one array."""
    found: list[Any] = []
    for each in outputs:
        found += cast("list[Any]", each) if isinstance(each, list) else [each]
    return found
