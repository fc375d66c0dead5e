"""What a message looks like on its way: the JSON that SNS puts around it, and its signature.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.sns.signing import Signer, certificate_name
from foulweather.services.sns.state import Attribute, Subscription, Topic
from foulweather.world.world import World

_quoted = msgspec.json.Encoder().encode

# MessageStructure=json: the key of each protocol's own text.
STRUCTURE_KEYS = ("default", "email", "email-json", "http", "https", "lambda", "sms", "sqs", "application", "firehose")


class Message:
    """One published message; its envelope and signature are made when a delivery first needs them."""

    __slots__ = (
        "_heads",
        "_tail",
        "_values",
        "at_ms",
        "attributes",
        "deduplication",
        "group",
        "id",
        "is_replayed",
        "own_texts",
        "sequence",
        "size",
        "subject",
        "text",
        "trace_header",
    )

    def __init__(
        self,
        message_id: str,
        text: str,
        at_ms: int,
        *,
        subject: str = "",
        own_texts: Mapping[str, str] | None = None,
        attributes: dict[str, Attribute] | None = None,
        group: str = "",
        deduplication: str = "",
        size: int = 0,
    ) -> None:
        self.id = message_id
        self.text = text
        self.at_ms = at_ms
        self.subject = subject
        self.own_texts = own_texts
        self.attributes: dict[str, Attribute] = attributes or {}
        self.group = group
        self.deduplication = deduplication
        self.trace_header = ""
        self.size = size
        self.sequence = 0
        self.is_replayed = False
        self._heads: dict[str, str] = {}
        self._tail: str | None = None
        self._values: dict[bool, Mapping[str, Any] | Exception] = {}

    def text_for(self, protocol: str) -> str:
        """The text that a protocol gets: with MessageStructure=json its own, else the default one."""
        if self.own_texts is None:
            return self.text
        return self.own_texts.get(protocol, self.own_texts["default"])

    def filtered_values(self, on_body: bool) -> Mapping[str, Any]:
        """What a filter policy looks at, read once."""
        found = self._values.get(on_body)
        if found is None:
            found = self._values[on_body] = _values(self, on_body)
        if isinstance(found, Exception):
            raise found
        return found

    def envelope(self, call: Call, topic: Topic, subscription: Subscription) -> str:
        """The notification as JSON, which but for its UnsubscribeURL is the same for every subscription."""
        text = self.text_for(subscription.protocol)
        head = self._heads.get(text)
        if head is None:
            head = self._heads[text] = self._head(call, topic, text)
        if self._tail is None:
            self._tail = _attributes(self.attributes)
        return f'{head}{_unsubscribe_url(call, subscription)}"{self._tail}\n}}'

    def _head(self, call: Call, topic: Topic, text: str) -> str:
        subject, stamp = self.subject, timestamp(self.at_ms)
        lines = ['{\n  "Type" : "Notification"', f'  "MessageId" : "{self.id}"']
        if self.sequence:
            lines.append(f'  "SequenceNumber" : "{sequence_number(self.sequence)}"')
        lines.append(f'  "TopicArn" : "{topic.arn}"')
        if subject:
            lines.append(f'  "Subject" : {json_text(subject)}')
        lines += [f'  "Message" : {json_text(text)}', f'  "Timestamp" : "{stamp}"']
        if self.is_replayed:
            lines.append('  "Replayed" : "true"')
        if not topic.is_fifo:
            fields = {"Message": text, "MessageId": self.id}
            if subject:
                fields["Subject"] = subject
            fields |= {"Timestamp": stamp, "TopicArn": topic.arn, "Type": "Notification"}
            version = topic.attributes.get("SignatureVersion", "1")
            lines += _signature(call, fields, version)
        return ",\n".join(lines) + ',\n  "UnsubscribeURL" : "'


def confirmation(
    call: Call, topic: Topic, kind: str, message_id: str, words: str, token: str, subscribe_url: str
) -> str:
    """A SubscriptionConfirmation or an UnsubscribeConfirmation as JSON."""
    stamp = timestamp(call.now)
    fields = {
        "Message": words,
        "MessageId": message_id,
        "SubscribeURL": subscribe_url,
        "Timestamp": stamp,
        "Token": token,
        "TopicArn": topic.arn,
        "Type": kind,
    }
    lines = [
        f'{{\n  "Type" : "{kind}"',
        f'  "MessageId" : "{message_id}"',
        f'  "Token" : "{token}"',
        f'  "TopicArn" : "{topic.arn}"',
        f'  "Message" : {json_text(words)}',
        f'  "SubscribeURL" : {json_text(subscribe_url)}',
        f'  "Timestamp" : "{stamp}"',
        *_signature(call, fields, topic.attributes.get("SignatureVersion", "1")),
    ]
    return ",\n".join(lines) + "\n}"


def string_to_sign(fields: Mapping[str, str]) -> str:
    """The names and values, a line each, in byte-sort order of the names."""
    return "".join(f"{name}\n{value}\n" for name, value in fields.items())


def timestamp(at_ms: int) -> str:
    """A time as SNS writes it: `2012-05-02T00:54:06.655Z`."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def sequence_number(sequence: int) -> str:
    """A FIFO message's number as SNS writes it: twenty digits, growing, not consecutive."""
    return str(10**19 + 1000 * sequence)


def json_text(text: str) -> str:
    """A text as a JSON string."""
    return _quoted(text).decode()


def subscribe_url(call: Call, topic_arn: str, token: str) -> str:
    """Where a visit confirms a subscription."""
    return f"{front(call)}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}"


def certificate_url(call: Call) -> str:
    """Where the certificate is served: by AWS's name, or by this server's own path."""
    name = certificate_name(call.world)
    return f"{front(call)}/{name}" if _is_aws(call.origin.host) else f"{front(call)}{CERTIFICATES}{name}"


CERTIFICATES = "/_foulweather/sns/"


def front(call: Call) -> str:
    """The server's address as the caller reached it, or AWS's where no client did."""
    host = call.origin.host
    if not host:
        return f"https://sns.{call.region}.amazonaws.com"
    return f"{'https' if call.origin.is_secure else 'http'}://{host}"


def _is_aws(host: str) -> bool:
    return not host or host.partition(":")[0].endswith(".amazonaws.com")


def _unsubscribe_url(call: Call, subscription: Subscription) -> str:
    return f"{front(call)}/?Action=Unsubscribe&SubscriptionArn={quote(subscription.arn, safe=':')}"


def _signature(call: Call, fields: Mapping[str, str], version: str) -> list[str]:
    world: World = call.world
    signature = world.state(Signer).sign(world, string_to_sign(fields), version)
    return [
        f'  "SignatureVersion" : "{version}"',
        f'  "Signature" : "{signature}"',
        f'  "SigningCertURL" : "{certificate_url(call)}"',
    ]


def _attributes(attributes: Mapping[str, Attribute]) -> str:
    if not attributes:
        return ""
    lines = [
        f'    {json_text(name)} : {{"Type":{json_text(one.type)},"Value":{_quoted(one.data or one.text).decode()}}}'
        for name, one in attributes.items()
    ]
    return ',\n  "MessageAttributes" : {\n' + ",\n".join(lines) + "\n  }"


def _values(message: Message, on_body: bool) -> Mapping[str, Any] | Exception:
    from foulweather.services.sns.filters import Unreadable, attribute_values, body_values

    try:
        return body_values(message.text) if on_body else attribute_values(message.attributes)
    except Unreadable as error:
        return error
