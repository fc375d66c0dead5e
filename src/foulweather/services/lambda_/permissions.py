"""Permissions: who may use a function, a version or an alias, as its resource policy says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, policies, refusals
from foulweather.services.lambda_.records import LATEST, Function
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


def add_permission(call: Call, request: Request) -> dict[str, Any]:
    """Let a service, an account or an identity use a function."""
    place, function = naming.located(call, request["FunctionName"], request.get("Qualifier"))
    qualifier = place.qualifier
    arn = function.qualified(qualifier)
    if qualifier == LATEST:
        raise refusals.invalid(
            "We currently do not support adding policies for $LATEST.", Fact("request", "Qualifier", qualifier)
        )
    if not naming.version_of(function, qualifier):
        raise refusals.no_such_function(arn)
    if request.get("FunctionUrlAuthType") and request["Action"] != "lambda:InvokeFunctionUrl":
        raise refusals.invalid(
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
            Fact("request", "Action", request["Action"]),
        )
    revision = function.policy_revisions.get(qualifier, "")
    naming.require_revision(function, request.get("RevisionId"), revision, "GetPolicy")
    statement = _statement(call, request, arn)
    text = policies.added(arn, function.policies.get(qualifier, ""), statement)
    _set(call, place, function, text)
    return {"Statement": policies.encoded(statement)}


def remove_permission(call: Call, request: Request) -> None:
    """Take a statement out of a function's resource policy."""
    place, function = naming.located(call, request["FunctionName"], request.get("Qualifier"))
    qualifier = place.qualifier
    arn = function.qualified(qualifier)
    if not function.policies.get(qualifier):
        raise refusals.not_found("No policy is associated with the given resource.", Fact(arn, "Policy", None))
    revision = function.policy_revisions.get(qualifier, "")
    naming.require_revision(function, request.get("RevisionId"), revision, "GetPolicy")
    _set(call, place, function, policies.removed(arn, function.policies[qualifier], request["StatementId"]))


def get_policy(call: Call, request: Request) -> dict[str, Any]:
    """A function's resource policy."""
    place, function = naming.located(call, request["FunctionName"], request.get("Qualifier"))
    document = function.policies.get(place.qualifier)
    if not document:
        raise refusals.no_such_resource(function.qualified(place.qualifier))
    return {"Policy": document, "RevisionId": function.policy_revisions[place.qualifier]}


def _set(call: Call, place: naming.Place, function: Function, text: str) -> None:
    qualifier = place.qualifier
    if text:
        function.policies[qualifier] = text
        function.policy_revisions[qualifier] = call.world.ids.uuid()
    else:
        function.policies.pop(qualifier, None)
        function.policy_revisions.pop(qualifier, None)
    call.state(LambdaState, place.account).functions.touch(function.name)
    call.changed("lambda.PolicySet", function.qualified(qualifier), Policy=text)


def _statement(call: Call, request: Request, arn: str) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": policies.principal_element(call, request["Principal"]),
        "Action": request["Action"],
        "Resource": arn,
    }
    equal: dict[str, str] = {}
    for member, key in (
        ("SourceAccount", "AWS:SourceAccount"),
        ("EventSourceToken", "lambda:EventSourceToken"),
        ("PrincipalOrgID", "aws:PrincipalOrgID"),
        ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
    ):
        if request.get(member):
            equal[key] = request[member]
    conditions: dict[str, dict[str, str]] = {}
    if equal:
        conditions["StringEquals"] = equal
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if "InvokedViaFunctionUrl" in request:
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": str(request["InvokedViaFunctionUrl"]).lower()}
    if conditions:
        statement["Condition"] = conditions
    return statement
