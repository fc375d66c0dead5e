"""Values under KMS: a data key for each, bound to the secret and its version.

The caller needs kms:GenerateDataKey to write, kms:Decrypt to read, and both to begin with a key.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

import inspect
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.secretsmanager.refusals import invalid_request
from foulweather.services.secretsmanager.state import Sealed, Secret, Version

MANAGED_KEY = "alias/aws/secretsmanager"
NONCE_BYTES = 12
# "Validating permission to use the KMS key": both members of the context say so.
_VALIDATING = "RequestToValidateKeyAccess"
_UNUSABLE = frozenset(
    {
        "DisabledException",
        "IncorrectKeyException",
        "InvalidArnException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "KeyUnavailableException",
        "NotFoundException",
    }
)


async def check_key(call: Call, secret: Secret, key: str, region: str = "") -> None:
    """Refuse a key that the caller may not both encrypt and decrypt with."""
    _check_account(call, secret, key)
    context = {"SecretARN": _VALIDATING, "SecretVersionId": _VALIDATING}
    asked = {"KeyId": key or MANAGED_KEY, "KeySpec": "AES_256", "EncryptionContext": context}
    made = await _kms(call, secret, region, key, "generate_data_key", asked)
    asked = {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context}
    await _kms(call, secret, region, key, "decrypt", asked)


async def seal(call: Call, secret: Secret, version_id: str, value: bytes, key: str, region: str = "") -> Sealed:
    """Encrypt a value for the secret, or for its replica in another region."""
    _check_account(call, secret, key)
    context = _context(secret, version_id, region)
    asked = {"KeyId": key or MANAGED_KEY, "KeySpec": "AES_256", "EncryptionContext": context}
    made = await _kms(call, secret, region, key, "generate_data_key", asked)
    nonce = call.world.random.randbytes(NONCE_BYTES)
    blob = nonce + AESGCM(made["Plaintext"]).encrypt(nonce, value, _bound(context))
    return Sealed(made["KeyId"] if key else MANAGED_KEY, made["CiphertextBlob"], blob)


async def opened(call: Call, secret: Secret, version: Version) -> bytes:
    """Decrypt a value in the caller's name."""
    sealed = version.sealed
    if sealed.key == MANAGED_KEY:
        _check_account(call, secret, "")
    context = _context(secret, version.value_of or version.id, "")
    asked = {"CiphertextBlob": sealed.data_key, "EncryptionContext": context}
    made = await _kms(call, secret, "", sealed.key, "decrypt", asked)
    nonce, text = sealed.blob[:NONCE_BYTES], sealed.blob[NONCE_BYTES:]
    return AESGCM(made["Plaintext"]).decrypt(nonce, text, _bound(context))


def _check_account(call: Call, secret: Secret, key: str) -> None:
    """The AWS managed key's policy lets nobody in from another account, and cannot be changed."""
    if not key and call.principal.account and call.principal.account != secret.account:
        raise invalid_request(
            "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS "
            "service key.",
            call.fact(secret.arn, "KmsKeyId", MANAGED_KEY),
            Fact("request", "principal", call.principal.arn),
            remedy=(f"aws secretsmanager update-secret --secret-id {secret.arn} --kms-key-id KEY_OF_YOUR_OWN",),
        )


def _context(secret: Secret, version_id: str, region: str) -> dict[str, str]:
    return {"SecretARN": secret.arn_in(region or secret.region), "SecretVersionId": version_id}


def _bound(context: dict[str, str]) -> bytes:
    return f"{context['SecretARN']} {context['SecretVersionId']}".encode()


async def _kms(
    call: Call, secret: Secret, region: str, key: str, operation: str, request: dict[str, Any]
) -> dict[str, Any]:
    """Ask KMS in the caller's name, in the account of the secret, where a bare key id or an alias belongs."""
    kms = call.forwarded("secretsmanager", account=secret.account, region=region or secret.region).kms
    try:
        response = getattr(kms, operation)(request)
        return await response if inspect.isawaitable(response) else response
    except AwsError as error:
        code, message = "", error.message
        if error.code in ("AccessDenied", "AccessDeniedException"):
            code, message = "AccessDeniedException", "Access to KMS is not allowed"
        elif error.code in _UNUSABLE:
            code = "DecryptionFailure" if operation == "decrypt" else "EncryptionFailure"
        elif error.code == "ThrottlingException":
            code = error.code
        if not code:
            raise
        cause = f"The values of {secret.name} are encrypted with the key {key or MANAGED_KEY}."
        fact = call.fact(secret.arn, "KmsKeyId", key or MANAGED_KEY)
        why = Why(error.why.decision, cause, (fact,), because=(error.why,))
        raise AwsError(code, message, 400, why=why) from error
    finally:
        call.reread_clock()
