"""Topics in X-Ray: the header of who publishes goes on to subscribers; active tracing adds a segment of the topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
"""

from __future__ import annotations

import inspect
import json

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.segments import Document, seconds
from foulweather.kernel.tracing import span_id
from foulweather.services.sns.scheduling import later
from foulweather.services.sns.state import Topic


def header(call: Call, topic: Topic, message_id: str) -> str:
    """The trace header that a message takes to subscribers: its publisher's, or that of the topic's own segment."""
    found = tracing.carried(call)
    if found is None:
        return ""
    if found.sampled != "1" or topic.attributes.get("TracingConfig") != "Active":
        return str(found)
    later(call, call.now, topic.arn, "sns.trace", topic=topic.arn, message=message_id, header=str(found))
    return str(found._replace(parent=span_id(message_id)))


async def send(call: Call, topic: str, message: str, header: str) -> None:
    """Send a topic's segment; X-Ray takes it where a resource policy of its own lets SNS in."""
    found = tracing.read(header)
    if found is None:
        return
    document: Document = {
        "id": span_id(message),
        "trace_id": found.root,
        "parent_id": found.parent,
        "name": topic.rpartition(":")[2],
        "origin": "AWS::SNS",
        "start_time": seconds(call.now),
        "end_time": seconds(call.now),
        "resource_arn": topic,
        "aws": {"account_id": call.account, "operation": "Publish", "topic_arn": topic, "message_id": message},
    }
    ports = call.acting_as("sns.amazonaws.com", source_arn=topic, source_account=call.account)
    try:
        answer = ports.xray.put_trace_segments({"TraceSegmentDocuments": [json.dumps(document)]})
        if inspect.isawaitable(answer):
            await answer
    except AwsError:
        return  # the refusal is on record with its call
