"""What a stage writes to CloudWatch Logs: of each request's steps, and of each request a line in a form of one's own.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.rest import context, roles
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import answered
from foulweather.services.apigateway.state import RestState

LINE_BYTES_MAX = 1024
"""Longer lines of the execution log are cut off there."""
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_:-]+)*)")


def begin(visit: Visit) -> None:
    """Keep the lines of a request whose stage logs its steps."""
    level = visit.setting.logging_level
    if level == "OFF" or not _role(visit):
        return
    visit.lines = []
    visit.wants_errors = level == "ERROR"
    visit.traces_data = visit.setting.data_trace_enabled


def is_wanted(visit: Visit) -> bool:
    """Whether anything of a request is to be written."""
    return bool(visit.lines) or bool(visit.stage.access_log_settings)


async def write(visit: Visit, response: HttpResponse) -> None:
    """Write what is to be written of a request, as the account's role; without one nothing is, as on AWS."""
    role = _role(visit)
    if not role:
        return
    try:
        principal = await roles.assumed(visit.call, role, visit.stage_arn, "BackplaneAssumeRoleSession")
        ports = visit.call.acting_as(principal)
        if visit.lines:
            await _write_steps(visit, ports)
        settings = visit.stage.access_log_settings
        if settings.get("destinationArn") and settings.get("format"):
            await _write_access(
                visit, ports, settings["destinationArn"], access_line(visit, settings["format"], response)
            )
    except AwsError as error:
        why = Why(
            "dropped",
            "API Gateway could not write its logs.",
            (
                Fact(f"arn:aws:apigateway:{visit.call.region}::/account", "cloudwatchRoleArn", role),
                Fact(visit.stage_arn, "accessLogSettings", visit.stage.access_log_settings.get("destinationArn")),
            ),
            error.why.first_cause().remedy,
            because=(error.why,),
        )
        visit.call.explain("Logging", visit.stage_arn, why)


def access_line(visit: Visit, form: str, response: HttpResponse) -> str:
    """A request's line in the access log; what a variable has no value for is a dash."""
    held = _access_context(visit, response)

    def value(found: re.Match[str]) -> str:
        at: Any = held
        for part in found[1].split("."):
            at = at.get(part) if isinstance(at, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return "-" if at is None or at == "" else shown(at)

    return _VARIABLE.sub(value, form)


def _role(visit: Visit) -> str:
    settings = visit.call.state(RestState).settings.get("account")
    return (settings.cloudwatch_role_arn or "") if settings is not None else ""


def _access_context(visit: Visit, response: HttpResponse) -> dict[str, Any]:
    held: dict[str, Any] = dict(context.template_context(visit))
    call = visit.call
    latency_ms = call.world.clock.now_ms - call.hop.at_ms
    integration = None if visit.integration_ms < 0 else visit.integration_ms
    status = visit.integration_status or None
    length = sum(len(body) for body in (response.body,))
    held.update(
        status=response.status,
        responseLength=length,
        responseLatency=latency_ms,
        integrationLatency=integration,
        integrationStatus=status,
        integrationErrorMessage=visit.integration_error or None,
        xrayTraceId=visit.trace_header.partition("Root=")[2].partition(";")[0] or None,
        integration={
            "latency": integration,
            "integrationStatus": status,
            "status": status,
            "error": visit.integration_error or None,
            "requestId": visit.endpoint_request_id or None,
        },
    )
    authorizer = {**(visit.authorizer or {}), **visit.authorizer_facts}
    held["authorizer"] = authorizer
    return {**held, **_signed(visit)}


def _signed(visit: Visit) -> dict[str, Any]:
    """`authenticate` (whose signature it is) and `authorize` (what policies let them), of methods that IAM guards.

    Neither takes any of the world's time.
    """
    if visit.method is None or visit.method.authorization != "AWS_IAM":
        return {}
    refusal = visit.refusal
    kind = "" if refusal is None else refusal.kind
    failed = {"status": 403, "latency": 0, "error": "" if refusal is None else refusal.text}
    passed = {"status": 200, "latency": 0}
    if kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN"):
        return {"authenticate": failed}
    return {"authenticate": passed, "authorize": failed if kind == "ACCESS_DENIED" else passed}


async def _write_steps(visit: Visit, ports: Ports) -> None:
    call = visit.call
    group = f"API-Gateway-Execution-Logs_{visit.api.id}/{visit.stage.stage_name}{_canary(visit)}"
    lines = visit.lines or []
    events = [
        {"timestamp": at_ms, "message": cut(f"({call.request_id}) {line}")}
        for line, at_ms in zip(lines, visit.lines_at, strict=True)
    ]
    await put(ports, group, stream_of(f"{visit.api.id}/{visit.stage.stage_name}"), events, makes_group=True)


async def _write_access(visit: Visit, ports: Ports, destination: str, line: str) -> None:
    place = f"{visit.api.id}/{visit.stage.stage_name}"
    await delivered(visit.call, ports, destination, place, line, suffix=_canary(visit))


async def delivered(call: Call, ports: Ports, destination: str, place: str, line: str, *, suffix: str = "") -> None:
    """Write a line of an access log of a stage (`place`: its API and its name); groups with a suffix are made."""
    if ":firehose:" in destination:
        name = destination.rpartition("/")[2]
        record = {"Data": f"{line}\n".encode("utf-8", "replace")}
        await answered(ports.firehose.put_record({"DeliveryStreamName": name, "Record": record}))
        return
    group = destination.partition(":log-group:")[2].removesuffix(":*") + suffix
    events = [{"timestamp": call.world.clock.now_ms, "message": line}]
    await put(ports, group, stream_of(place), events, makes_group=bool(suffix))


def _canary(visit: Visit) -> str:
    """A canary's requests are logged to groups of their own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
    """
    return "/Canary" if visit.is_canary else ""


def stream_of(place: str) -> str:
    """A name like those that API Gateway gives its log streams."""
    return hashlib.md5(place.encode(), usedforsecurity=False).hexdigest()


async def put(ports: Ports, group: str, stream: str, events: list[dict[str, Any]], *, makes_group: bool) -> None:
    """Write lines to a stream, which is made if it is not there yet, as is its group where that may be."""
    place = {"logGroupName": group, "logStreamName": stream}
    try:
        await answered(ports.logs.put_log_events({**place, "logEvents": events}))
        return
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
    if makes_group:
        await _made(ports.logs.create_log_group, {"logGroupName": group})
    await _made(ports.logs.create_log_stream, place)
    await answered(ports.logs.put_log_events({**place, "logEvents": events}))


async def _made(make: Any, request: dict[str, str]) -> None:
    try:
        await answered(make(request))
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def cut(line: str) -> str:
    """A line of the execution log, no longer than one may be."""
    raw = line.encode("utf-8", "replace")
    return line if len(raw) <= LINE_BYTES_MAX else raw[: LINE_BYTES_MAX - 13].decode("utf-8", "ignore") + " [TRUNCATED]"
