"""Log records of a pipe's executions: a record for each step, as its log level says, delivered to a log group.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.log_delivery import DELIVERY, POLICY, letting_in
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.services.pipes import limits, roles
from foulweather.services.pipes.state import Pipe, part

RECORD_BYTES_MAX: Final = 256 << 10
_INFO: Final = frozenset(
    {
        "EXECUTION_STARTED",
        "EXECUTION_SUCCEEDED",
        "ENRICHMENT_INVOCATION_SKIPPED",
        "ENRICHMENT_STAGE_ENTERED",
        "ENRICHMENT_STAGE_SUCCEEDED",
        "TARGET_STAGE_ENTERED",
        "TARGET_STAGE_SUCCEEDED",
    }
)
_ERRORS: Final = ("_FAILED", "_THROTTLED", "_TIMEOUT")
# "EventBridge automatically truncates the execution data fields, in the following order."
_TRUNCATED: Final = ("payload", "awsRequest", "awsResponse")


def group_of(settings: Mapping[str, Any]) -> str:
    """The ARN of the log group that a pipe's records go to; empty where nothing is logged."""
    told = part(settings, "LogConfiguration")
    return part(told, "CloudwatchLogsLogDestination").get("LogGroupArn", "") if told.get("Level") != "OFF" else ""


def check(call: Call, pipe: Pipe) -> None:
    """Refuse a log configuration that names no destination, or one that is not built."""
    told = part(pipe.settings, "LogConfiguration")
    if told.get("Level", "OFF") == "OFF":
        return
    for name in ("FirehoseLogDestination", "S3LogDestination"):
        if told.get(name):
            raise not_implemented("pipes", f"{call.operation}.LogConfiguration.{name}")
    group = group_of(pipe.settings)
    if not group:
        words = "LogConfiguration must have a log destination when the log level is not OFF."
        raise limits.invalid(words, Level=told["Level"])
    if group.split(":")[3:5] != [call.region, call.account]:
        raise limits.invalid("The log group must be in the account and Region of the pipe.", LogGroupArn=group)


def prepare(call: Call, pipe: Pipe) -> None:
    """Have the delivery service let into the log group, in the name of who sets logging up."""
    group = group_of(pipe.settings).removesuffix(":*")
    if not group:
        return
    logs = call.forwarded("pipes").logs
    found = _asked(call, logs.describe_resource_policies, {}).get("resourcePolicies") or ()
    document = letting_in(call, found, f"{group}:log-stream:*")
    if document is None:
        return
    request = {"policyName": POLICY, "policyDocument": msgspec.json.encode(document).decode()}
    _asked(call, logs.put_resource_policy, request)


def _asked(call: Call, ask: Any, request: dict[str, Any]) -> Mapping[str, Any]:
    question = {"logging": "", **request}
    response = answers.given(call, question)
    if response is None:
        response = ask(request)
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
    return response


class Log:
    """The records of one execution, in their order; one that is off keeps none."""

    def __init__(self, call: Call, pipe: Pipe) -> None:
        told = part(pipe.settings, "LogConfiguration")
        self.call = call
        self.pipe = pipe
        self.level: str = told.get("Level", "OFF")
        self.has_data = "ALL" in (told.get("IncludeExecutionData") or ())
        self.id = call.world.ids.uuid() if self.level != "OFF" else ""
        self.records: list[dict[str, Any]] = []

    def step(
        self, kind: str, *, payload: Any = None, exchange: Exchange | None = None, error: AwsError | None = None
    ) -> None:
        """Note a step."""
        if not self._wants(kind):
            return
        record: dict[str, Any] = {
            "executionId": self.id,
            "timestamp": self.call.world.clock.now_ms,
            "messageType": kind,
            "resourceArn": self.pipe.arn,
            "logLevel": self.level,
        }
        if self.has_data and payload is not None:
            record["payload"] = text_of(payload)
        if self.has_data and exchange is not None and exchange.request is not None:
            record["awsRequest"] = text_of(exchange.request)
            if exchange.response is not None:
                record["awsResponse"] = text_of(exchange.response)
        if error is not None:
            record["error"] = {
                "httpStatusCode": error.status,
                "message": error.message,
                "details": error.code,
                "awsService": "" if exchange is None else exchange.service,
                "requestId": "",
            }
        self.records.append(fitted(record))

    def _wants(self, kind: str) -> bool:
        if self.level == "OFF":
            return False
        return self.level == "TRACE" or kind.endswith(_ERRORS) or (self.level == "INFO" and kind in _INFO)

    async def deliver(self) -> None:
        """Put the records into the log group; what comes of that is no part of the execution."""
        if not self.records:
            return
        call, pipe = self.call, self.pipe
        call.reread_clock()
        name = group_of(pipe.settings).removesuffix(":*").split(":", 6)[6]
        at = datetime.fromtimestamp(call.now / 1000, UTC).strftime("%Y-%m-%d-%H")
        place = {"logGroupName": name, "logStreamName": f"pipes/{pipe.name}/{at}"}
        logs = call.acting_as(DELIVERY, source_arn=call.arn("logs", "*"), source_account=call.account).logs
        lines = [{"timestamp": each["timestamp"], "message": text_of(each)} for each in self.records]
        try:
            try:
                await roles.answered(logs.put_log_events({**place, "logEvents": lines}))
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                await roles.answered(logs.create_log_stream(place))
                await roles.answered(logs.put_log_events({**place, "logEvents": lines}))
        except AwsError as error:
            words = f"{len(lines)} log records of {pipe.arn} were not written to {name}."
            call.happened("pipes.LogsLost", pipe.arn, records=len(lines), error=error.code)
            call.explain("Logging", pipe.arn, Why("dropped", words, because=(error.why,)), error.code)
        call.reread_clock()


class Exchange:
    """Services as `ports` calls them, with the last request and its answer kept."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.service = ""
        self.request: Mapping[str, Any] | None = None
        self.response: Any = None

    def watched(self) -> Ports:
        """What senders and enrichers are given in place of the ports."""
        return cast(Ports, _Watched(self))

    def asks(self, service: str, operation: str, request: Mapping[str, Any]) -> Any:
        """Ask, and keep what is asked and answered."""
        self.service, self.request, self.response = service.rstrip("_"), request, None
        answer = getattr(getattr(self._ports, service), operation)(request)
        if inspect.isawaitable(answer):
            return self._kept(answer)
        self.response = answer
        return answer

    async def _kept(self, answer: Awaitable[Any]) -> Any:
        self.response = await answer
        return self.response


class _Watched:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __getattr__(self, service: str) -> Any:
        return _WatchedService(self._exchange, service)


class _WatchedService:
    def __init__(self, exchange: Exchange, service: str) -> None:
        self._exchange = exchange
        self._service = service

    def __getattr__(self, operation: str) -> Any:
        return lambda request: self._exchange.asks(self._service, operation, request)  # type: ignore[reportUnknownLambdaType]


def text_of(value: Any) -> str:
    """JSON of a request, an answer or a payload; bytes are text."""
    return msgspec.json.encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def fitted(record: dict[str, Any]) -> dict[str, Any]:
    """A record within its size: data is cut from the end of a field, one field after the other."""
    over = len(text_of(record)) - RECORD_BYTES_MAX
    cut: list[str] = []
    for name in _TRUNCATED:
        if over <= 0:
            break
        held: str = record.get(name) or ""
        if held:
            cut.append(name)
            record[name] = held[: max(0, len(held) - over - 100)]
            over = len(text_of(record)) - RECORD_BYTES_MAX
    return {**record, "truncatedFields": cut} if cut else record
