"""What is charged by the request, the event, the transition and the run: no hour of it costs anything by itself.

API Gateway, EventBridge, SNS, Pipes, Scheduler, Step Functions, Lambda: the pricing page of each.
"""

from __future__ import annotations

from typing import Final

from foulweather.meter.usage import Place, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

# "Requests are not charged for authorization and authentication failures", for missing or invalid API keys, and
# where throttles or quotas refuse: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-pricing.html
UNCHARGED: Final = frozenset(
    {
        "ACCESS_DENIED",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "AUTHORIZER_FAILURE",
        "EXPIRED_TOKEN",
        "INVALID_API_KEY",
        "INVALID_SIGNATURE",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "THROTTLED",
        "UNAUTHORIZED",
    }
)
UNCHARGED_STATUSES: Final = frozenset({401, 403, 429})
HTTP_BYTES: Final = 512 * 1024
MESSAGE_BYTES: Final = 32 * 1024
CHUNK_BYTES: Final = 64 * 1024
EXPRESS_MIB, EXPRESS_STEP_MS = 64, 100
# Deliveries to queues and functions cost nothing: https://aws.amazon.com/sns/pricing/
DELIVERED: Final = {
    "http": "DeliveryAttempts-HTTP",
    "https": "DeliveryAttempts-HTTP",
    "email": "DeliveryAttempts-SMTP",
    "email-json": "DeliveryAttempts-SMTP",
    "firehose": "DeliveryAttempts-FIREHOSE",
    "application": "DeliveryAttempts-PUSH",
    "sms": "DeliveryAttempts-SMS",
}
MINUTES: Final = "ApiGatewayMinute"


class Meter:
    """Reads what is asked and run into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = usage = world.state(Usage)
        for key, level in list(usage.levels.items()):
            if f"|{MINUTES}|" in key and level.amount:  # no connection outlives its server
                level.amount = 0
                usage.levels.touch_later(key)
        read = world.journal.read
        read("apigateway.Request", self._rest)
        read("apigateway.HttpRequest", self._http)
        read("apigateway.SocketEvent", self._socket)
        read("apigateway.SocketMessageSent", self._sent)
        read("events.PutEvents", self._events)
        read("events.Archived", self._archived)
        read("events.ArchiveExpired", self._expired)
        read("events.ArchiveDeleted", self._archive_gone)
        read("sns.NotificationDelivered", self._delivered)
        read("pipes.Executed", self._pipe)
        read("scheduler.InvocationAttempted", self._scheduled)
        read("stepfunctions.Transitioned", self._transitioned)
        read("stepfunctions.ExecutionStatusChanged", self._execution)
        read("lambda.Invoked", self._function)

    def _add(self, event: Event, service: str, usage_type: str, resource: str, quantity: int = 1) -> None:
        place = Place(event.account, event.region, service, usage_type, resource)
        self._usage.add(event.at_ms, place, quantity)

    def _rest(self, event: Event) -> None:
        facts = event.facts
        # A path that no method has is nobody's failure to sign in, whatever its answer is called.
        if facts["response_type"] not in UNCHARGED or not facts["method"]:
            self._add(event, "apigateway", "ApiGatewayRequest", f"{facts['api']}/{facts['stage']}")

    def _http(self, event: Event) -> None:
        facts = event.facts
        if facts["status"] in UNCHARGED_STATUSES and facts["integration_ms"] < 0:
            return
        requests = max(1, -(-facts["bytes"] // HTTP_BYTES))
        self._add(event, "apigateway", "ApiGatewayHttpRequest", f"{facts['api']}/{facts['stage']}", requests)

    def _socket(self, event: Event) -> None:
        facts = event.facts
        stage = f"{facts['api']}/{facts['stage']}"
        if facts["messages"]:
            self._add(event, "apigateway", "ApiGatewayMessage", stage, facts["messages"])
            return
        is_open = facts["type"] == "CONNECT"
        if is_open and facts["status"] >= 300:
            return
        place = Place(event.account, event.region, "apigateway", MINUTES, stage)
        self._usage.shift(event.at_ms, place, 1 if is_open else -1)

    def _sent(self, event: Event) -> None:
        facts = event.facts
        messages = max(1, -(-facts["bytes"] // MESSAGE_BYTES))
        self._add(event, "apigateway", "ApiGatewayMessage", f"{facts['api']}/{facts['stage']}", messages)

    def _events(self, event: Event) -> None:
        facts = event.facts
        taken: int = facts.get("chunks", facts["entries"] - facts["failed"])
        if taken:
            self._add(event, "events", "CustomEvents", event.resource.rpartition("/")[2], taken)

    def _archived(self, event: Event) -> None:
        name = event.resource.rpartition("/")[2]
        self._add(event, "events", "ArchivedEvents-Bytes", name, event.facts["bytes"])
        self._usage.shift(event.at_ms, self._archive(event), event.facts["bytes"])

    def _expired(self, event: Event) -> None:
        self._usage.shift(event.at_ms, self._archive(event), -event.facts["bytes"])

    def _archive_gone(self, event: Event) -> None:
        self._usage.level(event.at_ms, self._archive(event), 0)

    def _archive(self, event: Event) -> Place:
        name = event.resource.rpartition("/")[2]
        return Place(event.account, event.region, "events", "TimedStorage-ByteHrs", name)

    def _delivered(self, event: Event) -> None:
        usage_type = DELIVERED.get(event.facts.get("protocol", ""))
        if usage_type is not None:
            self._add(event, "sns", usage_type, event.resource.rpartition(":")[2], event.facts.get("attempts", 1))

    def _pipe(self, event: Event) -> None:
        chunks = max(1, -(-event.facts["bytes"] // CHUNK_BYTES))
        self._add(event, "pipes", "Requests-64K-Chunks", event.facts["pipe"], chunks)

    def _scheduled(self, event: Event) -> None:
        self._add(event, "scheduler", "Invocations", event.resource.partition("/")[2])

    def _transitioned(self, event: Event) -> None:
        machine = event.resource.split(":")[6]
        self._add(event, "stepfunctions", "StateTransition", machine, event.facts["steps"])

    def _execution(self, event: Event) -> None:
        """The last transitions of an execution; of an express one a request, and its duration rounded up to 100 ms."""
        facts = event.facts
        if facts["kind"] == "STANDARD" and facts["steps"]:
            self._transitioned(event)
        if facts["kind"] != "EXPRESS" or facts["status"] == "RUNNING":
            return
        machine = facts["machine"].split(":")[6]
        took_ms = max(1, facts["stopped_ms"] - facts["started_ms"])
        billed_ms = -(-took_ms // EXPRESS_STEP_MS) * EXPRESS_STEP_MS
        self._add(event, "stepfunctions", "ExpressRequest", machine)
        self._add(event, "stepfunctions", "ExpressDuration", machine, EXPRESS_MIB * billed_ms)

    def _function(self, event: Event) -> None:
        facts = event.facts
        kind = "Provisioned-" if facts["is_provisioned"] else ""
        self._add(event, "lambda", "Request", facts["function"])
        usage_type = f"{kind}GB-Second-{facts['architecture']}"
        self._add(event, "lambda", usage_type, facts["function"], facts["memory_mib"] * facts["billed_ms"])
