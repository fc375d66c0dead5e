"""Resource policies of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.dynamodb import definitions
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.policies import checked_policy
from foulweather.services.dynamodb.tagging import tagged

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DeleteResourcePolicyInput,
        DeleteResourcePolicyOutput,
        GetResourcePolicyInput,
        GetResourcePolicyOutput,
        PutResourcePolicyInput,
        PutResourcePolicyOutput,
    )

NO_POLICY = "NO_POLICY"


def put_resource_policy(call: Call, request: PutResourcePolicyInput) -> PutResourcePolicyOutput:
    """Attach a policy to a table, in place of the one it has."""
    definitions.check_model(call, request)
    live = _table(call, request["ResourceArn"])
    policy = checked_policy(request["Policy"], live.arn)
    _check_revision(live, request.get("ExpectedRevisionId"))
    row = live.row
    if policy != row.policy:
        row.policy = policy
        row.policy_revision = str(call.now)
        live.state.configured(live, call.now)
        call.changed("dynamodb.ResourcePolicyPut", row.arn, Policy=policy)
    return {"RevisionId": row.policy_revision}


def get_resource_policy(call: Call, request: GetResourcePolicyInput) -> GetResourcePolicyOutput:
    """A table's policy."""
    definitions.check_model(call, request)
    live = _table(call, request["ResourceArn"])
    if not live.row.policy:
        raise _none(live)
    return {"Policy": live.row.policy, "RevisionId": live.row.policy_revision}


def delete_resource_policy(call: Call, request: DeleteResourcePolicyInput) -> DeleteResourcePolicyOutput:
    """Take a table's policy away; without one, nothing happens."""
    definitions.check_model(call, request)
    live = _table(call, request["ResourceArn"])
    row = live.row
    if not row.policy:
        if request.get("ExpectedRevisionId") is not None:
            raise _none(live)
        return {}
    _check_revision(live, request.get("ExpectedRevisionId"))
    revision = row.policy_revision
    row.policy = row.policy_revision = ""
    live.state.configured(live, call.now)
    call.changed("dynamodb.ResourcePolicyDeleted", row.arn, Policy="")
    return {"RevisionId": revision}


def _table(call: Call, arn: str) -> LiveTable:
    if "/stream/" in arn:
        raise not_implemented("dynamodb", f"{call.operation}.ResourceArn (of a stream)")
    return tagged(call, arn)


def _check_revision(live: LiveTable, expected: str | None) -> None:
    if expected is None:
        return
    held = live.row.policy_revision or NO_POLICY
    if expected != held:
        raise AwsError(
            "PolicyNotFoundException",
            f"The revision ID {expected} does not match the current revision of the policy of {live.arn}",
        )


def _none(live: LiveTable) -> AwsError:
    return AwsError(
        "PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {live.arn}"
    )
