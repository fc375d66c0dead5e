"""Resource policies of APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import json
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.apigateway import limits, refusals
from foulweather.services.apigateway.records import RestApi

_INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


def checked(call: Call, api: RestApi, text: str | None) -> str:
    """A policy's text with the API's ARN for `execute-api:/…`, or empty for none."""
    if not text:
        return ""
    if len(text) > limits.POLICY_BYTES_MAX:
        words = f"Policy length exceeds the maximum of {limits.POLICY_BYTES_MAX} characters"
        raise refusals.invalid(words, policy=len(text))
    try:
        whole = json.dumps(_whole(call, api, json.loads(text)), separators=(",", ":"))
        parse(whole, "resource")
    except (ValueError, AttributeError, PolicySyntaxError) as error:
        raise refusals.invalid(_INVALID, policy=str(error)) from None
    return whole


def _whole(call: Call, api: RestApi, document: dict[str, Any]) -> dict[str, Any]:
    """`execute-api:/stage/METHOD/path` is short for the ARN: AWS stores the whole of it."""
    statements: Any = document.get("Statement") or []
    for statement in cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements]):
        for member in ("Resource", "NotResource"):
            named: Any = statement.get(member)
            if isinstance(named, str):
                statement[member] = _arn(call, api, named)
            elif isinstance(named, list):
                statement[member] = [_arn(call, api, str(one)) for one in cast("list[object]", named)]
    return document


def _arn(call: Call, api: RestApi, named: str) -> str:
    if not named.startswith("execute-api:/"):
        return named
    return call.arn("execute-api", f"{api.id}/{named.removeprefix('execute-api:/')}")
