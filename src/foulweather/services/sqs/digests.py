"""The MD5 digests by which clients verify what SQS stored.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
(Calculating the MD5 message digest for message attributes)
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from struct import pack
from typing import Any

_STRING = b"\x01"
_BINARY = b"\x02"


def digest(data: bytes) -> str:
    """The hexadecimal MD5 digest of a body."""
    return md5(data, usedforsecurity=False).hexdigest()


def attributes_digest(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """The digest of message attributes: names in order, each part behind its length."""
    summed = md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        summed.update(_measured(name.encode()))
        summed.update(_measured(attribute["DataType"].encode()))
        if attribute["DataType"].startswith("Binary"):
            summed.update(_BINARY + _measured(attribute["BinaryValue"]))
        else:
            summed.update(_STRING + _measured(attribute["StringValue"].encode()))
    return summed.hexdigest()


def _measured(part: bytes) -> bytes:
    return pack("!I", len(part)) + part
