"""Runbooks that AWS owns: a few that repair buckets and tell people.

Their names, parameters and effects are AWS's; their steps are written here, for AWS's texts are its own.
https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-runbook-reference.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

OWNER: Final = "Amazon"
_ROLE: Final[Mapping[str, Any]] = {
    "type": "String",
    "description": "(Optional) The ARN of the role that allows Automation to perform the actions on your behalf.",
    "default": "",
}
_BUCKET: Final[Mapping[str, Any]] = {"type": "String", "description": "(Required) The name of the S3 bucket."}
_FLAGS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def _api(name: str, service: str, api: str, **inputs: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:executeAwsApi", "inputs": {"Service": service, "Api": api, **inputs}}


def _check(name: str, wanted: str, api: str, selector: str, **inputs: Any) -> dict[str, Any]:
    asked = {"Service": "s3", "Api": api, **inputs, "PropertySelector": selector, "DesiredValues": [wanted]}
    return {"name": name, "action": "aws:assertAwsResourceProperty", "inputs": asked}


def _runbook(description: str, parameters: Mapping[str, Any], *steps: Mapping[str, Any]) -> str:
    document = {
        "description": description,
        "schemaVersion": "0.3",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"AutomationAssumeRole": _ROLE, **parameters},
        "mainSteps": list(steps),
    }
    return json.dumps(document, indent=2)


_BLOCK = "PublicAccessBlockConfiguration"
RUNBOOKS: Final[Mapping[str, str]] = {
    "AWS-ConfigureS3BucketVersioning": _runbook(
        "Configure versioning for an S3 bucket",
        {
            "BucketName": _BUCKET,
            "VersioningState": {"type": "String", "allowedValues": ["Enabled", "Suspended"], "default": "Enabled"},
        },
        _api(
            "PutBucketVersioning",
            "s3",
            "PutBucketVersioning",
            Bucket="{{ BucketName }}",
            VersioningConfiguration={"Status": "{{ VersioningState }}"},
        ),
    ),
    "AWS-DisableS3BucketPublicReadWrite": _runbook(
        "Disable public read and write access of an S3 bucket",
        {"S3BucketName": _BUCKET},
        _api(
            "DisableS3BucketPublicReadWrite",
            "s3",
            "PutPublicAccessBlock",
            Bucket="{{ S3BucketName }}",
            PublicAccessBlockConfiguration=dict.fromkeys(_FLAGS, True),
        ),
    ),
    "AWS-EnableS3BucketEncryption": _runbook(
        "Enable the default encryption of an S3 bucket",
        {"BucketName": _BUCKET, "SSEAlgorithm": {"type": "String", "default": "AES256"}},
        _api(
            "PutBucketEncryption",
            "s3",
            "PutBucketEncryption",
            Bucket="{{ BucketName }}",
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "{{ SSEAlgorithm }}"}}]
            },
        ),
    ),
    "AWS-PublishSNSNotification": _runbook(
        "Publish a notification to an SNS topic",
        {"TopicArn": {"type": "String"}, "Message": {"type": "String"}},
        _api("PublishSNSNotification", "sns", "Publish", TopicArn="{{ TopicArn }}", Message="{{ Message }}"),
    ),
    "AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock": _runbook(
        "Configure the public access block of an S3 bucket",
        {"BucketName": _BUCKET, **{flag: {"type": "Boolean", "default": True} for flag in _FLAGS}},
        _api(
            "PutBucketPublicAccessBlock",
            "s3",
            "PutPublicAccessBlock",
            Bucket="{{ BucketName }}",
            PublicAccessBlockConfiguration={flag: f"{{{{ {flag} }}}}" for flag in _FLAGS},
        ),
        *(
            _check(f"Verify{flag}", f"{{{{ {flag} }}}}", "GetPublicAccessBlock", f"$.{_BLOCK}.{flag}",
                   Bucket="{{ BucketName }}")
            for flag in _FLAGS
        ),
    ),
}  # fmt: skip
