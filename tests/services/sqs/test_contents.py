"""Message attributes."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.sqs.contents import checked_attributes
from harness import Aws
from services.sqs.sqs_calls import make_queue, receive, refused, send

STRING = {"DataType": "String", "StringValue": "x"}
GIVEN = {
    "bar.one": {"DataType": "String.json", "StringValue": "{}"},
    "bar.two": {"DataType": "Number", "StringValue": "7"},
    "other": {"DataType": "Binary.png", "BinaryValue": b"\x00\x01"},
}


def measured(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


DIGEST = md5(
    measured(b"bar.one", b"String.json") + b"\x01" + measured(b"{}")
    + measured(b"bar.two", b"Number") + b"\x01" + measured(b"7")
    + measured(b"other", b"Binary.png") + b"\x02" + measured(b"\x00\x01")
).hexdigest()  # fmt: skip


def test_attributes_come_back_with_their_digest(aws: Aws) -> None:
    url = make_queue(aws)
    sent = send(aws, url, MessageAttributes=dict(reversed(GIVEN.items())))
    assert sent["MD5OfMessageAttributes"] == DIGEST
    (message,) = receive(aws, url, MessageAttributeNames=["All"])
    assert message["MessageAttributes"] == GIVEN
    assert message["MD5OfMessageAttributes"] == DIGEST


@pytest.mark.parametrize(
    ("names", "given"),
    [
        ([], []),
        ([".*"], ["bar.one", "bar.two", "other"]),
        (["All"], ["bar.one", "bar.two", "other"]),
        (["bar.*"], ["bar.one", "bar.two"]),
        (["other", "bar.one"], ["bar.one", "other"]),
        (["unknown"], []),
    ],
)
def test_a_receiver_chooses_attributes_by_name_or_prefix(aws: Aws, names: list[str], given: list[str]) -> None:
    url = make_queue(aws)
    send(aws, url, MessageAttributes=GIVEN)
    (message,) = receive(aws, url, MessageAttributeNames=names)
    assert sorted(message.get("MessageAttributes", {})) == given
    assert ("MD5OfMessageAttributes" in message) == bool(given)


def test_the_digest_is_of_what_the_receiver_gets(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url, MessageAttributes=GIVEN)
    (message,) = receive(aws, url, MessageAttributeNames=["other"])
    expected = md5(measured(b"other", b"Binary.png") + b"\x02" + measured(b"\x00\x01")).hexdigest()
    assert message["MD5OfMessageAttributes"] == expected


def test_the_names_of_a_request_are_checked_too(aws: Aws) -> None:
    url = make_queue(aws)
    with refused(
        "InvalidParameterValue", "Message (user) attribute name 'AWS.x' uses a reserved prefix: AWS. or Amazon."
    ):
        receive(aws, url, MessageAttributeNames=["AWS.x"])


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ({"StringValue": "x"}, "The message (user) attribute 'a' must contain a non-empty message attribute type."),
        (
            {"DataType": "Text", "StringValue": "x"},
            "The type of message (user) attribute 'a' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String.",
        ),
        (
            {"DataType": "String.", "StringValue": "x"},
            "The type of message (user) attribute 'a' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String.",
        ),
        ({"DataType": "String"}, "The message (user) attribute 'a' must contain a non-empty value of type 'String'."),
        (
            {"DataType": "String", "StringValue": ""},
            "The message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        (
            {"DataType": "Binary", "BinaryValue": b""},
            "The message (user) attribute 'a' must contain a non-empty value of type 'Binary'.",
        ),
        (
            {"DataType": "Number", "BinaryValue": b"1"},
            "The message (user) attribute 'a' with type 'Number' must use field 'String'.",
        ),
        (
            {"DataType": "Binary", "StringValue": "1"},
            "The message (user) attribute 'a' with type 'Binary' must use field 'Binary'.",
        ),
        (
            {"DataType": "Number", "StringValue": "one"},
            "Can't cast the value of message (user) attribute 'a' to a number.",
        ),
        (
            {"DataType": "Number.int", "StringValue": "NaN"},
            "Can't cast the value of message (user) attribute 'a' to a number.",
        ),
        (
            {"DataType": "Number", "StringValue": "1e127"},
            "Number attribute value 1e127 should be in range (-10**128..10**126).",
        ),
    ],
)
def test_a_value_fits_its_type(aws: Aws, attribute: dict[str, Any], message: str) -> None:
    with refused("InvalidParameterValue", message):
        send(aws, make_queue(aws), MessageAttributes={"a": attribute})


@pytest.mark.parametrize("name", ["", "a" * 257, "AWS.x", "aMaZoN.x", ".a", "a.", "a..b", "a b", "ü"])
def test_names_that_no_attribute_may_have(name: str) -> None:
    with pytest.raises(AwsError, match="attribute name"):
        checked_attributes({name: STRING})


@pytest.mark.parametrize("name", ["a" * 256, "AWSx", "a.b", "a-b_c", "9"])
def test_names_that_an_attribute_may_have(name: str) -> None:
    assert checked_attributes({name: STRING})[1] == len(name) + 6 + 1


def test_a_message_has_at_most_ten_attributes(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url, MessageAttributes={f"a{number}": STRING for number in range(10)})
    with refused("InvalidParameterValue", "Number of message attributes [11] exceeds the allowed maximum [10]."):
        send(aws, url, MessageAttributes={f"a{number}": STRING for number in range(11)})


def test_lists_are_reserved_for_future_use(aws: Aws) -> None:
    with pytest.raises(AwsError, match=r"sqs:MessageAttributeValue\.StringListValues") as info:
        send(aws, make_queue(aws), MessageAttributes={"a": {"DataType": "String", "StringListValues": ["x"]}})
    assert info.value.status == 501
