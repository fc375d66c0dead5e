"""Which managed policies may be attached, to whom."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.services.iam.records import ManagedPolicy
from foulweather.services.iam.state import IamState, no_such_policy

# "You cannot attach this policy to your IAM entities": only AWS attaches these, to service-linked roles.
_SERVICE_LINKED = "/aws-service-role/"


def checked_policy(state: IamState, arn: str) -> ManagedPolicy:
    """The managed policy that an identity is to have."""
    found = state.find_policy(arn)
    if found is None:
        raise no_such_policy(arn, f"Policy {arn} does not exist or is not attachable.")
    if found.path.startswith(_SERVICE_LINKED):
        raise AwsError("PolicyNotAttachableException", f"Cannot attach a Service Role Policy to a Customer Role: {arn}")
    return found


def checked_boundary(state: IamState, arn: str | None) -> str:
    """The managed policy that is to limit a user or role; empty for none."""
    if arn is None:
        return ""
    found = state.find_policy(arn)
    if found is None:
        raise no_such_policy(arn, f"Scope ARN: {arn} does not exist or is not attachable.")
    if found.path.startswith(_SERVICE_LINKED):
        raise AwsError("PolicyNotAttachableException", f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn
