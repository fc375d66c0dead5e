"""From a Publish request to a message: what it must be, in SNS's order and words.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sns import limits
from foulweather.services.sns.envelopes import Message
from foulweather.services.sns.limits import invalid_parameter
from foulweather.services.sns.state import Attribute, Topic

_NAME = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FAMILIES = ("String", "Number", "Binary")


def read(call: Call, topic: Topic | None, entry: Mapping[str, Any]) -> Message:
    """The message of a Publish request or of one entry of a batch; `topic` is None for phones and devices."""
    text = check_text(entry)
    subject = entry.get("Subject")
    if subject is not None:
        limits.checked_subject(subject)
    structure = entry.get("MessageStructure")
    if structure is not None and structure != "json":
        raise invalid_parameter("MessageStructure")
    own_texts = structured(text) if structure == "json" else None
    attributes, attributes_size = _attributes(entry.get("MessageAttributes") or {})
    size = (len(text) if text.isascii() else len(text.encode())) + attributes_size
    if size > limits.MESSAGE_BYTES_MAX:
        raise invalid_parameter("Message too long")
    group, deduplication = _fifo(topic, entry, text)
    return Message(
        call.world.ids.uuid(),
        text,
        call.now,
        subject=subject or "",
        own_texts=own_texts,
        attributes=attributes,
        group=group,
        deduplication=deduplication,
        size=size,
    )


def check_text(entry: Mapping[str, Any]) -> str:
    """The message's text, which must not be empty."""
    text = entry.get("Message")
    if text is None:
        raise invalid_parameter("Message Reason: no value for required parameter")
    if not text:
        raise invalid_parameter("Empty message")
    return text


def structured(text: str) -> dict[str, str]:
    """The texts of MessageStructure=json by protocol; what is not a string is ignored.

    "Duplicate keys are not allowed."
    """
    try:
        document = json.loads(text, object_pairs_hook=_distinct)
    except ValueError:
        raise invalid_parameter("Message Structure - JSON message body failed to parse") from None
    if not isinstance(document, dict):
        raise invalid_parameter("Message Structure - JSON message body failed to parse")
    texts = {key: value for key, value in cast("dict[str, Any]", document).items() if isinstance(value, str)}
    if "default" not in texts:
        raise invalid_parameter("Message Structure - No default entry in JSON message body")
    return texts


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("duplicate key")
    return made


def _fifo(topic: Topic | None, entry: Mapping[str, Any], text: str) -> tuple[str, str]:
    group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    if topic is None or not topic.is_fifo:
        if deduplication is not None:
            raise invalid_parameter(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
                "valid for this topic type"
            )
        # A standard topic passes the group on to standard queues, for their fair queues.
        if group is not None and topic is None:
            raise invalid_parameter(
                "MessageGroupId Reason: The request includes MessageGroupId parameter that is not valid for this "
                "topic type"
            )
        return limits.checked_group(group) if group is not None else "", ""
    if not group:
        raise invalid_parameter("The MessageGroupId parameter is required for FIFO topics")
    limits.checked_group(group)
    if deduplication is None:
        if not topic.is_content_deduplicated:
            raise invalid_parameter(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly",
                remedy=(
                    f"aws sns set-topic-attributes --topic-arn {topic.arn} "
                    "--attribute-name ContentBasedDeduplication --attribute-value true",
                ),
            )
        return group, hashlib.sha256(text.encode()).hexdigest()
    return group, limits.checked_deduplication(deduplication)


def _attributes(given: Mapping[str, Any]) -> tuple[dict[str, Attribute], int]:
    attributes: dict[str, Attribute] = {}
    size = 0
    for name, value in given.items():
        attribute = attributes[name] = _attribute(name, value)
        size += len(name.encode()) + len(attribute.type.encode()) + len(attribute.data or attribute.text.encode())
    return attributes, size


def _attribute(name: str, value: Mapping[str, Any]) -> Attribute:
    lowered = name.lower()
    if not _NAME.fullmatch(name) or lowered.startswith(("aws.", "amazon.")):
        raise _invalid_value(
            f"Invalid message attribute name: '{name}'. Message attribute names can contain A-Z, a-z, 0-9, "
            "underscore(_), hyphen(-), and period (.), must not start or end with a period, have successive periods, "
            "or start with AWS. or Amazon."
        )
    kind = value.get("DataType") or ""
    if not kind:
        raise _invalid_value(f"The message attribute '{name}' must contain non-empty message attribute type.")
    family = kind.partition(".")[0]
    if family not in _FAMILIES or len(kind.encode()) > 256:
        raise _invalid_value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    text: str | None = value.get("StringValue")
    data: bytes | None = value.get("BinaryValue")
    wanted, other, field = (data, text, "Binary") if family == "Binary" else (text, data, "String")
    if wanted is None and other is not None:
        raise _invalid_value(f"The message attribute '{name}' with type '{kind}' must use field '{field}'.")
    if not wanted:
        raise _invalid_value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
            f"type '{kind}'."
        )
    if isinstance(wanted, bytes):
        return Attribute(kind, "", wanted)
    if family == "Number" and not _is_number(wanted):
        raise _invalid_value(f"Could not cast message attribute '{name}' value to number.")
    return Attribute(kind, wanted)


def _is_number(text: str) -> bool:
    # "A number can have a value from -10^9 to 10^9, with 5 digits of accuracy after the decimal point."
    return _NUMBER.fullmatch(text) is not None and -1e9 <= float(text) <= 1e9


def _invalid_value(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
