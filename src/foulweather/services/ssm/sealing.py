"""SecureStrings under KMS: standard ones encrypted by KMS itself, advanced ones under a data key.

The encryption context is the parameter's ARN.
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
"""

from __future__ import annotations

import inspect
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.ssm.state import Parameter, Version

MANAGED_KEY = "alias/aws/ssm"
NONCE_BYTES = 12


async def seal(call: Call, parameter: Parameter, version: Version, value: str) -> None:
    """Put a value into a version, encrypted under the version's key."""
    context = {"PARAMETER_ARN": parameter.arn}
    asked: dict[str, Any] = {"KeyId": version.key, "EncryptionContext": context}
    if version.tier == "Standard":
        made = await _kms(call, parameter, version.key, "encrypt", asked | {"Plaintext": value.encode()})
        version.sealed = made["CiphertextBlob"]
        return
    made = await _kms(call, parameter, version.key, "generate_data_key", asked | {"KeySpec": "AES_256"})
    nonce = call.world.random.randbytes(NONCE_BYTES)
    version.data_key = made["CiphertextBlob"]
    version.sealed = nonce + AESGCM(made["Plaintext"]).encrypt(nonce, value.encode(), parameter.arn.encode())


async def opened(call: Call, parameter: Parameter, version: Version) -> str:
    """Decrypt a value in the caller's name."""
    asked = {
        "CiphertextBlob": version.data_key or version.sealed,
        "EncryptionContext": {"PARAMETER_ARN": parameter.arn},
    }
    made = await _kms(call, parameter, version.key, "decrypt", asked)
    if not version.data_key:
        return made["Plaintext"].decode()
    nonce, text = version.sealed[:NONCE_BYTES], version.sealed[NONCE_BYTES:]
    return AESGCM(made["Plaintext"]).decrypt(nonce, text, parameter.arn.encode()).decode()


async def _kms(call: Call, parameter: Parameter, key: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Ask KMS in the caller's name, in the account of the parameter."""
    kms = call.forwarded("ssm", account=parameter.account).kms
    try:
        response = getattr(kms, operation)(request)
        return await response if inspect.isawaitable(response) else response
    except AwsError as error:
        if error.status >= 500 or error.code == "ThrottlingException":
            raise
        # KMS's words reach the caller; a denial stays one, and whatever else is wrong with the key is InvalidKeyId.
        is_denied = error.code in ("AccessDenied", "AccessDeniedException")
        cause = f"The value of {parameter.name} is encrypted with the key {key}."
        why = Why(error.why.decision, cause, (call.fact(parameter.arn, "KeyId", key),), because=(error.why,))
        code = "AccessDeniedException" if is_denied else "InvalidKeyId"
        raise AwsError(code, error.message, 400, why=why) from error
    finally:
        call.reread_clock()
