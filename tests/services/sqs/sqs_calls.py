"""Short ways to say what these tests do over and over."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, REGION, Aws


def make_queue(aws: Aws, name: str = "orders", **attributes: object) -> str:
    """Create a queue and return its URL."""
    if name.endswith(".fifo"):
        attributes = {"FifoQueue": "true", **attributes}
    given = {key: str(value) for key, value in attributes.items()}
    return aws.sqs.create_queue({"QueueName": name, "Attributes": given})["QueueUrl"]


def arn(name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    """A queue's ARN."""
    return f"arn:aws:sqs:{region}:{account}:{name}"


def send(aws: Aws, url: str, body: str = "hello", **members: Any) -> dict[str, Any]:
    """Send a message."""
    return aws.sqs.send_message({"QueueUrl": url, "MessageBody": body, **members})


def receive(aws: Aws, url: str, count: int = 10, **members: Any) -> list[dict[str, Any]]:
    """Receive messages without waiting."""
    asked = {"QueueUrl": url, "MaxNumberOfMessages": count, "MessageSystemAttributeNames": ["All"], **members}
    return aws.sqs.receive_message(asked).get("Messages", [])


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    """The messages' bodies."""
    return [message["Body"] for message in messages]


def delete(aws: Aws, url: str, handle: str) -> None:
    """Delete a message by its receipt handle."""
    aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": handle})


def attributes(aws: Aws, url: str) -> dict[str, str]:
    """All attributes of a queue."""
    return aws.sqs.get_queue_attributes({"QueueUrl": url, "AttributeNames": ["All"]})["Attributes"]


def counts(aws: Aws, url: str) -> tuple[int, int, int]:
    """Visible, in flight, delayed."""
    known = attributes(aws, url)
    names = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    return tuple(int(known[name]) for name in names)  # type: ignore[return-value]


def redrive(name: str, count: int) -> str:
    """A RedrivePolicy."""
    return f'{{"deadLetterTargetArn":"{arn(name)}","maxReceiveCount":{count}}}'


class refused:  # noqa: N801
    """`with refused("QueueDoesNotExist", "The specified queue does not exist."):`."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        self._raises: Any = None
        self.error: AwsError | None = None

    def __enter__(self) -> refused:
        self._raises = pytest.raises(AwsError)
        self._info = self._raises.__enter__()
        return self

    def __exit__(self, *exc: Any) -> bool:
        handled = self._raises.__exit__(*exc)
        if handled:
            self.error = self._info.value
            assert (self._info.value.code, self._info.value.message) == (self.code, self.message)
        return handled
