"""Sampling targets, encryption, tags, and what is not built."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

RULE = {
    "RuleName": "shop", "ResourceARN": "*", "Priority": 10, "FixedRate": 0.1, "ReservoirSize": 5, "ServiceName": "*",
    "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
}  # fmt: skip


def target(aws: Aws, client: str, rule: str = "shop") -> dict[str, Any]:
    report = {"RuleName": rule, "ClientID": client * 24, "Timestamp": aws.now, "RequestCount": 9, "SampledCount": 2}
    return aws.xray.get_sampling_targets({"SamplingStatisticsDocuments": [report]})


async def test_clients_share_a_reservoir_while_they_report(aws: Aws) -> None:
    aws.xray.create_sampling_rule({"SamplingRule": RULE})
    (alone,) = target(aws, "a")["SamplingTargetDocuments"]
    assert (alone["ReservoirQuota"], alone["FixedRate"], alone["Interval"]) == (5, 0.1, 10)
    assert alone["ReservoirQuotaTTL"] > aws.now
    await aws.advance(seconds=5)
    (second,) = target(aws, "b")["SamplingTargetDocuments"]
    (first,) = target(aws, "a")["SamplingTargetDocuments"]
    assert (first["ReservoirQuota"], second["ReservoirQuota"]) == (3, 2)
    await aws.advance(seconds=16)
    assert target(aws, "b")["SamplingTargetDocuments"][0]["ReservoirQuota"] == 5
    summaries = aws.xray.get_sampling_statistic_summaries({})["SamplingStatisticSummaries"]
    assert sum(each["RequestCount"] for each in summaries) == 36


def test_statistics_of_a_rule_that_is_not_there_are_left(aws: Aws) -> None:
    answer = target(aws, "a", "none")
    assert [each["RuleName"] for each in answer["UnprocessedStatistics"]] == ["none"]
    assert answer["SamplingTargetDocuments"] == []


def test_rules_have_an_order_and_a_limit(aws: Aws) -> None:
    for number in range(25):
        aws.xray.create_sampling_rule({"SamplingRule": {**RULE, "RuleName": f"r{number:02}", "Priority": 100 - number}})
    listed = [each["SamplingRule"]["RuleName"] for each in aws.xray.get_sampling_rules({})["SamplingRuleRecords"]]
    assert (listed[0], listed[-2:]) == ("r24", ["r00", "Default"])
    with pytest.raises(AwsError) as refused:
        aws.xray.create_sampling_rule({"SamplingRule": RULE})
    assert refused.value.code == "RuleLimitExceededException"
    aws.xray.delete_sampling_rule({"RuleName": "r00"})
    made = aws.xray.create_sampling_rule({"SamplingRule": RULE})["SamplingRuleRecord"]["SamplingRule"]
    update = {"RuleARN": made["RuleARN"], "ReservoirSize": 0}
    changed = aws.xray.update_sampling_rule({"SamplingRuleUpdate": update})["SamplingRuleRecord"]["SamplingRule"]
    assert changed == {**made, "ReservoirSize": 0}


async def test_encryption_takes_a_key_that_can_be_used(aws: Aws) -> None:
    assert aws.xray.get_encryption_config({})["EncryptionConfig"] == {"Type": "NONE", "Status": "ACTIVE"}
    key = aws.kms.create_key({})["KeyMetadata"]
    made = aws.xray.put_encryption_config({"Type": "KMS", "KeyId": key["KeyId"]})["EncryptionConfig"]
    assert made == {"Type": "KMS", "Status": "UPDATING", "KeyId": key["Arn"]}
    await aws.advance(seconds=10)
    assert aws.xray.get_encryption_config({})["EncryptionConfig"]["Status"] == "ACTIVE"
    aws.kms.disable_key({"KeyId": key["KeyId"]})
    for request in (
        {"Type": "KMS", "KeyId": key["Arn"]},
        {"Type": "KMS", "KeyId": "alias/none"},
        {"Type": "KMS"},
        {"Type": "NONE", "KeyId": key["Arn"]},
    ):
        with pytest.raises(AwsError) as refused:
            aws.xray.put_encryption_config(request)
        assert refused.value.code == "InvalidRequestException"


def test_groups_and_rules_have_tags(aws: Aws) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    group = aws.xray.create_group({"GroupName": "g", "Tags": tags})["Group"]["GroupARN"]
    rule = aws.xray.create_sampling_rule({"SamplingRule": RULE, "Tags": tags})
    for arn in (group, rule["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]):
        aws.xray.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "env", "Value": "x"}]})
        aws.xray.untag_resource({"ResourceARN": arn, "TagKeys": ["team"]})
        assert aws.xray.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "env", "Value": "x"}]
    found = aws.resourcegroupstaggingapi.get_resources({"TagFilters": [{"Key": "env"}]})["ResourceTagMappingList"]
    assert len(found) == 2
    with pytest.raises(AwsError) as refused:
        aws.xray.list_tags_for_resource({"ResourceARN": f"{group}x"})
    assert refused.value.code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("get_insight_summaries", {}),
        ("start_trace_retrieval", {}),
        ("get_indexing_rules", {}),
        ("update_trace_segment_destination", {"Destination": "CloudWatchLogs"}),
        ("create_group", {"GroupName": "g", "InsightsConfiguration": {"InsightsEnabled": True}}),
    ],
)
def test_what_is_not_built_says_so(aws: Aws, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as refused:
        getattr(aws.xray, operation)(request_)
    assert refused.value.status == 501
