"""What is masked, who may see it all the same, and which keys stand before it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import Principal
from foulweather.services.logs import masking
from foulweather.services.logs.identifiers import MANAGED
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, STREAM, filtered, make, put, read

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"
MANAGED_ARN = "arn:aws:dataprotection::aws:data-identifier/"


def policy(*identifiers: str, custom: dict[str, str] | None = None) -> str:
    names = [name if name in (custom or {}) else MANAGED_ARN + name for name in identifiers]
    document: dict[str, Any] = {
        "Name": "p",
        "Version": "2021-06-01",
        "Statement": [
            {"Sid": "a", "DataIdentifier": names, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"Sid": "b", "DataIdentifier": names, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    }
    if custom:
        listed = [{"Name": name, "Regex": regex} for name, regex in custom.items()]
        document["Configuration"] = {"CustomDataIdentifier": listed}
    return json.dumps(document)


@pytest.mark.parametrize(
    ("identifier", "message", "sensitive"),
    [
        ("EmailAddress", "from ada@example.com, to bob", ["ada@example.com"]),
        ("EmailAddress", "a@b and @example.com", []),
        ("IpAddress", "from 10.0.0.1 and 2001:db8::1 at 12:30:45", ["10.0.0.1", "2001:db8::1"]),
        ("IpAddress", "version 300.1.2.3", []),
        ("CreditCardNumber", "card 4111 1111 1111 1111 charged", ["4111 1111 1111 1111"]),
        ("CreditCardNumber", "card 4111111111111112 charged", []),
        ("CreditCardNumber", "order 4111111111111111", []),
        ("CreditCardNumber", "Dankort 5019717010103742", ["5019717010103742"]),
        ("CreditCardSecurityCode", "card_verification_value: 123", ["123"]),
        ("CreditCardSecurityCode", "room 123", []),
        ("CreditCardExpiration", "expiry 09/2028, card", ["09/2028"]),
        ("CreditCardExpiration", "expiration: 1/28", ["1/28"]),
        ("CreditCardExpiration", "due 09/2028", []),
        ("CreditCardExpiration", "expiry 10/10/2028", []),
        ("AwsSecretKey", "secret_key=" + "a" * 40, ["a" * 40]),
        ("AwsSecretKey", "digest " + "a" * 40, []),
        ("Ssn-US", "ssn: 123-45-6789", ["123-45-6789"]),
        ("Ssn-US", "ssn: 000-45-6789", []),
        ("PhoneNumber-US", "phone (206) 555-0100", ["(206) 555-0100"]),
        ("HealthInsuranceCardNumber-EU", "EHIC 80276001234567890123 shown", ["80276001234567890123"]),
        ("HealthInsuranceCardNumber-EU", "EHIC 90276001234567890123 shown", []),
        ("HealthInsuranceClaimNumber-US", "hicn: 123-45-6789A", ["123-45-6789A"]),
        ("HealthInsuranceNumber-FR", "carte vitale 1 85 05 78 006 048 30", ["1 85 05 78 006 048 30"]),
        ("HealthInsuranceNumber-FR", "carte vitale 185057800604831", []),
        ("HealthcareProcedureCode-US", "HCPCS J1885, CPT", ["J1885"]),
        ("MedicareBeneficiaryNumber-US", "MBI 1EG4-TE5-MK73", ["1EG4-TE5-MK73"]),
        ("MedicareBeneficiaryNumber-US", "MBI 1SG4-TE5-MK73", []),
        ("NationalDrugCode-US", "ndc 0777-3105-02", ["0777-3105-02"]),
        ("NationalProviderId-US", "npi 1234567893", ["1234567893"]),
        ("NationalProviderId-US", "npi 1234567894", []),
        ("NhsNumber-GB", "NHS 943 476 5919", ["943 476 5919"]),
        ("NhsNumber-GB", "NHS 943 476 5918", []),
        ("NhsNumber-GB", "order 943 476 5919", []),
        (
            "OpenSshPrivateKey",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----!",
            ["-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"],
        ),
    ],
)
def test_managed_identifiers_find_what_is_sensitive(identifier: str, message: str, sensitive: list[str]) -> None:
    spans = masking.found((MANAGED[identifier],), message)
    assert [message[start:end] for start, end in spans] == sensitive


def test_what_comes_under_a_policy_is_masked_for_whoever_may_not_unmask(aws: Aws) -> None:
    make(aws)
    put(aws, "before ada@example.com", at_ms=aws.now - 1)
    aws.logs.put_data_protection_policy({"logGroupIdentifier": GROUP, "policyDocument": policy("EmailAddress")})
    put(aws, "after ada@example.com and ö@example.com", "nothing")
    masked = ["before ada@example.com", "after *************** and ö@example.com", "nothing"]
    assert filtered(aws) == masked
    assert read(aws)["events"] == masked
    assert filtered(aws, "ada") == ["before ada@example.com"]
    assert filtered(aws, "ada", unmask=True) == ["before ada@example.com", "after ada@example.com and ö@example.com"]
    assert [event.facts for event in aws.events("logs.EventsWithFindings")] == [{"events": 1}]
    assert aws.logs.describe_log_groups({})["logGroups"][0]["dataProtectionStatus"] == "ACTIVATED"
    aws.logs.delete_data_protection_policy({"logGroupIdentifier": GROUP})
    assert filtered(aws) == masked
    assert aws.logs.describe_log_groups({})["logGroups"][0]["dataProtectionStatus"] == "DELETED"
    assert "policyDocument" not in aws.logs.get_data_protection_policy({"logGroupIdentifier": GROUP})


def test_masks_stay_with_their_events_when_chunks_are_merged(aws: Aws) -> None:
    make(aws)
    aws.logs.put_data_protection_policy(
        {"logGroupIdentifier": GROUP, "policyDocument": policy("Order", custom={"Order": "order-[0-9]+"})}
    )
    for n in range(70):
        put(aws, f"{n:02d} order-{n:02d}" if n % 2 else f"{n:02d} none", at_ms=aws.now - n)
    expected = [f"{n:02d} {'*' * 8}" if n % 2 else f"{n:02d} none" for n in range(69, -1, -1)]
    assert filtered(aws) == expected


async def test_an_accounts_policy_is_for_every_group(aws: Aws) -> None:
    make(aws)
    request = {"policyName": "p", "policyType": "DATA_PROTECTION_POLICY", "policyDocument": policy("EmailAddress")}
    made = (await aws.logs.put_account_policy(request))["accountPolicy"]
    assert (made["scope"], made["accountId"]) == ("ALL", ACCOUNT)
    put(aws, "a@b.com")
    assert filtered(aws) == ["*******"]
    group = aws.logs.describe_log_groups({})["logGroups"][0]
    assert group["inheritedProperties"] == ["ACCOUNT_DATA_PROTECTION"]
    with pytest.raises(AwsError, match="LimitExceededException"):
        await aws.logs.put_account_policy({**request, "policyName": "q"})
    aws.logs.delete_account_policy({"policyName": "p", "policyType": "DATA_PROTECTION_POLICY"})
    put(aws, "c@d.com")
    assert filtered(aws) == ["*******", "c@d.com"]


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("nonsense", 400),
        ("{}", 400),
        (policy("EmailAddress").replace("2021-06-01", "2012-10-17"), 400),
        (policy("EmailAddress").replace("Deidentify", "Delete"), 400),
        (policy("EmailAddress").replace('"MaskConfig": {}', '"MaskConfig": {"x": 1}'), 400),
        (policy("Nonsense", custom={"Nonsense": "("}), 400),
        (policy("Address"), 501),
        (policy("EmailAddress").replace('"FindingsDestination": {}', '"FindingsDestination": {"S3": {}}'), 501),
    ],
)
def test_what_is_no_policy_or_not_built_is_refused(aws: Aws, document: str, status: int) -> None:
    make(aws)
    with pytest.raises(AwsError) as caught:
        aws.logs.put_data_protection_policy({"logGroupIdentifier": GROUP, "policyDocument": document})
    assert caught.value.status == status


# --- permissions


def user(aws: Aws, *actions: str, resource: str = "*") -> Aws:
    aws.iam.create_user({"UserName": "u"})
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "u", "PolicyName": "p", "PolicyDocument": document})
    made = aws.iam.get_user({"UserName": "u"})["User"]
    return aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))


def denied(operation: Any, request: dict[str, Any]) -> str:
    with pytest.raises(AwsError) as caught:
        operation(request)
    assert caught.value.code == "AccessDeniedException"
    return caught.value.message


def test_unmasking_needs_a_permission_of_its_own(aws: Aws) -> None:
    make(aws)
    reader = user(aws, "logs:FilterLogEvents")
    reader.logs.filter_log_events({"logGroupName": GROUP})
    assert "logs:Unmask" in denied(reader.logs.filter_log_events, {"logGroupName": GROUP, "unmask": True})


def test_a_policy_covers_what_is_in_a_group_by_the_star_behind_its_arn(aws: Aws) -> None:
    make(aws)
    event = {"timestamp": aws.now, "message": "x"}
    writing = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [event]}
    bare = user(aws, "logs:*", resource=ARN)
    told = denied(bare.logs.put_log_events, writing)
    assert f"logs:PutLogEvents on resource: {ARN}:log-stream:{STREAM}" in told
    bare.logs.tag_resource({"resourceArn": ARN, "tags": {"a": "b"}})
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": f"{ARN}:*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "u", "PolicyName": "p", "PolicyDocument": document})
    bare.logs.put_log_events(writing)
    bare.logs.filter_log_events({"logGroupName": GROUP})


def test_services_write_where_a_resource_policy_lets_them(aws: Aws) -> None:
    make(aws)
    dns = aws.as_principal(Principal("service", "route53.amazonaws.com"))
    event = {"timestamp": aws.now, "message": "x"}
    writing = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [event]}
    denied(dns.logs.put_log_events, writing)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "route53.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": f"{ARN}:*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.logs.put_resource_policy({"policyName": "dns", "policyDocument": document})
    dns.logs.put_log_events(writing)
    denied(aws.as_principal(Principal("service", "sns.amazonaws.com")).logs.put_log_events, writing)
    aws.logs.delete_resource_policy({"policyName": "dns"})
    denied(dns.logs.put_log_events, writing)
    made = aws.logs.put_resource_policy({"resourceArn": ARN, "policyDocument": document})
    dns.logs.put_log_events(writing)
    with pytest.raises(AwsError, match="OperationAbortedException"):
        aws.logs.put_resource_policy({"resourceArn": ARN, "policyDocument": document})
    aws.logs.delete_resource_policy({"resourceArn": ARN, "expectedRevisionId": made["revisionId"]})
    denied(dns.logs.put_log_events, writing)


def test_there_are_ten_resource_policies(aws: Aws) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    for n in range(10):
        aws.logs.put_resource_policy({"policyName": f"p{n}", "policyDocument": document})
    with pytest.raises(AwsError, match="LimitExceededException"):
        aws.logs.put_resource_policy({"policyName": "p10", "policyDocument": document})
    with pytest.raises(AwsError, match="InvalidParameterException"):
        aws.logs.put_resource_policy({"policyName": "p0", "policyDocument": "{}"})
    assert len(aws.logs.describe_resource_policies({})["resourcePolicies"]) == 10


# --- keys


def key(aws: Aws, *, for_logs: bool = True) -> str:
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ]
    if for_logs:
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                "Action": ["kms:GenerateDataKey*", "kms:Decrypt*"],
                "Resource": "*",
                "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": ARN}},
            }  # type: ignore[arg-type]
        )
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return aws.kms.create_key({"Policy": document})["KeyMetadata"]["Arn"]


def test_a_key_must_let_in_cloudwatch_logs(aws: Aws) -> None:
    with pytest.raises(AwsError) as caught:
        make(aws, GROUP, kmsKeyId=key(aws, for_logs=False))
    assert caught.value.code == "InvalidParameterException"
    assert caught.value.message == (
        f"The specified KMS key does not exist or is not allowed to be used with Arn '{ARN}'"
    )
    assert caught.value.why.because
    assert aws.logs.describe_log_groups({})["logGroups"] == []
    made = key(aws)
    make(aws, GROUP, kmsKeyId=made)
    assert aws.logs.describe_log_groups({})["logGroups"][0]["kmsKeyId"] == made


async def test_a_key_that_is_disabled_closes_the_group_within_minutes(aws: Aws) -> None:
    made = key(aws)
    make(aws)
    aws.logs.associate_kms_key({"logGroupName": GROUP, "kmsKeyId": made})
    put(aws, "x")
    aws.kms.disable_key({"KeyId": made})
    assert filtered(aws) == ["x"]
    await aws.advance(seconds=300)
    for refused in (lambda: put(aws, "y"), lambda: filtered(aws), lambda: read(aws)):
        with pytest.raises(AwsError, match="not allowed to be used with Arn"):
            refused()
    aws.kms.enable_key({"KeyId": made})
    assert filtered(aws) == ["x"]
    aws.logs.disassociate_kms_key({"logGroupName": GROUP})
    assert "kmsKeyId" not in aws.logs.describe_log_groups({})["logGroups"][0]


# --- findings


async def test_a_policy_is_not_there_before_its_findings_have_a_way_in(aws: Aws) -> None:
    make(aws)
    aws.logs.create_log_group({"logGroupName": "/aws/vendedlogs/found"})
    findings = '"FindingsDestination": {"CloudWatchLogs": {"LogGroup": "/aws/vendedlogs/found"}}'
    document = policy("EmailAddress").replace('"FindingsDestination": {}', findings)
    Faults.of(aws.world).add(kind="slow", service="logs", operation="PutResourcePolicy", delay_ms=60_000)
    request = {"logGroupIdentifier": GROUP, "policyDocument": document}
    putting = asyncio.ensure_future(aws.logs.put_data_protection_policy(request))
    await asyncio.sleep(0)
    await aws.advance(seconds=30)
    assert "policyDocument" not in aws.logs.get_data_protection_policy({"logGroupIdentifier": GROUP})
    await aws.advance(seconds=31)
    await putting
    assert len(aws.logs.describe_resource_policies({})["resourcePolicies"]) == 1
    assert "policyDocument" in aws.logs.get_data_protection_policy({"logGroupIdentifier": GROUP})


def test_findings_are_written_to_a_group_of_their_own(aws: Aws) -> None:
    make(aws)
    document = policy("EmailAddress").replace(
        '"FindingsDestination": {}', '"FindingsDestination": {"CloudWatchLogs": {"LogGroup": "/aws/vendedlogs/found"}}'
    )
    request = {"logGroupIdentifier": GROUP, "policyDocument": document}
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.put_data_protection_policy(request)
    aws.logs.create_log_group({"logGroupName": "/aws/vendedlogs/found"})
    aws.logs.put_data_protection_policy(request)
    (held,) = aws.logs.describe_resource_policies({})["resourcePolicies"]
    assert held["policyName"] == "AWSLogDeliveryWrite20150319"
    put(aws, "nothing", "a@b.com and c@d.com")
    (found,) = [json.loads(line) for line in filtered(aws, group="/aws/vendedlogs/found")]
    assert found["resourceArn"] == f"{ARN}:*"
    (told,) = found["dataIdentifiers"]
    assert told == {
        "name": "EmailAddress",
        "count": 2,
        "detections": [{"start": 0, "end": 7}, {"start": 12, "end": 19}],
    }
    aws.logs.delete_resource_policy({"policyName": "AWSLogDeliveryWrite20150319"})
    put(aws, "e@f.com")
    assert len(filtered(aws, group="/aws/vendedlogs/found")) == 1
    assert filtered(aws)[-1] == "*******"
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any("1 findings" in hop.why.cause for hop in trace.hops if hop.why is not None)
