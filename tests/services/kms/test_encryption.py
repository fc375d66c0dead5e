"""Ciphertexts: what opens them, and what does not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.kernel.errors import AwsError
from foulweather.services.kms import CIPHERTEXT_REFERS, sealing
from foulweather.services.kms.state import KmsState
from harness import ACCOUNT, REGION, Aws, new_aws
from services.kms.kms_calls import OTHER, arn, decrypt, encrypt, make_key, policy, refused, statement

SECRET = b"not to be seen anywhere"


def test_what_is_encrypted_is_decrypted_without_naming_the_key(aws: Aws) -> None:
    key = make_key(aws)
    made = aws.kms.encrypt({"KeyId": key, "Plaintext": SECRET})
    assert (made["KeyId"], made["EncryptionAlgorithm"]) == (arn(key), "SYMMETRIC_DEFAULT")
    assert SECRET not in made["CiphertextBlob"]
    assert encrypt(aws, key, SECRET) != made["CiphertextBlob"]
    opened = aws.kms.decrypt({"CiphertextBlob": made["CiphertextBlob"]})
    assert (opened["Plaintext"], opened["KeyId"]) == (SECRET, arn(key))
    assert opened["KeyMaterialId"] == aws.kms.describe_key({"KeyId": key})["KeyMetadata"]["CurrentKeyMaterialId"]


def test_the_encryption_context_must_be_the_same_in_any_order(aws: Aws) -> None:
    blob = encrypt(aws, make_key(aws), EncryptionContext={"a": "1", "b": "2"})
    assert decrypt(aws, blob, EncryptionContext={"b": "2", "a": "1"}) == b"secret"
    for context in ({}, {"a": "1"}, {"A": "1", "b": "2"}, {"a": "1", "b": "2", "c": ""}, {"a1": "b", "2": ""}):
        with refused("InvalidCiphertextException", "") as refusal:
            decrypt(aws, blob, EncryptionContext=context)
        assert "encryption context" in refusal.error.why.cause


def test_a_key_that_is_named_must_be_the_right_one(aws: Aws) -> None:
    first, second = make_key(aws), make_key(aws)
    blob = encrypt(aws, first)
    assert decrypt(aws, blob, KeyId=first) == b"secret"
    with refused(
        "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."
    ):
        decrypt(aws, blob, KeyId=second)


def test_the_key_of_another_region_or_a_deleted_key_is_not_told_apart(aws: Aws) -> None:
    blob = encrypt(aws, make_key(aws))
    with refused("AccessDeniedException", CIPHERTEXT_REFERS):
        decrypt(aws.in_region("eu-west-1"), blob)


def test_a_changed_ciphertext_does_not_open(aws: Aws) -> None:
    blob = encrypt(aws, make_key(aws))
    for at in (0, len(blob) - 1, sealing.HEADER_BYTES, sealing.HEADER_BYTES + 20, 30):
        changed = bytearray(blob)
        changed[at] ^= 1
        with refused("InvalidCiphertextException"):
            decrypt(aws, bytes(changed))


@given(st.binary(min_size=1, max_size=300), st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_no_bytes_at_all_are_more_than_refused(noise: bytes, how: int) -> None:
    aws = _world()
    blob = _blob(aws)
    if how == 1:
        noise = blob[: len(noise) % len(blob)] + noise
    elif how == 2:
        place = len(noise) % len(blob)
        noise = blob[:place] + noise[:8] + blob[place + 8 :]
    if noise == blob:
        return
    with pytest.raises(AwsError) as caught:
        aws.kms.decrypt({"CiphertextBlob": noise})
    assert caught.value.code in ("InvalidCiphertextException", "AccessDeniedException")


_held: list[Any] = []


def _world() -> Aws:
    if not _held:
        aws = new_aws()
        _held.extend((aws, encrypt(aws, make_key(aws))))
    return _held[0]


def _blob(aws: Aws) -> bytes:
    return _held[1]


def test_rsa_keys_encrypt_what_their_modulus_holds(aws: Aws) -> None:
    key = make_key(aws, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    for algorithm, most in (("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)):
        blob = encrypt(aws, key, b"x" * most, EncryptionAlgorithm=algorithm)
        assert decrypt(aws, blob, KeyId=key, EncryptionAlgorithm=algorithm) == b"x" * most
        with refused("ValidationException"):
            encrypt(aws, key, b"x" * (most + 1), EncryptionAlgorithm=algorithm)
    with refused("InvalidCiphertextException"):
        decrypt(aws, b"x" * 256, KeyId=key, EncryptionAlgorithm="RSAES_OAEP_SHA_1")
    with refused("InvalidKeyUsageException"):
        encrypt(aws, key)
    with refused("ValidationException"):
        encrypt(aws, key, EncryptionAlgorithm="RSAES_OAEP_SHA_1", EncryptionContext={"a": "b"})
    with refused("ValidationException"):
        decrypt(aws, blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


def test_re_encrypting_moves_a_ciphertext_to_another_key(aws: Aws) -> None:
    first, second = make_key(aws), make_key(aws)
    blob = encrypt(aws, first, EncryptionContext={"a": "1"})
    made = aws.kms.re_encrypt(
        {
            "CiphertextBlob": blob,
            "SourceEncryptionContext": {"a": "1"},
            "DestinationKeyId": second,
            "DestinationEncryptionContext": {"b": "2"},
        }
    )
    assert (made["SourceKeyId"], made["KeyId"]) == (arn(first), arn(second))
    assert decrypt(aws, made["CiphertextBlob"], EncryptionContext={"b": "2"}) == b"secret"
    with refused("InvalidCiphertextException"):
        aws.kms.re_encrypt({"CiphertextBlob": blob, "DestinationKeyId": second})
    aws.kms.disable_key({"KeyId": second})
    with refused("DisabledException"):
        aws.kms.re_encrypt({"CiphertextBlob": blob, "DestinationKeyId": second})


def test_a_dry_run_does_nothing_and_says_so(aws: Aws) -> None:
    key = make_key(aws)
    blob = encrypt(aws, key)
    words = "The request would have succeeded, but the DryRun option is set."
    with refused("DryRunOperationException", words):
        encrypt(aws, key, DryRun=True)
    with refused("DryRunOperationException", words):
        decrypt(aws, blob, DryRun=True)
    with refused("DryRunOperationException", words):
        aws.kms.decrypt({"KeyId": key, "DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]})
    with refused("ValidationException"):
        aws.kms.decrypt({"KeyId": key})
    with refused("NotImplemented"):
        decrypt(aws, blob, Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"})


def test_too_much_is_refused_by_the_model(aws: Aws) -> None:
    key = make_key(aws)
    assert decrypt(aws, encrypt(aws, key, b"x" * 4096)) == b"x" * 4096
    with refused("ValidationException") as refusal:
        encrypt(aws, key, b"x" * 4097)
    assert "plaintext" in refusal.error.message
    assert "xxx" not in refusal.error.message


def test_ciphertexts_and_data_keys_are_the_same_for_the_same_seed() -> None:
    def made(seed: int) -> Any:
        aws = new_aws(seed=seed)
        key = make_key(aws)
        return encrypt(aws, key), aws.kms.generate_data_key({"KeyId": key, "KeySpec": "AES_256"}), aws.kms.list_keys({})

    assert made(5) == made(5)
    assert made(5) != made(6)


def test_ciphertexts_open_after_a_restart_and_material_is_in_no_event(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    key = make_key(aws)
    blob = encrypt(aws, key, EncryptionContext={"a": "b"})
    rsa = make_key(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    signed = aws.kms.sign({"KeyId": rsa, "Message": b"m", "SigningAlgorithm": "RSASSA_PSS_SHA_512"})
    secrets = [row.secret for row in aws.world.state(KmsState, ACCOUNT, REGION).materials.values()]
    journal = repr(list(aws.world.journal))
    assert all(secret.hex() not in journal and repr(secret) not in journal for secret in secrets)
    assert "Plaintext" not in journal
    aws.world.close()
    aws = new_aws(directory=tmp_path)
    assert decrypt(aws, blob, EncryptionContext={"a": "b"}) == b"secret"
    del signed["KeyId"]
    assert aws.kms.verify({"KeyId": rsa, "Message": b"m", **signed})["SignatureValid"]
    assert aws.kms.get_key_last_usage({"KeyId": key})["KeyLastUsage"]["Operation"]


def test_another_account_decrypts_if_both_accounts_let_it(aws: Aws) -> None:
    key = make_key(aws)
    blob = encrypt(aws, key)
    other = aws.in_account(OTHER)
    with refused("AccessDeniedException"):
        decrypt(other, blob)
    with refused("AccessDeniedException") as refusal:
        encrypt(other, arn(key))
    assert refusal.error.message.endswith(
        "because the resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access"
    )
    shared = policy(statement(f"arn:aws:iam::{ACCOUNT}:root", "kms:*"), statement(OTHER, "kms:Decrypt", "kms:Encrypt"))
    aws.kms.put_key_policy({"KeyId": key, "Policy": shared})
    assert decrypt(other, blob) == b"secret"
    assert decrypt(aws, encrypt(other, arn(key), b"theirs")) == b"theirs"
    with refused("AccessDeniedException"):
        other.kms.schedule_key_deletion({"KeyId": arn(key)})


def test_noise_is_never_a_ciphertext() -> None:
    draws = random.Random(7)
    for _ in range(2000):
        found = sealing.named(draws.randbytes(draws.randrange(200)))
        assert found is None or len(found.account) == 12
