"""What a runtime and its extensions ask of Lambda from within an environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, cast

from foulweather.engines.functions.gathering import Gathering
from foulweather.engines.functions.local_http import Asked, BadRequest, Told, pieces_of, whole
from foulweather.engines.functions.outcomes import Invocation, Outcome
from foulweather.engines.functions.telemetry import LOGS, TELEMETRY, BadSubscription, Telemetry, Unsupported

RUNTIME = "/2018-06-01/runtime/"
EXTENSION = "/2020-01-01/extension/"
RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100
"""6 MB, and as AWS counts it a little more (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
ERROR_TYPE, ERROR_BODY = "lambda-runtime-function-error-type", "lambda-runtime-function-error-body"
STREAM_BYTES_MAX = 200 << 20
ERROR_BYTES_MAX = 256 << 10
TOGETHER = "/foulweather/answered/"
SLEEP_S_MAX = 86_400 * 366
ACCEPTED = Told(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')


class Extension:
    """A program beside the runtime that wants to hear of events."""

    def __init__(self, name: str, events: list[str]) -> None:
        self.name = name
        self.events = events
        self.waiting: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.is_ready = asyncio.Event()
        self.is_waiting = False


class RuntimeApi:
    """One environment's: hands out invocations, takes answers."""

    def __init__(self, sleep: Callable[[int], Awaitable[None]]) -> None:
        self._sleep = sleep
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Outcome] = loop.create_future()
        self._waiting: deque[asyncio.Future[Told]] = deque()
        """Runtimes that wait for an invocation: one, but for programs that ask with several threads."""
        self._handed_out: deque[Told] = deque()
        """Invocations that nobody has asked for yet."""
        self._current: Invocation | None = None
        self.is_taken = False
        """Whether the runtime has got the invocation that was begun last."""
        self._answered: asyncio.Future[Outcome] | None = None
        self._extensions: dict[str, Extension] = {}
        self._numbers = itertools.count(1)
        self._registered = asyncio.Event()
        self._registered.set()
        self._expected: set[str] = set()
        self._about: dict[str, str] = {}
        self.account = ""
        """Whose function it is, as extensions are told that accept the feature `accountId`."""
        self.telemetry: Telemetry | None = None
        self.runtime_ended: Callable[[int], None] = lambda status: None
        self.streamed: Callable[[bytes], None] | None = None
        self._gathering = Gathering()
        self.now_ms: Callable[[], int] = lambda: 0
        """The world's time."""
        self.streamed_type = ""
        """The content type of what is streamed."""

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """Who has registered."""
        return tuple(self._extensions.values())

    @property
    def is_at_rest(self) -> bool:
        """Whether no extension is still at work on what it was told."""
        if not self._extensions:
            return True
        is_telling = self.telemetry is not None and self.telemetry.is_delivering
        return not is_telling and all(each.is_waiting for each in self._extensions.values())

    def expect(self, extensions: Collection[str], variables: Mapping[str, str]) -> None:
        """These programs start with the runtime, which is not ready before they are; they are told what runs."""
        self._expected = {path.rpartition("/")[2] for path in extensions}
        if extensions:
            self._registered.clear()
        named = {"functionName": "NAME", "functionVersion": "VERSION"}
        told = {name: variables.get(f"AWS_LAMBDA_FUNCTION_{variable}", "") for name, variable in named.items()}
        self._about = {**told, "handler": variables.get("_HANDLER", "")}

    def begin(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Hand out an invocation; the future is done when the runtime has answered."""
        self._current, self.is_taken = invocation, False
        self._answered = asyncio.get_running_loop().create_future()
        self._hand_out(_invocation(invocation))
        for extension in self._extensions.values():
            if "INVOKE" in extension.events:
                extension.waiting.put_nowait(
                    {
                        "eventType": "INVOKE",
                        "deadlineMs": invocation.deadline_ms,
                        "requestId": invocation.request_id,
                        "invokedFunctionArn": invocation.function_arn,
                        "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
                    }
                )
        return self._answered

    def _hand_out(self, told: Told) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                self.is_taken = True
                waiting.set_result(told)
                return
        self._handed_out.append(told)

    def end(self, request_id: str) -> None:
        """Take no more answers to an invocation."""
        if self._current is not None and self._current.request_id == request_id:
            self._current = self._answered = None
            self.streamed = None

    def give_up(self, outcome: Outcome) -> None:
        """Have what is awaited, an invocation or else the initialization, come to something."""
        awaited = self._answered if self.ready.done() else self.ready
        if awaited is not None and not awaited.done():
            awaited.set_result(outcome)

    def shut_down(self, reason: str, deadline_ms: int) -> bool:
        """Tell the extensions that it is over; whether there is one that wants to hear of it."""
        for extension in self._extensions.values():
            if "SHUTDOWN" in extension.events:
                told: dict[str, object] = {
                    "eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_ms
                }  # fmt: skip
                extension.waiting.put_nowait(told)
        return any("SHUTDOWN" in extension.events for extension in self._extensions.values())

    def answer(self, asked: Asked) -> Told | Awaitable[Told]:
        """Answer one request, at once where nothing has to be waited for."""
        path, _, _ = asked.path.partition("?")
        if asked.method == "POST" and path.startswith(TOGETHER):
            return self._together(asked, path[len(TOGETHER) :])
        if path == f"{RUNTIME}invocation/next" and asked.method == "GET":
            return self._next() if self.ready.done() else self._first()
        if asked.method == "POST" and path == "/foulweather/sleep":
            return self._slept(asked)
        if asked.method == "POST" and path == f"{RUNTIME}init/error":
            return self._init_error(asked)
        if asked.method == "POST" and path.startswith(f"{RUNTIME}invocation/"):
            request_id, _, what = path[len(f"{RUNTIME}invocation/") :].partition("/")
            return self._answered_by(asked, request_id, what)
        if path in (TELEMETRY, LOGS) and asked.method == "PUT":
            return self._subscribe(asked, path)
        if path == "/foulweather/telemetry" and self.telemetry is not None:
            return self._carried(self.telemetry)
        if path == "/foulweather/ended" and asked.method == "POST":
            return self._ended(asked)
        if path.startswith(EXTENSION):
            return self._extension(asked, path[len(EXTENSION) :])
        return _refused(404, "InvalidPath", f"There is no {asked.method} {path} here.")

    async def _first(self) -> Told:
        """The runtime is ready; the environment is when all of its extensions are."""
        await self._registered.wait()
        for extension in self.extensions:
            await extension.is_ready.wait()
        if not self.ready.done():
            self.ready.set_result(Outcome("response"))
        told = self._next()
        return told if isinstance(told, Told) else await told

    def _next(self) -> Told | asyncio.Future[Told]:
        """The next invocation, once there is one."""
        if self._handed_out:
            self.is_taken = True
            return self._handed_out.popleft()
        waiting: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return waiting

    def _together(self, asked: Asked, request_id: str) -> Told | Awaitable[Told]:
        """What the Python runtime asks in one: take this answer, and give me the next invocation."""
        if asked.content is None:
            return self._together_later(asked, request_id)
        self._take(asked.content, request_id, asked.headers.get("content-type", ""))
        return self._next()

    async def _together_later(self, asked: Asked, request_id: str) -> Told:
        body = await whole(asked, RESPONSE_BYTES_MAX)
        self._take(body, request_id, asked.headers.get("content-type", ""))
        told = self._next()
        return told if isinstance(told, Told) else await told

    def _take(self, body: bytes | None, request_id: str, kind: str) -> None:
        """Take an answer; one that nobody waits for any more is no answer."""
        answered, current = self._answered, self._current
        if current is not None and current.request_id == request_id and answered is not None and not answered.done():
            answered.set_result(_too_large() if body is None else Outcome("response", body, content_type=kind))

    async def _slept(self, asked: Asked) -> Told:
        told = await _object(asked, 100)
        seconds, from_ms = told.get("s", 0), told.get("from_ms") or 0
        if not isinstance(seconds, int | float) or not 0 <= seconds <= SLEEP_S_MAX or not isinstance(from_ms, int):
            raise BadRequest(f"seconds: {seconds} from {from_ms}")
        if from_ms:
            await self._gathering.wait()
        late_ms = max(0, self.now_ms() - from_ms) if from_ms else 0
        await self._sleep(max(0, round(seconds * 1000) - late_ms))
        return ACCEPTED

    async def _init_error(self, asked: Asked) -> Told:
        body = await whole(asked, ERROR_BYTES_MAX) or b"{}"
        kind = asked.headers.get(ERROR_TYPE, "Runtime.Unknown")
        if not self.ready.done():
            self.ready.set_result(Outcome("error", body, kind))
        return ACCEPTED

    async def _answered_by(self, asked: Asked, request_id: str, what: str) -> Told:
        if self._current is None or self._answered is None or self._current.request_id != request_id:
            return _refused(400, "InvalidRequestID", "Invalid request ID")
        if what not in ("response", "error"):
            return _refused(404, "InvalidPath", f"There is no {what} of an invocation.")
        answered, kind = self._answered, asked.headers.get("content-type", "")
        if what == "response" and asked.headers.get("lambda-runtime-function-response-mode") == "streaming":
            outcome = await self._stream(asked, kind)
        elif what == "response":
            body = await whole(asked, RESPONSE_BYTES_MAX)
            outcome = _too_large() if body is None else Outcome("response", body, content_type=kind)
        else:
            body = await whole(asked, ERROR_BYTES_MAX) or b"{}"
            error_type = asked.headers.get(ERROR_TYPE, "")
            outcome = Outcome("error", body, error_type)
        if not answered.done():
            answered.set_result(outcome)
        if outcome.error_type == "Function.ResponseSizeTooLarge":
            return _refused(413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).")
        return ACCEPTED

    async def _stream(self, asked: Asked, content_type: str) -> Outcome:
        pieces: list[bytes] = []
        size = 0
        self.streamed_type = content_type
        async for piece in pieces_of(asked):
            size += len(piece)
            if size > STREAM_BYTES_MAX:
                return _too_large()
            if self.streamed is not None:
                self.streamed(piece)
            else:
                pieces.append(piece)
        if error_type := asked.headers.get(ERROR_TYPE):
            return Outcome("error", _error_of_trailer(asked.headers), error_type, content_type=content_type)
        return Outcome("response", b"".join(pieces), content_type=content_type)

    async def _extension(self, asked: Asked, what: str) -> Told:
        if what == "register" and asked.method == "POST":
            events: list[str] = (await _object(asked, ERROR_BYTES_MAX)).get("events") or []
            name = asked.headers.get("lambda-extension-name", "")
            if not isinstance(cast(Any, events), list):
                raise BadRequest("events are no list")
            unknown = [event for event in events if event not in ("INVOKE", "SHUTDOWN")]
            if not name or unknown:
                message = f"Unknown event: {unknown}" if unknown else "No extension name"
                return _refused(400, "InvalidEventType", message)
            if "SHUTDOWN" in events and name not in self._expected:
                message = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"
                return _refused(400, "InvalidEventType", message)
            identifier = f"{next(self._numbers):08x}-0000-4000-8000-000000000000"
            self._extensions[identifier] = Extension(name, events)
            if self.telemetry is not None:
                record = {"name": name, "state": "Ready", "events": events}
                self.telemetry.platform("extension", record)
                self.telemetry.heard("extension", record)
            if self._expected <= {each.name for each in self.extensions}:
                self._registered.set()
            headers = {"Content-Type": "application/json", "Lambda-Extension-Identifier": identifier}
            features = asked.headers.get("lambda-extension-accept-feature", "")
            wants_account = "accountId" in features.replace(" ", "").split(",")
            about = {**self._about, "accountId": self.account} if wants_account else self._about
            return Told(200, headers, json.dumps(about).encode())
        extension = self._extensions.get(asked.headers.get("lambda-extension-identifier", ""))
        if extension is None:
            return _refused(403, "InvalidExtensionIdentifier", "Unknown extension.")
        if what == "event/next" and asked.method == "GET":
            extension.is_ready.set()
            return await self._next_event(extension)
        if what in ("init/error", "exit/error") and asked.method == "POST":
            return await self._extension_failed(asked, what)
        return _refused(404, "InvalidPath", f"There is no {asked.method} {what} of an extension.")

    async def _next_event(self, extension: Extension) -> Told:
        extension.is_waiting = True
        try:
            event = await extension.waiting.get()
        finally:
            extension.is_waiting = False
        return Told(200, {"Content-Type": "application/json"}, json.dumps(event).encode())

    async def _subscribe(self, asked: Asked, api: str) -> Told:
        identifier = asked.headers.get("lambda-extension-identifier", "")
        extension = self._extensions.get(identifier)
        if extension is None or self.telemetry is None:
            return _refused(403, "InvalidExtensionIdentifier", "Unknown extension.")
        try:
            self.telemetry.subscribe(api, identifier, extension.name, await _object(asked, ERROR_BYTES_MAX))
        except (BadSubscription, BadRequest) as error:
            return _refused(400, "ValidationError", str(error))
        except Unsupported as error:
            return _refused(501, "NotImplemented", f"{error} is not implemented.")
        return Told(200, {"Content-Type": "text/plain"}, b"OK")

    async def _carried(self, telemetry: Telemetry) -> Told:
        """What the process that carries telemetry to its extensions is to carry next."""
        uri, events = await telemetry.next()
        return Told(200, {"Content-Type": "application/json", "Foulweather-Destination": uri}, events.encode())

    async def _ended(self, asked: Asked) -> Told:
        """The runtime has ended beside its extensions."""
        self.runtime_ended(int((await _object(asked, 100)).get("status") or 0))
        return ACCEPTED

    async def _extension_failed(self, asked: Asked, what: str) -> Told:
        body = await whole(asked, ERROR_BYTES_MAX) or b"{}"
        kind = asked.headers.get("lambda-extension-function-error-type", "Extension.Unknown")
        failed = Outcome("error", body, kind)
        awaited = self.ready if what == "init/error" else self._answered
        if awaited is not None and not awaited.done():
            awaited.set_result(failed)
        return ACCEPTED


def _error_of_trailer(headers: Mapping[str, str]) -> bytes:
    """How a streamed answer went wrong, told after it.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
    """
    try:
        return base64.b64decode(headers.get(ERROR_BODY, ""), validate=True) or b"{}"
    except binascii.Error:
        return b"{}"


def _invocation(invocation: Invocation) -> Told:
    """An invocation as a runtime gets it."""
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
    }
    if invocation.trace_id:
        headers["Lambda-Runtime-Trace-Id"] = invocation.trace_id
    if invocation.client_context:
        headers["Lambda-Runtime-Client-Context"] = invocation.client_context
    if invocation.identity:
        headers["Lambda-Runtime-Cognito-Identity"] = invocation.identity
    if invocation.tenant_id:
        headers["Lambda-Runtime-Aws-Tenant-Id"] = invocation.tenant_id
    return Told(200, headers, invocation.payload)


async def _object(asked: Asked, bytes_max: int) -> dict[str, Any]:
    """The JSON object that a body is; whoever sends another is not answered."""
    body: Any = json.loads(await whole(asked, bytes_max) or b"{}")
    if not isinstance(body, dict):
        raise BadRequest("no JSON object")
    return cast("dict[str, Any]", body)


def _too_large() -> Outcome:
    told = {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    return Outcome("error", json.dumps(told).encode(), "Function.ResponseSizeTooLarge")


def _refused(status: int, kind: str, message: str) -> Told:
    body = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Told(status, {"Content-Type": "application/json"}, body)
