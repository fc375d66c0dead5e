from __future__ import annotations

import pytest

from foulweather.services.iam import aws_managed
from foulweather.services.iam.records import ManagedPolicy, PolicyVersion

POLICY = "arn:aws:iam::aws:policy/aws-service-role/AWSApplicationAutoscalingDynamoDBTablePolicy"
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSApplicationAutoscalingDynamoDBTablePolicy.html
DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:DescribeTable", '
    '"dynamodb:UpdateTable", "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"], '
    '"Resource": "*"}]}'
)


@pytest.fixture(autouse=True)
def linked_policy() -> None:
    """The role's policy, where IAM does not hold it."""
    if aws_managed.find(POLICY) is None:
        made_ms = 1_508_535_240_000
        aws_managed.catalogue()[POLICY] = ManagedPolicy(
            account="aws",
            name=POLICY.rpartition("/")[2],
            path="/aws-service-role/",
            id="",
            created_ms=made_ms,
            updated_ms=made_ms,
            versions=[PolicyVersion(id="v1", document=DOCUMENT, created_ms=made_ms)],
            default_id="v1",
            made=1,
        )
