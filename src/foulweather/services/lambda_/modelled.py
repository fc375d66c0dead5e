"""Runs a modelled function: environments that are only counted, and time that passes in the world alone."""

from __future__ import annotations

import inspect
import json
from collections import deque
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.model import Shape
from foulweather.services.lambda_ import logging, roles
from foulweather.services.lambda_.environments import IDLE_MS, environment_kind, wait_until
from foulweather.services.lambda_.instances import AGE_MS, CREDENTIALS_LEFT_MS
from foulweather.services.lambda_.models import Model, Models
from foulweather.services.lambda_.reports import SNAP_START, Report, Writer
from foulweather.services.lambda_.roles import RoleSession
from foulweather.services.lambda_.running import UNHANDLED, Asked, Ran
from foulweather.world.flights import Flight, asking
from foulweather.world.world import Stream, World


class Counted:
    """One environment of a modelled function."""

    def __init__(self, call: Call, asked: Asked, session: RoleSession) -> None:
        function, configuration = asked.function, asked.configuration
        self.revision_id = configuration.revision_id
        self.session = session
        self.log = logging.Log.new(call, function, configuration)
        self.writer = Writer(configuration, function.region)
        self.started_ms = self.idle_since_ms = call.now

    def serves(self, asked: Asked, now_ms: int) -> bool:
        """Whether it can serve an invocation now."""
        return (
            self.revision_id == asked.configuration.revision_id
            and now_ms - self.idle_since_ms < IDLE_MS
            and now_ms - self.started_ms < AGE_MS
            and self.session.expires_ms - now_ms > asked.configuration.timeout_s * 1000 + CREDENTIALS_LEFT_MS
        )


class Counts:
    """The idle environments of a world's modelled functions, the one used last at the end."""

    def __init__(self) -> None:
        self.idle: dict[tuple[str, str], deque[Counted]] = {}

    @classmethod
    def of(cls, world: World) -> Counts:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Counts, found)


async def run(call: Call, model: Model, asked: Asked, kind: str) -> Ran:
    """One invocation of a modelled function."""
    draws = Models.of(call.world).draws(asked.function)
    key = asked.function.arn, asked.configuration.version
    idle = Counts.of(call.world).idle.setdefault(key, deque())
    counted, init_ms = None, None
    while idle and counted is None:
        found = idle.pop()
        counted = found if found.serves(asked, call.now) else None
    if counted is None:
        counted = Counted(call, asked, await roles.assume(call, asked.function, asked.configuration))
        counted.log.add(call.now, counted.writer.init_start(call.now, environment_kind(asked.configuration, kind)))
        if kind == "on-demand":  # those that are provisioned were ready before
            init_ms = model.initialization(draws, asked.configuration.memory_mib)
            await wait_until(call, call.now + init_ms)
    ran = await _invoked(call, model, asked, counted, draws, init_ms)
    if not ran.error_type.startswith(("Runtime.", "Sandbox.")):
        counted.idle_since_ms = call.now
        idle.append(counted)
    return ran


async def _invoked(call: Call, model: Model, asked: Asked, counted: Counted, draws: Stream, init_ms: int | None) -> Ran:
    configuration, log = asked.configuration, counted.log
    mark, began_ms = log.mark(), call.now
    limit_ms = configuration.timeout_s * 1000
    used_mib = model.memory(draws)
    took_ms = model.duration(draws, configuration.memory_mib)
    fails = draws.random() < model.error_rate
    log.add(call.now, counted.writer.start(call.now, asked.request_id))
    payload, error_type, status = json.dumps(model.response).encode(), "", "success"
    if used_mib > configuration.memory_mib:
        await wait_until(call, began_ms + min(took_ms, limit_ms))
        used_mib, error_type, status = configuration.memory_mib, "Runtime.OutOfMemory", "error"
        payload = _error(asked, "Runtime.ExitError", "Runtime exited with error: signal: killed")
    elif took_ms > limit_ms:
        await wait_until(call, began_ms + limit_ms)
        error_type, status = "Sandbox.Timedout", "timeout"
        payload = _error(asked, error_type, f"Task timed out after {configuration.timeout_s:.2f} seconds")
        log.add(call.now, counted.writer.timed_out(call.now, asked.request_id, configuration.timeout_s))
    else:
        raised = await _calls(call, model, counted, draws, asked)
        await wait_until(call, began_ms + took_ms)
        if raised is not None or fails:
            error_type, words = raised or (model.error_type, model.error_message)
            payload = _raised(asked, error_type, words)
            log.add(call.now, f"[ERROR] {error_type}: {words}")
    duration_ms = min(call.now - began_ms, limit_ms)
    report = Report(
        request_id=asked.request_id,
        duration_ms=duration_ms,
        billed_ms=max(1, duration_ms + (init_ms or 0)),
        memory_mib=configuration.memory_mib,
        used_mib=used_mib,
        init_ms=init_ms,
        status=status,
        error_type=error_type,
        is_modelled=True,
        is_restored=environment_kind(configuration, "") == SNAP_START,
    )
    for line in counted.writer.end(call.now, report):
        log.add(call.now, line)
    tail = log.tail(mark)
    log.put(call, counted.session, is_quiet=bool(error_type))
    return Ran(
        payload=payload,
        function_error=UNHANDLED if error_type else "",
        error_type=error_type,
        content_type="application/json",
        report=report,
        session=counted.session,
        tail=tail,
    )


async def _calls(call: Call, model: Model, counted: Counted, draws: Stream, asked: Asked) -> tuple[str, str] | None:
    """Make the calls that the model says; what the first refused one raises in a function."""
    asker = Flight(call.world)
    asker.trace_header = asked.trace_header
    for each in model.calls:
        if each.share < 1 and draws.random() >= each.share:
            continue
        port = getattr(counted.session.ports(call), each.service)
        try:
            operate = getattr(port, each.operation)
            model_of = call.pipeline.services.operation_by_python_name(each.service.rstrip("_"), each.operation).model
        except KeyError:
            raise not_implemented(each.service, each.operation) from None
        words = {"request_id": asked.request_id, "uuid": call.world.ids.uuid()}
        try:
            asking.set(asker)
            answer = operate(_filled(each.request, words, model_of.input))
            if inspect.isawaitable(answer):
                await answer
        except AwsError as error:
            told = f"An error occurred ({error.code}) when calling the {model_of.name} operation: {error.message}"
            return "ClientError", told
        finally:
            asking.set(None)
    return None


def _filled(value: Any, words: dict[str, str], shape: Shape | None) -> Any:
    """A request with `${request_id}` and `${uuid}` in its texts filled in; what stands for bytes becomes them."""
    kind = shape.type if shape is not None else ""
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"${{{name}}}", word)
        return value.encode() if kind == "blob" else value
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if shape is not None and kind == "structure":
            return {name: _filled(each, words, shape.members.get(name)) for name, each in members.items()}
        inner = shape.value if shape is not None and kind == "map" else None
        return {name: _filled(each, words, inner) for name, each in members.items()}
    if isinstance(value, list):
        inner = shape.member if shape is not None and kind == "list" else None
        return [_filled(each, words, inner) for each in cast("list[Any]", value)]
    return value


def _error(asked: Asked, kind: str, words: str) -> bytes:
    told = {"errorType": kind, "errorMessage": f"RequestId: {asked.request_id} Error: {words}"}
    return json.dumps(told).encode()


def _raised(asked: Asked, kind: str, words: str) -> bytes:
    told: dict[str, Any] = {
        "errorMessage": words, "errorType": kind, "requestId": asked.request_id, "stackTrace": []
    }  # fmt: skip
    return json.dumps(told).encode()
