"""What is measured of API Gateway: users' requests to stages, by what stands behind the method.

python -m bench.gateway --servers foulweather,ministack,moto    # all of it, as a table

A server counts in a case only after it has answered rightly, and after it has refused what must be refused: what a
peer cannot do is said. CPU is the server process's own; that of functions' processes is told beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

from bench import peers
from bench.cases import Account, _admin, _client, account
from bench.driving import Answer, Connection, cpu_s
from bench.functions import _function, _own_cpu_s

REGION, CONNECTIONS = "us-east-1", 8
PROXY = "def handler(event, context):\n    return {'statusCode': 200, 'body': event.get('path', 'x')}\n"
CONSTANT = '{"ok": true}'
FILLED = """#set($every = ["a-1", "b-2", "c-3"])
{"id": "$input.params('id')", "stage": "$context.stage", "lines": [#foreach($each in $every)
{"sku": "$util.escapeJavaScript($each)", "n": $foreach.count}#if($foreach.hasNext),#end
#end]}"""
LINES = [{"sku": "a-1", "n": 1}, {"sku": "b-2", "n": 2}, {"sku": "c-3", "n": 3}]
ORDER = b'{"lines": [{"sku": "a-1", "n": 2}, {"sku": "b-2", "n": 1}, {"sku": "c-3", "n": 7}]}'


class Wrong(Exception):
    """A server does not do what a case is about; the message says what."""


class Asked(NamedTuple):
    """A prepared case: its request, and what the answer's body must be."""

    request: bytes
    is_right: Callable[[bytes], bool]


# --- cases


def mock(bench: Account, echo_port: int) -> Asked:
    """MOCK, whose templates have nothing to replace: what the way through a stage costs."""
    rest = _Rest(bench)
    rest.method("GET", "orders", *_mocked(CONSTANT))
    return rest.asked("GET", "/orders", is_right=_is({"ok": True}))


def mock_with_template(bench: Account, echo_port: int) -> Asked:
    """MOCK with a response template that walks over a list: it is compiled once, when the method is first called."""
    rest = _Rest(bench)
    rest.method("POST", "orders", *_mocked(FILLED))
    wanted = {"id": "7", "stage": "prod", "lines": LINES}
    return rest.asked("POST", "/orders?id=7", ORDER, is_right=_is(wanted))


def http_proxy(bench: Account, echo_port: int) -> Asked:
    """HTTP_PROXY to a backend on this machine that does next to nothing."""
    rest = _Rest(bench)
    proxy = {"type": "HTTP_PROXY", "integrationHttpMethod": "POST", "uri": f"http://127.0.0.1:{echo_port}/"}
    rest.method("POST", "orders", proxy)
    return rest.asked("POST", "/orders", ORDER, is_right=_is({"size": 1}))


def aws_proxy(bench: Account, echo_port: int) -> Asked:
    """AWS_PROXY to a warm function that returns a status and a few bytes."""
    functions = _function(bench, "bench-proxy", PROXY.replace("return", "return {} if 'count' in event else"))
    arn = functions.get_function(FunctionName="bench-proxy")["Configuration"]["FunctionArn"]
    _client(bench.server, "lambda", "test", "test").add_permission(
        FunctionName="bench-proxy",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    rest = _Rest(bench)
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    rest.method("POST", "orders", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    return rest.asked("POST", "/orders", ORDER, is_right=lambda body: body == b"/orders")


def jwt(bench: Account, echo_port: int) -> Asked:
    """An HTTP API whose route asks for a token, in front of the same backend."""
    http = _client(bench.server, "apigatewayv2", "test", "test")
    api = http.create_api(Name="bench", ProtocolType="HTTP")["ApiId"]
    issuer, client, token = _signed_in(bench)
    authorizer = http.create_authorizer(
        ApiId=api,
        AuthorizerType="JWT",
        Name="jwt",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": [client]},
    )["AuthorizerId"]
    integration = http.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=f"http://127.0.0.1:{echo_port}/",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    http.create_route(
        ApiId=api,
        RouteKey="POST /orders",
        Target=f"integrations/{integration}",
        AuthorizationType="JWT",
        AuthorizerId=authorizer,
    )
    http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    found = _addressed(bench, api, "", "POST", "/orders", ORDER, _is({"size": 1}), f"authorization: Bearer {token}")
    signed, _, signature = token.rpartition(".")
    forged = f"{signed}.{signature[:40]}{'A' * (len(signature) - 40)}"
    answer = _ask(bench, found.request.replace(token.encode(), forged.encode()))
    if answer.status != 401:
        raise Wrong(f"a token with a forged signature is answered {answer.status}: tokens are not verified")
    return found


def _signed_in(bench: Account) -> tuple[str, str, str]:
    """An issuer as its token names it, a client and the token: those of a user pool of the server's own."""
    pools = _client(bench.server, "cognito-idp", "test", "test")
    pool = pools.create_user_pool(PoolName="bench")["UserPool"]["Id"]
    flow = "ADMIN_USER_PASSWORD_AUTH"
    made = pools.create_user_pool_client(UserPoolId=pool, ClientName="bench", ExplicitAuthFlows=[f"ALLOW_{flow}"])
    client = made["UserPoolClient"]["ClientId"]
    ann = {"UserPoolId": pool, "Username": "ann"}
    pools.admin_create_user(**ann, MessageAction="SUPPRESS")
    pools.admin_set_user_password(**ann, Password="Abcdefg1!", Permanent=True)
    asked = {"USERNAME": "ann", "PASSWORD": "Abcdefg1!"}
    answer = pools.admin_initiate_auth(UserPoolId=pool, ClientId=client, AuthFlow=flow, AuthParameters=asked)
    token = answer["AuthenticationResult"]["IdToken"]
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=="))["iss"], client, token


CASES: dict[str, tuple[Callable[[Account, int], Asked], int]] = {
    "MOCK": (mock, 150),
    "MOCK, with a template": (mock_with_template, 0),
    "HTTP_PROXY to a local backend": (http_proxy, 350),
    "AWS_PROXY to a warm function": (aws_proxy, 500),
    "HTTP API with a JWT authorizer": (jwt, 300),
}
"""Each with the microseconds of our own CPU that it may cost; 0 where none is said."""


def _is(wanted: Any) -> Callable[[bytes], bool]:
    def told(body: bytes) -> bool:
        try:
            return json.loads(body) == wanted
        except ValueError:
            return False

    return told


def _mocked(response: str) -> tuple[dict[str, Any], str]:
    return {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}, response


class _Rest:
    """A REST API that is made step by step, and deployed when it is asked."""

    def __init__(self, bench: Account) -> None:
        self.bench = bench
        self.client = _client(bench.server, "apigateway", "test", "test")
        self.id: str = self.client.create_rest_api(name="bench")["id"]

    def method(self, verb: str, part: str, integration: dict[str, Any], response: str | None = None) -> None:
        items = self.client.get_resources(restApiId=self.id)["items"]
        root = next(each["id"] for each in items if each["path"] == "/")
        resource = self.client.create_resource(restApiId=self.id, parentId=root, pathPart=part)["id"]
        at = {"restApiId": self.id, "resourceId": resource, "httpMethod": verb}
        self.client.put_method(**at, authorizationType="NONE")
        self.client.put_integration(**at, **integration)
        if response is not None:
            self.client.put_method_response(**at, statusCode="200")
            templates = {"application/json": response}
            self.client.put_integration_response(**at, statusCode="200", responseTemplates=templates)

    def asked(self, verb: str, path: str, body: bytes = b"", *, is_right: Callable[[bytes], bool]) -> Asked:
        self.client.create_deployment(restApiId=self.id, stageName="prod")
        return _addressed(self.bench, self.id, "/prod", verb, path, body, is_right)


def _addressed(
    bench: Account,
    api: str,
    stage: str,
    verb: str,
    path: str,
    body: bytes,
    is_right: Callable[[bytes], bool],
    *more: str,
) -> Asked:
    """The request in the first of the documented forms of addresses that answers rightly."""
    port, told = bench.server.port, list[str]()
    plain = f"127.0.0.1:{port}"
    forms = [
        (f"{api}.execute-api.{REGION}.amazonaws.com", f"{stage}{path}"),
        (f"{api}.execute-api.localhost:{port}", f"{stage}{path}"),
        (plain, f"/restapis/{api}{stage or '/$default'}/_user_request_{path}"),
    ]
    if bench.server.name == "foulweather":
        forms = [(plain, f"/_aws/execute-api/{api}{stage}{path}")] if stage else forms[:1]
    for host, target in forms:
        lines = [f"{verb} {target} HTTP/1.1", f"host: {host}", "content-type: application/json", *more]
        request = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body
        answer = _ask(bench, request)
        if answer.status == 200 and is_right(answer.body):
            return Asked(request, is_right)
        told.append(f"{answer.status} {' '.join(answer.body.decode(errors='replace').split())[:70]}")
    raise Wrong(f"it answers {'; '.join(told)}")


def _ask(bench: Account, request: bytes) -> Answer:
    async def ask() -> Answer:
        connection = await Connection(bench.server.port).open()
        answer = await asyncio.wait_for(connection.ask(request), 30)
        connection.close()
        return answer

    return asyncio.run(ask())


# --- measuring


class Spent(NamedTuple):
    """Microseconds of CPU for a request: the server's own, and with its children's."""

    own_us: float
    whole_us: float


def measured(bench: Account, asked: Asked, seconds: float, connections: int) -> Spent:
    """One round of requests over keep-alive connections; every answer is looked at."""

    async def drive() -> int:
        opened = [await Connection(bench.server.port).open() for _ in range(connections)]
        ends = time.perf_counter() + seconds

        async def one_after_another(connection: Connection) -> int:
            count = 0
            while time.perf_counter() < ends:
                answer = await connection.ask(asked.request)
                if answer.status != 200 or not asked.is_right(answer.body):
                    raise Wrong(f"{answer.status} {answer.body[:200].decode(errors='replace')}")
                count += 1
            connection.close()
            return count

        return sum(await asyncio.gather(*map(one_after_another, opened)))

    pid = bench.server.process.pid
    own, whole = _own_cpu_s(bench), cpu_s(pid)
    count = asyncio.run(drive())
    own, whole = _own_cpu_s(bench) - own, cpu_s(pid) - whole
    return Spent(own / count * 1e6, whole / count * 1e6)


def main() -> int:
    """Measure the servers in turns; print the least of the rounds, and how many times as much a peer takes."""
    options = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    options.add_argument("--servers", default="foulweather,ministack,moto")
    options.add_argument("--only", default="", help=f"of {', '.join(CASES)}")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--connections", type=int, default=CONNECTIONS)
    given = options.parse_args()
    echo = peers.start("echo")
    running = [peers.start(name) for name in given.servers.split(",")]
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        for pid in (0, echo.process.pid):  # the backend shares the driver's processor, not the servers'
            os.sched_setaffinity(pid, {peers.DRIVER_CPU})
    try:
        accounts = [account(server) for server in running]
        for bench in accounts:
            if bench.server.name == "foulweather":
                for service in ("apigateway", "apigatewayv2", "lambda", "logs"):
                    _admin(bench, "POST", {"kind": "quota", "service": service, "per_s": 10_000_000})
                _raise_throttle(bench)
        for what, (case, budget_us) in CASES.items():
            if given.only.lower() in what.lower():
                _case(what, case, budget_us, accounts, echo.port, given)
    finally:
        for server in [*running, echo]:
            server.stop()
    return 0


def _raise_throttle(bench: Account) -> None:
    """Have the account's 10,000 requests a second raised, as a customer asks for it: AWS decides within a day."""
    quotas = _client(bench.server, "service-quotas", "test", "test")
    quotas.request_service_quota_increase(ServiceCode="apigateway", QuotaCode="L-8A5B8E43", DesiredValue=1_000_000)
    asked = json.dumps({"action": "advance", "by": "2d"}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{bench.server.port}/_foulweather/clock", asked) as answer:
        answer.read()


def _case(
    what: str,
    case: Callable[[Account, int], Asked],
    budget_us: int,
    accounts: list[Account],
    echo_port: int,
    given: argparse.Namespace,
) -> None:
    prepared: dict[str, tuple[Account, Asked]] = {}
    rounds: dict[str, list[Spent]] = {}
    for bench in accounts:
        try:
            prepared[bench.server.name] = bench, case(bench, echo_port)
            measured(bench, prepared[bench.server.name][1], min(given.seconds, 1.0), given.connections)
        except Exception as error:
            prepared.pop(bench.server.name, None)
            print(f"{what}: {bench.server.name} is left out: {str(error)[:300]}", flush=True)
    for _ in range(given.rounds):
        for name, (bench, asked) in list(prepared.items()):
            try:
                rounds.setdefault(name, []).append(measured(bench, asked, given.seconds, given.connections))
            except Exception as error:
                print(f"{what}: {name} is left out: {str(error)[:300]}", flush=True)
                del prepared[name]
                rounds.pop(name, None)
    ours = min((each.own_us for each in rounds.get("foulweather", [])), default=None)
    for name, every in rounds.items():
        own_us, whole_us = (min(values) for values in zip(*every, strict=True))
        ratio = f"{own_us / ours:6.1f}x" if ours else ""
        budget = f"   of {budget_us}" if budget_us and name == "foulweather" else ""
        children = f"   {whole_us:6.0f} us with its children's" if whole_us - own_us > 5 else ""
        print(f"{what:34}{name:14}{own_us:8.0f} us{ratio:>9}{budget}{children}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
