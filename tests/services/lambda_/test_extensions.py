"""Extensions of a function: what they hear of it, why it ends, and that what they print last is in the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from foulweather.engines.functions.zygotes import can_be_apart
from harness import ACCOUNT, Aws, new_aws
from services.lambda_.packaged import function, invoke, logged, made, role, zipped

CODE = """
import os, time
def handler(event, context):
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "raise" in event:
        raise ValueError("no")
    if "exit" in event:
        os._exit(event["exit"])
    print("hello")
    return "done"
"""
EXTENSION = """#!/usr/bin/env python3
import http.server, json, os, threading, urllib.request

HOST = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}"

class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            print("heard", json.dumps(event), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *given):
        pass

listener = http.server.HTTPServer(("sandbox.localdomain", 8080), Listener)
threading.Thread(target=listener.serve_forever, daemon=True).start()

def ask(method, path, headers, body=None):
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(HOST + path, data, headers, method=method))

events = {"events": ["INVOKE", "SHUTDOWN"]}
named = {"Lambda-Extension-Name": "ear", "Lambda-Extension-Accept-Feature": "accountId"}
with ask("POST", "/2020-01-01/extension/register", named, events) as a:
    print("registered", a.read().decode(), flush=True)
    ours = {"Lambda-Extension-Identifier": a.headers["Lambda-Extension-Identifier"]}
where = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"}
asked = {"schemaVersion": "2022-12-13", "types": ["platform", "function"], "destination": where}
asked["buffering"] = {"timeoutMs": 25}
with ask("PUT", "/2022-07-01/telemetry", ours, asked) as a:
    print("subscribed", a.status, a.read().decode(), flush=True)
while True:
    with ask("GET", "/2020-01-01/extension/event/next", ours) as a:
        event = json.load(a)
    if event["eventType"] == "SHUTDOWN":
        print("over", event["shutdownReason"], flush=True)
        break
"""

INTERNAL = """
import json, os, threading, urllib.error, urllib.request

HOST = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2020-01-01/extension/"
heard = []

def register(name, event):
    body = json.dumps({"events": [event]}).encode()
    asked = urllib.request.Request(HOST + "register", body, {"Lambda-Extension-Name": name}, method="POST")
    return urllib.request.urlopen(asked).headers["Lambda-Extension-Identifier"]

def listen():
    ours = {"Lambda-Extension-Identifier": register("inner", "INVOKE")}
    while True:
        with urllib.request.urlopen(urllib.request.Request(HOST + "event/next", headers=ours)) as told:
            heard.append(json.load(told)["requestId"])

try:
    register("other", "SHUTDOWN")
except urllib.error.HTTPError as error:
    refused = [error.code, error.read().decode()]
threading.Thread(target=listen, daemon=True).start()

def handler(event, context):
    return [len(heard), *refused]
