"""What of Lambda's has tags, by ARN: functions, event source mappings, code signing configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, refusals
from foulweather.services.lambda_.records import Function
from foulweather.services.lambda_.state import LambdaState


class Tagged(NamedTuple):
    """A resource's tags, and how others are put in their place."""

    tags: dict[str, str]
    put: Callable[[dict[str, str]], None]
    function: Function | None = None


def find(call: Call, arn: str) -> Tagged | None:
    """The tagged resource of an ARN; an ARN of a function may not have a qualifier."""
    parts = arn.split(":")
    account, kind = parts[4], parts[5]
    if parts[3] != call.region:
        return None
    state = call.state(LambdaState, account)
    if kind == "function":
        function = state.functions.get(parts[6])
        if function is None:
            return None

        def put_function(tags: dict[str, str]) -> None:
            function.tags = tags
            state.functions.touch(function.name)

        return Tagged(function.tags, put_function, function)
    if kind == "event-source-mapping":
        mapping = state.mappings.get(parts[6])
        if mapping is None:
            return None

        def put_mapping(tags: dict[str, str]) -> None:
            mapping.tags = tags
            state.mappings.touch(mapping.uuid)

        return Tagged(mapping.tags, put_mapping)
    config = state.signing.get(arn)
    if config is None:
        return None

    def put_config(tags: dict[str, str]) -> None:
        config.tags = tags
        state.signing.touch(arn)

    return Tagged(config.tags, put_config)


def require(call: Call, arn: str) -> Tagged:
    """The tagged resource of an ARN, which is there."""
    parts = arn.split(":")
    if parts[5] == "function" and len(parts) > 7:
        raise refusals.invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            Fact("request", "Resource", arn),
        )
    found = find(call, arn)
    if found is not None:
        return found
    if parts[5] == "function":
        raise refusals.no_such_function(naming.place(call, arn).arn)
    raise refusals.no_such_resource(arn)
