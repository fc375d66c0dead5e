"""Methods of API Gateway as targets: signed with the target's role, and refused where that may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.own_hosts import OwnHosts
from foulweather.kernel.trace import Traces
from harness import ACCOUNT
from services.apigateway.rest.served import Web, method
from services.events.bridged import Bridge

START = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:api1/prod"


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    """A server whose API takes signed requests only."""
    found = Web()
    closed = {**method(), "authorizationType": "AWS_IAM"}
    found.api({"/orders/{id}/new": {"POST": closed, "GET": closed}, "/": {"POST": closed}})
    yield found
    found.cloud.close()


@pytest.fixture
def asked(web: Web) -> list[HttpRequest]:
    """The requests that are sent to the world's own hosts."""
    hosts, found = OwnHosts.of(web.aws.world), list[HttpRequest]()
    ask = hosts.ask
    assert ask is not None

    def noted(call: Any, request: HttpRequest) -> Any:
        found.append(request)
        return ask(call, request)

    hosts.ask = noted
    return found


def invoking(web: Web, rest: str, *actions: str, **more: Any) -> Bridge:
    bridge = Bridge(web.aws)
    bridge.rule()
    bridge.target(START + rest, RoleArn=bridge.role("bridge", "events.amazonaws.com", *actions), **more)
    return bridge


async def test_an_event_is_the_body_of_a_request_that_the_role_signs(web: Web, asked: list[HttpRequest]) -> None:
    told = {
        "PathParameterValues": ["$.detail.name"],
        "HeaderParameters": {"X-Kind": "$.detail-type"},
        "QueryStringParameters": {"a b": "c/d", "at": "$.detail.id"},
    }
    bridge = invoking(web, "/POST/orders/*/new", "execute-api:Invoke", HttpParameters=told)
    bridge.put({"id": 7, "name": "é x/1"})
    await web.aws.advance(seconds=1)
    (request,) = asked
    assert (request.method, request.path) == ("POST", "/prod/orders/%C3%A9%20x%2F1/new")
    assert request.query == "a%20b=c%2Fd&at=7"
    assert request.header("x-kind") == "Order Placed"
    assert json.loads(request.body)["detail"] == {"id": 7, "name": "é x/1"}
    assert [event.facts["succeeded"] for event in web.aws.events("events.Invoked")] == [True]


async def test_an_arn_with_any_method_is_invoked_by_post(web: Web, asked: list[HttpRequest]) -> None:
    invoking(web, "/*", "execute-api:Invoke").put()
    await web.aws.advance(seconds=1)
    assert [(request.method, request.path) for request in asked] == [("POST", "/prod/")]
    assert [event.facts["succeeded"] for event in web.aws.events("events.Invoked")] == [True]


async def test_a_role_that_may_not_invoke_the_method_loses_the_event_at_once(web: Web) -> None:
    invoking(web, "/POST/", "sqs:SendMessage").put()
    await web.aws.advance(seconds=86_400)
    assert [event.facts["attempts"] for event in web.aws.events("events.FailedInvocation")] == [1]
    trace = web.aws.world.state(Traces).last_wrong()
    assert trace is not None
    causes = [hop.why.cause for hop in trace.hops if hop.why is not None]
    assert any("execute-api:Invoke" in cause for cause in causes)
    assert any("and the target has no dead-letter queue" in cause for cause in causes)


async def test_an_api_that_answers_too_many_requests_is_asked_again(web: Web, asked: list[HttpRequest]) -> None:
    web.api(
        {"/": {"POST": method()}}, {"methodSettings": {"*/*": {"throttlingRateLimit": 0, "throttlingBurstLimit": 0}}}
    )
    invoking(web, "/POST/", "execute-api:Invoke").put()
    await web.aws.advance(seconds=4)
    assert len(asked) == 3
    assert len(web.aws.events("events.Throttled")) == 3


def test_a_method_takes_a_role_and_an_arn_of_its_form(web: Web) -> None:
    bridge = Bridge(web.aws)
    bridge.rule()
    with pytest.raises(AwsError) as caught:
        bridge.target(f"{START}/POST/")
    assert caught.value.code == "NotImplemented"
    role = bridge.role("bridge", "events.amazonaws.com", "execute-api:Invoke")
    with pytest.raises(AwsError, match="not in correct format"):
        bridge.target(START, RoleArn=role)
