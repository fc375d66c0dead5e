"""Server-side encryption: KMS is asked in the name of whoever writes and reads, once in five minutes for each.

"kms:GenerateDataKey" for producers, "kms:Decrypt" for consumers:
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.kinesis import limits
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.records import Stream

_CODES = {
    "AccessDenied": "KMSAccessDeniedException",
    "AccessDeniedException": "KMSAccessDeniedException",
    "DisabledException": "KMSDisabledException",
    "InvalidKeyUsageException": "KMSInvalidStateException",
    "KMSInvalidStateException": "KMSInvalidStateException",
    "NotFoundException": "KMSNotFoundException",
    "ThrottlingException": "KMSThrottlingException",
}


def data_key(call: Call, stream: Stream, key_id: str) -> bytes:
    """A data key under a KMS key, encrypted, made for this caller."""
    asked = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": _context(stream)}
    sealed: bytes = _asked(call, stream, key_id, "generate_data_key", asked)["CiphertextBlob"]
    return sealed


def check_seal(call: Call, live: Live) -> None:
    """Refuse a writer who may not have data keys of the stream's key."""
    who = call.principal.arn
    if call.now < live.sealers.get(who, 0):
        return
    data_key(call, live.stream, live.stream.key_id)
    if len(live.sealers) >= limits.KMS_OPENERS_MAX:
        live.sealers.clear()
    live.sealers[who] = call.now + limits.KMS_REUSE_MS


def check_open(call: Call, live: Live, number: int) -> None:
    """Refuse a reader who may not have the data key opened that a record is sealed with."""
    who = (call.principal.arn, number)
    if call.now < live.openers.get(who, 0):
        return
    stream = live.stream
    asked = {"CiphertextBlob": stream.data_keys[number - 1], "EncryptionContext": _context(stream)}
    _asked(call, stream, stream.key_id, "decrypt", asked)
    if len(live.openers) >= limits.KMS_OPENERS_MAX:
        live.openers.clear()
    live.openers[who] = call.now + limits.KMS_REUSE_MS


def _context(stream: Stream) -> dict[str, str]:
    return {"aws:kinesis:arn": stream.arn}


def _asked(call: Call, stream: Stream, key_id: str, operation: str, question: dict[str, Any]) -> Mapping[str, Any]:
    try:
        response = answers.given(call, question)
        if response is None:
            kms = call.forwarded("kinesis", account=stream.account, region=stream.region).kms
            response = getattr(kms, operation)(question)
    except AwsError as error:
        code = _CODES.get(error.code)
        if code is None:
            raise
        fact = call.fact(stream.arn, "KeyId", key_id)
        why = Why(error.why.decision, f"The stream is encrypted with the key {key_id}.", (fact,), because=(error.why,))
        raise AwsError(code, error.message, 400, why=why) from error
    if isinstance(response, Awaitable):  # a fault slows KMS down
        raise answers.NotYet(call, question, cast("Awaitable[Mapping[str, Any]]", response))
    return response
