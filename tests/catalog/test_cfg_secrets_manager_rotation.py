"""A database password in a secret: its versions take turns, and its readers never see a gap.

Rotation by a function needs functions: until they are built it is refused by name, and the secret stays as it was.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import code_of, refused, user
from foulweather.testing import Aws

FUNCTION = "arn:aws:lambda:us-east-1:{account}:function:rotate-database"


@pytest.fixture
def secret(aws: Aws) -> str:
    value = json.dumps({"username": "shop", "password": "first"})
    return aws.client("secretsmanager").create_secret(Name="shop/database", SecretString=value)["ARN"]


def password(client: Any, stage: str = "AWSCURRENT") -> str:
    """What the application connects with."""
    found = client.get_secret_value(SecretId="shop/database", VersionStage=stage)
    return json.loads(found["SecretString"])["password"]


def put(client: Any, value: str, stage: str) -> str:
    """A new version with a label."""
    text = json.dumps({"username": "shop", "password": value})
    return client.put_secret_value(SecretId="shop/database", SecretString=text, VersionStages=[stage])["VersionId"]


def test_a_new_password_is_pending_until_it_is_tried_and_then_takes_over(aws: Aws, secret: str) -> None:
    client = aws.client("secretsmanager")
    current = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    (before,) = current
    pending = put(client, "second", "AWSPENDING")
    assert (password(client), password(client, "AWSPENDING")) == ("first", "second")
    move = {"SecretId": secret, "VersionStage": "AWSCURRENT", "MoveToVersionId": pending}
    assert "RemoveFromVersionId" in refused(client.update_secret_version_stage, **move)["Message"]
    client.update_secret_version_stage(**move, RemoveFromVersionId=before)
    assert (password(client), password(client, "AWSPREVIOUS")) == ("second", "first")
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert stages == {before: ["AWSPREVIOUS"], pending: ["AWSPENDING", "AWSCURRENT"]}


def test_the_application_goes_on_through_a_change(aws: Aws, secret: str) -> None:
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": f"{secret[:-6]}??????"}
    application = user(aws, "application", read)[0].client("secretsmanager")
    client = aws.client("secretsmanager")
    for value in ("second", "third"):
        put(client, value, "AWSCURRENT")
        assert password(application) == value
    assert code_of(application.put_secret_value, SecretId=secret, SecretString="x") == "AccessDeniedException"
    old = password(application, "AWSPREVIOUS")
    assert old == "second"


def test_a_rotation_without_its_function_changes_nothing(aws: Aws, secret: str) -> None:
    client = aws.client("secretsmanager")
    asked = {
        "SecretId": secret,
        "RotationLambdaARN": FUNCTION.format(account=aws.account),
        "RotationRules": {"ScheduleExpression": "cron(0 3 1 * ? *)", "Duration": "2h"},
    }
    assert code_of(client.rotate_secret, **asked) in ("NotImplemented", "AccessDeniedException")
    assert "RotationEnabled" not in client.describe_secret(SecretId=secret)
    assert password(client) == "first"
    wrong = {**asked, "RotationRules": {"ScheduleExpression": "rate(3 hours)"}}
    assert refused(client.rotate_secret, **wrong)["Code"] == "InvalidParameterException"


def test_a_secret_is_not_lost_by_mistake(aws: Aws, secret: str) -> None:
    client = aws.client("secretsmanager")
    client.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    assert "marked for deletion" in refused(client.get_secret_value, SecretId=secret)["Message"]
    aws.advance("6d")
    client.restore_secret(SecretId=secret)
    aws.advance("30d")
    assert password(client) == "first"
