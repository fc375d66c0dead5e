"""Node.js: callbacks, what is left to wait for, how errors are told, and timers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from harness import Aws
from services.lambda_.packaged import invoke as invoked
from services.lambda_.packaged import logged, made, role

RUNTIME = next((name for name in available().split(", ") if name.startswith("nodejs")), "")
pytestmark = pytest.mark.skipif(not RUNTIME, reason="there is no Node.js here")
CODE = """
const { promisify } = require("node:util");
const later = require("node:timers/promises");
const DOES = {
  callback: (context, done) => { setTimeout(() => console.log("afterwards"), 60000); done(null, "told"); },
  at_once: (context, done) => {
    context.callbackWaitsForEmptyEventLoop = false;
    setTimeout(() => {}, 60000);
    done(null, "told");
  },
  nothing: () => "no answer",
  never: () => new Promise(() => {}),
  succeed: (context) => { setTimeout(() => context.succeed("succeeded"), 1000); },
  refused: (context, done) => done("refused"),
  circle: async () => { const it = {}; it.it = it; return it; },
  coded: async () => { throw Object.assign(new RangeError("far"), { code: "E_FAR", where: { x: 1 } }); },
  uncaught: async () => { setTimeout(() => { throw new TypeError("uncaught"); }, 1); await later.setTimeout(60000); },
  forgotten: async () => { Promise.reject(new TypeError("forgotten")); await later.setTimeout(60000); },
  naps: async () => { await promisify(setTimeout)(60000); return await later.setTimeout(60000, "rested"); },
  aborted: async () => {
    const given = new AbortController();
    given.abort();
    return await later.setTimeout(60000, null, { signal: given.signal }).catch((error) => error.name);
  },
  traced: async () => { require("node:http").request = () => { throw new Error("a tracer's"); }; return "told"; },
  cleared: async () => {
    for (let n = 0; n < 400; n++) {
      const timer = setTimeout(() => {}, 60000);
      await later.setImmediate();
      clearTimeout(timer);
    }
    return "cleared";
  },
};
exports.handler = (event, context, callback) => DOES[event.does](context, callback);
"""


@pytest_asyncio.fixture
async def node(aws: Aws) -> Aws:
    role(aws)
    await made(aws, {"index.js": CODE}, "work", Runtime=RUNTIME, Handler="index.handler", Timeout=300)
    return aws


async def done(aws: Aws, does: str) -> tuple[Any, int]:
    """What comes of it, and how many seconds of the world's that takes."""
    began = aws.now
    answer = await invoked(aws, {"does": does})
    return answer["Payload"], (aws.now - began) // 1000


@pytest.mark.parametrize(
    ("does", "told", "seconds"),
    [
        ("callback", "told", 60),
        ("at_once", "told", 0),
        ("nothing", None, 0),
        ("never", None, 0),
        ("succeed", "succeeded", 1),
        ("naps", "rested", 120),
        ("aborted", "AbortError", 0),
        ("cleared", "cleared", 0),
    ],
)
async def test_what_a_handler_answers_and_when(node: Aws, does: str, told: Any, seconds: int) -> None:
    assert await done(node, does) == (told, seconds)


@pytest.mark.parametrize(
    ("does", "kind", "words"),
    [
        ("refused", "string", "refused"),
        ("circle", "Error", "Unable to stringify response body"),
        ("coded", "RangeError", "far"),
        ("uncaught", "TypeError", "uncaught"),
        ("forgotten", "Runtime.UnhandledPromiseRejection", "TypeError: forgotten"),
    ],
)
async def test_how_it_fails_and_the_next_event_is_none_the_worse(node: Aws, does: str, kind: str, words: str) -> None:
    told, _ = await done(node, does)
    assert (told["errorType"], told["errorMessage"]) == (kind, words)
    assert await done(node, "nothing") == (None, 0)


async def test_what_an_error_carries_is_in_the_log(node: Aws) -> None:
    await done(node, "coded")
    line = next(line for line in logged(node) if "Invoke Error" in line)
    shown = json.loads(line.split("\t")[-1])
    assert {name: shown[name] for name in ("errorType", "errorMessage", "code", "where")} == {
        "errorType": "RangeError", "errorMessage": "far", "code": "E_FAR", "where": {"x": 1},
    }  # fmt: skip


async def test_in_a_log_of_json_an_error_is_an_object(node: Aws) -> None:
    await node.lambda_.update_function_configuration({"FunctionName": "work", "LoggingConfig": {"LogFormat": "JSON"}})
    await node.advance(seconds=5)
    await done(node, "coded")
    lines = [json.loads(line) for line in logged(node)]
    shown = next(line for line in lines if line.get("level") == "ERROR")["message"]
    assert (shown["errorType"], shown["errorMessage"], shown["stackTrace"][0]) == (
        "RangeError", "far", "RangeError: far",
    )  # fmt: skip


async def test_who_replaces_http_request_does_not_trace_the_runtime_itself(node: Aws) -> None:
    assert (await invoked(node, {"does": "traced"}))["Payload"] == "told"
    assert (await invoked(node, {"does": "naps"}))["Payload"] == "rested"
