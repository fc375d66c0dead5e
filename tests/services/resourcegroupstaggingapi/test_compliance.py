from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER

POLICY = {"tags": {"costcenter": {"tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["100", "2*"]}}}}


def refusal(operation: Any, request: dict[str, Any] | None = None) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request or {})
    return caught.value


def organize(aws: Aws) -> None:
    aws.organizations.create_organization()
    invited = aws.organizations.invite_account_to_organization({"Target": {"Id": MEMBER, "Type": "ACCOUNT"}})
    aws.in_account(MEMBER).organizations.accept_handshake({"HandshakeId": invited["Handshake"]["Id"]})


def trust(aws: Aws) -> None:
    aws.organizations.enable_aws_service_access({"ServicePrincipal": "tagpolicies.tag.amazonaws.com"})


def govern(aws: Aws) -> None:
    (root,) = aws.organizations.list_roots()["Roots"]
    aws.organizations.enable_policy_type({"RootId": root["Id"], "PolicyType": "TAG_POLICY"})
    made = aws.organizations.create_policy(
        {"Name": "Cost", "Description": "", "Type": "TAG_POLICY", "Content": json.dumps(POLICY)}
    )
    aws.organizations.attach_policy({"PolicyId": made["Policy"]["PolicySummary"]["Id"], "TargetId": root["Id"]})


@pytest.fixture
def governed(aws: Aws) -> Aws:
    """The management account of an organization under a tag policy, with queues good and bad in two accounts."""
    organize(aws)
    trust(aws)
    govern(aws)
    member = aws.in_account(MEMBER)
    for caller, name, tags in (
        (aws, "good", {"CostCenter": "100", "other": "x"}),
        (aws, "wild", {"CostCenter": "2001"}),
        (aws, "value", {"CostCenter": "300"}),
        (member, "case", {"costcenter": "100"}),
        (member.in_region("eu-west-1"), "both", {"COSTCENTER": "7"}),
    ):
        caller.sqs.create_queue({"QueueName": name, "tags": tags})
    return aws


def test_compliance_by_resource(governed: Aws) -> None:
    found = governed.resourcegroupstaggingapi.get_resources({"IncludeComplianceDetails": True})
    details = {
        each["ResourceARN"].rpartition(":")[2]: each["ComplianceDetails"] for each in found["ResourceTagMappingList"]
    }
    assert details["good"] == {"NoncompliantKeys": [], "KeysWithNoncompliantValues": [], "ComplianceStatus": True}
    assert details["wild"]["ComplianceStatus"]
    assert details["value"]["KeysWithNoncompliantValues"] == ["CostCenter"]
    member = governed.in_account(MEMBER).resourcegroupstaggingapi
    wrong = {"IncludeComplianceDetails": True, "ExcludeCompliantResources": True}
    (case,) = member.get_resources(wrong)["ResourceTagMappingList"]
    assert case["ComplianceDetails"] == {
        "NoncompliantKeys": ["costcenter"],
        "KeysWithNoncompliantValues": [],
        "ComplianceStatus": False,
    }


def test_the_summary_of_an_organization(governed: Aws) -> None:
    get = governed.resourcegroupstaggingapi.get_compliance_summary
    (whole,) = get({})["SummaryList"]
    assert whole["NonCompliantResources"] == 3
    by = get({"GroupBy": ["TARGET_ID", "REGION"]})["SummaryList"]
    assert [(each["TargetId"], each["Region"], each["NonCompliantResources"]) for each in by] == [
        (ACCOUNT, "us-east-1", 1),
        (MEMBER, "eu-west-1", 1),
        (MEMBER, "us-east-1", 1),
    ]
    (one,) = get({"TargetIdFilters": [MEMBER], "RegionFilters": ["eu-west-1"], "GroupBy": ["RESOURCE_TYPE"]})[
        "SummaryList"
    ]
    assert (one["ResourceType"], one["NonCompliantResources"]) == ("sqs", 1)
    assert get({"TagKeyFilters": ["nothing"]})["SummaryList"] == []


async def test_a_report_is_written_to_a_bucket(governed: Aws) -> None:
    api = governed.resourcegroupstaggingapi
    governed.s3.create_bucket({"Bucket": "reports"})
    assert api.describe_report_creation() == {"Status": "NO REPORT"}
    assert api.start_report_creation({"S3Bucket": "reports"}) == {}
    assert api.describe_report_creation() == {"Status": "RUNNING"}
    assert refusal(api.start_report_creation, {"S3Bucket": "reports"}).code == "ConcurrentModificationException"
    await governed.advance(seconds=60)
    done = api.describe_report_creation()
    assert done["Status"] == "SUCCEEDED"
    bucket, _, key = done["S3Location"].removeprefix("s3://").partition("/")
    found = governed.s3.get_object({"Bucket": bucket, "Key": key})
    found = await found if hasattr(found, "__await__") else found
    body = found["Body"]
    text = body if isinstance(body, bytes) else b"".join([piece async for piece in body])
    rows = {row["ResourceARN"].rpartition(":")[2]: row for row in csv.DictReader(text.decode().splitlines())}
    assert rows["good"]["ComplianceStatus"] == "true"
    assert rows["both"]["NoncompliantKeys"] == "COSTCENTER"
    assert (rows["both"]["AccountId"], rows["both"]["Region"]) == (MEMBER, "eu-west-1")
    await governed.advance(seconds=91 * 86_400)
    assert api.describe_report_creation() == {"Status": "NO REPORT"}


async def test_a_report_fails_when_its_bucket_is_gone(governed: Aws) -> None:
    api = governed.resourcegroupstaggingapi
    error = refusal(api.start_report_creation, {"S3Bucket": "reports"})
    assert error.code == "InvalidParameterException"
    governed.s3.create_bucket({"Bucket": "reports"})
    api.start_report_creation({"S3Bucket": "reports"})
    governed.s3.delete_bucket({"Bucket": "reports"})
    await governed.advance(seconds=60)
    assert api.describe_report_creation()["Status"] == "FAILED"


def test_what_an_organization_needs_for_it(aws: Aws) -> None:
    get = aws.resourcegroupstaggingapi.get_compliance_summary
    assert refusal(get).code == "ConstraintViolationException"
    organize(aws)
    untrusted = refusal(get)
    assert "service principal" in untrusted.message
    assert untrusted.why.remedy
    trust(aws)
    assert "tag policy attached" in refusal(get).message
    govern(aws)
    assert get() == {"SummaryList": []}
    assert refusal(aws.in_region("eu-west-1").resourcegroupstaggingapi.get_compliance_summary).code == (
        "InvalidParameterException"
    )
    member = aws.in_account(MEMBER).resourcegroupstaggingapi
    assert refusal(member.get_compliance_summary).code == "ConstraintViolationException"
