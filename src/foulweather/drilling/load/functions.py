"""Lambda functions in a drill, and who calls them.

function(lab, "receipts", MODEL, may("s3:PutObject", f"{ARN}/*"))             # its role receipts-role, policy `work`
lab.add(Caller(lab, "shop", function="receipts", arrivals=Even(per_min=2)))     # waits for each answer
release(lab, "receipts", OTHER_MODEL)
unserved(lab, "shop", since_ms)                                                 # why callers are not served
"""

from __future__ import annotations

import inspect
import io
import json
import zipfile
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from foulweather.drilling.clients import Client
from foulweather.drilling.documents import document, trust
from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals, Recorded
from foulweather.drilling.load.client import LoadClient, Made, Request
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

MODEL = "foulweather.toml"
QUIET = Recorded((7_000,), every_ms=1_200_000)
"""Three an hour: the past is to be lived in a second or two."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same package every time: its checksum is in the journal."""
LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def zipped(files: Mapping[str, str]) -> bytes:
    """A deployment package of these files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return written.getvalue()


def package(model: str) -> bytes:
    """A deployment package that is a modelled function."""
    return zipped({MODEL: model})


def answered(answer: Any) -> dict[str, Any]:
    """What an operation answers that could wait and does not, as those on functions where no key is asked for."""
    if not inspect.isawaitable(answer):
        return cast("dict[str, Any]", answer)
    steps = answer.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    raise RuntimeError("an operation waits for something where nothing can wait")


def may(action: str | list[str], resource: str | list[str], sid: str = "") -> dict[str, Any]:
    """A statement that allows something."""
    return {**({"Sid": sid} if sid else {}), "Effect": "Allow", "Action": action, "Resource": resource}


def function_arn(lab: Lab, name: str) -> str:
    """The ARN of a function of this account and region."""
    return f"arn:aws:lambda:{lab.region}:{lab.account}:function:{name}"


def function(lab: Lab, name: str, model: str, *statements: Mapping[str, Any], logs: bool = True, **more: Any) -> str:
    """A modelled function with a role of its own: the policy `work` of these statements, and the one for logs."""
    iam, role = lab.client("iam"), f"{name}-role"
    role_arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    if logs:
        iam.attach_role_policy(RoleName=role, PolicyArn=LOGGING)
    if statements:
        iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=document(*map(dict, statements)))
    request = {"Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": package(model)}, **more}
    answered(lab.client("lambda").create_function(FunctionName=name, Role=role_arn, **request))
    return function_arn(lab, name)


def release(lab: Lab, name: str, model: str) -> None:
    """Put another package in a function's place, as a pipeline does."""
    answered(lab.client("lambda").update_function_code(FunctionName=name, ZipFile=package(model)))


def configure(lab: Lab, name: str, **settings: Any) -> None:
    """Set what a function's configuration says."""
    answered(lab.client("lambda").update_function_configuration(FunctionName=name, **settings))


def alarm(lab: Lab, name: str, metric: str = "Errors", statistic: str = "Sum", threshold: float = 0.0) -> None:
    """An alarm `NAME-metric` on a function's metric, minute by minute."""
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-{metric.lower()}",
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        Statistic=statistic,
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


class Failure(NamedTuple):
    """An invocation that did not answer as its caller needed it."""

    asked_ms: int
    error: AwsError


class Served(NamedTuple):
    """An invocation that did."""

    asked_ms: int
    took_ms: int


class _Waiting:
    """Invokes for somebody who waits; an error of the function is an error."""

    def __init__(self, lab: Lab, client: Client) -> None:
        self._world = lab.world
        self._client = client

    def invoke(self, **request: Any) -> Awaitable[dict[str, Any]]:
        """Invoke, in flight from the first step on; held time moves for nobody in a lab but who advances it."""
        return self._invoked(request)

    async def _invoked(self, request: dict[str, Any]) -> dict[str, Any]:
        self._world.started()
        try:
            with self._world.lent():
                answer: dict[str, Any] = await self._client.invoke(**request)
        finally:
            self._world.ended()
        if "FunctionError" in answer:
            told = json.loads(answer["Payload"])
            raise AwsError(told["errorType"], told["errorMessage"], 500)
        return answer


