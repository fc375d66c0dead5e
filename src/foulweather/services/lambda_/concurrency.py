"""Reserved concurrency: what a function has for itself, and at most.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import limits, naming, refusals
from foulweather.services.lambda_.quotas import CONCURRENT_EXECUTIONS
from foulweather.services.lambda_.reservations import promised, promised_to_all

Request = Mapping[str, Any]


def put_function_concurrency(call: Call, request: Request) -> dict[str, Any]:
    """Reserve a part of the account's concurrency for a function; 0 stops it altogether."""
    state, function = naming.unqualified(call, request["FunctionName"])
    wanted: int = request["ReservedConcurrentExecutions"]
    provisioned = sum(each.requested for each in function.provisioned.values())
    if wanted < provisioned:
        raise refusals.invalid(
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
            f"concurrency [{provisioned}].",
            call.fact(function.arn, "total provisioned concurrency", provisioned),
            Fact("request", "ReservedConcurrentExecutions", wanted),
        )
    limit = in_force(call.world, CONCURRENT_EXECUTIONS, function.account, function.region)
    others = promised_to_all(call, function.account, function.region) - promised(function)
    if limit - others - wanted < limits.UNRESERVED_MIN:
        raise refusals.invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{limits.UNRESERVED_MIN}].",
            Fact(function.account, "ConcurrentExecutions", limit),
            Fact(function.account, "reserved or provisioned for other functions", others),
            Fact("request", "ReservedConcurrentExecutions", wanted),
            remedy=(
                f"aws service-quotas request-service-quota-increase --service-code lambda --quota-code "
                f"{CONCURRENT_EXECUTIONS.code} --desired-value {others + wanted + limits.UNRESERVED_MIN}",
            ),
        )
    function.reserved = wanted
    state.functions.touch(function.name)
    call.changed("lambda.ConcurrencySet", function.arn, ReservedConcurrentExecutions=wanted)
    return {"ReservedConcurrentExecutions": wanted}


def get_function_concurrency(call: Call, request: Request) -> dict[str, Any]:
    """What is reserved for a function, if anything is."""
    _, function = naming.unqualified(call, request["FunctionName"])
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete_function_concurrency(call: Call, request: Request) -> None:
    """Give back what is reserved for a function."""
    state, function = naming.unqualified(call, request["FunctionName"])
    function.reserved = None
    state.functions.touch(function.name)
    call.changed("lambda.ConcurrencySet", function.arn, ReservedConcurrentExecutions=None)
