from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.acm.issuing import BEGINS, Pair, pair

DAY_S = 86_400


async def imported(aws: Aws, one: Pair, chain: bytes | None = None, **further: Any) -> str:
    await aws.advance(seconds=1)  # one import a second is the rate
    asked: dict[str, Any] = {"Certificate": one.pem, "PrivateKey": one.key_pem, **further}
    return aws.acm.import_certificate(asked if chain is None else {**asked, "CertificateChain": chain})[
        "CertificateArn"
    ]


async def test_an_imported_certificate_is_there_at_once_and_is_not_renewed(aws: Aws) -> None:
    arn = await imported(aws, pair(), Tags=[{"Key": "team", "Value": "shop"}])
    told = aws.acm.describe_certificate({"CertificateArn": arn})["Certificate"]
    assert (told["Type"], told["Status"], told["Serial"]) == ("IMPORTED", "ISSUED", "12:67")
    assert told["RenewalEligibility"] == "INELIGIBLE"
    assert "DomainValidationOptions" not in told
    await aws.advance(seconds=59 * DAY_S)
    assert aws.acm.describe_certificate({"CertificateArn": arn})["Certificate"]["Status"] == "EXPIRED"
    kinds = [event.facts["detail_type"] for event in aws.events("acm.EventBridgeEvent")]
    assert kinds.count("ACM Certificate Approaching Expiration") in (45, 46)
    assert "ACM Certificate Expired" not in kinds


async def test_a_chain_leads_from_the_certificate_up(aws: Aws) -> None:
    root = pair("root.example.com")
    between = pair("between.example.com", by=root)
    leaf = pair(by=between)
    chain = between.pem + root.pem
    arn = await imported(aws, leaf, chain)
    assert aws.acm.get_certificate({"CertificateArn": arn})["CertificateChain"].encode() == chain
    with pytest.raises(AwsError, match="Could not validate the certificate with the certificate chain"):
        await imported(aws, leaf, root.pem + between.pem)
    with pytest.raises(AwsError, match="not a valid self signed"):
        await imported(aws, leaf)


def locked(one: Pair) -> bytes:
    return one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def test_what_is_no_pair_is_refused(aws: Aws) -> None:
    one, other = pair(), pair()
    wrong = (
        (b"nothing", one.key_pem, "Unable to parse certificate"),
        (one.pem + other.pem, one.key_pem, "more than one certificate"),
        (one.pem, other.key_pem, "does not match"),
        (one.pem, b"nothing", "Unable to parse private key"),
        (one.pem, locked(one), "unencrypted"),
    )
    for number, (certificate, key, words) in enumerate(wrong):
        # One import a second is the rate; each Region has its own.
        region = aws.in_region(f"eu-west-{number + 1}")
        with pytest.raises(AwsError, match=words) as refused:
            region.acm.import_certificate({"Certificate": certificate, "PrivateKey": key})
        assert refused.value.code == "ValidationException"


async def test_it_must_be_valid_now(aws: Aws) -> None:
    with pytest.raises(AwsError, match="has expired"):
        await imported(aws, pair(days=10))
    with pytest.raises(AwsError, match="not valid yet"):
        await imported(aws, pair(begins=BEGINS + timedelta(days=60)))


async def test_it_is_imported_anew_under_its_arn(aws: Aws) -> None:
    arn = await imported(aws, pair())
    newer = pair(days=200)
    assert await imported(aws, newer, CertificateArn=arn) == arn
    assert aws.acm.get_certificate({"CertificateArn": arn})["Certificate"].encode() == newer.pem
    with pytest.raises(AwsError, match="All of the domain names"):
        await imported(aws, pair("other.example.org"), CertificateArn=arn)
    with pytest.raises(AwsError, match="key algorithm"):
        await imported(aws, pair(curve=ec.SECP384R1()), CertificateArn=arn)
    with pytest.raises(AwsError, match="Tags cannot be specified"):
        await imported(aws, newer, CertificateArn=arn, Tags=[{"Key": "a"}])
    with pytest.raises(AwsError, match="Could not find certificate"):
        await imported(aws, newer, CertificateArn=arn[:-1] + "x")


async def test_its_key_does_not_come_out_again(aws: Aws) -> None:
    with pytest.raises(AwsError, match="not exportable"):
        aws.acm.export_certificate({"CertificateArn": await imported(aws, pair()), "Passphrase": b"secret"})
