"""Server-side encryption with KMS: whose data keys a message needs, and who may have them.

Every sender needs kms:GenerateDataKey and kms:Decrypt on the queue's key, every receiver kms:Decrypt;
SQS asks KMS once per principal and data key reuse period.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.lifecycle import next_in_turn, settle
from foulweather.services.sqs.state import SqsState

KEYS_MAX = 10_000

_CODES: Mapping[str, str] = {
    "AccessDenied": "KmsAccessDenied",
    "AccessDeniedException": "KmsAccessDenied",
    "DisabledException": "KmsDisabled",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
    "KMSInvalidStateException": "KmsInvalidState",
    "NotFoundException": "KmsNotFound",
    "ThrottlingException": "KmsThrottled",
}


async def sealing_key(call: Call, backlog: Backlog) -> bytes:
    """The encrypted data key under which this sender's messages are kept."""
    queue = backlog.queue
    held = (call.principal.arn, queue.kms_key_id)
    found = backlog.sealing_keys.get(held)
    if found is not None and call.now < found[1]:
        return found[0]
    made = await _kms(call, backlog, "generate_data_key", {"KeyId": queue.kms_key_id, "KeySpec": "AES_256"})
    sealed: bytes = made["CiphertextBlob"]
    await _open(call, backlog, sealed)
    _keep(backlog.sealing_keys, held, (sealed, call.now + queue.kms_reuse_s * 1000))
    return sealed


async def open_next(call: Call, state: SqsState, backlog: Backlog, count: int) -> None:
    """Have the data keys of the next messages decrypted for this receiver."""
    while True:
        settle(call, state, backlog)
        sealed = next((key for key in _next_keys(state, backlog, count) if not _is_open(call, backlog, key)), None)
        if sealed is None:
            return
        await _open(call, backlog, sealed)


def _next_keys(state: SqsState, backlog: Backlog, count: int) -> list[bytes]:
    return [message.data_key for message in next_in_turn(state, backlog, count)[0] if message.data_key]


def _is_open(call: Call, backlog: Backlog, sealed: bytes) -> bool:
    return call.now < backlog.opened_keys.get((call.principal.arn, sealed), 0)


async def _open(call: Call, backlog: Backlog, sealed: bytes) -> None:
    await _kms(call, backlog, "decrypt", {"CiphertextBlob": sealed})
    until_ms = call.now + backlog.queue.kms_reuse_s * 1000
    _keep(backlog.opened_keys, (call.principal.arn, sealed), until_ms)


def _keep(keys: dict[Any, Any], key: Any, value: Any) -> None:
    if len(keys) >= KEYS_MAX:
        keys.clear()
    keys[key] = value


async def _kms(call: Call, backlog: Backlog, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Ask KMS in the caller's name, in the account of the queue, where a bare key id or an alias belongs."""
    kms = call.forwarded("sqs", account=backlog.queue.account).kms
    request["EncryptionContext"] = {"aws:sqs:arn": backlog.arn}
    try:
        response = getattr(kms, operation)(request)
        return await response if inspect.isawaitable(response) else response
    except AwsError as error:
        code = _CODES.get(error.code)
        if code is None:
            raise
        cause = f"The queue's messages are encrypted with the key {backlog.queue.kms_key_id}."
        fact = call.fact(backlog.arn, "KmsMasterKeyId", backlog.queue.kms_key_id)
        why = Why(error.why.decision, cause, (fact,), because=(error.why,))
        raise AwsError(code, error.message, 400, why=why) from error
    finally:
        call.reread_clock()
