"""What ends by itself after a while: making and updating functions, and getting environments ready."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import layers_used, limits, packages
from foulweather.services.lambda_.records import LATEST, Configuration, Function, Mapping, Provisioned
from foulweather.services.lambda_.state import LambdaState

BEING_MADE = "The function is being created."


def begin_making(call: Call, function: Function, configuration: Configuration, after_ms: int) -> None:
    """A version is pending until it is made: it cannot be invoked before."""
    configuration.state, configuration.update_status = "Pending", ""
    configuration.state_reason, configuration.state_reason_code = BEING_MADE, "Creating"
    _schedule(call, function, configuration, after_ms)


def begin_update(call: Call, function: Function, configuration: Configuration) -> None:
    """`$LATEST` is updated: invocations get what was before until that has ended.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    function.before = function.latest
    function.latest = configuration
    configuration.update_status = "InProgress"
    configuration.update_reason, configuration.update_reason_code = BEING_MADE, "Creating"
    _schedule(call, function, configuration, limits.UPDATE_MS)


def settle_function(call: Call, name: str, version: str, at_ms: int) -> None:
    """End what a version is going through, unless something else has begun since."""
    state = call.state(LambdaState)
    function = state.functions.get(name)
    configuration = function.configuration(version) if function is not None else None
    if function is None or configuration is None or configuration.settles_ms != at_ms:
        return
    configuration.settles_ms = 0
    configuration.state, configuration.update_status = "Active", "Successful"
    configuration.state_reason = configuration.state_reason_code = ""
    configuration.update_reason = configuration.update_reason_code = ""
    if version == LATEST and function.before is not None:
        before, function.before = function.before, None
        packages.release(call, function, [before.code])
        layers_used.sweep(call, state)
    state.functions.touch(name)
    call.changed("lambda.FunctionSettled", function.qualified(version), State="Active", LastUpdateStatus="Successful")


def begin_provisioning(call: Call, function: Function, qualifier: str, wanted: int, there: int) -> Provisioned:
    """Environments are made for a version or alias; so many are there already."""
    provisioned = Provisioned(requested=wanted, allocated=there, modified_ms=call.now)
    function.provisioned[qualifier] = provisioned
    when_ms = call.now + limits.PROVISION_MS
    call.later(when_ms, "lambda.settle_provisioned", name=function.name, qualifier=qualifier, at_ms=call.now)
    return provisioned


def settle_provisioned(call: Call, name: str, qualifier: str, at_ms: int) -> None:
    """The environments that were asked for are there."""
    state = call.state(LambdaState)
    function = state.functions.get(name)
    provisioned = function.provisioned.get(qualifier) if function is not None else None
    if function is None or provisioned is None or provisioned.modified_ms != at_ms:
        return
    provisioned.allocated, provisioned.status = provisioned.requested, "READY"
    state.functions.touch(name)
    call.changed("lambda.ProvisionedConcurrencyReady", function.qualified(qualifier), Status="READY")


def _schedule(call: Call, function: Function, configuration: Configuration, after_ms: int) -> None:
    configuration.settles_ms = at_ms = call.now + after_ms
    call.later(at_ms, "lambda.settle_function", name=function.name, version=configuration.version, at_ms=at_ms)


def begin_mapping(call: Call, mapping: Mapping, passing: str, after_ms: int) -> None:
    """An event source mapping passes through a state; whoever polls for it looks at it at once."""
    mapping.state = passing
    state = call.state(LambdaState)
    state.mappings.touch(mapping.uuid)
    call.later(call.now, "lambda.poll", uuid=mapping.uuid)
    call.later(call.now + after_ms, "lambda.settle_mapping", uuid=mapping.uuid, passing=passing)


def settle_mapping(call: Call, uuid: str, passing: str) -> None:
    """End what a mapping passes through: it is polled, or not, or gone."""
    state = call.state(LambdaState)
    mapping = state.mappings.get(uuid)
    if mapping is None or mapping.state != passing:
        return
    if passing == "Deleting":
        state.mappings.delete(uuid)
    else:
        mapping.state = "Enabled" if mapping.is_enabled else "Disabled"
        state.mappings.touch(uuid)
    call.changed("lambda.EventSourceMappingSettled", mapping.arn, State=mapping.state)
    call.later(call.now, "lambda.poll", uuid=uuid)
