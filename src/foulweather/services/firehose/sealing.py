"""Server-side encryption: a customer's key is asked for by the grant that it was started with."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.firehose import limits, roles
from foulweather.services.firehose.records import Delivery
from foulweather.services.firehose.state import Live

OWNED = "AWS_OWNED_CMK"
CUSTOMERS = "CUSTOMER_MANAGED_CMK"
_GRANTED = ("Decrypt", "GenerateDataKey", "DescribeKey")


def grant(call: Call, stream: Delivery, key: str) -> None:
    """Have a grant made in the caller's name, by which Firehose reaches the key later."""
    kms = call.forwarded("firehose", account=stream.account, region=stream.region).kms
    request = {
        "KeyId": key,
        "GranteePrincipal": roles.SERVICE,
        "Operations": list(_GRANTED),
        "Constraints": {"EncryptionContextSubset": _context(stream)},
    }
    _asked(call, stream, key, kms.create_grant, request)


def check(call: Call, live: Live) -> None:
    """Refuse records while the customer's key is out of reach; it is asked for every five minutes."""
    stream = live.stream
    if stream.key_type != CUSTOMERS or stream.key_status != "ENABLED" or call.now < live.key_until_ms:
        return
    ports = call.acting_as(roles.SERVICE, source_arn=stream.arn, account=stream.account, region=stream.region)
    request = {"KeyId": stream.key_arn, "KeySpec": "AES_256", "EncryptionContext": _context(stream)}
    _asked(call, stream, stream.key_arn, ports.kms.generate_data_key, request)
    live.key_until_ms = call.now + limits.KMS_REUSE_MS


def _context(stream: Delivery) -> dict[str, str]:
    return {"aws:firehose:arn": stream.arn}


def _asked(call: Call, stream: Delivery, key: str, operation: Any, question: dict[str, Any]) -> None:
    try:
        response = answers.given(call, question)
        if response is None:
            response = operation(question)
    except AwsError as error:
        if error.status == 501:
            raise
        fact = call.fact(stream.arn, "KeyARN", key)
        why = Why(error.why.decision, f"{stream.name} is encrypted with {key}.", (fact,), because=(error.why,))
        raise AwsError("InvalidKMSResourceException", error.message, why=why, members={"code": error.code}) from error
    if isinstance(response, Awaitable):  # a fault slows KMS down
        raise answers.NotYet(call, question, cast("Awaitable[Mapping[str, Any]]", response))