class Caller(LoadClient):
    """Calls one function with an event for each user, and waits; `failures` and `served` tell what came of it."""

    RELEASABLE: tuple[str, ...] | None = ()

    def __init__(self, lab: Lab, name: str, *, function: str, arrivals: Arrivals, **options: Any) -> None:
        self.function = function
        self.failures: list[Failure] = []
        self.served: list[Served] = []
        super().__init__(
            lab,
            name,
            target=lambda identity: _Waiting(lab, lab.client("lambda", identity)),
            arrivals=arrivals,
            **options,
        )

    def event(self, n: int) -> dict[str, Any]:
        """The n-th event."""
        return {"order_id": f"order-{n}"}

    def make(self, n: int, now_ms: int) -> Made | None:
        """One invocation."""
        payload = json.dumps(self.event(n)).encode()
        return "invoke", {"FunctionName": self.function, "Payload": payload}, f"{self.name}/{n}"

    def succeeded(self, request: Request, response: Any) -> None:
        """It took effect."""
        now_ms = self.lab.now_ms
        self.served.append(Served(request.since_ms, now_ms - request.since_ms))
        if isinstance(request.key, int):
            self.ledger.effect(request.key, now_ms)

    def gave_up(self, request: Request, error: AwsError | None) -> None:
        """Its user was told that something went wrong."""
        failed = error or AwsError("ClientTimeout", f"no answer within {self.settings['timeout_ms']} ms", 504)
        self.failures.append(Failure(request.since_ms, failed))
        self.say(f"{failed.code}: {failed.message}")

    def failed_since(self, since_ms: int) -> Sequence[Failure]:
        """What failed of what was asked after a time."""
        return [failure for failure in self.failures if failure.asked_ms > since_ms]

    def served_since(self, since_ms: int) -> Sequence[Served]:
        """What went well of what was asked after a time."""
        return [served for served in self.served if served.asked_ms > since_ms]


def caller(lab: Lab, name: str) -> Caller:
    """A caller by name."""
    found = lab.app(name)
    assert isinstance(found, Caller)
    return found


def failing(lab: Lab, name: str, told: str, *, at_least: int = 5) -> Why | None:
    """The symptom of a caller whose invocations failed so often since the incident, with the last one's words."""
    failed = caller(lab, name).failed_since(lab.struck_at_ms or lab.now_ms)
    if len(failed) < at_least:
        return None
    error = failed[-1].error
    return unmended(f"{told.format(len(failed))}: {error.code}: {error.message}", Fact(name, "failed", len(failed)))


def unserved(lab: Lab, name: str, since_ms: int) -> Why | None:
    """Why a caller is not served since a time: an invocation failed, or nobody has answered."""
    asking = caller(lab, name)
    failed = asking.failed_since(since_ms)
    if failed:
        error = failed[-1].error
        cause = f"{len(failed)} calls of {asking.function} failed: {error.code}: {error.message}"
        return unmended(cause, Fact(name, "last failure", error.message))
    if not asking.served_since(since_ms):
        return unmended(f"Nobody has had an answer of {asking.function} since.", Fact(name, "answers", 0))
    return None


def function_of(lab: Lab, name: str) -> dict[str, Any]:
    """GetFunction, with a configuration that is not under anybody's key."""
    return answered(lab.client("lambda").get_function(FunctionName=name))


def allowed(lab: Lab, role: str, action: str, resource: str) -> bool:
    """Whether the policies of a role allow something."""
    arn = f"arn:aws:iam::{lab.account}:role/{role}"
    told = lab.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource]
    )
    return told["EvaluationResults"][0]["EvalDecision"] == "allowed"
