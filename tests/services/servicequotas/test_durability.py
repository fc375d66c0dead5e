"""What Service Quotas, the Tagging API, Resource Groups and Organizations hold is there after a restart."""

from __future__ import annotations

import json
from pathlib import Path

from harness import ACCOUNT, Aws, new_aws
from services.organizations.alone import MEMBER

OTHER = "777788889999"
TABLES = {"ServiceCode": "dynamodb", "QuotaCode": "L-F98FE922"}
QUERY = {
    "Type": "TAG_FILTERS_1_0",
    "Query": json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "a", "Values": ["b"]}]}),
}
POLICY = json.dumps({"tags": {"team": {"tag_value": {"@@assign": ["blue"]}}}})


def restarted(aws: Aws, directory: Path) -> Aws:
    aws.world.store.commit()
    aws.world.close()
    return new_aws(directory=directory)


def fill(aws: Aws) -> None:
    aws.organizations.create_organization({"FeatureSet": "CONSOLIDATED_BILLING"})
    invited = aws.organizations.invite_account_to_organization({"Target": {"Id": MEMBER, "Type": "ACCOUNT"}})
    aws.in_account(MEMBER).organizations.accept_handshake({"HandshakeId": invited["Handshake"]["Id"]})
    aws.organizations.enable_all_features()
    other = aws.in_account(OTHER).organizations
    other.create_organization()
    other.invite_organization_to_transfer_responsibility(
        {
            "Type": "BILLING",
            "Target": {"Id": ACCOUNT, "Type": "ACCOUNT"},
            "StartTimestamp": aws.now + 31 * 86_400_000,
            "SourceName": "other",
        }
    )
    root = other.list_roots()["Roots"][0]["Id"]
    other.enable_policy_type({"RootId": root, "PolicyType": "TAG_POLICY"})
    made = other.create_policy({"Name": "t", "Description": "", "Type": "TAG_POLICY", "Content": POLICY})
    other.attach_policy({"PolicyId": made["Policy"]["PolicySummary"]["Id"], "TargetId": root})
    for service in ("servicequotas.amazonaws.com", "tagpolicies.tag.amazonaws.com"):
        other.enable_aws_service_access({"ServicePrincipal": service})
    quotas = getattr(aws.in_account(OTHER), "service-quotas")
    quotas.put_service_quota_increase_request_into_template({**TABLES, "AwsRegion": "eu-west-1", "DesiredValue": 3000})
    quotas.request_service_quota_increase({**TABLES, "DesiredValue": 3000})
    arn = f"arn:aws:servicequotas:us-east-1:{OTHER}:dynamodb/L-F98FE922"
    quotas.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]})
    quotas.start_quota_utilization_report()
    aws.in_account(OTHER).s3.create_bucket({"Bucket": "reports"})
    aws.in_account(OTHER).resourcegroupstaggingapi.start_report_creation({"S3Bucket": "reports"})
    groups = getattr(aws.in_account(OTHER), "resource-groups")
    groups.create_group({"Name": "by-tag", "ResourceQuery": QUERY, "Tags": {"a": "b"}})
    groups.create_group({"Name": "app", "Configuration": [{"Type": "AWS::ResourceGroups::ApplicationGroup"}]})


async def test_nothing_is_lost_and_all_goes_on(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    fill(aws)
    again = restarted(aws, tmp_path)
    listed = again.organizations.list_handshakes_for_account()["Handshakes"]
    assert {each["Action"] for each in listed} == {"ENABLE_ALL_FEATURES", "TRANSFER_RESPONSIBILITY"}
    other = again.in_account(OTHER)
    groups = getattr(other, "resource-groups")
    assert len(groups.list_groups()["Groups"]) == 2
    assert len(groups.list_group_resources({"Group": "by-tag"})["Resources"]) == 1
    quotas = getattr(other, "service-quotas")
    await again.advance(seconds=300)
    assert quotas.get_service_quota(TABLES)["Quota"]["Value"] == 3000
    assert other.resourcegroupstaggingapi.describe_report_creation()["Status"] == "SUCCEEDED"
    wanted = {**TABLES, "AwsRegion": "eu-west-1"}
    assert quotas.get_service_quota_increase_request_from_template(wanted)
    arn = f"arn:aws:servicequotas:us-east-1:{OTHER}:dynamodb/L-F98FE922"
    assert quotas.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "a", "Value": "b"}]
    effective = other.organizations.describe_effective_policy({"PolicyType": "TAG_POLICY"})["EffectivePolicy"]
    assert json.loads(effective["PolicyContent"]) == {"tags": {"team": {"tag_value": ["blue"]}}}
