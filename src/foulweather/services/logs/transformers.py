"""Log transformers of groups: set, shown, tried, taken away.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutTransformer.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.logs import naming, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD, LogsState, Transformer
from foulweather.services.logs.transforming import InvalidTransformer, Transform, Untransformed

Request = Mapping[str, Any]
_TESTED: Final = {"@logGroupName": "", "@logGroupStream": ""}


def put_transformer(call: Call, request: Request) -> dict[str, Any]:
    """Have a group's events to come transformed; what came before stays as it is."""
    refusals.check_model(call, request)
    config: list[dict[str, Any]] = request["transformerConfig"]
    _checked(config)
    group = naming.require_group(call, request["logGroupIdentifier"], STANDARD)
    state = call.state(LogsState)
    held = state.transformers.get(group.name)
    created_ms = held.created_ms if held is not None else call.now
    state.transformers.put(group.name, Transformer(group.name, config, created_ms, call.now))
    state.changed(group.name)
    call.changed("logs.TransformerSet", group.arn, transformerConfig=config)
    return {}


def get_transformer(call: Call, request: Request) -> dict[str, Any]:
    """A group's own transformer; nothing where it has none."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupIdentifier"], STANDARD)
    found = call.state(LogsState).transformers.get(group.name)
    if found is None:
        return {}
    return {
        "logGroupIdentifier": request["logGroupIdentifier"],
        "creationTime": found.created_ms,
        "lastModifiedTime": found.changed_ms,
        "transformerConfig": found.config,
    }


def delete_transformer(call: Call, request: Request) -> dict[str, Any]:
    """Take a group's own transformer away; the account's is in force again, if there is one."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupIdentifier"], STANDARD)
    state = call.state(LogsState)
    if group.name not in state.transformers:
        raise refusals.not_found("transformer", group.arn)
    state.transformers.delete(group.name)
    state.changed(group.name)
    call.changed("logs.TransformerDeleted", group.arn, transformerConfig=None)
    return {}


def test_transformer(call: Call, request: Request) -> dict[str, Any]:
    """What a transformer would make of some messages; one that it cannot transform comes back without."""
    refusals.check_model(call, request)
    transform = _checked(request["transformerConfig"])
    origin = {**_TESTED, "@accountId": call.account, "@regionName": call.region}
    found: list[dict[str, Any]] = []
    for number, message in enumerate(request["logEventMessages"], 1):
        tried: dict[str, Any] = {"eventNumber": number, "eventMessage": message}
        try:
            tried["transformedEventMessage"] = transform.transformed(message, origin)
        except Untransformed as error:
            call.explain("TestTransformer", "request", Why("failed", f"Event {number} cannot be transformed: {error}"))
        found.append(tried)
    return {"transformedLogs": found}


def _checked(config: Sequence[Mapping[str, Any]]) -> Transform:
    """A transformer, compiled; its refusal where it is none."""
    try:
        return Transform(config)
    except InvalidTransformer as error:
        raise invalid(error.message, Fact("request", "transformerConfig", [*config])) from error
