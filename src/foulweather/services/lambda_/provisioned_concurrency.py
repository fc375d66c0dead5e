"""Provisioned concurrency: environments that are kept ready for a version or alias.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import limits, naming, paging, refusals, settling, shapes
from foulweather.services.lambda_.quotas import CONCURRENT_EXECUTIONS
from foulweather.services.lambda_.records import LATEST, Function, Provisioned
from foulweather.services.lambda_.reservations import promised_to_all

Request = Mapping[str, Any]


def put_provisioned_concurrency_config(call: Call, request: Request) -> dict[str, Any]:
    """Ask for environments to be kept ready; they are after a minute or so."""
    function, qualifier = _asked(call, request)
    wanted: int = request["ProvisionedConcurrentExecutions"]
    state, _ = naming.unqualified(call, function.arn)
    _check_qualifier(call, function, qualifier)
    before = function.provisioned.get(qualifier)
    _check_room(call, function, wanted - (before.requested if before is not None else 0), wanted)
    # Those that are there already stay while more are made.
    there = min(before.allocated, wanted) if before is not None else 0
    provisioned = settling.begin_provisioning(call, function, qualifier, wanted, there)
    state.functions.touch(function.name)
    call.changed(
        "lambda.ProvisionedConcurrencySet", function.qualified(qualifier), ProvisionedConcurrentExecutions=wanted
    )
    return _told(provisioned)


def get_provisioned_concurrency_config(call: Call, request: Request) -> dict[str, Any]:
    """How many environments are asked for, and how many are there."""
    function, qualifier = _asked(call, request)
    return _told(_require(function, qualifier))


def list_provisioned_concurrency_configs(call: Call, request: Request) -> dict[str, Any]:
    """All of a function's versions and aliases for which environments are kept ready."""
    _, function = naming.unqualified(call, request["FunctionName"])
    shown, more = paging.page(sorted(function.provisioned), str, request)
    told = [{"FunctionArn": function.qualified(name), **_told(function.provisioned[name])} for name in shown]
    return {"ProvisionedConcurrencyConfigs": told, **more}


def delete_provisioned_concurrency_config(call: Call, request: Request) -> None:
    """Keep no environments ready any more; where none are, it does not matter."""
    function, qualifier = _asked(call, request)
    if function.provisioned.pop(qualifier, None) is None:
        return
    naming.unqualified(call, function.arn)[0].functions.touch(function.name)
    call.changed("lambda.ProvisionedConcurrencySet", function.qualified(qualifier), ProvisionedConcurrentExecutions=0)


def _asked(call: Call, request: Request) -> tuple[Function, str]:
    place, function = naming.located(call, request["FunctionName"], request["Qualifier"])
    qualifier = place.qualifier
    if qualifier in ("", LATEST):
        raise refusals.invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            Fact("request", "Qualifier", qualifier),
            remedy=(f"aws lambda publish-version --function-name {function.name}",),
        )
    if not naming.version_of(function, qualifier):
        raise refusals.no_such_function(function.qualified(qualifier))
    return function, qualifier


def _check_qualifier(call: Call, function: Function, qualifier: str) -> None:
    alias = function.aliases.get(qualifier)
    version = qualifier if alias is None else alias.version
    if (found := function.versions.get(version)) is not None and found.snap_start == "PublishedVersions":
        # "You can't use both SnapStart and provisioned concurrency on the same function version."
        raise refusals.invalid(
            "Provisioned Concurrency is not supported for SnapStart enabled function versions.",
            call.fact(function.qualified(version), "SnapStart", found.snap_start),
        )
    if alias is None:
        named = [other.name for other in function.aliases.values() if other.version == qualifier]
        held = next((name for name in named if name in function.provisioned), "")
        if held:
            raise refusals.invalid(
                "Version is pointed by a Provisioned Concurrency alias",
                call.fact(function.qualified(held), "FunctionVersion", qualifier),
            )
        return
    if alias.version == LATEST:
        raise refusals.invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            call.fact(function.qualified(qualifier), "FunctionVersion", LATEST),
        )
    if alias.weights:
        raise refusals.invalid(
            "Alias with weights can not be used with Provisioned Concurrency",
            call.fact(function.qualified(qualifier), "RoutingConfig", alias.weights),
        )
    if alias.version in function.provisioned:
        raise refusals.invalid(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
            call.fact(function.qualified(alias.version), "ProvisionedConcurrentExecutions", True),
        )


def _check_room(call: Call, function: Function, more: int, wanted: int) -> None:
    """Within the function's reserved concurrency, or else within what the account has not reserved."""
    provisioned = sum(each.requested for each in function.provisioned.values())
    if function.reserved is not None:
        if provisioned + more > function.reserved:
            raise refusals.invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                "function",
                call.fact(function.arn, "ReservedConcurrentExecutions", function.reserved),
                Fact("request", "ProvisionedConcurrentExecutions", wanted),
            )
        return
    limit = in_force(call.world, CONCURRENT_EXECUTIONS, function.account, function.region)
    room = limit - promised_to_all(call, function.account, function.region) - limits.UNRESERVED_MIN
    if more > room:
        raise refusals.invalid(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
            f"[{max(room, 0)}].",
            Fact(function.account, "ConcurrentExecutions", limit),
            Fact("request", "ProvisionedConcurrentExecutions", wanted),
        )


def _require(function: Function, qualifier: str) -> Provisioned:
    found = function.provisioned.get(qualifier)
    if found is None:
        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
            facts=(Fact(function.qualified(qualifier), "ProvisionedConcurrentExecutions", None),),
        )
    return found


def _told(provisioned: Provisioned) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": provisioned.requested,
        "AvailableProvisionedConcurrentExecutions": provisioned.allocated,
        "AllocatedProvisionedConcurrentExecutions": provisioned.allocated,
        "Status": provisioned.status,
        "LastModified": shapes.timestamp(provisioned.modified_ms)[:19] + "+0000",
    }
    if provisioned.status_reason:
        shown["StatusReason"] = provisioned.status_reason
    return shown
