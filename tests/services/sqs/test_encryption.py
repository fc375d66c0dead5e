"""Queues whose messages are encrypted with KMS."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from harness import ACCOUNT, Aws
from services.sqs.sqs_calls import arn, counts, make_queue

KEY = "alias/mine"


class Kms:
    """Stands in for the key's service: counts what it is asked, refuses what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, AwsError] = {}

    def __getattr__(self, operation: str) -> Any:
        def operate(request: dict[str, Any]) -> dict[str, Any]:
            if operation in self.refusals:
                raise self.refusals[operation]
            self.asked.append((operation, request))
            return {"CiphertextBlob": f"sealed {len(self.asked)}".encode(), "Plaintext": b"secret"}

        return operate

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Kms:
    found = Kms()
    ports = Call.forwarded

    class WithKms:
        def __init__(self, ports: Ports) -> None:
            self.ports = ports
            self.kms = found

    monkeypatch.setattr(Call, "forwarded", lambda *args, **members: WithKms(ports(*args, **members)))
    return found


async def put(aws: Aws, url: str) -> dict[str, Any]:
    return await aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})


async def test_a_sender_asks_for_a_data_key_once_in_the_reuse_period(aws: Aws, kms: Kms) -> None:
    url = make_queue(aws, KmsMasterKeyId=KEY, KmsDataKeyReusePeriodSeconds=60)
    for _ in range(3):
        await put(aws, url)
    assert kms.names() == ["generate_data_key", "decrypt"]
    assert kms.asked[0][1] == {
        "KeyId": KEY,
        "KeySpec": "AES_256",
        "EncryptionContext": {"aws:sqs:arn": arn("orders")},
    }
    await aws.advance(ms=59_999)
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(2)]
    assert len((await aws.sqs.send_message_batch({"QueueUrl": url, "Entries": entries}))["Successful"]) == 2
    assert len(kms.asked) == 2
    await aws.advance(ms=1)
    await put(aws, url)
    assert len(kms.asked) == 4


async def test_a_receiver_needs_the_data_key_of_what_it_gets(aws: Aws, kms: Kms) -> None:
    url = make_queue(aws, KmsMasterKeyId=KEY, KmsDataKeyReusePeriodSeconds=60)
    await put(aws, url)
    await aws.advance(seconds=60)
    kms.refusals["decrypt"] = AwsError("AccessDenied", "User is not authorized to perform: kms:Decrypt", 403)
    with pytest.raises(AwsError, match="kms:Decrypt") as info:
        await aws.sqs.receive_message({"QueueUrl": url})
    assert info.value.code == "KmsAccessDenied"
    assert info.value.why.because[0].cause.startswith("AccessDenied")
    assert counts(aws, url) == (1, 0, 0), "nothing was received"
    kms.refusals.clear()
    assert len((await aws.sqs.receive_message({"QueueUrl": url}))["Messages"]) == 1
    assert kms.asked[-1] == (
        "decrypt",
        {"CiphertextBlob": b"sealed 1", "EncryptionContext": {"aws:sqs:arn": arn("orders")}},
    )


async def test_messages_stay_encrypted_when_the_queue_no_longer_is(aws: Aws, kms: Kms) -> None:
    url = make_queue(aws, KmsMasterKeyId=KEY, KmsDataKeyReusePeriodSeconds=60)
    await put(aws, url)
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"SqsManagedSseEnabled": "true"}})
    assert aws.sqs.send_message({"QueueUrl": url, "MessageBody": "plain"})
    await aws.advance(seconds=60)
    kms.refusals["decrypt"] = AwsError("DisabledException", "arn:aws:kms:key/1 is disabled.")
    with pytest.raises(AwsError, match="KmsDisabled"):
        await aws.sqs.receive_message({"QueueUrl": url})
    kms.refusals.clear()
    received = await aws.sqs.receive_message({"QueueUrl": url, "MaxNumberOfMessages": 10})
    assert [message["Body"] for message in received["Messages"]] == ["x", "plain"]
    for message in received["Messages"]:
        aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
    assert aws.sqs.receive_message({"QueueUrl": url}) == {}, "nothing encrypted is left, so nothing is awaited"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("NotFoundException", "KmsNotFound"),
        ("KMSInvalidStateException", "KmsInvalidState"),
        ("InvalidKeyUsageException", "KmsInvalidKeyUsage"),
        ("ThrottlingException", "KmsThrottled"),
        ("NotImplemented", "NotImplemented"),
    ],
)
async def test_what_kms_refuses_sqs_refuses(aws: Aws, kms: Kms, code: str, shown: str) -> None:
    url = make_queue(aws, KmsMasterKeyId=KEY)
    kms.refusals["generate_data_key"] = AwsError(code, "because")
    with pytest.raises(AwsError) as info:
        await put(aws, url)
    assert (info.value.code, info.value.message) == (shown, "because")
    assert counts(aws, url) == (0, 0, 0)
    assert aws.account == ACCOUNT
