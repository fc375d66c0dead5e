"""What CloudWatch Logs tells of its log transformers."""

from __future__ import annotations

from harness import Aws
from services.cloudwatch.test_log_metrics import GROUP, of_group, write
from services.cloudwatch.watching import query, values

PARSE = [{"parseJSON": {}}]


async def test_a_groups_own_transformer_counts_by_group_and_the_accounts_by_level(aws: Aws) -> None:
    aws.logs.create_log_group({"logGroupName": GROUP})
    aws.logs.create_log_stream({"logGroupName": GROUP, "logStreamName": "one"})
    policy = {"policyName": "p", "policyType": "TRANSFORMER_POLICY", "policyDocument": '[{"parseJSON": {}}]'}
    await aws.logs.put_account_policy(policy)
    await write(aws, '{"a":1}')
    aws.logs.put_transformer({"logGroupIdentifier": GROUP, "transformerConfig": PARSE})
    await write(aws, '{"a":1}', '{"b":2}', "no JSON")
    await aws.advance(seconds=60)
    assert values(aws, of_group("TransformedLogEvents")) == [2]
    assert values(aws, of_group("TransformedBytes")) == [14]
    assert values(aws, of_group("TransformationErrors")) == [1]
    of_account = {"PolicyLevel": "AccountPolicy"}
    assert values(aws, query("TransformedLogEvents", namespace="AWS/Logs", dimensions=of_account)) == [1]
    assert values(aws, query("TransformationErrors", namespace="AWS/Logs", dimensions=of_account)) == []
