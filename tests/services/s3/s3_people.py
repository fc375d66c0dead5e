"""Who asks S3 in tests: users of this account and of another, nobody; and the remedies carried out."""

from __future__ import annotations

import json
from typing import Any

from foulweather.policy.principal import ANONYMOUS
from gates.cli import run
from gates.people import user
from harness import Aws

OTHER = "444455556666"
OPEN = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


def nobody(aws: Aws) -> Aws:
    """An unsigned request."""
    return aws.as_principal(ANONYMOUS)


def stranger(aws: Aws, *statements: dict[str, Any], name: str = "mallory") -> Aws:
    """A user of another account."""
    return user(aws.in_account(OTHER), name, *statements)


def policy(aws: Aws, bucket: str, *statements: dict[str, Any]) -> None:
    """Set a bucket's policy."""
    aws.s3.put_bucket_policy({"Bucket": bucket, "Policy": text(*statements)})


def text(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(bucket: str, *actions: str, principal: Any = "*", on: str = "/*", **more: Any) -> dict[str, Any]:
    """An Allow statement for a bucket's policy."""
    made = {"Effect": "Allow", "Principal": principal, "Action": list(actions) or ["s3:GetObject"]}
    return {**made, "Resource": f"arn:aws:s3:::{bucket}{on}", **more}


def open_up(aws: Aws, bucket: str) -> None:
    """Take block public access off a bucket."""
    aws.s3.put_public_access_block({"Bucket": bucket, "PublicAccessBlockConfiguration": OPEN})


def with_lists(aws: Aws, bucket: str, ownership: str = "ObjectWriter") -> None:
    """Let access control lists count."""
    aws.s3.put_bucket_ownership_controls(
        {"Bucket": bucket, "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}
    )


def carry_out(aws: Aws, command: str) -> Any:
    """Run a remedy."""
    return run(aws, command.replace("aws s3api ", "aws s3 "))
