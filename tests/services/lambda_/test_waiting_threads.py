"""Functions whose threads wait for each other, on a clock that is held."""

from __future__ import annotations

from harness import Aws
from services.lambda_.packaged import function, invoke, role

QUEUE = """
import queue, threading, time

def handler(event, context):
    waiting = queue.Queue()
    began = time.monotonic()
    try:
        waiting.get(timeout=0.05)
    except queue.Empty:
        pass
    threading.Thread(target=waiting.put, args=("there",)).start()
    return [waiting.get(timeout=5), time.monotonic() - began]
"""


async def test_a_queues_time_out_ends_in_real_time_and_takes_none_of_the_worlds(aws: Aws) -> None:
    role(aws)
    await function(aws, QUEUE)
    answer = await invoke(aws)
    assert answer["Payload"] == ["there", 0.0]
    aws.world.close()
