"""SQS's query protocol, which its model no longer has."""

from __future__ import annotations

from foulweather.kernel.http import HttpRequest
from foulweather.wire.codec import operation_codec

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


def query(body: str) -> HttpRequest:
    return HttpRequest("POST", "/", "", [], body.encode())


def test_sqs_still_speaks_query() -> None:
    codec = operation_codec("sqs", "query", "SendMessageBatch")
    request = query(
        "Action=SendMessageBatch&Version=2012-11-05&QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a"
        "&SendMessageBatchRequestEntry.1.MessageBody=b&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n"
        "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String"
        "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=v"
    )
    assert codec.decode(request, {}) == {
        "QueueUrl": "q",
        "Entries": [
            {"Id": "a", "MessageBody": "b", "MessageAttributes": {"n": {"DataType": "String", "StringValue": "v"}}}
        ],
    }
    codec = operation_codec("sqs", "query", "CreateQueue")
    request = query("QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v")
    assert codec.decode(request, {}) == {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}, "tags": {"k": "v"}}


def test_sqs_answers_query_as_it_always_did() -> None:
    response = operation_codec("sqs", "query", "ListQueues").encode({"QueueUrls": ["a", "b"]}, "rid")
    assert response.body == (
        b'<ListQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ListQueuesResult>'
        b"<QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl></ListQueuesResult>"
        b"<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></ListQueuesResponse>\n"
    )
