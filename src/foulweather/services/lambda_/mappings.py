"""Event source mappings: made, changed, shown, deleted.

Every change takes a while: `lambda.settle_mapping` ends it, and has `lambda.poll` look at the mapping anew.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Mapping as Request
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import (
    judging,
    limits,
    mapping_settings,
    mapping_sources,
    naming,
    paging,
    refusals,
    settling,
)
from foulweather.services.lambda_.feeds import Feeds
from foulweather.services.lambda_.members import inside
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.state import LambdaState

_SETTLED = frozenset({"Enabled", "Disabled"})


async def create_event_source_mapping(call: Call, request: Request[str, Any]) -> dict[str, Any]:
    """Have a function invoked with what a queue or stream holds."""
    kind = mapping_settings.kind_of(call, request)
    source_arn: str = request["EventSourceArn"]
    settings = mapping_settings.complete(call, request, kind, source_arn, {})
    tags = limits.checked_tags(request.get("Tags") or {})
    reference = naming.described(call, request["FunctionName"])
    await mapping_sources.check(call, reference, kind, source_arn)
    _check_destination(call, reference, settings)
    state = call.state(LambdaState)
    _require_only(state, kind, source_arn, reference)
    mapping = Mapping(
        uuid=call.world.ids.uuid(),
        account=call.account,
        region=call.region,
        function_arn=reference.arn,
        source_arn=source_arn,
        settings=settings,
        state_reason="USER_INITIATED" if kind == "sqs" else "User action",
        modified_ms=call.now,
        made_ms=call.now,
        tags=tags,
        is_enabled=request.get("Enabled", True),
    )
    state.mappings.put(mapping.uuid, mapping)
    settling.begin_mapping(call, mapping, "Creating", limits.MAPPING_CREATE_MS)
    return _changed(call, mapping)


async def update_event_source_mapping(call: Call, request: Request[str, Any]) -> dict[str, Any]:
    """Change a mapping's settings or function, or turn it on or off."""
    mapping = _require(call, request["UUID"])
    _require_settled(call, mapping, "update")
    kind = mapping.source_arn.split(":")[2]
    settings = mapping_settings.complete(call, request, kind, mapping.source_arn, mapping.settings)
    reference = naming.described(call, request.get("FunctionName") or mapping.function_arn)
    await mapping_sources.check(call, reference, kind, mapping.source_arn)
    _check_destination(call, reference, settings)
    mapping = _require(call, request["UUID"])
    _require_settled(call, mapping, "update")
    is_enabled = request.get("Enabled", mapping.is_enabled)
    passing = "Updating" if is_enabled == mapping.is_enabled else "Enabling" if is_enabled else "Disabling"
    has_moved = mapping.function_arn != reference.arn
    mapping.settings, mapping.function_arn, mapping.is_enabled = settings, reference.arn, is_enabled
    mapping.modified_ms = call.now
    if has_moved:
        # What polls for the function before it ends with what it has in hand.
        Feeds.of(call.world).drop(mapping.uuid)
    settling.begin_mapping(call, mapping, passing, limits.MAPPING_UPDATE_MS)
    return _changed(call, mapping)


def get_event_source_mapping(call: Call, request: Request[str, Any]) -> dict[str, Any]:
    """A mapping, its state, and how the last processing went."""
    return _told(_require(call, request["UUID"]))


def list_event_source_mappings(call: Call, request: Request[str, Any]) -> dict[str, Any]:
    """The account's mappings, of a source or of a function."""
    every = list(call.state(LambdaState).mappings.values())
    if source := request.get("EventSourceArn"):
        every = [each for each in every if each.source_arn == source]
    if named := request.get("FunctionName"):
        wanted = naming.place(call, named)
        every = [each for each in every if _is_for(each, wanted)]
    every.sort(key=lambda each: each.uuid)
    shown, more = paging.page(every, lambda each: each.uuid, request)
    return {"EventSourceMappings": [_told(each) for each in shown], **more}


def delete_event_source_mapping(call: Call, request: Request[str, Any]) -> dict[str, Any]:
    """Delete a mapping: it is gone after a moment."""
    mapping = _require(call, request["UUID"])
    _require_settled(call, mapping, "delete")
    settling.begin_mapping(call, mapping, "Deleting", limits.MAPPING_DELETE_MS)
    call.changed("lambda.EventSourceMappingDeleted", mapping.arn, State="Deleting")
    return _told(mapping)


def _require(call: Call, uuid: str) -> Mapping:
    mapping = call.state(LambdaState).mappings.get(uuid)
    if mapping is None:
        raise refusals.no_such_resource(call.arn("lambda", f"event-source-mapping:{uuid}"))
    return mapping


def _require_settled(call: Call, mapping: Mapping, what: str) -> None:
    if mapping.state not in _SETTLED:
        raise AwsError(
            "ResourceInUseException",
            f"Cannot {what} the event source mapping because it is in use.",
            facts=(call.fact(mapping.arn, "State", mapping.state),),
            remedy=(f"aws lambda get-event-source-mapping --uuid {mapping.uuid} --query State",),
        )


def _require_only(state: LambdaState, kind: str, source_arn: str, reference: naming.Reference) -> None:
    """A function reads a source once."""
    for each in state.mappings.values():
        if each.source_arn != source_arn or each.function_arn != reference.arn or each.state == "Deleting":
            continue
        name = reference.function.name
        words = (
            f'An event source mapping with SQS arn (" {source_arn} ") and function (" {name} ") already exists. '
            if kind == "sqs"
            else f'The event source arn (" {source_arn} ") and function (" {name} ") provided mapping already exists. '
        )
        raise refusals.conflict(
            f"{words}Please update or delete the existing mapping with UUID {each.uuid}",
            Fact(each.arn, "EventSourceArn", source_arn),
            Fact(each.arn, "FunctionArn", each.function_arn),
        )


def _check_destination(call: Call, reference: naming.Reference, settings: dict[str, Any]) -> None:
    destination: str = inside(settings, "DestinationConfig", "OnFailure", "Destination") or ""
    if not destination:
        return
    judging.require_permission(call, reference.configuration.role, reference.function.name, destination)


def _is_for(mapping: Mapping, wanted: naming.Place) -> bool:
    """A name without a qualifier means the mappings of the function itself."""
    return mapping.function_arn == wanted.arn


def _changed(call: Call, mapping: Mapping) -> dict[str, Any]:
    call.changed(
        "lambda.EventSourceMappingSet",
        mapping.arn,
        FunctionArn=mapping.function_arn,
        EventSourceArn=mapping.source_arn,
        Enabled=mapping.is_enabled,
        **mapping.settings,
    )
    return _told(mapping)


def _told(mapping: Mapping) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "UUID": mapping.uuid,
        **mapping.settings,
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function_arn,
        "LastModified": mapping.modified_ms,
        "State": mapping.state,
        "StateTransitionReason": mapping.state_reason,
        "EventSourceMappingArn": mapping.arn,
    }
    if ":sqs:" not in mapping.source_arn:
        shown["LastProcessingResult"] = mapping.last_result
    return shown
