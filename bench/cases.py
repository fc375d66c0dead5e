"""What is measured: each case prepares a server and gives the requests to drive it with."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from bench.driving import Answer, Answered
from bench.peers import Running
from bench.signing import signed

BODY = "x" * 1024
WAITING = 100_000
# Messages to receive: as many as a server gets through in its rounds.
FILLED = {"foulweather": 60_000, "ministack": 8_000, "moto": 600}


class Account(NamedTuple):
    """A server with a user in it whose key signs the requests."""

    server: Running
    key_id: str
    secret: str

    def client(self, service: str) -> Any:
        """A boto3 client of the user."""
        return _client(self.server, service, self.key_id, self.secret)

    def json(self, target: str, body: dict[str, Any]) -> bytes:
        """A signed request in SQS's JSON protocol."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{target}"}
        return self._signed("sqs", json.dumps(body).encode(), headers)

    def dynamodb(self, target: str, body: dict[str, Any]) -> bytes:
        """A signed request in DynamoDB's JSON protocol."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{target}"}
        return self._signed("dynamodb", json.dumps(body).encode(), headers)

    def query(self, service: str, body: str) -> bytes:
        """A signed request in the query protocol."""
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self._signed(service, body.encode(), headers)

    def _signed(self, service: str, body: bytes, headers: dict[str, str]) -> bytes:
        return signed(f"127.0.0.1:{self.server.port}", service, body, headers, self.key_id, self.secret)


class Drive(NamedTuple):
    """How to drive a prepared server: the first request of a turn, what follows, and what is put back afterwards."""

    first: Callable[[], bytes]
    then: Answered | None = None
    after: Callable[[], None] = lambda: None


def account(server: Running) -> Account:
    """A user with a policy, so that every gate has something to do."""
    if server.name == "echo":
        return Account(server, "AKIAECHOECHOECHOECHO", "secret")
    iam = _client(server, "iam", "test", "test")
    iam.create_user(UserName="bench")
    allowed = {"Effect": "Allow", "Action": ["sqs:*", "sns:*", "sts:*", "s3:*", "dynamodb:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="bench", PolicyName="bench", PolicyDocument=document)
    key = iam.create_access_key(UserName="bench")["AccessKey"]
    return Account(server, key["AccessKeyId"], key["SecretAccessKey"])


def _client(server: Running, service: str, key_id: str, secret: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}, read_timeout=120),
    )


def get_caller_identity(bench: Account) -> Drive:
    """GetCallerIdentity; AWS's 600 calls a second are raised, as a quota increase would."""
    request = bench.query("sts", "Action=GetCallerIdentity&Version=2011-06-15")
    if bench.server.name != "foulweather":
        return Drive(lambda: request)
    _admin(bench, "POST", {"kind": "quota", "service": "sts", "per_s": 10_000_000})
    return Drive(lambda: request, after=lambda: _admin(bench, "DELETE", {}))


def _admin(bench: Account, method: str, body: dict[str, Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", bench.server.port, timeout=10)
    connection.request(method, "/_foulweather/faults", json.dumps(body).encode() if body else None)
    response = connection.getresponse()
    told = response.read()
    if response.status >= 300:
        raise RuntimeError(f"the quota could not be raised: {told.decode()}")


def send_message(bench: Account) -> Drive:
    """SendMessage of 1 KiB to a queue that was empty."""
    return _sending(bench, "empty", 0)


def send_message_full(bench: Account) -> Drive:
    """SendMessage of 1 KiB to a queue with 100,000 messages waiting."""
    return _sending(bench, "full", WAITING)


def _sending(bench: Account, name: str, waiting: int) -> Drive:
    url = _queue(bench, name)
    sqs = bench.client("sqs") if bench.server.name != "echo" else None
    if sqs is not None and name == "empty":
        sqs.purge_queue(QueueUrl=url) if _waiting(sqs, url) else None
    if sqs is not None and waiting and _waiting(sqs, url) < waiting:
        for start in range(0, waiting, 10):
            entries = [{"Id": str(n), "MessageBody": BODY} for n in range(start, start + 10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
    request = bench.json("SendMessage", {"QueueUrl": url, "MessageBody": BODY})
    return Drive(lambda: request)


def receive_and_delete(bench: Account) -> Drive:
    """ReceiveMessage and DeleteMessage of one message, from a queue that never runs dry."""
    url = _queue(bench, "drain")
    if bench.server.name == "echo":
        return Drive(lambda: bench.json("ReceiveMessage", {"QueueUrl": url}))
    sqs = bench.client("sqs")
    for _ in range(0, FILLED[bench.server.name], 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": BODY} for n in range(10)])
    receive = bench.json("ReceiveMessage", {"QueueUrl": url})

    def then(answer: Answer) -> bytes | None:
        found = re.search(rb'"ReceiptHandle": ?"([^"]+)"', answer.body)
        if found is None:
            return None
        return bench.json("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": found[1].decode()})

    return Drive(lambda: receive, then)


def publish_1(bench: Account) -> Drive:
    """Publish of 1 KiB to a topic with one queue."""
    return _publishing(bench, 1)


def publish_10(bench: Account) -> Drive:
    """Publish of 1 KiB to a topic with ten queues."""
    return _publishing(bench, 10)


def _publishing(bench: Account, count: int) -> Drive:
    topic = f"arn:aws:sns:us-east-1:000000000000:fan{count}"
    if bench.server.name != "echo":
        topic = bench.client("sns").create_topic(Name=f"fan{count}")["TopicArn"]
        for n in range(count):
            _subscribe(bench, topic, f"fan{count}-{n}")
    request = bench.query("sns", f"Action=Publish&Version=2010-03-31&TopicArn={topic}&Message={BODY}")
    return Drive(lambda: request)


def _subscribe(bench: Account, topic: str, name: str) -> None:
    sqs, sns, url = bench.client("sqs"), bench.client("sns"), _queue(bench, name)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})


def _queue(bench: Account, name: str) -> str:
    if bench.server.name == "echo":
        return f"http://127.0.0.1:{bench.server.port}/000000000000/{name}"
    return bench.client("sqs").create_queue(QueueName=name)["QueueUrl"]


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


CASES: dict[str, Callable[[Account], Drive]] = {
    "GetCallerIdentity": get_caller_identity,
    "SendMessage": send_message,
    "ReceiveMessage+DeleteMessage": receive_and_delete,
    "Publish to 1 queue": publish_1,
    "Publish to 10 queues": publish_10,
    "SendMessage, 100,000 waiting": send_message_full,
}
