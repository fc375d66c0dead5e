from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.iam.calls import Iam
from services.iam.certificates import pair


def test_a_server_certificate(iam: Iam) -> None:
    body, key = pair()
    made = iam.upload_server_certificate(
        ServerCertificateName="site",
        CertificateBody=body,
        PrivateKey=key,
        CertificateChain=pair()[0],
        Path="/cloudfront/",
    )["ServerCertificateMetadata"]
    assert made["Arn"] == "arn:aws:iam::111122223333:server-certificate/cloudfront/site"
    assert made["ServerCertificateId"].startswith("ASCA")
    assert made["Expiration"] == 1_893_456_000_000
    shown = iam.get_server_certificate(ServerCertificateName="site")["ServerCertificate"]
    assert shown["CertificateBody"] == body.strip()
    assert "PRIVATE" not in str(shown)
    assert iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"] == [made]
    assert iam.refused(
        "upload_server_certificate", ServerCertificateName="SITE", CertificateBody=body, PrivateKey=key
    ) == ("EntityAlreadyExists", 409, "The Server Certificate with name SITE already exists.")
    iam.update_server_certificate(ServerCertificateName="site", NewServerCertificateName="shop", NewPath="/")
    iam.delete_server_certificate(ServerCertificateName="shop")
    assert iam.refused("get_server_certificate", ServerCertificateName="site") == (
        "NoSuchEntity",
        404,
        "The Server Certificate with name site cannot be found.",
    )


def test_a_certificate_must_be_one_and_match_its_key(iam: Iam) -> None:
    body, key = pair()
    upload = {"ServerCertificateName": "site", "CertificateBody": body, "PrivateKey": key}
    assert iam.refused("upload_server_certificate", **upload | {"CertificateBody": "x"})[0] == "MalformedCertificate"
    assert iam.refused("upload_server_certificate", **upload | {"PrivateKey": "x"})[0] == "MalformedCertificate"
    assert iam.refused("upload_server_certificate", **upload | {"PrivateKey": pair()[1]})[0] == "KeyPairMismatch"
    assert iam.refused("upload_server_certificate", **upload, CertificateChain="x")[0] == "MalformedCertificate"


def test_twenty_server_certificates_at_most(iam: Iam) -> None:
    body, key = pair()
    for number in range(20):
        iam.upload_server_certificate(ServerCertificateName=f"c{number}", CertificateBody=body, PrivateKey=key)
    assert iam.refused(
        "upload_server_certificate", ServerCertificateName="more", CertificateBody=body, PrivateKey=key
    ) == ("LimitExceeded", 409, "Cannot exceed quota for ServerCertificatesPerAccount: 20")


def test_signing_certificates(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    body, _ = pair()
    made = iam.upload_signing_certificate(UserName="alice", CertificateBody=body)["Certificate"]
    assert (made["Status"], made["CertificateBody"], len(made["CertificateId"])) == ("Active", body, 32)
    assert iam.refused("upload_signing_certificate", CertificateBody=body)[0] == "DuplicateCertificate"
    assert iam.refused("upload_signing_certificate", CertificateBody=pair(start=2020, end=2021)[0])[0] == (
        "InvalidCertificate"
    )
    iam.update_signing_certificate(UserName="alice", CertificateId=made["CertificateId"], Status="Inactive")
    assert iam.list_signing_certificates(UserName="alice")["Certificates"][0]["Status"] == "Inactive"
    iam.upload_signing_certificate(UserName="alice", CertificateBody=pair()[0])
    assert iam.refused("upload_signing_certificate", UserName="alice", CertificateBody=pair()[0]) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for SigningCertificatesPerUser: 2",
    )
    assert iam.refused("delete_user", UserName="alice")[0] == "DeleteConflict"
    iam.delete_signing_certificate(UserName="alice", CertificateId=made["CertificateId"])
    assert iam.refused("delete_signing_certificate", UserName="alice", CertificateId=made["CertificateId"])[0] == (
        "NoSuchEntity"
    )


RSA = rsa.generate_private_key(65537, 2048).public_key()


def openssh(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = RSA) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_ssh_keys(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    made = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=openssh())["SSHPublicKey"]
    digest = hashlib.md5(base64.b64decode(openssh().split()[1])).hexdigest()
    assert made["Fingerprint"].replace(":", "") == digest
    assert made["SSHPublicKeyId"].startswith("APKA")
    named = {"UserName": "alice", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"].startswith(
        "-----BEGIN PUBLIC KEY-----"
    )
    assert iam.refused("upload_ssh_public_key", UserName="alice", SSHPublicKeyBody=openssh())[0] == (
        "DuplicateSSHPublicKey"
    )
    iam.update_ssh_public_key(**named, Status="Inactive")
    assert iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"][0]["Status"] == "Inactive"
    assert iam.refused("delete_user", UserName="alice")[2] == (
        "Cannot delete entity, must remove referenced objects first."
    )
    iam.delete_ssh_public_key(**named)
    assert iam.refused("delete_ssh_public_key", **named)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("hello", "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        (openssh(ec.generate_private_key(ec.SECP256R1()).public_key()), "InvalidPublicKey"),
    ],
)
def test_ssh_keys_are_rsa(iam: Iam, body: str, code: str) -> None:
    iam.create_user(UserName="alice")
    assert iam.refused("upload_ssh_public_key", UserName="alice", SSHPublicKeyBody=body)[0] == code


async def test_service_specific_credentials(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    assert iam.refused("create_service_specific_credential", UserName="alice", ServiceName="s3.amazonaws.com") == (
        "NotSupportedService",
        404,
        "The service s3.amazonaws.com does not support service-specific credentials.",
    )
    make = iam.create_service_specific_credential
    git = make(UserName="alice", ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
    assert git["ServiceUserName"] == "alice-at-111122223333"
    assert git["ServicePassword"]
    make(UserName="alice", ServiceName="codecommit.amazonaws.com")
    assert iam.refused(
        "create_service_specific_credential", UserName="alice", ServiceName="codecommit.amazonaws.com"
    ) == ("LimitExceeded", 409, "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2")
    named = {"UserName": "alice", "ServiceSpecificCredentialId": git["ServiceSpecificCredentialId"]}
    assert (
        iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]["ServicePassword"]
        != (git["ServicePassword"])
    )
    iam.update_service_specific_credential(**named, Status="Inactive")
    key = make(UserName="alice", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=1)["ServiceSpecificCredential"]
    assert key["ExpirationDate"] == iam.aws.now + 86_400_000
    await iam.aws.advance(seconds=86_400)
    listed = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert [each["Status"] for each in listed if each["ServiceName"].startswith("bedrock")] == ["Expired"]
    assert (
        len(
            iam.list_service_specific_credentials(UserName="alice", ServiceName="codecommit.amazonaws.com")[
                "ServiceSpecificCredentials"
            ]
        )
        == 2
    )
    iam.delete_service_specific_credential(**named)
    assert iam.refused("delete_service_specific_credential", **named)[0] == "NoSuchEntity"
