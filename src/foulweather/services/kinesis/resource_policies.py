"""Resource policies of streams and consumers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.kinesis import limits, refusals
from foulweather.services.kinesis.live import held
from foulweather.services.kinesis.naming import owned

Request = Mapping[str, Any]


def put_resource_policy(call: Call, request: Request) -> None:
    """Attach a policy to a stream or a consumer, in place of the one it has."""
    document: str = request["Policy"]
    found = owned(call, request["ResourceARN"])
    if len(document.encode()) > limits.POLICY_BYTES_MAX:
        raise refusals.invalid(
            f"The policy exceeds {limits.POLICY_BYTES_MAX} bytes.", Fact("request", "Policy", len(document.encode()))
        )
    try:
        parse(document, "resource")
    except PolicySyntaxError as error:
        raise refusals.invalid(f"Invalid policy: {error}", Fact("request", "Policy", document)) from None
    found.row.policy = document
    found.holder.policy = held(found.row.arn, document)
    found.touch()
    call.changed("kinesis.ResourcePolicyPut", found.row.arn, Policy=document)


def get_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """The policy of a stream or a consumer."""
    found = owned(call, request["ResourceARN"])
    if not found.row.policy:
        raise _none(found.row.arn)
    return {"Policy": found.row.policy}


def delete_resource_policy(call: Call, request: Request) -> None:
    """Take the policy of a stream or a consumer away."""
    found = owned(call, request["ResourceARN"])
    if not found.row.policy:
        raise _none(found.row.arn)
    found.row.policy = ""
    found.holder.policy = None
    found.touch()
    call.changed("kinesis.ResourcePolicyDeleted", found.row.arn, Policy="")


def _none(arn: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException", f"No resource policy found for resource {arn}", facts=(Fact(arn, "Policy", None),)
    )
