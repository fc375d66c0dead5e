"""Encryption at rest: whose key a table is encrypted with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.dynamodb.refusals import invalid

AWS_MANAGED = "alias/aws/dynamodb"


def checked_encryption(call: Call, given: Mapping[str, Any] | None) -> tuple[str, str]:
    """The type of key and its ARN: nothing for the key that DynamoDB owns, which encrypts every table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
    """
    if given is None:
        return "", ""
    key, kind = given.get("KMSMasterKeyId"), given.get("SSEType")
    if not given.get("Enabled"):
        if key is not None:
            raise invalid("KMSMasterKeyId can only be specified when SSE is enabled")
        if kind is not None:
            raise invalid("SSEType can only be specified when SSE is enabled")
        return "", ""
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key is not None and key != AWS_MANAGED:
        raise not_implemented("dynamodb", f"{call.operation}.SSESpecification.KMSMasterKeyId")
    return "KMS", f"arn:aws:kms:{call.region}:{call.account}:{AWS_MANAGED}"
