"""The Python runtime: asks for invocations, calls the handler, and tells what came of it, in AWS's shapes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from foulweather.engines.functions.foulweather_inside import snapshot_restore_py
else:
    from foulweather_inside import snapshot_restore_py

VERSION = "2018-06-01"
RECEIVED_BYTES = 1 << 18
OWN_PATH = "/var/runtime"
IS_ASCII_UNTIL = (3, 12)


class Wire:
    """One connection to the Runtime API."""

    def __init__(self, where: str) -> None:
        host, _, port = where.rpartition(":")
        self._host = where.encode()
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Send one request, and wait for its answer: its status, its headers by names in lower case, its body."""
        head = f"{method} {path} HTTP/1.1\r\nHost: ".encode("latin-1", "replace") + self._host
        for name, value in headers.items():
            head += f"\r\n{name}: {value}".encode("latin-1", "replace")
        self._socket.sendall(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        return self._answer()

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def _answer(self) -> tuple[int, dict[str, str], bytes]:
        held = self._held
        while (end := held.find(b"\r\n\r\n")) < 0:
            held += self._more()
        first, *lines = held[:end].decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        start = end + 4
        left = start + int(headers["content-length"]) - len(held)
        if left > 0:
            pieces = [held]
            while left > 0:
                pieces.append(self._more())
                left -= len(pieces[-1])
            held = b"".join(pieces)
        stop = start + int(headers["content-length"])
        self._held = held[stop:]
        return int(first.split(" ", 2)[1]), headers, held[start:stop]

    def _more(self) -> bytes:
        piece = self._socket.recv(RECEIVED_BYTES)
        if not piece:
            raise SystemExit(1)
        return piece


class Runtime:
    """Speaks to the Runtime API over one connection."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._wire = Wire(where)
        self._answer: tuple[str, bytes, str] | None = None

    def next(self) -> tuple[dict[str, str], bytes]:
        """The next invocation, when there is one; what the last one answered goes with the question."""
        if self._answer is None:
            return self._ask("GET", f"/{VERSION}/runtime/invocation/next", b"", {})
        request_id, body, content_type = self._answer
        self._answer = None
        return self._ask("POST", f"/foulweather/answered/{request_id}", body, {"Content-Type": content_type})

    def respond(self, request_id: str, body: bytes, content_type: str) -> None:
        """Tell what the handler returned, when the next invocation is asked for: that is at once."""
        self._answer = request_id, body, content_type

    def fail(self, request_id: str, error: dict[str, Any]) -> None:
        """Tell what the handler raised."""
        self._told(f"/{VERSION}/runtime/invocation/{request_id}/error", error)

    def fail_to_start(self, error: dict[str, Any]) -> None:
        """Tell why the function could not be loaded."""
        self._told(f"/{VERSION}/runtime/init/error", error)

    def let_pass(self, seconds: float, began_ms: int) -> None:
        """Have seconds of the world's time pass; on a connection of its own, since any thread may sleep."""
        wire = Wire(self._where)
        wire.ask("POST", "/foulweather/sleep", json.dumps({"s": seconds, "from_ms": began_ms}).encode(), {})
        wire.close()

    def _told(self, path: str, error: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "application/vnd.aws.lambda.error+json",
            "Lambda-Runtime-Function-Error-Type": error["errorType"],
        }
        self._ask("POST", path, json.dumps(error).encode(), headers)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
        status, told, content = self._wire.ask(method, path, body, headers)
        if status >= 400 and status != 413:
            raise SystemExit(1)
        return told, content


class Identity:
    """Who called from a phone, by a Cognito identity."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


class Client:
    """The app that called."""

    def __init__(self, given: dict[str, Any]) -> None:
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class ClientContext:
    """What a client told of itself with an invocation; what it left out is None."""

    def __init__(self, given: dict[str, Any]) -> None:
        app = given.get("client")
        self.client = Client(cast("dict[str, Any]", app)) if isinstance(app, dict) else None
        self.custom = given.get("custom")
        self.env = given.get("env")


class Context:
    """What a handler may ask about its invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.identity = Identity()
        told: Any = json.loads(headers.get("lambda-runtime-client-context") or "null")
        self.client_context = ClientContext(cast("dict[str, Any]", told)) if isinstance(told, dict) else None
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))
        known = json.loads(headers.get("lambda-runtime-cognito-identity") or "null")
        if known:
            self.identity.cognito_identity_id = known.get("cognitoIdentityId")
            self.identity.cognito_identity_pool_id = known.get("cognitoIdentityPoolId")

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left before the invocation times out."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: Any) -> None:
        """Print."""
        sys.stdout.write(str(message))


