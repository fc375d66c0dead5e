"""What guests can do at most, whatever their role allows, in the enhanced flow.

Cognito hands an inline session policy and a managed one to STS; what either allows is in reach of a guest's role.
https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies
"""

from __future__ import annotations

import json
from typing import Any, Final

MANAGED: Final = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
# The page lists services: those of which the managed policy tells nothing.
_ACTIONS: Final = (
    "appsync:*",
    "cloudwatch:*",
    "codewhisperer:GenerateRecommendations",
    "cognito-identity:*",
    "cognito-idp:*",
    "cognito-sync:*",
    "dynamodb:*",
    "execute-api:*",
    "gamelift:*",
    "iot:*",
    "kinesis:*",
    "lambda:*",
    "lex:*",
    "logs:*",
    "machinelearning:*",
    "mobileanalytics:*",
    "s3:*",
    "sdb:*",
    "ses:*",
    "sns:*",
    "sqs:*",
    "sumerian:View*",
    "textract:AnalyzeDocument",
    "textract:DetectDocumentText",
)
_INLINE: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(_ACTIONS), "Resource": "*"}]},
    separators=(",", ":"),
)


def members() -> dict[str, Any]:
    """What AssumeRoleWithWebIdentity is asked for a guest."""
    return {"Policy": _INLINE, "PolicyArns": [{"arn": MANAGED}]}
