"""Topics that are encrypted: whoever publishes needs kms:GenerateDataKey and kms:Decrypt on the key.

SNS asks KMS once per principal and data key reuse period of five minutes.
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.sns.state import SnsState, Topic

DATA_KEY_REUSE_MS = 300_000
KEYS_MAX = 10_000

_CODES: Mapping[str, str] = {
    "NotFoundException": "KMSNotFoundException",
    "DisabledException": "KMSDisabledException",
    "KMSInvalidStateException": "KMSInvalidStateException",
    "ThrottlingException": "KMSThrottlingException",
}


def check(call: Call, topic: Topic) -> None:
    """Refuse a publisher that may not use the topic's key."""
    key = topic.attributes.get("KmsMasterKeyId")
    if not key:
        return
    held = call.state(SnsState, topic.account).data_keys
    whose = (topic.arn, key, call.principal.arn)
    if call.now < held.get(whose, 0):
        return
    sealed = _kms(call, topic, key, "generate_data_key", {"KeyId": key, "KeySpec": "AES_256"})["CiphertextBlob"]
    _kms(call, topic, key, "decrypt", {"CiphertextBlob": sealed})
    if len(held) >= KEYS_MAX:
        held.clear()
    held[whose] = call.now + DATA_KEY_REUSE_MS


def _kms(call: Call, topic: Topic, key: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Ask KMS in the publisher's name, in the account of the topic, where a bare key id or an alias belongs."""
    kms = call.forwarded("sns", account=topic.account).kms
    request["EncryptionContext"] = {"aws:sns:topicArn": topic.arn}
    try:
        answer = getattr(kms, operation)(request)
        if inspect.isawaitable(answer):
            raise AwsError("ThrottlingException", "AWS KMS does not answer in time.")
        return answer
    except AwsError as error:
        if error.code == "NotImplemented":
            raise
        raise AwsError(
            _CODES.get(error.code, "KMSAccessDeniedException"),
            f"{error.message} (Service: AWSKMS; Status Code: {error.status}; Error Code: {error.code})",
            why=Why(
                error.why.decision,
                f"The topic is encrypted with {key}, and the publisher cannot use that key.",
                (call.fact(topic.arn, "KmsMasterKeyId", key),),
                because=(error.why,),
            ),
        ) from None
