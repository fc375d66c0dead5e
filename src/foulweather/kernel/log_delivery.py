"""How log groups let AWS's delivery of vended logs in: the resource policy that services write for who sets logs up.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

DELIVERY: Final = "delivery.logs.amazonaws.com"
POLICY: Final = "AWSLogDeliveryWrite20150319"


def letting_in(call: Call, policies: Iterable[Mapping[str, Any]], resource: str) -> dict[str, Any] | None:
    """The policy among those that DescribeResourcePolicies gives, with a group in it; None when it is there."""
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    for policy in policies:
        if policy.get("policyName") == POLICY:
            document = json.loads(policy["policyDocument"])
    statements: list[dict[str, Any]] = document["Statement"]
    if any(each.get("Resource") == resource for each in statements):
        return None
    statements.append(
        {
            "Sid": f"AWSLogDeliveryWrite{len(statements) + 1}",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": resource,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": call.account},
                "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{call.region}:{call.account}:*"},
            },
        }
    )
    return document
