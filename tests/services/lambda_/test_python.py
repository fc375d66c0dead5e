"""Python: what a handler may answer and print, how its program ends, and what starts it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import pytest_asyncio

from harness import Aws
from services.lambda_.packaged import function, invoke, logged, made, role

CODE = """
import decimal, logging, os, sys

def handler(event, context):
    does = event["does"]
    if does == "decimals":
        return {"price": decimal.Decimal("1.10"), "all": [decimal.Decimal("12345678901234567890")]}
    if does == "set":
        return {1}
    if does == "print":
        print("no end of line", end="")
    if does == "log":
        logging.warning("told", extra={"order": {"n": 1}})
        logging.warning({"n": 2})
    if does == "interrupt":
        raise KeyboardInterrupt
    if does == "exit":
        sys.exit(*event["with"])
    if does == "path":
        import further
        return [further.VALUE, os.environ.get("WRAPPED")]
"""
WRAPPER = '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'


@pytest_asyncio.fixture
async def python(aws: Aws) -> Aws:
    role(aws)
    await function(aws, CODE)
    return aws


async def test_decimals_are_numbers_as_they_are(python: Aws) -> None:
    answer = await python.lambda_.invoke({"FunctionName": "work", "Payload": b'{"does": "decimals"}'})
    assert answer["Payload"] == b'{"price": 1.10, "all": [12345678901234567890]}'


async def test_what_is_no_json_is_a_marshal_error(python: Aws) -> None:
    told = (await invoke(python, {"does": "set"}))["Payload"]
    assert told["errorType"] == "Runtime.MarshalError"
    assert told["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


async def test_what_has_no_end_of_line_is_in_the_log_of_its_invocation(python: Aws) -> None:
    await invoke(python, {"does": "print"})
    lines = logged(python)
    assert [line[:5] for line in lines if line[:5] in ("START", "no en", "END R")] == ["START", "no en", "END R"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"does": "interrupt"}, "Runtime exited with error: exit status 1"),
        ({"does": "exit", "with": []}, "Runtime exited without providing a reason"),
        ({"does": "exit", "with": ["why"]}, "Runtime exited with error: exit status 1"),
        ({"does": "exit", "with": [129]}, "Runtime exited with error: exit status 129"),
    ],
)
async def test_how_its_program_ends(python: Aws, event: dict[str, Any], words: str) -> None:
    told = (await invoke(python, event))["Payload"]
    assert told["errorMessage"].endswith(words)


async def test_a_log_of_json_has_what_is_given_further(python: Aws) -> None:
    await python.lambda_.update_function_configuration({"FunctionName": "work", "LoggingConfig": {"LogFormat": "JSON"}})
    await python.advance(seconds=5)
    await invoke(python, {"does": "log"})
    told, shown = [line for line in map(json.loads, logged(python)) if line.get("level") == "WARNING"]
    assert (told["message"], told["order"], shown["message"]) == ("told", {"n": 1}, {"n": 2})


@pytest.mark.parametrize("wrapper", ["", "/var/task/wrapper"])
async def test_python_path_and_a_wrapper(aws: Aws, wrapper: str) -> None:
    role(aws)
    variables = {"PYTHONPATH": "/var/task/lib", **({"AWS_LAMBDA_EXEC_WRAPPER": wrapper} if wrapper else {})}
    files = {"app.py": CODE, "lib/further.py": "VALUE = 1", "wrapper": WRAPPER}
    await made(aws, files, "work", Environment={"Variables": variables})
    assert (await invoke(aws, {"does": "path"}))["Payload"] == [1, "yes" if wrapper else None]


async def test_a_handler_in_a_module_of_the_interpreter(aws: Aws) -> None:
    role(aws)
    await function(aws, CODE, Handler="time.time")
    assert (await invoke(aws))["Payload"]["errorType"] == "Runtime.BuiltInModuleConflict"


THREADS = """
import threading, time

def handler(event, context):
    woke, all_there = [], threading.Barrier(len(event["naps"]))
    def nap(seconds):
        all_there.wait()
        time.sleep(seconds)
        woke.append(seconds)
    began = time.time()
    threads = [threading.Thread(target=nap, args=(seconds,)) for seconds in event["naps"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [woke, round(time.time() - began)]
"""


@pytest.mark.parametrize("naps", [[100, 300, 200], [100, 100], [50, 100, 150, 200, 250, 300]])
async def test_threads_that_sleep_at_once_sleep_together(aws: Aws, naps: list[int]) -> None:
    role(aws)
    await function(aws, THREADS, Timeout=900)
    async with asyncio.timeout(20):
        answer = await invoke(aws, {"naps": naps})
    assert answer["Payload"] == [sorted(naps), max(naps)]
    aws.world.close()
