"""A function asks the world's own hosts by their names, and X-Ray's daemon hears its segments."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.zygotes import can_be_apart
from foulweather.kernel.doors import Doors
from foulweather.wire.cloud import Cloud
from harness import Aws, new_aws
from services.lambda_.packaged import LOGS, function, invoke, role

CODE = """
import json, os, socket, ssl, urllib.error, urllib.request

def handler(event, context):
    if "endpoint" in event:
        return os.environ["AWS_ENDPOINT_URL"]
    if "segment" in event:
        host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
        sent = b'{"format": "json", "version": 1}\\n' + json.dumps(event["segment"]).encode()
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(sent, (host, int(port)))
        return os.environ["_X_AMZN_TRACE_ID"]
    try:
        with urllib.request.urlopen(event["url"], timeout=5) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode()]
    except OSError as error:
        return [0, str(error)]
"""
PAGE = "def handler(event, context): return {'statusCode': 201, 'body': event['rawPath']}"


@pytest_asyncio.fixture
async def work() -> AsyncIterator[Aws]:
    aws = new_aws()
    cloud = Cloud(aws.world)
    cloud.default.pipeline = aws.pipeline
    cloud.start()
    role(aws, [*LOGS, {"Effect": "Allow", "Action": "xray:*", "Resource": "*"}])
    await function(aws, CODE, Timeout=30, TracingConfig={"Mode": "Active"})
    yield aws
    cloud.close()


async def asked(aws: Aws, url: str) -> list[Any]:
    return (await invoke(aws, {"url": url}))["Payload"]


@pytest.mark.skipif(not can_be_apart(), reason="functions have no network of their own here")
class TestByName:
    async def test_a_function_url(self, work: Aws) -> None:
        await function(work, PAGE, "page")
        url = work.lambda_.create_function_url_config({"FunctionName": "page", "AuthType": "NONE"})["FunctionUrl"]
        open_to_all = {"FunctionName": "page", "Principal": "*"}
        work.lambda_.add_permission(
            {**open_to_all, "StatementId": "a", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
        )
        work.lambda_.add_permission(
            {**open_to_all, "StatementId": "b", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}
        )
        assert await asked(work, f"{url}a/b") == [201, "/a/b"]
        status, words = await asked(work, url.replace("https:", "http:"))
        assert (status, "reset" in words) == (0, True)

    async def test_a_bucket_refuses_who_is_nobody(self, work: Aws) -> None:
        status, words = await asked(work, "https://some-bucket.s3.us-east-1.amazonaws.com/key")
        assert (status, "<Code>NoSuchBucket</Code>" in words) == (404, True)

    async def test_the_admin_api_has_no_name(self, work: Aws) -> None:
        assert (await asked(work, "https://sts.us-east-1.amazonaws.com/_foulweather/health"))[0] == 403

    async def test_the_endpoint_has_the_servers_own_port_so_that_presigned_urls_hold_outside(self, work: Aws) -> None:
        Doors.of(work.world).port = lambda: 4711
        assert (await invoke(work, {"endpoint": 1}))["Payload"] == "http://127.0.0.1:4711"

    async def test_the_internet_is_not_there(self, work: Aws) -> None:
        status, words = await asked(work, "https://example.com/")
        assert (status, "name resolution" in words) == (0, True)


async def test_segments_that_the_code_sends_are_in_its_trace(work: Aws) -> None:
    own = {"name": "work", "id": "70de5b6f19ff9a0a", "trace_id": "1-67891233-abcdef012345678912345678"}
    times = {"start_time": work.now / 1000, "end_time": work.now / 1000 + 1}
    header = (await invoke(work, {"segment": {**own, **times}}))["Payload"]
    root = header.partition(";")[0].removeprefix("Root=")
    found = work.xray.batch_get_traces({"TraceIds": [own["trace_id"], root]})["Traces"]
    segments = [json.loads(segment["Document"]) for trace in found for segment in trace["Segments"]]
    assert {(segment["name"], segment.get("origin")) for segment in segments} == {
        ("work", None), ("work", "AWS::Lambda"), ("work", "AWS::Lambda::Function"),
    }  # fmt: skip
