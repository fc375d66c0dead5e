"""APIs of API Gateway in a drill, and who sends them HTTP requests.

api = rest_api(lab, "shop", {"/orders": {"post": to_function(lab, "take-order")}}, logging="ERROR")
lab.add(ApiClient(lab, "web", url=url_of(api), arrivals=QUIET, method="POST", path="/orders", body={"items": []}))
failing(lab, "web", "{} orders failed", status=502)                             # the symptom
unserved(lab, "web", since_ms)                                                  # why clients are not served
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from foulweather.drilling.documents import trust
from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals, Recorded
from foulweather.drilling.load.client import LoadClient, Made, Request
from foulweather.drilling.load.functions import answered, function_arn
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import traffic

STAGE = "prod"
PUSHES_LOGS = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
LOG_ROLE = "apigateway-logs"
_FUNCTION = re.compile(r":function:([A-Za-z0-9_-]+)")
_SHOWN = ("requestId", "httpMethod", "resourcePath", "path", "status", "identity.sourceIp", "identity.apiKeyId")
FORMAT = json.dumps({name.rpartition(".")[2]: f"$context.{name}" for name in (*_SHOWN, "error.message")})
"""What access logs tell of each request, as JSON."""

# --- the API


def rest_api(
    lab: Lab,
    name: str,
    paths: Mapping[str, Mapping[str, Any]],
    *,
    logging: str = "",
    access_log: bool = False,
    **document: Any,
) -> str:
    """A REST API of these paths (as OpenAPI has them), deployed to `prod`; gives its id.

    Functions that it names are told to let it in. `logging` is the level of its execution log.
    """
    told = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": paths, **document}
    body = json.dumps(told).encode()
    apis = lab.client("apigateway")
    api: str = answered(apis.import_rest_api(body=body, failOnWarnings=True))["id"]
    for function in sorted(set(_FUNCTION.findall(body.decode()))):
        let_in(lab, api, function)
    deploy(lab, api)
    if logging or access_log:
        _with_logs(lab, api, logging, access_log)
    return api


def deploy(lab: Lab, api: str, stage: str = STAGE) -> None:
    """Put an API as it is now before the clients of a stage."""
    answered(lab.client("apigateway").create_deployment(restApiId=api, stageName=stage))


def let_in(lab: Lab, api: str, function: str) -> None:
    """Let an API invoke a function."""
    answered(
        lab.client("lambda").add_permission(
            FunctionName=function,
            StatementId=f"api-{api}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{lab.region}:{lab.account}:{api}/*",
        )
    )


def to_function(lab: Lab, function: str, **operation: Any) -> dict[str, Any]:
    """A method as OpenAPI has it, with a function behind it that gets the whole request."""
    uri = f"arn:aws:apigateway:{lab.region}:lambda:path/2015-03-31/functions/{function_arn(lab, function)}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    return {"responses": {}, **operation, "x-amazon-apigateway-integration": integration}


def resource_of(lab: Lab, api: str, path: str) -> dict[str, Any]:
    """A resource of an API with its methods, as they are (and not as they were deployed); empty where there is none."""
    resources: list[dict[str, Any]] = answered(lab.client("apigateway").get_resources(restApiId=api, limit=500))[
        "items"
    ]
    found = [resource for resource in resources if resource["path"] == path]
    return found[0] if found else {}


def operation_of(lab: Lab, api: str, path: str, method: str) -> dict[str, Any]:
    """A method of an API, as it is; empty where there is none."""
    resource = resource_of(lab, api, path)
    if method not in resource.get("resourceMethods", {}):
        return {}
    found: dict[str, Any] = answered(
        lab.client("apigateway").get_method(restApiId=api, resourceId=resource["id"], httpMethod=method)
    )
    return found


def setting_of(lab: Lab, api: str, method: str, stage: str = STAGE) -> dict[str, Any]:
    """What a stage has set for a method (`orders/GET`), or for all its methods; empty where neither."""
    found = answered(lab.client("apigateway").get_stage(restApiId=api, stageName=stage))
    held: dict[str, dict[str, Any]] = found.get("methodSettings", {})
    settings = {key.replace("~1", "/").removeprefix("/"): value for key, value in held.items()}
    return settings.get(method) or settings.get("*/*") or {}


def stage_arn(lab: Lab, api: str, stage: str = STAGE) -> str:
    """The ARN of a stage."""
    return f"arn:aws:apigateway:{lab.region}::/restapis/{api}/stages/{stage}"


def method_arn(lab: Lab, api: str, path: str, method: str) -> str:
    """The ARN of a method of an API, as its management knows it."""
    resource = resource_of(lab, api, path).get("id", "")
    return f"arn:aws:apigateway:{lab.region}::/restapis/{api}/resources/{resource}/methods/{method}"


def set_method(lab: Lab, api: str, path: str, method: str, *patches: Mapping[str, str]) -> None:
    """Change a method; a deployment makes it true."""
    resource = resource_of(lab, api, path)["id"]
    asked = {"restApiId": api, "resourceId": resource, "httpMethod": method}
    answered(lab.client("apigateway").update_method(**asked, patchOperations=list(patches)))


def patch(path: str, value: Any) -> dict[str, str]:
    """One operation of a patch: a value in the place of another."""
    return {"op": "replace", "path": path, "value": str(value)}


def set_stage(lab: Lab, api: str, *patches: Mapping[str, str], stage: str = STAGE) -> None:
    """Change a stage's settings."""
    answered(lab.client("apigateway").update_stage(restApiId=api, stageName=stage, patchOperations=list(patches)))


