from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

DAY_S = 86_400


def requested(aws: Aws, domain: str = "shop.example.com", **further: Any) -> str:
    """By an elliptic curve, whose keys are made at once."""
    asked = {"ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1", **further}
    return aws.acm.request_certificate({"DomainName": domain, **asked})["CertificateArn"]


def described(aws: Aws, arn: str) -> dict[str, Any]:
    return aws.acm.describe_certificate({"CertificateArn": arn})["Certificate"]


async def issued(aws: Aws, **further: Any) -> str:
    arn = requested(aws, **further)
    await aws.advance(seconds=300)
    return arn


async def used(aws: Aws, arn: str) -> None:
    aws.apigateway.create_domain_name(
        {
            "domainName": "shop.example.com",
            "regionalCertificateArn": arn,
            "endpointConfiguration": {"types": ["REGIONAL"]},
        }
    )


async def test_a_certificate_is_issued_once_its_records_are_found(aws: Aws) -> None:
    arn = requested(aws, SubjectAlternativeNames=["*.shop.example.com", "example.com"])
    pending = described(aws, arn)
    assert (pending["Status"], pending["Type"], pending["Issuer"]) == ("PENDING_VALIDATION", "AMAZON_ISSUED", "Amazon")
    first, wild, _ = pending["DomainValidationOptions"]
    assert first["ResourceRecord"] == wild["ResourceRecord"]
    assert first["ResourceRecord"]["Name"].endswith(".shop.example.com.")
    assert first["ResourceRecord"]["Value"].endswith(".acm-validations.aws.")
    with pytest.raises(AwsError) as refused:
        aws.acm.get_certificate({"CertificateArn": arn})
    assert refused.value.code == "RequestInProgressException"
    assert refused.value.why.remedy == ("foulweather clock advance 5m",)

    await aws.advance(seconds=299)
    assert described(aws, arn)["Status"] == "PENDING_VALIDATION"
    await aws.advance(seconds=1)
    there = described(aws, arn)
    assert there["Status"] == "ISSUED"
    assert [each["ValidationStatus"] for each in there["DomainValidationOptions"]] == ["SUCCESS"] * 3
    assert there["NotAfter"] - there["NotBefore"] == 198 * DAY_S * 1000 - 1000
    assert there["KeyUsages"] == [{"Name": "DIGITAL_SIGNATURE"}]
    assert there["SignatureAlgorithm"] == "SHA256WITHECDSA"
    assert "no Route 53" in aws.events("acm.DomainValidated")[0].facts["by"]


async def test_the_chain_leads_to_the_root_of_the_world(aws: Aws) -> None:
    chains = set[str]()
    for algorithm in ("RSA_2048", "EC_prime256v1"):
        arn = await issued(aws, KeyAlgorithm=algorithm)
        got = aws.acm.get_certificate({"CertificateArn": arn})
        leaf = x509.load_pem_x509_certificate(got["Certificate"].encode())
        between, root = x509.load_pem_x509_certificates(got["CertificateChain"].encode())
        leaf.verify_directly_issued_by(between)
        between.verify_directly_issued_by(root)
        root.verify_directly_issued_by(root)
        chains.add(root.public_bytes(Encoding.PEM).decode())
    assert len(chains) == 1


async def test_what_nobody_proves_times_out_after_three_days(aws: Aws) -> None:
    nowhere, by_mail = requested(aws, "shop.invalid"), requested(aws, ValidationMethod="EMAIL")
    mailed = described(aws, by_mail)["DomainValidationOptions"][0]
    assert "admin@shop.example.com" in mailed["ValidationEmails"]
    await aws.advance(seconds=3 * DAY_S - 1)
    assert described(aws, nowhere)["Status"] == described(aws, by_mail)["Status"] == "PENDING_VALIDATION"
    await aws.advance(seconds=1)
    assert described(aws, nowhere)["Status"] == described(aws, by_mail)["Status"] == "VALIDATION_TIMED_OUT"
    with pytest.raises(AwsError, match="not pending validation by email"):
        aws.acm.resend_validation_email(
            {"CertificateArn": by_mail, "Domain": "shop.example.com", "ValidationDomain": "example.com"}
        )


