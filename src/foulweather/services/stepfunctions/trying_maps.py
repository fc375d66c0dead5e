"""A Map on its own, as TestState runs it: its items, what each iteration would get, and how many may fail.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.errors import not_implemented
from foulweather.services.stepfunctions import batching, distributed, item_readers, refusals
from foulweather.services.stepfunctions.fanning import pairs
from foulweather.services.stepfunctions.language import context
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.records import Map, Scope
from foulweather.services.stepfunctions.running import Trouble, decode

CONFIGURED = ("mapIterationFailureCount", "mapItemReaderData")


def check(state: Any, configuration: Mapping[str, Any], *, is_mocked: bool) -> None:
    """Refuse what is told of a Map where there is none."""
    for name in CONFIGURED:
        if configuration.get(name) is None:
            continue
        if not isinstance(state, Map) or not is_mocked:
            raise refusals.invalid(f"{name} can only be specified for a Map state with a mock")
        if state.mode != "DISTRIBUTED":
            raise not_implemented("stepfunctions", f"TestState.stateConfiguration.{name} of an inline Map")
    if configuration.get("mapItemReaderData") is not None and state.item_reader is None:
        raise refusals.invalid("mapItemReaderData can only be specified for a Map state with an ItemReader")


def look(state: Map, language: str, value: Any, scope: Scope, data: str | None) -> tuple[dict[str, Any], int | None]:
    """What inspection shows of a Map, and how many items it has; None where they are not known."""
    seen: dict[str, Any] = {}
    most = state.concurrency_max(value, scope)
    if most is not None:
        seen["maxConcurrency"] = most
    count, ratio = state.tolerated_count(value, scope), state.tolerated_percentage(value, scope)
    if count is not None:
        seen["toleratedFailureCount"] = count
    if ratio is not None:
        seen["toleratedFailurePercentage"] = ratio
    reader = state.item_reader
    if reader is not None:
        if data is None:
            return seen, None
        items = item_readers.parsed(reader, data.encode())
        if reader.items_pointer:
            seen["afterItemsPointer"] = items
    else:
        held = state.items(value, scope)
        if language != "JSONata":
            seen["afterItemsPath"] = held
        items = batching.listed(held) if state.mode == "DISTRIBUTED" else held
    if state.mode != "DISTRIBUTED":
        if state.item_input is not None:
            told = enumerate(pairs(items))
            given = state.item_input
            seen["afterItemSelector"] = [
                given(value, context.with_item(scope, number, item, key or None)) for number, (item, key) in told
            ]
        return seen, len(items)
    made = batching.selected(state, value, scope, items)
    if state.item_input is not None:
        seen["afterItemSelector"] = made
    if state.item_batcher is not None:
        seen["afterItemBatcher"] = [decode(each.input) for each in batching.batched(state, value, scope, made)]
    return seen, len(made)


def exceeded(seen: Mapping[str, Any], total: int | None, failed: int) -> Trouble | None:
    """The error of a Map of which more iterations failed than it tolerates."""
    if not failed:
        return None
    count, ratio = seen.get("toleratedFailureCount"), seen.get("toleratedFailurePercentage")
    if ratio is not None and total is None:
        raise refusals.invalid("mapItemReaderData must be specified for a Map with a tolerated failure percentage")
    if count is None and ratio is None:
        is_exceeded = True
    else:
        is_exceeded = (count is not None and failed > count) or (
            ratio is not None and failed * 100 > ratio * (total or 0)
        )
    return Trouble(distributed.EXCEEDED, distributed.EXCEEDED_CAUSE) if is_exceeded else None


def unreadable(error: item_readers.Unreadable) -> StatesError:
    """Data that hold no items, as a state's error."""
    return StatesError(item_readers.FAILED, error.message)
