"""The export of hops: what a collector gets, and what becomes of it while there is none."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from foulweather.engines.otlp import Exporter
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from harness import Aws


class Collector:
    """Takes OTLP over HTTP, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []

    async def __aenter__(self) -> Collector:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        body = await reader.readexactly(size)
        if self.status == 200:
            self.bodies.append(json.loads(body))
            self.paths.append(head.split()[1])
        writer.write(f"HTTP/1.1 {self.status} OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for body in self.bodies
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


async def test_each_hop_is_a_span_of_its_trace_once(aws: Aws) -> None:
    async with Collector() as collector:
        exporter = Exporter(lambda: aws.world.state(Traces), collector.url)
        topic = aws.sns.create_topic({"Name": "orders"})["TopicArn"]
        aws.sqs.create_queue({"QueueName": "inbox"})
        arn = f"arn:aws:sqs:us-east-1:{aws.account}:inbox"
        aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn})
        aws.sns.publish({"TopicArn": topic, "Message": "refused by the queue's policy"})
        await exporter.send()
        await exporter.send()
    assert collector.paths == ["/v1/traces"]
    by_name = {span["name"]: span for span in collector.spans()}
    publish, send = by_name["sns:Publish"], by_name["sqs:SendMessage"]
    assert (publish["kind"], publish["status"]) == (2, {})
    assert (send["traceId"], send["parentSpanId"]) == (publish["traceId"], publish["spanId"])
    assert send["status"]["code"] == 2
    assert len(send["traceId"]) == 32
    assert len(collector.spans()) == len(aws.world.state(Traces)._recent)


async def test_without_a_collector_nothing_is_lost_and_it_is_said_once(
    aws: Aws, caplog: pytest.LogCaptureFixture
) -> None:
    async with Collector() as collector:
        exporter = Exporter(lambda: aws.world.state(Traces), collector.url)
        collector.status = 503
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                with pytest.raises(AwsError):
                    aws.sqs.get_queue_url({"QueueName": "none"})
                await exporter.send()
        assert len(caplog.records) == 1
        collector.status = 200
        await exporter.send()
    assert len(collector.spans()) == 3
