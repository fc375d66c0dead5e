"""Who writes access logs: the delivery service, which the log group's account lets in when a stage is set up.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.log_delivery import POLICY, letting_in
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.v2 import refusals

_GROUP = re.compile(r"arn:aws[\w-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]+(?::\*)?")
_STREAM = re.compile(r"arn:aws[\w-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/amazon-apigateway-[\w.-]+")


def prepare(call: Call, destination: str) -> None:
    """Have the delivery service let into a log group, in the name of whoever sets a stage's logs up."""
    if _STREAM.fullmatch(destination):
        return
    if not _GROUP.fullmatch(destination):
        words = "Invalid ARN specified in the request. ARNs must start with 'arn:' and name a log group or a stream"
        raise refusals.invalid(f"{words} amazon-apigateway-*", DestinationArn=destination)
    ports = call.forwarded("apigateway")
    resource = f"{destination.removesuffix(':*')}:log-stream:*"
    try:
        found = _asked(call, ports.logs.describe_resource_policies, {})
        document = letting_in(call, found.get("resourcePolicies") or (), resource)
        if document is not None:
            policy = {"policyName": POLICY, "policyDocument": json.dumps(document)}
            _asked(call, ports.logs.put_resource_policy, policy)
    except AwsError as error:
        words = f"Insufficient permissions to enable logging: {error.message}"
        raise refusals.invalid(words, DestinationArn=destination).because(error.why) from None


def require_role(call: Call) -> None:
    """Refuse logs of a WebSocket API where the account's settings have no role to write them with.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    settings = call.state(RestState).settings.get("account")
    if settings is None or not settings.cloudwatch_role_arn:
        raise refusals.invalid(
            "CloudWatch Logs role ARN must be set in account settings to enable logging",
            call.fact(f"arn:aws:apigateway:{call.region}::/account", "cloudwatchRoleArn", None),
            remedy=(
                "aws apigateway update-account --patch-operations op=replace,path=/cloudwatchRoleArn,value=<role with "
                "AmazonAPIGatewayPushToCloudWatchLogs>",
            ),
        )


def _asked(call: Call, ask: Any, request: dict[str, Any]) -> Mapping[str, Any]:
    """CloudWatch Logs' answer; the operation begins anew when that takes time."""
    question = {"logging": sorted(request), **request}
    response = answers.given(call, question)
    if response is None:
        response = ask(request)
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
    return response
