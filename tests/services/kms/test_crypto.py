"""Data keys, key pairs, signatures, MACs and shared secrets, checked from outside with the same algorithms."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from foulweather.services.kms.specs import SPECS
from harness import Aws
from services.kms.kms_calls import arn, decrypt, make_key, refused


def public_key(aws: Aws, key: str) -> Any:
    return serialization.load_der_public_key(aws.kms.get_public_key({"KeyId": key})["PublicKey"])


# --- data keys


def test_a_data_key_is_what_its_ciphertext_decrypts_to(aws: Aws) -> None:
    key = make_key(aws)
    context = {"EncryptionContext": {"a": "b"}}
    for members, size in (({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)):
        made = aws.kms.generate_data_key({"KeyId": key, **members, **context})
        assert len(made["Plaintext"]) == size
        assert decrypt(aws, made["CiphertextBlob"], **context) == made["Plaintext"]
        sealed = aws.kms.generate_data_key_without_plaintext({"KeyId": key, **members, **context})
        assert "Plaintext" not in sealed
        assert len(decrypt(aws, sealed["CiphertextBlob"], **context)) == size


@pytest.mark.parametrize("members", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 3}])
def test_a_data_key_has_either_a_spec_or_a_size(aws: Aws, members: dict[str, Any]) -> None:
    with refused("ValidationException", "Please specify either number of bytes or key spec."):
        aws.kms.generate_data_key({"KeyId": make_key(aws), **members})


def test_only_symmetric_keys_make_data_keys(aws: Aws) -> None:
    for members in (
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    ):
        with refused("InvalidKeyUsageException"):
            aws.kms.generate_data_key({"KeyId": make_key(aws, **members), "KeySpec": "AES_256"})


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519"])
def test_a_data_key_pair_belongs_together(aws: Aws, spec: str) -> None:
    key = make_key(aws)
    made = aws.kms.generate_data_key_pair({"KeyId": key, "KeyPairSpec": spec})
    private: Any = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    assert private.public_key() == serialization.load_der_public_key(made["PublicKey"])
    assert decrypt(aws, made["PrivateKeyCiphertextBlob"]) == made["PrivateKeyPlaintext"]


async def test_data_key_pairs_without_plaintext_and_their_quota(aws: Aws) -> None:
    key = make_key(aws)
    made = aws.kms.generate_data_key_pair_without_plaintext({"KeyId": key, "KeyPairSpec": "RSA_2048"})
    assert "PrivateKeyPlaintext" not in made
    with refused("ThrottlingException"):
        aws.kms.generate_data_key_pair({"KeyId": key, "KeyPairSpec": "RSA_2048"})
    await aws.advance(seconds=1)
    assert aws.kms.generate_data_key_pair({"KeyId": key, "KeyPairSpec": "RSA_2048"})
    with refused("UnsupportedOperationException"):
        aws.kms.generate_data_key_pair({"KeyId": key, "KeyPairSpec": "SM2"})


def test_random_bytes(aws: Aws) -> None:
    first = aws.kms.generate_random({"NumberOfBytes": 32})["Plaintext"]
    assert len(first) == 32
    assert first != aws.kms.generate_random({"NumberOfBytes": 32})["Plaintext"]
    with refused("ValidationException"):
        aws.kms.generate_random({})
    with refused("NotImplemented"):
        aws.kms.generate_random({"NumberOfBytes": 1, "CustomKeyStoreId": "cks-1"})


# --- signatures

SIGNING = [(spec, algorithm) for spec, it in SPECS.items() for algorithm in it.signing
           if spec not in ("RSA_3072", "RSA_4096") and algorithm != "ED25519_PH_SHA_512"]  # fmt: skip


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_signatures_of_every_algorithm_verify_and_changed_messages_do_not(aws: Aws, spec: str, algorithm: str) -> None:
    key = make_key(aws, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    signed = aws.kms.sign({"KeyId": key, "Message": b"message", "SigningAlgorithm": algorithm})
    assert (signed["KeyId"], signed["SigningAlgorithm"]) == (arn(key), algorithm)
    asked = {"KeyId": key, "SigningAlgorithm": algorithm, "Signature": signed["Signature"]}
    assert aws.kms.verify({**asked, "Message": b"message"})["SignatureValid"]
    with refused("KMSInvalidSignatureException"):
        aws.kms.verify({**asked, "Message": b"massage"})


def test_anybody_verifies_with_the_public_key(aws: Aws) -> None:
    key = make_key(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    digest = hashlib.sha384(b"message").digest()
    signed = aws.kms.sign(
        {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PSS_SHA_384"}
    )
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    public_key(aws, key).verify(signed["Signature"], b"message", pss, hashes.SHA384())
    curve = make_key(aws, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    signature = aws.kms.sign({"KeyId": curve, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"})["Signature"]
    utils.decode_dss_signature(signature)
    public_key(aws, curve).verify(signature, b"m", ec.ECDSA(hashes.SHA256()))


def test_an_ml_dsa_key_signs_a_message_representative(aws: Aws) -> None:
    key = make_key(aws, KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": key, "SigningAlgorithm": "ML_DSA_SHAKE_256", "MessageType": "EXTERNAL_MU", "Message": b"m" * 64}
    signature = aws.kms.sign(asked)["Signature"]
    assert len(signature) == 2420
    assert aws.kms.verify({**asked, "Signature": signature})["SignatureValid"]
    with refused("ValidationException"):
        aws.kms.sign({**asked, "Message": b"m"})


@pytest.mark.parametrize(
    ("spec", "members", "code"),
    [
        ("RSA_2048", {"SigningAlgorithm": "ECDSA_SHA_256"}, "InvalidKeyUsageException"),
        ("ECC_NIST_P256", {"SigningAlgorithm": "ECDSA_SHA_384"}, "InvalidKeyUsageException"),
        ("RSA_2048", {"SigningAlgorithm": "RSASSA_PSS_SHA_256", "MessageType": "DIGEST"}, "ValidationException"),
        ("RSA_2048", {"SigningAlgorithm": "RSASSA_PSS_SHA_256", "MessageType": "EXTERNAL_MU"}, "ValidationException"),
        ("ECC_NIST_EDWARDS25519", {"SigningAlgorithm": "ED25519_PH_SHA_512"}, "NotImplemented"),
    ],
)
def test_what_sign_refuses(aws: Aws, spec: str, members: dict[str, Any], code: str) -> None:
    key = make_key(aws, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    with refused(code):
        aws.kms.sign({"KeyId": key, "Message": b"m", **members})


def test_a_key_is_for_its_usage_only(aws: Aws) -> None:
    key = make_key(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    with refused("InvalidKeyUsageException", f"{arn(key)} key usage is SIGN_VERIFY which is not valid for Encrypt."):
        aws.kms.encrypt({"KeyId": key, "Plaintext": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
    with refused("UnsupportedOperationException"):
        aws.kms.get_public_key({"KeyId": make_key(aws)})


# --- MACs and shared secrets


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_macs_of_every_size(aws: Aws, bits: int) -> None:
    key = make_key(aws, KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": key, "Message": b"m", "MacAlgorithm": f"HMAC_SHA_{bits}"}
    made = aws.kms.generate_mac(asked)["Mac"]
    assert len(made) == bits // 8
    assert aws.kms.verify_mac({**asked, "Mac": made})["MacValid"]
    with refused("KMSInvalidMacException"):
        aws.kms.verify_mac({**asked, "Mac": hmac.digest(b"", b"", "sha256")})
    with refused("InvalidKeyUsageException"):
        aws.kms.generate_mac({**asked, "MacAlgorithm": "HMAC_SHA_256" if bits != 256 else "HMAC_SHA_512"})


def test_both_sides_derive_the_same_secret(aws: Aws) -> None:
    key = make_key(aws, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    mine = ec.generate_private_key(ec.SECP256R1())
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    asked = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH"}
    derived = aws.kms.derive_shared_secret({**asked, "PublicKey": mine.public_key().public_bytes(*der)})
    assert derived["SharedSecret"] == mine.exchange(ec.ECDH(), public_key(aws, key))
    other = ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*der)
    for wrong in (other, b"no key"):
        with refused("ValidationException"):
            aws.kms.derive_shared_secret({**asked, "PublicKey": wrong})
