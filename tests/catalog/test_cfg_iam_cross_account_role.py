"""A pipeline of one account deploys into another: by role, with an external id, and no further than its artifacts."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from catalog.configurations import code_of, policy, refused, role, session_of
from foulweather.testing import Aws

TOOLS, TARGET, STRANGER = "111111111111", "222222222222", "333333333333"
DEPLOY = f"arn:aws:iam::{TARGET}:role/deploy-role"
ARTIFACTS = "deploy-artifacts-222222222222"
EXTERNAL_ID = "shop-deploy-7f3a"


class Pipeline(NamedTuple):
    cicd: Any
    """A session of cicd-role in the tools account."""
    other: Any
    """A session of another role of the tools account, with the same permissions."""


@pytest.fixture
def pipeline(aws: Aws) -> Pipeline:
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": DEPLOY}
    sessions: list[Any] = []
    for name in ("cicd-role", "other-role"):
        arn = role(aws, name, {"AWS": f"arn:aws:iam::{TOOLS}:root"}, may, account=TOOLS)
        iam = aws.session(TOOLS).client("iam")
        starter = f"start-{name}"
        iam.create_user(UserName=starter)
        document = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})
        iam.put_user_policy(UserName=starter, PolicyName="start", PolicyDocument=document)
        key = iam.create_access_key(UserName=starter)["AccessKey"]
        by = aws.session(key["AccessKeyId"], key["SecretAccessKey"]).client("sts")
        sessions.append(session_of(aws, by.assume_role(RoleArn=arn, RoleSessionName="build")))
    iam = aws.session(TARGET).client("iam")
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{TOOLS}:role/cicd-role"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    )
    iam.create_role(RoleName="deploy-role", AssumeRolePolicyDocument=trust)
    work = policy(
        {
            "Effect": "Allow",
            "Action": ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"],
            "Resource": f"arn:aws:lambda:us-east-1:{TARGET}:function:*",
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{ARTIFACTS}/*"},
    )
    iam.put_role_policy(RoleName="deploy-role", PolicyName="deploy", PolicyDocument=work)
    aws.session(TARGET).client("s3").create_bucket(Bucket=ARTIFACTS)
    return Pipeline(*sessions)


def assumed(session: Any, **more: str) -> Any:
    return session.client("sts").assume_role(RoleArn=DEPLOY, RoleSessionName="deploy", **more)


def test_with_the_external_id_the_pipeline_is_in_the_other_account(aws: Aws, pipeline: Pipeline) -> None:
    deploy = session_of(aws, assumed(pipeline.cicd, ExternalId=EXTERNAL_ID))
    told = deploy.client("sts").get_caller_identity()
    assert told["Account"] == TARGET
    assert told["Arn"] == f"arn:aws:sts::{TARGET}:assumed-role/deploy-role/deploy"


def test_it_puts_artifacts_and_does_nothing_else(aws: Aws, pipeline: Pipeline) -> None:
    deploy = session_of(aws, assumed(pipeline.cicd, ExternalId=EXTERNAL_ID))
    s3 = deploy.client("s3")
    s3.put_object(Bucket=ARTIFACTS, Key="shop.zip", Body=b"PK")
    assert code_of(s3.get_object, Bucket=ARTIFACTS, Key="shop.zip") == "AccessDenied"
    assert code_of(s3.list_buckets) == "AccessDenied"
    assert code_of(deploy.client("sqs").list_queues) in {"AccessDenied", "AccessDeniedException"}
    assert code_of(deploy.client("iam").list_roles) == "AccessDenied"


def test_the_policy_lets_it_update_functions_and_nobody_elses(aws: Aws, pipeline: Pipeline) -> None:
    function, other = (f"arn:aws:lambda:us-east-1:{account}:function:shop" for account in (TARGET, STRANGER))
    told = (
        aws.session(TARGET)
        .client("iam")
        .simulate_principal_policy(
            PolicySourceArn=DEPLOY,
            ActionNames=["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction"],
            ResourceArns=[function],
        )
    )
    assert {each["EvalActionName"]: each["EvalDecision"] for each in told["EvaluationResults"]} == {
        "lambda:UpdateFunctionCode": "allowed",
        "lambda:UpdateFunctionConfiguration": "allowed",
        "lambda:DeleteFunction": "implicitDeny",
    }
    told = (
        aws.session(TARGET)
        .client("iam")
        .simulate_principal_policy(
            PolicySourceArn=DEPLOY, ActionNames=["lambda:UpdateFunctionCode"], ResourceArns=[other]
        )
    )
    assert told["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


def test_every_other_combination_is_refused(aws: Aws, pipeline: Pipeline) -> None:
    combinations: list[tuple[Any, dict[str, str]]] = [
        (pipeline.cicd, {}),
        (pipeline.cicd, {"ExternalId": "guessed"}),
        (pipeline.other, {"ExternalId": EXTERNAL_ID}),
        (pipeline.other, {}),
    ]
    for session, more in combinations:
        assert refused(lambda session=session, more=more: assumed(session, **more))["Code"] == "AccessDenied"


def test_a_stranger_with_the_external_id_is_refused_too(aws: Aws, pipeline: Pipeline) -> None:
    iam = aws.session(STRANGER).client("iam")
    iam.create_user(UserName="mallory")
    document = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    iam.put_user_policy(UserName="mallory", PolicyName="any", PolicyDocument=document)
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    mallory = aws.session(key["AccessKeyId"], key["SecretAccessKey"])
    error = refused(lambda: assumed(mallory, ExternalId=EXTERNAL_ID))
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
