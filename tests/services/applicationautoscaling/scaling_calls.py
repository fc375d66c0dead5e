"""Short ways to say what these tests do over and over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.policy.principal import Principal
from harness import ACCOUNT, REGION, Aws
from services.dynamodb.tables import definition

TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
ROLE = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/{ROLE}"
WRITES = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}


def scaling(aws: Aws) -> Any:
    """The service's operations."""
    return getattr(aws, "application-autoscaling")


async def table(aws: Aws, *, read: int = 5, write: int = 10, name: str = "orders", **more: Any) -> None:
    """A provisioned table that is ready, at the beginning of a minute."""
    aws.dynamodb.create_table(definition(name, read=read, write=write, **more))
    await aws.advance(seconds=60)


async def register(aws: Aws, low: int | None = 5, high: int | None = 1000, **members: Any) -> str:
    """Make the table's write capacity a scalable target."""
    bounds = {"MinCapacity": low, "MaxCapacity": high}
    given = {name: units for name, units in bounds.items() if units is not None}
    return (await scaling(aws).register_scalable_target({**WRITES, **given, **members}))["ScalableTargetARN"]


def track(aws: Aws, target: float = 70.0, name: str = "track", **config: Any) -> dict[str, Any]:
    """A policy that follows the target's utilization, or what `config` says."""
    if "CustomizedMetricSpecification" not in config:
        config["PredefinedMetricSpecification"] = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    return scaling(aws).put_scaling_policy(
        {
            **WRITES,
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target, **config},
        }
    )


async def load(aws: Aws, units: int, minutes: int, name: str = "orders") -> None:
    """So many write units in each of some minutes, in one item each that is as large."""
    for _ in range(minutes):
        item = {"pk": {"S": "a"}, "body": {"S": "x" * (units * 1024 - 20)}}
        aws.dynamodb.put_item({"TableName": name, "Item": item})
        await aws.advance(seconds=60)


async def overwhelm(aws: Aws, units: int = 900) -> None:
    """So many write units in each of two minutes, and the time until the alarm is heard."""
    for _ in range(2):
        for n in range(units // 300):
            item = {"pk": {"S": f"k{n}"}, "body": {"S": "x" * (300 * 1024 - 20)}}
            aws.dynamodb.put_item({"TableName": "orders", "Item": item})
        await aws.advance(seconds=60)
    await aws.advance(seconds=45)


def units(aws: Aws, name: str = "orders") -> int:
    """The table's write capacity."""
    table = aws.dynamodb.describe_table({"TableName": name})["Table"]
    return table["ProvisionedThroughput"]["WriteCapacityUnits"]


def activities(aws: Aws, *, all_of_them: bool = False) -> list[dict[str, Any]]:
    """The scaling activities, the latest first."""
    request = {"ServiceNamespace": "dynamodb", "IncludeNotScaledActivities": all_of_them}
    return scaling(aws).describe_scaling_activities(request)["ScalingActivities"]


def reasons(aws: Aws, operation: str) -> list[Why]:
    """The reasons on record for what the service did not do."""
    hops = [hop for trace in aws.world.state(Traces) for hop in trace.hops]
    return [hop.why for hop in hops if hop.operation == operation and hop.why is not None]


def user(aws: Aws, *actions: str, condition: dict[str, Any] | None = None) -> Aws:
    """An IAM user who may do something."""
    made = aws.iam.create_user({"UserName": "scaler"})["User"]
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "scaler", "PolicyName": "inline", "PolicyDocument": document})
    return aws.as_principal(Principal("user", made["Arn"], aws.account, made["UserId"]))


def refused(code: str, words: str) -> Any:
    """Expect a refusal by its code and words."""
    return pytest.raises(AwsError, match=f"^{code}: .*{words}")
