"""What happens to keys as time goes by: deletion, rotation, expiry, replicas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from foulweather.services.kms import CIPHERTEXT_REFERS
from harness import START_MS, Aws, new_aws
from services.kms.kms_calls import DAY_S, arn, decrypt, described, encrypt, make_key, refused

EUROPE = "eu-west-1"
DAY_MS = DAY_S * 1000


# --- deletion


@pytest.mark.parametrize("days", [6, 31])
def test_the_waiting_period_has_bounds(aws: Aws, days: int) -> None:
    with refused("ValidationException"):
        aws.kms.schedule_key_deletion({"KeyId": make_key(aws), "PendingWindowInDays": days})


async def test_a_key_is_deleted_at_its_time_and_what_it_encrypted_is_lost(aws: Aws) -> None:
    key = make_key(aws)
    blob = encrypt(aws, key)
    aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": key})
    scheduled = aws.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 7})
    assert scheduled == {
        "KeyId": arn(key),
        "DeletionDate": START_MS + 7 * DAY_MS,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": 7,
    }
    await aws.advance(ms=7 * DAY_MS - 1)
    assert described(aws, key)["DeletionDate"] == START_MS + 7 * DAY_MS
    await aws.advance(ms=1)
    with refused("NotFoundException"):
        described(aws, key)
    with refused("AccessDeniedException", CIPHERTEXT_REFERS):
        decrypt(aws, blob)
    assert not any("TargetKeyId" in alias for alias in aws.kms.list_aliases({})["Aliases"])
    assert [event.resource for event in aws.events("kms.KeyDeleted")] == [arn(key)]


async def test_a_deletion_is_called_off_and_the_key_is_disabled_then(aws: Aws) -> None:
    key = make_key(aws)
    with refused("KMSInvalidStateException", f"{arn(key)} is not pending deletion."):
        aws.kms.cancel_key_deletion({"KeyId": key})
    aws.kms.schedule_key_deletion({"KeyId": key})
    aws.kms.cancel_key_deletion({"KeyId": key})
    assert described(aws, key)["KeyState"] == "Disabled"
    aws.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 30})
    await aws.advance(seconds=29 * DAY_S)
    assert described(aws, key)["KeyState"] == "PendingDeletion"
    await aws.advance(seconds=DAY_S)
    with refused("NotFoundException"):
        described(aws, key)


# --- rotation


async def test_a_key_is_rotated_once_in_its_period_and_old_ciphertexts_open(aws: Aws) -> None:
    key = make_key(aws)
    blob = encrypt(aws, key)
    first = described(aws, key)["CurrentKeyMaterialId"]
    assert aws.kms.get_key_rotation_status({"KeyId": key}) == {"KeyRotationEnabled": False, "KeyId": arn(key)}
    aws.kms.enable_key_rotation({"KeyId": key, "RotationPeriodInDays": 90})
    status = aws.kms.get_key_rotation_status({"KeyId": key})
    assert (status["RotationPeriodInDays"], status["NextRotationDate"]) == (90, START_MS + 90 * DAY_MS)
    await aws.advance(ms=90 * DAY_MS - 1)
    assert aws.kms.list_key_rotations({"KeyId": key})["Rotations"] == []
    await aws.advance(ms=1)
    (rotation,) = aws.kms.list_key_rotations({"KeyId": key})["Rotations"]
    assert (rotation["RotationDate"], rotation["RotationType"]) == (START_MS + 90 * DAY_MS, "AUTOMATIC")
    assert described(aws, key)["CurrentKeyMaterialId"] == rotation["KeyMaterialId"] != first
    opened = aws.kms.decrypt({"CiphertextBlob": blob})
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"secret", first)
    assert decrypt(aws, encrypt(aws, key, b"new")) == b"new"
    everything = aws.kms.list_key_rotations({"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"})["Rotations"]
    assert [one["KeyMaterialState"] for one in everything] == ["NON_CURRENT", "CURRENT"]
    await aws.advance(seconds=90 * DAY_S)
    assert len(aws.events("kms.KeyRotated")) == 2
    aws.kms.disable_key_rotation({"KeyId": key})
    await aws.advance(seconds=200 * DAY_S)
    assert len(aws.events("kms.KeyRotated")) == 2


async def test_a_disabled_key_is_rotated_when_it_is_enabled(aws: Aws) -> None:
    key = make_key(aws)
    aws.kms.enable_key_rotation({"KeyId": key, "RotationPeriodInDays": 90})
    aws.kms.disable_key({"KeyId": key})
    await aws.advance(seconds=100 * DAY_S)
    assert aws.events("kms.KeyRotated") == []
    aws.kms.enable_key({"KeyId": key})
    await aws.advance(ms=1)
    assert len(aws.events("kms.KeyRotated")) == 1


async def test_rotation_on_demand_takes_a_moment_and_has_a_quota(aws: Aws) -> None:
    key = make_key(aws)
    aws.kms.rotate_key_on_demand({"KeyId": key})
    assert aws.kms.get_key_rotation_status({"KeyId": key})["OnDemandRotationStartDate"] == START_MS
    with refused("ConflictException"):
        aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=10)
    (rotation,) = aws.kms.list_key_rotations({"KeyId": key})["Rotations"]
    assert rotation["RotationType"] == "ON_DEMAND"
    for _ in range(24):
        aws.kms.rotate_key_on_demand({"KeyId": key})
        await aws.advance(seconds=10)
    with refused("LimitExceededException"):
        aws.kms.rotate_key_on_demand({"KeyId": key})


def test_only_symmetric_keys_of_our_own_material_rotate_by_themselves(aws: Aws) -> None:
    for members in ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, {"Origin": "EXTERNAL"}):
        key = make_key(aws, **members)
        with refused("UnsupportedOperationException"):
            aws.kms.enable_key_rotation({"KeyId": key})
        assert aws.kms.get_key_rotation_status({"KeyId": key})["KeyRotationEnabled"] is False
    with refused("ValidationException"):
        aws.kms.enable_key_rotation({"KeyId": make_key(aws), "RotationPeriodInDays": 89})


# --- imported material


def wrapped(aws: Aws, key: str, secret: bytes, algorithm: str = "RSAES_OAEP_SHA_256") -> dict[str, Any]:
    """What ImportKeyMaterial is asked for a secret."""
    parameters = aws.kms.get_parameters_for_import(
        {"KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048"}
    )
    public: Any = serialization.load_der_public_key(parameters["PublicKey"])
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSA_AES"):
        outer = b"k" * 32
        blob = public.encrypt(outer, oaep) + keywrap.aes_key_wrap_with_padding(outer, secret)
    else:
        blob = public.encrypt(secret, oaep)
    return {"KeyId": key, "ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob}


FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@pytest.mark.parametrize(
    "algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
)
def test_material_is_imported_under_every_wrapping_algorithm(aws: Aws, algorithm: str) -> None:
    key = make_key(aws, Origin="EXTERNAL")
    assert described(aws, key)["KeyState"] == "PendingImport"
    with refused("KMSInvalidStateException", f"{arn(key)} is pending import."):
        encrypt(aws, key)
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32, algorithm), **FOREVER})
    shown = described(aws, key)
    assert (shown["KeyState"], shown["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert decrypt(aws, encrypt(aws, key)) == b"secret"


async def test_material_expires_and_the_same_may_be_imported_again(aws: Aws) -> None:
    key = make_key(aws, Origin="EXTERNAL")
    until = START_MS + DAY_MS
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), "ValidTo": until})
    blob = encrypt(aws, key)
    assert described(aws, key)["ValidTo"] == until
    await aws.advance(seconds=DAY_S - 1)
    assert decrypt(aws, blob) == b"secret"
    await aws.advance(seconds=1)
    with refused("KMSInvalidStateException"):
        decrypt(aws, blob)
    assert len(aws.events("kms.ImportedKeyMaterialExpired")) == 1
    with refused("IncorrectKeyMaterialException"):
        aws.kms.import_key_material({**wrapped(aws, key, b"t" * 32), **FOREVER})
    await aws.advance(seconds=4)
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), **FOREVER})
    assert decrypt(aws, blob) == b"secret"
    await aws.advance(seconds=DAY_S)
    assert decrypt(aws, blob) == b"secret"


async def test_what_import_refuses(aws: Aws) -> None:
    ours = make_key(aws)
    asked = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    with refused(
        "UnsupportedOperationException", f"{arn(ours)} origin is AWS_KMS which is not valid for this operation."
    ):
        aws.kms.get_parameters_for_import({"KeyId": ours, **asked})
    first, second = make_key(aws, Origin="EXTERNAL"), make_key(aws, Origin="EXTERNAL")
    with refused("UnsupportedOperationException"):
        aws.kms.get_parameters_for_import({"KeyId": first, **asked, "WrappingAlgorithm": "RSAES_PKCS1_V1_5"})
    good = wrapped(aws, first, b"s" * 32)
    with refused("ThrottlingException"):
        aws.kms.get_parameters_for_import({"KeyId": first, **asked})
    for changed, code in (
        ({"KeyId": second, **FOREVER}, "InvalidImportTokenException"),
        ({"ImportToken": b"x", **FOREVER}, "InvalidImportTokenException"),
        ({"EncryptedKeyMaterial": b"x" * 256, **FOREVER}, "InvalidCiphertextException"),
        ({}, "ValidationException"),
        ({"ValidTo": START_MS, **FOREVER}, "ValidationException"),
        ({"ValidTo": START_MS}, "ValidationException"),
        ({"ValidTo": START_MS + 366 * DAY_MS}, "ValidationException"),
        ({"ImportType": "EXISTING_KEY_MATERIAL", **FOREVER}, "IncorrectKeyMaterialException"),
    ):
        with refused(code):
            aws.kms.import_key_material({**good, **changed})
    await aws.advance(seconds=5)
    with refused("IncorrectKeyMaterialException"):
        aws.kms.import_key_material({**wrapped(aws, first, b"short"), **FOREVER})
    await aws.advance(seconds=DAY_S)
    with refused("ExpiredImportTokenException"):
        aws.kms.import_key_material({**good, **FOREVER})
    assert described(aws, first)["KeyState"] == "PendingImport"


async def test_deleting_and_rotating_imported_material(aws: Aws) -> None:
    key = make_key(aws, Origin="EXTERNAL")
    first = aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), **FOREVER})["KeyMaterialId"]
    blob = encrypt(aws, key)
    with refused("KMSInvalidStateException"):
        aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=4)
    new = {**wrapped(aws, key, b"t" * 32), **FOREVER, "ImportType": "NEW_KEY_MATERIAL"}
    second = aws.kms.import_key_material(new)["KeyMaterialId"]
    assert described(aws, key)["CurrentKeyMaterialId"] == first
    aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=10)
    assert described(aws, key)["CurrentKeyMaterialId"] == second
    assert decrypt(aws, blob) == b"secret"
    aws.kms.delete_imported_key_material({"KeyId": key, "KeyMaterialId": first})
    assert described(aws, key)["KeyState"] == "PendingImport"
    with refused("KMSInvalidStateException"):
        encrypt(aws, key)
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), **FOREVER})
    assert decrypt(aws, blob) == b"secret"


async def test_successors_may_be_taken_back_before_they_are_rotated_to(aws: Aws) -> None:
    key = make_key(aws, Origin="EXTERNAL")
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), **FOREVER})
    for secret in (b"t" * 32, b"u" * 32):
        await aws.advance(seconds=4)
        new = {**wrapped(aws, key, secret), **FOREVER, "ImportType": "NEW_KEY_MATERIAL"}
        with refused("ValidationException"):
            aws.kms.import_key_material({**new, "KeyMaterialId": "0" * 64})
        pending = aws.kms.import_key_material(new)["KeyMaterialId"]
        with refused("IncorrectKeyMaterialException"):
            aws.kms.import_key_material(new)
        aws.kms.delete_imported_key_material({"KeyId": key, "KeyMaterialId": pending})
        assert described(aws, key)["KeyState"] == "Enabled"
        with refused("KMSInvalidStateException"):
            aws.kms.rotate_key_on_demand({"KeyId": key})


def test_a_private_key_is_imported(aws: Aws) -> None:
    key = make_key(aws, Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    mine = ec.generate_private_key(ec.SECP256R1())
    der = mine.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    aws.kms.import_key_material({**wrapped(aws, key, der, "RSA_AES_KEY_WRAP_SHA_256"), **FOREVER})
    signed = aws.kms.sign({"KeyId": key, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"})["Signature"]
    mine.public_key().verify(signed, b"m", ec.ECDSA(hashes.SHA256()))


# --- several Regions


async def make_pair(aws: Aws) -> tuple[str, Aws]:
    key = make_key(aws, MultiRegion=True)
    aws.kms.replicate_key({"KeyId": key, "ReplicaRegion": EUROPE})
    await aws.advance(seconds=5)
    return key, aws.in_region(EUROPE)


async def test_a_replica_opens_what_its_primary_sealed(aws: Aws) -> None:
    key = make_key(aws, MultiRegion=True)
    assert key.startswith("mrk-")
    made = aws.kms.replicate_key(
        {"KeyId": key, "ReplicaRegion": EUROPE, "Tags": [{"TagKey": "a", "TagValue": "b"}], "Description": "there"}
    )
    assert made["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    europe = aws.in_region(EUROPE)
    with refused("KMSInvalidStateException", f"{arn(key, region=EUROPE)} is creating."):
        encrypt(europe, key)
    await aws.advance(seconds=5)
    assert decrypt(europe, encrypt(aws, key)) == b"secret"
    assert decrypt(aws, encrypt(europe, key)) == b"secret"
    config = described(europe, key)["MultiRegionConfiguration"]
    assert config["MultiRegionKeyType"] == "REPLICA"
    assert (config["PrimaryKey"]["Region"], [one["Region"] for one in config["ReplicaKeys"]]) == ("us-east-1", [EUROPE])
    with refused("AlreadyExistsException"):
        aws.kms.replicate_key({"KeyId": key, "ReplicaRegion": EUROPE})
    with refused("UnsupportedOperationException"):
        europe.kms.replicate_key({"KeyId": key, "ReplicaRegion": "us-west-2"})
    with refused("UnsupportedOperationException"):
        aws.kms.replicate_key({"KeyId": make_key(aws), "ReplicaRegion": EUROPE})


async def test_rotation_reaches_every_region(aws: Aws) -> None:
    key, europe = await make_pair(aws)
    before = encrypt(europe, key)
    with refused("UnsupportedOperationException"):
        europe.kms.enable_key_rotation({"KeyId": key})
    aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=10)
    assert described(europe, key)["CurrentKeyMaterialId"] == described(aws, key)["CurrentKeyMaterialId"]
    assert decrypt(europe, encrypt(aws, key)) == decrypt(aws, before) == b"secret"


async def test_a_primary_waits_for_its_replicas_to_be_deleted(aws: Aws) -> None:
    key, europe = await make_pair(aws)
    scheduled = aws.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 7})
    assert scheduled["KeyState"] == "PendingReplicaDeletion"
    assert "DeletionDate" not in scheduled
    await aws.advance(seconds=40 * DAY_S)
    europe.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 8})
    await aws.advance(seconds=8 * DAY_S)
    with refused("NotFoundException"):
        described(europe, key)
    assert described(aws, key)["DeletionDate"] == aws.now + 7 * DAY_MS
    await aws.advance(seconds=7 * DAY_S)
    with refused("NotFoundException"):
        described(aws, key)


async def test_the_primary_moves_with_its_rotation(aws: Aws) -> None:
    key, europe = await make_pair(aws)
    aws.kms.enable_key_rotation({"KeyId": key, "RotationPeriodInDays": 90})
    with refused("NotFoundException"):
        aws.kms.update_primary_region({"KeyId": key, "PrimaryRegion": "us-west-2"})
    aws.kms.update_primary_region({"KeyId": key, "PrimaryRegion": EUROPE})
    assert described(aws, key)["KeyState"] == described(europe, key)["KeyState"] == "Updating"
    with refused("KMSInvalidStateException", f"{arn(key)} is updating."):
        aws.kms.replicate_key({"KeyId": key, "ReplicaRegion": "us-west-2"})
    with refused("KMSInvalidStateException"):
        europe.kms.disable_key({"KeyId": key})
    assert decrypt(europe, encrypt(aws, key)) == b"secret"
    await aws.advance(seconds=5)
    config = described(aws, key)["MultiRegionConfiguration"]
    assert (config["MultiRegionKeyType"], config["PrimaryKey"]["Region"]) == ("REPLICA", EUROPE)
    assert described(europe, key)["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert aws.kms.get_key_rotation_status({"KeyId": key})["KeyRotationEnabled"]
    await aws.advance(seconds=90 * DAY_S)
    assert len(aws.events("kms.KeyRotated")) == 1
    assert decrypt(aws, encrypt(europe, key)) == b"secret"


async def test_imported_material_is_rotated_when_every_region_has_it(aws: Aws) -> None:
    key = make_key(aws, MultiRegion=True, Origin="EXTERNAL")
    aws.kms.import_key_material({**wrapped(aws, key, b"s" * 32), **FOREVER})
    aws.kms.replicate_key({"KeyId": key, "ReplicaRegion": EUROPE})
    europe = aws.in_region(EUROPE)
    await aws.advance(seconds=5)
    assert described(europe, key)["KeyState"] == "PendingImport"
    europe.kms.import_key_material({**wrapped(europe, key, b"s" * 32), **FOREVER})
    assert decrypt(europe, encrypt(aws, key)) == b"secret"
    new = {**wrapped(aws, key, b"t" * 32), **FOREVER, "ImportType": "NEW_KEY_MATERIAL"}
    aws.kms.import_key_material(new)
    with refused("KMSInvalidStateException"):
        aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=5)
    europe.kms.import_key_material({**wrapped(europe, key, b"t" * 32), **FOREVER})
    aws.kms.rotate_key_on_demand({"KeyId": key})
    await aws.advance(seconds=10)
    assert decrypt(europe, encrypt(aws, key)) == b"secret"


async def test_what_is_due_survives_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    going, staying = make_key(aws), make_key(aws)
    aws.kms.schedule_key_deletion({"KeyId": going, "PendingWindowInDays": 7})
    aws.kms.enable_key_rotation({"KeyId": staying, "RotationPeriodInDays": 90})
    aws.world.close()
    aws = new_aws(directory=tmp_path)
    await aws.advance(seconds=100 * DAY_S)
    with refused("NotFoundException"):
        described(aws, going)
    assert len(aws.kms.list_key_rotations({"KeyId": staying})["Rotations"]) == 1
