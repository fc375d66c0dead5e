"""Functions as people package them: with dependencies, ES modules, layers, extensions, and programs of their own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from clients.running import ACCOUNT, Cloud
from services.lambda_.packaged import zipped

pytestmark = [pytest.mark.client, pytest.mark.slow]

RUNTIME = "python{}.{}".format(*sys.version_info)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LOGS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
BOOTSTRAP = r"""#!/bin/bash
set -euo pipefail
source "$LAMBDA_TASK_ROOT/$(echo "$_HANDLER" | cut -d. -f1).sh"
while true; do
  HEADERS="$(mktemp)"
  EVENT=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT")
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$ID/response" -d "$RESPONSE" > /dev/null
done
"""
"""As AWS's tutorial has it: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html"""
EXTENSION = f"""#!/usr/bin/env {RUNTIME}
import json, os, urllib.request

API = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2020-01-01/extension"

def ask(path, headers, body=None):
    return urllib.request.urlopen(urllib.request.Request(API + path, body, headers))

body = json.dumps({{"events": ["INVOKE", "SHUTDOWN"]}}).encode()
with ask("/register", {{"Lambda-Extension-Name": "watcher"}}, body) as answer:
    told, ours = json.load(answer), answer.headers["Lambda-Extension-Identifier"]
print("registered beside", told["functionName"], told["handler"], flush=True)
while True:
    with ask("/event/next", {{"Lambda-Extension-Identifier": ours}}) as answer:
        event = json.load(answer)
    print("extension told of", event["eventType"], event.get("requestId", event.get("shutdownReason")), flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
"""
POWERTOOLS = """
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit

app, logger = APIGatewayRestResolver(), Logger(service="shop")
metrics = Metrics(namespace="Powertools", service="shop")

@app.get("/hello/<name>")
def hello(name: str):
    metrics.add_metric(name="HelloWorldInvocations", unit=MetricUnit.Count, value=1)
    logger.info("Hello world API - HTTP 200")
    return {"message": f"hello {name}"}

@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    return app.resolve(event, context)
"""
SLOW = "import time\ndef handler(event, context):\n    time.sleep(1)\n    return event\n"
PLAIN = "def handler(event, context):\n    return {'from': context.function_name, **event}\n"


@pytest.fixture
def functions(cloud: Cloud) -> Any:
    iam = cloud.client("iam")
    if not iam.list_roles()["Roles"]:
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName="worker", PolicyName="logs", PolicyDocument=json.dumps(LOGS))
    return cloud.client("lambda", read_timeout=60)


def installed(folder: Path, *packages: str, python: str = sys.executable) -> Path:
    """A folder with packages in it for some interpreter, as `sam build` leaves one; skips where pip cannot get them."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    pip += ["install", "-q", "-t", str(folder), *packages]
    ran = subprocess.run(pip, capture_output=True, text=True, timeout=120)
    if ran.returncode != 0:
        pytest.skip(f"pip cannot install {', '.join(packages)} here: {ran.stderr.strip()[-200:]}")
    return folder


def package(folder: Path) -> bytes:
    """A folder as a package, its files' modes kept."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    return written.getvalue()


def made(functions: Any, name: str, code: bytes, **more: Any) -> None:
    given = {"Runtime": RUNTIME, "Handler": "app.handler", "Role": f"arn:aws:iam::{ACCOUNT}:role/worker", "Timeout": 20}
    functions.create_function(FunctionName=name, Code={"ZipFile": code}, **{**given, **more})
    functions.get_waiter("function_active_v2").wait(FunctionName=name)


def invoked(functions: Any, name: str, event: Any) -> Any:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def logged(cloud: Cloud, name: str, word: str) -> list[str]:
    """The lines of a function's log, once one of them has a word in it."""
    logs, until = cloud.client("logs"), time.monotonic() + 10
    while True:
        lines = [event["message"] for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]]
        if any(word in line for line in lines) or time.monotonic() > until:
            return lines
        time.sleep(0.5)


def test_a_package_brings_its_dependencies(functions: Any, tmp_path: Path) -> None:
    folder = installed(tmp_path / "build", "inflection", "jinja2")
    (folder / "app.py").write_text(
        "import inflection, jinja2\n"
        "def handler(event, context):\n"
        "    made = jinja2.Template('{{ words | join(\" \") }}').render(words=map(inflection.pluralize, event))\n"
        "    return [made, inflection.__file__]\n"
    )
    made(functions, "depends", package(folder))
    said, where = invoked(functions, "depends", ["ox", "box"])
    assert said == "oxen boxes"
    assert where.startswith("/var/task/inflection")


