"""Resource policies of parameters: how an advanced one is shared with other accounts.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-shared-parameters.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.ssm import naming, paging, refusals
from foulweather.services.ssm.state import Parameter, SsmState

Request = Mapping[str, Any]


def put_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Give a parameter a policy, or replace the one it has, whose id and hash must be told."""
    state, parameter = _parameter(call, request)
    text: str = request["Policy"]
    try:
        parse(text, "resource")
    except PolicySyntaxError as error:
        raise refusals.refused("MalformedResourcePolicyDocumentException", error.message, Policy=text) from error
    if state.latest(parameter).tier != "Advanced":
        raise refusals.refused(
            "ResourcePolicyInvalidParameterException",
            "Resource policies are only supported for parameters in the advanced-parameter tier.",
            Tier=state.latest(parameter).tier,
        )
    if "PolicyId" in request or "PolicyHash" in request:
        _check_same(parameter, request)
    elif parameter.policy:
        raise refusals.refused(
            "ResourcePolicyLimitExceededException",
            "The PutResourcePolicy API action enforces a limit of one policy for a parameter. To replace it, specify "
            "its PolicyId and PolicyHash.",
            PolicyId=parameter.policy_id,
        )
    else:
        parameter.policy_id = call.world.ids.uuid()
    parameter.policy = text
    parameter.policy_hash = hashlib.sha256(text.encode()).hexdigest()
    state.touch(parameter)
    call.changed("ssm.ResourcePolicySet", parameter.arn, Policy=text)
    return {"PolicyId": parameter.policy_id, "PolicyHash": parameter.policy_hash}


def get_resource_policies(call: Call, request: Request) -> dict[str, Any]:
    """The policy of a parameter, if it has one."""
    _, parameter = _parameter(call, request)
    held = [{"PolicyId": parameter.policy_id, "PolicyHash": parameter.policy_hash, "Policy": parameter.policy}]
    some, more = paging.page(held if parameter.policy else [], request, 50)
    return {"Policies": list(some), **more}


def delete_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Take a parameter's policy away."""
    state, parameter = _parameter(call, request)
    _check_same(parameter, request)
    parameter.policy = parameter.policy_id = parameter.policy_hash = ""
    state.touch(parameter)
    call.changed("ssm.ResourcePolicyDeleted", parameter.arn, Policy="")
    return {}


def _parameter(call: Call, request: Request) -> tuple[SsmState, Parameter]:
    arn: str = request["ResourceArn"]
    if ":parameter/" not in arn:
        raise not_implemented("ssm", f"{call.operation}.ResourceArn (other than a parameter's)")
    place = naming.named(call, arn)
    if place.parameter is None:
        raise AwsError(
            "ResourceNotFoundException",
            "The specified parameter to be shared could not be found.",
            facts=(Fact("request", "ResourceArn", arn), Fact(arn, "exists", False)),
        )
    return call.state(SsmState, place.account), place.parameter


def _check_same(parameter: Parameter, request: Request) -> None:
    """Refuse a policy that is not the one there, or that somebody has changed meanwhile."""
    if not parameter.policy or request.get("PolicyId") != parameter.policy_id:
        raise refusals.refused(
            "ResourcePolicyNotFoundException", "No policies with the specified policy ID were found.",
            PolicyId=request.get("PolicyId"),
        )  # fmt: skip
    if request.get("PolicyHash") != parameter.policy_hash:
        raise refusals.refused(
            "ResourcePolicyConflictException",
            "The hash provided in the call doesn't match the stored hash. This exception is thrown when trying to "
            "update an obsolete policy version or when multiple requests to update a policy are sent.",
            PolicyHash=request.get("PolicyHash"),
        )