class Failed(Exception):
    """The function cannot be loaded."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.told: dict[str, Any] = {
            "errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": trace or []
        }  # fmt: skip


class RequestIds(logging.Filter):
    """Adds the request's id to each record."""

    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through."""
        record.aws_request_id = self.current
        return True


RECORD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"aws_request_id", "taskName", "message"}
"""What every record has; the rest was given as `extra`."""


class JsonLines(logging.Formatter):
    """Log records as JSON objects, as the function's logging configuration asks."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        given: Any = record.msg
        told: dict[str, Any] = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": given if isinstance(given, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            "requestId": getattr(record, "aws_request_id", ""),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            told["errorType"], told["errorMessage"] = kind.__name__, str(error)
            told["stackTrace"] = traceback.format_list(traceback.extract_tb(trace))
            told["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        further = {name: value for name, value in record.__dict__.items() if name not in RECORD and name not in told}
        return json.dumps({**told, **further}, default=str, ensure_ascii=False)


def main(room: dict[str, Any], world_clock: Any, page: int) -> None:
    """Load the handler, and serve invocations for good."""
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    world_clock.install(world_clock.Page(page, runtime.let_pass))
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.path[:0] = [path for path in room["search"] if os.path.isdir(path)]
    given = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path and path != OWN_PATH]
    sys.path[1:1] = [path for path in given if path not in sys.path]
    sys.path += [path for path in room["search_last"] if os.path.isdir(path)]
    importlib.invalidate_caches()
    time.tzset()
    ids = log_as_told()
    sys.modules["snapshot_restore_py"] = snapshot_restore_py
    try:
        handler = loaded(os.environ.get("_HANDLER", ""))
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            run_hooks()
    except Failed as failed:
        log_error(failed.told, ids)
        runtime.fail_to_start(failed.told)
        raise SystemExit(1) from None
    while True:
        headers, event = runtime.next()
        serve(runtime, handler, headers, event, ids)


def log_as_told() -> RequestIds:
    """Have log records printed in the form that AWS gives them."""
    ids, handler = RequestIds(), logging.StreamHandler(sys.stdout)
    is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    if is_json:
        handler.setFormatter(JsonLines())
    else:
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
        if handler.formatter is not None:
            handler.formatter.converter = lambda seconds=None: time.gmtime(seconds)  # type: ignore[assignment]
    handler.addFilter(ids)
    logging.getLogger().handlers[:] = [handler]
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL", "WARN": "WARNING"}
    named = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if is_json and named:
        logging.getLogger().setLevel(level.get(named, named))
    return ids


def loaded(name: str) -> Callable[[Any, Any], Any]:
    """The function that `module.function` names."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        words = "not enough values to unpack (expected 2, got 1)"
        raise Failed("Runtime.MalformedHandlerName", f"Bad handler '{name}': {words}")
    if module_name.partition(".")[0] in sys.builtin_module_names:
        words = f"Cannot use built-in module {module_name} as a handler module"
        raise Failed("Runtime.BuiltInModuleConflict", words)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failed("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").rstrip()}\n']
        words = f"Syntax error in module '{module_name}': {error}"
        raise Failed("Runtime.UserCodeSyntaxError", words, trace) from error
    except Exception as error:
        raise Failed(type(error).__name__, str(error), own_trace(error)) from error
    found = getattr(module, function_name, None)
    if not callable(found):
        raise Failed("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return found


def run_hooks() -> None:
    """What a function has registered for its snapshot and for being restored: here one follows the other."""
    before, after = snapshot_restore_py.get_before_snapshot(), snapshot_restore_py.get_after_restore()
    for kind, hooks in (("Runtime.BeforeSnapshotError", reversed(before)), ("Runtime.AfterRestoreError", iter(after))):
        for function, given, named in hooks:
            try:
                function(*given, **named)
            except Exception as error:
                raise Failed(kind, str(error), own_trace(error)) from error


def serve(
    runtime: Runtime, handler: Callable[[Any, Any], Any], headers: dict[str, str], event: bytes, ids: RequestIds
) -> None:
    """One invocation."""
    context = Context(headers)
    request_id = ids.current = context.aws_request_id
    trace_id = headers.get("lambda-runtime-trace-id", "")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    try:
        try:
            told = handler(parsed(event), context)
        finally:
            sys.stdout.flush()  # what has no end of line yet
            sys.stderr.flush()
        body, kind = answered(told)
    except Failed as failed:
        error = {**failed.told, "requestId": request_id}
    except Exception as raised:
        error = {
            "errorMessage": str(raised),
            "errorType": type(raised).__name__,
            "requestId": request_id,
            "stackTrace": own_trace(raised),
        }
    else:
        runtime.respond(request_id, body, kind)
        return
    log_error(error, ids)
    runtime.fail(request_id, error)


def parsed(event: bytes) -> Any:
    """The event that a payload holds."""
    try:
        return json.loads(event) if event else {}
    except ValueError as error:
        raise Failed("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def answered(told: Any) -> tuple[bytes, str]:
    """A handler's result as bytes, and of which kind."""
    if isinstance(told, bytes):
        return told, "application/unknown"
    decimals: dict[str, str] = {}

    def number(value: Any) -> Any:
        """What JSON cannot say: of all types Lambda knows one, and says its numbers as they are."""
        decimal = sys.modules.get("decimal")
        if decimal is None or not isinstance(value, decimal.Decimal):
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        if value.is_nan():
            return float("nan")
        key = f"\x00{len(decimals)}\x00{id(decimals)}"
        decimals[json.dumps(key)] = str(value)
        return key

    try:
        text = json.dumps(told, default=number, ensure_ascii=sys.version_info < IS_ASCII_UNTIL)
        for key, value in decimals.items():
            text = text.replace(key, value)
        return text.encode(), "application/json"
    except (TypeError, ValueError) as error:
        raise Failed("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def own_trace(error: BaseException) -> list[str]:
    """The stack of an error, without the runtime's own frames."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = ("foulweather_inside", "<frozen importlib")
    return traceback.format_list([frame for frame in frames if not any(each in frame.filename for each in ours)])


def log_error(error: dict[str, Any], ids: RequestIds) -> None:
    """Print an error as the runtime does."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"timestamp": at, "log_level": "ERROR", **error, "requestId": ids.current}), flush=True)
        return
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(line.rstrip("\n") for line in error["stackTrace"])]
    print("\r".join("\n".join(lines).split("\n")), flush=True)