def test_emails_go_to_a_domain_above(aws: Aws) -> None:
    options = [{"DomainName": "shop.example.com", "ValidationDomain": "example.com"}]
    arn = requested(aws, ValidationMethod="EMAIL", DomainValidationOptions=options)
    assert "webmaster@example.com" in described(aws, arn)["DomainValidationOptions"][0]["ValidationEmails"]
    with pytest.raises(AwsError) as refused:
        requested(aws, DomainValidationOptions=[{**options[0], "ValidationDomain": "other.org"}])
    assert refused.value.code == "InvalidDomainValidationOptionsException"


@pytest.mark.parametrize(
    ("domain", "reason"),
    [("x.execute-api.us-east-1.amazonaws.com", "DOMAIN_NOT_ALLOWED"), ("shop.internal", "INVALID_PUBLIC_DOMAIN")],
)
def test_a_name_that_nobody_can_have_fails(aws: Aws, domain: str, reason: str) -> None:
    told = described(aws, requested(aws, domain))
    assert (told["Status"], told["FailureReason"]) == ("FAILED", reason)


def test_the_same_token_is_the_same_request(aws: Aws) -> None:
    assert requested(aws, IdempotencyToken="once") == requested(aws, IdempotencyToken="once")
    assert requested(aws, IdempotencyToken="once") != requested(aws, "other.example.com", IdempotencyToken="once")


