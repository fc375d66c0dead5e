"""Environment variables under a customer's key: encrypted when they are set, decrypted for whoever reads them.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.lambda_ import refusals
from foulweather.services.lambda_.judging import done
from foulweather.services.lambda_.records import Configuration

_CAUSES = {
    "AccessDeniedException": "the KMS access was denied",
    "DisabledException": "the KMS key used is disabled",
    "KMSInvalidStateException": "the KMS key is in an invalid state",
    "NotFoundException": "the KMS key was not found",
}


def context(function_arn: str) -> dict[str, str]:
    """The encryption context that goes with a function's variables."""
    return {"aws:lambda:FunctionArn": function_arn}


async def sealed(call: Call, function_arn: str, key: str, values: Mapping[str, str]) -> bytes:
    """Variables encrypted under a key, in the caller's own name."""
    asked = {"KeyId": key, "Plaintext": msgspec.json.encode(values), "EncryptionContext": context(function_arn)}
    try:
        return (await done(call.forwarded("lambda").kms.encrypt(asked)))["CiphertextBlob"]
    except AwsError as error:
        words = _words("configure access to", error)
        raise refusals.invalid(words).because(error.why) from error


async def shown(call: Call, function_arn: str, configuration: Configuration) -> dict[str, Any]:
    """Variables as the caller may see them: without kms:Decrypt, an error stands in their place."""
    asked = {"CiphertextBlob": configuration.sealed, "EncryptionContext": context(function_arn)}
    try:
        await done(call.forwarded("lambda").kms.decrypt(asked))
    except AwsError as error:
        return {"Error": {"ErrorCode": error.code, "Message": _words("decrypt", error)}}
    return {"Variables": configuration.environment}


def _words(what: str, error: AwsError) -> str:
    cause = _CAUSES.get(error.code, "the KMS key could not be used")
    return (
        f"Lambda was unable to {what} your environment variables because {cause}. Please check your KMS permissions. "
        f"KMS Exception: {error.code} KMS Message: {error.message}"
    )
