"""Key policies as documents: the default one, and what a new one must hold to."""

from __future__ import annotations

import json

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.policy.document import Policy, PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held
from foulweather.policy.survey import Survey
from foulweather.services.kms import limits, refusals


def default_policy(account: str) -> str:
    """What CreateKey gives a key without a policy: the account may do all, and lets its IAM policies decide."""
    document = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return json.dumps(document, indent=2, separators=(",", " : "))


def checked_policy(call: Call, text: str, key_arn: str, account: str, *, bypasses_check: bool) -> str:
    """A key policy that KMS takes: whole, of principals that are there, and one that its author can change again.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#prevent-unmanageable-key
    """
    size = len(text.encode())
    if size > limits.POLICY_BYTES_MAX:
        raise refusals.over_limit(
            "The key policy document exceeds the maximum size.",
            Fact(key_arn, "Policy bytes", size),
            Fact("quota", "Policy bytes", limits.POLICY_BYTES_MAX),
        )
    try:
        policy = parse(text, "resource")
    except PolicySyntaxError as error:
        raise refusals.malformed_policy(error.message, Fact(key_arn, "Policy", text)) from error
    _check_principals(call, policy, key_arn)
    if not bypasses_check and not _lets_change_it(call, policy, key_arn, account):
        raise refusals.malformed_policy(
            "The new key policy will not allow you to update the key policy in the future.",
            Fact(key_arn, "Policy", text),
            Fact("request", "principal", call.principal.arn),
        )
    return text


def _check_principals(call: Call, policy: Policy, key_arn: str) -> None:
    directory = call.pipeline.directory
    if directory is None:
        return
    for statement in policy.statements:
        for arn in statement.principal.arns if statement.principal is not None else ():
            is_gone = (":role/" in arn and directory.role(arn) is None) or (
                ":user/" in arn and directory.user(arn) is None
            )
            if is_gone:
                raise refusals.malformed_policy(
                    "Policy contains a statement with one or more invalid principals.",
                    Fact(key_arn, "Principal", arn),
                    Fact(arn, "exists", False),
                )


def _lets_change_it(call: Call, policy: Policy, key_arn: str, account: str) -> bool:
    principal = call.principal
    context = {
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:principalaccount": principal.account,
        "kms:calleraccount": principal.account,
    }
    survey = Survey(Ask(principal, "kms:PutKeyPolicy", key_arn, account, context))
    return bool(survey.resource("resource-based", Held(key_arn, "resource", policy))) and not survey.denies
