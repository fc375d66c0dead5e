"""Invokes a method of an API of API Gateway: the event is the request's body, signed with the target's role.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from foulweather.kernel.call import Call
from foulweather.services.events import authorizing, requesting, sending, signing
from foulweather.services.events.sending import Target
from foulweather.services.events.state import Delivery, Rule, part

KIND = "execute-api"
AGENT = "Amazon/EventBridge"


async def invoke(call: Call, rule: Rule, target: Target, delivery: Delivery, text: str) -> None:
    """Send one event to a method of an API, or raise why it did not take it."""
    own = call.acting_as(sending.PRINCIPAL, source_arn=rule.arn, source_account=call.account)
    request = {"RoleArn": target["RoleArn"], "RoleSessionName": call.world.ids.hex(32)}
    made: Mapping[str, Any] = await sending.answered(own.sts.assume_role(request))
    call.reread_clock()
    method, url = _place(target, json.loads(delivery.event))
    body = text.encode()
    headers = signing.signed(
        method,
        url,
        _headers(target, json.loads(delivery.event)),
        body,
        made["Credentials"],
        region=target["Arn"].split(":", 4)[3],
        service=KIND,
        now_ms=call.now,
    )
    answer = await authorizing.sent(call, method, url, headers, body)
    call.reread_clock()
    refusal = requesting.refusal_of(answer, url)
    if refusal is not None:
        raise refusal


def _place(target: Target, event: Any) -> tuple[str, str]:
    """The method and the address that `api-id/stage/METHOD/path` stands for; each `*` of the path has a value."""
    _, _, _, region, _, rest = target["Arn"].split(":", 5)
    api, stage, method, path = [*rest.split("/", 3), ""][:4]
    told = part(target, "HttpParameters")
    path = quote(path, safe="/-_.~*")
    for value in told.get("PathParameterValues") or ():
        path = path.replace("*", quote(requesting.dynamic(value, event), safe="-_.~"), 1)
    url = f"https://{api}.{KIND}.{region}.amazonaws.com/{stage}/{path}"
    query = {name: requesting.dynamic(value, event) for name, value in part(told, "QueryStringParameters").items()}
    # "The default method is '*', treated as ANY" (CDK's aws_events_targets.ApiGateway): an event is posted.
    return "POST" if method == "*" else method, f"{url}?{urlencode(query, quote_via=quote)}" if query else url


def _headers(target: Target, event: Any) -> signing.Headers:
    told = part(part(target, "HttpParameters"), "HeaderParameters")
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT}
    headers |= {name: requesting.dynamic(value, event) for name, value in told.items()}
    return list(headers.items())
