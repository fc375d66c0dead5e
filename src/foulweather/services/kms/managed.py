"""AWS managed keys: made when a service first needs one, or somebody asks for their alias.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from foulweather.kernel.call import Call
from foulweather.services.kms.limits import DAY_MS, ROTATION_DAYS_DEFAULT
from foulweather.services.kms.relatives import schedule
from foulweather.services.kms.state import Alias, Key, KmsState, Material

_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey")
_SHOWN: Mapping[str, str] = {
    "acm": "ACM",
    "backup": "Backup",
    "codecommit": "CodeCommit",
    "dms": "DMS",
    "dynamodb": "Amazon DynamoDB",
    "ebs": "EBS",
    "elasticfilesystem": "EFS",
    "es": "OpenSearch",
    "fsx": "FSx",
    "glue": "Glue",
    "kinesis": "Kinesis",
    "kinesisvideo": "Kinesis Video Streams",
    "lambda": "AWS Lambda",
    "rds": "RDS",
    "redshift": "Redshift",
    "s3": "S3",
    "secretsmanager": "AWS Secrets Manager",
    "sns": "SNS",
    "sqs": "Simple Queue Service (SQS)",
    "ssm": "AWS Systems Manager",
    "workspaces": "WorkSpaces",
    "xray": "X-Ray",
}
"""The services that have an AWS managed key, as their key policies name them."""

_ENDPOINTS: Mapping[str, str] = {"ebs": "ec2"}
_ASKING = frozenset({"DescribeKey", "ListAliases", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants"})


def predefined_aliases() -> list[str]:
    """The aliases of the AWS managed keys that there can be."""
    return [f"alias/aws/{service}" for service in _SHOWN]


def managed_key(call: Call, state: KmsState, alias: str) -> Key | None:
    """The AWS managed key of an alias (`alias/aws/sqs`), made now if its service or its owner asks for it."""
    service = alias[len("alias/aws/") :]
    if service not in _SHOWN:
        return None
    if not call.via and (call.operation not in _ASKING or state.account != call.principal.account):
        return None
    key = Key(
        call.world.ids.uuid(),
        state.account,
        state.region,
        call.now,
        policy_of(service, state.account, state.region),
        manager="AWS",
        description=f"Default key that protects my {_SHOWN[service]} data when no other key is defined",
        rotation_days=ROTATION_DAYS_DEFAULT,
        rotation_ms=call.now + ROTATION_DAYS_DEFAULT * DAY_MS,
    )
    key.material = call.world.ids.hex(64)
    state.add(key, Material(key.material, key.id, call.world.random.randbytes(32), call.now))
    state.add_alias(Alias(alias, key.id, call.now, call.now))
    schedule(call, key, key.rotation_ms, "kms.rotate_key")
    call.changed("kms.KeyCreated", key.arn, KeyManager="AWS", KeyState=key.state, Policy=key.policy)
    return key


def policy_of(service: str, account: str, region: str) -> str:
    """The policy of a service's AWS managed key: through the service for everybody, directly for metadata only."""
    shown = _SHOWN[service]
    endpoint = _ENDPOINTS.get(service, service)
    document = {
        "Version": "2012-10-17",
        "Id": f"auto-{service}-2",
        "Statement": [
            {
                "Sid": f"Allow access through {shown} for all principals in the account that are authorized to use "
                f"{shown}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": list(_USE),
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": account,
                        "kms:ViaService": f"{endpoint}.{region}.amazonaws.com",
                    }
                },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    return json.dumps(document)