def alarm(lab: Lab, api: str, metric: str, threshold: float = 0.05, statistic: str = "Average") -> None:
    """An alarm `NAME-metric` on an API's metric in its stage: by default the share of requests, minute by minute."""
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{api}-{metric.lower()}",
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=[{"Name": "ApiName", "Value": api}, {"Name": "Stage", "Value": STAGE}],
        Statistic=statistic,
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


def url_of(api: str, stage: str = STAGE) -> str:
    """Where a stage is reached without a name of its own."""
    return f"/_aws/execute-api/{api}/{stage}"


def waves(count: int, for_ms: int, *, at_ms: int = 500, every_ms: int = 60_000) -> Recorded:
    """So many requests at equal distances in so short a time, again and again: a sale that opens every minute."""
    return Recorded(tuple(at_ms + number * for_ms // count for number in range(count)), every_ms=every_ms)


def _with_logs(lab: Lab, api: str, level: str, access_log: bool) -> None:
    iam, apis = lab.client("iam"), lab.client("apigateway")
    if not answered(apis.get_account()).get("cloudwatchRoleArn"):
        role = iam.create_role(RoleName=LOG_ROLE, AssumeRolePolicyDocument=trust("apigateway.amazonaws.com"))["Role"]
        iam.attach_role_policy(RoleName=LOG_ROLE, PolicyArn=PUSHES_LOGS)
        answered(apis.update_account(patchOperations=[patch("/cloudwatchRoleArn", role["Arn"])]))
    patches = [patch("/*/*/logging/loglevel", level)] if level else []
    if access_log:
        group = f"/aws/apigateway/{api}"
        lab.client("logs").create_log_group(logGroupName=group)
        arn = f"arn:aws:logs:{lab.region}:{lab.account}:log-group:{group}"
        patches += [patch("/accessLogSettings/destinationArn", arn), patch("/accessLogSettings/format", FORMAT)]
    set_stage(lab, api, *patches)


# --- its clients


class Asked(NamedTuple):
    """One request once it has ended: when it was asked, how long that took, its answer (status 0: none in time)."""

    number: int
    asked_ms: int
    took_ms: int
    status: int
    text: str
    attempts: int


class _Connection:
    """Sends HTTP requests of one client to the data plane; an answer of 400 or more is an error."""

    def __init__(self, lab: Lab, ip: str) -> None:
        self._pipeline, self._world, self._ip = lab.pipeline, lab.world, ip

    def send(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Awaitable[HttpResponse]:
        """Send a request, in flight from the first step on; held time moves only for who advances it."""
        path, _, query = url.partition("?")
        return self._answered(HttpRequest(method, path, query, list(headers), body, peer=self._ip))

    async def _answered(self, request: HttpRequest) -> HttpResponse:
        world = self._world
        world.started()
        try:
            with world.lent():
                answer = traffic.answer(self._pipeline, request)
                response = answer if isinstance(answer, HttpResponse) else await answer
        finally:
            world.ended()
        if response.status >= 400:
            raise AwsError(str(response.status), response.body.decode("utf-8", "replace"), response.status)
        return response


class ApiClient(LoadClient):
    """Sends HTTP requests to one stage of an API; `ended` tells what came of each.

    `method`, `path` (below the stage, with its query), `headers` and `body` say what is asked; override `request` to
    ask several things. An answer below status 400 is an effect; `attempts` and `retry` say what happens with others.
    """

    RELEASABLE: tuple[str, ...] | None = ()

    def __init__(
        self,
        lab: Lab,
        name: str,
        *,
        url: str,
        arrivals: Arrivals,
        method: str = "GET",
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        body: Any = b"",
        ip: str = "203.0.113.7",
        **options: Any,
    ) -> None:
        self.url = url
        self.method = method
        self.path = path
        self.headers = {"User-Agent": f"{name}/1.0", **(headers or {})}
        self.body = body
        self.ended: list[Asked] = []
        super().__init__(lab, name, target=lambda identity: _Connection(lab, ip), arrivals=arrivals, **options)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th request: method, path, headers, and a body of bytes or of what is written as JSON."""
        return self.method, self.path, self.headers, self.body

    def make(self, n: int, now_ms: int) -> Made | None:
        """One request."""
        method, path, headers, body = self.request(n)
        if not isinstance(body, bytes):
            headers, body = {"Content-Type": "application/json", **headers}, json.dumps(body).encode()
        sent = {"method": method, "url": self.url + path, "headers": tuple(headers.items()), "body": body}
        return "send", sent, f"{self.name}/{n}"

    def succeeded(self, request: Request, response: Any) -> None:
        """It was answered."""
        answer = cast(HttpResponse, response)
        self._ended(request, answer.status, answer.body.decode("utf-8", "replace"))
        if isinstance(request.key, int):
            self.ledger.effect(request.key, self.lab.now_ms)

    def gave_up(self, request: Request, error: AwsError | None) -> None:
        """Its user was told that something went wrong."""
        status, text = (0, f"no answer in {self.settings['timeout_ms']} ms")
        if error is not None:
            status, text = error.status, error.message
        self._ended(request, status, text)
        self.say(f"{request.parameters['method']} {request.parameters['url'][len(self.url) :]}: {status} {text}")

    def _ended(self, request: Request, status: int, text: str) -> None:
        took_ms = self.lab.now_ms - request.since_ms
        self.ended.append(Asked(request.number, request.since_ms, took_ms, status, text, request.attempt))

    def _is_retried(self, error: AwsError | None) -> bool:
        return error is None or error.status == 429 or error.status >= 500

    def since(self, since_ms: int) -> list[Asked]:
        """What was asked after a time, and has ended."""
        found: list[Asked] = []
        for asked in reversed(self.ended):  # in the order of their ends; none waits for longer than an hour
            if asked.asked_ms > since_ms:
                found.append(asked)
            elif asked.asked_ms + asked.took_ms + 3_600_000 < since_ms:
                break
        return found[::-1]

    def failed_since(self, since_ms: int, status: int | None = None) -> list[Asked]:
        """What failed of it, with any status or that one."""
        return [
            asked
            for asked in self.since(since_ms)
            if (not 0 < asked.status < 400 if status is None else asked.status == status)
        ]


def client(lab: Lab, name: str) -> ApiClient:
    """A client of an API by name."""
    found = lab.app(name)
    assert isinstance(found, ApiClient)
    return found


def clients(lab: Lab) -> Iterator[ApiClient]:
    """All of them."""
    return (app for app in lab.apps.values() if isinstance(app, ApiClient))


def failing(lab: Lab, name: str, told: str, *, status: int | None = None, at_least: int = 5) -> Why | None:
    """The symptom of a client whose requests failed so often since the incident, with the last answer's words."""
    failed = client(lab, name).failed_since(lab.struck_at_ms or lab.now_ms, status)
    if len(failed) < at_least:
        return None
    last = failed[-1]
    return unmended(f"{told.format(len(failed))}: {last.status} {last.text}", Fact(name, "failed", len(failed)))


def unserved(lab: Lab, name: str, since_ms: int, *, permille: int = 0) -> Why | None:
    """Why a client is not served since a time: more of its requests failed than that, or none was answered."""
    asking = client(lab, name)
    asked, failed = asking.since(since_ms), asking.failed_since(since_ms)
    if len(failed) * 1000 > len(asked) * permille:
        last = failed[-1]
        cause = f"{len(failed)} of {len(asked)} requests of {name} failed: {last.status} {last.text}"
        return unmended(cause, Fact(name, "last failure", f"{last.status} {last.text}"))
    if not asked:
        return unmended(f"Nobody has had an answer of the API as {name} since.", Fact(name, "answers", 0))
    return None
