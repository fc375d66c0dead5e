"""Invokes an API destination: a request to its endpoint, authorized by its connection, no more of them than its rate.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

from foulweather.engines.http_client import Response
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.event_paths import MISSING, PathSyntax, find
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import authorizing
from foulweather.services.events.destination_state import (
    AUTHORIZED,
    ApiDestination,
    Connection,
    DestinationsState,
)
from foulweather.services.events.sending import Target, assumed
from foulweather.services.events.state import Delivery, Rule, part

# What is tried again: these, and every 5xx.
_RETRIED: Final = frozenset({401, 407, 409, 429})
_TOKEN_REFUSED: Final = frozenset({401, 407})


def slot_ms(call: Call, arn: str, now_ms: int) -> int:
    """When an API destination may be invoked next; the time is taken from then on."""
    state = call.state(DestinationsState)
    found = state.destination_at(arn)
    if found is None:
        return now_ms
    at_us = max(now_ms * 1000, state.next_us.get(arn, 0))
    state.next_us[arn] = at_us + 1_000_000 // found.rate_per_s
    return -(-at_us // 1000)


async def invoke(call: Call, rule: Rule, target: Target, delivery: Delivery, text: str) -> None:
    """Send one event to the endpoint, or raise why it did not take it."""
    arn: str = target["Arn"]
    await _judge(call, rule, target)
    state = call.state(DestinationsState)
    found = state.destination_at(arn)
    if found is None:
        raise AwsError("NO_RESOURCE", f"API destination {arn} does not exist.", facts=(Fact(arn, "exists", False),))
    connection = state.connection_at(found.connection_arn)
    if connection is None or connection.state != AUTHORIZED:
        held = None if connection is None else connection.state
        fact = call.fact(found.connection_arn, "ConnectionState", held)
        words = f"API destination {found.name} is inactive: its connection is not authorized."
        raise AwsError("NO_PERMISSIONS", words, facts=(fact,))
    secret = await authorizing.secret_of(call, connection)
    url, headers, body = _request(found, target, delivery, secret, text)
    own = await authorizing.headers_of(call, connection, secret)
    # What authorizes stands above what the target says of the same name.
    taken = {name.lower() for name, _ in own}
    headers = [*((name, value) for name, value in headers if name.lower() not in taken), *own]
    answer = await authorizing.sent(call, found.method, url, headers, body)
    call.reread_clock()
    _check_answer(call, state, found, connection, answer)


async def _judge(call: Call, rule: Rule, target: Target) -> None:
    """Whether the target's role may invoke it: events:InvokeApiDestination is an action without an operation."""
    principal = await assumed(call, rule, target["RoleArn"])
    judged = Call(
        call.pipeline,
        "events",
        "PutEvents",
        call.account,
        call.region,
        principal,
        session=Session(issued_ms=call.now),
        source_arn=rule.arn,
        source_account=call.account,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )
    resource = Resource(target["Arn"], call.account)
    judged.pipeline.require(judged, Permission("events:InvokeApiDestination", resource))


def _request(
    found: ApiDestination, target: Target, delivery: Delivery, secret: Mapping[str, Any], text: str
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The address, the headers and the body: what the connection adds goes above what the target says."""
    told, event = part(target, "HttpParameters"), json.loads(delivery.event)
    url = found.endpoint
    for value in told.get("PathParameterValues") or ():
        url = url.replace("*", quote(dynamic(value, event), safe=""), 1)
    query = {name: dynamic(value, event) for name, value in part(told, "QueryStringParameters").items()}
    if query:
        url += f"{'&' if '?' in url else '?'}{urlencode(query)}"
    extra: Mapping[str, Any] = secret.get("InvocationHttpParameters") or {}
    url = authorizing.with_query(url, extra.get("QueryStringParameters") or ())
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": authorizing.AGENT}
    headers |= {name: dynamic(value, event) for name, value in part(told, "HeaderParameters").items()}
    headers |= {item["Key"]: item["Value"] for item in extra.get("HeaderParameters") or ()}
    return url, list(headers.items()), _with_members(text, extra.get("BodyParameters") or ()).encode()


def dynamic(value: str, event: Any) -> str:
    """A parameter that may be a path into the event."""
    if not value.startswith("$."):
        return value
    try:
        held = find(event, value)
    except PathSyntax:
        return value
    if held is MISSING:
        return ""
    return held if isinstance(held, str) else json.dumps(held)


def _with_members(text: str, items: Any) -> str:
    """A body of JSON with further members."""
    further = {item["Key"]: item["Value"] for item in items}
    if not further:
        return text
    try:
        document: Any = json.loads(text)
    except ValueError:
        return text
    if not isinstance(document, dict):
        return text
    return json.dumps({**cast("dict[str, Any]", document), **further}, separators=(",", ":"))


def _check_answer(
    call: Call, state: DestinationsState, found: ApiDestination, connection: Connection, answer: Response
) -> None:
    """Raise where the endpoint did not take the event; whether it is tried again shows in the status."""
    refusal = refusal_of(answer, found.endpoint, call.fact(found.arn, "InvocationEndpoint", found.endpoint))
    if refusal is None:
        return
    if answer.status in _TOKEN_REFUSED and connection.token:
        # A token that is refused is renewed before the next attempt.
        connection.token_until_ms = 0
        state.connections.put(connection.name, connection)
    raise refusal


def refusal_of(answer: Response, url: str, *facts: Fact) -> AwsError | None:
    """Why an endpoint did not take an event; whether it is tried again shows in the status. None when it did."""
    status = answer.status
    if 200 <= status < 300:
        return None
    found = (
        *facts,
        Fact(url, "status", status),
        Fact(url, "answer", answer.body[:200].decode("utf-8", "replace")),
    )
    is_retried = status in _RETRIED or status >= 500
    words = f"{url} answered with status {status}."
    code = "THROTTLING" if status == 429 else "ERROR_FROM_TARGET"
    shown = (429 if status == 429 else 503) if is_retried else 400
    return AwsError(code, words, shown, why=Why("failed", words, found))
