"""Functions as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clients.running import ACCOUNT, Cloud
from services.lambda_.packaged import zipped

pytestmark = [pytest.mark.client, pytest.mark.needs("aws")]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
CODE = "def handler(event, context):\n    return {'hello': event.get('name', 'you')}\n"


def test_a_function_is_made_waited_for_invoked_and_published(cloud: Cloud, tmp_path: Path) -> None:
    aws, package = cloud.aws, tmp_path / "app.zip"
    package.write_bytes(zipped({"app.py": CODE}))
    aws("iam", "create-role", "--role-name", "worker", "--assume-role-policy-document", json.dumps(TRUST))
    made = aws(
        "lambda", "create-function", "--function-name", "hello", "--runtime", "python3.11", "--handler", "app.handler",
        "--role", ROLE, "--zip-file", f"fileb://{package}", "--tags", "team=shop",
    )  # fmt: skip
    assert made["State"] == "Pending"
    aws("lambda", "wait", "function-active-v2", "--function-name", "hello")
    answer = tmp_path / "answer.json"
    told = aws("lambda", "invoke", "--function-name", "hello", str(answer))
    assert told["StatusCode"] == 200
    assert json.loads(answer.read_text()) == {"hello": "you"}
    aws("lambda", "update-function-configuration", "--function-name", "hello", "--timeout", "7")
    aws("lambda", "wait", "function-updated-v2", "--function-name", "hello")
    assert aws("lambda", "publish-version", "--function-name", "hello")["Version"] == "1"
    aws("lambda", "create-alias", "--function-name", "hello", "--name", "live", "--function-version", "1")
    permission = aws(
        "lambda", "add-permission", "--function-name", "hello:live", "--statement-id", "s3",
        "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-account", ACCOUNT,
    )  # fmt: skip
    assert json.loads(permission["Statement"])["Resource"] == f"{made['FunctionArn']}:live"
    assert aws("lambda", "list-tags", "--resource", made["FunctionArn"]) == {"Tags": {"team": "shop"}}
    aws("lambda", "delete-function", "--function-name", "hello")
    assert aws("lambda", "list-functions") == {"Functions": []}


def test_a_refusal_says_which_state_and_what_to_wait_for(cloud: Cloud, tmp_path: Path) -> None:
    package = tmp_path / "app.zip"
    package.write_bytes(zipped({"app.py": CODE}))
    stranger = cloud.user("stranger", may="lambda:*")
    told, _ = cloud.refused_aws(
        "lambda", "create-function", "--function-name", "two", "--runtime", "python3.11", "--handler", "app.handler",
        "--role", ROLE, "--zip-file", f"fileb://{package}", keys=stranger,
    )  # fmt: skip
    assert "(AccessDeniedException) when calling the CreateFunction operation" in told
    assert f"is not authorized to perform: iam:PassRole on resource: {ROLE}" in told
    told, request_id = cloud.refused_aws("lambda", "get-function", "--function-name", "absent", keys=stranger)
    assert "(ResourceNotFoundException) when calling the GetFunction operation" in told
    assert f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:absent" in told
    assert "list-functions" in cloud.why(request_id)[0]


def test_a_vpc_is_kept_with_a_warning(cloud: Cloud) -> None:
    cloud.aws("iam", "create-role", "--role-name", "inside", "--assume-role-policy-document", json.dumps(TRUST))
    made = cloud.client("lambda").create_function(
        FunctionName="inside",
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE.replace("worker", "inside"),
        Code={"ZipFile": zipped({"app.py": CODE})},
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    )
    assert made["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert "not enforced" in made["ResponseMetadata"]["HTTPHeaders"]["x-foulweather-warning"]
