"""A traced API before a function, and what X-Ray has of it."""

from __future__ import annotations

from typing import Any

from foulweather.testing import Aws

PUT_SEGMENTS = {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}


def api(aws: Aws, function_arn: str, *, tracing: bool = True) -> tuple[str, str]:
    """The URL of a deployed API with a function behind it, and the ARN for the function's permission."""
    gateway = aws.client("apigateway")
    made = gateway.create_rest_api(name="orders")
    place = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=made["id"], stageName="prod", tracingEnabled=tracing)
    url = f"https://{made['id']}.execute-api.us-east-1.amazonaws.com/prod"
    return url, f"arn:aws:execute-api:us-east-1:{aws.account}:{made['id']}/*/GET/"


def summaries(aws: Aws, expression: str = "") -> list[dict[str, Any]]:
    """The traces of the last ten minutes of which an expression is true."""
    now = aws.now_ms / 1000
    asked = {"StartTime": now - 600, "EndTime": now, **({"FilterExpression": expression} if expression else {})}
    pages = aws.client("xray").get_paginator("get_trace_summaries").paginate(**asked)
    return [each for page in pages for each in page["TraceSummaries"]]


def traces(aws: Aws) -> list[dict[str, Any]]:
    """Traces of the last ten minutes with their segments: five at most."""
    ids = [each["Id"] for each in summaries(aws)]
    return aws.client("xray").batch_get_traces(TraceIds=ids)["Traces"] if ids else []