@pytest.mark.parametrize(
    ("further", "code", "words"),
    [
        ({"SubjectAlternativeNames": [f"n{n}.example.com" for n in range(10)]}, "LimitExceededException", "too many"),
        ({"DomainName": "a" * 63 + ".example.com"}, "ValidationException", "no longer than 64"),
        ({"DomainName": "no spaces.com"}, "ValidationException", "failed to satisfy constraint"),
        ({"KeyAlgorithm": "RSA_4096"}, "ValidationException", "not supported"),
        (
            {"CertificateAuthorityArn": "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x"},
            "NotImplemented",
            "CertificateAuthorityArn",
        ),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidTagException", "aws:"),
    ],
)
def test_a_request_is_refused(aws: Aws, further: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(AwsError, match=words) as refused:
        aws.acm.request_certificate({"DomainName": "a.example.com", "ValidationMethod": "DNS", **further})
    assert refused.value.code == code
    assert aws.acm.list_certificates({})["CertificateSummaryList"] == []


async def test_a_certificate_in_use_is_renewed_and_keeps_its_arn(aws: Aws) -> None:
    arn = await issued(aws)
    before = described(aws, arn)
    assert before["RenewalEligibility"] == "INELIGIBLE"
    await used(aws, arn)
    assert described(aws, arn)["RenewalEligibility"] == "ELIGIBLE"
    await aws.advance(seconds=154 * DAY_S)
    after = described(aws, arn)
    assert after["Status"] == "ISSUED"
    assert after["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    assert after["Serial"] != before["Serial"]
    assert after["NotAfter"] > before["NotAfter"]
    await aws.advance(seconds=60 * DAY_S)
    assert described(aws, arn)["Status"] == "ISSUED"


async def test_a_certificate_that_nobody_uses_expires(aws: Aws) -> None:
    arn = await issued(aws)
    await aws.advance(seconds=198 * DAY_S)
    assert described(aws, arn)["Status"] == "EXPIRED"
    kinds = [event.facts["detail_type"] for event in aws.events("acm.EventBridgeEvent")]
    # From thirty days before on, one a day, the last one on the day itself.
    assert kinds.count("ACM Certificate Approaching Expiration") == 31
    assert (kinds[0], kinds[-1]) == ("ACM Certificate Available", "ACM Certificate Expired")


async def test_the_days_that_are_left_are_a_metric(aws: Aws) -> None:
    arn = await issued(aws)
    await aws.advance(seconds=2 * DAY_S)
    got = aws.cloudwatch.get_metric_statistics(
        {
            "Namespace": "AWS/CertificateManager",
            "MetricName": "DaysToExpiry",
            "Dimensions": [{"Name": "CertificateArn", "Value": arn}],
            "StartTime": aws.now - 3 * DAY_S * 1000,
            "EndTime": aws.now,
            "Period": DAY_S,
            "Statistics": ["Minimum"],
        }
    )
    assert sorted(point["Minimum"] for point in got["Datapoints"])[0] in (195, 196)


async def test_a_rule_hears_of_it(aws: Aws) -> None:
    queue = aws.sqs.create_queue({"QueueName": "heard"})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:heard"
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
    aws.sqs.set_queue_attributes({"QueueUrl": queue, "Attributes": {"Policy": policy}})
    aws.events_.put_rule({"Name": "acm", "EventPattern": '{"source":["aws.acm"]}'})
    aws.events_.put_targets({"Rule": "acm", "Targets": [{"Id": "q", "Arn": arn}]})
    await issued(aws)
    await aws.advance(seconds=1)
    (message,) = aws.sqs.receive_message({"QueueUrl": queue})["Messages"]
    assert '"Action":"ISSUANCE"' in message["Body"]


async def test_a_certificate_in_use_is_not_deleted(aws: Aws) -> None:
    arn = await issued(aws)
    await used(aws, arn)
    with pytest.raises(AwsError, match="is in use") as refused:
        aws.acm.delete_certificate({"CertificateArn": arn})
    assert refused.value.code == "ResourceInUseException"
    assert "domainnames/shop.example.com" in described(aws, arn)["InUseBy"][0]
    aws.apigateway.delete_domain_name({"domainName": "shop.example.com"})
    aws.acm.delete_certificate({"CertificateArn": arn})
    with pytest.raises(AwsError, match="Could not find certificate"):
        described(aws, arn)


async def test_an_exportable_certificate_is_exported_with_a_passphrase_and_then_revoked(aws: Aws) -> None:
    plain, exportable = await issued(aws), await issued(aws, Options={"Export": "ENABLED"})
    with pytest.raises(AwsError, match="not exportable") as refused:
        aws.acm.export_certificate({"CertificateArn": plain, "Passphrase": b"secret"})
    assert "Export=ENABLED" in refused.value.why.remedy[0]
    with pytest.raises(AwsError, match="not allowed"):
        aws.acm.export_certificate({"CertificateArn": exportable, "Passphrase": b"se#ret"})
    with pytest.raises(AwsError, match="never exported"):
        aws.acm.revoke_certificate({"CertificateArn": exportable, "RevocationReason": "KEY_COMPROMISE"})
    got = aws.acm.export_certificate({"CertificateArn": exportable, "Passphrase": b"secret"})
    assert got["PrivateKey"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    key = load_pem_private_key(got["PrivateKey"].encode(), b"secret")
    leaf = x509.load_pem_x509_certificate(got["Certificate"].encode())
    assert key.public_key() == leaf.public_key()
    assert described(aws, exportable)["RenewalEligibility"] == "ELIGIBLE"
    aws.acm.revoke_certificate({"CertificateArn": exportable, "RevocationReason": "KEY_COMPROMISE"})
    assert described(aws, exportable)["Status"] == "REVOKED"
    await aws.advance(seconds=200 * DAY_S)
    assert described(aws, exportable)["Status"] == "REVOKED"


async def test_only_rsa_is_listed_unless_asked_for(aws: Aws) -> None:
    arn = await issued(aws)
    assert aws.acm.list_certificates({})["CertificateSummaryList"] == []
    (only,) = aws.acm.list_certificates({"Includes": {"keyTypes": ["EC_prime256v1"]}})["CertificateSummaryList"]
    assert (only["CertificateArn"], only["InUse"], only["KeyAlgorithm"]) == (arn, False, "EC_prime256v1")
    assert aws.acm.list_certificates({"CertificateStatuses": ["EXPIRED"]})["CertificateSummaryList"] == []


async def test_certificates_are_searched_by_what_is_in_them(aws: Aws) -> None:
    mine = await issued(aws)
    requested(aws, "other.example.com")
    named = {"SubjectAlternativeName": {"DnsName": {"Value": "SHOP", "ComparisonOperator": "CONTAINS"}}}
    is_issued = {"AcmCertificateMetadataFilter": {"Status": "ISSUED"}}
    both = [{"Filter": {"X509AttributeFilter": named}}, {"Filter": is_issued}]
    (found,) = aws.acm.search_certificates({"FilterStatement": {"And": both}})["Results"]
    assert found["CertificateArn"] == mine
    assert found["X509Attributes"]["Issuer"]["Organization"] == "Amazon"
    (other,) = aws.acm.search_certificates({"FilterStatement": {"Not": {"Or": both}}})["Results"]
    assert other["X509Attributes"]["Subject"] == {"CommonName": "other.example.com"}


def test_tags_and_the_account(aws: Aws) -> None:
    arn = requested(aws, Tags=[{"Key": "team", "Value": "shop"}])
    aws.acm.add_tags_to_certificate({"CertificateArn": arn, "Tags": [{"Key": "env", "Value": "prod"}]})
    aws.acm.remove_tags_from_certificate({"CertificateArn": arn, "Tags": [{"Key": "team", "Value": "other"}]})
    aws.acm.remove_tags_from_certificate({"CertificateArn": arn, "Tags": [{"Key": "env"}]})
    assert aws.acm.list_tags_for_certificate({"CertificateArn": arn})["Tags"] == [{"Key": "team", "Value": "shop"}]
    assert aws.acm.get_account_configuration({})["ExpiryEvents"] == {"DaysBeforeExpiry": 45}
    with pytest.raises(AwsError, match="between 1 and 45"):
        aws.acm.put_account_configuration({"IdempotencyToken": "a", "ExpiryEvents": {"DaysBeforeExpiry": 46}})


async def test_a_world_goes_on_with_its_timers_after_a_restart(aws: Aws) -> None:
    arn = requested(aws)
    again = Aws.__new__(Aws)
    again.__init__(type(aws.pipeline)(aws.world.fork("again"), aws.pipeline.services, aws.pipeline.gates))
    await again.advance(seconds=300)
    assert described(again, arn)["Status"] == "ISSUED"
    assert described(aws, arn)["Status"] == "PENDING_VALIDATION"


async def test_a_domain_name_that_takes_another_certificate_lets_go_of_the_first(aws: Aws) -> None:
    first, second = await issued(aws), await issued(aws)
    await used(aws, first)
    patch = {"op": "replace", "path": "/regionalCertificateArn", "value": second}
    aws.apigateway.update_domain_name({"domainName": "shop.example.com", "patchOperations": [patch]})
    assert described(aws, first)["InUseBy"] == []
    assert len(described(aws, second)["InUseBy"]) == 1


def test_a_policy_may_ask_for_how_names_are_proved(aws: Aws) -> None:
    user = aws.iam.create_user({"UserName": "ada"})["User"]["Arn"]
    allowed = {
        "Effect": "Allow",
        "Action": "acm:RequestCertificate",
        "Resource": "*",
        "Condition": {"StringEquals": {"acm:ValidationMethod": "DNS"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_user_policy({"UserName": "ada", "PolicyName": "dns", "PolicyDocument": document})
    ada = aws.as_principal(Principal("user", user, aws.account, "AIDA"))
    arn = requested(ada)
    with pytest.raises(AwsError) as refused:
        requested(ada, ValidationMethod="EMAIL")
    assert refused.value.code == "AccessDeniedException"
    with pytest.raises(AwsError, match="not authorized to perform: acm:DescribeCertificate on resource: arn"):
        described(ada, arn)


async def test_any_service_may_say_that_it_uses_a_certificate(aws: Aws) -> None:
    arn, user = await issued(aws), f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/p"
    call = Call(aws.pipeline, "cognito-idp", "CreateUserPoolDomain", ACCOUNT, "us-east-1", aws.principal)
    call.happened("acm.CertificateUsed", user, certificates=[arn])
    assert described(aws, arn)["InUseBy"] == [user]
    call.happened("acm.CertificateUsed", user, certificates=[])
    assert described(aws, arn)["InUseBy"] == []