def test_powertools_route_log_and_count(cloud: Cloud, functions: Any, tmp_path: Path) -> None:
    folder = installed(tmp_path / "build", "aws-lambda-powertools")
    (folder / "app.py").write_text(POWERTOOLS)
    made(functions, "tools", package(folder))
    context = {"requestId": "one", "stage": "prod", "path": "/hello/ann"}
    event = {"path": "/hello/ann", "httpMethod": "GET", "requestContext": context, "headers": {}}
    answer = invoked(functions, "tools", event)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"message": "hello ann"})
    lines = [json.loads(line) for line in logged(cloud, "tools", "HelloWorldInv") if line.startswith("{")]
    told = next(line for line in lines if line.get("message") == "Hello world API - HTTP 200")
    assert (told["correlation_id"], told["cold_start"], told["function_name"]) == ("one", True, "tools")
    assert told["function_arn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tools"
    counted = [line for line in lines if "_aws" in line]
    assert {"ColdStart", "HelloWorldInvocations"} <= {name for line in counted for name in line}


def test_awss_own_runtime_client_runs_as_a_custom_runtime(functions: Any, tmp_path: Path) -> None:
    system = "/usr/bin/python3"
    if not Path(system).exists():
        pytest.skip("the machine itself has no Python for a custom runtime to run")
    folder = installed(tmp_path / "build", "awslambdaric", python=system)
    (folder / "app.py").write_text(PLAIN + "def fails(event, context):\n    raise KeyError('no')\n")
    (folder / "bootstrap").write_text(f'#!/bin/sh\nexec {system} -m awslambdaric "$_HANDLER"\n')
    (folder / "bootstrap").chmod(0o755)
    code = package(folder)
    made(functions, "ric", code, Runtime="provided.al2023")
    for turn in range(3):
        assert invoked(functions, "ric", {"turn": turn}) == {"from": "ric", "turn": turn}
    made(functions, "ric-fails", code, Runtime="provided.al2023", Handler="app.fails")
    answer = functions.invoke(FunctionName="ric-fails", Payload=b"{}")
    assert (answer["FunctionError"], json.loads(answer["Payload"].read())["errorType"]) == ("Unhandled", "KeyError")


@pytest.mark.needs("curl")
def test_a_bootstrap_of_bash_and_curl(cloud: Cloud, functions: Any) -> None:
    code = """handler() { echo "$1" | cut -c1-9 > /dev/stderr; printf '{"echo": %s}' "$1"; }\n"""
    made(functions, "bash", zipped({"bootstrap": BOOTSTRAP, "app.sh": code}), Runtime="provided.al2023")
    for turn in range(3):
        assert invoked(functions, "bash", {"turn": turn}) == {"echo": {"turn": turn}}
    assert any('{"turn": ' in line for line in logged(cloud, "bash", '{"turn"'))


@pytest.mark.needs("node")
@pytest.mark.parametrize(
    "files",
    [
        {"index.mjs": "", "node_modules/greet/index.mjs": "", "node_modules/greet/package.json": ""},
        {"index.js": "", "package.json": '{"type": "module"}', "node_modules/greet/index.mjs": "",
         "node_modules/greet/package.json": ""},
    ],
    ids=["mjs", "type-module"],
)  # fmt: skip
def test_es_modules_of_node(functions: Any, files: dict[str, str], request: pytest.FixtureRequest) -> None:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    contents = {
        "index": 'import { greet } from "greet";\nimport fs from "node:fs/promises";\n'
        'const rows = (await fs.readdir("/var/task")).length;\n'
        "export const handler = async (event, context) =>"
        " ({ said: greet(event.name), rows: rows > 1, left: context.getRemainingTimeInMillis() > 0 });\n",
        "node_modules/greet/index": "export const greet = (name) => `hello ${name}`;\n",
        "node_modules/greet/package": '{"name": "greet", "type": "module", "exports": "./index.mjs"}',
    }
    code = zipped({name: text or contents[name.rpartition(".")[0]] for name, text in files.items()})
    name = f"esm-{request.node.callspec.id}"
    made(functions, name, code, Runtime=f"nodejs{said[1:].partition('.')[0]}.x", Handler="index.handler")
    assert invoked(functions, name, {"name": "ann"}) == {"said": "hello ann", "rows": True, "left": True}


def test_an_extension_in_a_layer_hears_of_every_invocation(cloud: Cloud, functions: Any) -> None:
    layer = functions.publish_layer_version(
        LayerName="watcher", Content={"ZipFile": zipped({"extensions/watcher": EXTENSION})}
    )["LayerVersionArn"]
    # It has to hear of an invocation before that has ended: what it prints later is put with the next one's lines.
    made(functions, "watched", zipped({"app.py": SLOW}), Layers=[layer])
    for turn in range(2):
        assert invoked(functions, "watched", {"turn": turn})["turn"] == turn
    lines = logged(cloud, "watched", "extension told of INVOKE")
    assert sum("extension told of INVOKE" in line for line in lines) == 2
    assert any("registered beside watched app.handler" in line for line in lines)