"""


@pytest_asyncio.fixture
async def work() -> AsyncIterator[Aws]:
    if not can_be_apart():
        pytest.skip("this machine gives processes no namespaces of their own")
    aws = new_aws()
    role(aws)
    content = {"ZipFile": zipped({"extensions/ear": EXTENSION})}
    layer = await aws.lambda_.publish_layer_version({"LayerName": "ear", "Content": content})
    await function(aws, CODE, Timeout=3, Layers=[layer["LayerVersionArn"]])
    yield aws
    aws.world.close()


async def line(work: Aws, starts: str) -> str:
    """The first line of the log that begins so, once it is there."""
    async with asyncio.timeout(5):
        while True:
            found = [each for each in logged(work) if each.startswith(starts)]
            if found:
                return found[0]
            await asyncio.sleep(0.05)
            await work.advance(seconds=1)  # FilterLogEvents has a rate


def heard(work: Aws) -> list[Any]:
    return [json.loads(each.removeprefix("heard ")) for each in logged(work) if each.startswith("heard ")]


async def test_it_hears_of_the_initialization_the_invocation_and_what_was_printed(work: Aws) -> None:
    await invoke(work)
    async with asyncio.timeout(5):
        while not any(event["type"] == "platform.report" for event in heard(work)):
            await asyncio.sleep(0.1)
            await work.advance(seconds=1)  # FilterLogEvents has a rate
            await invoke(work)
    events = heard(work)
    first = [event["type"].removeprefix("platform.") for event in events[:9]]
    assert first == [
        "initStart", "extension", "telemetrySubscription", "initRuntimeDone", "initReport", "start", "function",
        "runtimeDone", "report",
    ]  # fmt: skip
    assert events[0]["record"]["functionName"] == "work"
    assert events[1]["record"] == {"name": "ear", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    assert events[6]["record"] == "hello"
    done, report = events[7]["record"], events[8]["record"]
    assert (done["status"], done["metrics"]["producedBytes"]) == ("success", len('"done"'))
    assert report["metrics"].keys() >= {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB"}
    assert (await line(work, "subscribed")).strip() == "subscribed 200 OK"


@pytest.mark.parametrize(("event", "reason"), [({"sleep": 10}, "timeout"), ({"exit": 3}, "failure"), ({}, "spindown")])
async def test_it_is_told_why_it_is_over_and_what_it_prints_then_is_in_the_log(
    work: Aws, event: dict[str, Any], reason: str
) -> None:
    answer = await invoke(work, event)
    assert ("FunctionError" in answer) == (reason != "spindown")
    if reason == "failure":
        assert answer["Payload"]["errorMessage"].endswith("Runtime exited with error: exit status 3")
    if reason == "spindown":
        work.lambda_.delete_function({"FunctionName": "work"})
    assert (await line(work, "over")).strip() == f"over {reason}"


async def test_it_is_told_whose_function_it_is_and_the_log_says_that_it_is_there(work: Aws) -> None:
    await invoke(work, {})
    registered = json.loads((await line(work, "registered ")).removeprefix("registered "))
    assert registered["accountId"] == ACCOUNT
    assert (await line(work, "EXTENSION")).rstrip() == "EXTENSION\tName: ear\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"
    told = "TELEMETRY\tName: ear\tState: Subscribed\tTypes: [Platform, Function]"
    assert (await line(work, "TELEMETRY")).rstrip() == told


async def test_an_exception_of_the_handler_is_no_failure_of_the_runtime(work: Aws) -> None:
    config = {"FunctionName": "work", "Layers": [], "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}}
    await work.lambda_.update_function_configuration(config)
    await work.advance(seconds=5)
    for event, status in (({"raise": 1}, "success"), ({"exit": 3}, "error")):
        assert "FunctionError" in await invoke(work, event)
        told = [json.loads(each) for each in logged(work) if each.startswith('{"time"')]
        records = [each["record"] for each in told if each["type"] in ("platform.runtimeDone", "platform.report")]
        assert [record["status"] for record in records[-2:]] == [status] * 2
        assert ["errorType" in record for record in records[-2:]] == [status == "error"] * 2


@pytest.mark.skipif("nodejs" not in available(), reason="there is no Node.js here")
async def test_it_hears_of_a_function_in_another_language_too(work: Aws) -> None:
    runtime = next(name for name in available().split(", ") if name.startswith("nodejs"))
    layers = work.lambda_.get_function_configuration({"FunctionName": "work"})["Layers"]
    code = {"index.js": "exports.handler = async () => 1"}
    await made(work, code, "node", Runtime=runtime, Handler="index.handler", Layers=[each["Arn"] for each in layers])
    await invoke(work, name="node")
    async with asyncio.timeout(5):
        while not any("platform.report" in each for each in logged(work, "node")):
            await invoke(work, name="node")
            await asyncio.sleep(0.1)
            await work.advance(seconds=1)  # FilterLogEvents has a rate


async def test_one_that_the_runtime_starts_itself_hears_of_invocations_but_not_of_the_end(work: Aws) -> None:
    config = {"FunctionName": "work", "Layers": []}
    await work.lambda_.update_function_code({"FunctionName": "work", "ZipFile": zipped({"app.py": INTERNAL})})
    await work.advance(seconds=5)
    await work.lambda_.update_function_configuration(config)
    await work.advance(seconds=5)
    async with asyncio.timeout(5):
        while (answer := (await invoke(work))["Payload"])[0] == 0:
            await asyncio.sleep(0.01)
    assert (answer[1], "ShutdownEventNotSupportedForInternalExtension" in answer[2]) == (400, True)
