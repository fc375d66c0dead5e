"""A tag policy over an organization: who is not as it says is found, by resource, by account and in a report.

It is enforced for topics; a policy that asks for more is refused, so that nobody relies on what is not built.
"""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.organizations import Organization
from foulweather.testing import Aws

ENVIRONMENT: dict[str, Any] = {
    "tag_key": {"@@assign": "Environment"},
    "tag_value": {"@@assign": ["dev", "staging", "prod"]},
}


class Governed(Organization):
    member: str


@pytest.fixture
def organization(aws: Aws) -> Governed:
    organization = Governed(aws, "TAG_POLICY")
    (organization.member,) = organization.accounts("shop")
    organization.client.enable_aws_service_access(ServicePrincipal="tagpolicies.tag.amazonaws.com")
    organization.policy("Environments", {"tags": {"environment": ENVIRONMENT}}, organization.root, kind="TAG_POLICY")
    sqs = aws.session(organization.member).client("sqs")
    sqs.create_queue(QueueName="right", tags={"Environment": "prod"})
    sqs.create_queue(QueueName="value", tags={"Environment": "test"})
    sqs.create_queue(QueueName="case", tags={"environment": "prod"})
    sqs.create_queue(QueueName="none")
    return organization


def test_what_is_written_wrong_is_found(aws: Aws, organization: Governed) -> None:
    tagging = aws.session(organization.member).client("resourcegroupstaggingapi")
    found = tagging.get_resources(IncludeComplianceDetails=True, ExcludeCompliantResources=True)
    details = {
        each["ResourceARN"].rpartition(":")[2]: each["ComplianceDetails"]
        for each in found["ResourceTagMappingList"]
        if ":sqs:" in each["ResourceARN"]
    }
    assert set(details) == {"value", "case"}
    assert details["value"]["KeysWithNoncompliantValues"] == ["Environment"]
    assert details["case"]["NoncompliantKeys"] == ["environment"]


def test_what_is_tagged_right_is_compliant_again(aws: Aws, organization: Governed) -> None:
    tagging = aws.session(organization.member).client("resourcegroupstaggingapi")
    arn = f"arn:aws:sqs:us-east-1:{organization.member}:value"
    assert tagging.tag_resources(ResourceARNList=[arn], Tags={"Environment": "dev"})["FailedResourcesMap"] == {}
    (found,) = tagging.get_resources(ResourceARNList=[arn], IncludeComplianceDetails=True)["ResourceTagMappingList"]
    assert found["ComplianceDetails"]["ComplianceStatus"] is True


def test_the_management_account_sees_the_whole_organization(aws: Aws, organization: Governed) -> None:
    tagging = aws.client("resourcegroupstaggingapi")
    summary = tagging.get_compliance_summary(GroupBy=["TARGET_ID", "RESOURCE_TYPE"])["SummaryList"]
    assert [(each["TargetId"], each["ResourceType"], each["NonCompliantResources"]) for each in summary] == [
        (organization.member, "sqs", 2)
    ]
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="reports")
    tagging.start_report_creation(S3Bucket="reports")
    aws.advance("1m")
    report = tagging.describe_report_creation()
    assert report["Status"] == "SUCCEEDED"
    body = s3.get_object(Bucket="reports", Key=report["S3Location"].partition("reports/")[2])["Body"].read()
    rows = list(csv.DictReader(body.decode().splitlines()))
    wrong = [row for row in rows if row["ComplianceStatus"] == "false"]
    assert {row["AccountId"] for row in wrong} == {organization.member}


def test_an_account_may_read_the_policy_that_is_over_it(aws: Aws, organization: Governed) -> None:
    client = aws.session(organization.member).client("organizations")
    shown = client.describe_effective_policy(PolicyType="TAG_POLICY")["EffectivePolicy"]
    assert json.loads(shown["PolicyContent"]) == {
        "tags": {"environment": {"tag_key": "Environment", "tag_value": ["dev", "staging", "prod"]}}
    }


def enforced(organization: Governed, *types: str) -> None:
    rule = {**ENVIRONMENT, "enforced_for": {"@@assign": list(types)}}
    organization.policy("Enforced", {"tags": {"environment": rule}}, organization.member, kind="TAG_POLICY")


def test_what_is_written_wrong_is_refused_where_that_is_enforced(aws: Aws, organization: Governed) -> None:
    enforced(organization, "sns:topic")
    sns = aws.session(organization.member).client("sns")
    wrong = [{"Key": "Environment", "Value": "test"}]
    error = refused(sns.create_topic, Name="news", Tags=wrong)
    assert (error["Code"], error["Status"]) == ("TagPolicy", 400)
    assert refused(sns.create_topic, Name="news", Tags=[{"Key": "environment", "Value": "dev"}])["Code"] == "TagPolicy"
    arn = sns.create_topic(Name="news", Tags=[{"Key": "Environment", "Value": "dev"}])["TopicArn"]
    assert refused(sns.tag_resource, ResourceArn=arn, Tags=wrong)["Code"] == "TagPolicy"
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "Other", "Value": "test"}])
    tagging = aws.session(organization.member).client("resourcegroupstaggingapi")
    failed = tagging.tag_resources(ResourceARNList=[arn], Tags={"Environment": "test"})["FailedResourcesMap"]
    assert (failed[arn]["ErrorCode"], failed[arn]["StatusCode"]) == ("TagPolicy", 400)
    assert aws.client("sns").create_topic(Name="news", Tags=wrong)


def test_enforcement_that_is_not_built_is_not_promised(organization: Governed) -> None:
    error = refused(
        organization.client.create_policy,
        Name="Enforced",
        Description="",
        Type="TAG_POLICY",
        Content=json.dumps({"tags": {"environment": {"enforced_for": {"@@assign": ["s3:bucket"]}}}}),
    )
    assert (error["Code"], error["Status"]) == ("NotImplemented", 501)
