"""A database password in a secret: its versions take turns, and its readers never see a gap.

A function of ours rotates it: makes a value, sets it in the "database" (a parameter), tries it, and makes it current.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import code_of, refused, user
from catalog.functions import function, written
from foulweather.engines.functions.interpreters import sdk_directories
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
    assert code_of(client.rotate_secret, **asked) == "AccessDeniedException"
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


ROTATES = """
import json
import boto3

secrets, database = boto3.client("secretsmanager"), boto3.client("ssm")

def handler(event, context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert "AWSPENDING" in stages[token], stages
    print("STEP", step)
    if step == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
            return
        except secrets.exceptions.ResourceNotFoundException:
            pass
        now = json.loads(secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"])
        now["password"] = secrets.get_random_password(PasswordLength=20)["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(now), VersionStages=["AWSPENDING"]
        )
        return
    if step == "finishSecret":
        (current,) = [one for one, held in stages.items() if "AWSCURRENT" in held]
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
        return
    asked = {"SecretId": secret, "VersionId": token, "VersionStage": "AWSPENDING"}
    pending = json.loads(secrets.get_secret_value(**asked)["SecretString"])["password"]
    if step == "setSecret":
        database.put_parameter(Name="database-password", Value=pending, Overwrite=True, Type="String")
    else:
        assert database.get_parameter(Name="database-password")["Parameter"]["Value"] == pending
"""


@pytest.fixture
def rotating(aws: Aws, secret: str) -> dict[str, Any]:
    """A rotation of the secret by a function that Secrets Manager may invoke, and the database with its password."""
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    aws.client("ssm").put_parameter(Name="database-password", Value="first", Type="String")
    may = {
        "Effect": "Allow",
        "Action": ["secretsmanager:*", "ssm:PutParameter", "ssm:GetParameter"],
        "Resource": "*",
    }
    arn = function(aws, "rotate-database", ROTATES, may, Timeout=30)
    aws.client("lambda").add_permission(
        FunctionName="rotate-database",
        StatementId="secrets",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount=aws.account,
    )
    return {"SecretId": secret, "RotationLambdaARN": arn, "RotationRules": {"AutomaticallyAfterDays": 30}}


def in_database(aws: Aws) -> str:
    return aws.client("ssm").get_parameter(Name="database-password")["Parameter"]["Value"]


def test_a_rotation_changes_the_password_of_the_database_and_the_application_goes_on(
    aws: Aws, rotating: dict[str, Any]
) -> None:
    client = aws.client("secretsmanager")
    client.rotate_secret(**rotating)
    aws.advance("1m")
    second = password(client)
    assert second != "first"
    assert (in_database(aws), password(client, "AWSPREVIOUS")) == (second, "first")
    steps = [line.split()[1] for line in written(aws, "rotate-database") if line.startswith("STEP")]
    assert steps == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    aws.advance("31d")
    third = password(client)
    assert third not in ("first", second)
    assert in_database(aws) == third


def test_a_rotation_that_fails_leaves_the_current_password_in_force(aws: Aws, rotating: dict[str, Any]) -> None:
    client = aws.client("secretsmanager")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*"}]}
    aws.client("iam").put_role_policy(RoleName="rotate-database", PolicyName="deny", PolicyDocument=json.dumps(deny))
    client.rotate_secret(**rotating)
    aws.advance("1m")
    assert (password(client), in_database(aws)) == ("first", "first")
    (failed, *_) = aws.events("secretsmanager.RotationFailed")
    assert failed.facts["step"] == "setSecret"
    aws.client("iam").delete_role_policy(RoleName="rotate-database", PolicyName="deny")
    again = refused(client.rotate_secret, SecretId=rotating["SecretId"])
    assert again["Message"] == "A previous rotation isn't complete. That rotation will be reattempted."
    aws.advance("1d")
    assert password(client) == in_database(aws) != "first"
