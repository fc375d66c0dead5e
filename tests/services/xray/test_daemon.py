"""The daemon's protocol: a datagram for each segment."""

from __future__ import annotations

import asyncio
import json

from foulweather.services.xray.daemon import Daemon
from foulweather.services.xray.limits import ACCOUNT
from harness import Aws
from services.xray.sent import Traces


async def test_each_datagram_is_a_segment(aws: Aws) -> None:
    own = Traces(aws.in_account(ACCOUNT))
    loop = asyncio.get_running_loop()
    taking, _ = await loop.create_datagram_endpoint(lambda: Daemon(lambda: aws.pipeline), local_addr=("127.0.0.1", 0))
    port = taking.get_extra_info("sockname")[1]
    sending, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port))
    head = b'{"format": "json", "version": 1}\n'
    for sent in (head + json.dumps(own.segment()).encode(), b"nonsense", head, head + b"{"):
        sending.sendto(sent)
    for _ in range(100):
        await asyncio.sleep(0.01)
        if len(aws.events("xray.SegmentsReceived")) == 2:
            break
    sending.close()
    taking.close()
    assert [each["EntryPoint"]["Name"] for each in own.summaries()] == ["shop"]
    assert sum(event.facts["unprocessed"] for event in aws.events("xray.SegmentsReceived")) == 1
